package helm

import (
	"strings"
	"text/template/parse"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/origin"
	"github.com/keyfit/keyfit/internal/pos"
)

// lineIndex finds places in a file of a chart.
type lineIndex struct {
	file  File
	index *pos.Index
}

func (l *located) span(start, length int) pos.Span {
	file := l.source.file
	if file.Inner != "" {
		return pos.Span{File: file.Path}
	}
	if l.index == nil {
		l.index = &lineIndex{file: file, index: pos.NewIndex(file.Data)}
	}
	at := l.index.index.Span(file.Path, start, start+length)
	at.Start.Byte += file.BOM
	at.End.Byte += file.BOM
	return at
}

// literal gives a text that stands in a template, with its places as origins.
func (e *eval) literal(t *tmpl, n parse.Node, text string, at int) *val {
	if v, ok := e.literals[n]; ok {
		return v
	}
	v := e.literalOf(t, n, text, at)
	e.literals[n] = v
	return v
}

func (e *eval) literalOf(t *tmpl, n parse.Node, text string, at int) *val {
	_, isString := n.(*parse.StringNode)
	switch {
	case t.at == nil && t.text == nil, text == "":
		return &val{v: text}
	case t.at == nil && isString:
		length := len(n.(*parse.StringNode).Quoted)
		return of(text, cutTo(t.text, at, at+length).all(), nil)
	case t.at == nil:
		return &val{v: text, p: cutTo(t.text, at, at+len(text)).p}
	case isString:
		return &val{v: text, src: ids{e.standing(t.at, at, len(n.(*parse.StringNode).Quoted))}}
	}
	v := &val{v: text}
	for _, s := range scalars(text) {
		v.p = append(v.p, piece{start: s[0], end: s[1], id: e.standing(t.at, at+s[0], s[1]-s[0])})
	}
	return v
}

func cutTo(v *val, start, end int) *val {
	n := len(v.v.(string))
	return cut(v, min(start, n), min(end, n))
}

// standing is the source of a text that stands in a template.
func (e *eval) standing(at *located, start, length int) origin.ID {
	hop := model.Hop{At: at.span(start, length), Kind: model.KindHelmTemplate, What: "text of the template", Literal: true}
	return e.add(model.Value{State: model.Known, Trail: model.Trail{}.Append(hop)}, false)
}

var (
	keyLine  = lazy.Regexp(`(?m)^[ \t]*(?:-[ \t]+)*["']?[\w./-]+["']?:(?:[ \t]|$)|^[ \t]*-[ \t]`)
	tokenKey = lazy.Regexp(`^(?:-[ \t]+)*(["']?[\w./-]+["']?):(?:[ \t]+|$)`)
)

// scalars gives the stretches of a text of YAML that look like keys and values, without
// the quotes around them. It only says which bytes are worth an origin.
func scalars(text string) [][2]int {
	var out [][2]int
	for at := 0; at < len(text); {
		end := strings.IndexByte(text[at:], '\n')
		if end < 0 {
			end = len(text) - at
		}
		out = append(out, lineScalars(text[at:at+end], at)...)
		at += end + 1
	}
	return out
}

func lineScalars(line string, at int) [][2]int {
	start := len(line) - len(strings.TrimLeft(line, " \t"))
	rest := line[start:]
	if strings.HasPrefix(rest, "#") {
		return nil
	}
	var out [][2]int
	if m := tokenKey().FindStringSubmatchIndex(rest); m != nil {
		out = append(out, [2]int{at + start + m[2], at + start + m[3]})
		start += m[1]
		rest = line[start:]
	} else if item := strings.TrimLeft(rest, "- \t"); item != rest {
		start += len(rest) - len(item)
		rest = item
	}
	value := strings.TrimLeft(rest, " \t\"'|>")
	start += len(rest) - len(value)
	value = strings.TrimRight(value, " \t\r\"'")
	if value != "" {
		out = append(out, [2]int{at + start, at + start + len(value)})
	}
	return out
}
