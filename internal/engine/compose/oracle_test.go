package compose

import (
	"context"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	composedotenv "github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/docker/cli/pkg/kvfile"
	"github.com/sirupsen/logrus"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/repo"
)

// compose-go warns of every variable that is not set.
func TestMain(m *testing.M) {
	logrus.SetOutput(io.Discard)
	composedotenv.RegisterFormat("raw", func(r io.Reader, _ string, vars map[string]string, lookup func(string) (string, bool)) error {
		lines, err := kvfile.ParseFromReader(r, lookup)
		for _, line := range lines {
			name, text, _ := strings.Cut(line, "=")
			vars[name] = text
		}
		return err
	})
	os.Exit(m.Run())
}

// sample is a project with the command that reads it.
type sample struct {
	files    map[string]string
	env      map[string]string
	configs  []string
	envFiles []string
	profiles []string
	services []string
}

func (s sample) write(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range s.files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// answer asks compose-go, with the options of the docker compose command and in their order.
func (s sample) answer(dir string) (*types.Project, error) {
	var configs, envFiles []string
	for _, name := range s.configs {
		configs = append(configs, filepath.Join(dir, name))
	}
	for _, name := range s.envFiles {
		envFiles = append(envFiles, filepath.Join(dir, name))
	}
	var pairs []string
	for name, text := range s.env {
		pairs = append(pairs, name+"="+text)
	}
	work := cli.WithWorkingDirectory("")
	if len(configs) == 0 {
		work = cli.WithWorkingDirectory(dir)
	}
	options, err := cli.NewProjectOptions(configs, work, cli.WithEnv(pairs), cli.WithEnvFiles(envFiles...), cli.WithDotEnv, cli.WithConfigFileEnv,
		cli.WithDefaultConfigPath, cli.WithEnvFiles(envFiles...), cli.WithDotEnv, cli.WithDefaultProfiles(s.profiles...), cli.WithName("shop"), cli.WithSelectedServices(s.services...))
	if err != nil {
		return nil, err
	}
	return options.LoadProject(context.Background())
}

func (s sample) run(t testing.TB, dir string) Result { return Run(s.step(t, dir)) }

func (s sample) step(t testing.TB, dir string) Step {
	t.Helper()
	tree, err := repo.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	vars := map[string]model.Value{}
	for name, text := range s.env {
		vars[name] = model.KnownText(text, model.Hop{Kind: model.KindProcess, What: name})
	}
	return Step{
		Files: repo.NewOverlay(tree), Dir: ".", Env: model.NewEnv(vars), ConfigFiles: s.configs, EnvFiles: s.envFiles, Profiles: s.profiles, Services: s.services,
	}
}

// tally counts what a comparison saw.
type tally struct{ projects, refused, unnoticed, known, unknown int }

// compare holds a run against compose-go: every known value is the one that it hands over.
func (s sample) compare(t testing.TB, sum *tally) {
	t.Helper()
	dir := s.write(t)
	got := s.run(t, dir)
	want, err := s.answer(dir)
	sum.projects++
	stopped := slices.ContainsFunc(got.Problems, func(p model.Problem) bool { return p.Stops })
	if err != nil {
		sum.refused++
		if len(got.Problems) == 0 {
			sum.unnoticed++
		}
		return
	}
	if stopped {
		t.Errorf("compose-go takes what is refused here: %v\n%s", got.Problems, s)
		return
	}
	names := slices.Sorted(maps.Keys(want.Services))
	var own []string
	for _, c := range got.Consumers {
		own = append(own, c.Workload)
		s.service(t, c, want, sum)
	}
	if got.Lost == nil && !slices.Equal(own, names) {
		t.Errorf("services %v, want %v\n%s", own, names, s)
	}
}

func (s sample) service(t testing.TB, c model.Consumer, want *types.Project, sum *tally) {
	t.Helper()
	service, ok := want.Services[c.Workload]
	if !ok {
		return
	}
	for name, v := range c.Env.All() {
		text, there := service.Environment[name]
		switch {
		case v.State == model.Unknown:
			sum.unknown++
		case v.State == model.Absent && there && text != nil, v.State == model.Known && (!there || text == nil):
			t.Errorf("%s of %s: state %v, compose-go has it: %v\n%s", name, c.Workload, v.State, there && text != nil, s)
		case v.State == model.Known && v.Text.Reveal() != *text:
			t.Errorf("%s of %s is %q, want %q\n%s", name, c.Workload, v.Text.Reveal(), *text, s)
		default:
			sum.known++
		}
	}
	for name := range service.Environment {
		if name != "" && !c.Env.Has(name) && c.Env.Rest().Needs == model.ImageSets {
			t.Errorf("%s of %s is missing\n%s", name, c.Workload, s)
		}
	}
	for _, m := range service.Secrets {
		s.secret(t, c, m, want)
	}
}

func (s sample) secret(t testing.TB, c model.Consumer, m types.ServiceSecretConfig, want *types.Project) {
	t.Helper()
	target := m.Target
	if target == "" {
		target = m.Source
	}
	if !filepath.IsAbs(target) {
		target = "/run/secrets/" + target
	}
	v := c.Files.Get(target)
	if of := want.Secrets[m.Source]; v.State == model.Known && of.File != "" {
		if data, err := os.ReadFile(of.File); err != nil || string(data) != v.Text.Reveal() {
			t.Errorf("%s of %s differs\n%s", target, c.Workload, s)
		}
	} else if v.State == model.Known && of.Environment != "" && want.Environment[of.Environment] != v.Text.Reveal() {
		t.Errorf("%s of %s differs from %s\n%s", target, c.Workload, of.Environment, s)
	}
}

func (s sample) String() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(s.files)) {
		fmt.Fprintf(&b, "-- %s --\n%s", name, s.files[name])
	}
	fmt.Fprintf(&b, "env %v files %v env files %v profiles %v services %v", s.env, s.configs, s.envFiles, s.profiles, s.services)
	return b.String()
}

