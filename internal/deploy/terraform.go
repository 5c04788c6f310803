package deploy

import (
	"path"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/secret"
)

func terraform() Adapter {
	return Adapter{Names: []string{"terraform", "tofu"}, Read: func(c Call) (Delivery, bool) {
		name, _ := c.name()
		r := &reading{call: c, tool: name}
		return terraformCommand{reading: r, tool: name, dir: dirOf(c)}.read(c.arguments())
	}}
}

func dirOf(c Call) string {
	if c.Dir == "" {
		return "."
	}
	return c.Dir
}

const (
	terraformValued   = "var var-file out target replace exclude target-file exclude-file parallelism lock-timeout state state-out backup generate-config-out"
	terraformSwitches = "auto-approve compact-warnings concise consolidate-warnings consolidate-errors deprecation destroy detailed-exitcode force-copy input json json-into lock no-color refresh refresh-only reconfigure show-sensitive upgrade help h allow-deferral"
)

// terraformCommand is one command of terraform, tofu, or terragrunt, which hands it on.
type terraformCommand struct {
	*reading
	tool string
	dir  string
	all  bool
}

// read takes the flags in front of the command, then the command.
func (t terraformCommand) read(args arguments) (Delivery, bool) {
	global, name, rest, ok := subcommand(args, flagRules{valued: "chdir", switches: "help h version v", single: true})
	if !ok {
		return t.unreadable(global)
	}
	if dir := global.last("chdir"); dir.State == model.Known {
		t.dir = joinDir(t.dir, dir.Text.Reveal())
	} else if dir.State == model.Unknown {
		t.doubt(dir, "the directory of "+t.tool+" -chdir is not known, expected one in the repository", "write the directory out")
	}
	return t.command(name, rest)
}

func joinDir(dir, more string) string {
	if path.IsAbs(more) {
		return path.Clean(more)
	}
	return path.Join(dir, more)
}

func (t terraformCommand) command(name string, rest arguments) (Delivery, bool) {
	t.reading.tool = t.tool + " " + name
	switch name {
	case "workspace":
		return t.workspace(rest)
	case "plan", "apply", "destroy", "refresh", "console":
		return t.module(name, t.withVariables(name, rest))
	}
	return Delivery{}, false
}

// workspace reads `terraform workspace select NAME` and `new NAME`.
func (t terraformCommand) workspace(rest arguments) (Delivery, bool) {
	_, name, rest, ok := subcommand(rest, flagRules{switches: "help h", single: true})
	if !ok || name != "select" && name != "new" {
		return Delivery{}, false
	}
	l := readFlags(rest, flagRules{valued: "state lock-timeout", switches: "or-create lock force help h", single: true, upfront: true, operands: 1})
	t.take(l)
	w := l.operand(0)
	if w.State == model.Absent {
		return Delivery{}, false
	}
	t.d.Passes = true
	t.d.Selections = append(t.d.Selections, Selection{At: t.call.At, Tool: t.tool, Kind: "workspace", Dir: t.dir, Name: w})
	return t.result()
}

// module reads the variables of plan, apply and destroy, in their order.
func (t terraformCommand) module(name string, rest arguments) (Delivery, bool) {
	l := readFlags(rest, flagRules{valued: terraformValued, switches: terraformSwitches, single: true, upfront: true})
	t.take(l)
	m := Module{
		At: t.call.At, Dir: t.dir, Env: t.call.Env, Tool: t.tool, Command: name, All: t.all,
		Workspace: t.call.Env.Get("TF_WORKSPACE"), Out: l.last("out"), Plan: model.Value{State: model.Absent},
	}
	if m.Workspace.State == model.Known && m.Workspace.Text.IsEmpty() {
		m.Workspace = model.Value{State: model.Absent}
	}
	if name == "apply" && len(l.operands) > 0 {
		m.Plan = l.operand(0)
	}
	if l.more && len(l.operands) == 0 {
		t.doubt(model.Value{Why: model.WhyUnsupported, Needs: "how many arguments there are"}, "the arguments of "+t.tool+" are not known", "write them out")
	}
	for _, o := range l.flags {
		switch o.name {
		case "var", "var-file":
			m.Args = append(m.Args, ValuesArg{Flag: o.name, Text: t.literal(o.value.whole(), o.name)})
		default:
			m.narrow(o.name)
		}
	}
	m.Doubt = t.open
	t.d.Modules = append(t.d.Modules, m)
	return t.result()
}

// narrow takes over a flag that says what of the module is applied.
func (m *Module) narrow(flag string) {
	switch flag {
	case "destroy":
		m.Command = "destroy"
	case "refresh-only":
		m.Command = "refresh"
	case "target", "exclude", "target-file", "exclude-file":
		m.Partial = true
	}
}

func (t terraformCommand) literal(v model.Value, flag string) model.Value {
	if v.State != model.Known || !v.Trail.IsEmpty() {
		return v
	}
	return v.Via(model.Hop{At: t.call.At, Kind: model.KindCommand, What: t.reading.tool + " -" + flag, Literal: true})
}

// withVariables puts what TF_CLI_ARGS_name and TF_CLI_ARGS hold in front of the flags.
func (t terraformCommand) withVariables(name string, rest arguments) arguments {
	for _, variable := range []string{"TF_CLI_ARGS", "TF_CLI_ARGS_" + strings.ReplaceAll(name, "-", "_")} {
		v := t.call.Env.Get(variable)
		if v.State == model.Absent || v.State == model.Known && v.Text.IsEmpty() {
			continue
		}
		if v.State == model.Unknown || strings.ContainsAny(v.Text.Reveal(), "\"'\\`$|&;<>()#*?[~\n") {
			t.doubt(v, variable+" adds arguments that are not known, expected plain words", "give the flags on the command line")
			continue
		}
		var words []word
		for _, f := range strings.Fields(v.Text.Reveal()) {
			words = append(words, wordOf(model.Value{State: model.Known, Text: secret.New(f), Trail: v.Trail}))
		}
		rest = arguments{words: append(words, rest.words...), open: rest.open, sure: rest.sure + len(words)}
	}
	return rest
}

// After gives the module the workspace that was selected last in its directory, unless
// its own command names one.
func (m Module) After(selections []Selection) Module {
	if m.Workspace.State != model.Absent {
		return m
	}
	for _, s := range selections {
		if s.Kind == "workspace" && s.Dir == m.Dir {
			m.Workspace = s.Name
		}
	}
	return m
}
