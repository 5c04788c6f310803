package deploy

import (
	"path"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/strict"
)

const (
	consumerContainer = "container"
	consumerImage     = "image"
	consumerSwarm     = "swarm"
)

func docker() Adapter {
	return Adapter{Names: []string{"docker", "podman", "nerdctl"}, Read: readDocker}
}

// readDocker finds out which command of docker it is.
func readDocker(c Call) (Delivery, bool) {
	tool, _ := c.name()
	r := &reading{call: c, tool: tool}
	r.d.Passes = true
	global, name, rest, ok := subcommand(c.arguments(), dockerGlobalRules(tool))
	if !ok {
		return r.unreadable(global)
	}
	switch name {
	case "container", "image", "builder", "buildx", "service", "stack":
		_, inner, after, ok := subcommand(rest, flagRules{valued: "builder", switches: "D,debug help"})
		if !ok {
			return r.unreadable(flagLine{doubt: firstUnknown(rest.words)})
		}
		name, rest = name+" "+inner, after
	case "compose":
		return readCompose(c, tool+" compose", rest)
	}
	return r.docker(tool, name, rest)
}

// docker reads one command, by the words that lead to it.
func (r *reading) docker(tool, name string, rest arguments) (Delivery, bool) {
	r.tool = tool + " " + name
	switch name {
	case "run", "create", "container run", "container create":
		return r.dockerRun(tool, readFlags(rest, runRules(tool)))
	case "exec", "container exec":
		return r.dockerExec(tool, readFlags(rest, flagRules{valued: execValued, switches: execSwitches, upfront: true, operands: 2}))
	case "build", "image build", "builder build", "buildx build", "buildx b":
		return r.dockerBuild(tool, readFlags(rest, buildRules(tool)))
	case "service create":
		return r.serviceCreate(readFlags(rest, flagRules{valued: serviceValued + createValued, switches: serviceSwitches, upfront: true, operands: 1}))
	case "service update":
		return r.serviceUpdate(readFlags(rest, flagRules{valued: serviceValued + updateValued, switches: serviceSwitches + " force rollback", operands: 1}))
	case "stack deploy", "stack up":
		return r.stackDeploy(readFlags(rest, flagRules{valued: "c,compose-file resolve-image", switches: "d,detach help prune q,quiet with-registry-auth", operands: 1}))
	}
	return Delivery{}, false
}

// unreadable is a command of which it is not known what it is to do.
func (r *reading) unreadable(l flagLine) (Delivery, bool) {
	switch {
	case l.doubt == nil && firstUnknown(l.operands[:min(1, len(l.operands))]) != nil:
		r.problem("which command of "+r.tool+" is run is not known, so what it delivers is not known", "write the command out, or bind what it needs under inputs")
	case l.doubt == nil || l.wrong != "" && len(l.operands) == 0:
		return Delivery{}, false // nothing but flags, such as --version
	default:
		r.d.Problems = append(r.d.Problems, l.problems(r.call, r.tool)...)
	}
	return Delivery{Problems: r.d.Problems, Passes: r.d.Passes}, true
}

// take makes the doubt about a command line one about all that it delivers.
func (r *reading) take(l flagLine) {
	r.d.Problems = append(r.d.Problems, l.problems(r.call, r.tool)...)
	if l.doubt != nil && r.open == nil {
		u := unknownLike(*l.doubt)
		r.open = &u
	}
}

// need says that the tool refuses a line with fewer operands.
func (r *reading) need(l flagLine, operands int) {
	if l.doubt == nil && len(l.operands) < operands {
		r.doubt(model.Value{Why: model.WhyUnsupported, Needs: "a command line that " + r.tool + " accepts"}, r.tool+" has too few arguments, so it delivers nothing", "add what is missing")
	}
}

func (r *reading) dockerRun(tool string, l flagLine) (Delivery, bool) {
	r.take(l)
	r.need(l, 1)
	t := r.target(consumerContainer, containerName(l), r.tool+" -e")
	t.wild(model.UnknownBecause(model.WhyRemoteState, model.ImageSets, model.Trail{}))
	t.hostEnv(l)
	t.containerEnv(tool, l)
	for _, w := range l.all("unsetenv") {
		t.unset(w)
	}
	for _, w := range l.all("env-merge") {
		t.derived(w)
	}
	for _, w := range l.all("secret") {
		t.podmanSecret(w)
	}
	t.done()
	return r.result()
}

