package gitlab

import (
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
)

// maxReport is how large GitLab lets a dotenv report be.
const maxReport = 5 << 10

// addReport reads one dotenv report of a job into what it leaves.
func (r *run) addReport(out *product, i *instance, name string, files map[string]model.Value) {
	n := i.job.field("artifacts").get("reports", "dotenv")
	hop := model.Hop{At: n.at(), Kind: model.KindGitLab, What: "dotenv report of " + i.job.what()}
	v, ok := files[path.Clean(name)]
	if !ok {
		data, err := r.files.Read(name)
		if err != nil {
			u := model.UnknownBecause(model.WhyMissingFile, "what "+i.job.what()+" writes into its dotenv report", model.Trail{}.Append(hop))
			out.anything = &u
			return
		}
		v = model.KnownText(string(data), model.Hop{At: pos.Span{File: path.Clean(name)}, Kind: model.KindFile, What: "file", Literal: true})
	}
	r.reported(out, i, v, hop)
}

// reported reads the text of a report. One that may be several texts leaves what each of
// them says, as candidates.
func (r *run) reported(out *product, i *instance, v model.Value, hop model.Hop) {
	switch {
	case v.State == model.Absent:
		return
	case len(ways(v)) > 1:
		var sets [][]variable
		for _, a := range ways(v) {
			one := &product{}
			r.reported(one, i, a, hop)
			if one.anything != nil {
				out.anything = one.anything
			}
			var set []variable
			for _, it := range one.vars {
				set = append(set, variable{key: it.key, value: it.value})
			}
			sets = append(sets, set)
		}
		for _, x := range either(v.Needs, sets) {
			out.vars = append(out.vars, item{key: x.key, value: x.value, hidden: true})
		}
		return
	}
	lines, whole := linesOf(v)
	if !whole {
		u := model.UnknownBecause(v.Why, v.Needs, v.Trail.Append(hop))
		out.anything = &u
		return
	}
	size := 0
	for _, line := range lines {
		size += line.size()
		key, value, ok := line.pair()
		switch {
		case ok:
			out.vars = append(out.vars, item{key: key, value: i.job.line(value, key).Via(hop), hidden: true})
		case line.known():
			r.report(hop.At, "a line of the dotenv report is not NAME=value, so that GitLab refuses the report", "write nothing but lines of NAME=value, without empty lines and comments")
			out.vars = nil
			return
		default:
			u := model.UnknownBecause(v.Why, v.Needs, v.Trail.Append(hop))
			if v.State == model.Known {
				u.Why = model.WhyUnsupported
			}
			out.anything = &u
		}
	}
	if size >= maxReport {
		r.report(hop.At, "the dotenv report is not smaller than 5 KiB, the limit of GitLab", "write less into it")
	}
}

// line adds the line of the script that writes a variable into the report, when there is one
// that names it.
func (j *job) line(v model.Value, key string) model.Value {
	for _, field := range []*node{j.field("before_script"), j.node.get("script"), j.field("after_script")} {
		for _, n := range field.flat(maxNested) {
			if n.isText() && strings.Contains(n.text, key+"=") {
				literal := v.Trail.IsEmpty() && v.State == model.Known
				return v.Via(model.Hop{At: n.at(), Kind: model.KindGitLab, What: "script of " + j.what(), Literal: literal})
			}
		}
	}
	return v
}

// ways are the texts that v may be: those of its pieces that are one of several are each
// taken as each of them. One way alone when there are none, or too many.
func ways(v model.Value) []model.Value {
	if v.Why == model.WhyAmbiguous && len(v.Alternatives) > 0 && len(v.Parts) == 0 {
		var out []model.Value
		for _, a := range v.Alternatives {
			out = append(out, ways(a)...)
		}
		return few(out, v)
	}
	out := [][]model.Value{nil}
	for _, p := range v.Parts {
		each := ways(p)
		var next [][]model.Value
		for _, way := range out {
			for _, e := range each {
				next = append(next, append(slices.Clone(way), e))
			}
		}
		if out = next; len(out) > maxCombined {
			return []model.Value{v}
		}
	}
	if len(out) == 1 {
		return []model.Value{v}
	}
	var texts []model.Value
	for _, way := range out {
		t := model.Value{State: model.Known, Parts: way, Trail: v.Trail}
		text := ""
		for _, p := range way {
			switch p.State {
			case model.Known:
				text += p.Text.Reveal()
			case model.Unknown:
				t.State, t.Why, t.Needs = model.Unknown, p.Why, p.Needs
			}
		}
		if t.State == model.Known {
			t.Text = model.KnownText(text, model.Hop{}).Text
		}
		texts = append(texts, t)
	}
	return texts
}

