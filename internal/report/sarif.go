package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/keyfit/keyfit/internal/provider"
)

// What GitHub's code scanning takes. A file beyond a limit is refused as a whole; of more
// than 5,000 results and 1,000 steps it shows the first.
const (
	maxRuns      = 20
	maxResults   = 25_000
	maxSteps     = 1_000 // of one journey
	maxRelated   = 100
	maxSarifText = 1024  // characters of a message or a description
	maxCategory  = 200   // characters; the standard sets no limit, and nobody reads more
	maxNotices   = 1_000 // notifications of one run
)

const (
	sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
	homePage    = "https://github.com/keyfit/keyfit"
)

// writeSARIF writes SARIF 2.1.0: one run for each environment, each with a category of its
// own, so that no environment's results replace another's.
func writeSARIF(w io.Writer, d Document, opt Options) error {
	return encode(w, newSARIF(&d, opt))
}

func newSARIF(d *Document, opt Options) sarifLog {
	log := sarifLog{Schema: sarifSchema, Version: "2.1.0", Runs: []sarifRun{}}
	rules := newRules(d)
	for _, g := range groups(d) {
		log.Runs = append(log.Runs, g.run(d, rules, opt))
	}
	return log
}

// group is what goes into one run.
type group struct {
	environments []string // more than one where there are too many for runs of their own
	entries      []entry
	offline      int // slots that nobody asked about
}

// groups sorts the entries into runs. The first environments by name get runs of their own;
// those that no longer fit share the last one.
func groups(d *Document) []group {
	names := environmentNames(d)
	at, out := map[string]int{}, make([]group, min(len(names), maxRuns))
	for i, name := range names {
		i = min(i, maxRuns-1)
		at[name] = i
		out[i].environments = append(out[i].environments, name)
	}
	for _, e := range entries(d) {
		g := &out[at[e.Environment]]
		g.entries = append(g.entries, e)
	}
	for _, u := range d.Unverified {
		if u.Reason == string(provider.Offline) {
			out[at[u.Environment]].offline++
		}
	}
	return out
}

// environmentNames lists every environment that the report has something to say about: a run
// without results would close the alerts of one in which nothing was found to look at. The
// empty name stands for what belongs to no environment; it is also there when nothing else is.
func environmentNames(d *Document) []string {
	var names []string
	for _, s := range d.Slots {
		names = append(names, s.Environment)
	}
	for _, u := range d.Unverified {
		names = append(names, u.Environment)
	}
	for _, f := range d.Findings {
		names = append(names, f.Environment)
	}
	for _, i := range d.Ignored {
		names = append(names, i.Finding.Environment)
	}
	if len(untoldProblems(d)) > 0 || len(names) == 0 {
		names = append(names, "")
	}
	return distinct(names)
}

func (g group) run(d *Document, rules rules, opt Options) sarifRun {
	run := sarifRun{
		Tool: sarifTool{Driver: sarifDriver{
			Name: "keyfit", Version: d.Tool.Version, SemanticVersion: semantic(d.Tool.Version), InformationURI: homePage, Rules: rules.list,
		}},
		AutomationDetails: sarifAutomation{ID: g.category(d.Shard), Description: sarifText{shorten(g.title(), maxSarifText)}},
		ColumnKind:        "unicodeCodePoints",
		Results:           []sarifResult{},
	}
	silent := 0
	for _, e := range g.entries {
		switch {
		case e.ignored != nil && opt.OpensAlerts:
			silent++
		case len(run.Results) < maxResults:
			run.Results = append(run.Results, e.result(rules))
		}
	}
	left := len(g.entries) - silent - len(run.Results)
	run.Invocations = []sarifInvocation{g.invocation(d, silent, left)}
	return run
}

