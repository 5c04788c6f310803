package shell

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
)

// TestChannels: what a script writes to the files behind the step's channels comes back
// with its pieces.
func TestChannels(t *testing.T) {
	for _, c := range []struct {
		script string
		want   string // of ENV; empty when nothing is written
	}{
		{`echo "A=b" >> "$ENV"`, `"A=b\n"`},
		{`echo A=<0> >> $ENV`, `"A=" ?S "\n"`},
		{`echo "A=<0>" | tee -a "$ENV"`, `"A=" ?S "\n"`},
		{`echo "A=<0>" | tee -a $ENV > /dev/null`, `"A=" ?S "\n"`},
		{`printf 'A=%s\n' "<0>" >> "$ENV"`, `"A=" ?S "\n"`},
		{"cat <<EOF >> $ENV\nA=<0>\nB=$X\nEOF", `"A=" ?S "\n" "B=" ?X "\n"`},
		{"cat >> \"${ENV}\" <<'EOF'\nA=1\nEOF", `"A=1\n"`},
		{"{ echo A=1; echo B=<0>; } >> \"$ENV\"", `"A=1\n" "B=" ?S "\n"`},
		{"{\n  echo 'K<<E'\n  echo \"<0>\"\n  echo E\n} >> $ENV", `"K<<E\n" ?S "\n" "E\n"`},
		{`exec 3>>"$ENV"; echo A=1 >&3; echo B=2`, `"A=1\n"`},
		{`echo A=1 >> $ENV; if curl x; then echo B=2 >> $ENV; fi; echo C=3 >> $ENV`, `"A=1\n" ["B=2\n"|""] "C=3\n"`},
		{`if curl x; then echo "A=<0>" >> $ENV; else echo A=2 >> $ENV; fi`, `["A=" ?S "\n"|"A=2\n"]`},
		{`for i in 1 2; do echo K$i=v >> $ENV; done`, `"K" "1" "=v\n" "K" "2" "=v\n"`},
		{`echo A=1 > $ENV; echo B=2 > $ENV`, `"B=2\n"`},
		{`echo A=1`, ``},
		{`echo "TOKEN=$(vault read x)" >> $ENV`, `"TOKEN=" ?what vault prints "\n"`},
		{`vault write --out "$ENV"; echo A=1 >> $ENV`, `?what vault writes "A=1\n"`},
		{`node tool.js "$ENV"`, `?what node writes`},
		{`node tool.js`, ``},
		{`python3 set.py`, `?what python3 writes`},
		{"python3 - <<'E'\nimport os; open(os.environ['ENV'], 'a').write('A=1')\nE", `?what python3 writes`},
		{`python3 other.py; make deploy; npm run deploy`, ``},
		{`./missing.sh`, `?the script ./missing.sh`},
		{`eval "$(vault env)"`, `?what vault prints`},
		{`./write.sh <0>`, `"FROM=" ?S "\n"`},
		{`. ./write.sh <0>; echo A=1 >> $ENV`, `"FROM=" ?S "\n" "A=1\n"`},
		{`eval "$X"; echo A=1 >> $ENV`, `?X "A=1\n"`},
		{`write() { echo "$1=$2" >> "$ENV"; }; write A "<0>"; write B "$X"`, `"A" "=" ?S "\n" "B" "=" ?X "\n"`},
		{`env -u X sh -c 'echo A=1 >> "$ENV"'`, `"A=1\n"`},
		{`( echo A=1 >> $ENV ); echo B=$(echo C >> $ENV; echo D) >> $ENV`, `"A=1\n" "C\n" "B=D\n"`},
		{`F=$ENV; echo A=1 >> $F`, `"A=1\n"`},
		{`[ -n "$ENV" ] && [ -f "$ENV" ] && ! [ -s "$ENV" ] && echo A=1 >> "$ENV"`, `"A=1\n"`},
		{`echo A=1 >> "${ENV:-/dev/stdout}"`, `"A=1\n"`},
	} {
		in := withHoles(t, c.script, secretHole("S"))
		for name, data := range map[string]string{
			"set.py": "open(os.getenv('ENV'))", "other.py": "print(1)", "tool.js": "x", "Makefile": "deploy:\n\techo\n",
			"write.sh": "echo \"FROM=$1\" >> \"$ENV\"\n",
		} {
			must(t, in.Files.Write(name, []byte(data)))
		}
		in.Env = in.Env.With("X", secretHole("X"))
		in.Channels = []string{"ENV", "OUT"}
		out := follow(t, in)
		got := ""
		if v, ok := out.Channels["ENV"]; ok {
			got = told(v)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s\n%s", c.script, diff)
		}
		if v, ok := out.Channels["OUT"]; ok && !strings.Contains(c.script, "eval") && !strings.Contains(c.script, "missing") {
			t.Errorf("%s: OUT is %s", c.script, told(v))
		}
		v := out.Env.Get("ENV")
		if v.State != model.Unknown || v.Needs != theRun {
			t.Errorf("%s: the variable itself is %s, %q", c.script, v.State, v.Needs)
		}
	}
}