// TestSound compares generated projects with compose-go.
func TestSound(t *testing.T) {
	var sum tally
	n := 700
	if testing.Short() {
		n = 300
	}
	for i := range n {
		g := generator{Rand: rand.New(rand.NewPCG(7, uint64(i)))}
		g.secret = g.pick("file: ./key.txt", "file: key.txt", "environment: A", "environment: D")
		g.sample().compare(t, &sum)
		if t.Failed() {
			t.Fatalf("sample %d", i)
		}
	}
	t.Logf("%d projects, of which compose-go refuses %d (%d unnoticed here); %d values known, %d unknown", sum.projects, sum.refused, sum.unnoticed, sum.known, sum.unknown)
	if sum.known < 2*n || sum.unnoticed > n/5 {
		t.Errorf("too little is known: %+v", sum)
	}
}

// generator writes projects from a grammar.
type generator struct {
	*rand.Rand
	secret string // where the one secret of the project comes from
}

func (g generator) pick(words ...string) string { return words[g.IntN(len(words))] }

func (g generator) often(percent int) bool { return g.IntN(100) < percent }

func (g generator) sample() sample {
	s := sample{files: map[string]string{}, env: map[string]string{}}
	s.files["compose.yaml"] = g.file(true)
	s.configs = []string{"compose.yaml"}
	if g.often(20) {
		s.configs = nil
		if g.often(50) {
			s.files["compose.override.yml"] = g.file(true)
		}
	} else if g.often(50) {
		s.files["deploy/over.yaml"] = g.file(true)
		s.configs = append(s.configs, "deploy/over.yaml")
	}
	s.files["sub/base.yaml"], s.files["sub/part.yaml"] = g.file(false), g.file(false)
	for _, name := range []string{"a.env", "b.env", "sub/a.env", "sub/b.env"} {
		if g.often(95) {
			s.files[name] = g.dotenv()
		}
	}
	for _, name := range []string{".env", "sub/.env", "deploy/.env"} {
		if g.often(40) {
			s.files[name] = g.dotenv()
		}
	}
	s.files["key.txt"] = "k-CANARY-file\n"
	if g.often(15) && s.files["b.env"] != "" {
		s.envFiles = []string{"b.env"}
	}
	for _, name := range []string{"A", "B", "C", "EMPTY"} {
		if g.often(40) {
			s.env[name] = g.pick("", "p", "k-CANARY-p", "$A", "x=y")
		}
	}
	if g.often(20) {
		s.profiles = []string{g.pick("dev", "ops", "*")}
	}
	if g.often(20) {
		s.services = []string{g.pick("web", "job", "db")}
	}
	return s
}

