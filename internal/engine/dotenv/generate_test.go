package dotenv

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// generator writes .env files from a grammar. Half of them are tame, as people write
// them; the others put together whatever the readers disagree on.
type generator struct {
	*rand.Rand
	tame bool
}

// generated gives n samples of one seed; two of three have variables set around them.
func generated(n int, seed uint64) []sample {
	samples := make([]sample, n)
	for i := range samples {
		g := generator{Rand: rand.New(rand.NewPCG(seed, uint64(i)))}
		g.tame = i%2 == 0
		samples[i] = sample{Name: fmt.Sprintf("seed %d, sample %d", seed, i), Text: []byte(g.file())}
		if i%3 != 0 {
			samples[i].Env = map[string]string{"OUT": "outside", "EMPTY": "", "A": "outer A", "ESC": `a\$b`, "REF": "${B}", "B": g.pick("", "b", `x\$y`, "$A", "foo")}
		}
	}
	return samples
}

func (g generator) pick(words ...string) string { return words[g.IntN(len(words))] }

// seldom gives one of the words, and mostly nothing.
func (g generator) seldom(words ...string) string {
	if g.IntN(6) > 0 {
		return ""
	}
	return g.pick(words...)
}

func (g generator) file() string {
	if g.IntN(8) == 0 {
		return g.noise()
	}
	var lines []string
	for range 1 + g.IntN(6) {
		lines = append(lines, g.line())
	}
	text := strings.Join(lines, "\n") + g.pick("\n", "\n", "\n", "")
	if g.IntN(12) == 0 {
		text = strings.ReplaceAll(text, "\n", g.pick("\r\n", "\r\n", "\r"))
	}
	if g.IntN(40) == 0 {
		text = byteOrderMark + text
	}
	return text
}

// noise puts together the characters that matter, without a grammar.
func (g generator) noise() string {
	var out strings.Builder
	for range 4 + g.IntN(40) {
		out.WriteString(g.pick("A", "B", "A=", "B=", "=", "=", "\n", "\n", "\n", "'", "'", `"`, `"`, "`", `\`, "$", "${", "}", "{", ":", "-", "+", "#", " #", " ", " ", "\t", "\r", "\r\n", ";", "export ", "a", "n", "1", "_", ".", "$A", "${B", "é", "\u2028", "&", "~"))
	}
	return out.String()
}

func (g generator) line() string {
	switch g.IntN(10) {
	case 0:
		return g.pick("", "", " ", "\t", "# comment", "  # comment 'x", "#A=1", "# \"")
	case 1:
		if g.tame {
			return g.name() + "="
		}
		return g.pick(g.name(), "export "+g.name(), "junk here", "=x", " = ", "a b=c", "[section]", ";x=1", "A="+g.value()+"; B="+g.value(), "A=1 B=2", "export A=1 B=$A", "set -a", "A=1 &", "A='x'B=y", "\u00a0A=1", "A+=x", "export", "éa=1", "A[0]=1")
	}
	if g.tame {
		return g.seldom("export ") + g.name() + "=" + g.value() + g.seldom(" # comment", " #c")
	}
	indent := g.seldom(" ", "\t", "export ", "export  ", "export\t", "\u00a0")
	operator := g.pick("=", "=", "=", "=", " = ", "= ", " =", ": ", ":", "==", "=\t")
	return indent + g.name() + operator + g.value() + g.seldom(" # comment", "#c", " ", "\t", " #'", " junk", "\\", " # \"q\"")
}

func (g generator) name() string {
	if g.tame || g.IntN(8) > 0 {
		return g.pick("A", "B", "C", "D", "API_KEY", "_x", "lower", "E1", "REF", "ESC", "EMPTY")
	}
	return g.pick("a.b", "a-b", "1A", "A B", "é", "A[0]", "'A'", "1", "10", "toString", "null", "annull", "PATH", "HOME", "sops_x", "export")
}

func (g generator) value() string {
	switch g.IntN(6) {
	case 0:
		return g.text(g.IntN(3))
	case 1:
		return "'" + g.quoted('\'') + "'"
	case 2, 3:
		return `"` + g.quoted('"') + `"`
	case 4:
		return g.text(1 + g.IntN(2))
	}
	if g.tame {
		return g.pick("sk_test_CANARY0001", "https://example.com/x?a=1", "true", "10", "postgres://u:p@h/db", "${A}", "$A", "${OUT}", "a@b.c")
	}
	return g.pick("'", `"`, "`", "''", `""`, "`x`", "'a", `"a`, `a"b"`, `'a'b`, `"a" "b"`, `'a' 'b'`, `"a\"`, `'a\'`, `"a\"b"`, `'a\'b'`, "\"a\nb\"", "'a\nb'", "`a\nb`",
		`\"a\"`, `""""`, `'"'`, `"'"`, "\n'x'", "encrypted:BxCANARY", "ENC[AES256_GCM,data:CANARY]", `$'a\tb'`, `$"x"`, "~", "~/x", "a:~", "$(echo hi)", "`echo hi`", "<x>", "{a,b}")
}

// text gives n pieces without quotes around them.
func (g generator) text(n int) string {
	var out strings.Builder
	for range n {
		out.WriteString(g.piece())
	}
	return out.String()
}

// quoted gives pieces that do not close the quote, or seldom do.
func (g generator) quoted(quote byte) string {
	var out strings.Builder
	for range g.IntN(4) {
		p := g.piece()
		if g.IntN(10) > 0 {
			p = strings.ReplaceAll(p, string(quote), "")
		}
		if g.IntN(8) == 0 {
			p += g.pick("\n", `\n`, " ", `\`+string(quote), "#", " # ")
		}
		out.WriteString(p)
	}
	return out.String()
}

func (g generator) piece() string {
	tame := []string{"foo", "bar", "sk_CANARY_x", "x=y", "1.5", "a/b", "${A}", "$B", "${OUT}", "$OUT_", "${lower}", "-", "_", ",", "@", "%", "+", "é", "a b", "pa55"}
	if g.tame {
		return g.pick(tame...)
	}
	odd := []string{"#", " #", "# ", "$", "$$", "$1", "${}", "${A", "$A}", "${A:-d}", "${C-d}", "${C:-d e}", "${A:+x}", "${C+x}", "${EMPTY:-e}", "${EMPTY-e}", "${NONE}", "${NONE:-${A}}", "${NONE:-${NONE2:-z}}",
		"${A:-x}${B}", "${A:x}", "${a.b}", "${A?e}", "${NONE:?e}", "${A%x}", "${#A}", "${A/a/b}", "$(echo \"a b\")", "${NONE:='x'}", "\"${A:-'q'}\"", "$lower", "${A}}", "$(date)", "\\n", "\\t", "\\r", "\\", "\\\\", "\\$A", "\\${A}", "\\\"", "\\'", "\\a", "\\0101", "\\0", "\\x41",
		"'", `"`, "`", " ", "  ", "\t", ";", "&", "|", "<", ">", "(", ")", "{", "}", "[", "]", "*", "?", "!", "~", ":", "=", "^", "\\#", "null", "$null", "${annull}", "${toString}", "$&", "$'", "$`", "${REF}", "${ESC}", "${API_KEY}", "${D}",
		"\u2028", "\u00a0", "\u3000", "\ufeff", "\v", "日本"}
	if g.IntN(3) == 0 {
		return g.pick(tame...)
	}
	return g.pick(odd...)
}
