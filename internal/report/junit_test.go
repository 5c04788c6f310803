package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/keyfit/keyfit/internal/checks"
	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/verdict"
)

// junitFile is the dialect as a reader knows it, not as the writer does.
type junitFile struct {
	XMLName  xml.Name `xml:"testsuites"`
	Tests    int      `xml:"tests,attr"`
	Failures int      `xml:"failures,attr"`
	Errors   int      `xml:"errors,attr"`
	Time     string   `xml:"time,attr"`
	Suites   []struct {
		Name     string     `xml:"name,attr"`
		Tests    int        `xml:"tests,attr"`
		Failures int        `xml:"failures,attr"`
		Errors   int        `xml:"errors,attr"`
		Skipped  int        `xml:"skipped,attr"`
		Time     string     `xml:"time,attr"`
		Cases    []readCase `xml:"testcase"`
	} `xml:"testsuite"`
}

type readCase struct {
	Class   string       `xml:"classname,attr"`
	Name    string       `xml:"name,attr"`
	Time    string       `xml:"time,attr"`
	File    string       `xml:"file,attr"`
	Line    string       `xml:"line,attr"`
	Failure []readResult `xml:"failure"`
	Error   []readResult `xml:"error"`
	Skipped []readResult `xml:"skipped"`
}

type readResult struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Body    string `xml:",chardata"`
}

func readJUnit(t *testing.T, text string) junitFile {
	t.Helper()
	var f junitFile
	d := xml.NewDecoder(strings.NewReader(text))
	d.Strict = true
	if err := d.Decode(&f); err != nil {
		t.Fatalf("not XML: %v", err)
	}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if data, ok := token.(xml.CharData); !ok || strings.TrimSpace(string(data)) != "" {
			t.Fatalf("something stands behind the document: %v %v", token, err)
		}
	}
	return f
}

// checkDialect holds a file against what its readers ask for. The sources: "testmo" is the
// README of testmoapp/junitxml, "gitlab" docs.gitlab.com/ci/testing/unit_test_reports and
// lib/gitlab/ci/parsers/test/junit.rb, "jenkins" the JUnit plugin, which takes a file without
// a single case for a broken build.
func checkDialect(t *testing.T, text string) junitFile {
	t.Helper()
	f := readJUnit(t, text)
	tests, failures, errs, seen := 0, 0, 0, map[string]bool{}
	for _, s := range f.Suites {
		counts := [4]int{len(s.Cases)}
		for _, c := range s.Cases {
			if n := len(c.Failure) + len(c.Error) + len(c.Skipped); n > 1 {
				t.Errorf("testmo: %d results of %s", n, c.Name)
			}
			counts[1], counts[2], counts[3] = counts[1]+len(c.Failure), counts[2]+len(c.Error), counts[3]+len(c.Skipped)
			checkCase(t, c, seen)
		}
		if counts != [4]int{s.Tests, s.Failures, s.Errors, s.Skipped} {
			t.Errorf("testmo: the counts of %q are %v", s.Name, counts)
		}
		if s.Name == "" || s.Tests == 0 {
			t.Errorf("jenkins: the suite %q has %d cases", s.Name, s.Tests)
		}
		tests, failures, errs = tests+s.Tests, failures+s.Failures, errs+s.Errors
	}
	if tests == 0 || tests != f.Tests || failures != f.Failures || errs != f.Errors {
		t.Errorf("jenkins: %d tests, %d failures, %d errors, told are %d, %d, %d", tests, failures, errs, f.Tests, f.Failures, f.Errors)
	}
	return f
}

func checkCase(t *testing.T, c readCase, seen map[string]bool) {
	t.Helper()
	id := alphanumeric(c.Class + " " + c.Name)
	if seen[id] || c.Name == "" || c.Class == "" {
		t.Errorf("gitlab: %q %q has no name of its own", c.Class, c.Name)
	}
	seen[id] = true
	if _, err := strconv.ParseFloat(c.Time, 64); err != nil {
		t.Errorf("testmo: time %q", c.Time)
	}
	if strings.HasPrefix(c.File, "./") || strings.HasPrefix(c.File, "/") {
		t.Errorf("gitlab: file %q", c.File)
	}
	for _, r := range slices.Concat(c.Failure, c.Error, c.Skipped) {
		if r.Message == "" || r.Type == "" {
			t.Errorf("testmo: a result of %s has no message or no type", c.Name)
		}
	}
}

func TestJUnitDialect(t *testing.T) {
	documents := map[string]Document{"offline": offlineDocument(), "outside": outsideDocument(), "twins": twinsDocument()}
	for name, in := range stories() {
		documents[name] = Build(in)
	}
	for name, d := range documents {
		t.Run(name, func(t *testing.T) {
			f := checkDialect(t, render(t, "junit", d, Options{}))
			checkOutcomes(t, d, f)
		})
	}
}

