// A small stand-in for Jenkins: real Groovy runs the pipeline, and the steps below only keep
// which script was asked for, with which variables. It follows the documented order of
// variables in its own way, so that the reader in Go has something to be compared with.
class Jenkins {
    List runAll(List requests) { requests.collect { new Build(it).run() } }
}

class Build {
    static final List BLOCKS = ['timeout', 'retry', 'timestamps', 'ansiColor', 'lock', 'script', 'steps', 'container', 'catchError', 'warnError', 'ws', 'waitUntil', 'milestone', 'gitStatusWrapper']
    static final List QUIET = ['echo', 'checkout', 'git', 'junit', 'archiveArtifacts', 'stash', 'unstash', 'deleteDir', 'cleanWs', 'mail', 'slackSend', 'emailext', 'milestone', 'buildName', 'sleep', 'library', 'parameters', 'buildDiscarder', 'logRotator', 'disableConcurrentBuilds', 'writeFile']
    static final List DESCRIBED = ['string', 'text', 'booleanParam', 'choice', 'password', 'usernamePassword', 'usernameColonPassword', 'file', 'sshUserPrivateKey']

    Map request
    Map vars = new TreeMap(String.CASE_INSENSITIVE_ORDER)
    List layers = []
    Map params = [:]
    List records = []
    List unknown = []
    Script script
    GroovyShell shell

    Build(Map request) { this.request = request }

    Map run() {
        def configuration = new org.codehaus.groovy.control.CompilerConfiguration(scriptBaseClass: BaseScript.name)
        shell = new GroovyShell(BaseScript.classLoader, new Binding(), configuration)
        vars.CI = 'true'
        if (request.branch) vars.BRANCH_NAME = request.branch
        request.inputs.each { k, v -> vars[k] = v }
        String error = null
        try {
            script = shell.parse(request.text, 'Jenkinsfile')
            script.build = this
            script.run()
        } catch (Throwable e) {
            error = e.toString()
        }
        [records: records, unknown: unknown.unique(), error: error ?: '']
    }

    Map env() {
        def e = new TreeMap(String.CASE_INSENSITIVE_ORDER)
        e.putAll(vars)
        layers.each { layer -> layer.each { k, v -> override(e, k, v) } }
        e
    }

    void override(Map e, String k, String v) {
        if (!v) { e.remove(k); return }
        int plus = k.indexOf('+')
        if (plus > 0) {
            def name = k.substring(0, plus)
            e[name] = e[name] == null ? v : v + ':' + e[name]
            return
        }
        e[k] = v
    }

    def within(Map layer, Closure body) {
        layers << layer
        try { return body.call() } finally { layers.pop() }
    }

    Map stringed(Map m) { def out = new LinkedHashMap(); m.each { k, v -> out[k.toString()] = String.valueOf(v) }; out }

    String credential(String id) { request.credentials[id] ?: 'cred-' + id }

    def step(String name, List args) {
        def named = args && args[0] instanceof Map ? args[0] : [:]
        def body = args && args[-1] instanceof Closure ? args[-1] : null
        def first = args.find { !(it instanceof Map) && !(it instanceof Closure) }
        switch (name) {
            case 'sh': case 'bat': case 'pwsh': case 'powershell': return sh(named, first)
            case 'pipeline': return new Declarative(this).run(body)
            case 'node': return body.call()
            case 'stage': return body == null ? null : within([STAGE_NAME: String.valueOf(named.name ?: first)], body)
            case 'withEnv':
                def layer = [:]
                first.each { pair -> def s = pair.toString(); int at = s.indexOf('='); layer[s.substring(0, at)] = s.substring(at + 1) }
                return within(layer, body)
            case 'withCredentials': return within(bound(first), body)
            case 'dir': return body.call()
            case 'parallel': named.each { k, v -> if (v instanceof Closure) v.call() }; return null
            case 'error': throw new RuntimeException(String.valueOf(first))
            case 'properties': first.each { if (it instanceof Map && it.list) define(it.list) }; return null
            case 'parameters': return [list: first]
            case 'input': return answer(named)
            case 'load': return load(String.valueOf(first))
            case 'readFile': return request.files[String.valueOf(named.file ?: first)]
            case 'fileExists': return request.files.containsKey(String.valueOf(named.file ?: first))
        }
        if (BLOCKS.contains(name)) return body?.call()
        if (QUIET.contains(name)) return null
        if (DESCRIBED.contains(name)) return ['$symbol': name] + named
        unknown << name
        if (body != null) return body.call()
        return null
    }

