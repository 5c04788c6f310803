package shell

import (
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"mvdan.cc/sh/v3/syntax"
)

// theRun is what it takes to know what only the machine knows on which the script runs.
const theRun = "the run of the pipeline"

// channelPrefix begins the key of the file behind each of the step's channels.
const channelPrefix = "\x00channel-"

// outlets makes the variables through which the script reaches its surroundings.
func (m *machine) outlets(st *state) {
	for _, name := range m.step.Channels {
		key := channelPrefix + name
		st.files[key] = &file{}
		m.outlet(st, name, &unknown{why: model.WhyInput, needs: theRun, file: key, word: true, filled: true})
	}
	m.root = &unknown{why: model.WhyInput, needs: theRun, root: true, word: true, filled: true}
	for _, name := range m.step.Root {
		m.outlet(st, name, m.root)
	}
	if m.step.Capture {
		m.printed = st.io.newBuffer()
		st.io.set(1, m.printed)
	}
}

func (m *machine) outlet(st *state, name string, u *unknown) {
	trail := m.step.Env.Get(name).Trail
	st.vars[name] = &cell{val: sym{{unk: u, trail: trail}}, attrs: attrs{exported: true}, trail: trail}
}

// isOutlet reports whether a variable still is one of those that outlets made: nothing of
// which keyfit does not know what it sets is taken to change them.
func (c *cell) isOutlet() bool {
	return c != nil && len(c.alts) == 0 && len(c.val) == 1 && c.val[0].unk != nil &&
		(c.val[0].unk.root || strings.HasPrefix(c.val[0].unk.file, channelPrefix))
}

// place is the hop of what is written to a file or a channel, or printed: nothing else says
// where it stands.
func (sh *shell) place(key string) model.Hop {
	what := "print"
	if key != "" {
		what = "write to " + strings.TrimPrefix(key, channelPrefix)
	}
	return model.Hop{At: sh.here(), Kind: model.KindShell, What: what, Moves: key != "" && !strings.HasPrefix(key, channelPrefix)}
}

// tells reports whether texts that the script writes are told with the place of each piece.
func (sh *shell) tells() bool { return sh.m.step.Capture || len(sh.m.step.Channels) > 0 }

// documentLines gives each line of a stretch of a here-document its place: the statement
// that writes it is too large for one.
func (sh *shell) documentLines(s stretch) []stretch {
	if !sh.tells() || s.at == nil || !s.trail.IsEmpty() {
		return []stretch{s}
	}
	var out []stretch
	at := 0
	for _, line := range strings.SplitAfter(s.text, "\n") {
		if line == "" {
			continue
		}
		end := at + max(1, len(strings.TrimRight(line, "\n")))
		hop := model.Hop{At: sh.src.at(s.at[at], s.at[end-1]+1), Kind: model.KindShell, What: "here-document", Literal: true}
		out = append(out, stretch{text: line, trail: model.Trail{}.Append(hop)})
		at += len(line)
	}
	return out
}

// documentText is a part of a here-document in which nothing is expanded.
func (sh *shell) documentText(lit *syntax.Lit) sym {
	var out sym
	for _, s := range sh.stretches(lit.Value, lit) {
		if s.hole != nil {
			out = append(out, s.hole.piece.as(quoted))
			continue
		}
		for _, line := range sh.documentLines(s) {
			out = append(out, piece{text: line.text, trail: line.trail})
		}
	}
	return out
}

// placed gives a text that leaves the script its place: what has no source yet stands
// there literally.
func (s sym) placed(hop model.Hop) sym {
	out := slices.Clone(s)
	for i, p := range out {
		if p.unk == nil && p.text == "" {
			continue
		}
		own := hop
		own.Literal = p.unk == nil && p.trail.IsEmpty()
		out[i] = sym{p}.via(own)[0]
	}
	return out
}

// strangeWriter says that something unknown may have written to the channels.
func (st *state) strangeWriter(u *unknown) {
	for key, f := range st.files {
		if strings.HasPrefix(key, channelPrefix) {
			st.files[key] = &file{text: cat(f.text, sym{{unk: &unknown{why: u.why, needs: u.needs, multi: true}}})}
		}
	}
}

// channelsOf says of each channel what a command that keyfit does not follow writes to it.
func (sh *shell) channelsOf(st *state, name string, inv invocation) {
	if len(sh.m.step.Channels) == 0 {
		return
	}
	if inv.rest != nil {
		st.strangeWriter(inv.rest)
		return
	}
	u := &unknown{why: model.WhyCommandOutput, needs: "what " + name + " writes", multi: true}
	for _, channel := range sh.m.step.Channels {
		key := channelPrefix + channel
		f := st.files[key]
		if f == nil || f.text.isJust(u.needs) || !sh.givenPath(inv, key) && !sh.mentions(st, inv, path.Base(name), channel) {
			continue
		}
		st.files[key] = &file{text: cat(f.text, sym{{unk: u}})}
	}
}

// isJust reports whether a text is nothing but the unknown of this need.
func (s sym) isJust(needs string) bool {
	return len(s) == 1 && s[0].unk != nil && s[0].unk.needs == needs
}

// givenPath reports whether a word of a command holds the path of a file of the script's
// own.
func (sh *shell) givenPath(inv invocation, key string) bool {
	return slices.ContainsFunc(inv.args.list, func(s sym) bool { return s.leadsTo(key) })
}

func (s sym) leadsTo(key string) bool {
	return slices.ContainsFunc(s, func(p piece) bool {
		return p.unk != nil && (p.unk.file == key || slices.ContainsFunc(p.unk.alts, func(a sym) bool { return a.leadsTo(key) }))
	})
}

// mentions reports whether what a command is told speaks of a channel: its words, what it
// reads, the scripts among its words, and the file that it goes by.
func (sh *shell) mentions(st *state, inv invocation, command, channel string) bool {
	texts := append(slices.Clone(inv.args.list), st.io.input(0))
	files := slices.Clone(inv.args.list)
	switch command {
	case "make", "gmake":
		files = append(files, text("Makefile"), text("makefile"), text("GNUmakefile"))
	case "npm", "yarn", "pnpm", "bun":
		files = append(files, text("package.json"))
	}
	for _, f := range files {
		key, ok := sh.fileKey(st, f)
		if !ok || outside(key) || sh.statKey(st, key) != fileThere {
			continue
		}
		content, _ := sh.content(st, key)
		texts = append(texts, content)
	}
	return slices.ContainsFunc(texts, func(s sym) bool { return s.speaksOf(channel) })
}

// actionsToolkit is the library by which programs write to the channels of GitHub.
const actionsToolkit = "@actions/core"

func (s sym) speaksOf(channel string) bool {
	return slices.ContainsFunc(s, func(p piece) bool {
		return p.unk == nil && (strings.Contains(p.text, channel) || strings.Contains(p.text, actionsToolkit))
	})
}

// channelTexts is what was written to the step's channels.
func (m *machine) channelTexts(st *state) map[string]model.Value {
	out := map[string]model.Value{}
	for _, name := range m.step.Channels {
		f := st.files[channelPrefix+name]
		switch {
		case m.halted != nil:
			out[name] = toText(sym{{unk: m.halted}})
		case f != nil && !f.gone && !f.text.isEmpty():
			out[name] = toText(f.text)
		}
	}
	return out
}

// printedText is what the session printed.
func (m *machine) printedText(st *state) model.Value {
	switch {
	case !m.step.Capture:
		return model.Value{}
	case m.halted != nil:
		return toText(sym{{unk: m.halted}})
	}
	return toText(st.io.buffers[m.printed.id])
}
