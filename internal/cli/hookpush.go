package cli

import (
	"context"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/keyfit/keyfit/internal/repo"
)

// hook is one run of the hook.
type hook struct {
	*app
	options hookOptions
	git     *gitReader
	rel     string // where the user stands, relative to the root
}

// head is what is to be judged, and what it is held against.
type head struct {
	name  string // a commit, for people; empty for files that are no commit
	tree  string // its id; empty for files that are no commit
	files func(context.Context) (*repo.Tree, error)
	bases []string // trees that the remote holds already
}

func (h *hook) place(start string) {
	root := repositoryRoot(start)
	rel, err := filepath.Rel(root, start)
	if err != nil {
		rel = "."
	}
	h.rel = filepath.ToSlash(rel)
	h.git = &gitReader{run: h.Git, dir: root}
}

// heads says what is to be judged. None means that nothing new leaves this machine.
func (h *hook) heads(ctx context.Context, args []string) ([]head, error) {
	if h.options.kind == preCommit && h.env["PRE_COMMIT_TO_REF"] == "" {
		return h.stagedHead(ctx), nil
	}
	remote := h.env["PRE_COMMIT_REMOTE_NAME"]
	if len(args) > 0 {
		remote = args[0]
	}
	updates := h.updates()
	if len(updates) == 0 { // nobody said what is pushed, so take what is checked out
		updates = []update{{local: "HEAD"}}
	}
	var out []head
	for _, u := range updates {
		if isNoObject(u.local) {
			continue
		}
		one, news := h.head(ctx, u, remote)
		if news && !slices.ContainsFunc(out, func(o head) bool { return o.tree == one.tree }) {
			out = append(out, one)
		}
	}
	return out, nil
}

// head finds the tree of an update. news is false when the remote holds it already.
func (h *hook) head(ctx context.Context, u update, remote string) (one head, news bool) {
	tree, ok := h.git.tree(ctx, u.local)
	if !ok {
		return h.onDisk(), true
	}
	one = head{name: u.local, tree: tree, files: func(ctx context.Context) (*repo.Tree, error) { return h.git.snapshot(ctx, tree) }}
	var commits []string
	if u.remote != "" && !isNoObject(u.remote) {
		commits = append(commits, u.remote)
	}
	for _, commit := range slices.Concat(commits, h.git.onRemote(ctx, u.local, remote)) {
		base, ok := h.git.tree(ctx, commit)
		if base == tree && ok {
			return head{}, false
		}
		if ok && !slices.Contains(one.bases, base) && len(one.bases) < maxBases {
			one.bases = append(one.bases, base)
		}
	}
	return one, true
}

// maxBases is how many states of the remote a finding is looked for in.
const maxBases = 3

// stagedHead is what a commit would hold, against what is committed. Where nothing is staged
// and git is not committing either, all of it counts: so hooks are run over a whole repository.
func (h *hook) stagedHead(ctx context.Context) []head {
	files, err := h.git.staged(ctx)
	if err != nil {
		return []head{h.onDisk()}
	}
	one := head{files: func(context.Context) (*repo.Tree, error) { return files, nil }}
	base, ok := h.git.tree(ctx, "HEAD")
	committing := h.env["GIT_INDEX_FILE"] != "" // git says it to the hooks of a commit
	switch staged := h.hasStaged(ctx); {
	case ok && staged:
		one.bases = []string{base}
	case ok && committing:
		return nil
	}
	return []head{one}
}

// hasStaged reports whether the index differs from what is committed; in doubt it does.
func (h *hook) hasStaged(ctx context.Context) bool {
	out, err := h.git.output(ctx, "diff-index", "--cached", "--name-only", "--no-ext-diff", "--no-textconv", "--no-renames", "-z", "HEAD")
	return err != nil || len(out) > 0
}

// onDisk judges the files as they lie there, all of them: where git does not answer.
func (h *hook) onDisk() head {
	return head{files: func(context.Context) (*repo.Tree, error) { return repo.Open(h.git.dir) }}
}

// update is one ref that is pushed: ids or names of commits.
type update struct{ local, remote string }

// updates reads what is pushed: the variables of the pre-commit framework, or the lines that
// git writes to the hook's standard input. What cannot be read is as if nobody had said it.
func (h *hook) updates() []update {
	if to := h.env["PRE_COMMIT_TO_REF"]; to != "" {
		return []update{{local: to, remote: h.env["PRE_COMMIT_FROM_REF"]}}
	}
	text, whole := h.readInput()
	var out []update
	for line := range strings.Lines(text) {
		u, ok := parseUpdate(strings.TrimRight(line, "\r\n"))
		if !ok {
			return nil
		}
		out = append(out, u)
	}
	if !whole {
		return nil
	}
	return out
}

// parseUpdate reads "local-ref local-id remote-ref remote-id". The first may hold spaces.
func parseUpdate(line string) (update, bool) {
	words := strings.Split(line, " ")
	n := len(words)
	if n < 4 || !isObjectID(words[n-3]) || !isObjectID(words[n-1]) {
		return update{}, false
	}
	return update{local: words[n-3], remote: words[n-1]}, true
}

// The limits of standard input. A runner of hooks that does not hand git's lines on may
// leave it open for ever.
const (
	maxInput    = 4 << 20
	inputPeriod = 2 * time.Second
)

// readInput gives what stands on standard input, without waiting for a person to type.
func (h *hook) readInput() (text string, whole bool) {
	if h.StdinTerminal || h.Stdin == nil {
		return "", true
	}
	type answer struct {
		data []byte
		err  error
	}
	read := make(chan answer, 1)
	go func() {
		data, err := io.ReadAll(io.LimitReader(h.Stdin, maxInput+1))
		read <- answer{data, err}
	}()
	select {
	case a := <-read:
		return string(a.data), a.err == nil && len(a.data) <= maxInput
	case <-time.After(inputPeriod):
		return "", false
	}
}
