package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/keyfit/keyfit/internal/checks"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/provider"
)

// unreadable is a report that found no key, but a file that it could not read.
func unreadable(environment string) Document {
	in := input(environment)
	f := finding("K001", "unread-input", checks.Warning, slot(environment, "", model.Value{}), pos.Span{}, "no YAML", "")
	f.Consumer, f.Variable = "", ""
	in.Findings = []checks.Finding{f}
	return Build(in)
}

// reread writes a report down and reads it again.
func reread(t *testing.T, d Document) Document {
	t.Helper()
	back, err := Read("r.json", []byte(render(t, "json", d, Options{})))
	if err != nil {
		t.Fatal(err)
	}
	return back
}

// TestMergeKeepsWhatOneReportDoesNotShow: a good key in one report says nothing of another one
// that could not look, or found nothing; neither does a merge of the merge.
func TestMergeKeepsWhatOneReportDoesNotShow(t *testing.T) {
	good := answered(1, "staging", key("1"), provider.OK)
	later := answered(2, "staging", key("1"), provider.OK)
	unread, empty := unreadable("staging"), Build(input("staging"))
	named := func(d Document, repository string) Document { d.Repository = repository; return d }
	tests := map[string]struct {
		docs   []Document
		latest bool
		code   int
		want   string
	}{
		"unread":                         {[]Document{unread, good}, false, exitUnverified, "could not be read"},
		"unread, the other way":          {[]Document{good, unread}, false, exitUnverified, "could not be read"},
		"no key":                         {[]Document{empty, good}, false, exitUnverified, "holds no key"},
		"no environment":                 {[]Document{Build(input()), good}, false, exitUnverified, "holds no key"},
		"no key, another environment":    {[]Document{Build(input("qa")), good}, false, exitUnverified, "holds no key"},
		"nothing anywhere":               {[]Document{empty, Build(input("qa"))}, false, exitNothing, ""},
		"only unread":                    {[]Document{unread}, false, exitUnverified, "no key was found here"},
		"run again":                      {[]Document{named(unread, "x/y"), named(later, "x/y")}, true, exitOK, ""},
		"run again in another one":       {[]Document{named(unread, "x/y"), named(later, "x/z")}, true, exitUnverified, "could not be read"},
		"nothing tells it was run again": {[]Document{unread, later}, true, exitUnverified, "could not be read"},
		"the other part has the slots":   {[]Document{part(empty, 1, 2, 1, "p"), part(good, 2, 2, 0, "p")}, false, exitOK, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := Merge(tt.docs, tt.latest)
			again := Merge([]Document{reread(t, d)}, tt.latest)
			more := Merge([]Document{reread(t, d), good}, false)
			for what, d := range map[string]Document{"once": d, "twice": again} {
				if code := ExitCode(d, FailOnError, UnverifiedFails); code != tt.code {
					t.Errorf("%s: exit code %d, want %d", what, code, tt.code)
				}
				if text := fmt.Sprint(d.Unverified); !strings.Contains(text, tt.want) {
					t.Errorf("%s: unverified %s, want %q", what, text, tt.want)
				}
				if last := summaryText(d); tt.code == exitUnverified && strings.HasPrefix(last, Passed) {
					t.Errorf("%s: the text says %q", what, last)
				}
			}
			if code := ExitCode(more, FailOnError, UnverifiedFails); tt.code != exitOK && code != exitUnverified {
				t.Errorf("joined with a good one: exit code %d", code)
			}
		})
	}
}

// TestMergeNeverMendsShards: parts that did not add up once do not add up by being joined again,
// in whatever steps.
func TestMergeNeverMendsShards(t *testing.T) {
	two := answered(0, "production", key("2"), provider.OK)
	cut := part(answered(0, "staging", key("1"), provider.OK), 1, 2, 1, "p")
	cut.Slots = nil
	whole := part(two, 2, 2, 1, "p")
	steps := map[string][]Document{
		"at once":             {cut, whole},
		"the cut part first":  {reread(t, Merge([]Document{cut}, false)), whole},
		"the whole one first": {reread(t, Merge([]Document{whole}, false)), cut},
		"both apart":          {reread(t, Merge([]Document{whole}, false)), reread(t, Merge([]Document{cut}, false))},
	}
	for name, docs := range steps {
		d := Merge(docs, false)
		for range 3 {
			if code := ExitCode(d, FailOnError, UnverifiedFails); code != exitUnverified {
				t.Errorf("%s: exit code %d, want %d", name, code, exitUnverified)
			}
			d = Merge([]Document{reread(t, d)}, false)
		}
	}
}

// TestLatestWithinOneRepository: a pass in one repository is no answer to a failure in another
// one that calls its slot the same.
func TestLatestWithinOneRepository(t *testing.T) {
	place := func(file string) model.Hop { return hop("dotenv", "PAYMENT_API_KEY", at(file, 1, 1)) }
	process := hop(model.KindProcess, "PAYMENT_API_KEY", pos.Span{})
	tests := map[string]struct {
		firstHop, secondHop model.Hop
		first, second       string // the repositories
		want                string
	}{
		"one repository":             {place("a"), place("b"), "x/y", "x/y", Passed},
		"two of them":                {place("a"), place("a"), "x/y", "x/z", Failed},
		"one of them unknown":        {place("a"), place("a"), "x/y", "", Failed},
		"unknown, one file":          {place("a"), place("a"), "", "", Passed},
		"unknown, two files":         {place("a"), place("b"), "", "", Failed},
		"unknown, the process":       {process, process, "", "", Failed},
		"one repository, no file":    {process, process, "x/y", "x/y", Passed},
		"two of them, the processes": {process, process, "x/y", "x/z", Failed},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			bad := answered(0, "production", key("1", tt.firstHop), provider.KeyRevoked, "K302")
			good := answered(1, "production", key("2", tt.secondHop), provider.OK)
			bad.Repository, good.Repository = tt.first, tt.second
			d := Merge([]Document{bad, good}, true)
			if len(d.Slots) != 1 || d.Slots[0].Outcome != tt.want || (len(d.Findings) > 0) != (tt.want == Failed) {
				t.Errorf("got %+v with %d findings, want %s", d.Summary, len(d.Findings), tt.want)
			}
			if kept := strings.Contains(strings.Join(d.Notes, " "), "nothing tells"); kept != (tt.want == Failed) {
				t.Errorf("notes %q", d.Notes)
			}
			if tt.first != tt.second && d.Repository != "" {
				t.Errorf("the joined report is of %q", d.Repository)
			}
		})
	}
}

func TestJoinPairsByJourney(t *testing.T) {
	of := func(hours int, files ...string) Document {
		d := answered(hours, "staging", key("1"), provider.OK)
		one := d.Slots[0]
		d.Slots = nil
		for _, file := range files {
			s := one
			s.Trail = []Hop{{At: At{File: file, Line: 1, Column: 1}}}
			d.Slots = append(d.Slots, s)
		}
		return d
	}
	d := Merge([]Document{of(0, "a", "b", "b", "c"), of(1, "b", "d", "c", "e", "f", "b")}, true)
	var files []string
	for _, s := range d.Slots {
		files = append(files, s.Trail[0].At.File)
	}
	slices.Sort(files)
	if got := strings.Join(files, ""); got != "abbcef" && got != "bbcdef" {
		t.Errorf("the slots come from %s", got)
	}
}
