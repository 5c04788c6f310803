package terraform

import (
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

// The limits of what is read of one resource.
const (
	maxTreeDepth = 100
	maxTreeNodes = 5_000_000
	maxEntries   = 100_000 // of a list that a path leads to
)

// tree is an argument of a resource, be it evaluated or read from a plan. The nil tree is
// one that is not there.
type tree struct {
	form  treeForm
	plain bool               // of a text: it is no number and no boolean
	value model.Value        // of a text, and of what is not known
	late  func() model.Value // gives the value, when it is only made on demand
	// source is the declaration of another resource, when the value is what stands for that.
	source string
	pieced bool // the parts of the value are the pieces of its text
	// inner gives what an encoded text was made of, be the text known or not.
	inner func() *tree

	names   []string // of an object, in the order in which they stand
	members map[string]*tree
	items   []*tree
	fold    bool // names of members count in any case, as in Go's JSON
}

type treeForm uint8

const (
	treeNone    treeForm = iota // null
	treeText                    // a known text, number or boolean
	treeList                    // a list, set or tuple, or the blocks of one name
	treeObject                  // an object or a map
	treeUnknown                 // not even its form is known
)

func unknownTree(v model.Value) *tree { return &tree{form: treeUnknown, value: v} }

// there reports whether the tree holds anything.
func (t *tree) there() bool { return t != nil && t.form != treeNone }

func (t *tree) isUnknown() bool { return t != nil && t.form == treeUnknown }

// val is the value of a text or of what is not known; absent for nothing.
func (t *tree) val() model.Value {
	switch {
	case !t.there():
		return model.Value{State: model.Absent}
	case t.late != nil:
		return t.late()
	case t.form == treeText || t.form == treeUnknown:
		return t.value
	}
	return model.UnknownBecause(model.WhyUnsupported, "a text instead of a list or an object", model.Trail{})
}

// text is the text, if it is known. It must not reach a message.
func (t *tree) text() (string, bool) {
	if t == nil || t.form != treeText {
		return "", false
	}
	v := t.val()
	return v.Text.Reveal(), v.State == model.Known
}

// is reports whether the tree is this text.
func (t *tree) is(text string) bool {
	got, ok := t.text()
	return ok && got == text
}

// get is a member of an object, or of the only object of a list.
func (t *tree) get(name string) *tree {
	if t == nil {
		return nil
	}
	if t.form == treeUnknown {
		return t
	}
	if t.form == treeList && len(t.items) == 1 {
		return t.items[0].get(name)
	}
	if m, ok := t.members[name]; ok && !t.fold {
		return m
	}
	if t.fold {
		for _, n := range slices.Backward(t.names) {
			if strings.EqualFold(n, name) {
				return t.members[n]
			}
		}
	}
	return nil
}

// at follows a path of names with dots between them, through lists with one entry.
func (t *tree) at(path string) *tree {
	for _, name := range strings.Split(path, ".") {
		if t = t.get(name); t.isUnknown() {
			return t
		}
	}
	return t
}

// first is the first of several paths, separated by bars, at which something stands.
func (t *tree) first(paths string) *tree {
	for _, path := range strings.Split(paths, "|") {
		if got := t.at(path); got.there() {
			return got
		}
	}
	return nil
}

// all gives what a path leads to, through every entry of the lists on the way and through
// texts that were made of a structure. Entries that are not known come along.
func (t *tree) all(path string) []*tree {
	level := []*tree{t}
	if path != "" {
		for _, name := range strings.Split(path, ".") {
			var next []*tree
			for _, x := range flat(level) {
				if x.isUnknown() {
					next = append(next, x)
				} else if got := x.get(name); got.there() {
					next = append(next, got)
				}
			}
			level = next
		}
	}
	return flat(level)
}

// flat opens lists, and texts that are structures.
func flat(list []*tree) []*tree {
	var out []*tree
	for _, x := range list {
		out = x.flat(out, 0)
	}
	return out
}

func (t *tree) flat(out []*tree, depth int) []*tree {
	switch {
	case !t.there() || len(out) > maxEntries:
		return out
	case depth > maxTreeDepth:
		return append(out, unknownTree(model.UnknownBecause(model.WhyLimit, "lists within lists of a depth below 100", model.Trail{})))
	case t.inner != nil && t.form != treeObject:
		if in := t.inside(); in != nil && in.form != treeText {
			return in.flat(out, depth+1)
		}
	case t.form == treeList:
		for _, x := range t.items {
			out = x.flat(out, depth+1)
		}
		return out
	}
	return append(out, t)
}
