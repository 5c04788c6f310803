// What real Groovy makes of texts, expressions and pipelines. It reads one request as JSON on
// standard input, and answers in the same form. Everything is done in one process, because
// the machine of Java takes its time to start.
import groovy.json.JsonOutput
import groovy.json.JsonSlurper
import org.codehaus.groovy.control.CompilationUnit
import org.codehaus.groovy.control.CompilerConfiguration
import org.codehaus.groovy.control.Phases

def request = new JsonSlurper().parse(System.in, 'UTF-8')
def answer = [parsed: [], values: [], runs: [], version: GroovySystem.version]

request.parse.each { text ->
    try {
        def unit = new CompilationUnit()
        unit.addSource('Jenkinsfile', text)
        unit.compile(Phases.CONVERSION)
        answer.parsed << 'ok'
    } catch (e) {
        answer.parsed << e.message
    }
}

// The kind of a value, and how it reads.
def shown = { v ->
    switch (v) {
        case null: return [kind: 'null', text: 'null']
        case Boolean: return [kind: 'bool', text: v.toString()]
        case Number: return [kind: 'number', text: v.toString()]
        case GString: return [kind: 'gstring', text: v.toString()]
        case Character: return [kind: 'text', text: v.toString()]
        case CharSequence: return [kind: 'text', text: v.toString()]
        case Map: return [kind: 'map', text: v.toString()]
        case Collection: return [kind: 'list', text: v.toString()]
        case Object[]: return [kind: 'list', text: (v as List).toString()]
        case Closure: return [kind: 'closure', text: '']
    }
    return [kind: 'other', text: v.toString()]
}

// Expressions are compiled many at a time, each as a closure; those that declare functions
// cannot be, and stand alone.
def shell = new GroovyShell()
def fresh = { new Binding(new JsonSlurper().parseText(JsonOutput.toJson(request.binding))) }
def evaluate = { run ->
    try {
        return shown(run())
    } catch (Throwable e) {
        return [kind: 'error', text: e.class.simpleName]
    }
}
(request.expressions ?: []).collate(40).each { part ->
    def closures = null
    try {
        def together = shell.parse('[' + part.collect { '{ ->\n' + it + '\n}' }.join(',') + ']')
        together.binding = fresh()
        closures = together.run()
    } catch (Throwable e) {
        closures = null
    }
    part.eachWithIndex { code, i ->
        answer.values << evaluate {
            if (closures) {
                closures[i].owner.binding = fresh()
                return closures[i].call()
            }
            def script = shell.parse(code)
            script.binding = fresh()
            return script.run()
        }
    }
}

if (request.runs) {
    def configuration = new CompilerConfiguration()
    def stub = new GroovyClassLoader().parseClass(new File(request.stub))
    answer.runs = stub.newInstance().runAll(request.runs)
}
println JsonOutput.toJson(answer)
