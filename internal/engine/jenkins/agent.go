package jenkins

import (
	"slices"
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

// container is the container that scripts run in. What the build sets wins over what it
// sets; Groovy does not see it.
type container struct {
	vars []binding
	rest model.Value
}

// agent is what an agent {} section changes: the machine, and the container on it.
func (m *machine) agent(n *node, sc *scope, whole bool) {
	if n == nil {
		return
	}
	if m.at.declarative && !isNone(n) {
		m.at.layers = append(m.at.layers[:len(m.at.layers):len(m.at.layers)], m.checkoutLayer())
	}
	if !whole && !isNone(n) && !m.sharesFiles(n) {
		m.at.job = "agent:" + strconv.Itoa(n.start)
	}
	body := n.body()
	if body == nil {
		return
	}
	for _, k := range body.kids {
		switch k.callee() {
		case "docker", "dockerfile":
			m.at.box = m.dockerAgent(k, sc)
		case "kubernetes":
			m.pod(k, sc)
		}
	}
}

func isNone(n *node) bool {
	p := n.position(0)
	return p != nil && p.kind == nodeName && p.name == "none"
}

// sharesFiles reports whether a stage with an agent of its own finds files of others.
func (m *machine) sharesFiles(n *node) bool {
	shares := m.plan.shares
	n.walk(func(k *node) bool {
		if k.callee() == "reuseNode" {
			v := k.position(0)
			shares = shares || v != nil && v.kind == nodeBool && v.name == "true"
		}
		return true
	})
	return shares
}

// dockerAgent is docker 'image' and docker { image …; args … }.
func (m *machine) dockerAgent(n *node, sc *scope) *container {
	args := nullValue()
	if b := n.body(); b != nil {
		if a := section(b, "args"); a != nil {
			args = m.eval(a.position(0), sc)
		}
	} else if a := n.named("args"); a != nil {
		args = m.eval(a, sc)
	}
	return m.box(args, n)
}

// box is a container that docker starts with these arguments.
func (m *machine) box(args value, n *node) *container {
	rest := model.UnknownBecause(model.WhyRemoteState, model.ImageSets, m.trail(n))
	out := &container{rest: rest}
	if args.kind == kindNull {
		return out
	}
	words, ok := args.words()
	if !ok {
		out.rest = m.undecidedBy(args, n)
		return out
	}
	out.vars = m.dockerVars(words, args, n)
	return out
}

// dockerVars reads -e NAME=text of the arguments of docker run.
func (m *machine) dockerVars(words string, args value, n *node) []binding {
	var out []binding
	list := shellFields(words)
	for i := 0; i < len(list); i++ {
		word := list[i]
		pair := ""
		switch {
		case (word == "-e" || word == "--env") && i+1 < len(list):
			i++
			pair = list[i]
		case strings.HasPrefix(word, "--env="):
			pair = strings.TrimPrefix(word, "--env=")
		case strings.HasPrefix(word, "-e") && len(word) > 2:
			pair = word[2:]
		}
		name, v, set := strings.Cut(pair, "=")
		if name == "" || !set {
			continue
		}
		hop := m.hop(n, "docker -e", name)
		whole := derived(v, n, args.text).bind(hop)
		if strings.Contains(v, "$") {
			whole = model.UnknownBecause(model.WhyUnsupported, "an argument of docker without a dollar sign", whole.Trail)
		}
		out = append(out, binding{name: name, value: whole, secret: args.isSecret()})
	}
	return out
}

// shellFields splits arguments at blanks, quotes aside.
func shellFields(s string) []string {
	var out []string
	var word strings.Builder
	quote, some := rune(0), false
	for _, r := range s {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '"' || r == '\''):
			quote, some = r, true
		case quote == 0 && (r == ' ' || r == '\t' || r == '\n'):
			if some || word.Len() > 0 {
				out = append(out, word.String())
			}
			word.Reset()
			some = false
		default:
			word.WriteRune(r)
		}
	}
	if some || word.Len() > 0 {
		out = append(out, word.String())
	}
	return out
}

// tools adds what tools {} sets: directories on the agent.
func (m *machine) tools(n *node, sc *scope) {
	if n.body() == nil {
		return
	}
	_ = sc
	for _, k := range n.body().kids {
		names := []string{"PATH"}
		switch name := k.callee(); name {
		case "maven":
			names = append(names, "M2_HOME", "MAVEN_HOME")
		case "jdk":
			names = append(names, "JAVA_HOME")
		case "gradle":
			names = append(names, "GRADLE_HOME")
		case "go":
			names = append(names, "GOROOT")
		case "ant":
			names = append(names, "ANT_HOME")
		case "nodejs":
			names = append(names, "NODEJS_HOME")
		}
		l := m.unknownVars(k, model.WhyInput, "where the agent has the tool", "tool", names...)
		m.at.layers = append(m.at.layers[:len(m.at.layers):len(m.at.layers)], l)
	}
}

// dockerMethod is docker.image(…), docker.build(…), and what images can do.
func (m *machine) dockerMethod(o object, c *invocation) value {
	run := func() value { return m.body(c) }
	switch c.name {
	case "image":
		return value{kind: kindObject, object: object{name: objectImage, args: m.asText(c.arg(0), c.node)}}
	case "build":
		m.dockerBuild(c)
		return value{kind: kindObject, object: object{name: objectImage, args: m.asText(c.arg(0), c.node)}}
	case "withRegistry", "withServer", "withTool", "node", "script":
		return run()
	case "inside":
		box := m.box(textOrNull(c.arg(0)), c.node)
		return m.inside(func(at *place) { at.box = box }, run)
	case "withRun", "run":
		m.dockerRun(o, c)
		if c.body() != nil {
			return m.bodyWith(c, m.unsupported(c.node, "the container"))
		}
		return m.unsupported(c.node, "the container")
	case "push", "pull", "tag":
		return nullValue()
	case "imageName":
		return textValue(o.args)
	}
	return m.unknownCall(c, model.UnknownBecause(model.WhyUnsupported, "a simpler call", m.trail(c.node)))
}

func textOrNull(v value) value {
	if v.kind == kindClosure {
		return nullValue()
	}
	return v
}

// dockerBuild is docker.build('name', 'arguments'): the same as the command line.
func (m *machine) dockerBuild(c *invocation) {
	line := text{note("docker build -t ", c.node)}
	line = append(line, m.asText(c.arg(0), c.node)...)
	line = append(line, note(" ", c.node))
	rest := textOrNull(c.arg(1))
	if rest.kind == kindNull {
		rest = textValue(derived(".", c.node))
	}
	m.command(append(line, m.asText(rest, c.node)...), c, "docker.build")
}

func (m *machine) dockerRun(o object, c *invocation) {
	line := text{note("docker run -d ", c.node)}
	if args := textOrNull(c.arg(0)); args.kind != kindNull {
		line = append(append(line, m.asText(args, c.node)...), note(" ", c.node))
	}
	line = append(line, o.args...)
	if command := textOrNull(c.arg(1)); command.kind != kindNull {
		line = append(append(line, note(" ", c.node)), m.asText(command, c.node)...)
	}
	m.command(slices.Clone(line), c, "docker.run")
}
