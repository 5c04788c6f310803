package powershell

import (
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/session"
	"github.com/keyfit/keyfit/internal/strict"
)

// writing is something that is written to a file.
type writing struct {
	target   value
	text     session.Text
	lines    bool // an end of a line follows the text
	append   bool
	nothing  bool   // there is nothing to write
	encoding string // as asked for; empty: that of the command
	utf16    bool   // Windows PowerShell writes UTF-16 unless it is told otherwise
	at       extent
}

// newline is the end of a line as the system has it.
func (f *follower) newline() session.Text {
	switch f.system {
	case windowsSystem:
		return session.Literal("\r\n")
	case unixSystem:
		return session.Literal("\n")
	}
	return session.LineEnd()
}

// writeTo is a writing without an encoding and without an end of a line.
func (f *follower) writeTo(st *state, target value, t session.Text, appends bool, at extent) {
	f.write1(st, writing{target: target, text: t, append: appends, encoding: "utf8nobom", at: at})
}

// write1 writes to a channel or to a file.
func (f *follower) write1(st *state, w writing) {
	t := w.text
	if !f.readable(st, w) {
		t = session.Unknown(model.WhyUnsupported, "a file that is written in UTF-8", t.Value().Trail)
		w.lines = false
	}
	if name, ok := w.target.text.Outlet(); ok && w.target.kind != listKind {
		if w.lines && !w.nothing {
			t = session.Cat(t, session.Literal("\n"))
		}
		hop := model.Hop{At: f.span(w.at), Kind: model.KindShell, What: "write to " + name}
		f.writeChannel(st, name, t, hop, w)
		return
	}
	at, ok := f.pathOf(st, w.target.text)
	if w.target.kind != textKind && w.target.kind != unknownKind || !ok {
		v := t.Value()
		if v.State != model.Unknown {
			v = model.UnknownBecause(model.WhyUnsupported, "the name of a file that is written", model.Trail{})
		}
		f.writtenSomewhere(st, w, v)
		return
	}
	if w.lines && !w.nothing {
		t = session.Cat(t, f.newline())
	}
	if w.append {
		t = session.Cat(f.before(st, at), t)
	}
	if strings.HasPrefix(strings.ToLower(w.encoding), "utf8") && w.encoding != "utf8nobom" && !f.core {
		t = session.Blurred("a file without a byte order mark", t)
	}
	hop := model.Hop{At: f.span(w.at), Kind: model.KindShell, What: "write to " + strict.Path(at)}
	st.SetFile(at, t.Placed(hop).Word())
}

func (f *follower) writeChannel(st *state, name string, t session.Text, hop model.Hop, w writing) {
	if w.nothing {
		t = session.Text{}
	} else {
		t = t.Placed(hop)
	}
	st.WriteChannel(name, t, w.append)
}

// before is what a file holds that something is added to.
func (f *follower) before(st *state, at string) session.Text {
	if v, ok := st.Files[at]; ok && v.State == model.Absent {
		return session.Text{}
	}
	if _, err := f.step.Files.Stat(at); err != nil && f.rec.Count() == 0 {
		if _, ok := st.Files[at]; !ok {
			return session.Text{}
		}
	}
	return f.content(st, at)
}

// readable reports whether what is written is the text in UTF-8.
func (f *follower) readable(st *state, w writing) bool {
	text, known := w.text.Lines()
	encoding := strings.ToLower(w.encoding)
	if encoding == "" && w.utf16 {
		encoding = st.encoding
	}
	plain := known && isASCII(text)
	if w.encoding == "" && st.strange != nil {
		return false
	}
	switch encoding {
	case "":
		return f.core || !w.utf16 && (plain || !known)
	case "utf8", "utf8nobom", "utf-8":
		return true
	case "ascii", "default", "oem", "ansi":
		return plain || !known
	}
	return false
}

// writtenSomewhere says that a file was written of which the name is not known. What ends
// with a name of its own is no channel.
func (f *follower) writtenSomewhere(st *state, w writing, v model.Value) {
	if _, known := w.target.text.Known(); known && w.target.kind == textKind && st.Lost == nil || w.target.kind == nullKind {
		return // outside of the repository
	}
	if !w.target.text.EndsPlainly() || w.target.kind == listKind {
		st.WildChannels(v)
	}
	f.wildFiles(st, v)
}

// wildFiles says that any file may have been written.
func (f *follower) wildFiles(st *state, v model.Value) {
	for name := range st.Files {
		st.SetFile(name, v)
	}
}

// redirect does what the redirections of a command say, by about_Redirection.
func (f *follower) redirect(st *state, e element, out *stream) {
	for _, r := range e.redirs {
		if r.merge {
			continue
		}
		target := value{kind: nullKind}
		if !isNull(r.target) {
			target = f.eval(st, r.target)
		}
		w := writing{target: target, append: r.append, utf16: true, lines: true, at: r.extent}
		switch {
		case r.from != '1' && r.from != '*':
			if target.kind != nullKind {
				w.text, w.lines = session.Unknown(model.WhyCommandOutput, "what a command prints", model.Trail{}), false
				f.write1(st, w)
			}
			continue
		case target.kind != nullKind:
			f.fill(&w, out.value)
			f.write1(st, w)
		}
		out.value, out.printer = null(), -1
	}
}

// fill says what a value is in a file: each item on a line of its own.
func (f *follower) fill(w *writing, v value) {
	w.lines = true
	switch v.kind {
	case nullKind:
		w.nothing = true
	case listKind:
		var parts []session.Text
		for i, item := range v.items {
			if i > 0 {
				parts = append(parts, f.newline())
			}
			parts = append(parts, item.string(" "))
		}
		w.text = session.Cat(parts...)
		w.nothing = len(v.items) == 0
	case bytesKind:
		w.text = v.string(" ")
	default:
		w.text = v.string(" ")
		if text, ok := w.text.Lines(); ok && w.utf16 && (!f.core && hasLongLine(text) || strings.ContainsAny(text, "\x1b\x00")) {
			w.text = session.Blurred("a text of short lines", w.text) // Out-File cuts lines at the width of the console
		}
	}
}

// hasLongLine reports whether a line is as wide as a console.
func hasLongLine(text string) bool {
	for line := range strings.Lines(text) {
		if len(line) > 78 {
			return true
		}
	}
	return false
}

func isNull(x expr) bool {
	v, ok := x.(variable)
	return ok && v.scope == "" && strings.EqualFold(v.name, "null")
}
