package dotenv

import (
	"flag"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/secret"
	"github.com/keyfit/keyfit/internal/strict"
)

// seed chooses other samples: go test -run RealReaders -seed 7.
var seed = flag.Uint64("seed", 1, "seed of the generated .env files")

// environment is the lookup of a sample.
func (s sample) environment() func(string) model.Value {
	return func(name string) model.Value {
		text, ok := s.Env[name]
		if !ok {
			return model.Value{State: model.Absent}
		}
		return model.KnownText(text, model.Hop{Kind: model.KindProcess, What: name})
	}
}

func (s sample) env() model.Env {
	env := model.Env{}
	for name := range s.Env {
		env = env.With(name, s.environment()(name))
	}
	return env
}

// parsed gives the last value of each name.
func parsed(s sample, d Dialect) (vars map[string]model.Value, unreadable bool) {
	f := Parse("x.env", s.Text, d, s.environment())
	vars = map[string]model.Value{}
	for _, a := range f.Assignments {
		vars[a.Name] = a.Value
	}
	return vars, f.Unreadable
}

// score counts how much is known, and holds every known value against the truth.
type score struct {
	known, unknown, absent int
	wrong                  []string
}

// compare holds what we say against one answer. It never shows a value.
func (sc *score) compare(s sample, ours map[string]model.Value, unreadable bool, truth answer) {
	fail := func(name, what string) {
		sc.wrong = append(sc.wrong, fmt.Sprintf("%s: %q: %s", s.Name, name, what))
	}
	for name, v := range ours {
		text, set := truth.Vars[name]
		switch v.State {
		case model.Unknown:
			sc.unknown++
			continue
		case model.Known:
			sc.known++
			if truth.Refused {
				fail(name, "known, and the real reader refuses the file")
			} else if !set {
				fail(name, "known, and absent in truth")
			} else if !v.Text.Equal(secret.New(text)) {
				fail(name, "known with another text than in truth")
			}
		case model.Absent:
			sc.absent++
			if set {
				fail(name, "absent, and set in truth")
			}
		}
	}
	for name := range truth.Vars {
		if _, ok := ours[name]; !ok && name != "" && !unreadable && !truth.Refused {
			fail(name, "missing, and set in truth")
		}
	}
	if truth.Refused && !unreadable && len(ours) == 0 && strings.TrimSpace(string(s.Text)) != "" {
		fail("", "nothing found in a file that the real reader refuses, and nothing said")
	}
}

// compareLoaded holds the environment after loading the sample against one answer.
func (sc *score) compareLoaded(t testing.TB, s sample, d Dialect, override *bool, truth answer) {
	t.Helper()
	ours, gaps := loaded(t, s, d, override)
	if truth.Refused { // what is set already stays as it is
		maps.DeleteFunc(ours, func(name string, v model.Value) bool { return v.Same(s.environment()(name)) })
	}
	truth = sane(truth)
	if _, sops := truth.Vars["sops_version"]; sops { // metadata that goes with the encryption
		maps.DeleteFunc(truth.Vars, func(name, _ string) bool { return strings.HasPrefix(name, "sops_") })
	}
	sc.compare(s, ours, gaps > 0, truth)
}

// report prints the share of unknowns, which must not pass what it has come down to.
func (sc *score) report(t *testing.T, name string, most float64) {
	t.Helper()
	all := sc.known + sc.unknown + sc.absent
	share := 100 * float64(sc.unknown) / float64(max(all, 1))
	t.Logf("%-22s %6d values, %5.1f%% unknown, %d wrong", name, all, share, len(sc.wrong))
	if share > most {
		t.Errorf("%s: %.1f%% of the values are unknown, more than %.0f%%", name, share, most)
	}
	slices.Sort(sc.wrong)
	for _, w := range sc.wrong[:min(len(sc.wrong), 12)] {
		t.Errorf("%s: %s", name, w)
	}
}

// away drops the variables whose names the text defines, so that a reader which lets
// them win shows what the text itself gives.
func away(s sample, d Dialect) sample {
	f := Parse("x.env", s.Text, d, nil)
	env := map[string]string{}
	for name, text := range s.Env {
		if !slices.ContainsFunc(f.Assignments, func(a Assignment) bool { return a.Name == name }) {
			env[name] = text
		}
	}
	s.Env = env
	return s
}

// ask asks every reader about the samples, and gives the answers by reader.
func ask(t testing.TB, samples []sample) []map[string]answer {
	t.Helper()
	out := make([]map[string]answer, len(samples))
	for i := range out {
		out[i] = map[string]answer{}
	}
	add := func(answers []map[string]answer, rename string) {
		for i, byReader := range answers {
			for reader, a := range byReader {
				out[i][reader+rename] = a
			}
		}
	}
	add(askGo(samples), "")
	add(askPython(t, samples), "")
	add(askNode(t, samples, "node20"), " 20")
	add(askNode(t, samples, "node22"), " 22")
	add(askNPM(t, samples), "")
	script := func(i int) bool {
		_, unreadable := parsed(samples[i], Bash)
		return unreadable
	}
	for i, byReader := range askBash(t, samples, script) {
		if !script(i) {
			out[i]["bash"] = byReader["bash"]
		}
	}
	return out
}

