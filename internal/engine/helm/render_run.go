package helm

import (
	"cmp"
	"context"
	"path"
	"strings"
	"text/template/parse"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/order"
	"github.com/keyfit/keyfit/internal/origin"
	"github.com/keyfit/keyfit/internal/pos"
)

// render is one chart being rendered: by the template package, and with origins.
type render struct {
	step    Step
	loaded  *Loaded
	plain   *plain
	eval    *eval
	result  Result
	drafts  []*draft
	plainly map[string]*source // by name, those that could be read
}

func renderLoaded(ctx context.Context, step Step, loaded *Loaded) *render {
	r := &render{step: step, loaded: loaded, plain: newPlain(ctx), plainly: map[string]*source{}}
	caps, err := capabilities(step)
	if err != nil {
		r.problem(model.Problem{At: step.At, Message: err.Error(), Fix: "write the version out"})
	}
	sources := r.prepare(caps)
	r.eval = newEval(ctx, r.plain)
	marked := r.eval.prepare(step, loaded, caps)
	r.parse(sources, marked)
	for _, s := range marked {
		if ctx.Err() != nil {
			break
		}
		if r.plainly[s.name] != nil && !s.partial() {
			r.template(s)
		}
	}
	r.crds(loaded.Root, nil)
	r.settle()
	return r
}

func (r *render) problem(p model.Problem) {
	r.result.Fails = true
	r.result.Problems = append(r.result.Problems, p)
}

// prepare makes the scopes without origins.
func (r *render) prepare(caps *Capabilities) []*source {
	s := &scoping{
		release:      r.step.release(func(v model.Value, text string) any { return text }),
		capabilities: caps,
		chart:        func(c *Chart) any { return about{c.Metadata, c.IsRoot} },
		files:        func(c *Chart) any { return newFiles(c.Files) },
	}
	s.add(r.loaded.Root, Values(copyMap(r.loaded.Values)), nil)
	inOrder(s.sources)
	return s.sources
}

// release is what .Release gives.
func (s Step) release(give func(v model.Value, text string) any) map[string]any {
	namespace := s.Namespace
	if namespace.State == model.Absent {
		namespace = model.KnownText("default", model.Hop{Kind: model.KindDefault, What: "namespace"})
	}
	revision := model.KnownText("1", model.Hop{Kind: model.KindDefault, What: "revision"})
	if s.Occasion != Install {
		revision = model.UnknownBecause(model.WhyRemoteState, "the revisions of the release", model.Trail{})
	}
	out := map[string]any{
		"Name": give(s.Release, textOf(s.Release)), "Namespace": give(namespace, textOf(namespace)),
		"IsUpgrade": s.Occasion == Upgrade, "IsInstall": s.Occasion != Upgrade, "Revision": 1, "Service": "Helm",
	}
	if s.Occasion == InstallOrUpgrade {
		either := model.UnknownBecause(model.WhyRemoteState, "whether the release is installed already", model.Trail{})
		if v, ok := give(either, "").(*val); ok {
			out["IsUpgrade"], out["IsInstall"] = &val{v: false, src: v.src}, &val{v: true, src: v.src}
		}
	}
	if v, ok := give(revision, "1").(*val); ok {
		out["Revision"] = &val{v: 1, src: v.src}
	}
	return out
}

func textOf(v model.Value) string {
	if v.State == model.Known {
		return v.Text.Reveal()
	}
	return Placeholder
}

func copyMap(m map[string]any) map[string]any {
	out := make(map[string]any, len(m))
	for key, item := range m {
		out[key] = copyAny(item)
	}
	return out
}

func copyAny(x any) any {
	switch x := x.(type) {
	case map[string]any:
		if x == nil {
			return x
		}
		return copyMap(x)
	case []any:
		out := make([]any, len(x))
		for i, item := range x {
			out[i] = copyAny(item)
		}
		return out
	}
	return x
}

// parse reads the templates once, for both renders.
func (r *render) parse(plain, marked []*source) {
	failed := r.plain.parse(plain)
	for i, s := range plain {
		if err := failed[s.name]; err != nil {
			r.problem(parseProblem(s, err))
			continue
		}
		r.plainly[s.name] = s
		r.eval.sourceOf[s.name] = &located{source: marked[i]}
	}
	for _, t := range r.plain.set.Templates() {
		r.eval.mutates = r.eval.mutates || t.Tree != nil && calls(t.Tree.Root, mutators)
	}
}

var parseLine = lazy.Regexp(`^template: .*?:(\d+)(?::\d+)?: `)

