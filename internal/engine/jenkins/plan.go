package jenkins

import (
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/order"
	"github.com/keyfit/keyfit/internal/pipeline"
)

// plan is what the text of a Jenkinsfile says about its stages, before anything runs.
type plan struct {
	root      *node
	stages    []*stage
	byNode    map[*node]*stage
	functions map[string][]*node
	shares    bool // files go from one agent to another
	choices   []choice
	visits    int // how many pieces may still be looked at
}

// maxVisits bounds the work on one file.
const maxVisits = 2_000_000

// choice is a parameter that says where the deploy goes.
type choice struct {
	name   string
	values []string
	matrix bool // it is the axis of a matrix
	loose  bool // its values alone say so
	within *stage
}

// stage is one stage as it is written.
type stage struct {
	node        *node
	name        string // empty when it is put together
	up          *stage
	inner       bool           // other stages stand in it
	environment string         // as it is written; empty when nothing says it
	deploys     bool           // a tool or the name says that it deploys
	branch      string         // the one that its condition names
	branches    []string       // all that it names
	negated     map[*node]bool // what stands within not {}
	unsure      string
	texts       []string       // of its scripts
	own         bool           // it runs keyfit
	works       bool           // it does something beside that
	aside       map[*node]bool // arguments of steps that deliver nothing
}

func newPlan(root *node) *plan {
	p := &plan{root: root, byNode: map[*node]*stage{}, functions: map[string][]*node{}, visits: maxVisits}
	for _, n := range root.kids {
		if n.kind == nodeFunction {
			p.functions[n.name] = append(p.functions[n.name], n)
		}
	}
	p.find(root, nil)
	root.walk(func(n *node) bool {
		switch n.callee() {
		case "unstash", "copyArtifacts":
			p.shares = true
		case "choice", "choiceParam":
			p.parameter(n)
		case "axis":
			p.axis(n)
		}
		return true
	})
	order.By(p.choices, func(a, b choice) int {
		if a.loose == b.loose {
			return 0
		}
		if b.loose {
			return -1
		}
		return 1
	})
	for _, s := range p.stages {
		p.understand(s)
	}
	return p
}

// find notes the stages below a node.
func (p *plan) find(n *node, up *stage) {
	if n == nil {
		return
	}
	n.walk(func(k *node) bool {
		if k == n || k.callee() != "stage" || k.body() == nil {
			return true
		}
		s := &stage{node: k, up: up}
		if first := k.position(0); first != nil {
			s.name, _ = first.text()
		} else if named := k.named("name"); named != nil {
			s.name, _ = named.text()
		}
		if up != nil {
			up.inner = true
		}
		p.stages = append(p.stages, s)
		p.byNode[k] = s
		p.find(k, s)
		return false
	})
}

func (p *plan) parameter(n *node) {
	name := literal(n.named("name"))
	if !isEnvironmentName(name) {
		return
	}
	c := choice{name: name}
	switch v := n.named("choices"); {
	case v == nil:
		return
	case v.kind == nodeList:
		for _, a := range v.args {
			c.values = append(c.values, literal(a.value))
		}
	default:
		for line := range strings.SplitSeq(literal(v), "\n") {
			c.values = append(c.values, strings.TrimSpace(line))
		}
	}
	c.values = slices.DeleteFunc(c.values, func(v string) bool { return v == "" })
	p.choices = append(p.choices, c)
}

func (p *plan) axis(n *node) {
	if n.body() == nil {
		return
	}
	c := choice{matrix: true}
	if k := section(n.body(), "name"); k != nil {
		c.name = literal(k.position(0))
	}
	if k := section(n.body(), "values"); k != nil {
		for _, a := range k.args {
			c.values = append(c.values, literal(a.value))
		}
	}
	if !isEnvironmentName(c.name) {
		if c.loose = true; !areEnvironments(c.values) {
			return
		}
	}
	for _, s := range p.stages {
		p.visits--
		if p.visits > 0 && s.node.start <= n.start && n.end <= s.node.end && (c.within == nil || s.node.start > c.within.node.start) {
			c.within = s
		}
	}
	if len(c.values) > 0 && c.within != nil {
		p.choices = append(p.choices, c)
	}
}

// isAxis reports whether an axis of that name says where the deploy goes.
func (p *plan) isAxis(name string) bool {
	return isEnvironmentName(name) || slices.ContainsFunc(p.choices, func(c choice) bool { return c.matrix && c.name == name })
}

