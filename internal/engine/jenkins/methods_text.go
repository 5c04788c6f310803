package jenkins

import (
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

func equalFold(a, b string) bool { return strings.EqualFold(a, b) }

// textMethod calls a method of a text, a number or a condition.
func (m *machine) textMethod(recv value, c *invocation) value {
	switch c.name {
	case "toString":
		recv.kind, recv.gstring = kindText, false
		return recv
	case "trim", "strip":
		recv.gstring = false
		return m.trim(recv, c.node)
	case "equals", "is", "compareTo":
		if c.name == "equals" && len(c.args) == 1 {
			d := m.equal(recv, c.args[0])
			if recv.gstring != c.args[0].gstring {
				d = no
			}
			return m.fromDecided(d, c.node, recv, c.args[0])
		}
	case "plus", "concat":
		if len(c.args) == 1 {
			out := textValue(append(recv.text[:len(recv.text):len(recv.text)], m.asText(c.args[0], c.node)...))
			out.gstring = c.name == "plus" && recv.gstring && c.args[0].kind == kindText
			return out
		}
	case "stripIndent", "stripMargin":
		return m.stripped(recv, c)
	}
	if recv.kind != kindText {
		return m.numberMethod(recv, c)
	}
	s, ok := recv.words()
	if !ok {
		out := m.unknownCall(c, m.undecidedBy(recv, c.node))
		out.secret = recv.isSecret()
		if c.name == "split" || c.name == "tokenize" || c.name == "readLines" {
			why := out.why
			ref := m.id()
			m.st.heap[ref] = &heaped{open: &why}
			return value{kind: kindList, ref: ref}
		}
		return out
	}
	if v, ok := m.wordMethod(recv, s, c); ok {
		return v
	}
	return m.listLike(recv, s, c)
}

func (m *machine) numberMethod(recv value, c *invocation) value {
	i, ok := recv.number()
	switch c.name {
	case "toInteger", "intValue", "toLong", "longValue":
		if ok {
			return recv
		}
	case "toBoolean":
		return recv
	case "intdiv":
		if j, okJ := c.arg(0).number(); ok && okJ && j != 0 {
			return numberValue(i/j, c.node, recv.text, c.args[0].text)
		}
	case "times":
		if f := c.body(); f != nil && ok && i >= 0 && i <= maxTurns {
			for k := range i {
				m.invoke(f, []value{numberValue(k, c.node, recv.text)}, c.node)
			}
			return nullValue()
		}
	}
	return m.unknownCall(c, m.undecidedBy(recv, c.node))
}

// trim takes blanks off both ends. Of a text that is not known its blanks are not either.
func (m *machine) trim(recv value, n *node) value {
	if s, ok := recv.words(); ok {
		return m.cut(recv, s, strings.TrimFunc(s, isJavaBlank), n)
	}
	if len(recv.text) == 1 && recv.text[0].value != nil {
		v := trimmed(*recv.text[0].value, n)
		out := textValue(valueText(v, n).marked(recv.isSecret()))
		return out
	}
	out := textValue(trimEnds(recv.text))
	return out
}

func isJavaBlank(r rune) bool { return r <= ' ' }

// trimmed takes blanks off the ends of a value that comes in pieces.
func trimmed(v model.Value, n *node) model.Value {
	hop := model.Hop{At: n.src.span(n.start, n.end), Kind: model.KindJenkins, What: "trim()"}
	switch {
	case v.Why == model.WhyAmbiguous:
		var out []model.Value
		for _, a := range v.Alternatives {
			out = append(out, trimmed(a, n))
		}
		w := model.Ambiguous(v.Needs, out...)
		w.Trail = v.Trail
		return w
	case v.State == model.Known:
		return withText(v, strings.TrimFunc(v.Text.Reveal(), isJavaBlank))
	case len(v.Parts) == 0:
		return v
	}
	parts := append([]model.Value(nil), v.Parts...)
	if first := parts[0]; first.State == model.Known {
		parts[0] = withText(first, strings.TrimLeftFunc(first.Text.Reveal(), isJavaBlank))
	}
	if last := parts[len(parts)-1]; last.State == model.Known {
		parts[len(parts)-1] = withText(last, strings.TrimRightFunc(last.Text.Reveal(), isJavaBlank))
	}
	var left []model.Value
	for _, p := range parts {
		if p.State != model.Known || !p.Text.IsEmpty() {
			left = append(left, p)
		}
	}
	if len(left) == 1 {
		return left[0].Via(hop)
	}
	return join(left, hop)
}

// trimEnds takes blanks off the known ends of a text.
func trimEnds(t text) text {
	out := append(text(nil), t...)
	for len(out) > 0 {
		s, ok := out[0].known()
		if !ok || strings.TrimLeftFunc(s, isJavaBlank) == s && s != "" {
			break
		}
		rest := strings.TrimLeftFunc(s, isJavaBlank)
		if rest != "" {
			out[0] = out[0].cut(len(s)-len(rest), len(s))
			break
		}
		out = out[1:]
	}
	for len(out) > 0 {
		i := len(out) - 1
		s, ok := out[i].known()
		if !ok || strings.TrimRightFunc(s, isJavaBlank) == s && s != "" {
			break
		}
		rest := strings.TrimRightFunc(s, isJavaBlank)
		if rest != "" {
			out[i] = out[i].cut(0, len(rest))
			break
		}
		out = out[:i]
	}
	return out
}

// cut is the part of a piece from one byte to another.
func (p piece) cut(from, to int) piece {
	if p.value != nil {
		v := withText(*p.value, p.value.Text.Reveal()[from:to])
		p.value = &v
		return p
	}
	if p.size == len(p.text) {
		p.at, p.size = p.at+from, to-from
	}
	p.text = p.text[from:to]
	return p
}

// cut is a text of which a stretch remains: what is written keeps its place.
func (m *machine) cut(recv value, whole, part string, n *node) value {
	recv.gstring = false
	if part == whole {
		return recv
	}
	from := strings.Index(whole, part)
	if part == "" || from < 0 {
		return textValue(derived(part, n, recv.text))
	}
	return textValue(recv.text.slice(from, from+len(part)))
}

// slice is the stretch of a known text from one byte to another.
func (t text) slice(from, to int) text {
	var out text
	at := 0
	for _, p := range t {
		s, _ := p.known()
		start, end := max(from-at, 0), min(to-at, len(s))
		if start < end {
			out = append(out, p.cut(start, end))
		}
		at += len(s)
	}
	return out
}

// stripped takes the indent off every line. The methods of Groovy and of newer Java have one
// name and differ: known is what both give.
func (m *machine) stripped(recv value, c *invocation) value {
	s, ok := recv.words()
	if !ok || len(c.args) > 0 {
		return m.unknownCall(c, m.undecidedBy(recv, c.node))
	}
	out := stripMargin(s)
	if c.name == "stripIndent" {
		if out = stripIndent(s, false); out != stripIndent(s, true) {
			return m.unsupported(c.node, "lines without an indent")
		}
	}
	return textValue(derived(out, c.node, recv.text))
}

func stripMargin(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		if rest := strings.TrimLeftFunc(line, isJavaBlank); strings.HasPrefix(rest, "|") {
			lines[i] = rest[1:]
		}
	}
	return strings.Join(lines, "\n")
}

// stripIndent is the method of Java, for which the last line counts even when it is blank,
// and blanks at the end of a line go; or that of Groovy.
func stripIndent(s string, java bool) string {
	lines := strings.Split(s, "\n")
	indent := -1
	for i, line := range lines {
		blank := len(line) - len(strings.TrimLeft(line, " \t\f"))
		counts := blank < len(line) || java && i == len(lines)-1
		if counts && (indent < 0 || blank < indent) {
			indent = blank
		}
	}
	for i, line := range lines {
		lines[i] = line[min(max(indent, 0), len(line)):]
		if java {
			lines[i] = strings.TrimRight(lines[i], " \t\f")
		}
	}
	return strings.Join(lines, "\n")
}

// withText is a value with another text, and the same journey.
func withText(v model.Value, words string) model.Value {
	w := model.KnownText(words, model.Hop{})
	v.Text, v.Parts = w.Text, nil
	return v
}
