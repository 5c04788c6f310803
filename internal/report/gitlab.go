package report

import (
	"io"
	"path"
)

// gitlabIssue is one entry of a code quality report.
type gitlabIssue struct {
	Type        string         `json:"type"`
	CheckName   string         `json:"check_name"`
	Description string         `json:"description"`
	Categories  []string       `json:"categories"`
	Severity    string         `json:"severity"`
	Fingerprint string         `json:"fingerprint"`
	Location    gitlabLocation `json:"location"`
}

type gitlabLocation struct {
	Path  string      `json:"path"`
	Lines gitlabLines `json:"lines"`
}

type gitlabLines struct {
	Begin int `json:"begin"`
}

// writeGitLab writes a code quality report as GitLab's merge requests show it. What is
// ignored is not in it: there is no word for that.
func writeGitLab(w io.Writer, d Document, _ Options) error {
	issues := []gitlabIssue{}
	for _, e := range entries(&d) {
		if e.ignored == nil {
			issues = append(issues, e.issue())
		}
	}
	return encode(w, issues)
}

func (e entry) issue() gitlabIssue {
	at := e.place()
	return gitlabIssue{
		Type: "issue", CheckName: e.ID + " " + e.Name, Description: e.told(maxSarifText), Categories: []string{"Security"},
		Severity: e.gitlabSeverity(), Fingerprint: e.print,
		Location: gitlabLocation{Path: path.Clean(at.File), Lines: gitlabLines{Begin: max(at.Line, 1)}},
	}
}

// gitlabSeverity spreads three levels over GitLab's five. Doubt weighs less than what is
// known to be wrong; nothing blocks, since the exit code does that.
func (e entry) gitlabSeverity() string {
	switch {
	case level(e.Severity) == "error":
		return "critical"
	case e.Severity == "warning" && (acceptsDoubt(e.ID) || e.ID == "K001"):
		return "minor"
	case e.Severity == "warning":
		return "major"
	}
	return "info"
}
