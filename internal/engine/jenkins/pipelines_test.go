package jenkins

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/keyfit/keyfit/internal/canary"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/strict"
)

var update = flag.Bool("update", false, "write what the pipelines are expected to do")

// story is one Jenkinsfile with what is known of its run, and what is expected.
type story struct {
	name   string
	file   string // of the story
	text   string // the Jenkinsfile
	want   string
	in     pipeline.Step
	show   []string
	binds  map[string]string
	prints map[string]string
	files  map[string]string
	stub   string // why it is not compared with real Groovy
	inputs map[string]string
}

func stories(t testing.TB) []story {
	t.Helper()
	names, err := filepath.Glob("testdata/pipelines/*.txtar")
	if err != nil || len(names) < 40 {
		t.Fatalf("there are %d pipelines: %v", len(names), err)
	}
	var out []story
	for _, name := range names {
		out = append(out, readStory(t, name))
	}
	return out
}

func readStory(t testing.TB, name string) story {
	t.Helper()
	a, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	s := story{
		name: strings.TrimSuffix(filepath.Base(name), ".txtar"), file: name,
		binds: map[string]string{}, prints: map[string]string{}, files: map[string]string{}, inputs: map[string]string{},
	}
	s.in.Matrix, s.in.Inputs = map[string]string{}, map[string]model.Value{}
	for line := range strings.Lines(string(a.Comment)) {
		key, text, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if !ok {
			continue
		}
		name, v, _ := strings.Cut(text, "=")
		v = strings.ReplaceAll(v, `\n`, "\n")
		switch key {
		case "environment":
			s.in.Environment = text
		case "branch":
			s.in.Branch = text
		case "job":
			s.in.Job = strict.At[string]{Value: text}
		case "show":
			s.show = strings.Fields(text)
		case "bind":
			s.binds[name] = v
		case "output":
			s.prints[name] = v
		case "input":
			s.inputs[name] = v
			s.in.Inputs[name] = model.KnownText(v, model.Hop{Kind: model.KindInput, What: name})
		case "matrix":
			s.in.Matrix[name] = v
		case "stub":
			s.stub = text
		}
	}
	for _, f := range a.Files {
		switch f.Name {
		case "Jenkinsfile":
			s.text = string(f.Data)
		case "want":
			s.want = string(f.Data)
		default:
			s.files[f.Name] = string(f.Data)
		}
	}
	return s
}

func (s story) follow(t testing.TB) (pipeline.Result, []pipeline.Script) {
	return run(t, s.text, s.in, &fake{files: s.files, inputs: s.binds, outputs: s.prints})
}

// outcome writes down what a pipeline does: scripts, steps, problems, doubt.
func outcome(s story, result pipeline.Result, scripts []pipeline.Script) string {
	var b strings.Builder
	b.WriteString(told(scripts, slices.DeleteFunc(slices.Clone(s.show), func(n string) bool { return n == "none" })...))
	for _, script := range scripts {
		if !script.Quiet && (len(script.Args) > 0 || script.Dir != "." || script.Shell != "sh" || strings.HasPrefix(script.Text, "#!")) {
			fmt.Fprintf(&b, "  %s %v in %s", script.Shell, script.Flags, script.Dir)
			for _, a := range script.Args {
				fmt.Fprintf(&b, " %q", shownValue(a))
			}
			b.WriteByte('\n')
		}
	}
	for _, c := range result.Consumers {
		fmt.Fprintf(&b, "%s %s", c.Kind, c.Workload)
		if c.Env.Len() < 10 {
			for name, v := range c.Env.All() {
				fmt.Fprintf(&b, " %s=%s", name, shownValue(v))
			}
		}
		b.WriteByte('\n')
	}
	for _, p := range result.Problems {
		fmt.Fprintf(&b, "%s: %s\n", p.At, p.Message)
	}
	if result.Doubt != nil {
		fmt.Fprintf(&b, "doubt: %s\n", result.Doubt.Needs)
	}
	return b.String()
}

