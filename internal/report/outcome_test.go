package report

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/checks"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/verdict"
)

func TestOutcome(t *testing.T) {
	known := key("1")
	unknown := model.UnknownBecause(model.WhyCISecret, "", model.Trail{})
	ok := verdict.Verdict{Rungs: rungs("++..."), Reason: provider.OK}
	tests := map[string]struct {
		value    model.Value
		verdict  verdict.Verdict
		severity string // of a finding about the slot; empty is none
		ignored  bool   // the finding is silenced
		want     string
		reason   string
	}{
		"accepted":                           {value: known, verdict: ok, want: Passed, reason: "ok"},
		"accepted, with a warning":           {value: known, verdict: ok, severity: "warning", want: Passed, reason: "ok"},
		"accepted, with an error":            {value: known, verdict: ok, severity: "error", want: Failed, reason: "ok"},
		"accepted, with a silenced error":    {value: known, verdict: ok, severity: "error", ignored: true, want: Passed, reason: "ok"},
		"refused":                            {value: known, verdict: verdict.Verdict{Rungs: rungs("+-..."), Reason: provider.KeyRevoked}, want: Failed, reason: "key_revoked"},
		"refused, without rungs":             {value: known, verdict: verdict.Verdict{Reason: provider.KeyRevoked}, want: Failed, reason: "key_revoked"},
		"a misfit":                           {value: known, verdict: verdict.Verdict{Rungs: rungs("+++++"), Reason: provider.TenantMismatch}, want: Failed, reason: "tenant_mismatch"},
		"a rung fails, the reason is silent": {value: known, verdict: verdict.Verdict{Rungs: rungs("-....")}, want: Failed},
		"rate limited":                       {value: known, verdict: verdict.Verdict{Reason: provider.RateLimited}, want: Unsettled, reason: "rate_limited"},
		"offline":                            {value: known, verdict: verdict.Verdict{Rungs: rungs("+...."), Reason: provider.Offline}, want: Unsettled, reason: "offline"},
		"no verdict at all":                  {value: known, want: Unsettled, reason: "not_probeable"},
		"a reason nobody knows":              {value: known, verdict: verdict.Verdict{Reason: "fine"}, want: Unsettled, reason: "fine"},
		"unknown value":                      {value: unknown, want: Unsettled, reason: "unresolved"},
		"unknown value, accepted":            {value: unknown, verdict: ok, want: Unsettled, reason: "ok"},
		"zero value":                         {want: Unsettled, reason: "unresolved"},
		"ambiguous":                          {value: model.Ambiguous("", known, key("2")), want: Unsettled, reason: "ambiguous"},
		"absent":                             {value: model.Value{State: model.Absent}, want: Unsettled, reason: "unresolved"},
		"absent, and that is an error":       {value: model.Value{State: model.Absent}, severity: "error", want: Failed},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			in := input("staging")
			s := slot("staging", "KEY", tt.value)
			in.Cases = []*checks.Case{{Slot: s, Verdict: tt.verdict}}
			severity := map[string]checks.Severity{"error": checks.Error, "warning": checks.Warning}[tt.severity]
			f := finding("K999", "x", severity, s, pos.Span{}, "", "")
			switch {
			case tt.ignored:
				in.Ignored = []checks.Ignored{{Finding: f}}
			case tt.severity != "":
				in.Findings = []checks.Finding{f}
			}
			d := Build(in)
			if got := d.Slots[0]; got.Outcome != tt.want || got.Reason != tt.reason {
				t.Errorf("got %s (%s), want %s (%s)", got.Outcome, got.Reason, tt.want, tt.reason)
			}
		})
	}
}

func TestSummaryAddsUp(t *testing.T) {
	for name, in := range stories() {
		d := Build(in)
		s := d.Summary
		if s.Passed+s.Failed+s.Unverified != s.Slots || s.Slots != len(d.Slots) {
			t.Errorf("%s: the slots do not add up: %+v", name, s)
		}
		if s.Errors+s.Warnings+s.Notes != len(d.Findings) {
			t.Errorf("%s: the findings do not add up: %+v", name, s)
		}
		if s.Unverified != len(d.Unverified) {
			t.Errorf("%s: %d unverified slots, %d in the list", name, s.Unverified, len(d.Unverified))
		}
	}
}