// TestChannelTrails: each piece knows where it was written, and where it came from.
func TestChannelTrails(t *testing.T) {
	in := withHoles(t, "export K=CANARY_1\necho \"A=$K\" >> $ENV\ncat <<E >> $ENV\nB=CANARY_2\nC=<0>\nE\n", secretHole("S"))
	in.Positions, in.Channels = func(start, end int) pos.Span {
		begin := strings.LastIndexByte(in.Line[:start], '\n') + 1
		at := pos.Pos{Line: 1 + strings.Count(in.Line[:start], "\n"), Column: start - begin + 1}
		return pos.Span{File: "ci.yml", Start: at}
	}, []string{"ENV"}
	var got []string
	for _, p := range follow(t, in).Channels["ENV"].Parts {
		if strings.Trim(p.Text.Reveal(), "\n") != "" || p.State != model.Known {
			got = append(got, told(p), journey(p))
		}
	}
	want := []string{
		`"A="`, "known\nci.yml:2:1 shell write to ENV literal",
		`"CANARY_1"`, "known\nci.yml:1:8 shell export K literal\nci.yml:2:1 shell write to ENV",
		`"B=CANARY_2\n"`, "known\nci.yml:4:1 shell here-document literal\nci.yml:3:1 shell write to ENV",
		`"C="`, "known\nci.yml:5:1 shell here-document literal\nci.yml:3:1 shell write to ENV",
		`?S`, "unknown\ninput S\nci.yml:3:1 shell write to ENV",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestCapture: what the session prints comes back, and nothing that goes elsewhere.
func TestCapture(t *testing.T) {
	for _, c := range []struct{ script, want string }{
		{`echo a; echo <0> >&2; echo "b <0>"`, `"a\n" "b " ?S "\n"`},
		{`echo a > /dev/null; echo b > f; cat f`, `"b\n"`},
		{`helm version | head -1; echo x`, `?what helm prints "x\n"`},
		{`echo "##vso[task.setvariable variable=K;issecret=true]<0>"`, `"##vso[task.setvariable variable=K;issecret=true]" ?S "\n"`},
		{`V=$(echo 1); echo v$V | tr v V`, `"V" "1" "\n"`},
		{`exec > log; echo a`, ``},
		{`echo a >&2 2>&1; echo b > /dev/stdout; echo c | tee /dev/stderr; (echo d)`, `"b\n" "c\n" "d\n"`},
		{`echo a; exit 1; echo b`, `"a\n"`},
		{`set -e; false && echo a; if curl x; then echo b; fi`, `?what curl prints ["b\n"|""]`},
		{`./run.sh`, `"from run.sh\n"`},
		{`echo a > /dev/fd/1; exec 3>&1 >/dev/null; echo b; echo c > /dev/fd/3; echo d > /proc/self/fd/3`, `"a\n" "c\n" "d\n"`},
		{`bash -c 'echo a' & wait; echo b`, `?when a background command ends "b\n"`},
	} {
		in := withHoles(t, c.script, secretHole("S"))
		must(t, in.Files.Write("run.sh", []byte("echo from run.sh\n")))
		in.Capture = true
		if diff := cmp.Diff(c.want, strings.TrimSpace(strings.TrimPrefix(told(follow(t, in).Output), `""`))); diff != "" {
			t.Errorf("%s\n%s", c.script, diff)
		}
	}
	if out := follow(t, withHoles(t, "echo a")); out.Output.State == model.Known || len(out.Output.Parts) > 0 {
		t.Error("output that nobody has asked for")
	}
}

// TestStartUpFile: a bash that is started reads the file that BASH_ENV names.
func TestStartUpFile(t *testing.T) {
	for _, c := range []struct {
		script string
		want   []string
	}{
		{`echo 'export K=<0>' >> $BASH_ENV; bash -c 'show "$K"'; show "$K"`, []string{`"show" , ?S`, `"show" , ""`}},
		{`echo 'export K=<0>' >> $BASH_ENV; . $BASH_ENV; show "$K"`, []string{`"show" , ?S`}},
		{`X=1; export X; bash -c 'show "$X"'`, []string{`"show" , "1"`}},
		{`echo "$(vault env)" >> $BASH_ENV; X=1 bash -c 'show "$X"'`, []string{`"vault" , "env"`, `"show" , ?the shell's start-up files`}},
	} {
		in := withHoles(t, c.script, secretHole("S"))
		in.Channels = []string{"BASH_ENV"}
		if diff := cmp.Diff(c.want, wordsTold(follow(t, in))); diff != "" {
			t.Errorf("%s\n%s", c.script, diff)
		}
	}
}

// TestElsewhere: on another machine the text of an absolute path is not known, and what
// it leads to is.
func TestElsewhere(t *testing.T) {
	for _, c := range []struct {
		script string
		want   []string // words and, in brackets, what they name in the repository
	}{
		{`show "$PWD" "$PWD/charts" "$(pwd)"`, []string{"show", "? [.]", "? [charts]", "? [.]"}},
		{`cd charts/shop && show "$PWD" "$PWD/../x"`, []string{"show", "? [charts/shop]", "? [charts/x]"}},
		{`cd "$ROOT/charts"; cd ..; [ -d charts/shop ] && show "$(cat "$PWD/data.txt")"`, []string{"show", "x"}},
		{`cd "$(dirname "$ROOT/charts/x")" && pwd && show "$(basename "$PWD")" "$(dirname "$PWD")"`, []string{"show", "charts", "? [.]"}},
		{`cd charts; D="$(cd "$(dirname ./x)/.." && pwd)"; show "$D/f" "$(realpath shop)"`, []string{"show", "? [f]", "? [charts/shop]"}},
		{`show "$ROOT" "$ROOT/a/b" "$ROOT-x" "x$ROOT" $ROOT/c "$ROOT/../.."`, []string{"show", "? [.]", "? [a/b]", "?", "?", "? [c]", "?"}},
		{`echo 1 > "$ROOT/n"; show "$(cat n)"; export PATH="$ROOT/bin:$PATH"; run`, []string{"show", "1", "show", "run"}},
		{`[ -f "$ROOT/data.txt" ] && show yes; [ -f "$ROOT/none" ] || show no; [ -f /none ] || show open`, []string{"show", "yes", "show", "no", "show", "open"}},
		{`. "$ROOT/env.sh"; show "$K"; bash "$ROOT/bin/run"; "$ROOT"/bin/run`, []string{"show", "k", "show", "run", "show", "run"}},
		{`show ~ "$HOME/x"`, []string{"show", "?", "?"}},
	} {
		in := withHoles(t, c.script)
		must(t, in.Files.Write("env.sh", []byte("K=k\n")))
		in.Before = Kept{files: map[string]*file{"bin/run": {text: text("#!/bin/sh\nshow run\n"), exec: true}}}
		must(t, in.Files.Write("bin/run", []byte("#!/bin/sh\nshow run\n")))
		in.Env = in.Env.With("HOME", model.UnknownBecause(model.WhyInput, theRun, model.Trail{})).Without("PWD")
		in.Root, in.Elsewhere = []string{"ROOT"}, true
		out := follow(t, in)
		var got []string
		for _, cmd := range out.Commands {
			for _, a := range cmd.Args {
				word := "?"
				switch {
				case a.State == model.Known:
					word = a.Text.Reveal()
				case a.InRepo != "":
					word = "? [" + a.InRepo + "]"
				}
				got = append(got, word)
			}
			for _, name := range []string{"PWD", "ROOT"} {
				if v := cmd.Env.Get(name); v.State == model.Known {
					t.Errorf("%s: %s is known", c.script, name)
				}
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s\n%s", c.script, diff)
		}
	}
}

// TestKept: the next step of a session finds what this one has left, known or not, unless
// it was changed between them.
func TestKept(t *testing.T) {
	in := withHoles(t, "echo 'export K=<0>' > .env; rm data.txt; echo '#!/bin/bash\nshow run' > run; chmod +x run; echo 1 > n; echo 2 > m; mkdir new", secretHole("S"))
	first := follow(t, in)
	must(t, in.Files.Write("m", []byte("3\n")))
	next := Step{Files: in.Files, Env: in.Env, Line: `. ./.env; show "$K" "$(cat n)" "$(cat m)"; [ -f data.txt ] || show gone; ./run; cd new; echo 9 > o`, Before: first.Kept}
	second := follow(t, next)
	want := []string{`"show" , ?S , "1" , "3"`, `"show" , "gone"`, `"show" , "run"`}
	if diff := cmp.Diff(want, wordsTold(second)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"new/o"}, slices.Sorted(maps.Keys(second.Written))); diff != "" {
		t.Error(diff)
	}
	must(t, in.Files.Write(".env", []byte("K=changed\n")))
	next.Line, next.Before = `. ./.env; show "$K"`, second.Kept
	if diff := cmp.Diff([]string{`"show" , "changed"`}, wordsTold(follow(t, next))); diff != "" {
		t.Error(diff)
	}
}

// TestOpenEnvironments: of an environment of which something is not known, simple scripts
// do not lose their commands, nor what they set themselves.
func TestOpenEnvironments(t *testing.T) {
	lost := model.UnknownBecause(model.WhyInput, theRun, model.Trail{})
	known := model.KnownText("kept CANARY", model.Hop{Kind: model.KindProcess, What: "KEPT"})
	envs := map[string]model.Env{
		"rest unknown":  model.NewEnv(map[string]model.Value{"KEPT": known}).WithRest(lost),
		"path and home": model.NewEnv(map[string]model.Value{"KEPT": known, "PATH": lost, "HOME": lost}),
		"both":          model.NewEnv(map[string]model.Value{"KEPT": known, "PATH": lost, "HOME": lost}).WithRest(lost),
		"nothing":       model.NewEnv(map[string]model.Value{"KEPT": known}),
	}
	const script = `set -euo pipefail
export A=1 PATH="${HOME-}/.local/bin:$PATH"
cd charts
show "$A"
cd ..
for n in a b; do show $n; done
if [ "$A" = 1 ]; then ./s.sh two; fi
f() { local x=$1; show "$x"; }
f 3
B=$(echo x | tr x y) bash -c 'show "$A" "$B" "$KEPT"'
cat data.txt | while read -r l; do show "$l"; done
bash s.sh 4; sh s.sh 5; . ./s.sh
helm upgrade shop ./charts/shop --set "k=$KEPT"
`
	want := []string{`"show" , "1"`, `"show" , "a"`, `"show" , "b"`, `"show" , "two" , "kept CANARY"`, `"show" , "3"`, `"show" , "1" , "y" , "kept CANARY"`,
		`"show" , "x"`, `"show" , "4" , "kept CANARY"`, `"show" , "5" , "kept CANARY"`, `"show" , "" , "kept CANARY"`, `"helm" , "upgrade" , "shop" , "./charts/shop" , "--set" , "k=" "kept CANARY"`}
	for name, env := range envs {
		in := withHoles(t, script)
		must(t, in.Files.Write("s.sh", []byte("show \"${1-}\" \"$KEPT\"\n")))
		in.Before = Kept{files: map[string]*file{"s.sh": {text: text("show \"${1-}\" \"$KEPT\"\n"), exec: true}}}
		in.Env = env
		for _, in.Elsewhere = range []bool{false, true} {
			in.Files = repo.NewOverlay(in.Files.Tree())
			must(t, in.Files.Write("s.sh", []byte("show \"${1-}\" \"$KEPT\"\n")))
			out, err := Follow(context.Background(), in)
			must(t, err)
			if diff := cmp.Diff(want, wordsTold(out)); diff != "" {
				t.Errorf("%s, elsewhere %v:\n%s", name, in.Elsewhere, diff)
			}
		}
	}
}