func TestPipelines(t *testing.T) {
	for _, s := range stories(t) {
		t.Run(s.name, func(t *testing.T) {
			result, scripts := s.follow(t)
			got := outcome(s, result, scripts)
			if *update {
				s.write(t, got)
				return
			}
			if diff := cmp.Diff(s.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			var said []string
			for _, p := range result.Problems {
				said = append(said, p.Message, p.Fix)
			}
			for _, c := range result.Consumers {
				said = append(said, c.Workload)
			}
			for _, script := range scripts {
				said = append(said, script.Label)
				for _, v := range append(script.Holes, envValues(script.Env)...) {
					said = append(said, v.Needs)
					for _, h := range v.Trail.Hops() {
						said = append(said, h.What)
					}
				}
			}
			if form := canary.Find([]byte(strings.Join(said, "\n"))); form != "" {
				t.Errorf("a key shows, %s", form)
			}
		})
	}
}

func envValues(e model.Env) []model.Value {
	var out []model.Value
	for _, v := range e.All() {
		out = append(out, v)
	}
	return out
}

func (s story) write(t *testing.T, got string) {
	t.Helper()
	a, err := txtar.ParseFile(s.file)
	if err != nil {
		t.Fatal(err)
	}
	a.Files = slices.DeleteFunc(a.Files, func(f txtar.File) bool { return f.Name == "want" })
	a.Files = append(a.Files, txtar.File{Name: "want", Data: []byte(got)})
	if err := os.WriteFile(s.file, txtar.Format(a), 0o644); err != nil {
		t.Fatal(err)
	}
}

// runRequest is one pipeline that real Groovy runs with the stand-in for Jenkins.
type runRequest struct {
	Name        string            `json:"name"`
	Text        string            `json:"text"`
	Environment string            `json:"environment"`
	Branch      string            `json:"branch"`
	Inputs      map[string]string `json:"inputs"`
	Credentials map[string]string `json:"credentials"`
	Outputs     map[string]string `json:"outputs"`
	Files       map[string]string `json:"files"`
}

type runAnswer struct {
	Records []record `json:"records"`
	Unknown []string `json:"unknown"`
	Error   string   `json:"error"`
}

// record is one script that the stand-in was asked to run.
type record struct {
	Text string            `json:"text"`
	Env  map[string]string `json:"env"`
}

// TestGroovy asks real Groovy, once. It confirms that Groovy reads every pipeline, and runs
// those that the stand-in for Jenkins can run: that one has to ask for the same scripts, with
// the same variables. And it evaluates expressions.
func TestGroovy(t *testing.T) {
	all := stories(t)
	codes, table := allExpressions()
	r := request{Stub: filepath.Join("testdata", "jenkins.groovy"), Expressions: codes, Binding: expressionWords()}
	var ran []story
	for _, s := range all {
		r.Parse = append(r.Parse, s.text)
		if s.stub != "" {
			continue
		}
		one := runRequest{Name: s.name, Text: s.text, Environment: s.in.Environment, Branch: s.in.Branch, Inputs: s.inputs, Outputs: s.prints, Files: s.files, Credentials: map[string]string{}}
		for name, text := range s.binds {
			one.Credentials[strings.TrimPrefix(name, "credentials.")] = text
		}
		ran = append(ran, s)
		r.Runs = append(r.Runs, one)
	}
	a := ask(t, r)
	t.Run("expressions", func(t *testing.T) { compareExpressions(t, codes, table, a) })
	for i, s := range all {
		if a.Parsed[i] != "ok" {
			t.Errorf("%s: Groovy does not read it: %s", s.name, a.Parsed[i])
		}
	}
	checked := 0
	for i, s := range ran {
		t.Run(s.name, func(t *testing.T) {
			if a.Runs[i].Error != "" || len(a.Runs[i].Unknown) > 0 {
				t.Fatalf("the stand-in does not run it: %s %v", a.Runs[i].Error, a.Runs[i].Unknown)
			}
			_, scripts := s.follow(t)
			checked += compareRuns(t, a.Runs[i].Records, scripts)
		})
	}
	t.Logf("%d pipelines are read by Groovy; of %d that it runs, %d scripts are compared", len(all), len(ran), checked)
}

// compareRuns expects the scripts of the stand-in among those of keyfit, in their order, and
// what is known of each to be so.
func compareRuns(t *testing.T, records []record, scripts []pipeline.Script) int {
	t.Helper()
	at := 0
	for _, s := range scripts {
		if s.Text == `cat "$1"` || strings.HasPrefix(s.Text, `printf '%s' "$2"`) || strings.HasPrefix(s.Text, `mkdir -p "$3"`) {
			continue
		}
		if at < len(records) && fits(s, records[at].Text) {
			compareEnv(t, records[at], s)
			at++
			continue
		}
		if s.Perhaps == nil {
			next := "nothing more"
			if at < len(records) {
				next = fmt.Sprintf("%q", records[at].Text)
			}
			t.Fatalf("follows the script %q, expected %s", shownText(s), next)
		}
	}
	if at < len(records) {
		t.Errorf("does not follow the script %q", records[at].Text)
	}
	return at
}

// fits reports whether a script may read as text: what is not known may be anything.
func fits(s pipeline.Script, text string) bool {
	var b strings.Builder
	for _, r := range s.Text {
		i := int(r - pipeline.Hole)
		switch {
		case !isHole(r):
			b.WriteString(regexp.QuoteMeta(string(r)))
		case s.Holes[i].State == model.Known:
			b.WriteString(regexp.QuoteMeta(s.Holes[i].Text.Reveal()))
		default:
			b.WriteString(`(?s:.*)`)
		}
	}
	return regexp.MustCompile(`\A` + b.String() + `\z`).MatchString(text)
}

func compareEnv(t *testing.T, want record, s pipeline.Script) {
	t.Helper()
	for name, text := range want.Env {
		v := s.Env.Get(name)
		if v.State == model.Absent || v.State == model.Known && v.Text.Reveal() != text {
			t.Errorf("the script %q finds %s=%s, expected %q", want.Text, name, shownValue(v), text)
		}
	}
	for name, v := range s.Env.All() {
		if _, there := want.Env[name]; v.State == model.Known && !there && name != "STAGE_NAME" {
			t.Errorf("the script %q finds %s=%s, expected nothing", want.Text, name, shownValue(v))
		}
	}
}
