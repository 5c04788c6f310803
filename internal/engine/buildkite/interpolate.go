package buildkite

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline/tree"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/secret"
)

// maxExpansion bounds how deep ${X:-${Y:-…}} may go.
const maxExpansion = 20

// expansion replaces variables in one text, as the upload does it.
type expansion struct {
	lookup func(name string) model.Value
	bad    []pos.Span // what the upload would refuse
}

// expand gives text with its variables replaced.
func (e *expansion) expand(text tree.Text) tree.Text { return e.upTo(text, 0) }

func (e *expansion) upTo(text tree.Text, depth int) tree.Text {
	var out tree.Text
	s := text.String()
	kept := 0 // up to here everything is in out
	flush := func(end int) { out = tree.Join(out, text.Slice(kept, end)) }
	for at := 0; at < len(s); {
		switch rest := s[at:]; {
		case strings.HasPrefix(rest, `\\`), strings.HasPrefix(rest, "$("):
			at += 2
		case strings.HasPrefix(rest, `\$`), strings.HasPrefix(rest, "$$"):
			flush(at)
			kept = at + 1 // one $ stays
			at += 2       // what follows is read on as plain text
		case rest[0] == '$' && len(rest) > 1:
			v, size := e.variable(text, at, depth)
			if size == 0 {
				at++
				continue
			}
			flush(at)
			out = tree.Join(out, v)
			at += size
			kept = at
		default:
			at++
		}
	}
	flush(len(s))
	return out
}

// closing is where the brace that text begins with closes; -1 when it does not.
func closing(text string) int {
	depth := 0
	for i := range len(text) {
		switch {
		case text[i] == '{' && (i == 0 || text[i-1] == '$'):
			depth++
		case text[i] == '}':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// identifier is the name that text begins with: a letter, then letters, digits and _.
func identifier(text string) string {
	for i, c := range text {
		if !unicode.IsLetter(c) && (i == 0 || c != '_' && !unicode.IsDigit(c)) {
			return text[:i]
		}
	}
	return text
}

// variable is the expansion that stands at a byte of text, and how long it is written; 0
// when the dollar stands for itself.
func (e *expansion) variable(text tree.Text, at, depth int) (v tree.Text, size int) {
	s := text.String()[at:]
	if name := identifier(s[1:]); name != "" {
		place := text.At(at, at+1+len(name))
		return e.value(e.lookup(name), place), 1 + len(name)
	}
	if s[1] != '{' {
		return tree.Text{}, 0
	}
	end := closing(s[1:])
	name := identifier(s[2:])
	if end < 0 || name == "" || depth > maxExpansion {
		e.bad = append(e.bad, text.At(at, at+1))
		return tree.Text{}, 0
	}
	size = end + 2
	place := text.At(at, at+size)
	body := s[2+len(name) : size-1]
	word := text.Slice(at+2+len(name), at+size-1)
	return e.operation(e.lookup(name), body, word, place, depth), size
}

func (e *expansion) value(v model.Value, place pos.Span) tree.Text { return tree.Of(v, place) }

// operation is ${NAME…} with what stands behind the name.
func (e *expansion) operation(v model.Value, body string, word tree.Text, place pos.Span, depth int) tree.Text {
	from := func(n int) tree.Text { return e.upTo(word.Slice(n, len(body)), depth+1) }
	switch {
	case body == "":
		return e.value(v, place)
	case strings.HasPrefix(body, ":-"):
		return e.orElse(v, v.State == model.Absent || v.State == model.Known && v.Text.IsEmpty(), from(2), place)
	case strings.HasPrefix(body, "-"):
		return e.orElse(v, v.State == model.Absent, from(1), place)
	case strings.HasPrefix(body, "?"), strings.HasPrefix(body, ":?"):
		if v.State == model.Absent {
			e.bad = append(e.bad, place)
		}
		return e.value(v, place)
	case strings.HasPrefix(body, ":"):
		return e.value(e.part(v, body[1:], place), place)
	}
	e.bad = append(e.bad, place)
	return e.value(unsupported("how the upload replaces this", v), place)
}

func unsupported(needs string, v model.Value) model.Value {
	return model.UnknownBecause(model.WhyUnsupported, needs, v.Trail)
}

// orElse is a variable with a text that counts without it. Of one that is not known
// nobody can tell which of them counts.
func (e *expansion) orElse(v model.Value, without bool, fallback tree.Text, place pos.Span) tree.Text {
	switch {
	case without:
		return fallback
	case v.State == model.Unknown:
		other := fallback.Value(hop(place, "what counts without the variable"))
		if !fallback.Known() {
			return e.value(v, place)
		}
		return e.value(model.Ambiguous(v.Needs, v, other), place)
	}
	return e.value(v, place)
}

// part is ${NAME:offset} or ${NAME:offset:length}.
func (e *expansion) part(v model.Value, written string, place pos.Span) model.Value {
	offset, length, ok := strings.Cut(written, ":")
	from, err := strconv.Atoi(strings.TrimSpace(offset))
	count, err2 := -1, error(nil)
	if ok {
		count, err2 = strconv.Atoi(strings.TrimSpace(length))
	}
	switch {
	case err != nil || err2 != nil:
		e.bad = append(e.bad, place)
		return unsupported("how the upload replaces this", v)
	case v.State == model.Absent:
		return v
	case v.State == model.Unknown || from < 0 || ok && count < 0:
		return unsupported("the whole of the variable of which a part is taken", v)
	}
	text := v.Text.Reveal()
	if !utf8.ValidString(text) || len(text) != utf8.RuneCountInString(text) {
		return unsupported("a variable of plain letters", v)
	}
	text = text[min(from, len(text)):]
	if count >= 0 {
		text = text[:min(count, len(text))]
	}
	return model.Value{State: model.Known, Text: secret.New(text), Trail: v.Trail}
}

// replaced gives text with what a pattern matches put in another way; ok of replace is
// false for what stays.
func replaced(text tree.Text, pattern *regexp.Regexp, replace func(groups []string, place pos.Span) (tree.Text, bool)) tree.Text {
	s := text.String()
	var out tree.Text
	kept := 0
	for _, m := range pattern.FindAllStringSubmatchIndex(s, -1) {
		var groups []string
		for i := 0; i+1 < len(m); i += 2 {
			if m[i] < 0 {
				groups = append(groups, "")
				continue
			}
			groups = append(groups, s[m[i]:m[i+1]])
		}
		v, ok := replace(groups, text.At(m[0], m[1]))
		if !ok {
			continue
		}
		out = tree.Join(out, text.Slice(kept, m[0]), v)
		kept = m[1]
	}
	return tree.Join(out, text.Slice(kept, len(s)))
}
