package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadRefuses(t *testing.T) {
	const rungs = `"rungs": {"format": "pass", "known": "pass", "linked": "pass", "active": "pass", "authorised": "pass"}`
	tests := map[string]struct{ text, want string }{
		"nothing":            {``, `r.json:1:1: the file is empty; expected a report of ` + "`keyfit check --format json`"},
		"cut short":          {`{"schema_version": 1,`, `r.json:1:22: the file ends in the middle`},
		"no JSON":            {"{\n  nonsense\n}", `r.json:2:3: no JSON`},
		"a list":             {`[]`, `r.json:1:1: expected a report`},
		"another file":       {`{"name": "x"}`, `r.json:1:1: there is no schema_version`},
		"too new":            {"{\n  \"schema_version\": 2}", `r.json:2:21: the report has schema_version 2, and this keyfit reads up to 1`},
		"too old":            {`{"schema_version": 0}`, `r.json:1:20: the report has schema_version 0, expected 1`},
		"text for a number":  {`{"schema_version": 1, "duration_ms": "x"}`, `r.json:1:38: "duration_ms": expected a whole number, not a string`},
		"object for a list":  {"{\"schema_version\": 1,\n \"slots\": {}}", `r.json:2:11: "slots": expected an array, not an object`},
		"another word":       {`{"schema_version": 1, "slots": [{"state": "sure", ` + rungs + `}]}`, `r.json:1:43: "slots[0].state": expected one of known, absent, unknown`},
		"another rung":       {"{\"schema_version\": 1, \"slots\": [\n{" + rungs + "},\n{" + strings.Replace(rungs, `"active": "pass"`, `"active": "FAIL"`, 1) + `}]}`, `r.json:3:75: "slots[1].rungs.active": expected one of pass, fail, unverified`},
		"no rungs":           {`{"schema_version": 1, "slots": [{}]}`, `"slots[0].rungs.format": expected one of pass, fail, unverified`},
		"two reports":        {"{\"schema_version\": 1}\n{}", `r.json:2:1: something stands behind the report`},
		"no such part":       {`{"schema_version": 1, "shard": {"index": 3, "of": 2}}`, `r.json:1:32: "shard": expected an index from 1 to of`},
		"endless parts":      {`{"schema_version": 1, "incomplete": [{"parts": [1], "of": 99999999}]}`, `"incomplete": expected parts from 1 to of`},
		"too many slots":     {`{"schema_version": 1, "slots": [` + strings.Repeat(`{},`, maxEntries+1) + `{}]}`, `the report has too many entries`},
		"too deep":           {`{"schema_version": 1, "x": ` + strings.Repeat(`[`, 20_000) + strings.Repeat(`]`, 20_000) + `}`, `no JSON`},
		"a hostile message":  {`{"schema_version": 1, "slots": [{"state": "` + "\u202e" + `", ` + rungs + `}], "::error::` + `": 1, "tool": 1}`, `"tool": expected an object`},
		"unclosed string":    {`{"schema_version": 1, "tool": "`, `ends in the middle`},
		"a key with escapes": {`{"schema_version": 1, "a\"{{{{": 1, "started": 5}`, `r.json:1:48: "started": expected a string, not a number`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Read("r.json", []byte(tt.text))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %v, want %q", err, tt.want)
			}
			checkHarmless(t, err.Error())
		})
	}
}

func TestReadTakesWhatNewerVersionsAdd(t *testing.T) {
	d := Build(suspendedStory())
	text := render(t, "json", d, Options{})
	more := strings.Replace(text, `"slots": [`, `"novelty": {"deep": [1, {"a": null}]}, "slots": [`, 1)
	more = strings.Replace(more, `"environment": "staging",`, `"environment": "staging", "mood": "good",`, 1)
	if more == text {
		t.Fatal("nothing was added")
	}
	back, err := Read("r.json", append([]byte("\xef\xbb\xbf"), more...))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(d, back); diff != "" {
		t.Errorf("(-built +read):\n%s", diff)
	}
}

// TestConvertedIsWhatWasReported: in every format, to the byte.
func TestConvertedIsWhatWasReported(t *testing.T) {
	for name, in := range stories() {
		d := Build(in)
		back, err := Read("r.json", []byte(render(t, "json", d, Options{})))
		if err != nil {
			t.Fatal(err)
		}
		for _, format := range FormatNames() {
			if diff := cmp.Diff(render(t, format, d, options(80)), render(t, format, back, options(80))); diff != "" {
				t.Errorf("%s as %s (-reported +converted):\n%s", name, format, diff)
			}
		}
	}
}

