package terraform

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/keyfit/keyfit/internal/pos"
)

// longestName bounds what passes for a name in an excerpt; keys are mostly longer.
const longestName = 30

// excerpt shows how the line of a mistake begins, with every value and label left out:
// `variables = …` or `resource "…" "…" {`. It is empty where the line does not begin with a
// name: a broken quote turns values into what looks like code.
func (e *evaluator) excerpt(at pos.Span) string {
	if !strings.HasSuffix(at.File, ".tf") && !strings.HasSuffix(at.File, ".tofu") || at.Start.Line < 1 {
		return ""
	}
	src, err := e.in.Files.Read(at.File)
	if err != nil || len(src) > maxText {
		return ""
	}
	tokens, _ := hclsyntax.LexConfig(src, at.File, hcl.InitialPos)
	quotes := 0
	for i, t := range tokens {
		switch {
		case t.Range.Start.Line == at.Start.Line && quotes == 0:
			return outlined(tokens[i:], at.Start.Line)
		case t.Range.Start.Line > at.Start.Line:
			return ""
		}
		switch t.Type {
		case hclsyntax.TokenOQuote, hclsyntax.TokenOHeredoc:
			quotes++
		case hclsyntax.TokenCQuote, hclsyntax.TokenCHeredoc:
			quotes--
		}
	}
	return ""
}

// outlined is the beginning of a line that its tokens show without a value.
func outlined(tokens hclsyntax.Tokens, line int) string {
	var b strings.Builder
	quoted := false
	for i, t := range tokens {
		switch {
		case t.Range.Start.Line != line:
			return ""
		case t.Type == hclsyntax.TokenIdent && i == 0 && isPlainName(string(t.Bytes)):
			b.Write(t.Bytes)
		case t.Type == hclsyntax.TokenEqual && i == 1:
			return b.String() + " = …"
		case t.Type == hclsyntax.TokenOQuote && i > 0:
			quoted = true
			b.WriteString(` "…"`)
		case t.Type == hclsyntax.TokenCQuote:
			quoted = false
		case t.Type == hclsyntax.TokenQuotedLit && quoted:
		case t.Type == hclsyntax.TokenOBrace && i > 0:
			return b.String() + " {"
		default:
			return ""
		}
	}
	return ""
}

// isPlainName reports whether text looks like a name that somebody chose, and not like a
// key: small letters and underscores.
func isPlainName(text string) bool {
	return len(text) <= longestName && strings.Trim(text, "abcdefghijklmnopqrstuvwxyz_") == ""
}
