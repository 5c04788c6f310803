package bitbucket

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/pipeline/tree"
	"github.com/keyfit/keyfit/internal/pos"
)

// known is what is known of a pipe: which variables of the step its manifest passes on by
// itself, and the command line that it amounts to.
type known struct {
	passes  []string
	command *command
}

// command is a command line by its words: {NAME} in one stands for the pipe's variable.
type command struct {
	words []string
	needs []string            // variables without which there is no such command
	only  map[string][]string // texts that a variable has to have; empty counts as unset
}

var (
	aws     = []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION", "AWS_OIDC_ROLE_ARN"}
	apply   = &command{words: []string{"kubectl", "apply", "-f", "{RESOURCE_PATH}"}, needs: []string{"RESOURCE_PATH"}, only: map[string][]string{"KUBECTL_COMMAND": {"apply"}}}
	heroku  = []string{"HEROKU_API_KEY"}
	azure   = []string{"AZURE_APP_ID", "AZURE_PASSWORD", "AZURE_TENANT_ID"}
	google  = []string{"KEY_FILE", "PROJECT"}
	ssh     = &command{words: []string{"ssh", "{SSH_USER}@{SERVER}", "{COMMAND}"}, needs: []string{"SSH_USER", "SERVER", "COMMAND"}, only: map[string][]string{"MODE": {"", "command"}}}
	taskDef = &command{words: []string{"aws", "ecs", "register-task-definition", "--cli-input-json", "file://{TASK_DEFINITION}"}, needs: []string{"TASK_DEFINITION"}}
	lambda  = &command{words: []string{"aws", "lambda", "update-function-configuration", "--function-name", "{FUNCTION_NAME}", "--cli-input-json", "file://{FUNCTION_CONFIGURATION}"}, needs: []string{"FUNCTION_NAME", "FUNCTION_CONFIGURATION"}}
)

// pipes are those that many use. What another one does is not known: it receives the
// variables below it.
var pipes = map[string]known{
	"atlassian/kubectl-run":                 {command: apply},
	"atlassian/aws-eks-kubectl-run":         {passes: aws, command: apply},
	"atlassian/google-gke-kubectl-run":      {passes: google, command: apply},
	"atlassian/azure-aks-deploy":            {passes: azure, command: apply},
	"atlassian/aws-ecs-deploy":              {passes: aws, command: taskDef},
	"atlassian/aws-lambda-deploy":           {passes: aws, command: lambda},
	"atlassian/aws-cloudformation-deploy":   {passes: aws},
	"atlassian/aws-elasticbeanstalk-deploy": {passes: aws},
	"atlassian/aws-code-deploy":             {passes: aws},
	"atlassian/aws-s3-deploy":               {passes: aws},
	"atlassian/ssh-run":                     {command: ssh},
	"atlassian/heroku-deploy":               {passes: heroku},
	"atlassian/azure-web-apps-deploy":       {passes: azure},
	"atlassian/azure-functions-deploy":      {passes: azure},
	"atlassian/azure-cli-run":               {passes: azure},
	"atlassian/google-app-engine-deploy":    {passes: google},
	"atlassian/google-cloud-storage-deploy": {passes: google},
	"atlassian/firebase-deploy":             {passes: []string{"FIREBASE_TOKEN"}},
	"atlassian/serverless-deploy":           {passes: aws},
}

// reads lists references to the variables that a pipe takes by itself, as a script would
// write them.
func (k known) reads() []string {
	var out []string
	for _, name := range k.passes {
		out = append(out, "$"+name)
	}
	return out
}

// pipeName is a pipe without its version.
func pipeName(written string) string {
	name := strings.TrimPrefix(written, "docker://")
	if i := strings.LastIndexByte(name, ':'); i > strings.LastIndexByte(name, '/') {
		name = name[:i]
	}
	return name
}

func pairsOf(n *tree.Node) []tree.Pair {
	if !n.IsMap() {
		return nil
	}
	return n.Pairs
}

// started is a pipe of a session, with the files that its variables are left in.
type started struct {
	name, label string
	at          pos.Span
	variables   []given
}

// given is one variable of a pipe: its text, or the file that the session leaves it in.
type given struct {
	name string
	at   pos.Span
	file string
	text model.Value
}

// pipe puts a pipe into the session. Its variables are expanded by the session's shell, so
// the session is made to write them down; a pipe that amounts to a command line becomes it.
func (r *run) pipe(out *session, item *tree.Node, label string) {
	written := item.Get("pipe")
	name := pipeName(written.Text())
	if name == "" {
		r.out.Problems = append(r.out.Problems, model.Problem{At: item.Span(), Message: "expected a command line or a pipe", Fix: "write `pipe:` with the name of the pipe"})
		return
	}
	variables := flat(item.Get("variables"))
	if line, ok := commandLine(pipes[name], variables, written); ok {
		out.text = tree.Join(out.text, line)
		return
	}
	p := started{name: name, label: label + "/" + path.Base(name), at: written.Span()}
	for _, v := range variables {
		g := given{name: v.name, at: v.node.Span()}
		if quotable(v.node.Text()) {
			g.file = fmt.Sprintf(".keyfit-pipe-%d", len(out.files))
			out.files = append(out.files, g.file)
			out.text = tree.Join(out.text, glue(`printf %s "`, v.node), tree.Literal(v.node, model.KindBitbucket, "variable "+v.name+" of pipe "+name),
				glue(`" >|"$`+root+`/`+g.file+"\"\n", v.node))
		} else {
			g.text = model.UnknownBecause(model.WhyUnsupported, "a variable of the pipe without quotes and backslashes", model.Trail{}.Append(hop(g.at, "variable "+v.name+" of pipe "+name)))
		}
		p.variables = append(p.variables, g)
	}
	out.pipes = append(out.pipes, p)
}

