package report

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/keyfit/keyfit/internal/checks"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/verdict"
)

// withoutRules takes the rules out of a SARIF file, so that a golden does not change with
// each word of a manual page.
func withoutRules(t *testing.T, text string) string {
	t.Helper()
	log := readSARIF(t, text)
	for i := range log.Runs {
		log.Runs[i].Tool.Driver.Rules = nil
	}
	var b bytes.Buffer
	if err := encode(&b, log); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func readSARIF(t *testing.T, text string) sarifLog {
	t.Helper()
	var log sarifLog
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&log); err != nil {
		t.Fatal(err)
	}
	return log
}

// sarifSchemaOf compiles the schema of the standard, formats such as uri-reference included.
func sarifSchemaOf(t testing.TB) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	s, err := c.Compile(filepath.Join("testdata", "schema", "sarif-schema-2.1.0.json"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func validSARIF(t *testing.T, s *jsonschema.Schema, text string) {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(v); err != nil {
		t.Errorf("not SARIF 2.1.0: %v", err)
	}
}

func TestSARIFIsValid(t *testing.T) {
	schema := sarifSchemaOf(t)
	documents := map[string]Document{"offline": offlineDocument(), "crowd": crowd(30, 2), "outside": outsideDocument()}
	for name, in := range stories() {
		documents[name] = Build(in)
	}
	for name, d := range documents {
		t.Run(name, func(t *testing.T) {
			for _, opt := range []Options{{}, {OpensAlerts: true}} {
				if opt.OpensAlerts && len(d.Ignored) == 0 {
					continue
				}
				text := render(t, "sarif", d, opt)
				validSARIF(t, schema, text)
				for rule, broken := range gitHubRules() {
					for _, what := range broken(readSARIF(t, text)) {
						t.Errorf("%s: %s", rule, what)
					}
				}
			}
		})
	}
	broken := strings.Replace(render(t, "sarif", Build(suspendedStory()), Options{}), `"level": "error"`, `"level": "fatal"`, 1)
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(broken))
	if err != nil {
		t.Fatal(err)
	}
	if schema.Validate(v) == nil {
		t.Error("the schema accepts a level that there is not")
	}
}

func offlineDocument() Document {
	in := input("staging")
	s := slot("staging", "PAYMENT_API_KEY", key("1", hop("dotenv", "PAYMENT_API_KEY", at(".env", 1, 1))))
	in.Cases = []*checks.Case{{Slot: s, Verdict: verdict.Verdict{Rungs: rungs("+...."), Reason: provider.Offline}}}
	return Build(in)
}

// outsideDocument has places that are no files of the repository.
func outsideDocument() Document {
	in := suspendedStory()
	for i, file := range []string{"/etc/environment", "../other/.env"} {
		in.Findings[i].At = at(file, 2, 2)
	}
	in.Findings[0].Related = []checks.Related{{At: at("C:/deploy/a b#c?.sh", 1, 1), Message: "[click](https://evil.example)"}}
	in.Problems = []model.Problem{{At: at("dir:x/ü %41.yaml", 3, 0), Message: "not YAML"}}
	return Build(in)
}

// crowd is a run over many environments.
func crowd(environments, findings int) Document {
	in := input()
	for e := range environments {
		name := fmt.Sprintf("env-%02d", e)
		for i := range findings {
			s := slot(name, fmt.Sprintf("KEY_%04d", i), key(fmt.Sprint(i), hop("dotenv", "KEY", at(".env", i+1, 1))))
			in.Cases = append(in.Cases, &checks.Case{Slot: s, Verdict: verdict.Verdict{Rungs: rungs("+-..."), Reason: provider.KeyUnknown}})
			in.Findings = append(in.Findings, finding("K301", "unknown-key", checks.Error, s, at(".env", i+1, 1), "the API does not know the key", "replace it"))
		}
	}
	return Build(in)
}

// TestSARIFLeavesNothingOut: beyond a limit the file says so.
func TestSARIFLeavesNothingOut(t *testing.T) {
	d := crowd(30, 2)
	log := newSARIF(&d, Options{})
	last, results := log.Runs[len(log.Runs)-1], 0
	for _, r := range log.Runs {
		results += len(r.Results)
	}
	if len(log.Runs) != maxRuns || results != 60 || last.AutomationDetails.ID != "keyfit/+more/" {
		t.Errorf("%d runs, %d results, the last run is %q", len(log.Runs), results, last.AutomationDetails.ID)
	}
	if n := last.Invocations[0].Notifications; len(n) == 0 || !strings.Contains(n[0].Message.Text, "env-29") {
		t.Errorf("the last run does not say what it holds: %+v", n)
	}
	g := group{environments: []string{"staging"}}
	for i := range maxResults + 3 {
		g.entries = append(g.entries, entry{Finding: Finding{ID: "K301", Severity: "error", Environment: "staging", Message: "m"}, print: fmt.Sprint(i)})
	}
	run := g.run(&d, newRules(&d), Options{})
	if n := run.Invocations[0].Notifications; len(run.Results) != maxResults || len(n) != 1 || !strings.Contains(n[0].Message.Text, "3 more") {
		t.Errorf("%d results, notifications %+v", len(run.Results), n)
	}
}

// TestSARIFTellsHowTheRunWent: what could not be looked at is no success.
func TestSARIFTellsHowTheRunWent(t *testing.T) {
	unread := input("staging")
	problem := model.Problem{At: at("a.yaml", 1, 1), Message: "not YAML"}
	unread.Cases = []*checks.Case{{Problem: &problem}}
	unread.Findings = []checks.Finding{{ID: "K001", Name: "input-problem", Severity: checks.Warning, Environment: "staging", At: problem.At, Message: problem.Message}}
	for name, c := range map[string]struct {
		d       Document
		success bool
		says    string
	}{
		"passed":  {Build(passedStory()), true, ""},
		"empty":   {Build(emptyStory()), false, "nothing to check"},
		"unread":  {Build(unread), false, "could not be read"},
		"offline": {offlineDocument(), true, "1 key was not asked about"},
		"problem": {Build(elsewhereStory()), true, "not YAML"},
	} {
		i := newSARIF(&c.d, Options{}).Runs[0].Invocations[0]
		told := slices.ContainsFunc(i.Notifications, func(n sarifNotification) bool { return strings.Contains(n.Message.Text, c.says) })
		if i.ExecutionSuccessful != c.success || c.says != "" && !told {
			t.Errorf("%s: %+v", name, i)
		}
	}
}

// TestSuppressions: what is ignored stays visible with its reason, and is no alert where the
// reader would open one.
func TestSuppressions(t *testing.T) {
	d := Build(ignoredStory())
	found := 0
	for _, r := range newSARIF(&d, Options{}).Runs[0].Results {
		if len(r.Suppressions) == 1 && r.Suppressions[0].Justification != "" {
			found++
		}
	}
	if found != 2 {
		t.Errorf("%d of 2 ignored findings are told", found)
	}
	for source, kind := range map[string]string{checks.FromConfig: "external", checks.FromComment: "inSource"} {
		if s := suppression(Ignored{Reason: "r", Source: source, At: At{File: "keyfit.yaml", Line: 3}}); s.Kind != kind || s.Location == nil {
			t.Errorf("%s: %+v", source, s)
		}
	}
	run := newSARIF(&d, Options{OpensAlerts: true}).Runs[0]
	if len(run.Results) != 0 || len(run.Invocations[0].Notifications) == 0 {
		t.Errorf("%d alerts, notifications %+v", len(run.Results), run.Invocations[0].Notifications)
	}
}

// TestFingerprints: they hold while lines move and keys change, and differ between what differs.
func TestFingerprints(t *testing.T) {
	prints := func(in Input) (out []string) {
		d := Build(in)
		for _, e := range entries(&d) {
			out = append(out, e.print)
		}
		slices.Sort(out)
		return out
	}
	before := prints(suspendedStory())
	moved := suspendedStory()
	for i := range moved.Findings {
		moved.Findings[i].At.Start.Line += 40
		moved.Findings[i].Message += " since yesterday"
	}
	moved.Cases[0].Slot.Value = key("another", hop("shell", "export PAYMENT_API_KEY", at("scripts/deploy.sh", 47, 8)))
	if after := prints(moved); !slices.Equal(before, after) {
		t.Errorf("an edit made new findings of old ones: %v, %v", before, after)
	}
	other := suspendedStory()
	for i := range other.Findings {
		other.Findings[i].Environment = "production"
	}
	for _, p := range prints(other) {
		if slices.Contains(before, p) {
			t.Error("two environments have the same finding")
		}
	}
	twins := suspendedStory()
	twins.Findings = append(twins.Findings, twins.Findings...)
	all := prints(twins)
	if n := len(slices.Compact(all)); n != 4 {
		t.Errorf("%d identities for 4 findings", n)
	}
}

func TestCategories(t *testing.T) {
	part := &Shard{Index: 2, Of: 4}
	for want, c := range map[string]struct {
		names []string
		part  *Shard
	}{
		"keyfit/":                {[]string{""}, nil},
		"keyfit/staging/":        {[]string{"staging"}, nil},
		"keyfit/review/42/":      {[]string{"review/42"}, nil},
		"keyfit/+more/":          {[]string{"a", "b"}, nil},
		"keyfit/staging/2-of-4/": {[]string{"staging"}, part},
	} {
		if got := (group{environments: c.names}).category(c.part); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	long := strings.Repeat("x", 500)
	a, b := group{environments: []string{long + "a"}}.category(nil), group{environments: []string{long + "b"}}.category(nil)
	if a == b || len(a) > 300 {
		t.Errorf("%q and %q", a, b)
	}
}

func TestRulesAreComplete(t *testing.T) {
	r := newRules(&Document{Findings: []Finding{{ID: "K999", Name: "from-the-future", Severity: "note"}}})
	for _, c := range checks.All() {
		rule := r.list[r.at[c.ID]]
		if rule.ID != c.ID || rule.Help.Markdown == "" || !strings.HasPrefix(rule.HelpURI, "https://") {
			t.Errorf("%s: %+v", c.ID, rule)
		}
		if strings.Contains(rule.Help.Markdown+rule.Help.Text, canary) {
			t.Errorf("%s: the help shows a key", c.ID)
		}
	}
	if rule := r.list[r.at["K999"]]; rule.ID != "K999" || rule.Help.Text == "" {
		t.Errorf("K999: %+v", rule)
	}
}

func TestSemanticVersion(t *testing.T) {
	for version, want := range map[string]string{"1.2.3": "1.2.3", "v1.2.3": "1.2.3", "1.2.3-rc.1": "1.2.3-rc.1", "": "", "dev": "", "1.2": ""} {
		if got := semantic(version); got != want {
			t.Errorf("%q: got %q, want %q", version, got, want)
		}
	}
}

func TestURI(t *testing.T) {
	for file, want := range map[string]string{
		"a/b.env": "a/b.env", "./a": "a", "a b/ü#?.sh": "a%20b/%C3%BC%23%3F.sh", "c:d": "c%3Ad", "/etc/x": "file:///etc/x", "a%41": "a%2541",
	} {
		if got := uri(file); got != want {
			t.Errorf("%q: got %q, want %q", file, got, want)
		}
	}
}

// BenchmarkMachines writes a run of 5,000 slots with 2,000 findings.
func BenchmarkMachines(b *testing.B) {
	in := manySlots(5000)
	in.Findings = in.Findings[:2000]
	d := Build(in)
	for _, name := range FormatNames() {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := Write(io.Discard, name, d, options(80)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// missingTool keeps a CI from passing without the tools that these tests need.
func missingTool(t *testing.T, tool string) {
	t.Helper()
	if cmp.Or(os.Getenv("CI"), "false") == "true" {
		t.Fatalf("%s is not installed; scripts/install/%s.sh does it", tool, tool)
	}
	t.Skipf("%s is not installed; scripts/install/%s.sh does it", tool, tool)
}
