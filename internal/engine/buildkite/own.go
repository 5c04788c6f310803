package buildkite

import (
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/pipeline/tree"
	"github.com/keyfit/keyfit/internal/repo"
)

// Bindings finds the step that keyfit runs in, by what the agent says in env, and reads which
// variable of its process carries which secret of Buildkite. ok is false when no step of the file can
// be it. What an agent's own hooks export arrives as well, and beats secrets: keyfit takes it for
// what the deploy gets, too.
func Bindings(files repo.Files, file string, env model.Env) (own pipeline.Own, ok bool) {
	doc, _ := read(files, file)
	var all []pipeline.Own
	for _, s := range doc.steps {
		if !s.mayBe(env) {
			continue
		}
		script := pipeline.ReadOwn(files, ".", s.text())
		if s.key == "" && !script.RunsKeyfit() {
			continue
		}
		if one := doc.carried(files, s, script); fits(one, env) {
			all = append(all, one)
		}
	}
	return pipeline.Agreed(all)
}

// mayBe reports whether a step is the one that the agent names: by its key, else by its label.
func (s *step) mayBe(env model.Env) bool {
	says := func(name, written string) bool {
		v := env.Get(name)
		return v.Text.Reveal() == written || strings.Contains(written, "$") || strings.Contains(written, "{{")
	}
	if s.trigger != nil || !says("BUILDKITE_STEP_KEY", s.key) {
		return false
	}
	return s.key != "" || says("BUILDKITE_LABEL", s.label)
}

// text is all that the step runs, as it is written.
func (s *step) text() string {
	var lines []string
	for _, c := range s.commands {
		lines = append(lines, strings.ReplaceAll(c.Text(), "$$", "$"))
	}
	return strings.Join(lines, "\n")
}

// carried is what the variables of a step carry that the file sets.
func (d document) carried(files repo.Files, s *step, script pipeline.OwnScript) pipeline.Own {
	own := pipeline.Own{Carries: map[string]string{}}
	for _, from := range []*tree.Node{d.env, s.node.Get("env")} {
		for _, p := range pairsOf(from) {
			own.Carries[p.Key.Text()] = ""
		}
	}
	for _, from := range []*tree.Node{d.secrets, s.node.Get("secrets")} {
		eachSecret(from, func(name, key string, _ *tree.Node) {
			own.Carries[name] = "secrets." + key
			if strings.Contains(key, "$") || strings.Contains(key, "{{") || script.MaySet(name) || hookSets(files, name) {
				own.Carries[name] = ""
			}
		})
	}
	for _, p := range pluginsOf(s.node) {
		mentioned(p.config, 0, func(name string) {
			if own.Sets(name) {
				own.Carries[name] = ""
			}
		})
		if store := stores[p.short()]; store.store == "buildkite" {
			for _, pair := range pairsOf(p.config.Get(store.field)) {
				own.Carries[pair.Key.Text()] = "secrets." + pair.Value.Text()
			}
		}
	}
	return own
}

// mentioned visits the texts of what a plugin is given, and their names: it may set a variable that
// it speaks of.
func mentioned(n *tree.Node, depth int, visit func(text string)) {
	if depth > maxNesting || n == nil {
		return
	}
	visit(n.Text())
	for _, p := range pairsOf(n) {
		visit(p.Key.Text())
		mentioned(p.Value, depth+1, visit)
	}
	if n.IsList() {
		for _, item := range n.Each() {
			mentioned(item, depth+1, visit)
		}
	}
}

// hookSets reports whether a hook of the repository, which runs before the command, may set a
// variable.
func hookSets(files repo.Files, name string) bool {
	for _, hook := range hookNames {
		if data, err := files.Read(hooksDir + hook); err == nil && pipeline.ReadOwn(files, ".", string(data)).MaySet(name) {
			return true
		}
	}
	return false
}

// fits reports whether every secret that a step is given is in the process.
func fits(o pipeline.Own, env model.Env) bool {
	for name, what := range o.Carries {
		if what != "" && env.Get(name).State != model.Known {
			return false
		}
	}
	return true
}
