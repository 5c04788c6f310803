package dotenv

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/strict"
)

// Step is a list of files to load, one after the other.
type Step struct {
	Files repo.Files
	Names []strict.At[string] // relative to the repository's root
	// Layered says that the list is one of layers: later files win, whoever loads them.
	// Otherwise a library that is called once for each file, and that keeps what is set
	// already, lets the first one win.
	Layered bool
	// Dialect is who loads the files. Empty: nobody knows; then a value is known only
	// where all likely dialects agree.
	Dialect Dialect
	// Override says whether a file replaces what is set already. Nil: as the dialect does.
	Override *bool
	Env      model.Env // what is set already
}

// Result is what a step leaves.
type Result struct {
	model.Result
	// Gaps are the files that could not be read. A name that is not in the environment
	// may be defined there.
	Gaps []Gap
}

// Gap is one file that could not be read.
type Gap struct {
	File  string
	At    pos.Span // where the file is named, or where its reader stops
	Why   model.Reason
	Needs string
}

// Load reads the files and gives the environment after them.
func Load(in Step) Result {
	l := &loader{Step: in, needs: needsDialect(in.Names)}
	for _, name := range in.Names {
		l.open(name)
	}
	l.ask()
	out := Result{Gaps: l.gaps}
	out.Env = in.Env.WithAll(l.merge())
	out.Problems = model.SortProblems(l.problems)
	return out
}

// loader is one call of Load.
type loader struct {
	Step
	inputs   []input
	runs     []*run
	finals   []map[string]model.Value // of each run: what the files give, before Env is looked at
	after    []map[string]model.Value // of each run: with Env
	problems []model.Problem
	gaps     []Gap
	needs    string
}

func needsDialect(names []strict.At[string]) string {
	var words []string
	for _, n := range names {
		words = append(words, n.Value)
	}
	return fmt.Sprintf("who loads the file: write `dotenv: {files: [%s], dialect: …}`", strings.Join(words, ", "))
}

const needsOverride = "whether the file replaces what is set already: write `override: true` or `override: false` under `dotenv`"

// open reads one file of the list.
func (l *loader) open(name strict.At[string]) {
	in := input{name: clean(l.Files, name.Value), at: name.Span}
	if !in.at.IsValid() {
		in.at = pos.Span{File: in.name}
	}
	in.data, in.err = l.Files.Read(name.Value)
	problem := model.Problem{At: in.at}
	if in.err != nil {
		problem.Message, problem.Fix = in.err.Error(), fixRead(in.err)
	} else if p, ok := in.unfit(); !ok {
		in.err = repo.ErrBinary
		if len(in.data) > maxFile {
			in.err = repo.ErrTooLarge
		}
		problem.Message, problem.Fix = fmt.Sprintf("%q %s", in.name, p.Message), p.Fix
	}
	if in.err != nil {
		l.problems = append(l.problems, problem)
		l.gaps = append(l.gaps, Gap{File: in.name, At: in.at, Why: model.WhyMissingFile, Needs: in.needs()})
	}
	l.inputs = append(l.inputs, in)
}

func (in input) needs() string {
	return fmt.Sprintf("%q, which could not be read and may define it", in.name)
}

func fixRead(err error) string {
	switch {
	case errors.Is(err, repo.ErrMissing):
		return "create the file, or take it off the list"
	case errors.Is(err, repo.ErrOutside):
		return "name a file within the repository"
	}
	return "name a text file of NAME=value lines"
}

// clean gives the path relative to the root, as places name it.
func clean(files repo.Files, name string) string {
	if c, ok := files.(interface{ Clean(string) (string, error) }); ok {
		if p, err := c.Clean(name); err == nil {
			return p
		}
	}
	return path.Clean(name)
}

// ask lets every dialect in question read the files.
func (l *loader) ask() {
	dialects := []Dialect{l.Dialect}
	if l.Dialect == "" {
		dialects = undecided()
	}
	in := setting{several: len(l.inputs) > 1, loading: true, override: l.Override}
	for _, file := range l.inputs {
		in.bom = in.bom || file.hasBOM()
	}
	for _, d := range dialects {
		for _, r := range versions(d, in) {
			l.run(&r)
		}
	}
	if len(l.runs) == 0 { // all refuse: then what the first one refuses stays unknown
		r := rulesOf(dialects[0])
		l.Dialect = r.dialect
		l.run(&r)
	}
}

