package deploy

import (
	"fmt"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

// Kinds of consumers on AWS.
const (
	kindLambda    = "lambda"
	kindECS       = "ecs"
	kindBeanstalk = "elastic-beanstalk"
)

func awsAdapter() Adapter { return Adapter{Names: []string{"aws"}, Read: readAWS} }

// awsGrammar holds for all services: every option has one value but for the lists, and
// nothing besides the service and the operation stands without a flag.
func awsGrammar() grammar {
	return grammar{
		values: []string{
			"--region", "--profile", "--output", "--query", "--endpoint-url", "--ca-bundle", "--cli-read-timeout",
			"--cli-connect-timeout", "--cli-binary-format", "--color", "--cli-input-json", "--cli-input-yaml",
			"--function-name", "--environment", "--family", "--name", "--value", "--secret-id", "--secret-string", "--environment-name",
		},
		lists:       []string{"--container-definitions", "--option-settings"},
		bools:       []string{"--debug", "--no-paginate", "--no-verify-ssl", "--no-sign-request", "--no-cli-pager", "--cli-auto-prompt", "--no-cli-auto-prompt"},
		abbreviated: true,
		need:        2,
	}
}

func readAWS(call Call) (Delivery, bool) {
	r := newReading(call, "aws")
	l := r.line(awsGrammar(), r.words())
	switch {
	case l.begins("lambda", "update-function-configuration|create-function"):
		return r.lambda(l)
	case l.begins("ecs", "register-task-definition"):
		return r.ecs(l)
	case l.begins("ssm", "put-parameter"):
		return r.awsStore(l, "aws-ssm", []string{"--name"}, "--value", "Value")
	case l.begins("secretsmanager", "put-secret-value|update-secret|create-secret"):
		return r.awsStore(l, "aws-secretsmanager", []string{"--secret-id", "--name"}, "--secret-string", "SecretString")
	case l.begins("elasticbeanstalk", "update-environment|create-environment"):
		return r.beanstalk(l)
	}
	return Delivery{}, false
}

// input is what --cli-input-json gives; any option of the command line wins over it.
func (r *reading) input(l line) *tree {
	if l.has("--cli-input-yaml") {
		r.unsupported("the flag --cli-input-yaml")
	}
	if w, ok := l.last("--cli-input-json"); ok {
		return r.structure(w, "--cli-input-json")
	}
	return nil
}

// named is the text of an option, or the one of the input.
func (r *reading) named(l line, in *tree, option, member string) word {
	if w, ok := l.last(option); ok {
		return w
	}
	if t := in.get(member); t != nil && t.kind == 's' {
		return wordOf(t.value)
	}
	return wordOf(model.UnknownBecause(model.WhyUnsupported, "the name", model.Trail{}))
}

// what a piece that is not known must not hold, so that the structure around it is certain.
const structural = "\"'\\,=[]{}@ \t\r\n"

// structure reads an option that is JSON, the short form or the path of a file with
// either. It is nil when it cannot be read.
func (r *reading) structure(w word, option string) *tree {
	text, from := w.text, w.source
	if strings.HasPrefix(w.head(), "file://") {
		content, name, ok := r.content(w.slice(len("file://"), len(w.text)), option)
		if !ok {
			return nil
		}
		text, from = content, fileSource(name, content, option)
	} else if u := w.mayHold(structural); u != nil {
		r.doubt(*u, "a text within "+option+" is not known and may change what stands around it, expected one that is known", "pass it with a tool that quotes it, such as jq")
	}
	t, err := readStructure(text, from)
	if err != nil && r.open == nil {
		r.unsupported("a value of " + option + " that " + shownError(err))
	}
	return t
}

func readStructure(text string, from source) (*tree, error) {
	if t := strings.TrimSpace(text); strings.HasPrefix(t, "{") || strings.HasPrefix(t, "[") {
		return readJSON(text, from)
	}
	return readShorthand(text, from)
}

// shownError is an error without the text that it may quote.
func shownError(err error) string {
	if err == errNesting || err == errShorthand {
		return err.Error()
	}
	return "is not valid JSON"
}

func (r *reading) lambda(l line) (Delivery, bool) {
	in := r.input(l)
	vars := in.get("Environment")
	given := vars != nil
	if w, ok := l.last("--environment"); ok {
		vars, given = r.structure(w, "--environment"), true
	}
	if !given && r.open == nil {
		return Delivery{}, false
	}
	t := r.target(kindLambda, r.named(l, in, "--function-name", "FunctionName"), "aws lambda")
	if m := vars.get("Variables"); m != nil {
		t.members(m)
	}
	t.done()
	return r.result()
}

// members takes every member of an object as a variable.
func (t *target) members(m *tree) {
	if m.kind != 'o' {
		t.r.unsupported("variables that are no map of names to texts")
		return
	}
	for _, name := range m.names {
		t.set(name, t.r.textOf(m.members[name]))
	}
}

// textOf is the value of a member that must be a text.
func (r *reading) textOf(t *tree) model.Value {
	if t != nil && t.kind == 's' {
		return t.value
	}
	r.problem("a value given to "+r.tool+" is no text, expected a string", "put it in quotes")
	return model.UnknownBecause(model.WhyUnsupported, "a text", model.Trail{})
}

func (r *reading) ecs(l line) (Delivery, bool) {
	in := r.input(l)
	list := in.get("containerDefinitions")
	if words := l.each("--container-definitions"); len(words) > 0 {
		list = r.containers(words)
	}
	if list == nil && r.open == nil {
		return Delivery{}, false
	}
	family := r.named(l, in, "--family", "family")
	if list == nil || list.kind != 'a' {
		r.unsupported("container definitions that are no list")
		r.target(kindECS, family, "aws ecs").done()
		return r.result()
	}
	for _, c := range list.items {
		r.container(family, c)
	}
	return r.result()
}

// containers reads --container-definitions: one list, or the short form of each.
func (r *reading) containers(words []word) *tree {
	out := &tree{kind: 'a'}
	for _, w := range words {
		t := r.structure(w, "--container-definitions")
		if t != nil && t.kind == 'a' {
			out.items = append(out.items, t.items...)
		} else if t != nil {
			out.items = append(out.items, t)
		}
	}
	return out
}

func (r *reading) container(family word, c *tree) {
	t := r.target(kindECS, family, "aws ecs")
	t.consumer.Container, _ = c.get("name").string()
	if len(items(c.get("environmentFiles"))) > 0 {
		t.wild(model.UnknownBecause(model.WhyRemoteState, "the files of environmentFiles", model.Trail{}))
	}
	for _, e := range items(c.get("environment")) {
		t.entry(e, r.textOf(e.get("value")))
	}
	for _, s := range items(c.get("secrets")) {
		from := r.textOf(s.get("valueFrom"))
		needs := "the secret that valueFrom names"
		if arn, ok := s.get("valueFrom").string(); ok && strings.HasPrefix(arn, "arn:") {
			needs = "the secret " + arn
		}
		t.entry(s, model.UnknownBecause(model.WhyRemoteState, needs, from.Trail))
	}
	t.done()
}

// entry takes one {name, value}. The same name twice with two values is left open.
func (t *target) entry(e *tree, v model.Value) {
	name, ok := e.get("name").string()
	if !ok {
		t.r.unsupported("an entry without a known name")
		return
	}
	if before, ok := t.vars[name]; ok && !before.Same(v) {
		v = model.UnknownBecause(model.WhyUnsupported, "one entry only for "+name, v.Trail)
	}
	t.set(name, v)
}

func items(t *tree) []*tree {
	if t == nil {
		return nil
	}
	return t.items
}

// beanstalk reads option settings, of which one namespace holds the environment.
func (r *reading) beanstalk(l line) (Delivery, bool) {
	const namespace = "aws:elasticbeanstalk:application:environment"
	in := r.input(l)
	list := items(in.get("OptionSettings"))
	if words := l.each("--option-settings"); len(words) > 0 {
		list = nil
		for _, w := range words {
			if t := r.structure(w, "--option-settings"); t != nil && t.kind == 'a' {
				list = append(list, t.items...)
			} else if t != nil {
				list = append(list, t)
			}
		}
	}
	if len(list) == 0 && r.open == nil {
		return Delivery{}, false
	}
	t := r.target(kindBeanstalk, r.named(l, in, "--environment-name", "EnvironmentName"), "aws elasticbeanstalk")
	t.keeps()
	for _, o := range list {
		ns, known := o.get("Namespace").string()
		name, named := o.get("OptionName").string()
		switch {
		case !known || !named && ns == namespace:
			r.unsupported("an option setting whose namespace or name is not known")
		case ns == namespace:
			t.set(name, r.textOf(o.get("Value")))
		}
	}
	t.done()
	return r.result()
}

// awsStore reads a command that puts one text into a store.
func (r *reading) awsStore(l line, store string, names []string, option, member string) (Delivery, bool) {
	in := r.input(l)
	var value model.Value
	if w, ok := l.last(option); ok {
		value = r.awsText(w, option)
	} else if t := in.get(member); t != nil {
		value = r.textOf(t)
	} else if r.open == nil {
		return Delivery{}, false // a binary, or only the description
	}
	name := r.named(l, in, names[0], "Name")
	for _, n := range names {
		if w, ok := l.last(n); ok {
			name = w
		}
	}
	r.store(store, name, "", value)
	return r.result()
}

// awsText is an option that is a text, or the path of a file that holds it.
func (r *reading) awsText(w word, option string) model.Value {
	head := w.head()
	for _, scheme := range []string{"http://", "https://", "fileb://"} {
		if strings.HasPrefix(head, scheme) {
			return model.UnknownBecause(model.WhyUnsupported, fmt.Sprintf("%s as a text: versions of the tool read %s… or take it as it is", option, scheme), w.value().Trail)
		}
	}
	if !strings.HasPrefix(head, "file://") {
		return w.value()
	}
	text, name, ok := r.content(w.slice(len("file://"), len(w.text)), option)
	if !ok {
		return model.UnknownBecause(model.WhyMissingFile, "the file of "+option, w.value().Trail)
	}
	return fileSource(name, text, option)(0, len(text), text)
}
