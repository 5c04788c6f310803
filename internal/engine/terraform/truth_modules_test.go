package terraform

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/secret"
)

const modulesDir = "../../../testdata/terraform/modules"

func trials(t testing.TB) []trial {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(modulesDir, "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	var all []trial
	for _, p := range paths {
		data, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		x, err := parseTrial(strings.TrimSuffix(filepath.Base(p), ".txtar"), data)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, x)
	}
	if len(all) < 80 {
		t.Fatalf("only %d modules: the table is broken", len(all))
	}
	return all
}

// TestModules plans every module with a real tool. What is known here is what it says,
// what it refuses is a problem here, and what is unknown only here stands in the header of
// the module with its reason. Where several tools are there they take turns; in CI, and
// with KEYFIT_EVERY_TOOL set, each gets every module.
func TestModules(t *testing.T) {
	every := os.Getenv("CI") == "true" || os.Getenv("KEYFIT_EVERY_TOOL") != ""
	tools := references(t)
	var mu sync.Mutex
	total, reasons := &comparison{}, map[string]bool{}
	t.Run("all", func(t *testing.T) {
		for i, x := range trials(t) {
			for j, tool := range tools {
				if x.only != "" && x.only != tool.name || !every && x.only == "" && i%len(tools) != j {
					continue
				}
				t.Run(x.name+"/"+tool.name, func(t *testing.T) {
					t.Parallel()
					c := try(t, tool, x)
					mu.Lock()
					defer mu.Unlock()
					total.known, total.unknown, total.only = total.known+c.known, total.unknown+c.unknown, total.only+c.only
					for path, why := range x.hidden {
						reasons[fmt.Sprintf("%s: %s: %s", x.name, path, why)] = true
					}
				})
			}
		}
	})
	t.Logf("%d values known, %d unknown in the tool too, %d only here:\n%s",
		total.known, total.unknown, total.only, strings.Join(sortedKeys(reasons), "\n"))
}

// try compares one trial with one tool.
func try(t *testing.T, tool reference, x trial) *comparison {
	t.Helper()
	r := evaluate(t, x.step(t, tool.name))
	s := newStage(t, tool, x)
	real, err := s.plan()
	if (err != nil) != x.fails {
		t.Fatalf("the tool fails: %v, expected %v; it says\n%v", err != nil, x.fails, err)
	}
	if err != nil {
		refused(t, x, r, err)
		return &comparison{}
	}
	said(t, x, r)
	blindfold(t, x, tool, real)
	c := against(r, real)
	if len(c.of(early)) > 0 {
		c = later(t, s, r, c)
	}
	report(t, x, c)
	return c
}

// blindfold takes away one input after the other: what is still known has to be what the
// tool makes of the true one.
func blindfold(t *testing.T, x trial, tool reference, real truth) {
	t.Helper()
	whole := x.step(t, tool.name)
	check := func(what string, s Step) {
		for _, d := range against(evaluate(t, s), real).of(wrong) {
			t.Errorf("without %s: wrong: %s %s", what, d.path, d.text)
		}
	}
	blind := model.UnknownBecause(model.WhyInput, "what is given", model.Trail{})
	for i, a := range whole.Args {
		s := whole
		s.Args = slices.Clone(whole.Args)
		s.Args[i].Text = blind
		check("argument "+strconv.Itoa(i), s)
		if name, _, ok := strings.Cut(a.Text.Text.Reveal(), "="); ok {
			s.Args[i].Text.Parts = []model.Value{{State: model.Known, Text: secret.New(name + "=")}, blind}
			check("the value of argument "+strconv.Itoa(i), s)
		}
	}
	for _, name := range whole.Env.Names() {
		s := whole
		s.Env = whole.Env.With(name, blind)
		check("the variable "+name, s)
	}
	s := whole
	s.Workspace = blind
	check("the workspace", s)
	s = whole
	s.Doubt = &blind
	check("certainty", s)
}

func refused(t *testing.T, x trial, r Result, err error) {
	t.Helper()
	switch {
	case len(r.Problems) == 0 && x.quiet == "":
		t.Errorf("no problem, and the tool says\n%v", err)
	case len(r.Problems) > 0 && x.quiet != "":
		t.Errorf("there is a problem now, and the header says that there is none: %q", messages(r))
	}
}

// said holds the problems against those of the header.
func said(t *testing.T, x trial, r Result) {
	t.Helper()
	found := messages(r)
	for _, part := range x.problems {
		i := slices.IndexFunc(found, func(m string) bool { return strings.Contains(m, part) })
		if i < 0 {
			t.Errorf("no problem with %q among %q", part, found)
			continue
		}
		found = slices.Delete(found, i, i+1)
	}
	if len(found) > 0 {
		t.Errorf("the tool finds nothing wrong, and here are problems: %q", found)
	}
}

// later compares with what the tool has after the plan is carried out, too: what is known
// here before the tool knows it has to be what it will be.
func later(t *testing.T, s stage, r Result, planned *comparison) *comparison {
	t.Helper()
	real, err := s.apply()
	if err != nil {
		t.Errorf("some values are known here only, and the tool cannot apply the plan:\n%v", err)
		return planned
	}
	c := against(r, real)
	c.found = slices.DeleteFunc(c.found, func(d difference) bool { return d.what == hidden })
	for _, d := range planned.found {
		if d.what != early {
			c.found = append(c.found, d)
		}
	}
	c.unknown, c.only = planned.unknown, planned.only
	return c
}

func report(t *testing.T, x trial, c *comparison) {
	t.Helper()
	used := map[string]bool{}
	for _, d := range c.found {
		name := allowed(x, d.path)
		if d.what == hidden && name != "" {
			used[name] = true
			continue
		}
		word := "wrong"
		if d.what == hidden {
			word = "unknown only here"
		}
		t.Errorf("%s: %s %s", word, d.path, d.text)
	}
	for path := range x.hidden {
		if !used[path] {
			t.Errorf("%s is known now, and the header says that it is not", path)
		}
	}
}

// allowed finds the line of the header that a hidden value falls under.
func allowed(x trial, path string) string {
	for name := range x.hidden {
		rest, ok := strings.CutPrefix(path, name)
		if ok && (rest == "" || rest[0] == '.' || rest[0] == '[') {
			return name
		}
	}
	return ""
}
