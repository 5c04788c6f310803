package report

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"
)

func diagnosed(level string) Diagnosis {
	skew := int64(-90)
	d := Diagnosis{Facts: []Fact{
		{Section: "clock", Level: FactWarning, Message: "this machine's clock is 90s ahead of that of 1 host", Fix: "set the clock"},
		{Section: "hosts", Level: level, Name: "api.example.com", Message: "api.example.com answers: HTTP 404, in 12 ms" + strings.Repeat(" and so on", 12), Fix: strings.Repeat("do this ", 20),
			Details: []string{strings.Repeat("10.0.0.1 ", 20)}, Host: &Host{Environments: []string{"staging"}, Providers: []string{"stripe"}, Reason: "ok", SkewSeconds: &skew}},
		{Section: "inputs", Level: FactOK, Name: "secrets.X", Environment: "staging", State: "present", Message: `"secrets.X" of staging is present`},
	}}
	d.Complete()
	return d
}

func TestDiagnosis(t *testing.T) {
	for level, want := range map[string]int{FactOK: 0, FactNote: 0, FactWarning: 0, FactUnreachable: 3, FactError: 1} {
		if got := diagnosed(level).ExitCode(); got != want {
			t.Errorf("%s gives exit code %d, want %d", level, got, want)
		}
	}
	both := diagnosed(FactUnreachable)
	both.Facts = append(both.Facts, Fact{Section: "inputs", Level: FactError, Message: "x"})
	both.Complete()
	if both.ExitCode() != 1 || both.Warnings != 1 || both.Facts[0].Section != "inputs" || both.Facts[len(both.Facts)-1].Section != "clock" {
		t.Errorf("sorted and counted: %+v", both)
	}
}

func TestDiagnosisAsText(t *testing.T) {
	var b bytes.Buffer
	if err := WriteDiagnosis(&b, "text", diagnosed(FactUnreachable), Options{}); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(b.String()) {
		if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > 80 {
			t.Errorf("%d columns: %q", n, line)
		}
	}
	for _, want := range []string{"inputs\n  ✓ ", "hosts\n  ✗ api.example.com", "    · 10.0.0.1", "    = fix: do this", "clock\n  ! this", "a check cannot verify everything: 1 host unreachable, 1 warning\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("it lacks %q:\n%s", want, b.String())
		}
	}
	b.Reset()
	if err := WriteDiagnosis(&b, "text", diagnosed(FactOK), Options{Quiet: true, ASCII: true}); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "secrets.X") || !strings.Contains(b.String(), "  ! this") {
		t.Errorf("quiet says\n%s", b.String())
	}
}

func TestDiagnosisIsValid(t *testing.T) {
	s := compileSchema(t, "doctor.schema.json")
	for _, d := range []Diagnosis{diagnosed(FactOK), diagnosed(FactError)} {
		if err := violation(t, s, d); err != nil {
			t.Error(err)
		}
	}
	empty := Diagnosis{}
	empty.Complete()
	if err := violation(t, s, empty); err != nil {
		t.Error(err)
	}
	bad := diagnosed("sure")
	if violation(t, s, bad) == nil {
		t.Error("the schema accepts a level that there is not")
	}
	e, _ := BuildEvidence(EvidenceInput{Document: Build(supportStory(hostile))})
	if err := violation(t, compileSchema(t, "evidence.schema.json"), e); err != nil {
		t.Error(err)
	}
}