func few(out []model.Value, v model.Value) []model.Value {
	if len(out) > maxCombined {
		return []model.Value{v}
	}
	return out
}

// fragments are the pieces of one line of a text.
type fragments []model.Value

// linesOf takes a text apart into lines, with the pieces of each. whole is false when
// nothing is known of it. A piece that is not known is taken to lie within one line.
func linesOf(v model.Value) (lines []fragments, whole bool) {
	pieces := flattened(v)
	if len(pieces) == 1 && pieces[0].State == model.Unknown {
		return nil, false
	}
	var line fragments
	for _, p := range pieces {
		if p.State != model.Known {
			line = append(line, p)
			continue
		}
		rest := p.Text.Reveal()
		for {
			before, after, more := strings.Cut(rest, "\n")
			if before != "" {
				piece := p
				piece.Text = model.KnownText(before, model.Hop{}).Text
				piece.Parts = nil
				line = append(line, piece)
			}
			if !more {
				break
			}
			lines = append(lines, line)
			line, rest = nil, after
		}
	}
	if len(line) > 0 {
		lines = append(lines, line)
	}
	return lines, true
}

// flattened are the innermost pieces of a text; the text itself when they do not make it up.
func flattened(v model.Value) []model.Value {
	if len(v.Parts) == 0 {
		return []model.Value{v}
	}
	var out []model.Value
	text := ""
	for _, p := range v.Parts {
		if p.State == model.Absent {
			continue
		}
		for _, q := range flattened(p) {
			if q.State == model.Known {
				text += q.Text.Reveal()
			}
			out = append(out, q)
		}
	}
	if v.State == model.Known && text != v.Text.Reveal() || len(out) == 0 {
		return []model.Value{v}
	}
	return out
}

func (f fragments) known() bool {
	for _, p := range f {
		if p.State != model.Known {
			return false
		}
	}
	return true
}

func (f fragments) size() int {
	n := 1
	for _, p := range f {
		if p.State == model.Known {
			n += len(p.Text.Reveal())
		}
	}
	return n
}

// pair reads a line as NAME=value; blanks around both are dropped.
func (f fragments) pair() (key string, value model.Value, ok bool) {
	name := ""
	for i, p := range f {
		if p.State != model.Known {
			return "", model.Value{}, false
		}
		text := p.Text.Reveal()
		at := strings.IndexByte(text, '=')
		if at < 0 {
			name += text
			continue
		}
		key = strings.TrimSpace(name + text[:at])
		rest := p
		rest.Text = model.KnownText(text[at+1:], model.Hop{}).Text
		pieces := append([]model.Value{rest}, f[i+1:]...)
		return key, trimmed(pieces), isVariable(key)
	}
	return "", model.Value{}, false
}

// trimmed puts the pieces of a value together, without blanks around it.
func trimmed(pieces []model.Value) model.Value {
	first, last := 0, len(pieces)-1
	cutAt := func(i int, f func(string, string) string) bool {
		if pieces[i].State != model.Known {
			return false
		}
		text := f(pieces[i].Text.Reveal(), " \t\r\n\v\f\x00")
		pieces[i].Text = model.KnownText(text, model.Hop{}).Text
		return text == ""
	}
	for first <= last && cutAt(first, strings.TrimLeft) {
		first++
	}
	for last >= first && cutAt(last, strings.TrimRight) {
		last--
	}
	if first > last {
		return model.KnownText("", pieces[0].Trail.Origin())
	}
	out := together(model.Value{State: model.Known}, pieces[first:last+1])
	return out
}

// written is the environment of the next script: what a script wrote to the file that
// GITLAB_ENV names is exported there.
func written(env model.Env, file model.Value) model.Env {
	if file.State == model.Absent || file.State == model.Unknown && file.Why == model.WhyNone {
		return env
	}
	lines, whole := linesOf(file)
	if !whole {
		return env.WithRest(file)
	}
	for _, line := range lines {
		if key, value, ok := line.pair(); ok {
			env = env.With(key, value.Over(env.Get(key)))
		}
	}
	return env
}
