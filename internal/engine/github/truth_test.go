package github_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/keyfit/keyfit/internal/engine/github"
	"github.com/keyfit/keyfit/internal/engine/shell"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/strict"
)

// truthHost follows scripts with the script engine, and runs the same scripts in a real bash
// as the runner would write them, once for each of some values that what is not known may
// have. What the engine says is known of a command must be what the command really receives.
type truthHost struct {
	*bashHost
	tried  []string
	values int // variables that were compared
	failed int // scripts that do not succeed with a value
}

func (h *truthHost) Follow(ctx context.Context, s pipeline.Script) (pipeline.After, error) {
	in := shell.Step{
		Files: h.overlay(), Line: s.Text, Holes: s.Holes, Hole: pipeline.Hole, At: s.At, Positions: s.Positions, Sh: s.Shell == "sh", Flags: s.Flags,
		Args: s.Args, Env: s.Env, Dir: s.Dir, Channels: s.Channels, Root: s.Root, Capture: s.Capture, Elsewhere: true,
	}
	out, err := shell.Follow(ctx, in)
	if err != nil {
		return pipeline.After{}, err
	}
	for _, value := range h.tried {
		h.compare(s, out, value)
	}
	return pipeline.After{Env: out.Env, Channels: out.Channels, Output: out.Output}, nil
}

// compare runs the script with that value in place of everything unknown.
func (h *truthHost) compare(s pipeline.Script, out shell.Outcome, value string) {
	temp := h.t.TempDir()
	log := filepath.Join(temp, "log")
	script := filepath.Join(temp, "script.sh")
	text := strings.ReplaceAll(expand(s), unknownWord, value)
	if err := os.WriteFile(script, []byte(text), 0o644); err != nil {
		h.t.Fatal(err)
	}
	cmd := exec.Command(s.Shell, append(append([]string{}, s.Flags...), script)...)
	cmd.Dir = filepath.Join(h.dir, s.Dir)
	for _, pair := range h.environment(s, temp) {
		cmd.Env = append(cmd.Env, strings.ReplaceAll(pair, unknownWord, value))
	}
	cmd.Env = append(cmd.Env, "STUB_LOG="+log)
	if cmd.Run() != nil {
		h.failed++ // with such a value the deploy does not go on
		return
	}
	data, _ := os.ReadFile(log)
	runs := strings.Split(string(data), "\x01")
	i := 0
	for _, command := range out.Commands {
		if len(command.Args) == 0 || !command.Args[0].Text.Equal(model.KnownText("helm", model.Hop{}).Text) {
			continue
		}
		if i++; i >= len(runs) {
			h.t.Errorf("%s with %q: bash runs helm %d times, the engine more often", s.Label, value, len(runs)-1)
			return
		}
		h.same(s, value, command, runs[i])
	}
}

// same compares one command with what the stub saw: its arguments, then its environment.
func (h *truthHost) same(s pipeline.Script, value string, command model.Command, run string) {
	fields := strings.Split(run, "\x00")
	real := map[string]string{}
	args, rest, _ := strings.Cut(strings.Join(fields, "\x00"), "\x00\x02\x00")
	for pair := range strings.SplitSeq(rest, "\x00") {
		if name, text, ok := strings.Cut(pair, "="); ok {
			real[name] = text
		}
	}
	for i, a := range command.Args[1:] {
		words := strings.Split(args, "\x00")
		if a.State == model.Known && command.Open == 0 && (i >= len(words) || words[i] != a.Text.Reveal()) {
			h.t.Errorf("%s with %q: argument %d is wrong", s.Label, value, i+1)
		}
	}
	for name, v := range command.Env.All() {
		switch text, set := real[name]; {
		case name == "PATH" || name == "HOME" || name == "_" || name == "PWD" || name == "SHLVL":
		case v.State == model.Known && (!set || text != v.Text.Reveal()):
			h.t.Errorf("%s with %q: %s is known to be %s, and really %q", s.Label, value, name, shown(v), text)
		case v.State == model.Absent && set:
			h.t.Errorf("%s with %q: %s is absent, and really %q", s.Label, value, name, text)
		default:
			h.values++
		}
	}
}

