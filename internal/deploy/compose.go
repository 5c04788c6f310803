package deploy

import (
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

func compose() Adapter {
	return Adapter{Names: []string{"docker-compose", "podman-compose"}, Read: func(c Call) (Delivery, bool) {
		name, _ := c.name()
		return readCompose(c, name, c.arguments())
	}}
}

const (
	composeValued   = "ansi compatibility-file env-file f,file parallel profile progress project-directory p,project-name H,host c,context tlscacert tlscert tlskey log-level workdir"
	composeSwitches = "all-resources compatibility dry-run D,debug verbose no-ansi tls tlsverify skip-hostname-check v,version h,help"
)

// composeRules are the rules of the commands that deliver something, and whether flags
// end at the first operand.
func composeRules(command string) (flagRules, bool) {
	g := flagRules{}
	switch command {
	case "up", "create":
		g.valued = "attach exit-code-from no-attach pull scale t,timeout wait-timeout"
		g.switches = "abort-on-container-exit abort-on-container-failure always-recreate-deps attach-dependencies build d,detach force-recreate help menu no-build no-color no-deps no-log-prefix no-recreate no-start quiet-build quiet-pull remove-orphans V,renew-anon-volumes timestamps wait w,watch y,yes"
	case "run":
		g.valued = "cap-add cap-drop entrypoint e,env env-from-file l,label name p,publish pull u,user v,volume w,workdir"
		g.switches = "build d,detach help i,interactive T,no-TTY no-deps q,quiet quiet-build quiet-pull remove-orphans rm P,service-ports t,tty use-aliases"
		g.upfront, g.operands = true, 1
	case "start", "restart", "watch":
		g.valued, g.switches = "t,timeout wait-timeout", "help no-deps wait no-up prune quiet"
	case "build":
		g.valued = "build-arg builder m,memory progress ssh provenance sbom"
		g.switches = "check help no-cache print pull push q,quiet with-dependencies compress force-rm no-rm parallel"
	case "config", "convert":
		g.valued = "format hash o,output"
		g.switches = "environment help images lock-image-digests models networks no-consistency no-env-resolution no-interpolate no-normalize no-path-resolution profiles q,quiet resolve-image-digests services variables volumes"
	default:
		return g, false
	}
	return g, true
}

// readCompose reads `docker compose` from the word behind compose on, or docker-compose.
func readCompose(c Call, tool string, args arguments) (Delivery, bool) {
	r := &reading{call: c, tool: tool}
	r.d.Passes = true
	global, command, rest, ok := subcommand(args, flagRules{valued: composeValued, switches: composeSwitches})
	if !ok {
		return r.unreadable(global)
	}
	r.tool += " " + command
	if command == "exec" {
		g := flagRules{valued: "e,env index u,user w,workdir", switches: "d,detach help i,interactive T,no-TTY privileged t,tty", upfront: true, operands: 2}
		return r.dockerExec("docker", readFlags(rest, g))
	}
	g, ok := composeRules(command)
	if !ok {
		return Delivery{}, false
	}
	l := readFlags(rest, g)
	r.take(l)
	d := r.composeFiles(global)
	d.Command, d.Alone = command, l.has("no-deps") == yes
	r.composeServices(&d, l)
	if command == "run" {
		r.need(l, 1)
		d.Vars = r.composeRun(l)
	}
	r.d.Printed = command == "config" || command == "convert"
	d.Doubt = r.open
	r.d.Composes = append(r.d.Composes, d)
	return r.result()
}

// composeFiles are the files and names, from the flags or else from variables.
func (r *reading) composeFiles(global flagLine) Compose {
	d := Compose{
		At: r.call.At, Dir: r.call.Dir, Env: r.call.Env,
		Project: r.flagOrVariable(global, "project-name", "COMPOSE_PROJECT_NAME"), ProjectDir: global.last("project-directory"),
	}
	for _, w := range global.all("file") {
		d.Files = append(d.Files, w.value())
	}
	if len(d.Files) == 0 {
		separator := ":"
		if s := r.call.Env.Get("COMPOSE_PATH_SEPARATOR"); s.State == model.Known && !s.Text.IsEmpty() {
			separator = s.Text.Reveal()
		}
		d.Files = r.fromVariable("COMPOSE_FILE", separator)
	}
	for _, w := range global.all("env-file") {
		d.EnvFiles = append(d.EnvFiles, w.value())
	}
	if len(d.EnvFiles) == 0 {
		d.EnvFiles = r.fromVariable("COMPOSE_ENV_FILES", ",")
	}
	r.composeProfiles(&d, global)
	return d
}

func (r *reading) composeProfiles(d *Compose, global flagLine) {
	var profiles []model.Value
	for _, w := range global.all("profile") {
		profiles = append(profiles, w.value())
	}
	if len(profiles) == 0 && r.call.Env.Has("COMPOSE_PROFILES") { // else any of them may be on
		profiles = r.fromVariable("COMPOSE_PROFILES", ",")
	}
	for _, v := range profiles {
		if v.State != model.Known {
			r.doubt(v, "a profile of "+r.tool+" is not known, expected its name", "write the name out")
			continue
		}
		d.Profiles = append(d.Profiles, v.Text.Reveal())
	}
}

// flagOrVariable is the value of a flag, or else that of a variable of the command's own.
func (r *reading) flagOrVariable(l flagLine, name, variable string) model.Value {
	if v := l.last(name); v.State != model.Absent {
		return v
	}
	return r.call.Env.Get(variable)
}

// fromVariable splits a variable of the command's own environment.
func (r *reading) fromVariable(name, separator string) []model.Value {
	v := r.call.Env.Get(name)
	switch {
	case v.State == model.Absent || v.State == model.Known && v.Text.IsEmpty():
		return nil
	case v.State == model.Unknown:
		return []model.Value{v}
	}
	var out []model.Value
	for _, w := range splitWord(wordOf(v), separator) {
		if w.text != "" {
			out = append(out, w.value())
		}
	}
	return out
}

func (r *reading) composeServices(d *Compose, l flagLine) {
	services := l.operands
	if d.Command == "run" {
		services = services[:min(1, len(services))]
	}
	for _, w := range services {
		name, ok := w.known()
		if !ok {
			r.doubt(*w.unknown(), "a service of "+r.tool+" is not known, expected its name", "write the name out")
			continue
		}
		d.Services = append(d.Services, name)
	}
	if l.more && d.Command != "run" {
		r.doubt(model.Value{Why: model.WhyUnsupported, Needs: "how many services there are"}, "the services of "+r.tool+" are not known, expected their names", "write the names out")
	}
}

// composeRun are the variables of `run -e`. A name without value comes from the command's
// own environment, or else from the project's .env, which is read elsewhere.
func (r *reading) composeRun(l flagLine) model.Env {
	t := r.target("compose", word{}, r.tool+" -e")
	for _, w := range l.all("env-from-file") {
		t.lose(model.UnknownBecause(model.WhyUnsupported, "the variables given with -e", w.value().Trail))
	}
	for _, w := range l.all("env") {
		name, known := w.known()
		if known && name != "" && !strings.Contains(name, "=") && r.call.Env.Get(name).State == model.Absent {
			t.set(name, model.UnknownBecause(model.WhyUnsupported, "whether the project's .env holds "+flagName(name), model.Trail{}))
			continue
		}
		t.variable(w, false)
	}
	env := model.NewEnv(t.vars)
	if t.rest != nil {
		env = env.WithRest(*t.rest)
	}
	if r.open != nil {
		env = veil(env, *r.open)
	}
	return env
}