// containerName is the name that the container is given, or else its image without tag.
func containerName(l flagLine) word {
	if names := l.all("name"); len(names) > 0 {
		return names[len(names)-1]
	}
	if len(l.operands) == 0 {
		return unnamed()
	}
	image := l.operands[0]
	name := image.head()
	name, _, cut := strings.Cut(name, "@")
	if i := strings.LastIndexByte(name, ':'); i > strings.LastIndexByte(name, '/') {
		name, cut = name[:i], true
	}
	if image.unknown() != nil && !cut {
		return image
	}
	return plain(name)
}

func (r *reading) dockerExec(tool string, l flagLine) (Delivery, bool) {
	if len(l.all("env", "env-file")) == 0 && l.doubt == nil {
		return Delivery{}, false
	}
	r.take(l)
	r.need(l, 2)
	t := r.target(consumerContainer, l.word(0), r.tool+" -e")
	t.keeps()
	t.containerEnv(tool, l)
	t.done()
	return r.result()
}

// containerEnv takes the files first and then the flags, each in the order given.
func (t *target) containerEnv(tool string, l flagLine) {
	for _, w := range l.all("env-file") {
		t.rawFile(w, dockerFile(tool))
	}
	for _, w := range l.all("env") {
		t.variable(w, tool == "podman")
	}
}

// variable takes NAME=value, or NAME, which comes from the command's own environment.
func (t *target) variable(w word, stars bool) {
	name, value, ok := w.cut("=")
	switch {
	case ok && name != "":
		t.set(name, value.value())
	case ok || w.unknown() != nil || w.text == "":
		t.bad(w)
	case stars && strings.HasSuffix(w.text, "*"):
		t.inherit(strings.TrimSuffix(w.text, "*"))
	default:
		t.own(w.text)
	}
}

// own hands on a variable of the command's own environment. If that does not have it,
// what was given before goes or stays, by the version of the tool.
func (t *target) own(name string) {
	v := t.r.call.Env.Get(name)
	if before, given := t.vars[name]; v.State == model.Absent && given {
		if before.State != model.Absent {
			t.vars[name] = model.Ambiguous("one definition of "+name+" alone", v, before)
		}
		return
	}
	t.set(name, v)
}

// inherit hands on all variables whose names begin with prefix.
func (t *target) inherit(prefix string) {
	for name, v := range t.r.call.Env.All() {
		if strings.HasPrefix(name, prefix) && v.State != model.Absent {
			t.set(name, v)
		}
	}
	if rest := t.r.call.Env.Rest(); rest.State != model.Absent {
		t.wild(rest)
	}
}

// hostEnv is podman's --env-host.
func (t *target) hostEnv(l flagLine) {
	if l.has("env-host") == yes {
		t.inherit("")
	}
}

func (t *target) unset(w word) {
	if name, ok := w.known(); ok {
		t.set(name, model.Value{State: model.Absent})
		return
	}
	t.bad(w)
}

// derived is podman's --env-merge, which puts a value together from what the image sets.
func (t *target) derived(w word) {
	if name, _, ok := w.cut("="); ok {
		t.set(name, model.UnknownBecause(model.WhyRemoteState, model.ImageSets, model.Trail{}))
		return
	}
	t.bad(w)
}

// podmanSecret reads --secret NAME,type=env,target=VARIABLE.
func (t *target) podmanSecret(w word) {
	text, ok := w.known()
	if !ok {
		t.bad(w)
		return
	}
	fields := strings.Split(text, ",")
	name, env := fields[0], false
	for _, f := range fields[1:] {
		key, value, _ := strings.Cut(f, "=")
		env = env || key == "type" && value == "env"
		if key == "target" {
			name = value
		}
	}
	if env {
		t.set(name, model.UnknownBecause(model.WhyRemoteState, "the secret "+fields[0]+" of podman", model.Trail{}))
	}
}

// rawFile takes the lines of an --env-file.
func (t *target) rawFile(w word, rules rawRules) {
	given, ok := w.known()
	if !ok {
		t.lose(*w.unknown())
		t.r.problem("the path of a file for --env-file is not known, expected one in the repository", "write the path out")
		return
	}
	data, at, err := t.r.file(given)
	if err != nil {
		t.r.problem("the file of --env-file, "+strict.Path(given)+", cannot be read here, expected a file in the repository", model.FileFix(given))
		t.lose(model.UnknownBecause(model.WhyMissingFile, model.FileNeeds(given), model.Trail{}))
		return
	}
	lines, bad := readRaw(path.Clean(at), data, rules)
	for _, l := range lines {
		t.fileLine(l, rules)
	}
	if bad != nil {
		t.r.d.Problems = append(t.r.d.Problems, *bad)
		t.lose(model.UnknownBecause(model.WhyUnsupported, "a file that "+rules.tool+" takes", model.Trail{}))
	}
}