// parseProblem tells what is wrong with a template as Helm does, without the texts in it.
func parseProblem(s *source, err error) model.Problem {
	message := err.Error()
	place := s.name
	at := pos.Span{File: s.file.Path}
	if m := parseLine().FindStringSubmatch(message); m != nil {
		message = message[len(m[0]):]
		place += ":" + m[1]
		if s.file.Inner == "" {
			at.Start.Line = atoi(m[1])
			at.End = at.Start
		}
	}
	if i := strings.LastIndex(message, ": "); i >= 0 {
		message = message[i+2:]
	}
	if !strings.HasSuffix(message, "not defined") && !strings.HasPrefix(message, "undefined variable") {
		message = quoted().ReplaceAllString(message, "…")
	}
	return model.Problem{At: at, Message: "parse error at (" + place + "): " + message, Fix: "helm refuses the whole chart: mend the template"}
}

func atoi(s string) int {
	n := 0
	for _, c := range s {
		n = min(n*10+int(c-'0'), 1<<30)
	}
	return n
}

func newEval(ctx context.Context, p *plain) *eval {
	e := &eval{
		ctx: ctx, marks: &origin.Marks{}, notes: make([]note, 1),
		memo: map[derivation]origin.ID{}, conds: map[string]*cond{},
		literals: map[parse.Node]*val{}, nested: map[string]int{},
		fresh: map[uintptr]freshMap{}, openMap: map[uintptr]map[string]any{},
		sourceOf: map[string]*located{}, parsed: map[string]map[string]*parse.Tree{}, hops: map[parse.Node]*model.Hop{},
		funcs: functionsOf(),
	}
	e.names = map[string]any{}
	for name := range e.funcs {
		e.names[name] = true
	}
	for _, name := range []string{"and", "or", "call", "slice"} {
		e.names[name] = true
	}
	e.plainSet = func(name string) *parse.Tree {
		if t := p.set.Lookup(name); t != nil {
			return t.Tree
		}
		return nil
	}
	return e
}

// prepare makes the scopes with origins.
func (e *eval) prepare(step Step, loaded *Loaded, caps *Capabilities) []*source {
	e.offline = step.Offline
	if loaded.Open != nil {
		e.openTo = e.add(*loaded.Open, false)
	}
	s := &scoping{
		release: step.release(func(v model.Value, text string) any {
			return &val{v: text, src: ids{e.add(v, false)}}
		}),
		capabilities: caps,
		chart: func(c *Chart) any {
			hop := model.Hop{At: pos.Span{File: path.Join(c.Dir, "Chart.yaml")}, Kind: model.KindFile, What: ".Chart", Literal: true}
			if strings.HasSuffix(c.Dir, "gz") {
				hop.At.File = c.Dir
			}
			return &val{v: about{c.Metadata, c.IsRoot}, src: ids{e.add(model.Value{State: model.Known, Trail: model.Trail{}.Append(hop)}, false)}}
		},
		files: func(c *Chart) any { return e.tagFiles(c.Files) },
	}
	s.add(loaded.Root, Values(e.tagMap(loaded.Values, loaded.Origins)), nil)
	inOrder(s.sources)
	return s.sources
}

// template renders one template and notes what came of it.
func (r *render) template(s *source) {
	e := r.eval
	e.forked, e.spec, e.depth = false, 0, 0
	clear(e.nested)
	s.scope["Template"] = Values{"Name": s.name, "BasePath": s.basePath}
	t := (&library{own: map[string]*tmpl{}}).load(e, s.name)
	var v *val
	stopped := try(func() {
		if t == nil {
			e.limit("the template was not found")
		}
		v = e.without(e.run(t, &library{own: map[string]*tmpl{}}, &val{v: s.scope}), noValue)
	})
	if stopped != nil && stopped.kind == stopDone {
		return
	}
	var text string
	var err error = errTooMuch
	if stopped == nil || stopped.kind != stopLimit {
		text, err = r.plain.render(r.plainly[s.name])
	}
	d := r.document(s, v, stopped, text, err)
	if d != nil && !strings.HasSuffix(s.name, "NOTES.txt") {
		r.drafts = append(r.drafts, d)
	}
}