// quotable reports whether a text is within double quotes what it is outside of them.
func quotable(text string) bool { return !strings.ContainsAny(text, "\"\\`") }

// pair is a variable of a pipe as it is written.
type pair struct {
	name string
	node *tree.Node
}

// flat lists the variables of a pipe; a list becomes NAME_COUNT, NAME_0, NAME_1, ….
func flat(n *tree.Node) []pair {
	var out []pair
	for _, p := range pairsOf(n) {
		name := p.Key.Text()
		if !p.Value.IsList() {
			if p.Value.IsScalar() {
				out = append(out, pair{name, p.Value})
			}
			continue
		}
		count := *p.Key
		count.Value = fmt.Sprint(len(p.Value.Items))
		out = append(out, pair{name + "_COUNT", &count})
		for i, item := range p.Value.Items {
			if item.IsScalar() {
				out = append(out, pair{fmt.Sprintf("%s_%d", name, i), item})
			}
		}
	}
	return out[:min(len(out), maxSteps)]
}

// commandLine is the command that a pipe amounts to, started with the pipe's variables alone.
func commandLine(k known, variables []pair, at *tree.Node) (tree.Text, bool) {
	c := k.command
	if c == nil {
		return tree.Text{}, false
	}
	byName := map[string]*tree.Node{}
	for _, v := range variables {
		byName[v.name] = v.node
		if !quotable(v.node.Text()) {
			return tree.Text{}, false
		}
	}
	for _, name := range c.needs {
		if byName[name].Text() == "" {
			return tree.Text{}, false
		}
	}
	for name, texts := range c.only {
		if !slices.Contains(texts, byName[name].Text()) {
			return tree.Text{}, false
		}
	}
	line := glue("env -i", at)
	for _, v := range variables {
		line = tree.Join(line, glue(" "+v.name+`="`, v.node), tree.Literal(v.node, model.KindBitbucket, "variable "+v.name+" of the pipe"), glue(`"`, v.node))
	}
	for _, name := range k.passes {
		if byName[name] == nil {
			line = tree.Join(line, glue(" "+name+`="${`+name+`}"`, at))
		}
	}
	for _, word := range c.words {
		line = tree.Join(line, glue(` "`, at), filled(word, byName, at), glue(`"`, at))
	}
	return line, true
}

// filled is a word of a command with the pipe's variables in it.
func filled(word string, byName map[string]*tree.Node, at *tree.Node) tree.Text {
	var out tree.Text
	for word != "" {
		before, rest, ok := strings.Cut(word, "{")
		if before != "" {
			out = tree.Join(out, glue(before, at))
		}
		if !ok {
			return out
		}
		name, behind, _ := strings.Cut(rest, "}")
		out = tree.Join(out, tree.Literal(byName[name], model.KindBitbucket, "variable "+name+" of the pipe"))
		word = behind
	}
	return out
}

// consumers tells who received what: the pipes of a session, once it was followed.
func (r *run) consumers(s *session, after pipeline.After) {
	for _, p := range s.pipes {
		vars := map[string]model.Value{}
		for _, v := range p.variables {
			vars[v.name] = v.value(after, p.name)
		}
		env := model.NewEnv(vars).WithRest(model.UnknownBecause(model.WhyUnsupported, "which variables the pipe takes by itself", model.Trail{}))
		r.out.Consumers = append(r.out.Consumers, model.Consumer{Kind: model.ConsumerCIStep, Workload: p.label, At: p.at, Env: env})
	}
}

// value is what the pipe receives under the name.
func (v given) value(after pipeline.After, pipe string) model.Value {
	if v.file == "" {
		return v.text
	}
	h := hop(v.at, "variable "+v.name+" of pipe "+pipe)
	text, ok := after.Files[v.file]
	switch {
	case !ok:
		return model.UnknownBecause(model.WhyUnsupported, "a script that is followed as far as the pipe", model.Trail{}.Append(h))
	case len(text.Parts) == 1:
		part := v.unwritten(text.Parts[0])
		h.Literal = part.State == model.Known && part.Trail.IsEmpty()
		part.Losers, part.DecidedBy = append(part.Losers, text.Losers...), append(part.DecidedBy, text.DecidedBy...)
		return part.Via(h)
	}
	return v.unwritten(text).Via(h)
}

// unwritten is a value without the stop at the file that only carries it out of the script.
func (v given) unwritten(from model.Value) model.Value {
	var trail model.Trail
	for _, h := range from.Trail.Hops() {
		if h.Kind != model.KindShell || h.What != "write to "+v.file {
			trail = trail.Append(h)
		}
	}
	from.Trail = trail
	return from
}
