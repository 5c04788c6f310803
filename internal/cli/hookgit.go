package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/keyfit/keyfit/internal/repo"
)

// The limits of what git is asked.
const (
	gitTimeout = 30 * time.Second
	maxGitText = 256 << 20 // the list of files of one commit
	maxRefs    = 200       // of a remote, newest first
)

var errGit = errors.New("git does not say")

// gitReader asks git about one repository. It only reads.
type gitReader struct {
	run func(ctx context.Context, dir string, in io.Reader, out io.Writer, args ...string) error
	dir string // where git runs: the root of the work tree

	trees map[string]string // of what was asked already; empty where git knows none
	known map[string][]string

	mu      sync.Mutex
	ask     io.WriteCloser // of `git cat-file --batch`
	answers *bufio.Reader
	stop    context.CancelFunc
}

// output gives what a command of git prints.
func (g *gitReader) output(ctx context.Context, args ...string) ([]byte, error) {
	return g.answer(ctx, "", args...)
}

// answer is output of a command that reads its standard input.
func (g *gitReader) answer(ctx context.Context, input string, args ...string) ([]byte, error) {
	if g.run == nil {
		return nil, errGit
	}
	ctx, cancel := context.WithTimeout(ctx, gitTimeout)
	defer cancel()
	out := &limited{left: maxGitText}
	if err := g.run(ctx, g.dir, strings.NewReader(input), out, args...); err != nil {
		return nil, errGit
	}
	return out.Bytes(), nil
}

// limited keeps what is written to it, up to a limit.
type limited struct {
	bytes.Buffer
	left int
}

func (l *limited) Write(data []byte) (int, error) {
	if l.left -= len(data); l.left < 0 {
		return 0, errGit
	}
	return l.Buffer.Write(data)
}

// tree gives the id of what a name leads to: the tree of a commit, a tag or a branch.
func (g *gitReader) tree(ctx context.Context, name string) (string, bool) {
	id, asked := g.trees[name]
	if !asked {
		id, _ = g.verify(ctx, name+"^{tree}")
		if g.trees == nil {
			g.trees = map[string]string{}
		}
		g.trees[name] = id
	}
	return id, id != ""
}

// commit gives the id of a commit, a tag or a branch; the name itself where git knows none. An id
// stays what it is.
func (g *gitReader) commit(ctx context.Context, name string) string {
	if isObjectID(name) {
		return name
	}
	if id, ok := g.verify(ctx, name+"^{commit}"); ok {
		return id
	}
	return name
}