// document decides which of the renders counts.
func (r *render) document(s *source, v *val, stopped *stop, text string, err error) *draft {
	e := r.eval
	d := &draft{name: s.name, doubt: s.doubt}
	switch {
	case stopped == nil && err == nil && v.v == text:
		r.result.Stats.Marked++
		d.v = v
	case stopped == nil && e.forked:
		r.result.Stats.Forked++
		d.v = v
	case stopped != nil && stopped.kind == stopError && err != nil:
		r.problem(stopped.problem(s))
		return nil
	case stopped != nil && stopped.kind == stopLimit:
		r.problem(model.Problem{At: pos.Span{File: s.file.Path}, Message: stopped.message, Fix: "check what this template does; keyfit treats its result as not known"})
		d.v = e.placeholder(e.add(model.UnknownBecause(model.WhyLimit, "a template that stays within keyfit's limits", model.Trail{}), false))
	case stopped != nil && stopped.kind == stopDoubt:
		r.result.Stats.Forked++
		d.v = e.placeholder(stopped.id)
		if err == nil && text != "" {
			d.v = &val{v: text, src: ids{stopped.id}}
		}
		if e.mutates {
			e.doubtAll("a template that changes values behind something that is not known")
		}
	default:
		r.result.Stats.Coarse++
		d.v = r.coarse(s, text, err)
	}
	if strings.TrimSpace(d.v.v.(string)) == "" && len(d.v.p) == 0 && len(e.unknowns(d.v.src)) == 0 {
		return nil
	}
	return d
}

// coarse gives a text of which no more is known than the template that it came from; and
// not even that it is right, when anything that is not known may have gone into it.
func (r *render) coarse(s *source, text string, err error) *val {
	e := r.eval
	if err != nil {
		r.problem(model.Problem{At: pos.Span{File: s.file.Path}, Message: "helm fails in this template", Fix: "run helm template to see its message"})
		return e.placeholder(e.wellKnown(sourceFailed))
	}
	for id := range e.notes {
		if e.notes[id].unknown {
			v := model.UnknownBecause(model.WhyUnsupported, "a template that keyfit can follow", model.Trail{})
			return &val{v: text, src: ids{e.add(v, false)}}
		}
	}
	hop := model.Hop{At: pos.Span{File: s.file.Path}, Kind: model.KindHelmTemplate, What: s.name}
	return &val{v: text, src: ids{e.add(model.Value{State: model.Known, Trail: model.Trail{}.Append(hop)}, false)}}
}

// problem tells where and why Helm stops, without values.
func (s *stop) problem(in *source) model.Problem {
	at := s.at.at
	name := s.at.name
	if !at.IsValid() {
		at, name = pos.Span{File: in.file.Path}, in.name
	}
	return model.Problem{At: at, Message: "template: " + name + ": " + s.message, Fix: "helm refuses the whole chart: mend the template or the values", Stops: true}
}

// problem notes that Helm stops with a message of the chart's own.
func (e *eval) problem(at place, message string) {
	name := at.name
	if name == "" {
		name = "tpl"
	}
	e.problems = append(e.problems, model.Problem{At: at.at, Message: "execution error at (" + name + "): " + message, Fix: "set the value that the chart asks for", Stops: true})
}

// crds adds the files that Helm installs before anything else.
func (r *render) crds(c *Chart, doubt *model.Value) {
	if c.Doubt != nil {
		doubt = c.Doubt
	}
	for _, f := range c.Files {
		ext := path.Ext(f.Name)
		if !strings.HasPrefix(f.Name, "crds/") || ext != ".yaml" && ext != ".yml" && ext != ".json" {
			continue
		}
		name := path.Join(c.Path, f.Name)
		if f.Inner == "" && doubt == nil {
			r.result.Documents = append(r.result.Documents, origin.Document{Name: name, Text: origin.FromFile(f.Path, f.Data)})
			continue
		}
		hop := model.Hop{At: pos.Span{File: f.Path}, Kind: model.KindFile, What: f.Name, Literal: true}
		id := r.eval.add(model.Value{State: model.Known, Trail: model.Trail{}.Append(hop)}, false)
		r.drafts = append(r.drafts, &draft{name: name, v: &val{v: string(f.Data), src: ids{id}}, doubt: doubt})
	}
	for _, d := range c.Dependencies {
		r.crds(d, doubt)
	}
}

// settle brings the result in order, and marks all of it when nothing is certain.
func (r *render) settle() {
	res := &r.result
	res.Problems = append(res.Problems, r.eval.problems...)
	res.Fails = res.Fails || r.eval.fails
	for _, d := range r.drafts {
		res.Documents = append(res.Documents, d.document(r.eval))
	}
	for _, doubt := range []*model.Value{r.step.Doubt, r.loaded.Doubt, r.eval.doubt} {
		if res.Doubt == nil && doubt != nil {
			res.Doubt = doubt
		}
	}
	if res.Doubt != nil {
		for i, d := range res.Documents {
			res.Documents[i].Text = allUnknown(d.Text, *res.Doubt)
		}
	}
	order.By(res.Documents, func(a, b origin.Document) int { return cmp.Compare(a.Name, b.Name) })
}

func allUnknown(t origin.Text, v model.Value) origin.Text {
	m := &origin.Marks{}
	text := t.Secret().Reveal()
	return origin.FromPieces(text, []origin.Piece{{End: len(text), ID: m.Add(v)}}, m)
}
