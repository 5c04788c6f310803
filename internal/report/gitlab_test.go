package report

import (
	"encoding/json"
	"path"
	"slices"
	"strings"
	"testing"
)

// checkCodeQuality holds a report against what GitLab asks for at
// docs.gitlab.com/ci/testing/code_quality, "Code Quality report format": an array of objects
// with these fields, no byte order mark, paths relative to the repository and without "./",
// and fingerprints that are unique, since of equal ones only one is shown.
func checkCodeQuality(t *testing.T, text string) []gitlabIssue {
	t.Helper()
	if !strings.HasPrefix(text, "[") {
		t.Fatalf("no array: %.20q", text)
	}
	var raw []map[string]any
	var issues []gitlabIssue
	if err := json.Unmarshal([]byte(text), &raw); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(text), &issues); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for i, issue := range issues {
		for _, field := range []string{"description", "check_name", "fingerprint", "severity", "location"} {
			if raw[i][field] == nil || raw[i][field] == "" {
				t.Errorf("%d lacks its %s", i, field)
			}
		}
		if !slices.Contains([]string{"info", "minor", "major", "critical", "blocker"}, issue.Severity) {
			t.Errorf("severity %q", issue.Severity)
		}
		if seen[issue.Fingerprint] {
			t.Errorf("%q has the fingerprint of another", issue.Description)
		}
		seen[issue.Fingerprint] = true
		p := issue.Location.Path
		if p == "" || p != path.Clean(p) || path.IsAbs(p) || strings.HasPrefix(p, "../") || issue.Location.Lines.Begin < 1 {
			t.Errorf("location %+v", issue.Location)
		}
	}
	return issues
}

func TestCodeQuality(t *testing.T) {
	documents := map[string]Document{"offline": offlineDocument(), "outside": outsideDocument(), "twins": twinsDocument()}
	for name, in := range stories() {
		documents[name] = Build(in)
	}
	for name, d := range documents {
		t.Run(name, func(t *testing.T) {
			if got := checkCodeQuality(t, render(t, "gitlab", d, Options{})); len(got) < len(d.Findings) {
				t.Errorf("%d entries for %d findings", len(got), len(d.Findings))
			}
		})
	}
}

// TestCodeQualityTellsDoubts: what could not be verified is there, and weighs less than what
// is wrong; what is ignored or was not asked is not.
func TestCodeQualityTellsDoubts(t *testing.T) {
	severities := func(d Document) (out []string) {
		for _, issue := range checkCodeQuality(t, render(t, "gitlab", d, Options{})) {
			out = append(out, issue.CheckName[:4]+" "+issue.Severity)
		}
		return out
	}
	for name, c := range map[string]struct {
		d    Document
		want []string
	}{
		"wrong":      {Build(suspendedStory()), []string{"K304 critical", "K105 major"}},
		"unverified": {Build(unverifiedStory()), []string{"K401 minor", "K102 info", "K107 info", "K102 info"}},
		"ignored":    {Build(ignoredStory()), nil},
		"offline":    {offlineDocument(), nil},
		"problem":    {Build(elsewhereStory()), []string{"K205 critical", "K001 minor"}},
	} {
		if got := severities(c.d); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}
