package checks

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/keyfit/keyfit/internal/canary"
)

var update = flag.Bool("update", false, "rewrite testdata")

const golden = "testdata/findings.golden"

// TestFindings runs the table: each row fires exactly the ids that it names, and says
// exactly what the golden file holds.
func TestFindings(t *testing.T) {
	want := readGolden(t)
	var out strings.Builder
	seen := map[string]bool{}
	for _, r := range rows() {
		if seen[r.name] {
			t.Errorf("%s: the name stands twice", r.name)
		}
		seen[r.name] = true
		got := render(Judge(r.run))
		fmt.Fprintf(&out, "== %s\n%s", r.name, got)
		t.Run(r.name, func(t *testing.T) {
			if ids := idsOf(Judge(r.run)); ids != r.fires {
				t.Errorf("fires %q, want %q", ids, r.fires)
			}
			if diff := cmp.Diff(want[r.name], got); diff != "" && !*update {
				t.Errorf("findings differ (-want +got):\n%s", diff)
			}
		})
	}
	for name := range want {
		if !seen[name] && !*update {
			t.Errorf("%s holds %q, which is no row of the table", golden, name)
		}
	}
	if *update {
		if err := os.WriteFile(golden, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if len(seen) < 120 {
		t.Errorf("%d rows, expected at least 120", len(seen))
	}
}

func readGolden(t *testing.T) map[string]string {
	t.Helper()
	data, err := os.ReadFile(golden)
	if err != nil {
		if *update {
			return nil
		}
		t.Fatal(err)
	}
	out := map[string]string{}
	for section := range strings.SplitSeq(strings.TrimPrefix(string(data), "== "), "\n== ") {
		name, body, _ := strings.Cut(section, "\n")
		if body != "" && !strings.HasSuffix(body, "\n") {
			body += "\n"
		}
		out[name] = body
	}
	return out
}

// render writes findings down for people: what the golden file holds.
func render(j Judgement) string {
	var b strings.Builder
	for _, f := range j.Findings {
		fmt.Fprintf(&b, "%s %s %s %s\n  %s\n  fix: %s\n", f.ID, f.Severity, f.Slot(), f.At, f.Message, f.Fix)
		for _, r := range f.Related {
			fmt.Fprintf(&b, "  also: %s %s\n", r.At, r.Message)
		}
	}
	for _, i := range j.Ignored {
		fmt.Fprintf(&b, "ignored: %s %s until %s, %q, %s\n", i.Finding.ID, i.Finding.Slot(), day(i.Expires), i.Reason, i.At)
	}
	return b.String()
}

func idsOf(j Judgement) string {
	var ids []string
	for _, f := range j.Findings {
		ids = append(ids, f.ID)
	}
	slices.Sort(ids)
	return strings.Join(ids, " ")
}

// TestFindingsAreComplete looks at what every finding of the table has to have.
func TestFindingsAreComplete(t *testing.T) {
	fired := map[string]bool{}
	for _, r := range rows() {
		j := Judge(r.run)
		for _, f := range j.Findings {
			fired[f.ID] = true
			if f.Message == "" || f.Fix == "" || f.Name == "" {
				t.Errorf("%s: %s has no message, fix or name", r.name, f.ID)
			}
			if strings.HasSuffix(f.Message, ".") || strings.HasSuffix(f.Fix, ".") || strings.ContainsAny(f.Message+f.Fix, "\n\r") {
				t.Errorf("%s: %s ends in a full stop or has several lines", r.name, f.ID)
			}
			if strings.Contains(f.Message+f.Fix, "%!") {
				t.Errorf("%s: %s is badly formatted: %s / %s", r.name, f.ID, f.Message, f.Fix)
			}
			for _, related := range f.Related {
				if related.Message == "" {
					t.Errorf("%s: %s has a related place without a message", r.name, f.ID)
				}
			}
		}
		if !slices.IsSortedFunc(j.Findings, Compare) {
			t.Errorf("%s: findings are not in order", r.name)
		}
		keys := map[string]bool{}
		for _, f := range j.Findings {
			if keys[f.Key()] {
				t.Errorf("%s: two findings have the key %s", r.name, f.Key())
			}
			keys[f.Key()] = true
		}
	}
	for _, check := range All() {
		if !fired[check.ID] {
			t.Errorf("no row fires %s", check.ID)
		}
	}
}

// TestOrderOfCasesDoesNotMatter shuffles the cases of every row.
func TestOrderOfCasesDoesNotMatter(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, r := range rows() {
		want := Judge(r.run)
		for range 3 {
			random.Shuffle(len(r.run.Cases), func(i, j int) { r.run.Cases[i], r.run.Cases[j] = r.run.Cases[j], r.run.Cases[i] })
			if diff := cmp.Diff(want, Judge(r.run), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s: another order gives other findings:\n%s", r.name, diff)
			}
		}
	}
}

// TestNoFindingShowsAKey searches every word of every finding of the table for the
// fixtures' keys and for their base64, hexadecimal and URL forms.
func TestNoFindingShowsAKey(t *testing.T) {
	for _, r := range rows() {
		if form := canary.Find([]byte(render(Judge(r.run)))); form != "" {
			t.Errorf("%s: a finding shows a key, %s", r.name, form)
		}
	}
}

// TestContract compares the checks with the table of the contract.
func TestContract(t *testing.T) {
	want := []string{
		"K001 input-problem warning", "K101 missing-key error", "K102 unresolved-key warning", "K103 unresolved-literal error",
		"K104 malformed-key error", "K105 overridden-key warning", "K106 hard-coded-key warning", "K107 ambiguous-key warning", "K108 name-mismatch warning",
		"K109 wrong-provider error", "K201 wrong-mode error", "K202 shared-key error", "K203 wrong-account error",
		"K204 wrong-tenant error", "K205 wrong-environment error", "K301 unknown-key error", "K302 revoked-key error",
		"K303 expired-key error", "K304 owner-inactive error", "K305 owner-missing error", "K306 account-inactive error",
		"K307 missing-permission error", "K308 personal-key warning", "K309 excess-permission warning", "K310 open-endpoint error",
		"K401 unverified warning",
	}
	var got []string
	for _, c := range All() {
		got = append(got, fmt.Sprintf("%s %s %s", c.ID, c.Name, c.Severity))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the checks are not those of the contract (-want +got):\n%s", diff)
	}
}

// TestPages checks that every manual page is complete and leads somewhere.
func TestPages(t *testing.T) {
	id := regexp.MustCompile(`\bK\d{3}\b`)
	for _, c := range All() {
		p := c.Page
		for field, text := range map[string]string{"Summary": p.Summary, "Why": p.Why, "Bad": p.Bad, "Good": p.Good, "Fix": p.Fix, "Limits": p.Limits} {
			if strings.TrimSpace(text) == "" {
				t.Errorf("%s: %s is empty", c.ID, field)
			}
			if strings.Contains(text, "```") || text != strings.TrimSpace(text) {
				t.Errorf("%s: %s has a fence of its own or blanks around it", c.ID, field)
			}
			for _, other := range id.FindAllString(text, -1) {
				if _, ok := Find(other); !ok {
					t.Errorf("%s: %s names %s, which does not exist", c.ID, field, other)
				}
			}
		}
		if p.Bad == p.Good {
			t.Errorf("%s: the good example is the bad one", c.ID)
		}
		if len(p.See) == 0 || slices.Contains(p.See, c.ID) {
			t.Errorf("%s: See is empty or names the page itself", c.ID)
		}
		for _, see := range p.See {
			if _, ok := Find(see); !ok {
				t.Errorf("%s: See names %s, which does not exist", c.ID, see)
			}
		}
		if c.Run == nil {
			t.Errorf("%s has no rule", c.ID)
		}
	}
}

func TestFind(t *testing.T) {
	for text, want := range map[string]string{"K105": "K105", " k105\n": "K105", "Overridden-Key": "K105", "K108": "K108", "K110": "", "": "", "K1": ""} {
		got, ok := Find(text)
		if got.ID != want || ok != (want != "") {
			t.Errorf("Find(%q) gives %q, want %q", text, got.ID, want)
		}
	}
}

func TestManual(t *testing.T) {
	overridden, _ := Find("K105")
	page := Manual(overridden)
	for _, want := range []string{
		"# K105: overridden-key\n", overridden.Page.Summary, overridden.Page.Why, overridden.Page.Bad, overridden.Page.Good, overridden.Page.Fix,
		overridden.Page.Limits, `{id: K105, slot: "staging/*/PAYMENT_API_KEY", `, "- [K106: hard-coded-key](K106.md): a literal key",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	problem, _ := Find("K001")
	if !strings.Contains(Manual(problem), `{id: K001, slot: "staging/*", `) {
		t.Error("an input problem has no variable to name in an ignore")
	}
	for sentence, want := range map[string]string{"A key.": "a key.", "API keys.": "API keys.", "": "", "A": "A"} {
		if got := lowerFirst(sentence); got != want {
			t.Errorf("lowerFirst(%q) gives %q, want %q", sentence, got, want)
		}
	}
}

// TestIDs makes sure that ids are unique and in order.
func TestIDs(t *testing.T) {
	ids := IDs()
	if !slices.IsSorted(ids) || len(slices.Compact(slices.Clone(ids))) != len(All()) {
		t.Errorf("the ids are not unique and in order: %v", ids)
	}
}

// TestZeroCases judges cases in which nothing is set: they are unknown, never a pass.
func TestZeroCases(t *testing.T) {
	r := &Run{Cases: []*Case{{}}}
	if got := idsOf(Judge(r)); got != "K102" {
		t.Errorf("a case without a run fires %q, want K102", got)
	}
	r.Cases[0].Run = r
	if got := idsOf(Judge(r)); got != "K102" {
		t.Errorf("the zero case fires %q, want K102", got)
	}
	if diff := cmp.Diff(Judgement{}, Judge(&Run{})); diff != "" {
		t.Errorf("an empty run gives findings:\n%s", diff)
	}
}