// TestOrderDoesNotMatter: the same run gives the same report, whatever the order in
// which its parts were finished.
func TestOrderDoesNotMatter(t *testing.T) {
	for name, in := range stories() {
		want := Build(in)
		turned := in
		turned.Cases, turned.Findings = reversed(in.Cases), reversed(in.Findings)
		if diff := cmp.Diff(want, Build(turned)); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

func reversed[T any](list []T) []T {
	out := make([]T, 0, len(list))
	for i := range list {
		out = append(out, list[len(list)-1-i])
	}
	return out
}

func TestExitCode(t *testing.T) {
	build := func(name string) Document { return Build(stories()[name]) }
	onlyNotes, noSlots := build("passed"), build("empty")
	onlyNotes.Findings = []Finding{{Severity: "note"}}
	noSlots.Findings = []Finding{{Severity: "warning"}}
	tests := []struct {
		name         string
		d            Document
		failOn       FailOn
		onUnverified OnUnverified
		want         int
		result       string
	}{
		{"passed", build("passed"), FailOnError, UnverifiedFails, 0, "passed"},
		{"error", build("suspended"), FailOnError, UnverifiedFails, 1, "failed"},
		{"error, told never to fail", build("suspended"), FailNever, UnverifiedFails, 0, "failed"},
		{"a warning is not enough", build("unverified"), FailOnError, UnverifiedPasses, 0, "unverified"},
		{"a warning is enough", build("unverified"), FailOnWarning, UnverifiedPasses, 1, "failed"},
		{"a note is not enough", onlyNotes, FailOnWarning, UnverifiedFails, 0, "passed"},
		{"a note is enough", onlyNotes, FailOnNote, UnverifiedFails, 1, "failed"},
		{"unverified fails", build("unverified"), FailOnError, UnverifiedFails, 3, "unverified"},
		{"unverified warns", build("unverified"), FailOnError, UnverifiedWarns, 0, "unverified"},
		{"unverified, never fail on findings", build("unverified"), FailNever, UnverifiedFails, 3, "unverified"},
		{"silenced failure and silenced doubt", build("ignored"), FailOnError, UnverifiedFails, 0, "passed"},
		{"no slots", build("empty"), FailOnError, UnverifiedPasses, 4, "error"},
		{"no environments", build("nothing"), FailOnError, UnverifiedPasses, 4, "error"},
		{"no slots, but a finding that counts", noSlots, FailOnWarning, UnverifiedPasses, 1, "failed"},
	}
	for _, tt := range tests {
		got := ExitCode(tt.d, tt.failOn, tt.onUnverified)
		if got != tt.want || Result(got, tt.d) != tt.result {
			t.Errorf("%s: got %d (%s), want %d (%s)", tt.name, got, Result(got, tt.d), tt.want, tt.result)
		}
	}
}

func TestParseLevels(t *testing.T) {
	if got, err := ParseFailOn("warning"); err != nil || got != FailOnWarning {
		t.Errorf("warning: got %v, %v", got, err)
	}
	if got, err := ParseOnUnverified("pass"); err != nil || got != UnverifiedPasses {
		t.Errorf("pass: got %v, %v", got, err)
	}
	_, err := ParseFailOn("warnings")
	if want := `--fail-on "warnings" is unknown, did you mean "warning"; expected one of error, warning, note, never`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if got, err := ParseOnUnverified("ignore"); err == nil || got != UnverifiedFails {
		t.Errorf("a mistake must not switch anything off: got %v, %v", got, err)
	}
}

// TestEveryReasonHasWords reads the reasons from where they are declared.
func TestEveryReasonHasWords(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "provider", "reason.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		lit, ok := spec.Values[0].(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return true
		}
		word, err := strconv.Unquote(lit.Value)
		if err != nil || !provider.IsReason(provider.Reason(word)) {
			return true
		}
		seen++
		if reasonText[provider.Reason(word)] == "" {
			t.Errorf("reason %q has no words", word)
		}
		return true
	})
	if seen != len(reasonText) || seen < 30 {
		t.Errorf("%d reasons are declared, %d have words", seen, len(reasonText))
	}
}

func TestStamp(t *testing.T) {
	zone := time.FixedZone("", 3600)
	if got := stamp(time.Date(2026, 1, 2, 3, 4, 5, 6, zone)); got != "2026-01-02T02:04:05Z" {
		t.Errorf("got %s", got)
	}
}