func (g generator) dotenv() string {
	var b strings.Builder
	for range g.IntN(4) {
		b.WriteString(g.pick("A", "B", "C", "D", "E") + g.pick("=1", "=", "='s $A'", "=\"q ${B:-d}\"", "=$A", "=${C}x", " = sp", "", "=a # c") + "\n")
	}
	return b.String()
}

func (g generator) file(top bool) string {
	var b strings.Builder
	if g.often(25) {
		b.WriteString("x-env: &shared\n  A: anchored\n  D: ${B:-anchored}\n")
	} else {
		b.WriteString("x-env: &shared {C: c, B: \"${A}\"}\n")
	}
	if top && g.often(15) {
		b.WriteString("include:\n  - " + g.pick("sub/part.yaml", "{path: sub/part.yaml}", "{path: [sub/part.yaml], env_file: a.env}", "{path: sub/part.yaml, project_directory: .}") + "\n")
	}
	b.WriteString("secrets:\n  pay:\n    " + g.secret + "\n")
	b.WriteString("services:\n")
	for _, name := range []string{"web", "job", "db"} {
		if name == "web" || g.often(85) {
			b.WriteString("  " + name + ":\n    image: x\n" + g.service(name))
		}
	}
	return b.String()
}

func (g generator) service(name string) string {
	var b strings.Builder
	switch g.IntN(8) {
	case 0:
		b.WriteString("    environment: *shared\n")
	case 1:
		b.WriteString("    environment:\n      <<: *shared\n" + g.mapping())
	case 2, 3, 4:
		if entries := g.mapping(); entries != "" {
			b.WriteString("    environment:" + g.pick("", "", "", " !override") + "\n" + entries)
		}
	case 5, 6:
		b.WriteString("    environment:\n")
		for range 1 + g.IntN(4) {
			b.WriteString("      - " + g.pick("A", "B", "C", "D", "E") + g.pick("", "=", "=l", "=${A}", "=${E:-${B}}", "=a=b", "=$$A") + "\n")
		}
	case 7:
		if g.often(50) {
			b.WriteString("    environment: " + g.pick("!reset null", "!reset []", "", "{}") + "\n")
		}
	}
	if g.often(40) {
		b.WriteString("    env_file: " + g.pick("a.env", "[a.env, b.env]", "[b.env, a.env]", "[{path: a.env, required: false}, ./b.env]", "[{path: a.env, format: raw}]", "[{path: none.env, required: false}]", "!override [b.env]", "!reset []") + "\n")
	}
	if name != "web" && g.often(20) {
		b.WriteString("    extends: " + g.pick("{file: sub/base.yaml, service: web}", "{file: ../sub/base.yaml, service: web}", "{file: ./base.yaml, service: web}", g.pick("{service: web}", "web")) + "\n")
	}
	if g.often(15) {
		b.WriteString("    profiles: [" + g.pick("dev", "ops", "dev, ops") + "]\n")
	}
	if name == "web" && g.often(25) {
		b.WriteString("    depends_on: " + g.pick("[db]", "{db: {condition: service_started, required: false}}") + "\n")
	}
	if g.often(15) {
		b.WriteString("    secrets: " + g.pick("[pay]", "[{source: pay, target: other}]", "[{source: pay, target: /etc/pay}]") + "\n")
	}
	return b.String()
}

func (g generator) mapping() string {
	var b strings.Builder
	for _, name := range []string{"A", "B", "C", "D", "E"} {
		if g.often(40) {
			b.WriteString("      " + name + ": " + g.pick("plain", "${A}", "${B:-fall}", "${B-fall}", "${C:+set}", "${C+set}", "\"${A:-${B:-x}} y\"", "$A$B", "$$A", "1", "true", "1.5", "0777", "null", "", "''", "!reset null", "${A:-a}${B:-b}", g.pick("x", "x", "x", "x", "x", "'${E?needed}'"), "k-CANARY-map", "\"a\\tb $C\"", "|\n        block ${A}\n        two", "yes", "~", "2024-01-01", "${D:-}}") + "\n")
		}
	}
	return b.String()
}
