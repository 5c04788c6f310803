package kustomize

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/origin"
	"github.com/keyfit/keyfit/internal/pos"
)

func build(ctx context.Context, step Step) (Result, error) {
	if err := ctx.Err(); err != nil {
		return Result{}, err
	}
	p := newPlan(step)
	b := &builder{plan: p}
	if !p.start() {
		return p.nothing(), nil
	}
	b.library = libraryFor(p)
	objects, err := b.plainly(ctx)
	if err != nil {
		return b.failed(ctx, err)
	}
	docs, err := b.documents(ctx, objects)
	if err != nil {
		return Result{}, err
	}
	return Result{Documents: docs, Problems: p.problems, Doubt: p.doubt}, nil
}

// libraryFor sets the library up for what a plan uses.
func libraryFor(p *plan) library {
	l := library{anywhere: p.step.LoadRestrictionsNone}
	for _, o := range p.order {
		l.loud = l.loud || o.deprecated()
		l.schema = l.schema || len(o.k.OpenAPI) > 0
	}
	return l
}

// start reads the kustomization and all that it leads to.
func (p *plan) start() bool {
	dir, err := behindLinks(p.step.Files, p.step.Dir)
	if mayBeRemote(p.step.Dir) {
		p.doubt, _ = p.remote(p.step.At, p.step.Dir, "overlay")
		return false
	}
	if err != nil {
		p.problem(p.step.At, "name a directory of the repository", "%s", err)
		return false
	}
	if info, err := p.step.Files.Stat(dir); err != nil {
		p.problem(p.step.At, "name a directory of the repository", "%s", err)
		return false
	} else if !info.Dir {
		p.problem(p.step.At, "name the directory that holds it", "%q is a file, expected the directory of a kustomization", dir)
		return false
	}
	p.step.Dir = dir
	_, ok := p.visit(dir, p.step.At, nil)
	if p.over {
		p.doubt = unknown(p.root(), model.WhyLimit, "an overlay of fewer bases")
	}
	return ok && !p.over
}

// nothing is the result of a build of which nothing can be said.
func (p *plan) nothing() Result {
	if p.doubt == nil {
		p.doubt = unknown(p.root(), model.WhyUnsupported, "an overlay that kustomize can build")
	}
	return Result{Problems: p.problems, Doubt: p.doubt}
}

// root is the kustomization that is built, or what names it.
func (p *plan) root() pos.Span {
	if o := p.overlays[p.step.Dir]; o != nil {
		return pos.Span{File: o.file}
	}
	return p.step.At
}

// builder runs the library over a plan.
type builder struct {
	*plan
	library library
	until   time.Time // for what is nice to know; the zero Time for no end
}

func (b *builder) run(ctx context.Context, served map[string][]byte) ([]object, error) {
	limit := maxTime
	if !b.until.IsZero() {
		limit = max(time.Until(b.until), 0)
	}
	return b.library.run(ctx, limit, confined{files: b.step.Files, served: served}, b.step.Dir)
}

// plainly builds without marks. When something was taken out, what needs it is taken out
// as well, as long as that helps.
func (b *builder) plainly(ctx context.Context) ([]object, error) {
	for range maxRetries {
		objects, err := b.run(ctx, b.plain())
		if err == nil || errors.Is(err, errLimit) || ctx.Err() != nil || !b.without(err) {
			return objects, err
		}
	}
	return nil, errLimit
}

func (b *builder) failed(ctx context.Context, err error) (Result, error) {
	if ctx.Err() != nil {
		return Result{}, ctx.Err()
	}
	message, fix := b.explain(err)
	b.problem(b.root(), fix, "%s", message)
	if errors.Is(err, errLimit) {
		b.doubt = unknown(b.root(), model.WhyLimit, "a smaller overlay")
	}
	return b.nothing(), nil
}

// documents gives the objects with their origins.
func (b *builder) documents(ctx context.Context, objects []object) ([]origin.Document, error) {
	b.until = time.Now().Add(maxTrace)
	m, c, err := b.trace(ctx, objects)
	if err != nil {
		return nil, err
	}
	w := &writer{plan: b.plan, marker: m, sources: &origin.Marks{}, ids: map[string]origin.ID{}}
	if c != nil {
		w.places = c.places
		if w.losers, err = b.losers(ctx, m, c, objects); err != nil {
			return nil, err
		}
	}
	var docs []origin.Document
	seen := map[string]int{}
	for _, o := range objects {
		seen[o.key()]++
		if !b.isSpoiled(o) {
			docs = append(docs, w.document(o, seen[o.key()]))
		}
	}
	return docs, nil
}

// isSpoiled reports whether an object lacks a part that is not known.
func (b *builder) isSpoiled(o object) bool {
	return slices.ContainsFunc(b.spoiled, func(r ref) bool { return r.kind == o.kind && strings.Contains(o.name, r.name) })
}

// cuts lists the delimiters of all replacements.
func (p *plan) cuts() []string {
	var out []string
	add := func(text string) {
		if text != "" && !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	for _, o := range p.order {
		for _, key := range []string{"replacements", "transformers"} {
			if n := o.source.find(key); n != nil {
				eachDelimiter(n, add)
			}
		}
	}
	for name := range p.manifest {
		for _, d := range p.docs[name].docs {
			eachDelimiter(d, add)
		}
	}
	slices.Sort(out)
	return out
}

func eachDelimiter(n *yaml.Node, add func(string)) {
	add(scalar(exact(n, "delimiter")))
	for _, c := range n.Content {
		eachDelimiter(c, add)
	}
}

// trace builds with marks, with as many as do not change the outcome; without a
// comparison when even the fewest do.
func (b *builder) trace(ctx context.Context, plain []object) (*marker, *comparison, error) {
	if b.tainted != nil || slices.ContainsFunc(plain, func(o object) bool { return !origin.CanMark(o.yaml) }) {
		return newMarker(), nil, nil
	}
	for level := markAll; level < markNone; level++ {
		m := newMarker()
		m.level, m.cuts = level, b.cuts()
		for range 3 {
			marked, err := b.run(ctx, b.marked(m))
			if ctx.Err() != nil {
				return nil, nil, ctx.Err()
			}
			if err != nil {
				break
			}
			c := compare(plain, marked)
			if c.equal {
				return m, c, nil
			}
			if len(c.blame) == 0 {
				break
			}
			for _, id := range c.blame {
				m.bare[m.keys[id]] = true
			}
		}
	}
	return newMarker(), nil, nil
}
