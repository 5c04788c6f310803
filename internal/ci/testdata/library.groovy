// Compiles the pipelines named as arguments after the first, as Jenkins does; and calls the step
// of the shared library that the first one names, with stand-ins for the steps that it uses. It
// prints what became of both as JSON.
import groovy.json.JsonOutput
import org.codehaus.groovy.control.CompilationUnit
import org.codehaus.groovy.control.Phases

def answer = [problems: [], calls: [], thrown: '']
args.drop(1).each { name ->
    try {
        def unit = new CompilationUnit()
        unit.addSource(name, new File(name).text)
        unit.compile(Phases.CONVERSION)
    } catch (e) {
        answer.problems << e.message
    }
}

def step = new GroovyShell().parse(new File(args[0]))
step.metaClass.methodMissing = { String name, given ->
    def list = given as List
    answer.calls << [name: name, arguments: list.findAll { !(it instanceof Closure) }.collect { it instanceof List ? it.collect { e -> e.toString() } : it }]
    if (name == 'error') { throw new IllegalStateException(list[0].toString()) }
    def body = list.find { it instanceof Closure }
    if (name == 'sh' && list[0].contains('keyfit')) { throw new IllegalStateException('exit code 1') }
    return body == null ? name : body()
}
try {
    step.call(environment: "it's \$(staging)", config: 'my "keyfit".yaml', offline: true)
} catch (IllegalStateException e) {
    answer.thrown = e.message
}
try {
    step.call([:])
} catch (IllegalStateException e) {
    answer.thrown += '; ' + e.message
}
println JsonOutput.toJson(answer)
