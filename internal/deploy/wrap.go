package deploy

import (
	"maps"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

// wrapping is newReading for a tool that runs another command. How many words there are
// matters only up to where that command begins.
func wrapping(call Call, tool string) *reading { return &reading{call: call, tool: tool} }

// idle reports whether there is no command to run, for certain.
func (r *reading) idle(l line) bool { return len(l.rest) == 0 && r.open == nil && r.call.Open == 0 }

// start hands over the command that begins at the argument with number from. It finds
// env; change may say more about it.
func (r *reading) start(from int, env model.Env, change func(*Inner)) (Delivery, bool) {
	from++ // the tool's own name
	if n := r.call.Open; n > 0 && n <= from && r.open == nil {
		r.doubt(r.call.Args[min(n, len(r.call.Args)-1)], "a text that is not known is split into words here, expected one word", "put it in double quotes")
	}
	if r.open != nil {
		return r.result()
	}
	if from >= len(r.call.Args) {
		return Delivery{}, false
	}
	in := Inner{Args: r.call.Args[from:], Dir: r.call.Dir, Env: env, At: r.call.At}
	if r.call.Open > 0 {
		in.Open = r.call.Open - from
	}
	return r.run(in, change)
}

// script hands over a line of shell text.
func (r *reading) script(w word, env model.Env, sh bool, change func(*Inner)) (Delivery, bool) {
	text, ok := w.known()
	if !ok {
		r.doubt(*w.unknown(), "a command line that "+r.tool+" runs is not known, expected one that is known", "")
	}
	if r.call.Open > 0 && r.open == nil {
		r.unsupported("a number of words that is not known")
	}
	if r.open != nil {
		return r.result()
	}
	if strings.TrimSpace(text) == "" {
		return Delivery{}, false
	}
	return r.run(Inner{Line: text, Parts: w.pieces(), Sh: sh, Dir: r.call.Dir, Env: env, At: r.call.At}, change)
}

func (r *reading) run(in Inner, change func(*Inner)) (Delivery, bool) {
	in.Stdin = r.call.Stdin
	if change != nil {
		change(&in)
	}
	r.d.Inner = append(r.d.Inner, in)
	return r.result()
}

// overlaid is an environment over which a tool lays variables that are not known: any of
// its own may be replaced, but for those that keep names.
func overlaid(env model.Env, u model.Value, keep func(string) bool) model.Env {
	out := map[string]model.Value{}
	for name, v := range env.All() {
		if keep == nil || !keep(name) {
			v = model.UnknownBecause(u.Why, u.Needs, v.Trail.Append(u.Trail.Last())).Over(v)
		}
		out[name] = v
	}
	return model.NewEnv(out).WithRest(u)
}

// laid is an environment with variables of which only the names are known.
func laid(env model.Env, names []string, u model.Value) model.Env {
	vars := map[string]model.Value{}
	for _, name := range names {
		vars[name] = u.Over(env.Get(name))
	}
	return env.WithAll(maps.Clone(vars))
}

// joined are words with a blank between each two.
func joined(words []word) word {
	var out word
	for i, w := range words {
		if i > 0 {
			out.add(plain(" ").value())
		}
		for _, p := range w.parts {
			out.add(p.value)
		}
	}
	return out
}

// quoted is text as one word of a POSIX shell.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// remote is an unknown that a service would tell.
func (r *reading) remote(why model.Reason, needs string) model.Value {
	hop := model.Hop{At: r.call.At, Kind: model.KindCommand, What: r.tool}
	return model.UnknownBecause(why, needs, model.Trail{}.Append(hop))
}

func simpleWrappers() []Adapter {
	return []Adapter{{Names: []string{"watch"}, Read: readWatch}, {Names: []string{"xargs"}, Read: readXargs}}
}

// readWatch reads `watch command…`, which runs its words as one line.
func readWatch(call Call) (Delivery, bool) {
	r := wrapping(call, "watch")
	l := r.line(grammar{values: []string{"-n", "--interval"}, bools: []string{"-d", "-t", "-b", "-e", "-g", "-c", "-p"}, stop: true, short: true}, r.words())
	r.strict(l)
	if r.idle(l) {
		return Delivery{}, false
	}
	return r.script(joined(l.rest), call.Env, true, nil)
}

// readXargs reads `xargs command…`; what it adds to the words is not known.
func readXargs(call Call) (Delivery, bool) {
	r := wrapping(call, "xargs")
	l := r.line(grammar{values: []string{"-n", "-P", "-L", "-d", "-s"}, bools: []string{"-r", "-t", "-0", "--null", "--no-run-if-empty", "--verbose"}, stop: true, short: true}, r.words())
	r.strict(l)
	return r.start(l.from, call.Env, func(in *Inner) {
		if in.Open == 0 {
			in.Open = len(in.Args)
		}
	})
}
