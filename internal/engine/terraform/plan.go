package terraform

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/order"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/secret"
)

const (
	maxPlan       = 100 << 20 // bytes of a plan
	formatMajor   = "1"       // of the format that is read here
	fixPlan       = "write it with terraform show -json plan.tfplan > plan.json"
	planReference = "what the provider computes when the plan is applied"
)

// PlanStep is a plan that `terraform show -json` wrote.
type PlanStep struct {
	Files repo.Files
	File  string   // relative to the repository's root
	At    pos.Span // of the configuration's step
	Dir   string   // the root module, relative to the repository's root; empty when it is not known
}

// Plan says what the resources of a plan deliver when it is applied. Every value is the one
// of the plan, and its journey begins at its place in the file. See [Merge] for the journey
// through the configuration.
func Plan(ctx context.Context, s PlanStep) (Result, error) {
	p := planned{step: s}
	root := p.load(func(path []string) bool { return len(path) == 1 && !isPlanned(path[0]) || isPast(path) })
	if err := ctx.Err(); err != nil {
		return Result{}, err
	}
	if root == nil || !p.usable(root) {
		because := model.UnknownBecause(model.WhyMissingFile, "a plan that can be read", model.Trail{}.Append(model.Hop{At: s.At, Kind: model.KindTerraformPlan, What: "plan"}))
		return Result{Problems: p.problems, Doubt: &because}, nil
	}
	all, err := p.changes(ctx, root.get("resource_changes"))
	if err != nil {
		return Result{}, err
	}
	p.configuration = configured(root.get("configuration").get("root_module"))
	d := delivering{files: s.Files, root: s.Dir, refers: p.refers}
	out := d.deliver(all)
	result := Result{
		Consumers: out.Consumers, Documents: out.Documents, Charts: out.Charts, Stored: out.Stored,
		Problems: model.SortProblems(append(p.problems, out.Problems...)),
	}
	if root.get("errored").is("true") {
		doubt := model.UnknownBecause(model.WhyUnsupported, "a plan that was made without errors", model.Trail{})
		result.Doubt = &doubt
	}
	return result, nil
}

// PlanArgs gives the variables that a plan was made with, as arguments of the command line.
// A configuration that is evaluated with them has the inputs of the plan.
func PlanArgs(ctx context.Context, s PlanStep) ([]Arg, error) {
	p := planned{step: s}
	root := p.load(func(path []string) bool { return len(path) == 1 && path[0] != "variables" })
	if err := ctx.Err(); err != nil || root == nil {
		return nil, err
	}
	var out []Arg
	vars := root.get("variables")
	if vars == nil {
		return nil, nil
	}
	for _, name := range vars.names {
		v := vars.members[name].get("value")
		if v == nil {
			continue
		}
		out = append(out, Arg{Flag: "expression", Text: joinedText([]model.Value{written(name + "="), literalOf(v)})})
	}
	return out, nil
}

// literalOf is a list or an object as the language writes it.
func literalOf(t *tree) model.Value {
	var b strings.Builder
	var trails []model.Trail
	writeLiteral(&b, &trails, t, 0)
	return model.Value{State: model.Known, Text: secret.New(b.String()), Trail: model.Join(trails...)}
}

func writeLiteral(b *strings.Builder, trails *[]model.Trail, t *tree, depth int) {
	switch {
	case !t.there() || depth > maxJSONDepth:
		b.WriteString("null")
	case t.form == treeObject:
		b.WriteByte('{')
		for i, name := range t.names {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(escapedText(name) + "=")
			writeLiteral(b, trails, t.members[name], depth+1)
		}
		b.WriteByte('}')
	case t.form == treeList:
		b.WriteByte('[')
		for i, x := range t.items {
			if i > 0 {
				b.WriteByte(',')
			}
			writeLiteral(b, trails, x, depth+1)
		}
		b.WriteByte(']')
	default:
		v := t.val()
		*trails = append(*trails, v.Trail)
		if t.plain {
			b.WriteString(escapedText(v.Text.Reveal()))
		} else {
			b.WriteString(v.Text.Reveal())
		}
	}
}

