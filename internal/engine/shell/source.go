package shell

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"mvdan.cc/sh/v3/syntax"
)

// source is a text that is being followed: a script, a sourced file, a command line,
// the argument of eval.
type source struct {
	name      string // what BASH_SOURCE gives
	file      string // path in the repository; empty when the text is no file
	text      string
	index     *pos.Index
	fixed     pos.Span // the place of everything in a text that is no file
	positions func(start, end int) pos.Span
	origins   []origin // where stretches of a generated text come from
	dotenv    bool     // assignments in it are entries of a .env file
	holed     bool     // words in it stand for holes
	made      bool     // it is what the script wrote into a file
}

// origin is a stretch of a generated text with the trail of what it was made from.
type origin struct {
	start, end int
	trail      model.Trail
}

func fileSource(file, name string, p pasted) *source {
	return &source{
		name: name, file: file, text: p.text, index: pos.NewIndex([]byte(p.text)), origins: p.origins,
		dotenv: isDotenv(file), holed: p.holed, made: len(p.origins) > 0,
	}
}

// isDotenv reports whether a file is one of NAME=value lines by its name.
func isDotenv(file string) bool {
	base := path.Base(file)
	return strings.HasPrefix(base, ".env") || strings.HasSuffix(base, ".env")
}

// textSource is a text that is no file, all of which stands at one place.
func textSource(p pasted, at pos.Span) *source {
	return &source{text: p.text, fixed: at, origins: p.origins, holed: p.holed}
}

// originsOf keeps the trails of a text that is to be read as a script.
func originsOf(s sym) []origin {
	var out []origin
	at := 0
	for _, p := range s {
		if !p.trail.IsEmpty() {
			out = append(out, origin{start: at, end: at + len(p.text), trail: p.trail})
		}
		at += len(p.text)
	}
	return out
}

// trail gives the origins of the text between two offsets.
func (src *source) trail(start, end int) model.Trail {
	var trails []model.Trail
	for _, o := range src.touching(start, end) {
		trails = append(trails, o.trail)
	}
	return mergeTrails(trails)
}

// touching lists the origins of the text between two offsets, in order.
func (src *source) touching(start, end int) []origin {
	from, _ := slices.BinarySearchFunc(src.origins, start, func(o origin, at int) int { return cmp.Compare(o.end, at+1) })
	to := from
	for to < len(src.origins) && src.origins[to].start < end {
		to++
	}
	return src.origins[from:to]
}

func (src *source) span(n syntax.Node) pos.Span { return src.between(n.Pos(), n.End()) }

func (src *source) between(start, end syntax.Pos) pos.Span {
	return src.at(int(start.Offset()), int(end.Offset()))
}

// at is the place of a stretch of the text.
func (src *source) at(from, to int) pos.Span {
	switch {
	case src.index != nil:
		return src.index.Span(src.file, from, to)
	case src.positions != nil:
		return src.positions(from, to)
	}
	return src.fixed
}

// within is the text of a part of the script.
func (src *source) within(n syntax.Node) string {
	from, to := int(n.Pos().Offset()), int(n.End().Offset())
	if from > to || to > len(src.text) {
		return ""
	}
	return src.text[from:to]
}

// kind is the kind of hop that an assignment in this text is.
func (src *source) kind() string {
	if src.dotenv {
		return model.KindDotenv
	}
	return model.KindShell
}

// parsed is a text's syntax tree, as far as it could be read.
type parsed struct {
	stmts []*syntax.Stmt
	err   error
}

// parse reads a text once. Of a text with a mistake, what stands before it is kept.
func (m *machine) parse(text string, bash bool) *parsed {
	key := "sh\x00" + text
	if bash {
		key = "bash\x00" + text
	}
	if p, ok := m.parsed[key]; ok {
		return p
	}
	variant := syntax.LangPOSIX
	if bash {
		variant = syntax.LangBash
	}
	p := &parsed{}
	for s, err := range syntax.NewParser(syntax.Variant(variant)).StmtsSeq(strings.NewReader(text)) {
		if err != nil && p.err == nil {
			p.err = err
		}
		if p.err != nil {
			continue // the parser may tell of a second mistake, and does not bear to be stopped before
		}
		p.stmts = append(p.stmts, s)
	}
	m.parsed[key] = p
	return p
}