func (t *target) fileLine(l rawLine, rules rawRules) {
	if l.bare {
		v := t.r.call.Env.Get(l.name)
		if v.State != model.Absent {
			t.set(l.name, v.Via(model.Hop{At: l.at, Kind: model.KindDotenv, What: l.name}))
		}
		return
	}
	what := t.what
	t.what = strings.TrimSuffix(what, " -e") + " --env-file"
	t.set(l.name, l.known(rules))
	t.what = what
}

// lose says that something that is not known may have set any variable up to here.
func (t *target) lose(because model.Value) {
	for name, v := range t.vars {
		t.vars[name] = unknownLike(because).Over(v)
	}
	t.wild(because)
}

// dockerBuild reads the arguments and secrets of a build.
func (r *reading) dockerBuild(tool string, l flagLine) (Delivery, bool) {
	r.take(l)
	name := plain(r.call.Dir)
	if tags := l.all("tag"); len(tags) > 0 {
		name = containerName(flagLine{operands: tags[:1]})
	}
	t := r.target(consumerImage, name, r.tool+" --build-arg")
	for _, w := range l.all("build-arg-file") {
		t.lose(model.UnknownBecause(model.WhyUnsupported, "the arguments written as --build-arg", w.value().Trail))
	}
	for _, w := range l.all("build-arg") {
		t.variable(w, false)
	}
	t.what = r.tool + " --env"
	for _, w := range l.all("env") { // of podman
		t.variable(w, false)
	}
	t.what = r.tool + " --secret"
	for _, w := range l.all("secret") {
		t.buildSecret(w)
	}
	t.dockerfile(l)
	if len(t.vars) == 0 && t.rest == nil && r.open == nil {
		return Delivery{}, false
	}
	t.done()
	return r.result()
}

// buildSecret reads --secret id=NAME,env=VARIABLE and --secret id=NAME,src=FILE. With
// neither it is the variable of that name, or else the file.
func (t *target) buildSecret(w word) {
	fields := map[string]word{}
	for _, f := range splitWord(w, ",") {
		key, value, ok := f.cut("=")
		if !ok {
			t.bad(w)
			return
		}
		fields[strings.ToLower(key)] = value
	}
	id, ok := fields["id"].known()
	if !ok || id == "" {
		t.bad(w)
		return
	}
	if u := w.mayHold(","); u != nil {
		t.set(id, unknownLike(*u))
		return
	}
	source, isFile := fields["src"], true
	if _, ok := fields["src"]; !ok {
		source, isFile = fields["source"]
	}
	variable, isEnv := fields["env"]
	_, typed := fields["type"]
	switch {
	case isEnv:
		t.secretFromEnv(id, variable)
	case isFile && fields["type"].is("env"):
		t.secretFromEnv(id, source)
	case isFile:
		t.secretFromFile(id, source)
	case !typed && t.r.call.Env.Get(id).State == model.Known, fields["type"].is("env"):
		t.secretFromEnv(id, plain(id))
	case !typed && t.r.call.Env.Get(id).State == model.Unknown:
		t.set(id, t.r.call.Env.Get(id))
	default:
		t.secretFromFile(id, plain(id))
	}
}

func (t *target) secretFromEnv(id string, variable word) {
	name, ok := variable.known()
	if !ok {
		t.set(id, unknownLike(*variable.unknown()))
		return
	}
	t.set(id, t.r.call.Env.Get(name))
}

func (t *target) secretFromFile(id string, file word) {
	t.set(id, t.r.fileText(file))
}

// fileText is the whole text of a file, as a value.
func (r *reading) fileText(file word) model.Value {
	name, ok := file.known()
	if !ok {
		return unknownLike(*file.unknown())
	}
	data, at, err := r.file(name)
	if err != nil {
		r.problem("the file "+strict.Path(name)+" cannot be read here, expected a file in the repository", model.FileFix(name))
		return model.UnknownBecause(model.WhyMissingFile, model.FileNeeds(name), model.Trail{})
	}
	return model.KnownText(string(data), wholeFile(at, data))
}

// splitWord splits at every sep that stands in known text.
func splitWord(w word, sep string) []word {
	var out []word
	for from := 0; ; {
		i := strings.Index(w.text[from:], sep)
		if i < 0 {
			return append(out, w.slice(from, len(w.text)))
		}
		out = append(out, w.slice(from, from+i))
		from += i + len(sep)
	}
}