// checkOutcomes: a case passes only where the slot did.
func checkOutcomes(t *testing.T, d Document, f junitFile) {
	t.Helper()
	failed, passed := 0, 0
	for _, s := range f.Suites {
		for _, c := range s.Cases {
			switch {
			case !strings.Contains(c.Name, " -> "): // of no slot
			case len(c.Failure) == 1:
				failed++
			case len(c.Error)+len(c.Skipped) == 0:
				passed++
			}
		}
	}
	if failed != d.Summary.Failed || passed > d.Summary.Passed {
		t.Errorf("%d cases failed and %d passed, of the slots %d and %d", failed, passed, d.Summary.Failed, d.Summary.Passed)
	}
}

// twinsDocument has slots that only their namespaces tell apart, and names that some readers
// take for the same.
func twinsDocument() Document {
	in := input("staging")
	for i, name := range []string{"A.B", "A_B", "A_B"} {
		s := slot("staging", name, key(fmt.Sprint(i), hop("dotenv", name, at(".env", i+1, 1))))
		s.Consumer.Namespace = fmt.Sprint("ns", i)
		in.Cases = append(in.Cases, &checks.Case{Slot: s, Verdict: verdict.Verdict{Rungs: rungs("+++++"), Reason: provider.OK}})
	}
	return Build(in)
}

func TestJUnitResults(t *testing.T) {
	for _, c := range []struct {
		story            string
		d                Document
		name, kind, text string
	}{
		{"passed", Build(passedStory()), "PAYMENT_API_KEY -> stripe", "", ""},
		{"suspended", Build(suspendedStory()), "PAYMENT_API_KEY -> stripe", "failure K304 owner-inactive", ".env.staging:3:1"},
		{"unverified", Build(unverifiedStory()), "PAYMENT_API_KEY -> stripe", "error K401 unverified", "answered 429"},
		{"unresolved", Build(unverifiedStory()), "CRM_KEY -> stripe", "error unresolved", "secrets.CRM_KEY"},
		{"offline", offlineDocument(), "PAYMENT_API_KEY -> stripe", "skipped offline", ""},
		{"accepted", Build(ignoredStory()), "PAYMENT_API_KEY -> stripe", "skipped K304 owner-inactive", ""},
		{"accepted doubt", Build(ignoredStory()), "CRM_KEY -> stripe", "skipped K102 unresolved-key", ""},
		{"problem", Build(elsewhereStory()), "K001 input-problem k8s/broken.yaml", "skipped K001 input-problem", "mend the indentation"},
		{"nothing", Build(emptyStory()), "environments", "error nothing", ""},
	} {
		kind, text, found := "", "", false
		for _, s := range readJUnit(t, render(t, "junit", c.d, Options{})).Suites {
			for _, tc := range s.Cases {
				if tc.Name != c.name {
					continue
				}
				found = true
				for word, results := range map[string][]readResult{"failure ": tc.Failure, "error ": tc.Error, "skipped ": tc.Skipped} {
					for _, r := range results {
						kind, text = word+r.Type, r.Body
					}
				}
			}
		}
		if !found || kind != c.kind || !strings.Contains(text, c.text) {
			t.Errorf("%s: found %v, %q, %q", c.story, found, kind, text)
		}
	}
}

// TestJUnitAgainstTheSchemaOfJenkins lets xmllint compare with what the xUnit plugin reads.
// That schema knows neither file and line of a case nor its properties, which the others
// read: the test adds these two, and nothing else.
func TestJUnitAgainstTheSchemaOfJenkins(t *testing.T) {
	xmllint, err := exec.LookPath("xmllint")
	if err != nil {
		missingTool(t, "xmllint")
	}
	xsd, err := os.ReadFile(filepath.Join("testdata", "schema", "junit-10.xsd"))
	if err != nil {
		t.Fatal(err)
	}
	group := []byte(`            <xs:attribute name="classname" type="xs:string"/>` + "\n")
	choice := []byte(`                    <xs:element ref="skipped"/>` + "\n")
	if bytes.Count(xsd, group) != 1 || bytes.Count(xsd, choice) != 1 {
		t.Fatal("the schema has changed")
	}
	xsd = bytes.Replace(xsd, group, append(group, []byte(`<xs:attribute name="file" type="xs:string"/><xs:attribute name="line" type="xs:string"/>`)...), 1)
	xsd = bytes.Replace(xsd, choice, append([]byte(`<xs:element ref="properties"/>`), choice...), 1)
	dir := t.TempDir()
	schema := filepath.Join(dir, "junit.xsd")
	args := []string{"--noout", "--nonet", "--schema", schema}
	write := func(path string, data []byte) {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(schema, xsd)
	for name, in := range stories() {
		path := filepath.Join(dir, name+".xml")
		write(path, []byte(render(t, "junit", Build(in), Options{})))
		args = append(args, path)
	}
	if out, err := exec.CommandContext(t.Context(), xmllint, args...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	bad := filepath.Join(dir, "bad.xml")
	write(bad, []byte(`<testsuites><testsuite name="x"/></testsuites>`))
	if exec.CommandContext(t.Context(), xmllint, append(args[:4:4], bad)...).Run() == nil {
		t.Error("the schema accepts a suite without counts")
	}
}
