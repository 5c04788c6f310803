package report

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// hostiles are what strangers may write to break a format.
var hostiles = []string{
	hostile, "]]>", "</failure></testcase>", "</script>", "::error::x", "%", "%00%zz", "\x00\x01\x1b[31m", "\xff\xfe\x80", "\ufffe\uffff",
	"&#0;&amp;<!--", "[a](javascript:1)", `{"a":"b"}`, "{0}", "../../etc/passwd", "C:\\x", "http://x/y?z#f", ":", "/", ".", " ", "",
	"\u2028\u2029\u0085", strings.Repeat("é", 5000), "KEY -> x\nKEY -> x", "a//b/../../c",
}

// FuzzMachines puts a text wherever a stranger can put one: every machine-readable format
// stays valid, and none shows a key.
func FuzzMachines(f *testing.F) {
	for _, text := range hostiles {
		f.Add(text)
	}
	schema := sarifSchemaOf(f)
	f.Fuzz(func(t *testing.T, text string) {
		in := suspendedStory()
		in.Cases[0].Slot.Environment, in.Cases[0].Slot.Variable, in.Cases[0].Slot.Consumer.Workload = text, text, text
		in.Findings[0].Environment, in.Findings[0].Message, in.Findings[0].Fix = text, text, text
		in.Findings[0].At.File, in.Findings[1].Variable = text, text
		in.Ignored = []IgnoredFinding{{Finding: in.Findings[1], Reason: text}}
		checkMachines(t, schema, Build(in))
		checkMachines(t, schema, raw(text)) // also what nobody has cleaned
	})
}

// raw is a report whose every place holds the text, as it may stand in a file that was read.
func raw(text string) Document {
	at := At{File: text, Line: -3, Column: -1}
	finding := Finding{ID: text, Name: text, Severity: text, Environment: text, Consumer: text, Container: text, Variable: text, At: at, Message: text, Fix: text, Help: text, Related: []Related{{At: at, Message: text}}}
	hops := []Hop{{At: at, Kind: text, What: text}}
	return Document{
		SchemaVersion: 1, Tool: Tool{Name: text, Version: text}, Started: text, DurationMS: 1,
		Slots: []Slot{{
			Environment: text, Consumer: text, Container: text, Variable: text, Provider: text, Kind: text, State: text, Reason: text,
			Trail: hops, DecidedBy: hops, Shadowed: []Definition{{At: at, Kind: text, What: text}}, Outcome: text,
			Alternatives: []Alternative{{State: text, Trail: hops}}, Says: text, Causes: []string{text},
			Identity: Identity{Principal: Principal{ID: text, Name: text}}, Request: Request{Host: text, Path: text, Method: text},
		}},
		Findings:   []Finding{finding, finding},
		Unverified: []Unverified{{Environment: text, Consumer: text, Variable: text, Reason: text, Message: text}, {Environment: text, Message: text}},
		Problems:   []Problem{{At: at, Message: text, Fix: text}},
		Ignored:    []Ignored{{Finding: finding, Reason: text, Expires: text}},
	}
}

func checkMachines(t *testing.T, schema *jsonschema.Schema, d Document) {
	t.Helper()
	sarif := render(t, "sarif", d, Options{})
	validSARIF(t, schema, sarif)
	junit, gitlab := render(t, "junit", d, Options{}), render(t, "gitlab", d, Options{})
	readJUnit(t, junit)
	checkCodeQuality(t, gitlab)
	for name, out := range map[string]string{"sarif": sarif, "junit": junit, "gitlab": gitlab} {
		if !utf8.ValidString(out) {
			t.Errorf("%s: not UTF-8", name)
		}
		if strings.Contains(out, canary) {
			t.Errorf("%s: the output holds a key", name)
		}
	}
}