func (g *gitReader) verify(ctx context.Context, name string) (string, bool) {
	out, err := g.output(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", name)
	if id := strings.TrimSpace(string(out)); err == nil && isObjectID(id) {
		return id, true
	}
	return "", false
}

// isObjectID reports whether s is an id of SHA-1 or SHA-256.
func isObjectID(s string) bool {
	return (len(s) == 40 || len(s) == 64) && strings.Trim(s, "0123456789abcdef") == ""
}

// isNoObject reports whether s is the id that stands for none.
func isNoObject(s string) bool { return isObjectID(s) && strings.Trim(s, "0") == "" }

// onRemote gives the newest commits of id's history that a remote holds, as far as this
// repository knows. What another remote holds is not known to this one, unless both lie at
// the same address; where nobody says which remote it is, any counts.
func (g *gitReader) onRemote(ctx context.Context, id, remote, url string) []string {
	refs, asked := g.known[remote]
	if !asked {
		refs = g.remoteRefs(ctx, remote, url)
		g.known = map[string][]string{remote: refs}
	}
	if len(refs) == 0 {
		return nil
	}
	out, err := g.output(ctx, append([]string{"merge-base", "--all", id}, refs...)...)
	if err != nil {
		return nil
	}
	return strings.Fields(string(out))
}

func (g *gitReader) remoteRefs(ctx context.Context, remote, url string) []string {
	if remote == "" {
		return g.refs(ctx, "refs/remotes/")
	}
	if isRemoteName(remote) {
		if refs := g.refs(ctx, "refs/remotes/"+remote+"/"); len(refs) > 0 {
			return refs
		}
	}
	var prefixes []string
	for _, name := range g.remotesAt(ctx, url) {
		prefixes = append(prefixes, "refs/remotes/"+name+"/")
	}
	if len(prefixes) == 0 {
		return nil
	}
	return g.refs(ctx, prefixes...)
}

// isRemoteName reports whether git can have been told this name, rather than an address.
func isRemoteName(s string) bool { return s != "" && !strings.ContainsAny(s, ":\\*?[") }

// remotesAt lists the remotes that are pushed to an address.
func (g *gitReader) remotesAt(ctx context.Context, url string) []string {
	out, err := g.output(ctx, "remote", "-v")
	if err != nil || url == "" {
		return nil
	}
	var names []string
	for line := range strings.Lines(string(out)) {
		name, rest, _ := strings.Cut(strings.TrimRight(line, "\n"), "\t")
		if address, ok := strings.CutSuffix(rest, " (push)"); ok && address == url && isRemoteName(name) {
			names = append(names, name)
		}
	}
	return names
}

func (g *gitReader) refs(ctx context.Context, prefixes ...string) []string {
	args := []string{"for-each-ref", "--sort=-committerdate", "--format=%(objectname)", "--count=" + strconv.Itoa(maxRefs)}
	out, err := g.output(ctx, append(args, prefixes...)...)
	if err != nil {
		return nil
	}
	return strings.Fields(string(out))
}

// snapshot is a listing to read from.
func (g *gitReader) snapshot(ctx context.Context, objects []repo.Object) *repo.Tree {
	return repo.Snapshot(g.dir, objects, func(id string) ([]byte, error) { return g.blob(ctx, id) })
}

// list gives the files of a tree.
func (g *gitReader) list(ctx context.Context, tree string) ([]repo.Object, error) {
	out, err := g.output(ctx, "ls-tree", "-r", "-z", "-l", "--full-tree", "--end-of-options", tree)
	if err != nil {
		return nil, err
	}
	return listed(out, func(facts []string) (repo.Object, bool) {
		if len(facts) != 4 { // mode, type, id, size
			return repo.Object{}, false
		}
		size, _ := strconv.ParseInt(facts[3], 10, 64)
		return repo.Object{Mode: objectMode(facts[0]), ID: facts[2], Size: size}, true
	}), nil
}

// staged gives the files of the index: what a commit would hold.
func (g *gitReader) staged(ctx context.Context) ([]repo.Object, error) {
	out, err := g.output(ctx, "ls-files", "--stage", "-z", "--full-name", "--", ":/")
	if err != nil {
		return nil, err
	}
	return listed(out, func(facts []string) (repo.Object, bool) {
		if len(facts) != 3 { // mode, id, stage
			return repo.Object{}, false
		}
		return repo.Object{Mode: objectMode(facts[0]), ID: facts[1]}, true
	}), nil
}

// listed reads a list of files as git writes it: facts, a tab, the path, NUL.
func listed(list []byte, read func(facts []string) (repo.Object, bool)) []repo.Object {
	var objects []repo.Object
	for line := range bytes.SplitSeq(list, []byte{0}) {
		facts, name, ok := strings.Cut(string(line), "\t")
		if !ok || name != path.Clean(name) || strings.HasPrefix(name, "../") {
			continue
		}
		if o, ok := read(strings.Fields(facts)); ok {
			o.Path = name
			objects = append(objects, o)
		}
	}
	return objects
}

func objectMode(octal string) fs.FileMode {
	switch octal {
	case "120000":
		return fs.ModeSymlink | 0o777
	case "160000":
		return fs.ModeDir | 0o755
	case "100755":
		return 0o755
	}
	return 0o644
}

// blob gives the content of one object, by one process of git for all of them.
func (g *gitReader) blob(ctx context.Context, id string) ([]byte, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ask == nil {
		g.start(ctx)
	}
	if _, err := io.WriteString(g.ask, id+"\n"); err != nil {
		return nil, errGit
	}
	header, err := g.answers.ReadString('\n')
	if err != nil {
		return nil, errGit
	}
	facts := strings.Fields(header)
	if len(facts) != 3 || facts[1] != "blob" {
		return nil, fmt.Errorf("%w: no such object", errGit)
	}
	size, err := strconv.ParseInt(facts[2], 10, 64)
	if err != nil {
		return nil, errGit
	}
	if size > repo.MaxFile {
		_, err := io.CopyN(io.Discard, g.answers, size+1)
		return make([]byte, repo.MaxFile+1), err // too large, as the reader will say
	}
	data := make([]byte, size+1)
	if _, err := io.ReadFull(g.answers, data); err != nil {
		return nil, errGit
	}
	return data[:size], nil
}

// start runs `git cat-file --batch` until close.
func (g *gitReader) start(ctx context.Context) {
	ctx, g.stop = context.WithCancel(ctx)
	in, ask := io.Pipe()
	answers, out := io.Pipe()
	g.ask, g.answers = ask, bufio.NewReader(answers)
	go func() {
		err := g.run(ctx, g.dir, in, out, "cat-file", "--batch")
		_ = in.CloseWithError(errGit)
		_ = out.CloseWithError(errors.Join(io.EOF, err))
	}()
}

func (g *gitReader) close() {
	if g.ask != nil {
		_ = g.ask.Close()
		g.stop()
	}
}
