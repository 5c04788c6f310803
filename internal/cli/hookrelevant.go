package cli

import (
	"context"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/report"
)

// ordinaryFile matches what a program is made of and what people read: sources, texts, pictures.
var ordinaryFile = lazy.Regexp(`(?i)\.(md|mdx|markdown|rst|adoc|png|jpe?g|gif|svg|ico|webp|avif|pdf|woff2?|ttf|otf|eot|mp[34]|css|scss|sass|less|html?|snap` +
	`|go|rs|c|cc|cpp|h|hpp|cs|java|kt|kts|scala|swift|dart|ex|exs|erl|hs|clj|php|py|rb|ts|tsx|js|jsx|mjs|cjs|vue|svelte|graphql|proto)$`)

// deployWords are in the paths of files that a deploy, or a tool that keyfit asks about one, may read all the same.
var deployWords = lazy.Regexp(`(?i)config|conf|env|secret|setting|key|cred|token|passw|deploy|script|bin/|(^|[/._-])ci([/._-]|$)|tool|task|release|publish|setup|install|start|run|` +
	`ecosystem|serverless|infra|terraform|stack|cdk|pulumi|helm|chart|k8s|kube|manifest|overlay|docker|container|compose|pipeline|workflow|build|ops|\.github|hook|procfile|fastlane`)

// mayMatter reports whether a deploy may be read from a file of such a path.
func mayMatter(path string) bool {
	return !ordinaryFile().MatchString(path) || deployWords().MatchString(path) || deployFile().MatchString(path)
}

// brings reports whether what is pushed differs from what the remote holds in any file that may
// matter, in the newest commit or in one before it; in doubt it does. Where it does not, there is
// nothing to judge, and most pushes are of that kind.
func (h *hook) brings(ctx context.Context, one *head) bool {
	if !h.onlyNewsCount() || one.onDisk || one.tree == "" || len(one.bases) == 0 || !isObjectID(one.commit) {
		return true
	}
	for _, base := range one.bases {
		names, err := h.git.changedNames(ctx, base.tree, one.tree)
		if err != nil || slices.ContainsFunc(names, mayMatter) {
			return true
		}
	}
	commits, err := h.git.newCommits(ctx, one.commit, one.known, maxHistory+1)
	switch {
	case err != nil || len(commits) > maxHistory:
		return true
	case len(commits) < 2:
		return false
	case h.git.fillChanges(ctx, commits) != nil:
		return true
	}
	return slices.ContainsFunc(commits, func(c commit) bool {
		return slices.ContainsFunc(c.changes, func(c change) bool { return mayMatter(c.path) })
	})
}

// onlyNewsCount reports whether nothing but what a push brings can stop it: neither what an API
// says of an old key nor what could not be verified.
func (h *hook) onlyNewsCount() bool {
	onUnverified, _ := report.ParseOnUnverified(h.options.check.onUnverified)
	return !h.options.online && onUnverified != report.UnverifiedFails
}

// changedNames lists the files in which two trees differ, also those that only one of them holds.
func (g *gitReader) changedNames(ctx context.Context, old, now string) ([]string, error) {
	if old == now {
		return nil, nil
	}
	out, err := g.output(ctx, "diff-tree", "-r", "-z", "--name-only", "--no-renames", "--no-ext-diff", old, now)
	return splitNames(out), err
}

// splitNames reads a list of paths as git writes it.
func splitNames(out []byte) []string {
	return strings.FieldsFunc(string(out), func(r rune) bool { return r == 0 })
}