const stubHelm = "#!/bin/sh\n{ printf '\\001'; for a in \"$@\"; do printf '%s\\000' \"$a\"; done; printf '\\002\\000'; env -0; } >> \"$STUB_LOG\"\n"

// TestTruth follows workflows with the script engine and in a real bash at once.
func TestTruth(t *testing.T) {
	steps := []string{
		`helm upgrade ${{ vars.A }} --set key=${{ secrets.KEY }}`,
		`X=${{ secrets.KEY }} helm list`,
		`export X="${{ secrets.KEY }}"; helm list`,
		`export ${{ vars.NAME }}=1; helm list`,
		`VAR_${{ vars.NAME }}=1 helm list`,
		"if [ \"${{ vars.A }}\" = unknown-value ]; then export Z=1; else export Z=2; fi\nhelm list",
		"case ${{ vars.A }} in x) export Z=1;; *) export Z=2;; esac\nhelm list",
		`echo "KEY=${{ secrets.KEY }}" >> $GITHUB_ENV; helm list`,
		`echo "OTHER=${{ vars.A }}" >> ${{ github.env }}`,
		`helm list "$OTHER"`,
		"export Q='${{ secrets.KEY }}'\nhelm list \"$Q\"",
		"cat <<EOF > out.env\nK=${{ secrets.KEY }}\nU=${{ vars.A }}\nEOF\nset -a; . ./out.env; set +a\nhelm list",
		`export S="$KNOWN_${{ env.SUFFIX }} ${KNOWN_${{ env.SUFFIX }}}"; helm list ${{ env.WORDS }}`,
		"${{ env.SUFFIX }}_X=1\nexport ${{ env.SUFFIX }}_X\nhelm list",
		`helm list x${{ vars.A }}y "${{ vars.A }}" $OTHER`,
		`export L=${#OTHER}; export D=${OTHER:-d}; helm list`,
		"for n in ${{ env.WORDS }} ${{ vars.A }}; do export LAST=$n; done\nhelm list",
		`helm list --${{ env.SUFFIX }}=${{ github.ref_name }}`,
		`export P=${{ github.workspace }}/x; helm list`,
	}
	var b strings.Builder
	b.WriteString("on: push\njobs:\n  deploy:\n    runs-on: ubuntu-latest\n    environment: production\n    env:\n" +
		"      KNOWN_PROD: CANARY-prod\n      KNOWN_: CANARY-empty\n      SUFFIX: PROD\n      WORDS: a b\n      PROD_X: CANARY-before\n    steps:\n")
	for _, s := range steps {
		b.WriteString("      - run: |\n          " + strings.ReplaceAll(s, "\n", "\n          ") + "\n")
	}
	a := &txtar.Archive{Files: []txtar.File{{Name: ".github/workflows/deploy.yml", Data: []byte(b.String())}}}
	files := unpack(t, a)
	host := &truthHost{bashHost: newBashHost(t, files.Tree().Dir()), tried: []string{"x", "PROD", "a-b"}}
	if err := os.WriteFile(filepath.Join(host.bin, "helm"), []byte(stubHelm), 0o755); err != nil {
		t.Fatal(err)
	}
	host.unbound["vars.A"], host.unbound["vars.NAME"] = true, true
	in := pipeline.Step{Files: files, Environment: "production", Branch: "main", File: strict.At[string]{Value: ".github/workflows/deploy.yml"}, At: pos.Span{File: "keyfit.yaml"}}
	result, err := github.Run(context.Background(), in, host)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range result.Problems {
		t.Errorf("%s: %s", p.At, p.Message)
	}
	if host.values < 1000 || host.failed > 2 {
		t.Errorf("only %d variables were compared, and %d scripts failed", host.values, host.failed)
	}
	t.Logf("%d variables compared", host.values)
}
