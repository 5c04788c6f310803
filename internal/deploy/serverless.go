package deploy

import (
	"path"
	"regexp"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

func serverlessAdapter() Adapter {
	return Adapter{Names: []string{"serverless", "sls", "osls"}, Read: readServerless}
}

// serverlessRun is one deploy by the Serverless Framework.
type serverlessRun struct {
	*reading
	config *tree
	stage  *model.Value // nil: the default of the configuration
	params map[string]model.Value
	dotenv bool // .env files are loaded, so that an unset variable may be set there
}

func readServerless(call Call) (Delivery, bool) {
	r := newReading(call, "serverless")
	l := r.line(grammar{
		values: []string{"-s", "--stage", "-r", "--region", "--param", "-c", "--config", "-f", "--function", "-p", "--package", "--aws-profile", "--app", "--org"},
		bools:  []string{"--verbose", "--force", "--conceal", "--debug", "--aws-s3-accelerate", "--no-aws-s3-accelerate"},
		short:  true, need: 1,
	}, r.words())
	if !l.begins("deploy") || len(l.rest) > 1 && !l.begins("deploy", "function") {
		return Delivery{}, false
	}
	given, named := l.last("-c", "--config")
	if !named {
		given = plain("serverless.yml")
		if _, _, err := r.file("serverless.yml"); err != nil {
			if _, _, err := r.file("serverless.yaml"); err == nil {
				given = plain("serverless.yaml")
			}
		}
	}
	text, name, ok := r.content(given, "the configuration")
	if !ok {
		r.target(kindLambda, plain("the functions of the configuration"), "serverless deploy").done()
		return r.result()
	}
	config, err := readYAML(name, text, "serverless "+path.Base(name))
	if err != nil {
		r.unsupported("a configuration that " + err.Error())
		return r.result()
	}
	s := &serverlessRun{reading: r, config: config, params: map[string]model.Value{}}
	s.flags(l)
	s.functions(l)
	return r.result()
}

func (s *serverlessRun) flags(l line) {
	if w, ok := l.last("-s", "--stage"); ok {
		v := w.value()
		s.stage = &v
	}
	for _, w := range l.each("--param") {
		name, value, ok := w.cut("=")
		if !ok {
			s.unsupported("a --param that is not known up to its =")
			continue
		}
		s.params[name] = value.value()
	}
	use := s.config.get("useDotenv")
	s.dotenv = use != nil
}

func (s *serverlessRun) functions(l line) {
	only, limited := l.last("-f", "--function")
	all := s.config.get("functions")
	if all == nil || all.kind != 'o' {
		s.unsupported("functions that are no map of names in the configuration")
		s.target(kindLambda, plain("the functions of the configuration"), "serverless deploy").done()
		return
	}
	for _, name := range all.names {
		if limited && !only.is(name) {
			continue
		}
		t := s.target(kindLambda, plain(name), "serverless deploy")
		s.environment(t, s.config.get("provider", "environment"))
		s.environment(t, all.members[name].get("environment"))
		t.done()
	}
}

func (s *serverlessRun) environment(t *target, env *tree) {
	if env == nil {
		return
	}
	if env.kind != 'o' {
		t.wild(model.UnknownBecause(model.WhyUnsupported, "the variables in serverless.yml itself", model.Trail{}))
		return
	}
	for _, name := range env.names {
		t.set(name, s.text(env.members[name]))
	}
}

func (s *serverlessRun) text(t *tree) model.Value {
	if t.kind != 's' {
		return model.UnknownBecause(model.WhyUnsupported, "a text in serverless.yml", model.Trail{})
	}
	v := t.value
	if v.State != model.Known || !strings.Contains(v.Text.Reveal(), "${") {
		return v
	}
	parts := regexp.MustCompile(`^\$\{(env|param|opt):([-\w]+)(?:, *'([^'$\\]*)')?\}$`).FindStringSubmatch(v.Text.Reveal())
	if parts == nil {
		return model.UnknownBecause(model.WhyUnsupported, "a variable of serverless.yml that is only ${env:…}, ${param:…} or ${opt:…}", v.Trail)
	}
	hop := v.Trail.Last()
	hop.Literal = false
	found := s.variable(parts[1], parts[2])
	if found.State == model.Absent && strings.Contains(v.Text.Reveal(), ", ") {
		return model.KnownText(parts[3], v.Trail.Last())
	}
	if found.State == model.Absent {
		return model.UnknownBecause(model.WhyInput, parts[1]+":"+parts[2], v.Trail)
	}
	return found.Via(hop)
}

func (s *serverlessRun) variable(kind, name string) model.Value {
	switch {
	case kind == "env":
		v := s.call.Env.Get(name)
		if v.State == model.Absent && s.dotenv {
			return model.UnknownBecause(model.WhyUnsupported, "the .env files that serverless loads", model.Trail{})
		}
		return v
	case kind == "opt" && name == "stage" && s.stage != nil:
		return *s.stage
	case kind == "param":
		if v, ok := s.params[name]; ok {
			return v
		}
		return model.UnknownBecause(model.WhyRemoteState, "the parameter "+name, model.Trail{})
	}
	return model.UnknownBecause(model.WhyInput, "--"+name, model.Trail{})
}
