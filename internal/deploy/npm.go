package deploy

import (
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

func nodeAdapters() []Adapter {
	return []Adapter{
		{Names: []string{"npm", "pnpm", "yarn", "bun"}, Read: readNodeRun},
		{Names: []string{"npx", "bunx", "pnpx"}, Read: readNpx},
	}
}

// nodeGrammar holds for the flags in front of the script's name.
func nodeGrammar(need int) grammar {
	return grammar{
		values: []string{"--prefix", "-C", "--dir", "--cwd", "-w", "--workspace", "--filter", "-F", "--loglevel", "-p", "--package", "-c", "--call", "--script-shell", "--userconfig"},
		bools: []string{"-s", "--silent", "-q", "--quiet", "--if-present", "-y", "--yes", "--no-install", "--no", "--workspaces", "-ws", "-r", "--recursive",
			"--bun", "--frozen-lockfile", "--ignore-scripts", "--verbose", "--parallel", "--include-workspace-root", "--prefer-offline", "--no-audit", "--no-fund"},
		stop: true, need: need,
	}
}

// readNodeRun reads `npm run SCRIPT`, its short forms, and those of its relatives.
func readNodeRun(call Call) (Delivery, bool) {
	tool, _ := call.name()
	r := wrapping(call, tool)
	words := r.words()
	l := nodeGrammar(0).read(words)
	if len(l.rest) == 0 {
		return Delivery{}, false
	}
	verb, ok := l.rest[0].known()
	from := l.from + 1
	switch {
	case !ok || builtinNode(tool, verb):
		return Delivery{}, false
	case verb == "exec" || verb == "x" || verb == "dlx":
		return r.npx(from)
	case verb == "run" || verb == "run-script" || verb == "rum" && tool == "npm":
	case slices.Contains([]string{"start", "stop", "test", "restart"}, verb):
		from--
	case tool == "npm":
		return Delivery{}, false
	default:
		from-- // a script's name alone
	}
	inner := r.line(nodeGrammar(0), words[from:])
	if len(inner.rest) == 0 {
		return Delivery{}, false
	}
	l.uses = append(l.uses, inner.uses...)
	return r.nodeScript(tool, l, inner, from)
}

// builtinNode reports whether a word is a command of the tool's own, and so no script.
func builtinNode(tool, verb string) bool {
	own := " install i add remove update upgrade link unlink audit outdated list ls why init create publish pack config login logout help version info cache import "
	switch tool {
	case "pnpm":
		own += "deploy ci fetch rebuild prune patch patch-commit store server env setup root bin licenses recursive doctor dedupe "
	case "yarn":
		own += "autoclean check global owner policies self-update tag team unplug versions workspace workspaces dedupe constraints plugin set patch search node npm "
	case "bun":
		own += "build pm test repl patch rm ci "
	}
	return tool != "npm" && strings.Contains(own, " "+verb+" ")
}

func (r *reading) nodeScript(tool string, l, inner line, from int) (Delivery, bool) {
	dir := r.call.Dir
	for _, w := range l.each("--prefix", "-C", "--dir", "--cwd") {
		given, ok := w.known()
		if !ok {
			r.doubt(*w.unknown(), "the directory of the package is not known, expected one in the repository", "")
			return r.result()
		}
		dir = path.Join(dir, given)
	}
	name, ok := inner.rest[0].known()
	if !ok {
		r.doubt(*inner.rest[0].unknown(), "the name of the script is not known, expected one of package.json", "")
		return r.result()
	}
	at := r.call
	at.Dir = dir
	sub := &reading{call: at, tool: r.tool}
	data, file, err := sub.file("package.json")
	if err != nil {
		if tool != "npm" && from == l.from {
			return r.binary(name, from)
		}
		r.lost("package.json", "the package of the script", err)
		return r.result()
	}
	t, err := readJSON(string(data), fileSource(file, string(data), "package.json"))
	if err != nil {
		r.unsupported("a package.json that is not valid JSON")
		return r.result()
	}
	script := t.get("scripts", name)
	if script == nil {
		if !l.has("--if-present") && (tool == "npm" || from > l.from) {
			r.problem("package.json has no such script, expected "+flagName(name)+" among its scripts", "add it")
			return r.result()
		}
		return r.binary(name, from)
	}
	if l.has("-w", "--workspace", "--workspaces", "-ws", "--filter", "-F", "-r", "--recursive", "--script-shell", "--parallel") {
		r.unsupported("workspaces or another shell")
		return r.result()
	}
	env := nodeEnv(r)
	r.lifecycle(t, "pre"+name, nil, dir, env)
	r.lifecycle(t, name, r.passedOn(tool, inner, from), dir, env)
	r.lifecycle(t, "post"+name, nil, dir, env)
	if r.open != nil {
		r.d.Inner = nil
	}
	return r.result()
}

// binary reads a word that is no script: a program of a dependency, as in `yarn vercel`.
func (r *reading) binary(name string, from int) (Delivery, bool) {
	if r.tool == "npm" || !slices.Contains(Tools(), name) {
		return Delivery{}, false
	}
	return r.npx(from)
}

// passedOn are the words behind the script's name, which the tool appends to it.
func (r *reading) passedOn(tool string, inner line, from int) []word {
	rest := inner.rest[1:]
	if r.call.Open > 0 {
		r.unsupported("a number of words that is not known")
		return nil
	}
	if tool != "npm" {
		if len(rest) > 0 && rest[0].is("--") && tool != "pnpm" {
			return rest[1:]
		}
		return rest
	}
	l := r.line(grammar{bools: nodeGrammar(0).bools, need: len(rest)}, rest)
	if l.strange != "" {
		r.strict(l)
	}
	return l.rest
}

func (r *reading) lifecycle(t *tree, name string, args []word, dir string, env model.Env) {
	script := t.get("scripts", name)
	if script == nil {
		return
	}
	line, ok := script.string()
	if !ok {
		r.unsupported("a script that is no text")
		return
	}
	for _, a := range args {
		text, ok := a.known()
		if !ok {
			r.doubt(*a.unknown(), "an argument of the script is not known, expected one that is known", "")
			return
		}
		line += " " + quoted(text)
	}
	r.d.Inner = append(r.d.Inner, Inner{Line: line, Sh: true, Dir: dir, Env: env, Stdin: r.call.Stdin, At: script.value.Trail.Last().At})
}

// nodeEnv is the environment of a script: the tool adds variables of its own, and puts
// the programs of the dependencies in front of PATH.
func nodeEnv(r *reading) model.Env {
	own := r.remote(model.WhyUnsupported, "what "+r.tool+" sets")
	return laid(r.call.Env, []string{
		"PATH", "NODE", "INIT_CWD", "npm_command", "npm_config_user_agent", "npm_execpath", "npm_node_execpath", "npm_lifecycle_event", "npm_lifecycle_script",
		"npm_package_json", "npm_package_name", "npm_package_version", "npm_config_local_prefix", "npm_config_prefix", "npm_config_cache",
		"npm_config_userconfig", "npm_config_globalconfig", "npm_config_noproxy", "npm_config_node_gyp", "npm_config_npm_version", "npm_config_global_prefix",
		"npm_config_init_module", "npm_config_registry", "PNPM_SCRIPT_SRC_DIR", "PROJECT_CWD", "BERRY_BIN_FOLDER", "COLOR", "EDITOR",
	}, own)
}

func readNpx(call Call) (Delivery, bool) {
	tool, _ := call.name()
	return wrapping(call, tool).npx(0)
}

// npx reads the words from number from on as a command of a package.
func (r *reading) npx(from int) (Delivery, bool) {
	l := r.line(nodeGrammar(0), r.words()[from:])
	r.strict(l)
	if line, ok := l.last("-c", "--call"); ok {
		return r.script(line, nodeEnv(r), true, nil)
	}
	if r.idle(l) {
		return Delivery{}, false
	}
	return r.start(from+l.from, nodeEnv(r), func(in *Inner) { in.Args = unversioned(in.Args) })
}

// unversioned cuts the version off the command's name: vercel@latest is vercel.
func unversioned(args []model.Value) []model.Value {
	name, ok := wordOf(args[0]).known()
	i := strings.LastIndex(name, "@")
	if !ok || i <= 0 {
		return args
	}
	first := args[0]
	first.Text, first.Parts = plain(name[:i]).value().Text, nil
	return append([]model.Value{first}, args[1:]...)
}