// run lets one version of a dialect read the files. While nobody knows who loads them,
// a reader that refuses one is not the one who does.
func (l *loader) run(r *rules) {
	readings := make([]*reading, len(l.inputs))
	for i, in := range l.inputs {
		if in.err == nil {
			readings[i] = in.read(r)
		}
	}
	run := newRun(r, readings, l.Env.Get, l.Override != nil && *l.Override)
	run.work()
	certain := l.Dialect != ""
	out := !certain && run.refuses()
	for _, p := range run.problems(certain) {
		if out {
			p.Message, p.Fix = "one reader is out of the question: "+p.Message, "say who loads the file"+strings.TrimPrefix(l.needs, "to know who loads the file")
		}
		l.problems = append(l.problems, p)
	}
	if out {
		return
	}
	l.runs = append(l.runs, run)
	final := l.final(run)
	l.finals = append(l.finals, final.values)
	l.after = append(l.after, l.apply(run, final))
}

func (r *run) halted() bool {
	return slices.ContainsFunc(r.readings, func(rd *reading) bool { return rd != nil && rd.halt != nil })
}

func (r *run) refuses() bool {
	return slices.ContainsFunc(r.readings, func(rd *reading) bool { return rd != nil && rd.halt != nil && !rd.halt.foreign })
}

// outcome is what a list of files gives.
type outcome struct {
	values map[string]model.Value
	last   map[string]definition // the definition that a value comes from
}

// final folds what all files define: between files it is the order that the step, or
// the loader, asks for.
func (l *loader) final(r *run) outcome {
	out := outcome{values: map[string]model.Value{}, last: map[string]definition{}}
	var before *Gap // a file that could not be read, and may have set a name first
	for i, in := range l.inputs {
		if gap, ok := r.gap(in, i); ok {
			for name, v := range out.values {
				out.values[name] = gap.over(v)
			}
			if l.firstMayWin(r) {
				before = &gap
			}
			l.record(r.readings[i], gap)
		}
		for name, d := range l.oneFile(r, i, out.values) {
			v := d.Value
			if earlier, ok := out.values[name]; ok {
				v = l.between(r, v, earlier)
			}
			if before != nil && v.State != model.Absent {
				v = before.over(v)
			}
			out.values[name], out.last[name] = v, d
		}
	}
	return out
}

// record keeps a file that was read and not understood. While nobody knows who loads it,
// only a script counts: it may define names that nothing in it shows.
func (l *loader) record(rd *reading, gap Gap) {
	if rd != nil && (l.Dialect != "" || rd.halt.script) && !slices.Contains(l.gaps, gap) {
		l.gaps = append(l.gaps, gap)
	}
}

// oneFile gives the last definition of each name in a file, over those before it.
func (l *loader) oneFile(r *run, i int, earlier map[string]model.Value) map[string]definition {
	rd := r.readings[i]
	if rd == nil {
		return nil
	}
	defs := r.settled(l.inputs[i], i)
	out := make(map[string]definition, len(defs))
	strange := strangeLines(l.inputs[i].data)
	for _, d := range defs {
		old, ok := out[d.Name]
		if _, before := earlier[d.Name]; !ok && !before && !l.Env.Has(d.Name) {
			if rd.sealed && strings.HasPrefix(d.Name, "sops_") || !l.sane(d, strange) {
				continue
			}
		}
		if ok && !d.erases {
			d.Value = prefer(d.Value, old.Value)
		}
		out[d.Name] = d
	}
	return out
}

// between gives the value of a name that two files define.
func (l *loader) between(r *run, later, earlier model.Value) model.Value {
	first, last := prefer(earlier, later), prefer(later, earlier)
	switch {
	case later.State == model.Absent: // defined without a value: callers differ in what that does
		return model.Ambiguous(needsPlain(r.rules.reader), earlier, later)
	case l.Override != nil && !*l.Override:
		return first
	case !l.firstMayWin(r) || later.Same(earlier):
		return last
	}
	return model.Ambiguous(needsOrder, last, first)
}

