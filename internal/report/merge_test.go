package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/checks"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/secret"
	"github.com/keyfit/keyfit/internal/verdict"
)

// answered is a report about one key, made so many hours after the first.
func answered(hours int, environment string, value model.Value, reason provider.Reason, findings ...string) Document {
	in := input(environment)
	in.Started = in.Started.Add(time.Duration(hours) * time.Hour)
	in.Duration = time.Duration(hours+1) * time.Second
	s := slot(environment, "PAYMENT_API_KEY", value)
	in.Cases = []*checks.Case{{Slot: s, Verdict: verdict.Verdict{Rungs: rungs("+...."), Reason: reason}}}
	for _, id := range findings {
		in.Findings = append(in.Findings, finding(id, "x", checks.Error, s, pos.Span{}, "wrong", ""))
	}
	return Build(in)
}

func TestMergeOfOneSlot(t *testing.T) {
	place := hop("dotenv", "PAYMENT_API_KEY", at(".env.staging", 1, 1))
	fits := func(hours int) Document { return answered(hours, "staging", key("1", place), provider.OK) }
	revoked := func(hours int) Document {
		return answered(hours, "staging", key("1", place), provider.KeyRevoked, "K302")
	}
	limited := func(hours int) Document { return answered(hours, "staging", key("1", place), provider.RateLimited) }
	tests := map[string]struct {
		docs          []Document
		worst, latest string
		disputed      bool
	}{
		"identical":                     {[]Document{fits(0), fits(0)}, Passed, Passed, false},
		"twice the same outcome":        {[]Document{revoked(0), revoked(1)}, Failed, Failed, false},
		"failed, then passed":           {[]Document{revoked(0), fits(1)}, Failed, Passed, true},
		"passed, then failed":           {[]Document{fits(0), revoked(1)}, Failed, Failed, true},
		"given in the other order":      {[]Document{fits(1), revoked(0)}, Failed, Passed, true},
		"unverified, then passed":       {[]Document{limited(0), fits(1)}, Unsettled, Passed, true},
		"failed, then unverified":       {[]Document{revoked(0), limited(1)}, Failed, Unsettled, true},
		"failed, passed and unverified": {[]Document{limited(2), revoked(0), fits(1)}, Failed, Unsettled, true},
	}
	for name, tt := range tests {
		for latest, want := range map[bool]string{false: tt.worst, true: tt.latest} {
			t.Run(fmt.Sprint(name, latest), func(t *testing.T) {
				d := Merge(tt.docs, latest)
				if len(d.Slots) != 1 || d.Slots[0].Outcome != want {
					t.Errorf("got %d slots, %+v, want one that is %s", len(d.Slots), d.Summary, want)
				}
				if (len(d.Findings) > 0) != (want == Failed) {
					t.Errorf("a slot that is %s has %d findings", want, len(d.Findings))
				}
				if disputed := strings.Contains(strings.Join(d.Notes, " "), "disagree"); disputed != tt.disputed {
					t.Errorf("notes: %q", d.Notes)
				}
			})
		}
	}
}

// TestMergeOfOne: a report merged with nothing, or with itself, stays as it is.
func TestMergeOfOne(t *testing.T) {
	for name, in := range stories() {
		d := Build(in)
		for _, docs := range [][]Document{{d}, {d, d}} {
			got := Merge(docs, false)
			if len(docs) > 1 {
				got.Notes = nil
			}
			if diff := cmp.Diff(d, got); diff != "" {
				t.Errorf("%s %d times (-one +merged):\n%s", name, len(docs), diff)
			}
		}
	}
}

func TestMergeJoinsTheHeads(t *testing.T) {
	a, b := answered(1, "staging", key("1"), provider.OK), answered(0, "production", key("2"), provider.OK)
	b.Tool.Version = "1.3.0"
	d := Merge([]Document{a, b}, false)
	if d.Started != b.Started || d.DurationMS != a.DurationMS || d.Summary.Environments != 2 || d.Summary.Passed != 2 {
		t.Errorf("started %s, %d ms, %+v", d.Started, d.DurationMS, d.Summary)
	}
	if want := []string{"the reports are of several versions of keyfit: 1.2.3, 1.3.0"}; !slices.Equal(d.Notes, want) {
		t.Errorf("notes %q, want %q", d.Notes, want)
	}
}

