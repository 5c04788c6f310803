package shell

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/repo"
)

// TestPrinters: what a filter makes of an output is another text, and so is what one of
// two paths printed.
func TestPrinters(t *testing.T) {
	const apply = " | kubectl apply -f -"
	cases := map[string]string{
		"helm template a" + apply:                                                                      "[0]",
		"helm template a | cat" + apply:                                                                "[0]",
		"helm template a | tee out.yaml" + apply:                                                       "[0]",
		"helm template a > x; kubectl apply -f - < x":                                                  "[0]",
		"helm template a > x; cat x" + apply:                                                           "[0]",
		"(helm template a; echo; helm template b)" + apply:                                             "[0 1]",
		`M="$(helm template a)"; echo "$M"` + apply:                                                    "[0]",
		`M="$(helm template a)"; kubectl apply -f - <<<"$M"`:                                           "[0]",
		"helm template a && helm template b" + apply:                                                   "[1]",
		"f() { helm template a; }; f" + apply:                                                          "[0]",
		"set -euo pipefail; helm template a" + apply:                                                   "[0]",
		"(helm template a; echo ---)" + apply:                                                          "[]",
		`M="$(helm template a)"; echo "${M%x}"` + apply:                                                "[]",
		`M="$(helm template a)"; echo "${M/a/b}"` + apply:                                              "[]",
		`M="$(helm template a)"; echo "${M^^}"` + apply:                                                "[]",
		`M="$(helm template a)"; echo "${M:1}"` + apply:                                                "[]",
		`M="$(helm template a)"; echo "x$M"` + apply:                                                   "[]",
		"cat kept.txt" + apply:                                                                         "[]",
		"helm template a | other" + apply:                                                              "[1]",
		`if test -n "$X"; then M=$(helm template a); else M=$(helm template b); fi; echo "$M"` + apply: "[]",
		`if test -n "$X"; then helm template a; else helm template b; fi` + apply:                      "[]",
		`for c in a b; do helm template $c; done` + apply:                                              "[]",
		`if test -n "$X"; then M=$(helm template a); else M=$(other); fi; echo "$M"` + apply:           "[]",
		`helm template a > x; if test -n "$X"; then echo; fi; kubectl apply -f - < x`:                  "[0]",
		`test -n "$X" && helm template a > x; kubectl apply -f - < x`:                                  "[]",
	}
	for _, filter := range []string{
		"sed s/a/b/", "sed -n 2p", "grep -v a", "tr a b", "tr -d a", "cut -c2", "head -n 1", "tail -n +2", "sort", "uniq", "wc -l", "awk '{print $2}'", "envsubst", "base64", "base64 -d",
		"tac", "rev", "jq .", "yq .", "nl", "paste", "fold", "while read -r l; do echo \"$l\"; done", "{ read -r l; cat; }", "sed ''", "grep ''", "awk 1", "cat -n", "cat - kept.txt", "printf '%s' \"$(cat)\"x",
	} {
		cases["helm template a | "+filter+apply] = "[]"
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "kept.txt"), []byte("kept\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tree, err := repo.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()
	for script, want := range cases {
		unknown := model.UnknownBecause(model.WhyCISecret, "X", model.Trail{})
		out, err := Follow(context.Background(), Step{Files: repo.NewOverlay(tree), Line: script, Env: model.NewEnv(map[string]model.Value{"X": unknown})})
		if err != nil || len(out.Seen) != len(out.Commands) {
			t.Fatalf("%s: %d commands, %d sights, %v", script, len(out.Commands), len(out.Seen), err)
		}
		for i, c := range out.Commands {
			name := c.Args[0].Text.Reveal()
			if got := fmt.Sprint(out.Seen[i].Printers); name == "kubectl" && got != want {
				t.Errorf("%s: %s, expected %s", script, got, want)
			}
		}
	}
}

// TestSeenFiles: every command sees the files as they were when it started.
func TestSeenFiles(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"kept.txt": "kept\n", "k8s/a.yaml": "image: old\n"} {
		full := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tree, err := repo.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()
	script := "one\necho a > x\ntwo\nthree\nsed -i s/old/new/ k8s/a.yaml; rm kept.txt\nfour\ncat > x <<E\nk: $X\nE\nfive\nhelm template a > y\nsix\nkubectl get x -o yaml\nseven\necho b > x"
	unknown := model.UnknownBecause(model.WhyCISecret, "X", model.Trail{})
	out, err := Follow(context.Background(), Step{Files: repo.NewOverlay(tree), Line: script, Env: model.NewEnv(map[string]model.Value{"X": unknown})})
	if err != nil {
		t.Fatal(err)
	}
	show := func(w Written) string {
		text := w.Value.State.String()
		if w.Value.State == model.Known {
			text = strings.TrimSpace(w.Value.Text.Reveal())
		}
		if len(w.Value.Parts) > 0 && w.Value.State == model.Unknown {
			text += fmt.Sprintf(" of %d", len(w.Value.Parts))
		}
		if w.Printers != nil {
			text += fmt.Sprint(" ", out.Commands[w.Printers[0]].Args[0].Text.Reveal())
		}
		return text
	}
	got := map[string]string{}
	for i, c := range out.Commands {
		var files []string
		all := out.Seen[i].Files()
		for _, name := range slices.Sorted(maps.Keys(all)) {
			files = append(files, name+"="+show(all[name]))
		}
		got[c.Args[0].Text.Reveal()] = strings.Join(files, ", ")
	}
	const edited = "k8s/a.yaml=image: new, kept.txt=absent, "
	want := map[string]string{
		"one": "", "two": "x=a", "three": "x=a", "four": edited + "x=a",
		"five": edited + "x=unknown of 3", "helm": edited + "x=unknown of 3, y=", "six": edited + "x=unknown of 3, y=unknown helm",
		"kubectl": edited + "x=unknown of 3, y=unknown helm", "seven": edited + "x=unknown of 3, y=unknown helm",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if !out.Seen[1].Same(out.Seen[2]) || out.Seen[0].Same(out.Seen[1]) || !out.Seen[0].IsSure() {
		t.Error("which commands saw the same is wrong")
	}
}

// TestSeenHasALimit: what many changes of files would take to keep is not kept.
func TestSeenHasALimit(t *testing.T) {
	tree, err := repo.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()
	out, err := Follow(context.Background(), Step{Files: repo.NewOverlay(tree), Line: "for i in {1..700}; do echo $i >> log; run; done"})
	if err != nil || len(out.Seen) != 700 {
		t.Fatalf("%d sights, %v", len(out.Seen), err)
	}
	if !out.Seen[400].IsSure() || out.Seen[699].IsSure() || len(out.Seen[699].Files()) != 0 {
		t.Error("the limit does not hold")
	}
}

// TestPerhaps: a command is certain unless a choice that is not decided leads to it.
func TestPerhaps(t *testing.T) {
	tree, err := repo.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()
	cases := map[string]string{
		"a; b":                                          "a b",
		`if test -n "$X"; then a; else b; fi; c`:        "a? b? c",
		"if true; then a; else b; fi; c":                "a c",
		"if a; then b; else c; fi; d":                   "a b? c? d",
		`case $X in 1) a ;; *) b ;; esac; c`:            "a? b? c",
		"case 1 in 1) a ;; *) b ;; esac":                "a",
		"a && b && c":                                   "a b c",
		"a || b; c":                                     "a b? c",
		`test -n "$X" && a; b`:                          "a? b",
		`[ -z "$X" ] || a; b`:                           "a? b",
		`test -n "$X" && a && b`:                        "a? b?",
		`if test -n "$X" && a; then b; fi`:              "a? b?",
		"while read -r l; do a; done < gone; b":         "b",
		`for i in $X; do a; done; b`:                    "a? b",
		"for i in 1 2; do a; done":                      "a a",
		`while test -n "$X"; do a; done; b`:             "a? b",
		"until a; do b; done; c":                        "a b? c",
		"for i in 1 2; do a && break; sleep 1; done; b": "a a b",
		`f() { a; }; if test -n "$X"; then f; fi; f`:    "a? a",
		`test -n "$X" || exit 1; a`:                     "a",
		`if test -n "$X"; then exit; fi; a`:             "a",
		`set -e; trap a ERR; b; c`:                      "b a? c a?",
		`$X a; b`:                                       "? a? b",
		`(test -n "$X" && a); b`:                        "a? b",
		`c=a; test -n "$X" && c=b; $c; d`:               "a? b? d",
	}
	for script, want := range cases {
		unknown := model.UnknownBecause(model.WhyCISecret, "X", model.Trail{})
		out, err := Follow(context.Background(), Step{Files: repo.NewOverlay(tree), Line: script, Env: model.NewEnv(map[string]model.Value{"X": unknown})})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for i, c := range out.Commands {
			name := c.Args[0].Text.Reveal()
			if out.Seen[i].Perhaps {
				name += "?"
			}
			got = append(got, name)
		}
		if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s (-want +got)\n%s", script, diff)
		}
	}
}
