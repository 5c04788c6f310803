package deploy

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/origin"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/secret"
)

// maxRendered bounds what one template may give, in bytes, and maxCalls the functions that
// it may call.
const (
	maxRendered = 4 << 20
	maxCalls    = 200_000
)

// unknownError says that the outcome of a template hangs on something unknown as a whole:
// on a condition, say, that decides which lines there are.
type unknownError struct{ value model.Value }

func (unknownError) Error() string { return "depends on what is not known" }

// rendering is one run of a template of helmfile.
type rendering struct {
	h     *helmfileRun
	dir   string // that paths are relative to
	set   *template.Template
	calls int
	depth int
	found *model.Value // the first unknown value that stopped it
}

// render runs the template that stands in a file between two offsets. The outcome carries
// marks: of the file for the template's own text, and of their sources for the values that
// were put in.
func (h *helmfileRun) render(file, dir, whole string, from, to int, data map[string]any) (marked string, err error) {
	defer func() {
		if recover() != nil {
			marked, err = "", errHelmfile
		}
	}()
	text := whole[from:to]
	if !origin.CanMark(text) || strings.Contains(text, blank) {
		return "", errHelmfile
	}
	if !strings.Contains(text, "{{") {
		return h.literalAt(file, whole, from, text), nil
	}
	r := &rendering{h: h, dir: dir}
	r.set = template.New(file).Option("missingkey=error").Funcs(r.functions())
	if err := r.helpers(); err != nil {
		return "", err
	}
	t, err := r.set.Parse(text)
	if err != nil {
		return "", err
	}
	for _, each := range t.Templates() {
		if each.Tree != nil && each.Tree.Root != nil {
			own := each.Tree.ParseName == file
			each.Tree.Root.Nodes = slices.Insert(each.Tree.Root.Nodes, 0, tick())
			r.rewrite(each.Tree.Root, func(n *parse.TextNode) {
				if own {
					n.Text = []byte(h.literalAt(file, whole, from+int(n.Pos), string(n.Text)))
				}
			})
		}
	}
	out := &bounded{}
	if err := t.Execute(out, data); err != nil {
		if r.found != nil {
			return "", unknownError{*r.found}
		}
		return "", err
	}
	return out.String(), nil
}

// literalAt marks a piece of a template's own text.
func (h *helmfileRun) literalAt(file, whole string, at int, text string) string {
	if h.indices[file] == nil || h.indexed[file] != whole {
		h.indices[file], h.indexed[file] = pos.NewIndex([]byte(whole)), whole
	}
	id := h.marks.Add(model.Value{State: model.Known})
	h.literals[id] = literal{file: file, index: h.indices[file], offset: at}
	return origin.Wrap(id, text)
}

// bounded is a text that does not grow without bounds.
type bounded struct{ strings.Builder }

func (b *bounded) Write(data []byte) (int, error) {
	if b.Len()+len(data) > maxRendered {
		return 0, errors.New("is too large")
	}
	return b.Builder.Write(data)
}

// helpers reads the files _*.tpl beside the template, whose definitions it may include.
func (r *rendering) helpers() error {
	list, err := r.h.call.Files.List(path.Clean(r.dir))
	if err != nil {
		return nil
	}
	for _, info := range list {
		if info.Dir || !strings.HasPrefix(info.Name, "_") || !strings.HasSuffix(info.Name, ".tpl") {
			continue
		}
		data, err := r.h.call.Files.Read(path.Join(r.dir, info.Name))
		if err != nil || !origin.CanMark(string(data)) {
			return errHelmfile
		}
		if _, err := r.set.Parse(string(data)); err != nil {
			return err
		}
	}
	return nil
}

// rewrite puts a guard behind every condition, and calls text for the texts in between.
func (r *rendering) rewrite(n parse.Node, text func(*parse.TextNode)) {
	switch n := n.(type) {
	case *parse.ListNode:
		if n != nil {
			for _, c := range n.Nodes {
				r.rewrite(c, text)
			}
		}
	case *parse.TextNode:
		text(n)
	case *parse.IfNode:
		r.branch(&n.BranchNode, text)
	case *parse.WithNode:
		r.branch(&n.BranchNode, text)
	case *parse.RangeNode:
		r.branch(&n.BranchNode, text)
		n.List.Nodes = slices.Insert(n.List.Nodes, 0, tick())
	}
}

// tick is an action that counts the turns of a loop and the uses of a template, and gives
// nothing.
func tick() parse.Node {
	name := parse.NewIdentifier("keyfitTick").SetPos(0).SetTree(nil)
	command := &parse.CommandNode{NodeType: parse.NodeCommand, Args: []parse.Node{name}}
	return &parse.ActionNode{NodeType: parse.NodeAction, Pipe: &parse.PipeNode{NodeType: parse.NodePipe, Cmds: []*parse.CommandNode{command}}}
}

