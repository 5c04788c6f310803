package github

import (
	"slices"
	"strings"

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

// fitsChosen reports whether a script that calls keyfit once names the environments that this run
// is about, as far as it names any in plain words.
func (s *search) fitsChosen(c candidate) bool {
	text := strings.ReplaceAll(c.text, "\\\n", " ")
	calls := keyfitCall().FindAllStringIndex(text, -1)
	if len(calls) != 1 || len(s.run.Chosen) == 0 {
		return true
	}
	line, _, _ := strings.Cut(text[calls[0][1]:], "\n")
	names, plain := chosenIn(line)
	if !plain || len(names) == 0 {
		return true
	}
	missing := func(list []string) func(string) bool {
		return func(name string) bool { return !slices.Contains(list, name) }
	}
	return !slices.ContainsFunc(names, missing(s.run.Chosen)) && !slices.ContainsFunc(s.run.Chosen, missing(names))
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
