package terraform

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// The limits of one evaluation. Beyond them a value is unknown, with a problem that says so.
const (
	maxSource     = 4 << 20   // bytes of one file of configuration
	maxNesting    = 250       // brackets and templates within each other
	maxTernaries  = 10_000    // conditionals of one file, which may stand within each other
	maxText       = 4 << 20   // bytes of one text that an expression makes
	maxTotalText  = 512 << 20 // bytes of all texts that expressions make
	maxSteps      = 200_000   // of one expression
	maxTotalSteps = 8_000_000 // of all expressions
	maxDepth      = 800       // definitions that need each other
	maxModules    = 5_000     // instances of modules
	maxModuleNest = 32        // modules within modules
	maxInstances  = 50_000    // instances of resources
	maxPerBlock   = 10_000    // instances of one block
	maxProblems   = 500
	maxParts      = 64 // pieces of one text that are told apart
)

// stopped ends the evaluation of one expression that would take too long or too much.
type stopped struct{ needs string }

// cancelled ends everything, since the caller gave up.
type cancelled struct{ err error }

// step counts one piece of work.
func (e *evaluator) step() {
	e.steps++
	e.totalSteps++
	if e.totalSteps%1024 == 0 {
		if err := e.ctx.Err(); err != nil {
			panic(cancelled{err})
		}
	}
	if e.steps > maxSteps || e.totalSteps > maxTotalSteps {
		panic(stopped{"an expression that takes fewer steps"})
	}
}

// grown counts the bytes of a text that was made.
func (e *evaluator) grown(size int) {
	e.text += size
	if size > maxText || e.text > maxTotalText {
		panic(stopped{"texts that are shorter"})
	}
}

func isProviders(name string) bool {
	return strings.HasPrefix(name, "provider::")
}

// tooDeep reports whether brackets, templates, signs or conditionals of a text stand so
// deep within each other that reading it could take all memory. It reads tokens, which
// takes none.
func tooDeep(src []byte, tokens hclsyntax.Tokens) bool {
	depth, signs, ternaries := 0, 0, 0
	for _, t := range tokens {
		switch t.Type {
		case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl,
			hclsyntax.TokenOQuote, hclsyntax.TokenOHeredoc:
			depth++
		case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenTemplateSeqEnd,
			hclsyntax.TokenCQuote, hclsyntax.TokenCHeredoc:
			depth = max(0, depth-1)
		case hclsyntax.TokenQuestion:
			ternaries++
		}
		if t.Type == hclsyntax.TokenBang || t.Type == hclsyntax.TokenMinus {
			signs++
		} else {
			signs = 0
		}
		if depth > maxNesting || signs > maxNesting || ternaries > maxTernaries {
			return true
		}
	}
	return false
}

// deepTokens is tooDeep of a text.
func deepTokens(src []byte, file string) bool {
	tokens, _ := hclsyntax.LexConfig(src, file, hcl.InitialPos)
	return tooDeep(src, tokens)
}

// deepJSON is the same for a text of JSON.
func deepJSON(src []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(src); i++ {
		switch c := src[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxNesting {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}