func TestMergeKeepsSlotsOfOneNameApart(t *testing.T) {
	in := input("staging")
	for i, name := range []string{"1", "2"} {
		s := slot("staging", "KEY", key(name, hop("shell", "KEY=", at("deploy.sh", i+1, 1))))
		in.Cases = append(in.Cases, &checks.Case{Slot: s, Verdict: verdict.Verdict{Reason: provider.OK}})
	}
	d := Build(in)
	if got := Merge([]Document{d, d, d}, false); len(got.Slots) != 2 {
		t.Errorf("%d slots, want 2", len(got.Slots))
	}
}

func TestMergeFindsSharedKeys(t *testing.T) {
	place := func(file string) model.Hop { return hop("dotenv", "PAYMENT_API_KEY", at(file, 1, 1)) }
	process := hop(model.KindProcess, "PAYMENT_API_KEY", pos.Span{})
	report := func(environment string, v model.Value, fingerprints string, findings ...string) Document {
		in := input(environment)
		in.Fingerprints = secret.NewPrinter(secret.New(fingerprints))
		s := slot(environment, "PAYMENT_API_KEY", v)
		in.Cases = []*checks.Case{{Slot: s, Verdict: verdict.Verdict{Reason: provider.OK}}}
		for _, id := range findings {
			in.Findings = append(in.Findings, finding(id, "x", checks.Warning, s, pos.Span{}, "m", ""))
		}
		return Build(in)
	}
	allowed := report("production", key("1", place("p")), "k")
	allowed.ReuseAllowed = true
	ignored := report("production", key("1", place("p")), "k")
	ignored.Ignored = []Ignored{{Finding: Finding{ID: "K202", Environment: "production", Variable: "PAYMENT_API_KEY"}}}
	staging := report("staging", key("1", place("s")), "k")
	tests := map[string]struct {
		docs   []Document
		found  bool
		beside string // in the notes
	}{
		"shared":                       {docs: []Document{staging, report("production", key("1", place("p")), "k")}, found: true},
		"two keys":                     {docs: []Document{staging, report("production", key("2", place("p")), "k")}},
		"one environment twice":        {docs: []Document{staging, report("staging", key("1", place("p")), "k")}},
		"kept keys that differ":        {docs: []Document{staging, report("production", key("1", place("p")), "other")}, beside: "not comparable"},
		"keys of the runs":             {docs: []Document{report("staging", key("1", place("s")), ""), report("production", key("1", place("p")), "")}, beside: "not comparable"},
		"reuse is allowed":             {docs: []Document{staging, allowed}},
		"it is ignored there":          {docs: []Document{staging, ignored}},
		"a placeholder":                {docs: []Document{staging, report("production", key("1", place("p")), "k", "K103")}},
		"a secret of each of two jobs": {docs: []Document{report("staging", key("1", process), "k"), report("production", key("1", process), "k")}, found: true},
		"one variable of one run": {docs: []Document{
			part(report("staging", key("1", process), "k"), 1, 2, 1, "p"), part(report("production", key("1", process), "k"), 2, 2, 1, "p"),
		}},
		"the process and a file":        {docs: []Document{report("staging", key("1", process), "k"), report("production", key("1", place("p")), "k")}, found: true},
		"three environments, told once": {docs: []Document{staging, report("qa", key("1", place("q")), "k", "K202"), report("production", key("1", place("p")), "k")}, found: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := Merge(tt.docs, false)
			shared := slices.DeleteFunc(slices.Clone(d.Findings), func(f Finding) bool { return f.ID != sharedKeyID })
			if len(shared) > 1 || (len(shared) == 1) != tt.found {
				t.Fatalf("found %+v", shared)
			}
			if tt.found && (shared[0].Environment != "production" || shared[0].Severity != "error" || d.Summary.Failed == 0) {
				t.Errorf("%+v", shared[0])
			}
			if notes := strings.Join(d.Notes, " "); !strings.Contains(notes, tt.beside) || tt.beside == "" && strings.Contains(notes, "comparable") {
				t.Errorf("notes %q, want %q", notes, tt.beside)
			}
		})
	}
}

// part makes of a report one of several of one division.
func part(d Document, index, of, elsewhere int, plan string) Document {
	d.Shard = &Shard{Index: index, Of: of, Elsewhere: elsewhere, Plan: plan}
	return d
}

