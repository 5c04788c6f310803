package github

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/strict"
)

// narrowed keeps the steps that speak of keyfit, and of those the ones that fit what the process
// was given: as inputs, as arguments, as variables.
func (s *search) narrowed() []candidate {
	all := s.found
	for _, keep := range []func(candidate) bool{
		func(c candidate) bool { return c.named }, s.fitsInputs, s.fitsChosen, s.fits,
	} {
		kept := slices.DeleteFunc(slices.Clone(all), func(c candidate) bool { return !keep(c) })
		if len(kept) > 0 {
			all = kept
		}
	}
	return all
}

// fitsInputs reports whether the action was given what the step gives to it, as far as that is
// known: the jobs of a matrix differ in that.
func (s *search) fitsInputs(c candidate) bool {
	for name, v := range c.with {
		variable := "KEYFIT_INPUT_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
		if name == "working-directory" {
			variable = "KEYFIT_INPUT_DIRECTORY"
		}
		given := s.run.Env.Get(variable)
		if v.State == model.Known && given.State == model.Known && strings.TrimSpace(v.Text.Reveal()) != strings.TrimSpace(given.Text.Reveal()) {
			return false
		}
	}
	return true
}

var keyfitCall = lazy.Regexp(`keyfit(?:\.exe)?["']?[ \t]+(?:check|resolve|trace|doctor)\b`)

// callLines are what stands behind keyfit in a script, one line for each call.
func callLines(script string) []string {
	text := strings.ReplaceAll(script, "\\\n", " ")
	var out []string
	for _, at := range keyfitCall().FindAllStringIndex(text, -1) {
		line, _, _ := strings.Cut(text[at[1]:], "\n")
		out = append(out, line)
	}
	return out
}

// fitsChosen reports whether a script calls keyfit for the environments that this run is about, as
// far as it names any in plain words.
func (s *search) fitsChosen(c candidate) bool {
	calls := callLines(c.text)
	return len(calls) == 0 || len(s.run.Chosen) == 0 || slices.ContainsFunc(calls, func(line string) bool {
		names, plain := chosenIn(line)
		return !plain || len(names) == 0 || sameNames(names, s.run.Chosen)
	})
}

func sameNames(a, b []string) bool {
	missing := func(list []string) func(string) bool {
		return func(name string) bool { return !slices.Contains(list, name) }
	}
	return !slices.ContainsFunc(a, missing(b)) && !slices.ContainsFunc(b, missing(a))
}

// chosenIn lists the environments that the arguments of keyfit name; plain is false when one of
// them is not a plain word.
func chosenIn(line string) (names []string, plain bool) {
	words := strings.Fields(strings.NewReplacer(";", " ; ", "&", " & ", "|", " | ").Replace(line))
	for i := 0; i < len(words); i++ {
		flag, name, joined := strings.Cut(words[i], "=")
		switch {
		case strings.ContainsAny(flag, ";&|"):
			return names, true
		case flag != "--environment" && !strings.HasPrefix(flag, "-e"):
			continue
		case !joined && i+1 < len(words):
			i++
			name = words[i]
		}
		name = strings.Trim(name, `"'`)
		if flag != "-e" && flag != "--environment" || !strict.IsName(name) || strings.ContainsAny(name, "$`\\") {
			return nil, false
		}
		names = append(names, name)
	}
	return names, true
}

// sameAsInput is for an environment that cannot be told from the files, such as that of a matrix
// which is made when the workflow runs: where the step hands the very expression to keyfit, the
// process holds its text.
func (s *search) sameAsInput(own *Own, fr *frame, st *step) {
	if given := find(st.with, "environment"); isScalar(given) {
		s.sameAsJob(own, fr, target(given).Value, s.facts.ofProcess("KEYFIT_INPUT_ENVIRONMENT"))
	}
}

var argumentGiven = lazy.Regexp(`[ \t](?:-e|--environment)[ \t=]+["']?(\$\{\{[^{}"'\n]*\}\})["']?(?:[ \t]|$)`)

// sameAsArgument is sameAsInput for a script that calls keyfit once, with the expression behind -e.
func (s *search) sameAsArgument(own *Own, fr *frame, text string) {
	lines := callLines(text)
	if len(lines) != 1 || len(s.run.Chosen) != 1 {
		return
	}
	if given := argumentGiven().FindAllStringSubmatch(lines[0], -1); len(given) == 1 {
		s.sameAsJob(own, fr, given[0][1], s.run.Chosen[0])
	}
}

// sameAsJob takes the text of an expression that is given to keyfit for the environment of the job
// where that is the same one.
func (s *search) sameAsJob(own *Own, fr *frame, given, text string) {
	named := target(fr.job.environment)
	if named != nil && named.Kind == yaml.MappingNode {
		named = find(named, "name")
	}
	if own.EnvironmentKnown || !isScalar(named) || fr.dir != "" || text == "" {
		return
	}
	expression := target(named).Value
	if expression != given || strings.Contains(strings.ToLower(expression), "vars") { // those of the environment differ
		return
	}
	own.Environment, own.EnvironmentKnown = text, true
}

// fits reports whether every variable that the step sets is there, with its text where that is
// known.
func (s *search) fits(c candidate) bool {
	for name := range c.own.carries {
		given, v := s.run.Env.Get(name), c.env.Get(name)
		if given.State == model.Absent || c.own.plain[name] && given.State == model.Known && !given.Text.Equal(v.Text) {
			return false
		}
	}
	return true
}

// agreed keeps what holds for both steps.
func agreed(a, b Own) Own {
	carries, plain := map[string]string{}, map[string]bool{}
	for _, o := range []Own{a, b} {
		for name := range o.carries {
			plain[name] = a.plain[name] && b.plain[name]
			if a.carries[name] == b.carries[name] {
				carries[name] = a.carries[name]
			} else {
				carries[name] = ""
			}
		}
	}
	a.carries, a.plain = carries, plain
	if !strings.EqualFold(a.Environment, b.Environment) || a.EnvironmentKnown != b.EnvironmentKnown {
		a.Environment, a.EnvironmentKnown, a.Several = "", false, true
	}
	return a
}

var passedLine = lazy.Regexp(`\A([A-Za-z_][A-Za-z0-9_]*)=\$\{\{ *secrets\.([A-Za-z_][A-Za-z0-9_]*) *\}\}\z`)

// passes finds the job that calls a workflow of keyfit's own. It can name no environment, so that
// what it passes is the repository's.
func (f *follow) passes(w *workflow) (Own, bool) {
	s := &search{follow: f, run: f.in.Run}
	for _, j := range w.jobs {
		if uses, _ := literal(j.uses); !isOwn(uses) {
			continue
		}
		own := Own{File: w.document.name, Job: j.id, At: j.at, JobAt: j.at, EnvironmentKnown: true, Passed: true, carries: map[string]string{}, plain: map[string]bool{}}
		text := ""
		if n := find(j.secrets, "keyfit-variables"); isScalar(n) {
			text = target(n).Value
		}
		for line := range strings.Lines(text) {
			line = strings.TrimSpace(line)
			if m := passedLine().FindStringSubmatch(line); m != nil {
				own.carries[m[1]] = "secrets." + strings.ToUpper(m[2])
			} else if name, _, ok := strings.Cut(line, "="); ok {
				own.carries[name], own.plain[name] = "", !strings.Contains(line, "${{")
			}
		}
		s.found = append(s.found, candidate{own: own})
	}
	return s.result()
}
