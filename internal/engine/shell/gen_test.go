package shell

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
)

// gen writes small random scripts of constructs that end soon and touch nothing.
type gen struct {
	r     *rand.Rand
	bash  bool
	b     strings.Builder
	depth int
	stmts int
	funcs int
	holes int // how many pasted values there are to choose from
}

func generate(seed uint64, bash bool) testCase {
	g := &gen{r: rand.New(rand.NewPCG(seed, 77)), bash: bash}
	shebang := "#!/bin/dash\n"
	if bash {
		shebang = "#!/usr/bin/env bash\n"
	}
	if g.chance(20) {
		g.line("set -e")
	}
	if g.chance(3) {
		g.line("set -u")
	}
	if g.chance(15) {
		g.line("set -a")
	}
	for range 3 + g.r.IntN(10) {
		g.stmt()
	}
	g.line(`show "$A" "$B" "$C"`)
	return testCase{
		name: strconv.FormatUint(seed, 10), open: true, line: "./deploy.sh one 'two words'",
		files: map[string]string{
			"deploy.sh": shebang + g.b.String(), "data.txt": "alpha=1\nbeta two\n# gamma\n\ndelta=x=y\n",
			".env": "# env\nA=from env\nB='quoted value'\nE=\"$C-x\"\n", "lib.sh": "L=lib\nC=$1\nhelper() { D=$1; }\n",
			"conf/a.conf": "1\n", "conf/b.conf": "2\n",
		},
	}
}

func (g *gen) chance(percent int) bool { return g.r.IntN(100) < percent }

func (g *gen) pick(list ...string) string { return list[g.r.IntN(len(list))] }

func (g *gen) line(s string) {
	g.b.WriteString(strings.Repeat("  ", g.depth) + s + "\n")
}

func (g *gen) name() string { return g.pick("A", "B", "C", "D", "E") }

func (g *gen) lit() string {
	if g.holes > 0 && g.chance(25) {
		return g.pick("", "x", "a b", "k=") + g.hole() + g.pick("", "y", " z")
	}
	return g.pick("x", "abc", "a b", "k=v", "a:b:c", "/p/q.r", "*", "3", "07", "-n", "", "it's", `say "hi"`, "  pad ", "a-b_c", "Mixed Case", "$", `back\slash`, "one,two")
}