// TestParseAgainstRealReaders compares what a text itself gives.
func TestParseAgainstRealReaders(t *testing.T) {
	samples := generated(1000, *seed)
	for i, s := range samples {
		samples[i] = away(s, Node)
	}
	answers := ask(t, samples)
	for _, c := range []struct {
		dialect Dialect
		readers []string
		most    float64 // percent of unknowns: most are of files that the reader refuses
	}{
		{Godotenv, []string{"godotenv"}, 28},
		{Compose, []string{"compose"}, 28},
		{Docker, []string{"docker"}, 65},
		{Python, []string{"python"}, 3},
		{NodeEnvFile, []string{"node-env-file 20", "node-env-file 22"}, 33},
		{Node, []string{"node"}, 1},
		{NodeExpand, []string{"node-expand", "node-expand populated"}, 8},
	} {
		for _, reader := range c.readers {
			var sc score
			for i, s := range samples {
				ours, unreadable := parsed(s, c.dialect)
				sc.compare(s, ours, unreadable, answers[i][reader])
				if exact := c.dialect == Godotenv || c.dialect == Compose || c.dialect == Docker; exact && unreadable != answers[i][reader].Refused {
					sc.wrong = append(sc.wrong, s.Name+": refused by one and not by the other")
				}
			}
			sc.report(t, reader, c.most)
		}
	}
}

// TestLoadAgainstRealReaders compares the environment that loading a file leaves.
func TestLoadAgainstRealReaders(t *testing.T) {
	samples := generated(1000, *seed+1000)
	answers := ask(t, samples)
	yes := true
	for _, c := range []struct {
		dialect  Dialect
		override *bool
		readers  []string
		most     float64
	}{
		{Bash, nil, []string{"bash"}, 2},
		{Python, nil, []string{"python loaded", "python merged"}, 2},
		{Python, &yes, []string{"python loaded over"}, 2},
		{Node, nil, []string{"node loaded"}, 1},
		{NodeExpand, nil, []string{"node-expand loaded", "node-expand vite"}, 8},
		{Next, nil, []string{"next loaded"}, 3},
	} {
		for _, reader := range c.readers {
			var sc score
			for i, s := range samples {
				if _, asked := answers[i][reader]; !asked {
					continue
				}
				sc.compareLoaded(t, s, c.dialect, c.override, answers[i][reader])
			}
			sc.report(t, reader, c.most)
		}
	}
}

// loaded gives the environment after one file, and how many files could not be read.
func loaded(t testing.TB, s sample, d Dialect, override *bool) (map[string]model.Value, int) {
	t.Helper()
	files := memory{"x.env": s.Text}
	r := Load(Step{Files: files, Names: []strict.At[string]{{Value: "x.env"}}, Dialect: d, Override: override, Env: s.env()})
	vars := map[string]model.Value{}
	for name, v := range r.Env.All() {
		vars[name] = v
	}
	return vars, len(r.Gaps)
}

// sane leaves out the variables that Load drops, because no program asks for them.
func sane(a answer) answer {
	vars := map[string]string{}
	for name, text := range a.Vars {
		if isReadable(name) {
			vars[name] = text
		}
	}
	a.Vars = vars
	return a
}

// memory is a repository of files that are not on the disk.
type memory map[string][]byte

func (m memory) Read(name string) ([]byte, error) {
	data, ok := m[path.Clean(name)]
	if !ok {
		return nil, &repo.Error{Path: name, Kind: repo.ErrMissing}
	}
	return data, nil
}

func (m memory) Stat(name string) (repo.Info, error) {
	data, err := m.Read(name)
	if err != nil {
		return repo.Info{}, err
	}
	return repo.Info{Name: path.Base(name), Size: int64(len(data))}, nil
}

func (m memory) List(dir string) ([]repo.Info, error) {
	var out []repo.Info
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if path.Dir(name) == path.Clean(dir) {
			out = append(out, repo.Info{Name: path.Base(name), Size: int64(len(m[name]))})
		}
	}
	return out, nil
}

// TestUndecidedAgreesWithAllReaders: with nobody named, what is known must be what every
// likely reader hands over that takes the file.
func TestUndecidedAgreesWithAllReaders(t *testing.T) {
	samples := generated(600, *seed+2000)
	answers := ask(t, samples)
	var sc score
	known, all := 0, 0
	for i, s := range samples {
		ours, gaps := loaded(t, s, "", nil)
		for name, v := range ours {
			if _, given := s.Env[name]; given && v.Same(s.environment()(name)) && len(v.Losers) == 0 {
				continue
			}
			all++
			if v.State == model.Known {
				known++
			}
		}
		for reader, truth := range likely(s, answers[i]) {
			if truth.Refused {
				continue
			}
			at := s
			at.Name += ", " + reader
			sc.compare(at, ours, gaps > 0, sane(truth))
		}
	}
	sc.report(t, "undecided", 33)
	t.Logf("with nobody named, %.1f%% of %d values are known", 100*float64(known)/float64(all), all)
}

// likely gives the environment that each of the likely readers leaves.
func likely(s sample, answers map[string]answer) map[string]answer {
	out := map[string]answer{}
	for _, reader := range []string{"node loaded", "node-expand loaded", "python loaded", "bash"} {
		if a, asked := answers[reader]; asked {
			out[reader] = a
		}
	}
	for reader, first := range map[string]bool{"godotenv": false, "compose": true} {
		a := answers[reader]
		vars := maps.Clone(s.Env)
		if vars == nil {
			vars = map[string]string{}
		}
		for name, text := range a.Vars {
			if _, given := vars[name]; !given || first {
				vars[name] = text
			}
		}
		out[reader] = answer{Vars: vars, Refused: a.Refused}
	}
	return out
}