func literal(n *node) string {
	text, _ := n.text()
	return text
}

// own visits what stands in a stage itself, and in the functions that it calls, but not in
// stages within it.
func (p *plan) own(s *stage, visit func(*node)) { p.visit(s.node, s.node, map[string]bool{}, visit) }

func (p *plan) visit(n, top *node, called map[string]bool, visit func(*node)) {
	n.walk(func(k *node) bool {
		if p.visits--; p.visits < 0 || k != top && p.byNode[k] != nil {
			return false
		}
		visit(k)
		if name := k.callee(); name != "" && !called[name] && len(called) < 50 {
			called[name] = true
			for _, f := range p.functions[name] {
				for _, b := range f.kids {
					p.visit(b, top, called, visit)
				}
			}
		}
		return true
	})
}

// understand reads where a stage deploys, if it does.
func (p *plan) understand(s *stage) {
	var set, asked, ids []string
	s.negated, s.aside = map[*node]bool{}, map[*node]bool{}
	deploys := namesDeploy(s.name)
	for up := s.up; up != nil && !deploys; up = up.up {
		deploys = namesDeploy(up.name)
	}
	p.own(s, func(n *node) {
		switch n.kind {
		case nodeAssign:
			if isEnvironmentName(n.kids[0].label()) || n.kids[0].kind == nodeProperty && isEnvironmentName(n.kids[0].name) {
				set = append(set, literal(n.kids[1]))
			}
		case nodeBinary:
			if n.name == "==" {
				asked = append(asked, compared(n)...)
			}
		case nodeText:
			if t := literal(n); strings.Contains(t, "=") {
				if name, v, _ := strings.Cut(t, "="); isEnvironmentName(name) {
					set = append(set, v)
				}
			}
		case nodeCall:
			p.calls(s, n, &ids, &asked)
			deploys = deploys || isDeployStep(n)
			s.minds(n)
		}
	})
	for _, t := range s.texts {
		deploys = deploys || runsDeploy(t)
	}
	s.deploys = deploys && !s.onlyLooks()
	if len(s.branches) == 1 && !strings.ContainsAny(s.branches[0], "*?") {
		s.branch = s.branches[0]
	}
	var spoken []string
	for _, t := range s.texts {
		spoken = append(spoken, withoutKeys(t))
	}
	for _, tier := range [][]string{{s.name}, set, asked, spoken, ids} {
		name, several := oneEnvironment(tier...)
		if several {
			s.unsure = "its scripts name several environments"
			break
		}
		if name != "" {
			s.environment = name
			return
		}
	}
	for up := s.up; up != nil && s.environment == ""; up = up.up {
		s.environment, _ = oneEnvironment(up.name)
		if s.branch == "" {
			s.branch = up.branch
		}
	}
}

// minds notes whether a call runs keyfit, or something else that may deliver.
func (s *stage) minds(n *node) {
	switch name := n.callee(); {
	case slices.Contains([]string{"sh", "bat", "pwsh", "powershell"}, name):
		script := n.named("script")
		if script == nil {
			script = n.position(0)
		}
		only := pipeline.OnlyRunsKeyfit(spokenText(script))
		s.own, s.works = s.own || only, s.works || !only
	case isOwnStep(name):
		s.own = true
	case name == "load" || name == "build" || !isKnownStep(name) && !slices.Contains(parts, name) && !s.aside[n]:
		s.works = s.works || name != ""
	case name != "":
		for _, a := range n.args {
			if a.value.kind != nodeClosure {
				a.value.walk(func(k *node) bool { s.aside[k] = true; return true })
			}
		}
	}
}

// parts are the parts of a stage, and the blocks that are no steps.
var parts = []string{
	"stage", "stages", "post", "always", "changed", "fixed", "regression", "aborted", "failure", "success", "unstable", "unsuccessful", "cleanup", "options", "tools",
	"triggers", "parameters", "parallel", "matrix", "axes", "axis", "pipeline", "node", "ws", "container", "catchError", "warnError", "readFile", "fileExists", "writeFile",
	"pwd", "isUnix", "docker", "dockerfile", "kubernetes", "label", "image", "args", "yaml", "yamlFile", "branch", "allOf", "anyOf", "not", "expression", "tag",
}

// onlyLooks reports whether a stage runs keyfit and nothing else: whatever it names, it deploys
// nothing.
func (s *stage) onlyLooks() bool { return s.own && !s.works }