// escapedText is a text in quotes without templates in it.
func escapedText(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteString(`\` + string(r))
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case (r == '$' || r == '%') && strings.HasPrefix(text[i+1:], "{"):
			b.WriteString(string(r) + string(r))
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// isPlanned reports whether a part of the file says what will be.
func isPlanned(name string) bool {
	return slices.Contains([]string{"format_version", "terraform_version", "resource_changes", "configuration", "errored", "values", "version", "serial"}, name)
}

// isPast reports whether a part of a change says what was, or how it is shown.
func isPast(path []string) bool {
	return len(path) == 3 && path[0] == "resource_changes" && path[1] == "change" && path[2] != "actions" && path[2] != "after" && path[2] != "after_unknown"
}

// planned is a plan while it is read.
type planned struct {
	step          PlanStep
	index         *pos.Index
	problems      []model.Problem
	configuration map[string]*tree // expressions by address without indices
}

func (p *planned) problem(at pos.Span, fix, format string, args ...any) {
	p.problems = append(p.problems, model.Problem{At: at, Message: fmt.Sprintf(format, args...), Fix: fix})
}

// load reads the file; it is nil when there is a problem with it.
func (p *planned) load(skip func(path []string) bool) *tree {
	at := pos.Span{File: p.step.File}
	if p.step.Files == nil {
		p.problem(p.step.At, "", "there is no repository to read the plan from")
		return nil
	}
	if info, err := p.step.Files.Stat(p.step.File); err == nil && info.Size > maxPlan {
		p.problem(at, "write the plan of fewer resources", "is larger than 100 MB, the limit for plans")
		return nil
	}
	data, err := p.step.Files.Read(p.step.File)
	if err != nil {
		kind := repo.ErrRead
		var e *repo.Error
		if errors.As(err, &e) {
			kind = e.Kind
		}
		p.problem(p.step.At, fixPlan+", or correct the path", "the plan %s: %s, expected a file in the repository", shownName(p.step.File), kind)
		return nil
	}
	if len(data) > maxPlan {
		p.problem(at, "write the plan of fewer resources", "is larger than 100 MB, the limit for plans")
		return nil
	}
	bom := 0
	if bytes.HasPrefix(data, []byte("\xef\xbb\xbf")) {
		bom = 3
	}
	p.index = pos.NewIndex(data)
	root, err := readJSON(data[bom:], jsonPlan{skip: skip, leaf: func(start, end int, path []string, text string) func() model.Value {
		return func() model.Value { return p.leaf(start+bom, end+bom, path, text) }
	}})
	switch {
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		p.problem(at, fixPlan, "is a saved plan, expected its JSON")
	case err != nil && bytes.HasPrefix(data, []byte{'{'}) && bytes.Contains(data[:min(len(data), 4096)], []byte(`"@level"`)):
		p.problem(at, fixPlan, "is the log of terraform plan -json, expected the output of terraform show -json")
	case err != nil && (bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff"))):
		p.problem(at, "write it as UTF-8: PowerShell's > writes UTF-16", "is UTF-16 text, expected UTF-8")
	case err != nil:
		p.problem(at, fixPlan, "%s, expected the output of terraform show -json", err)
	case root.form != treeObject:
		p.problem(at, fixPlan, "holds no object, expected the output of terraform show -json")
	default:
		return root
	}
	return nil
}

// leaf is a scalar with its place in the file.
func (p *planned) leaf(start, end int, path []string, text string) model.Value {
	var what []string
	for i, name := range path {
		if i > 2 || path[0] != "resource_changes" {
			what = append(what, shownName(name))
		}
	}
	return model.KnownText(text, model.Hop{
		At: p.index.Span(p.step.File, start, end), Kind: model.KindTerraformPlan, What: "planned " + strings.Join(what, "."), Literal: true,
	})
}

// usable reports whether the file is a plan in a format that is read here.
func (p *planned) usable(root *tree) bool {
	at := pos.Span{File: p.step.File}
	version, known := root.get("format_version").text()
	major, _, _ := strings.Cut(version, ".")
	switch {
	case root.get("serial").there() && root.get("version").there():
		p.problem(at, fixPlan, "is a state, expected a plan")
	case !known:
		p.problem(at, fixPlan, "has no format_version, expected the output of terraform show -json")
	case major != formatMajor:
		p.problem(root.get("format_version").val().Trail.At(), "write it with Terraform 1 or OpenTofu", "is in another format of plans, expected format_version 1")
	case !root.get("resource_changes").there() && root.get("values").there():
		p.problem(at, fixPlan, "is a state, expected a plan")
	default:
		return true
	}
	return false
}

// changes gives every resource as it will be.
func (p *planned) changes(ctx context.Context, list *tree) ([]applied, error) {
	var out []applied
	if list == nil {
		return nil, nil
	}
	for i, x := range list.items {
		if i%256 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if r, ok := p.change(x); ok {
			out = append(out, r)
		}
	}
	order.By(out, compareApplied)
	return out, nil
}

func (p *planned) change(x *tree) (applied, bool) {
	word := func(name string) string {
		text, _ := x.get(name).text()
		return text
	}
	change := x.get("change")
	after := change.get("after")
	if !after.there() || word("address") == "" || x.get("deposed").there() {
		return applied{}, false
	}
	at := x.get("address").val().Trail.At()
	r := applied{Instance: Instance{
		Address: word("address"), Managed: word("mode") == "managed", Type: word("type"), Name: word("name"), Module: word("module_address"), At: at,
	}, planned: true}
	r.body = p.overlay(after, change.get("after_unknown"), r.Address, at, 0)
	return r, true
}

// overlay puts what only the apply tells over what is planned.
func (p *planned) overlay(after, unknown *tree, what string, at pos.Span, depth int) *tree {
	switch {
	case !unknown.there() || unknown.is("false") || depth > maxJSONDepth:
		return after
	case unknown.is("true"):
		return unknownTree(model.UnknownBecause(model.WhyRemoteState, planReference, model.Trail{}.Append(model.Hop{At: unknown.val().Trail.At(), Kind: model.KindTerraformPlan, What: what})))
	case unknown.form == treeObject:
		out := &tree{form: treeObject, members: map[string]*tree{}}
		if after.there() {
			out.names = slices.Clone(after.names)
		}
		for _, name := range unknown.names {
			if !slices.Contains(out.names, name) {
				out.names = append(out.names, name)
			}
		}
		for _, name := range out.names {
			out.members[name] = p.overlay(memberOf(after, name), unknown.members[name], what+"."+shownName(name), at, depth+1)
		}
		return out
	case unknown.form == treeList:
		out := &tree{form: treeList}
		for i := range max(lengthOf(after), len(unknown.items)) {
			out.items = append(out.items, p.overlay(itemOf(after, i), itemOf(unknown, i), what, at, depth+1))
		}
		if len(out.items) == 0 {
			return after
		}
		return out
	}
	return after
}

func memberOf(t *tree, name string) *tree {
	if t == nil {
		return nil
	}
	return t.members[name]
}

func lengthOf(t *tree) int {
	if t == nil {
		return 0
	}
	return len(t.items)
}

func itemOf(t *tree, i int) *tree {
	if t == nil || i >= len(t.items) {
		return nil
	}
	return t.items[i]
}