func single(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// word is something that gives text, in double quotes where it needs them.
func (g *gen) word() string {
	if g.holes > 0 && g.chance(35) {
		return g.holedWord()
	}
	switch g.r.IntN(12) {
	case 0, 1, 2:
		return single(g.lit())
	case 3, 4:
		return `"$` + g.name() + `"`
	case 5, 6:
		return `"` + g.param() + `"`
	case 7:
		return `"pre-${` + g.name() + `}/post"`
	case 8:
		return `"$(` + g.pipeline() + `)"`
	case 9:
		return g.arith()
	case 10:
		return g.pick(`"$1"`, `"$2"`, `"$#"`, `"$*"`, `"${3:-none}"`, `"$?"`)
	}
	return g.param() // without quotes
}

func (g *gen) pattern() string {
	if g.holes > 0 && g.chance(25) {
		return g.pick("", "*", "a") + g.hole() + g.pick("", "*", "?")
	}
	return g.pick("*", "a*", "*b", "?", "[a-m]*", "x", "*=*", "*/", "'*'", `"$`+g.name()+`"`, "*:", "#", "$"+g.name())
}

func (g *gen) param() string {
	n := g.name()
	ops := []string{
		"${%s}", "${%s:-dflt}", "${%s-dflt}", "${%s:+alt}", "${%s+alt}", "${#%s}",
		"${%s#" + g.pattern() + "}", "${%s##" + g.pattern() + "}", "${%s%%%%" + g.pattern() + "}", "${%s%%" + g.pattern() + "}",
	}
	if g.bash {
		ops = append(ops, "${%s/a/X}", "${%s//"+g.pattern()+"/_}", "${%s:1}", "${%s:0:2}", "${%s: -2}", "${%s^^}", "${%s,,}", "${%s^}",
			"${arr[@]}", "${arr[0]}", "${#arr[@]}", "${arr[*]}", "${%s:1:-1}", "${%s/#a/Y}", "${%s/%%b/Z}")
	}
	op := ops[g.r.IntN(len(ops))]
	if !strings.Contains(op, "%s") {
		return op
	}
	return fmt.Sprintf(op, n)
}

func (g *gen) arith() string {
	a, b := strconv.Itoa(g.r.IntN(20)), strconv.Itoa(1+g.r.IntN(9))
	return "$((" + a + " " + g.pick("+", "-", "*", "/", "%", "<", "==", ">", "&&", "||") + " " + b + "))"
}

func (g *gen) source() string {
	return g.pick("echo "+g.word(), "printf '%s\\n' "+g.word()+" "+g.word(), "cat data.txt", "grep = data.txt", "git log", "printf '%s' "+g.word())
}

func (g *gen) pipeline() string {
	out := g.source()
	for g.chance(45) {
		out += " | " + g.pick("cat", "tr a-z A-Z", "cut -d= -f2", "cut -c1-3", "sed 's/a/Q/g'", "sed -n 1p", "grep -v '#'", "head -n 1", "tail -n 1",
			"tr -d ' '", "sort -u", "wc -l", "grep -c a", "awk '{print $1}'", "tac", "sed 's/=.*//'", "base64", "grep -i A", "uniq", "xargs")
	}
	return out
}

func (g *gen) cond() string {
	n := g.name()
	c := []string{
		`[ -n "$` + n + `" ]`, `[ -z "$` + n + `" ]`, `[ "$` + n + `" = ` + single(g.lit()) + ` ]`, `[ "$` + n + `" != x ]`,
		"[ -f data.txt ]", "[ -f nope ]", "true", "false", "git status", `[ "$#" -gt 1 ]`, `[ "$1" = one ]`,
		"grep -q alpha data.txt", `! [ "$` + n + `" = x ]`,
	}
	if g.bash {
		c = append(c, `[[ $`+n+` == `+g.pick("a*", "*b", "x", `"*"`, "[a-c]*")+` ]]`, `[[ -n $`+n+` && $1 == one ]]`, `[[ $`+n+` =~ ^[a-z]+$ ]]`, "((3 > 2))", `[[ -v `+n+` ]]`)
	}
	if g.holes > 0 {
		c = append(c, `[ -n "`+g.hole()+`" ]`, `[ -z "x`+g.hole()+`" ]`, `[ "`+g.hole()+`" = `+single(g.lit())+` ]`, "[ -n "+g.hole()+" ]", "[ -f "+g.hole()+" ]")
	}
	out := c[g.r.IntN(len(c))]
	if g.chance(15) {
		out += " " + g.pick("&&", "||") + " " + c[g.r.IntN(len(c))]
	}
	return out
}

func (g *gen) block(head, tail string) {
	g.line(head)
	g.depth++
	for range 1 + g.r.IntN(2) {
		g.stmt()
	}
	g.depth--
	if tail != "" {
		g.line(tail)
	}
}

func (g *gen) stmt() {
	g.stmts++
	if g.stmts > 40 || g.depth > 3 {
		g.line(g.name() + "=" + g.word())
		return
	}
	if g.holes > 0 && g.chance(20) {
		g.holedStmt()
		return
	}
	n := g.name()
	switch g.r.IntN(27) {
	case 0, 1, 2:
		g.line(n + "=" + g.word())
	case 3, 4, 5:
		g.line("export " + n + "=" + g.word())
	case 6:
		g.line("export " + n)
	case 7:
		g.line("unset " + n)
	case 8, 9:
		g.line("show " + g.word() + " " + g.word())
	case 10:
		g.block("if "+g.cond()+"; then", "")
		if g.chance(50) {
			g.block("else", "")
		}
		g.line("fi")
	case 11:
		g.block("for "+n+" in "+g.word()+" y "+g.word()+"; do", "done")
	case 12:
		g.line("case " + g.word() + " in")
		g.depth++
		g.block(g.pattern()+")", ";;")
		g.block("a|x*)", ";;")
		if g.chance(60) {
			g.block("*)", ";;")
		}
		g.depth--
		g.line("esac")
	case 13:
		g.line(g.cond() + " && " + n + "=" + g.word())
	case 14:
		g.line(g.cond() + " || " + n + "=" + g.word())
	case 15:
		g.funcs++
		f := "f" + strconv.Itoa(g.funcs)
		g.block(f+"() {", "}")
		g.line(f + " " + g.word() + " " + g.word())
	case 16:
		g.block("(", ")")
	case 17:
		g.line(n + "=$(" + g.pipeline() + ")")
	case 18:
		g.line(n + "=" + g.word() + " show " + g.word())
	case 19:
		g.line("printf '%s\\n' " + g.word() + " > out.txt")
		g.line(n + "=$(cat out.txt)")
	case 20:
		g.line("set -- " + g.word() + " " + g.word())
	case 21:
		g.line("shift 2>/dev/null || true")
	case 22:
		g.line(g.pick(". ./.env", ". ./lib.sh", "helper x 2>/dev/null || true", ". ./lib.sh arg"))
	case 23:
		g.loop(n)
	case 24:
		g.heredoc(n)
	case 25:
		g.line("eval " + single(n+"="+g.word()))
	case 26:
		g.bashOnly(n)
	}
}

func (g *gen) loop(n string) {
	switch g.r.IntN(3) {
	case 0:
		g.line("i=0")
		g.block("while [ $i -lt 3 ]; do", "i=$((i + 1))")
		g.line("done")
	case 1:
		g.block("while IFS= read -r "+n+"; do", "done < data.txt")
	case 2:
		g.line("for j in 1 2 3; do")
		g.depth++
		g.line(g.cond() + " && " + g.pick("break", "continue"))
		g.stmt()
		g.depth--
		g.line("done")
	}
}

func (g *gen) heredoc(n string) {
	g.line(n + "=$(cat <<EOF")
	g.b.WriteString("text $" + g.name() + " \\$x ${" + g.name() + ":-d} $(echo sub)\nEOF\n)\n")
}

func (g *gen) bashOnly(n string) {
	if !g.bash {
		g.line(n + "=" + g.word())
		return
	}
	switch g.r.IntN(9) {
	case 0:
		g.line("arr=(" + g.word() + " " + g.word() + " z)")
	case 1:
		g.line("arr+=(" + g.word() + ")")
	case 2:
		g.line(`show "${arr[@]}"`)
	case 3:
		g.line("read -r " + n + " " + g.name() + " <<< " + g.word())
	case 4:
		g.line("printf -v " + n + " '%s:%s' " + g.word() + " " + g.word())
	case 5:
		g.line("declare -A m=([a]=" + g.word() + " [b]=2); " + n + "=${m[a]}")
	case 6:
		g.line("ref=" + g.name() + "; " + n + "=${!ref}")
	case 7:
		g.line(n + "+=" + g.word())
	case 8:
		g.line("mapfile -t arr < data.txt")
	}
}

// fromEnv lets a longer run compare more, and other, scripts.
func fromEnv(name string, normal int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return normal
}

// TestRandomScripts compares random scripts with the real shells: what is known must be
// what they hand over, whatever the external commands do.
func TestRandomScripts(t *testing.T) {
	needOracle(t)
	for _, bash := range []bool{true, false} {
		t.Run(map[bool]string{true: "bash", false: "dash"}[bash], func(t *testing.T) {
			t.Parallel()
			unknown, all := 0, 0
			first := fromEnv("KEYFIT_FIRST_SCRIPT", 0)
			for seed := first; seed < first+fromEnv("KEYFIT_SCRIPTS", 50); seed++ {
				t.Run(strconv.Itoa(seed), func(t *testing.T) {
					c := generate(uint64(seed), bash)
					b := newBench(t, c)
					got := b.ours(t, c)
					for _, cmd := range got.Commands {
						for _, v := range cmd.Env.All() {
							all++
							if v.State.String() == "unknown" {
								unknown++
							}
						}
					}
					how := behaviours()[seed%len(behaviours())]
					errs, _ := compare(c, got, b.real(t, c, how))
					for _, e := range errs {
						t.Errorf("seed %d, commands print %q and end with %q: %s\n%s", seed, how.out, how.rc, e, c.files["deploy.sh"])
					}
				})
			}
			t.Logf("%d of %d variables unknown (%.1f %%)", unknown, all, 100*float64(unknown)/float64(max(all, 1)))
		})
	}
}
