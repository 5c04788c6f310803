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
	states  map[string]state
	commits map[string]bool // of the history, which were judged
	told    map[string]bool
}

// side is one state of the files: what is to be judged, or what it is held against.
type side struct {
	commit string // its id, or its name for people; empty for files that are no commit
	tree   string // its id; empty for files that are no tree
	files  []repo.Object
	listed bool
	onDisk bool // the files as they lie there
}

// head is what is to be judged, and what it is held against.
type head struct {
	side
	bases []side   // what the remote holds already
	known []string // every commit that it is known to hold
	same  bool     // as a whole it is one of the bases: only the commits before it are new
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
	remote, url := h.env["PRE_COMMIT_REMOTE_NAME"], h.env["PRE_COMMIT_REMOTE_URL"]
	if len(args) > 0 {
		remote = args[0]
	}
	if len(args) > 1 {
		url = args[1]
	}
	updates := h.updates()
	if len(updates) == 0 { // nobody said what is pushed, so take what is checked out
		updates = []update{{local: "HEAD"}}
	}
	var out []head
	for _, u := range grouped(updates) {
		if len(out) == maxHeads {
			h.tell("only %d of the commits that this pushes were judged", maxHeads)
			break
		}
		one, news := h.head(ctx, u, remote, url)
		if news && h.brings(ctx, &one) && !(one.onDisk && slices.ContainsFunc(out, func(o head) bool { return o.onDisk })) {
			out = append(out, one)
		}
	}
	return out, nil
}

// The limits of one push.
const (
	maxHeads = 50 // commits that are judged
	maxBases = 3  // states of the remote that a finding is looked for in
	maxOlds  = 20 // what one commit is to replace, when it goes to many refs
)

// pushed is a commit with what it is to replace.
type pushed struct {
	local   string
	remotes []string
}

// grouped puts together the refs that get the same commit, and leaves out those that go.
func grouped(updates []update) []*pushed {
	var out []*pushed
	at := map[string]*pushed{}
	for _, u := range updates {
		if isNoObject(u.local) {
			continue
		}
		p := at[u.local]
		if p == nil {
			p = &pushed{local: u.local}
			at[u.local] = p
			out = append(out, p)
		}
		if u.remote != "" && !isNoObject(u.remote) && len(p.remotes) < maxOlds && !slices.Contains(p.remotes, u.remote) {
			p.remotes = append(p.remotes, u.remote)
		}
	}
	return out
}

// head finds the tree of an update. news is false when the remote holds it already.
func (h *hook) head(ctx context.Context, u *pushed, remote, url string) (one head, news bool) {
	tree, ok := h.git.tree(ctx, u.local)
	if !ok {
		return h.onDisk(), true
	}
	one = head{side: side{commit: h.git.commit(ctx, u.local), tree: tree}}
	for _, name := range slices.Concat(u.remotes, h.git.onRemote(ctx, one.commit, remote, url)) {
		base, ok := h.git.tree(ctx, name)
		if !ok {
			continue
		}
		commit := h.git.commit(ctx, name)
		if commit == one.commit {
			return head{}, false
		}
		one.known = append(one.known, commit)
		one.same = one.same || base == tree
		if !slices.ContainsFunc(one.bases, func(s side) bool { return s.tree == base }) && len(one.bases) < maxBases {
			one.bases = append(one.bases, side{commit: commit, tree: base})
		}
	}
	return one, true
}

// stagedHead is what a commit would hold, against what is committed. Where nothing is staged
// and git is not committing either, all of it counts: so hooks are run over a whole repository.
func (h *hook) stagedHead(ctx context.Context) []head {
	files, err := h.git.staged(ctx)
	if err != nil {
		return []head{h.onDisk()}
	}
	one := head{side: side{files: files, listed: true}}
	base, ok := h.git.tree(ctx, "HEAD")
	committing := h.env["GIT_INDEX_FILE"] != "" // git says it to the hooks of a commit
	switch names, staged := h.staged(ctx); {
	case ok && staged && names != nil && h.onlyNewsCount() && !slices.ContainsFunc(names, mayMatter):
		return nil
	case ok && staged:
		one.bases = []side{{commit: "HEAD", tree: base}}
	case ok && committing:
		return nil
	}
	return []head{one}
}

// staged lists the files in which the index differs from what is committed. In doubt it differs,
// and there is no list.
func (h *hook) staged(ctx context.Context) (names []string, differs bool) {
	out, err := h.git.output(ctx, "diff-index", "--cached", "--name-only", "--no-ext-diff", "--no-textconv", "--no-renames", "-z", "HEAD")
	if err != nil {
		return nil, true
	}
	return splitNames(out), len(out) > 0
}

// onDisk judges the files as they lie there, all of them: where git does not answer.
func (h *hook) onDisk() head {
	return head{side: side{onDisk: true, listed: true}}
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
