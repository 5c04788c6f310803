package dotenv

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/keyfit/keyfit/internal/model"
)

// shellWords tells where the values of a shell file end that this package does not
// read by itself. The file is parsed by the shell's own grammar once, when the first
// such value turns up.
type shellWords struct {
	parsed bool
	ends   map[int]shellWord // by the offset of the word
}

type shellWord struct {
	end int
	why model.Reason
}

// skip passes over a word that only computes, and makes it unknown. It reports false for
// one that may set other variables or end the shell, or that cannot be read at all.
func (b *bash) skip(start int) (part, bool) {
	if !b.words.parsed {
		b.words = shellWords{parsed: true, ends: shellWordsOf(b.text)}
	}
	w, ok := b.words.ends[start]
	if !ok {
		return part{}, false
	}
	b.pos = w.end
	return part{why: w.why}, true
}

func shellWordsOf(text string) map[int]shellWord {
	ends := map[int]shellWord{}
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text), "")
	if err != nil {
		return ends
	}
	syntax.Walk(file, func(n syntax.Node) bool {
		a, ok := n.(*syntax.Assign)
		if !ok || a.Value == nil || a.Index != nil || a.Array != nil {
			return true
		}
		from, to := int(a.Value.Pos().Offset()), int(a.Value.End().Offset())
		if why, pure := computes(a.Value); pure && !hasSecondOpens(text[from:to]) {
			ends[from] = shellWord{end: to, why: why}
		}
		return true
	})
	return ends
}

// hasSecondOpens reports whether a word may end elsewhere than the parser says, which
// does not read $$ before a bracket as bash does.
func hasSecondOpens(word string) bool {
	return strings.Contains(word, "$$(") || strings.Contains(word, "$${") || strings.Contains(word, "$$[")
}

// computes reports whether a word has no effect but its value, and why that is unknown.
func computes(word *syntax.Word) (why model.Reason, pure bool) {
	why, pure = model.WhyUnsupported, true
	syntax.Walk(word, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.CmdSubst:
			why = model.WhyCommandOutput
			return false // a shell of its own: nothing in it changes ours
		case *syntax.ParamExp:
			pure = pure && onlyReads(n)
		case *syntax.ArithmExp, *syntax.ProcSubst, *syntax.ExtGlob:
			pure = false
		}
		return true
	})
	return why, pure
}

// onlyReads reports whether an expansion neither sets a variable nor ends the shell.
func onlyReads(p *syntax.ParamExp) bool {
	if p.Excl || p.Index != nil || p.Slice != nil {
		return false
	}
	if p.Exp == nil {
		return true
	}
	switch p.Exp.Op {
	case syntax.DefaultUnset, syntax.DefaultUnsetOrNull, syntax.AlternateUnset, syntax.AlternateUnsetOrNull,
		syntax.RemSmallSuffix, syntax.RemLargeSuffix, syntax.RemSmallPrefix, syntax.RemLargePrefix,
		syntax.UpperFirst, syntax.UpperAll, syntax.LowerFirst, syntax.LowerAll:
		return true
	}
	return false
}
