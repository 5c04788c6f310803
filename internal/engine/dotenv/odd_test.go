package dotenv

import (
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var update = flag.Bool("update", false, "write down what the real readers answer")

// oddCase is one text that the readers tend to disagree on, with the answers that they
// gave when they were last asked.
type oddCase struct {
	Name  string            `json:"name"`
	Text  string            `json:"text"`
	Env   map[string]string `json:"env,omitempty"`
	Truth map[string]answer `json:"truth"`
}

func oddCases(t testing.TB) []oddCase {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(oracleDir, "odd.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []oddCase
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	return cases
}

func (c oddCase) sample() sample { return sample{Name: c.Name, Text: []byte(c.Text), Env: c.Env} }

// parseReaders and loadReaders say whose answer each dialect is held against.
func parseReaders() map[string]Dialect {
	return map[string]Dialect{
		"godotenv": Godotenv, "compose": Compose, "docker": Docker, "python": Python, "node": Node,
		"node-env-file 20": NodeEnvFile, "node-env-file 22": NodeEnvFile,
	}
}

func loadReaders() map[string]Dialect {
	return map[string]Dialect{
		"bash": Bash, "python loaded": Python, "python merged": Python, "node loaded": Node,
		"node-expand loaded": NodeExpand, "node-expand vite": NodeExpand, "next loaded": Next,
	}
}

// TestOddCases holds every dialect against the answers that are written down.
func TestOddCases(t *testing.T) {
	cases := oddCases(t)
	if *update {
		writeOddCases(t, cases)
	}
	var sc score
	for _, c := range cases {
		s := c.sample()
		for reader, d := range parseReaders() {
			ours, unreadable := parsed(s, d)
			s.Name = c.Name + ", " + reader
			sc.compare(s, ours, unreadable, c.Truth[reader])
		}
		for reader, d := range loadReaders() {
			truth, asked := c.Truth[reader]
			if !asked {
				continue
			}
			s.Name = c.Name + ", " + reader
			sc.compareLoaded(t, s, d, nil, truth)
		}
	}
	sc.report(t, "odd cases", 9)
}

// TestOddCasesAreTheTruth asks the real readers again.
func TestOddCasesAreTheTruth(t *testing.T) {
	cases := oddCases(t)
	for i, answers := range ask(t, samplesOf(cases)) {
		now := wanted(cases[i], answers)
		for _, reader := range slices.Sorted(maps.Keys(now)) {
			if !cmp.Equal(now[reader], cases[i].Truth[reader], cmpopts.EquateEmpty()) {
				t.Errorf("%s: %s answers otherwise than is written down; write it down with -update", cases[i].Name, reader)
			}
		}
	}
}

func samplesOf(cases []oddCase) []sample {
	samples := make([]sample, len(cases))
	for i, c := range cases {
		samples[i] = c.sample()
	}
	return samples
}

// wanted leaves the answers that the cases are held against, without process ids.
func wanted(c oddCase, answers map[string]answer) map[string]answer {
	parse, load := parseReaders(), loadReaders()
	out := maps.Clone(answers)
	if strings.Contains(c.Text, "$$") {
		delete(out, "bash")
	}
	maps.DeleteFunc(out, func(reader string, _ answer) bool {
		_, a := parse[reader]
		_, b := load[reader]
		return !a && !b
	})
	return out
}

func writeOddCases(t *testing.T, cases []oddCase) {
	t.Helper()
	for i, answers := range ask(t, samplesOf(cases)) {
		cases[i].Truth = wanted(cases[i], answers)
	}
	data, err := json.MarshalIndent(cases, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(oracleDir, "odd.json"), append(data, '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
}