// compared gives the text that a parameter or variable is compared with.
func compared(n *node) []string {
	for i, side := range n.kids {
		other := n.kids[1-i]
		if t := literal(side); t != "" && (other.kind == nodeProperty || other.kind == nodeName) && isEnvironmentName(other.name) {
			return []string{t}
		}
	}
	return nil
}

// calls notes what a call says about the stage that it stands in.
func (p *plan) calls(s *stage, n *node, ids, asked *[]string) {
	name := n.callee()
	switch name {
	case "sh", "bat", "pwsh", "powershell":
		script := n.named("script")
		if script == nil {
			script = n.position(0)
		}
		s.texts = append(s.texts, spokenText(script))
	case "not":
		n.walk(func(k *node) bool { s.negated[k] = true; return true })
	case "branch":
		if pattern := branchOf(n); pattern != "" && !s.negated[n] {
			s.branches = append(s.branches, pattern)
		}
	case "environment":
		if isEnvironmentName(literal(n.named("name"))) && !s.negated[n] {
			*asked = append(*asked, literal(n.named("value")))
		}
	case "credentials":
		*ids = append(*ids, literal(n.position(0)))
	}
	if id := n.named("credentialsId"); id != nil {
		*ids = append(*ids, literal(id))
	}
	if p.functions[name] != nil || name != "" && !isKnownStep(name) && name != "stage" {
		for _, a := range n.args {
			if t := literal(a.value); t != "" && len(environmentsIn(t)) > 0 {
				s.texts = append(s.texts, t)
			}
		}
	}
}

func branchOf(n *node) string {
	if v := n.named("pattern"); v != nil {
		return literal(v)
	}
	return literal(n.position(0))
}

// spokenText is a text as far as it is written.
func spokenText(n *node) string {
	if n == nil {
		return ""
	}
	out := ""
	n.walk(func(k *node) bool {
		if k.kind == nodeText {
			for _, p := range k.parts {
				if p.expr != nil {
					out += " "
					continue
				}
				out += p.text
			}
		}
		return true
	})
	return out
}

func isKnownStep(name string) bool {
	_, wraps := wrappers[name]
	return wraps || slices.Contains(harmless, name) || slices.Contains(describing, name) || slices.Contains(described, name) ||
		slices.Contains([]string{"sh", "bat", "pwsh", "powershell", "withEnv", "withCredentials", "dir", "node", "echo", "error", "load", "when", "steps", "environment", "agent", "script", "input", "branch", "expression", "credentials", "string", "usernamePassword", "file"}, name)
}

func isDeployStep(n *node) bool {
	return slices.Contains([]string{"ansiblePlaybook", "kubernetesDeploy", "sshPublisher", "azureWebAppPublish", "pushToCloudFoundry", "googleKubernetesEngine"}, n.callee())
}

// deploysIn reports whether something in a piece of code deploys.
func (p *plan) deploysIn(n *node) bool {
	s := &stage{node: n, negated: map[*node]bool{}}
	found := false
	p.own(s, func(k *node) {
		if k.kind == nodeCall {
			var ignored []string
			p.calls(s, k, &ignored, &ignored)
			found = found || isDeployStep(k)
		}
	})
	return found || slices.ContainsFunc(s.texts, runsDeploy)
}

// environmentOf is where a stage deploys, by its name as it is in the run, or by what stands
// in it.
func (p *plan) environmentOf(n *node, name string) string {
	if e, _ := oneEnvironment(name); e != "" {
		return e
	}
	if s := p.byNode[n]; s != nil {
		return s.environment
	}
	return ""
}

func (p *plan) deploysAt(n *node, name string) bool {
	s := p.byNode[n]
	return s != nil && s.deploys || namesDeploy(name)
}

// any reports whether a stage is known to deploy to an environment, or to any.
func (p *plan) any(environment string) bool {
	return slices.ContainsFunc(p.stages, func(s *stage) bool {
		return s.deploys && (s.environment == "" || environment == "" || sameEnvironment(s.environment, environment))
	})
}

// hasBeside reports whether another stage in the same one deploys to an environment.
func (p *plan) hasBeside(n *node, environment string) bool {
	s := p.byNode[n]
	return s != nil && s.up != nil && slices.ContainsFunc(p.stages, func(other *stage) bool {
		return other != s && other.up == s.up && sameEnvironment(other.environment, environment)
	})
}

func (p *plan) names() []string {
	var out []string
	for _, s := range p.stages {
		if s.name != "" {
			out = append(out, s.name)
		}
	}
	return out
}