// firstMayWin reports whether the first file of the list that defines a name may be the
// one that counts.
func (l *loader) firstMayWin(r *run) bool {
	if l.Override != nil {
		return !*l.Override
	}
	return !l.Layered && r.rules.dialect.keepsFirst()
}

const needsOrder = "which file of the list wins: write `override: true` (the last one) or `override: false` (the first one) under `dotenv`"

// gap tells about a file that the run could not read.
func (r *run) gap(in input, i int) (Gap, bool) {
	rd := r.readings[i]
	switch {
	case rd == nil:
		return Gap{File: in.name, At: in.at, Why: model.WhyMissingFile, Needs: in.needs()}, true
	case rd.halt != nil:
		return Gap{File: in.name, At: rd.problem(rd.halt.note).At, Why: rd.halt.why(), Needs: rd.halt.needs(in.name)}, true
	}
	return Gap{}, false
}

// over is what is left of a value that the file may replace.
func (g Gap) over(v model.Value) model.Value {
	u := model.UnknownBecause(g.Why, g.Needs, v.Trail)
	u.Losers = v.Losers
	return u
}

// apply puts what the files give beside what is set already.
func (l *loader) apply(r *run, from outcome) map[string]model.Value {
	replaces := r.rules.replaces
	if l.Override != nil {
		replaces = *l.Override
	}
	out := make(map[string]model.Value, len(from.values))
	for name, v := range from.values {
		given, d := l.Env.Get(name), from.last[name]
		d.Value = v
		switch {
		case given.State == model.Absent || replaces && d.inherited:
		case replaces:
			v = prefer(v, given)
		case r.existing != nil && r.halted():
			v = model.Ambiguous(needsPlain(r.rules.reader), prefer(given, v), r.existing(given, d))
		case r.existing != nil:
			v = r.existing(given, d)
		default:
			v = prefer(given, v)
		}
		out[name] = v
	}
	if gap, ok := l.hides(r); ok && replaces {
		for name, v := range l.Env.All() {
			if _, ok := out[name]; !ok && v.State != model.Absent {
				out[name] = gap.over(v)
			}
		}
	}
	return out
}

// hides reports whether the run leaves out a file that is there and may set anything.
func (l *loader) hides(r *run) (Gap, bool) {
	for i, in := range l.inputs {
		gap, ok := r.gap(in, i)
		there := errors.Is(in.err, repo.ErrOutside) || errors.Is(in.err, repo.ErrTooLarge) || errors.Is(in.err, repo.ErrRead)
		script := in.err == nil && ok && r.readings[i].halt.script && l.Dialect != ""
		if ok && (there || script) {
			return gap, true
		}
	}
	return Gap{}, false
}

// merge gives each name the value that all runs agree on.
func (l *loader) merge() map[string]model.Value {
	names := map[string]bool{}
	for _, m := range l.after {
		for name := range m {
			names[name] = true
		}
	}
	out := map[string]model.Value{}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if v := l.agreed(name); v.State != model.Absent || l.Env.Has(name) {
			out[name] = v
		}
	}
	return out
}

func (l *loader) agreed(name string) model.Value {
	all := make([]model.Value, len(l.runs))
	for i, m := range l.after {
		v, ok := m[name]
		if !ok {
			v = l.Env.Get(name)
		}
		all[i] = v
	}
	if !slices.ContainsFunc(all[1:], func(c model.Value) bool { return !c.Same(all[0]) }) {
		return all[0]
	}
	bare := slices.Clone(all)
	for i := range bare {
		bare[i].Losers = nil
	}
	v := model.Ambiguous(l.why(name), bare...)
	for _, c := range all { // the place of the first candidate that has one
		if c.State != model.Absent {
			v.Trail, v.Losers = c.Trail, c.Losers
			break
		}
	}
	return v
}

// why says what would decide between the runs.
func (l *loader) why(name string) string {
	if l.Dialect != "" {
		return needsPlain(l.runs[0].rules.reader)
	}
	first, ok := l.finals[0][name]
	for _, m := range l.finals {
		v, here := m[name]
		if here != ok || !v.Same(first) {
			return l.needs
		}
	}
	return needsOverride
}
