package cli

import (
	"context"
	"strconv"
	"strings"
)

// commit is a commit that a push brings.
type commit struct {
	id, tree string
	changes  []change
}

// change is a file that a commit holds and none of its parents does: a path with its content.
type change struct{ path, blob string }

// newCommits lists the commits that are reachable from id and from none of the others, newest
// first, and at most so many.
func (g *gitReader) newCommits(ctx context.Context, id string, others []string, most int) ([]commit, error) {
	args := []string{"rev-list", "--topo-order", "--max-count=" + strconv.Itoa(most), "--format=tformat:%T", id}
	for _, other := range others {
		args = append(args, "^"+other)
	}
	out, err := g.output(ctx, append(args, "--")...)
	if err != nil {
		return nil, err
	}
	var list []commit
	for line := range strings.Lines(string(out)) {
		line = strings.TrimRight(line, "\n")
		if id, ok := strings.CutPrefix(line, "commit "); ok && isObjectID(id) {
			list = append(list, commit{id: id})
		} else if len(list) > 0 && isObjectID(line) {
			list[len(list)-1].tree = line
		}
	}
	return list, nil
}

// fillChanges says what each commit changed. Of a merge only what it has from no parent counts.
func (g *gitReader) fillChanges(ctx context.Context, list []commit) error {
	var input strings.Builder
	at := map[string]int{}
	for i, c := range list {
		input.WriteString(c.id + "\n")
		at[c.id] = i
	}
	out, err := g.answer(ctx, input.String(), "diff-tree", "--stdin", "--root", "-r", "-c", "-z", "--raw", "--no-abbrev", "--no-renames", "--no-ext-diff")
	if err != nil {
		return err
	}
	here, blob := -1, ""
	for word := range strings.SplitSeq(string(out), "\x00") {
		i, isCommit := at[word]
		switch {
		case blob != "":
			if here >= 0 && !isNoObject(blob) {
				list[here].changes = append(list[here].changes, change{word, blob})
			}
			blob = ""
		case strings.HasPrefix(word, ":"): // modes, ids, one letter for each parent
			if facts := strings.Fields(word); len(facts) >= 5 {
				blob = facts[len(facts)-2]
			}
		case isCommit:
			here = i
		}
	}
	return nil
}
