package batch

import (
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/session"
	"github.com/keyfit/keyfit/internal/strict"
)

// fileSource is a script of the repository.
func fileSource(at, text string) *session.Source {
	text = strings.TrimPrefix(text, "\ufeff")
	lines := pos.NewIndex([]byte(text))
	return session.NewSource(session.Script{
		Text: text, Plain: true,
		Positions: func(start, end int) pos.Span { return lines.Span(at, start, end) },
	})
}

// redirected runs a command with its redirections.
func (f *follower) redirected(st *state, redirs []redirection, run func()) {
	catch := false
	for _, r := range redirs {
		catch = catch || !r.input && r.from == '1'
	}
	if !catch {
		run()
		f.redirect(st, redirs, session.Text{})
		return
	}
	before, ends := st.Output, len(f.frame.ends)+len(f.exits.ends)
	st.Output = session.Log{}
	run()
	if len(f.frame.ends)+len(f.exits.ends) > ends && st.dead {
		f.giveUp(st, redirs[0].at, "an end of the script within a redirection")
		f.frame.ends = append(f.frame.ends, st.clone())
		return
	}
	out := st.Output.Text()
	st.Output = before
	f.redirect(st, redirs, out)
}

// redirect writes what a command prints to where its redirections lead: to the last one, and
// nothing to those before it.
func (f *follower) redirect(st *state, redirs []redirection, out session.Text) {
	last := -1
	for i, r := range redirs {
		if !r.input && r.from == '1' {
			last = i
		}
	}
	for i, r := range redirs {
		switch {
		case r.input || r.merge || f.isNul(r):
		case i == last:
			f.write(st, r, out)
		case r.from == '1':
			f.write(st, r, session.Text{})
		default:
			f.write(st, r, printed("a command"))
		}
	}
}

func (f *follower) isNul(r redirection) bool {
	text, ok := session.Plain(r.target)
	return ok && strings.EqualFold(text, "nul")
}

// write writes to a channel or to a file.
func (f *follower) write(st *state, r redirection, t session.Text) {
	target := f.src.Text(r.target)
	if name, ok := target.Outlet(); ok {
		hop := model.Hop{At: f.span(r.at), Kind: model.KindShell, What: "write to " + name}
		if !t.IsEmpty() {
			t = t.Placed(hop)
		}
		st.WriteChannel(name, t, r.append)
		return
	}
	at, ok := f.pathOf(st, target)
	if !ok {
		if _, known := target.Known(); known && st.Lost == nil {
			return // outside of the repository
		}
		v := model.UnknownBecause(model.WhyUnsupported, "the name of a file that is written", model.Trail{})
		if !target.EndsPlainly() {
			st.WildChannels(v)
		}
		for name := range st.Files {
			st.SetFile(name, v)
		}
		return
	}
	t = windowsLines(t)
	if r.append {
		t = session.Cat(f.before(st, at), t)
	}
	hop := model.Hop{At: f.span(r.at), Kind: model.KindShell, What: "write to " + strict.Path(at)}
	st.SetFile(at, t.Placed(hop).Word())
}

// windowsLines is a text that is printed with the ends of lines that cmd writes.
func windowsLines(t session.Text) session.Text {
	return t.Map(func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") })
}

// before is what a file holds that something is added to.
func (f *follower) before(st *state, at string) session.Text {
	v, written := st.Files[at]
	if written && v.State == model.Absent {
		return session.Text{}
	}
	if _, err := f.step.Files.Stat(at); err != nil && !written && f.rec.Count() == 0 {
		return session.Text{}
	}
	if !written {
		return fileText(f.content(st, at))
	}
	return f.content(st, at)
}