// TestReadDoesNotBelieve: what a touched file claims is worked out anew.
func TestReadDoesNotBelieve(t *testing.T) {
	tests := map[string]func(d *Document){
		"the outcome":               func(d *Document) { d.Slots[0].Outcome = Passed },
		"the outcome and the count": func(d *Document) { d.Slots[0].Outcome, d.Summary = Passed, Summary{Slots: 1, Passed: 1} },
		"the reason":                func(d *Document) { d.Slots[0].Reason, d.Findings = "ok", nil },
		"the rungs":                 func(d *Document) { d.Slots[0].Rungs = Rungs{"pass", "pass", "pass", "pass", "pass"} },
		"no doubt":                  func(d *Document) { d.Unverified = nil },
	}
	for name, touch := range tests {
		t.Run(name, func(t *testing.T) {
			d := Build(suspendedStory())
			touch(&d)
			var b bytes.Buffer
			if err := encode(&b, d); err != nil {
				t.Fatal(err)
			}
			got, err := Read("r.json", b.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			if got.Slots[0].Outcome != Failed || got.Summary.Failed != 1 || got.Summary.Passed != 0 {
				t.Errorf("the report passes itself: %+v", got.Summary)
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	for _, name := range []string{"suspended", "elsewhere", "ignored"} { // the fuzzer is slow on long ones
		var b bytes.Buffer
		if err := encode(&b, Build(stories()[name])); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Add([]byte(`{"schema_version": 1, "shard": {"index": 1, "of": 2, "elsewhere": 3}, "incomplete": [{"of": 3}], "notes": [""], "fingerprint_key": {}}`))
	f.Add([]byte(`{"schema_version": 1, "ignored": [{}], "findings": [{}], "unverified": [{}], "problems": [{}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		first, err := Read("r.json", data)
		if err != nil {
			checkHarmless(t, strings.ReplaceAll(err.Error(), canary, ""))
			return
		}
		var b bytes.Buffer
		if err := encode(&b, first); err != nil {
			t.Fatal(err)
		}
		again, err := Read("r.json", b.Bytes())
		if err != nil {
			t.Fatalf("what was read cannot be read again: %v", err)
		}
		if diff := cmp.Diff(first, again); diff != "" {
			t.Errorf("(-first +again):\n%s", diff)
		}
		if merged := Merge([]Document{first}, false); len(merged.Slots) != len(first.Slots) {
			t.Errorf("merging one report makes %d slots of %d", len(merged.Slots), len(first.Slots))
		}
	})
}

func TestReadBoundsTexts(t *testing.T) {
	of := func(n int) []byte {
		return []byte(`{"schema_version": 1, "summary": {}, "tool": {"name": "` + strings.Repeat("k", n) + `"}}`)
	}
	if d, err := Read("r.json", of(maxString-1)); err != nil || len(d.Tool.Name) > maxText+3 {
		t.Errorf("a long text: %v", err)
	}
	for _, n := range []int{maxString + 1, 10 << 20} {
		if _, err := Read("r.json", of(n)); err == nil || !strings.Contains(err.Error(), "r.json:1:55: the text is longer than 64 KB") {
			t.Errorf("%d characters: got error %v", n, err)
		}
	}
}

// TestReadBoundsWhatIsSaidOfSlots: most formats tell a finding at each of its slots.
func TestReadBoundsWhatIsSaidOfSlots(t *testing.T) {
	d := Build(input("e"))
	for range 1100 {
		d.Slots = append(d.Slots, Slot{Environment: "e", Consumer: "c", Variable: "KEY", State: stateKnown})
		d.Findings = append(d.Findings, Finding{ID: "K106", Severity: "note", Environment: "e", Variable: "KEY"})
	}
	r := reader{name: "r.json", data: []byte("{}")}
	if err := r.spoken(&d); err == nil || !strings.Contains(err.Error(), "more than 1000000 times") {
		t.Errorf("got error %v", err)
	}
	d.Findings = d.Findings[:900]
	if err := r.spoken(&d); err != nil {
		t.Error(err)
	}
}