    def sh(Map named, first) {
        def text = String.valueOf(named.script ?: first)
        def e = env()
        records << [text: text, env: e.findAll { it.key != 'STAGE_NAME' }]
        if (named.returnStatus) return 0
        if (!named.returnStdout) return null
        def found = request.outputs.find { text.contains(it.key) }
        return found ? found.value : 'output-of-it\n'
    }

    Map bound(List list) {
        def layer = [:]
        list.each { b ->
            def c = credential(b.credentialsId.toString())
            int colon = c.indexOf(':')
            switch (b['$symbol'] ?: b['$class']) {
                case ['string', 'usernameColonPassword', 'StringBinding']: layer[b.variable.toString()] = c; break
                case ['usernamePassword', 'UsernamePasswordMultiBinding']:
                    layer[b.usernameVariable.toString()] = colon < 0 ? c + '-user' : c.substring(0, colon)
                    layer[b.passwordVariable.toString()] = colon < 0 ? c + '-password' : c.substring(colon + 1)
                    break
                case ['file', 'FileBinding']: layer[b.variable.toString()] = '/secret/' + b.credentialsId; break
                default: unknown << String.valueOf(b['$symbol'] ?: b['$class'])
            }
        }
        layer
    }

    void define(List definitions) {
        definitions.each { d ->
            def v = request.inputs.containsKey(d.name.toString()) ? request.inputs[d.name.toString()] : chosen(d)
            if (d['$symbol'] == 'booleanParam') v = Boolean.parseBoolean(String.valueOf(v))
            params[d.name.toString()] = v
            vars[d.name.toString()] = String.valueOf(v)
        }
    }

    def chosen(Map d) {
        if (d['$symbol'] == 'choice') {
            def all = d.choices instanceof List ? d.choices : d.choices.readLines()
            def named = ['env', 'environment', 'deploy_env', 'target', 'target_env'].contains(d.name.toString().toLowerCase())
            return named && all.contains(request.environment) ? request.environment : all[0]
        }
        d.defaultValue == null ? '' : d.defaultValue
    }

    def answer(Map named) {
        def list = named.parameters ?: []
        if (list.size() == 1) return chosen(list[0])
        def out = [:]
        list.each { out[it.name] = chosen(it) }
        out
    }

    def load(String name) {
        def loaded = shell.parse(request.files[name], name.replaceAll('[^A-Za-z]', '_'))
        loaded.build = this
        loaded.run()
    }
}

abstract class BaseScript extends Script {
    Build build

    Object getProperty(String name) {
        if (name == 'build') return this.@build
        if (name == 'binding') return super.getProperty(name)
        if (binding.hasVariable(name)) return binding.getVariable(name)
        switch (name) {
            case 'env': return new EnvObject(build: build)
            case 'params': return build.params
            case 'currentBuild': return [currentResult: 'SUCCESS', result: null, number: 1]
            case 'steps': return this
            case 'scm': return 'scm'
        }
        def v = build.env()[name]
        if (v != null) return v
        throw new MissingPropertyException(name, getClass())
    }

    void setProperty(String name, Object value) {
        if (name == 'build') { this.@build = value; return }
        super.setProperty(name, value)
    }

    def methodMissing(String name, Object args) {
        def list = (args as Object[]).toList()
        if (binding.hasVariable(name) && binding.getVariable(name) instanceof Closure) return binding.getVariable(name).call(*list)
        build.step(name, list)
    }

    void println(Object value) { }
    void print(Object value) { }
}

class EnvObject extends GroovyObjectSupport {
    Build build
    Map before = [:]

