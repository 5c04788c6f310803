package gitlab

import (
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/order"
	"github.com/keyfit/keyfit/internal/pos"
)

// The limits of following jobs for what they leave.
const (
	maxProducers = 60
	maxFiles     = 60 // of one job
)

// product is what a job leaves for later ones.
type product struct {
	vars     []item
	anything *model.Value           // why it may leave other variables
	files    map[string]model.Value // their texts by path
}

// takings are what a job gets of those before it.
type takings struct {
	reports
	files map[string]model.Value
}

// producer is a job whose artifacts another one takes.
type producer struct {
	job    *job
	matrix *node // which cells; nil for all
}

// taken collects what the jobs before i leave for it.
func (r *run) taken(i *instance) takings {
	out := takings{files: map[string]model.Value{}}
	producers, foreign := r.producers(i)
	if foreign != nil {
		out.anything = foreign
	}
	byName := map[string][]item{}
	for _, p := range producers {
		for _, inst := range r.everyInstance(p) {
			made := r.produce(inst)
			if made == nil {
				continue
			}
			if made.anything != nil {
				out.anything = made.anything
			}
			for _, it := range made.vars {
				byName[it.key] = append(byName[it.key], it)
			}
			for name, v := range made.files {
				if old, ok := out.files[name]; ok && !old.Same(v) {
					v = model.Ambiguous("which job writes the file last", old, v)
				}
				out.files[name] = v
			}
		}
	}
	for _, name := range sortedKeys(byName) {
		out.items = append(out.items, joined(name, byName[name]))
	}
	return out
}

// joined is one variable that several reports may set.
func joined(name string, items []item) item {
	out := items[0]
	if len(items) > 1 {
		var candidates []model.Value
		sure := false
		for _, it := range items {
			candidates = append(candidates, it.value)
			sure = sure || !slices.ContainsFunc(it.value.Alternatives, func(a model.Value) bool { return a.State == model.Absent })
		}
		out.value = model.Ambiguous("which job's dotenv report counts for "+quoted(name), candidates...)
		if sure {
			out.value = withoutAbsent(out.value)
		}
	}
	return out
}

func withoutAbsent(v model.Value) model.Value {
	if v.Why != model.WhyAmbiguous {
		return v
	}
	there := slices.DeleteFunc(slices.Clone(v.Alternatives), func(a model.Value) bool { return a.State == model.Absent })
	return model.Ambiguous(v.Needs, there...)
}

// producers are the jobs whose artifacts a job takes: those that it needs, or else all of
// earlier stages. foreign is set when it takes some of another pipeline.
func (r *run) producers(i *instance) (out []producer, foreign *model.Value) {
	j := i.job
	needs := j.node.get("needs")
	if len(i.demands) == 1 {
		if n := i.demands[0].get("needs"); n != nil {
			needs = n
		}
	}
	if needs != nil || j.node.has("needs") {
		for _, n := range needs.flat(maxNested) {
			p, other := r.need(n)
			if other != nil {
				foreign = other
			}
			if p.job != nil {
				out = append(out, p)
			}
		}
	} else {
		_, stage := j.stage()
		for _, other := range r.cfg.jobs {
			if _, at := other.stage(); at < stage && at >= 0 {
				out = append(out, producer{job: other})
			}
		}
	}
	if only := j.node.get("dependencies"); only != nil {
		names := only.words()
		out = slices.DeleteFunc(out, func(p producer) bool { return !slices.Contains(names, p.job.name) })
	}
	order.By(out, func(a, b producer) int {
		_, x := a.job.stage()
		_, y := b.job.stage()
		return x - y
	})
	return out, foreign
}

func (r *run) need(n *node) (producer, *model.Value) {
	name := n
	if n.kind == mapping {
		if n.has("pipeline") || n.has("project") {
			if n.get("artifacts").word() == "false" || n.has("pipeline") && !n.has("job") {
				return producer{}, nil
			}
			v := model.UnknownBecause(model.WhyRemoteState, "what the job of the other pipeline leaves", model.Trail{}.Append(model.Hop{At: n.at(), Kind: model.KindGitLab, What: "needs"}))
			return producer{}, &v
		}
		if n.get("artifacts").word() == "false" {
			return producer{}, nil
		}
		name = n.get("job")
	}
	if !name.isText() {
		return producer{}, nil
	}
	j := r.cfg.job(name.text)
	if j == nil {
		j = r.cfg.job(numbered().ReplaceAllString(name.text, ""))
	}
	ofKeyfit := r.cfg.keyfit && strings.HasPrefix(name.text, "keyfit:")
	if j == nil && r.cfg.partial == nil && !ofKeyfit && n.get("optional").word() != "true" {
		r.report(name.at(), "needs the job "+quoted(name.text)+", which is not there", "correct the name")
	}
	return producer{job: j, matrix: n.get("parallel", "matrix")}, nil
}

