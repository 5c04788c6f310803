package cli

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/keyfit/keyfit/internal/lazy"
)

// The limits of what is looked at before the newest commit of a push.
const (
	maxHistory    = 50
	historyPeriod = 1500 * time.Millisecond
)

// deployFile matches the kinds of files that a deploy is read from, as .pre-commit-hooks.yaml
// does. A script may read any other file too.
var deployFile = lazy.Regexp(deployFiles)

const deployFiles = `(^|/)\.env[^/]*$|\.(env|ya?ml|tpl|gotmpl|json|toml|tf|tfvars|hcl|sh|bash|ps1|psm1|bat|cmd|mk|groovy|properties|jenkinsfile)$|(^|/)(Jenkinsfile|GNUmakefile|[Mm]akefile|Dockerfile|Procfile)[^/]*$|(^|/)[^./]+$`

// inHistory finds the keys in plain text that a push brings in a commit, and that a later one of
// it takes out again: they are in the history of the remote for good. Only commits with a file
// of the deploy that the newest does not have as it is are judged.
func (h *hook) inHistory(ctx context.Context, one *head, reported []found) ([]found, error) {
	if !isObjectID(one.commit) || h.options.kind == preCommit && h.env["PRE_COMMIT_TO_REF"] == "" || h.options.check.failOn == never {
		return nil, nil
	}
	commits, err := h.git.newCommits(ctx, one.commit, one.known, maxHistory+1)
	if err != nil || len(commits) < 2 {
		return nil, nil // there is none but the newest, which was judged
	}
	if len(commits) > maxHistory {
		h.tell("only the newest commit was looked through for keys in plain text, since this push brings more than %d", maxHistory)
		return nil, nil
	}
	if err := h.git.fillChanges(ctx, commits); err != nil {
		h.tell("only the newest commit was looked through for keys in plain text, since git does not say what the others changed")
		return nil, nil
	}
	tip, err := h.lookedThrough(ctx, &one.side)
	if err != nil {
		return nil, err
	}
	passing, err := h.passing(ctx, one, commits, tip.read)
	if err != nil || len(passing) == 0 {
		return nil, err
	}
	return h.throughCommits(ctx, one, commits, passing, slices.Concat(reported, tip.ignored))
}

// passing lists the changes of files of the deploy that the newest commit does not hold.
func (h *hook) passing(ctx context.Context, one *head, commits []commit, read []string) (map[change]bool, error) {
	if err := h.list(ctx, &one.side); err != nil {
		return nil, err
	}
	stays := map[change]bool{}
	for _, o := range one.files {
		stays[change{o.Path, o.ID}] = true
	}
	for i := range one.bases { // what one of them reads, the newest commit may do without
		base, err := h.lookedThrough(ctx, &one.bases[i])
		if err != nil {
			return nil, err
		}
		read = append(slices.Clone(read), base.read...)
	}
	out := map[change]bool{}
	for i, c := range commits {
		commits[i].changes = slices.DeleteFunc(c.changes, func(c change) bool {
			return !deployFile().MatchString(c.path) && !slices.Contains(read, c.path)
		})
		for _, c := range commits[i].changes {
			if !stays[c] {
				out[c] = true
			}
		}
	}
	return out, nil
}

// throughCommits judges the commits that hold something of what passes. A key that the remote
// has, that is reported, or that is accepted, is no news.
func (h *hook) throughCommits(ctx context.Context, one *head, commits []commit, passing map[change]bool, known []found) ([]found, error) {
	for i := range one.bases {
		base, err := h.lookedThrough(ctx, &one.bases[i])
		if err != nil {
			return nil, err
		}
		known = append(known, base.found...)
	}
	prints := printsOf(inPlain(known))
	var out []found
	started := h.Now()
	for _, c := range commits {
		if c.tree == one.tree || len(c.changes) == 0 || h.commits[c.id] {
			continue
		}
		if h.Now().Sub(started) > historyPeriod {
			h.tell("not every commit was looked through for keys in plain text, since that takes longer than %v; the newest was", historyPeriod)
			break
		}
		list, err := h.inCommit(ctx, one, c, passing)
		if err != nil {
			return nil, err
		}
		for _, f := range list {
			if len(f.prints) > 0 && allAmong(f.prints, prints) {
				continue
			}
			prints = append(prints, f.prints...)
			f.Message += fmt.Sprintf(", in the commit %s that this push brings along", short(c.id))
			out = append(out, f)
		}
	}
	return out, nil
}

// inCommit finds the keys in plain text of one commit, by its own configuration and by those
// that come after and before it.
func (h *hook) inCommit(ctx context.Context, one *head, c commit, passing map[change]bool) ([]found, error) {
	if h.commits == nil {
		h.commits = map[string]bool{}
	}
	h.commits[c.id] = true
	s := side{commit: c.id, tree: c.tree}
	if err := h.list(ctx, &s); err != nil {
		return nil, err
	}
	holds := false
	for _, o := range s.files {
		holds = holds || passing[change{o.Path, o.ID}]
	}
	if !holds {
		return nil, nil
	}
	views := []view{{offline: true}}
	for _, other := range append([]*side{&one.side}, pointers(one.bases)...) {
		if err := h.list(ctx, other); err != nil {
			return nil, err
		}
		if !slices.EqualFunc(h.configs(s.files), h.configs(other.files), sameObject) {
			views = append(views, view{offline: true, config: other})
		}
	}
	var out []found
	for _, v := range views {
		state, err := h.leniently(ctx, &s, v)
		if err != nil {
			return nil, err
		}
		out = append(out, without(inPlain(state.found), out)...)
	}
	return out, nil
}

// lookedThrough is what a state of the files holds in plain text, and what it was read from.
func (h *hook) lookedThrough(ctx context.Context, s *side) (state, error) {
	return h.leniently(ctx, s, view{offline: true})
}

// leniently judges even with a configuration that is broken.
func (h *hook) leniently(ctx context.Context, s *side, v view) (state, error) {
	out, err := h.judge(ctx, s, v)
	if err == nil && out.mistake != nil {
		v.lenient = true
		return h.judge(ctx, s, v)
	}
	return out, err
}

func pointers(list []side) []*side {
	var out []*side
	for i := range list {
		out = append(out, &list[i])
	}
	return out
}