func (r *rendering) count() (string, error) {
	if r.calls++; r.calls > maxCalls {
		return "", errCalls
	}
	return "", nil
}

func (r *rendering) branch(b *parse.BranchNode, text func(*parse.TextNode)) {
	guard := &parse.CommandNode{NodeType: parse.NodeCommand, Pos: b.Pos, Args: []parse.Node{parse.NewIdentifier("keyfitGuard").SetPos(b.Pos).SetTree(nil)}}
	b.Pipe.Cmds = append(b.Pipe.Cmds, guard)
	r.rewrite(b.List, text)
	if b.ElseList != nil {
		r.rewrite(b.ElseList, text)
	}
}

// guard lets a condition pass, unless it hangs on what is not known.
func (r *rendering) guard(x any) (any, error) {
	if s, ok := x.(string); ok {
		if err := r.refuse(s); err != nil {
			return nil, err
		}
	}
	return x, nil
}

// refuse is an error when a text comes from something unknown.
func (r *rendering) refuse(text string) error {
	for _, id := range origin.IDs(text) {
		if v := r.h.marks.Source(id); v.State == model.Unknown {
			if r.found == nil {
				r.found = &v
			}
			return unknownError{v}
		}
	}
	return nil
}

// token stands for a text that is not known.
func (r *rendering) token(v model.Value) string { return r.h.token(v) }

func (h *helmfileRun) token(v model.Value) string { return origin.Wrap(h.marks.Add(v), blank) }

// marked is the text of a value with its mark.
func (h *helmfileRun) marked(v model.Value) string {
	if v.State == model.Unknown {
		return h.token(v)
	}
	text := v.Text.Reveal()
	if !origin.CanMark(text) || strings.Contains(text, blank) {
		return h.token(model.UnknownBecause(model.WhyUnsupported, "a text without private characters", v.Trail))
	}
	return origin.Wrap(h.marks.Add(v), text)
}

// sources are the marks of everything within x, and x without them.
func (r *rendering) bare(x any) (out any, ids []origin.ID) {
	left := maxInline
	return bareOf(x, &ids, &left), ids
}

func bareOf(x any, ids *[]origin.ID, left *int) any {
	if *left--; *left < 0 {
		panic(errHelmfile) // recovered by render
	}
	switch x := x.(type) {
	case string:
		if !origin.IsMarked(x) {
			return x
		}
		for _, id := range origin.IDs(x) {
			if !slices.Contains(*ids, id) {
				*ids = append(*ids, id)
			}
		}
		return origin.Plain(x)
	case map[string]any:
		out := make(map[string]any, len(x))
		for name, v := range x {
			out[name] = bareOf(v, ids, left)
		}
		return out
	case []any:
		out := make([]any, len(x))
		for i, v := range x {
			out[i] = bareOf(v, ids, left)
		}
		return out
	case []string:
		out := make([]string, len(x))
		for i, v := range x {
			out[i], _ = bareOf(v, ids, left).(string)
		}
		return out
	}
	return x
}

// again marks what a function made of marked arguments. The outcome of anything unknown is
// unknown as well; when it is no text, it cannot be carried on.
func (r *rendering) again(out any, ids []origin.ID) (any, error) {
	for _, id := range ids {
		if v := r.h.marks.Source(id); v.State == model.Unknown {
			if text, ok := out.(string); ok && !strings.Contains(text, "\n") {
				return r.token(v), nil // of several lines it may not be the only value
			}
			if r.found == nil {
				r.found = &v
			}
			return nil, unknownError{v}
		}
	}
	switch x := out.(type) {
	case string:
		if origin.CanMark(x) && len(ids) < 20 {
			return origin.WrapAll(ids, x), nil
		}
	case []string:
		list := make([]any, len(x))
		for i, s := range x {
			list[i], _ = r.again(s, ids)
		}
		return list, nil
	}
	return out, nil
}

// value is what a text with marks stands for.
func (h *helmfileRun) value(marked string) model.Value {
	plain, pieces := origin.Strip(marked)
	v := model.Value{State: model.Known, Text: secret.New(plain)}
	var trails []model.Trail
	for _, p := range pieces {
		source := h.marks.Source(p.ID)
		if source.State == model.Unknown {
			return source
		}
		trails = append(trails, source.Trail)
	}
	v.Trail = model.Join(trails...)
	return v
}

var errCalls = fmt.Errorf("calls more than %d functions", maxCalls)