// everyInstance are the jobs that a producer becomes, whatever they deploy to.
func (r *run) everyInstance(p producer) []*instance {
	artifacts := p.job.field("artifacts")
	if artifacts == nil || artifacts.get("when").word() == "on_failure" || p.job.isTrigger() {
		return nil
	}
	if artifacts.get("reports", "dotenv") == nil && artifacts.get("paths") == nil {
		return nil
	}
	var out []*instance
	for _, c := range p.job.cells() {
		if p.matrix != nil && !inMatrix(p.matrix, c) {
			continue
		}
		all, left, why := r.admissions(p.job, c)
		var i *instance
		for _, a := range all {
			if a.when != "on_failure" {
				i = r.join(i, p.job, c, a, r.environmentName(p.job, c, a.vars), left, why)
			}
			if a.when == "manual" && i != nil && i.perhaps == nil {
				v := unset("whether the manual job was run")
				i.perhaps = &v
			}
		}
		if i != nil {
			out = append(out, i)
		}
	}
	return out
}

func inMatrix(matrix *node, c cell) bool {
	for _, m := range matrix.flat(1) {
		fits := m.kind == mapping
		for _, key := range namesIn(m) {
			fits = fits && slices.Contains(m.fields[key].words(), c.values[key])
		}
		if fits {
			return true
		}
	}
	return false
}

// produce follows a job for what it leaves. Nil when there are too many, or when it waits
// for itself.
func (r *run) produce(i *instance) *product {
	key := i.machine()
	if done, ok := r.produced[key]; ok {
		return done
	}
	if len(r.produced) >= maxProducers || r.err != nil {
		r.report(i.job.at(), "is one of more than 60 jobs whose results are taken, the limit", "say with `needs:` or `dependencies:` which are used")
		return r.unknownProduct(i)
	}
	r.produced[key] = nil // while it is open
	left := r.taken(i)
	vars := r.handed(i, &left.reports)
	reports := i.job.field("artifacts").get("reports", "dotenv").words()
	paths := r.artifactPaths(i)
	restore := r.lay(left.files)
	after := r.scripts(i, vars, true, append(slices.Clone(paths), cleaned(reports)...))
	restore()
	out := &product{files: map[string]model.Value{}}
	for _, name := range reports {
		r.addReport(out, i, name, after.Files)
	}
	for _, name := range paths {
		if v, ok := after.Files[name]; ok {
			out.files[name] = v
		}
	}
	if i.perhaps != nil {
		out = perhapsMade(out, *i.perhaps)
	}
	r.produced[key] = out
	return out
}

func (r *run) unknownProduct(i *instance) *product {
	v := model.UnknownBecause(model.WhyLimit, "what "+i.job.what()+" leaves", model.Trail{}.Append(model.Hop{At: i.job.at(), Kind: model.KindGitLab, What: i.job.what()}))
	return &product{anything: &v}
}

// perhapsMade is what a job leaves that may not be run.
func perhapsMade(p *product, why model.Value) *product {
	for k, it := range p.vars {
		p.vars[k].value = model.Ambiguous(why.Needs, it.value, absent())
	}
	for name, v := range p.files {
		p.files[name] = model.UnknownBecause(model.WhyAmbiguous, why.Needs, v.Trail)
	}
	return p
}

func cleaned(names []string) []string {
	var out []string
	for _, n := range names {
		out = append(out, path.Clean(n))
	}
	return out
}

var pathWord = lazy.Regexp(`[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)+`)

// artifactPaths are files that the job may hand on: those that `artifacts:paths` names,
// and of its directories and patterns those that are in the repository, or that the
// script names.
func (r *run) artifactPaths(i *instance) []string {
	var out []string
	add := func(name string) {
		if name = path.Clean(name); len(out) < maxFiles && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	patterns := i.job.field("artifacts").get("paths").words()
	for _, p := range patterns {
		if !strings.ContainsAny(p, "*?[{$") {
			add(p)
		}
	}
	within := func(name string) bool {
		return slices.ContainsFunc(patterns, func(p string) bool {
			p = strings.TrimSuffix(p, "/")
			return fnmatch(p, name) || fnmatch(p+"/**/*", name)
		})
	}
	s := i.job.cfg.sessionOf(i.job.field("before_script"), i.job.node.get("script"))
	for _, word := range pathWord().FindAllString(s.text, 500) {
		if within(path.Clean(word)) {
			add(word)
		}
	}
	for _, p := range patterns {
		dir := strings.TrimSuffix(p, "/")
		if strings.ContainsAny(p, "*?[{") {
			dir = globRoot(p)
		}
		if info, err := r.files.Stat(dir); err != nil || !info.Dir || dir == "." {
			continue
		}
		walk(r.files, dir, func(name string) bool {
			if within(name) {
				add(name)
			}
			return len(out) >= maxFiles
		})
	}
	return out
}

// lay writes the files that a job takes over the checkout, and gives what undoes it. A file
// whose text is not known is removed: nothing can be read from it.
func (r *run) lay(files map[string]model.Value) (restore func()) {
	type before struct {
		name string
		data []byte
		had  bool
	}
	var undo []before
	for _, name := range sortedKeys(files) {
		data, err := r.files.Read(name)
		undo = append(undo, before{name, data, err == nil})
		if v := files[name]; v.State == model.Known {
			err = r.in.Files.Write(name, []byte(v.Text.Reveal()))
		} else {
			err = r.in.Files.Remove(name)
		}
		if err != nil {
			r.report(pos.Span{File: r.in.File.Value}, "an artifact cannot be laid into the checkout of the next job", "let the job write it within the repository")
		}
	}
	return func() {
		for _, b := range undo {
			if b.had {
				_ = r.in.Files.Write(b.name, b.data) // it was read from there
			} else {
				_ = r.in.Files.Remove(b.name)
			}
		}
	}
}