func TestMergeOfShards(t *testing.T) {
	one := part(answered(0, "staging", key("1"), provider.OK), 1, 2, 1, "p")
	two := part(answered(0, "production", key("2"), provider.OK), 2, 2, 1, "p")
	other := part(answered(0, "production", key("2"), provider.OK), 2, 2, 1, "q")
	robbed := two
	robbed.Slots = nil
	empty := part(Build(input("staging")), 2, 2, 1, "p")
	tests := map[string]struct {
		docs []Document
		code int
		want string // in what could not be verified
	}{
		"both":                    {[]Document{one, two}, exitOK, ""},
		"both, one of them twice": {[]Document{one, two, two}, exitOK, ""},
		"one":                     {[]Document{one}, exitUnverified, "shard 2 of 2 is missing"},
		"twice the same":          {[]Document{one, one}, exitUnverified, "shard 2 of 2 is missing"},
		"of another state":        {[]Document{one, other}, exitUnverified, "shard 2 of 2 is missing"},
		"slots were taken out":    {[]Document{one, robbed}, exitUnverified, "do not hold the slots that they should"},
		"only an empty one":       {[]Document{empty}, exitUnverified, "shard 1 of 2 is missing"},
		"in two steps":            {[]Document{Merge([]Document{one}, false), two}, exitOK, ""},
		"of many":                 {[]Document{part(one, 1, 30, 40, "p")}, exitUnverified, "shards 2, 3, 4, 5, 6, 7, 8, 9 and 21 more of 30 are missing"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := Merge(tt.docs, false)
			if code := ExitCode(d, FailOnError, UnverifiedFails); code != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
			if text := fmt.Sprint(d.Unverified); !strings.Contains(text, tt.want) || tt.want == "" && len(d.Unverified) > 0 {
				t.Errorf("unverified: %s, want %q", text, tt.want)
			}
			if d.Shard != nil || (len(d.Incomplete) > 0) != (tt.want != "") {
				t.Errorf("shard %v, incomplete %v", d.Shard, d.Incomplete)
			}
			back, err := Read("r.json", []byte(render(t, "json", d, Options{})))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(d, back); diff != "" {
				t.Errorf("(-merged +read):\n%s", diff)
			}
			for _, format := range FormatNames() {
				if out := render(t, format, d, options(80)); tt.code != exitOK && format == "text" && !strings.Contains(out, "missing") && !strings.Contains(out, "do not hold") {
					t.Errorf("the text does not say that something is missing:\n%s", out)
				}
			}
		})
	}
}

func TestEmptyShardIsNotNothing(t *testing.T) {
	for want, d := range map[int]Document{
		exitOK:      part(Build(input("staging")), 2, 2, 1, "p"),
		exitNothing: part(Build(input("staging")), 2, 2, 0, "p"), // no part has any
	} {
		if code := ExitCode(d, FailOnError, UnverifiedFails); code != want {
			t.Errorf("exit code %d, want %d", code, want)
		}
	}
}

// TestPendingNotes: that an ignore silences nothing holds only when every shard says so.
func TestPendingNotes(t *testing.T) {
	pending := Finding{ID: "K001", Severity: "note", Message: "the ignore matches no finding", Related: []Related{}}
	one, two := part(answered(0, "staging", key("1"), provider.OK), 1, 2, 1, "p"), part(answered(0, "production", key("2"), provider.OK), 2, 2, 1, "p")
	one.Shard.Pending = []Finding{pending}
	if d := Merge([]Document{one, two}, false); len(d.Findings) != 0 {
		t.Errorf("one shard alone is believed: %v", d.Findings)
	}
	two.Shard.Pending = []Finding{pending}
	if d := Merge([]Document{one, two}, false); len(d.Findings) != 1 {
		t.Errorf("findings %v, want the note", d.Findings)
	}
}

func BenchmarkMerge(b *testing.B) {
	var docs []Document
	for i := range 50 {
		d := Build(manySlots(500))
		for j := range d.Slots {
			d.Slots[j].Consumer = fmt.Sprintf("Deployment/app%d", i)
		}
		docs = append(docs, d)
	}
	for b.Loop() {
		if d := Merge(docs, false); len(d.Slots) != 25_000 {
			b.Fatal(len(d.Slots))
		}
	}
}
