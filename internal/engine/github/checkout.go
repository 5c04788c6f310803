package github

import (
	"path"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

// checkout is where the repository lies in the workspace.
type checkout struct {
	path   string   // of this repository; empty: the workspace itself
	others []string // directories with other repositories
	hidden bool     // another repository lies over the workspace
}

// checkedOut notes where actions/checkout puts which repository.
func (r *stepRun) checkedOut(with []assignment) {
	dir := ""
	if v, ok := input1(with, "path"); ok {
		if v.State != model.Known {
			return
		}
		dir = path.Clean(v.Text.Reveal())
	}
	repository, other := input1(with, "repository")
	if other && r.facts.ofProcess("GITHUB_REPOSITORY") != "" && repository.State == model.Known {
		other = !strings.EqualFold(repository.Text.Reveal(), r.facts.ofProcess("GITHUB_REPOSITORY"))
	}
	if n := find(r.step.with, "repository"); other && n != nil && strings.ReplaceAll(n.Value, " ", "") == "${{github.repository}}" {
		other = false
	}
	co := &r.jobRun.checkout
	switch {
	case other && (dir == "" || dir == "."):
		co.hidden = true
	case other:
		co.others = append(co.others, dir)
	case dir == "" || dir == ".":
		co.path, co.hidden = "", false
	default:
		co.path = dir
	}
}

// inCheckout turns a directory of the workspace into one of the repository.
func (r *stepRun) inCheckout(dir string) (string, bool) {
	co := r.jobRun.checkout
	inside := func(root string) bool { return dir == root || strings.HasPrefix(dir, root+"/") }
	for _, other := range co.others {
		if inside(other) {
			r.elsewhere("the step runs in the checkout of another repository, so it is not followed")
			return "", false
		}
	}
	switch {
	case co.path != "" && inside(co.path):
		return path.Clean("." + strings.TrimPrefix(dir, co.path)), true
	case co.hidden:
		r.elsewhere("the step runs in the checkout of another repository, so it is not followed")
		return "", false
	case strings.HasPrefix(dir, "../") || dir == "..":
		r.elsewhere("the step runs outside of the workspace, so it is not followed")
		return "", false
	case co.path != "":
		r.elsewhere("the step runs outside of the checkout, which lies in a directory of its own, so it is not followed")
		return "", false
	}
	return dir, true
}

func (r *stepRun) elsewhere(message string) {
	if r.chosen {
		r.problem(r.step.at, "run it in the directory of the checkout, or name what it deploys as a step of its own", "%s", message)
	}
}