    Object getProperty(String name) {
        if (this.@before.containsKey(name)) return this.@before[name]
        this.@build.env()[name]
    }

    void setProperty(String name, Object value) {
        if (name == 'build') { this.@build = value; return }
        if (name == 'before') { this.@before = value; return }
        this.@build.vars[name] = String.valueOf(value)
    }
}

// What stands in a block of a declarative pipeline, one call after the other.
class Section extends GroovyObjectSupport {
    Build build
    List calls = []

    Object invokeMethod(String name, Object args) {
        def list = (args as Object[]).toList()
        this.@calls << [name: name, args: list]
        ['$symbol': name] + (list && list[0] instanceof Map ? list[0] : [:])
    }

    Object getProperty(String name) {
        try { return this.@build.script.getProperty(name) } catch (MissingPropertyException e) { return name }
    }

    void setProperty(String name, Object value) { this.@build = value }
}

// What an environment {} block sets.
class EnvSection extends GroovyObjectSupport {
    Build build
    Map creds = new LinkedHashMap()
    Map plain = new LinkedHashMap()
    boolean missing
    boolean strict

    Object invokeMethod(String name, Object args) {
        def list = (args as Object[]).toList()
        if (name == 'credentials') return new Credential(id: list[0].toString())
        this.@build.script.invokeMethod(name, args)
    }

    Object getProperty(String name) {
        if (this.@plain.containsKey(name)) return this.@plain[name]
        if (name == 'missing' || name == 'strict') return null
        if (this.@creds.containsKey(name)) return this.@build.credential(this.@creds[name])
        if (name == 'env') return new EnvObject(build: this.@build, before: this.@plain)
        try { return this.@build.script.getProperty(name) } catch (MissingPropertyException e) {
            if (this.@build.params.containsKey(name)) return this.@build.params[name]
            this.@missing = true
            if (this.@strict) throw e
            return null
        }
    }

    void setProperty(String name, Object value) {
        if (name == 'build' && value instanceof Build) { this.@build = value; return }
        if (value instanceof Credential) { this.@creds[name] = value.id; return }
        this.@plain[name] = String.valueOf(value)
    }
}

class Credential { String id }

class Declarative {
    Build build

    Declarative(Build build) { this.build = build }

    List section(Closure c) {
        def s = new Section()
        s.build = build
        def clone = c.clone()
        clone.delegate = s
        clone.resolveStrategy = Closure.DELEGATE_ONLY
        clone.call()
        s.@calls
    }

    Closure block(List calls, String name) {
        def found = calls.find { it.name == name && it.args && it.args[-1] instanceof Closure }
        found ? found.args[-1] : null
    }

    def execute(Closure c) {
        def clone = c.clone()
        clone.delegate = build.script
        clone.resolveStrategy = Closure.DELEGATE_FIRST
        clone.call()
    }

    def withEnvironment(Closure c, Closure body) {
        if (c == null) return body.call()
        def s = new EnvSection()
        s.build = build
        def clone = c.clone()
        clone.delegate = s
        clone.resolveStrategy = Closure.DELEGATE_ONLY
        // The variables may speak of those behind them: what is not there yet is there in a later turn.
        // Only the scripts of the last turn count.
        def before = build.records.clone()
        for (int turn = 0; turn < 4; turn++) {
            build.records = before.clone()
            s.@missing = false
            s.@strict = turn == 3
            clone.call()
            if (turn > 0 && !s.@missing) break
        }
        def creds = [:]
        s.@creds.each { k, id ->
            def text = build.credential(id)
            creds[k] = text
            int colon = text.indexOf(':')
            if (colon >= 0) { creds[k + '_USR'] = text.substring(0, colon); creds[k + '_PSW'] = text.substring(colon + 1) }
        }
        build.within(creds) { build.within(build.stringed(s.@plain), body) }
    }

