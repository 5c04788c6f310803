package github

import (
	"sort"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/engine/github/expression"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/pos"
)

// composed is the text of a script, with holes for what expressions gave.
type composed struct {
	text      string
	holes     []model.Value
	positions func(start, end int) pos.Span
}

// prelude gives a script the path of the action that it stands in, which is known but for
// the directory of the checkout.
func (r *stepRun) prelude(text string) string {
	if r.dir == "" || !strings.Contains(text, "GITHUB_ACTION_PATH") || len(r.roots()) == 0 || strings.Trim(r.dir, plainText) != "" {
		return ""
	}
	return `GITHUB_ACTION_PATH="$GITHUB_WORKSPACE/` + r.dir + `"; `
}

// patch is a stretch of a composed text, and the stretch of the original that it came from.
type patch struct {
	start, from, to int
	verbatim        bool
}

// compose pastes the values of the expressions into a script. ok is false when what they
// make of it cannot be told.
func (r *stepRun) compose(n *yaml.Node) (composed, bool) {
	t := r.doc.template(n)
	if t == nil || strings.ContainsFunc(n.Value, func(c rune) bool { return c >= pipeline.Hole }) {
		return composed{}, false
	}
	place := r.doc.place(n)
	prelude := r.prelude(n.Value)
	if len(t.Expressions()) == 0 && prelude == "" {
		return composed{text: n.Value, positions: place}, true
	}
	var out composed
	var b strings.Builder
	var patches []patch
	if prelude != "" {
		b.WriteString(prelude)
		patches = append(patches, patch{})
	}
	literal := !strings.Contains(n.Value, "'") && !strings.Contains(n.Value, "<<")
	for i, p := range t.Pieces {
		patches = append(patches, patch{start: b.Len(), from: p.Start, to: p.End, verbatim: p.Expr == nil})
		if p.Expr == nil {
			b.WriteString(p.Text)
			continue
		}
		if name, ok := r.variable(n.Value[p.Start:p.End]); ok && literal {
			b.WriteString(name)
			continue
		}
		v := r.pastedPiece(n, p)
		following := ""
		if i+1 < len(t.Pieces) {
			following = t.Pieces[i+1].Text
		}
		text, hole, ok := paste(b.String(), v, following)
		if !ok || hole && len(out.holes) == pipeline.MaxHoles {
			return composed{}, false
		}
		if hole {
			text = string(pipeline.Hole + rune(len(out.holes)))
			out.holes = append(out.holes, v)
		}
		b.WriteString(text)
	}
	out.text = b.String()
	out.positions = func(start, end int) pos.Span { return place(back(patches, start, end)) }
	return out, true
}

// pastedPiece is the text that one expression gives.
func (r *stepRun) pastedPiece(n *yaml.Node, p expression.Piece) model.Value {
	at := r.doc.place(n)(p.Start, p.End)
	v := p.Expr.Eval(r.scope.context(r.field(inStep), at))
	r.doc.fault(n, r.field(inStep), v)
	return pasted(v).Via(model.Hop{At: at, Kind: model.KindWorkflow, What: "expression in " + called(r.name)})
}

// variable is the variable that holds the same path as an expression. In a text without
// single quotes and here-documents the shell expands it wherever it stands.
func (r *stepRun) variable(expr string) (string, bool) {
	expr = strings.ToLower(strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(expr, "${{"), "}}")))
	switch name, _ := strings.CutPrefix(expr, "github."); name {
	case expr:
	case "env", "output", "path", "state", "step_summary":
		return "${GITHUB_" + strings.ToUpper(name) + "}", true
	case "workspace":
		return "${GITHUB_WORKSPACE}", len(r.roots()) > 0
	case "action_path":
		return "${GITHUB_WORKSPACE}/" + r.dir, len(r.roots()) > 0 && r.dir != "" && strings.Trim(r.dir, plainText) == ""
	}
	return "", false
}

// plainText are the characters that mean nothing to a shell.
const plainText = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:@%+=,-"

// paste decides how a value stands in the text of a script: as a hole, whose text the shell
// takes as it is, or as text that the shell reads like any other, which it must be where that
// makes a difference. ok is false when a value that is not known makes one.
func paste(before string, v model.Value, after string) (text string, hole, ok bool) {
	if v.State != model.Known {
		return "", true, true
	}
	text = v.Text.Reveal()
	glued := extendsName(before) || assigns(before, after)
	first := before == "" || strings.ContainsAny(before[len(before)-1:], " \t\n;&|(`")
	switch {
	case strings.ContainsFunc(text, func(c rune) bool { return c >= pipeline.Hole }):
		return "", false, false
	case text == "" || glued || strings.Trim(text, plainText) != "":
		return text, false, true
	case first && (strings.Contains(text, "=") || isReserved(text)):
		return text, false, true
	case strings.HasPrefix(after, "<") || strings.HasPrefix(after, ">") || strings.HasPrefix(after, "("):
		return text, false, true
	}
	return text, true, true
}

// extendsName reports whether what is written next is part of the name of a variable, or is
// escaped.
func extendsName(before string) bool {
	name := strings.TrimRight(before, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_!#")
	return strings.HasSuffix(name, "$") || strings.HasSuffix(name, "${") || strings.HasSuffix(before, `\`)
}

// assigns reports whether what is written next is, with what stands around it, the name of a
// variable that is set.
func assigns(before, after string) bool {
	rest := strings.TrimLeft(after, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")
	if !strings.HasPrefix(rest, "=") && !strings.HasPrefix(rest, "+=") && !strings.HasPrefix(rest, "[") {
		return false
	}
	start := strings.TrimRight(before, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")
	start = strings.TrimRight(start, " \t")
	if start == "" || strings.ContainsAny(start[len(start)-1:], "\n;&|({`") {
		return true
	}
	for _, word := range []string{"export", "local", "declare", "readonly", "typeset", "then", "do", "else", "env"} {
		if strings.HasSuffix(start, word) {
			return true
		}
	}
	return false
}

func isReserved(word string) bool {
	switch word {
	case "if", "then", "else", "elif", "fi", "do", "done", "case", "esac", "while", "until", "for", "function", "select", "time", "in":
		return true
	}
	return false
}

// back gives the stretch of the original that a stretch of the composed text came from.
func back(patches []patch, start, end int) (int, int) {
	at := func(offset int) patch {
		i := sort.Search(len(patches), func(i int) bool { return patches[i].start > offset })
		return patches[max(0, i-1)]
	}
	first, last := at(start), at(max(start, end-1))
	from, to := first.from, last.to
	if first.verbatim {
		from = first.from + start - first.start
	}
	if last.verbatim {
		to = min(last.to, last.from+end-last.start)
	}
	return from, max(from, to)
}
