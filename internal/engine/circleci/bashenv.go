package circleci

import (
	"strings"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline/tree"
	"github.com/keyfit/keyfit/internal/pos"
)

// The lines of a file of variables. Within the third group of the first one, a shell reads
// every plain text as it stands, so that values may keep their journey there.
var (
	simpleLine = lazy.Regexp(`^(\s*(?:export\s+|declare\s+-x\s+)?[A-Za-z_][A-Za-z0-9_]*=["']?)([^"'$` + "`" + `\\;&|()<>*?\[~#!{}\s]*|[^"'$` + "`" + `\\!]*)(["']?\s*)$`)
	quotedLine = lazy.Regexp(`^\s*(?:export\s+|declare\s+-x\s+)?[A-Za-z_][A-Za-z0-9_]*="[^"` + "`" + `]*"\s*$`)
	truncates  = lazy.Regexp(`(?:^|[^>0-9&])>\s*["']?\$\{?BASH_ENV`)
)

// maxPrelude bounds how much the steps of a job may write to $BASH_ENV.
const maxPrelude = 256 << 10

// remember keeps what a step wrote to $BASH_ENV, for the steps behind it.
func (j *job) remember(written model.Value, script string, uncertain bool) {
	t := tree.Pieces(written)
	s := t.String()
	if truncates().MatchString(script) && len(j.prelude) > 0 {
		j.goWild(written, "what is left in $BASH_ENV")
		return
	}
	if size := len(s); size > maxPrelude || len(j.prelude) > 2*maxSteps {
		j.goWild(model.UnknownBecause(model.WhyLimit, "less in $BASH_ENV", written.Trail), "less in $BASH_ENV")
		return
	}
	var out []tree.Text
	for at := 0; at < len(s); {
		end := len(s)
		if i := strings.IndexByte(s[at:], '\n'); i >= 0 {
			end = at + i + 1
		}
		line, ok := lineOf(t.Slice(at, end))
		if !ok {
			j.goWild(firstUnknown(t, written), "what the step writes to $BASH_ENV")
			return
		}
		out = append(out, line)
		at = end
	}
	if !strings.HasSuffix(s, "\n") {
		out = append(out, tree.Pasted("\n", pos.Span{}))
	}
	if uncertain {
		u := model.UnknownBecause(model.WhyExitStatus, "whether the step is run before the next one", written.Trail)
		out = append([]tree.Text{tree.Pasted("if ", pos.Span{}), tree.Of(u, written.Trail.At()), tree.Pasted("; then :\n", pos.Span{})}, out...)
		out = append(out, tree.Pasted("fi\n", pos.Span{}))
	}
	j.prelude = append(j.prelude, out...)
}

func firstUnknown(t tree.Text, v model.Value) model.Value {
	if u, ok := t.Unknown(); ok {
		return u
	}
	return v
}

// lineOf is a line of the file as later steps read it; ok is false when nobody can tell what
// a piece of it that is not known does there.
func lineOf(t tree.Text) (tree.Text, bool) {
	s := t.String()
	body := strings.TrimSuffix(s, "\n")
	if m := simpleLine().FindStringSubmatchIndex(body); m != nil && properlyQuoted(body[m[2]:m[3]], body[m[4]:m[5]], body[m[6]:m[7]]) {
		return tree.Join(t.Slice(0, m[4]).Paste(), t.Slice(m[4], m[5]), t.Slice(m[5], len(s)).Paste()), true
	}
	if quotedLine().MatchString(body) || t.Known() {
		return t.Paste(), true
	}
	return t, false
}

// properlyQuoted reports whether the quotes around a value belong together, and whether
// there are some around blanks.
func properlyQuoted(head, value, tail string) bool {
	tail = strings.TrimSpace(tail)
	if strings.HasSuffix(head, `"`) || strings.HasSuffix(head, `'`) {
		return tail == head[len(head)-1:]
	}
	return tail == "" && !strings.ContainsAny(value, " \t;&|()<>*?[]~#{}")
}

// goWild gives up knowing what later steps find: anything may have been exported.
func (j *job) goWild(v model.Value, needs string) {
	u := model.UnknownBecause(model.WhyCommandOutput, needs, v.Trail)
	if v.State == model.Unknown && v.Why != model.WhyNone {
		u = model.UnknownBecause(v.Why, v.Needs, v.Trail)
	}
	j.wild, j.prelude = &u, nil // what was written before may be replaced
}