    def run(Closure c) {
        def calls = section(c)
        def definitions = block(calls, 'parameters')
        if (definitions) build.define(section(definitions).collect { ['$symbol': it.name] + it.args[0] })
        withEnvironment(block(calls, 'environment')) {
            stages(block(calls, 'stages'))
            post(block(calls, 'post'))
        }
    }

    void stages(Closure c) { section(c).each { if (it.name == 'stage') stage(it.args[0].toString(), it.args[-1]) } }

    void stage(String name, Closure c) {
        def calls = section(c)
        build.within([STAGE_NAME: name]) { within(calls) }
    }

    def within(List calls) {
        def given = [:]
        def asked = block(calls, 'input')
        if (asked) {
            def definitions = block(section(asked), 'parameters')
            if (definitions) section(definitions).each { given[it.args[0].name] = build.chosen(['$symbol': it.name] + it.args[0]) }
        }
        build.within(build.stringed(given)) {
            def when = block(calls, 'when')
            if (when && !section(when).every { holds(it) }) return
            withEnvironment(block(calls, 'environment')) {
                if (block(calls, 'stages')) stages(block(calls, 'stages'))
                if (block(calls, 'parallel')) stages(block(calls, 'parallel'))
                if (block(calls, 'matrix')) matrix(block(calls, 'matrix'))
                if (block(calls, 'steps')) execute(block(calls, 'steps'))
                post(block(calls, 'post'))
            }
        }
    }

    void post(Closure c) {
        if (c == null) return
        def calls = section(c)
        ['always', 'success', 'cleanup'].each { if (block(calls, it)) execute(block(calls, it)) }
    }

    void matrix(Closure c) {
        def calls = section(c)
        def cells = [[:]]
        section(block(calls, 'axes')).each { axis ->
            def parts = section(axis.args[-1])
            def name = parts.find { it.name == 'name' }.args[0]
            def values = parts.find { it.name == 'values' }.args
            cells = cells.collectMany { cell -> values.collect { cell + [(name.toString()): it.toString()] } }
        }
        if (block(calls, 'excludes')) {
            section(block(calls, 'excludes')).each { exclude ->
                def axes = section(exclude.args[-1]).collect { section(it.args[-1]) }
                cells = cells.findAll { cell ->
                    !axes.every { parts ->
                        def name = parts.find { it.name == 'name' }.args[0]
                        def values = parts.find { it.name == 'values' }
                        values ? values.args.contains(cell[name]) : !parts.find { it.name == 'notValues' }.args.contains(cell[name])
                    }
                }
            }
        }
        def mine = cells.findAll { cell -> cell.any { k, v -> ['env', 'environment', 'deploy_env', 'target', 'target_env'].contains(k.toLowerCase()) && v == build.request.environment } }
        (mine ?: cells).each { cell -> build.within(cell) { within(calls) } }
    }

    boolean holds(Map call) {
        def first = call.args ? call.args[0] : null
        def inner = first instanceof Closure ? first : null
        switch (call.name) {
            case ['beforeAgent', 'beforeInput', 'beforeOptions']: return true
            case 'not': return !section(inner).every { holds(it) }
            case 'allOf': return section(inner).every { holds(it) }
            case 'anyOf': return section(inner).any { holds(it) }
            case 'expression': return execute(inner) ? true : false
            case 'branch': return like(first instanceof Map ? first : [pattern: first], build.env().BRANCH_NAME ?: '')
            case 'environment': return (build.env()[first.name] ?: '') == first.value
            case 'equals': return first.expected == first.actual
            case ['tag', 'buildingTag', 'changeRequest', 'triggeredBy', 'isRestartedRun']: return false
        }
        throw new IllegalArgumentException(call.name)
    }

    boolean like(Map how, String name) {
        if (how.comparator == 'REGEXP') return name ==~ how.pattern
        if (how.comparator == 'EQUALS') return name == how.pattern
        def pattern = how.pattern.toLowerCase().split('/')
        def parts = name.toLowerCase().split('/')
        pattern.size() == parts.size() && (0..<pattern.size()).every { parts[it] ==~ pattern[it].replace('.', '\\.').replace('*', '.*').replace('?', '.') }
    }
}