// category is what GitHub takes for the identity of the run: all before the last slash. The
// parts of a divided run have their own, or one would replace the other.
func (g group) category(part *Shard) string {
	name := g.environments[0]
	if short := shorten(name, maxCategory); short != name {
		name = short + prints{}.next(Finding{Environment: name})
	}
	if len(g.environments) > 1 {
		name = "+more"
	}
	id := "keyfit/"
	if name != "" {
		id += name + "/"
	}
	if part != nil {
		id += fmt.Sprintf("%d-of-%d/", part.Index, part.Of)
	}
	return id
}

func (g group) title() string {
	switch {
	case len(g.environments) > 1:
		return fmt.Sprintf("keys of %d environments: %s", len(g.environments), strings.Join(g.environments, ", "))
	case g.environments[0] == "":
		return "what belongs to no environment"
	}
	return fmt.Sprintf("keys of %q", g.environments[0])
}

// invocation tells how the run went. It is no success where nothing could be looked at.
func (g group) invocation(d *Document, silent, left int) sarifInvocation {
	i := sarifInvocation{ExecutionSuccessful: true, Notifications: []sarifNotification{}}
	i.StartTime, i.EndTime = times(d)
	tell := func(level, format string, args ...any) {
		i.Notifications = append(i.Notifications, sarifNotification{Level: level, Message: sarifText{shorten(fmt.Sprintf(format, args...), maxSarifText)}})
	}
	switch {
	case len(d.Slots) == 0 && d.isEmptyPart():
		tell("note", "nothing to check in this part")
	case len(d.Slots) == 0:
		i.ExecutionSuccessful = false
		tell("error", "nothing to check: no key in any environment")
	}
	for _, u := range d.Unverified {
		if u.Variable == "" && slices.Contains(g.environments, u.Environment) {
			i.ExecutionSuccessful = false
			tell("error", "%s: %s", u.Environment, u.Message)
		}
	}
	if len(g.environments) > 1 {
		tell("warning", "a file may hold %d runs, so that this one holds %s", maxRuns, g.title())
	}
	if left > 0 {
		tell("warning", "a run may hold %d results: %d more are in the JSON report", maxResults, left)
	}
	if g.offline > 0 {
		tell("note", "%s not asked about, because keyfit ran offline", plural(g.offline, "key was", "keys were"))
	}
	if silent > 0 {
		tell("note", "%s by the configuration and left out here, because an alert would be opened for each; the JSON report has them", plural(silent, "finding is ignored", "findings are ignored"))
	}
	g.problems(&i)
	return i
}

// problems repeats the input problems of the run as notifications, as far as anybody reads.
func (g group) problems(i *sarifInvocation) {
	for _, e := range g.entries {
		if e.ID != "K001" || e.ignored != nil {
			continue
		}
		if len(i.Notifications) == maxNotices {
			return
		}
		n := sarifNotification{Level: level(e.Severity), Message: sarifText{shorten(harmless(e.Message), maxSarifText)}}
		if e.At.File != "" {
			n.Locations = []sarifLocation{{PhysicalLocation: physical(e.At)}}
		}
		i.Notifications = append(i.Notifications, n)
	}
}

// times gives when the run began and when it was over, empty when the report does not tell:
// a saved one may hold anything.
func times(d *Document) (start, end string) {
	at, err := time.Parse(time.RFC3339, d.Started)
	if err != nil {
		return "", ""
	}
	return stamp(at), stamp(at.Add(time.Duration(d.DurationMS) * time.Millisecond))
}

// level gives the standard's word for a severity, which is the same but for unknown ones.
func level(severity string) string {
	if weight(severity) < 0 {
		return "error"
	}
	return severity
}

// semantic gives a version as semver.org writes it, or nothing for a build from source.
func semantic(version string) string {
	v := strings.TrimPrefix(version, "v")
	core, _, _ := strings.Cut(v, "-")
	parts := strings.Split(core, ".")
	if len(parts) != 3 || slices.ContainsFunc(parts, func(p string) bool { return p == "" || strings.Trim(p, "0123456789") != "" }) {
		return ""
	}
	return v
}
