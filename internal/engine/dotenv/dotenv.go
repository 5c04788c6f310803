// Package dotenv reads .env files as those who load them do.
//
// There is no one format: on odd lines the readers disagree, and so each of them is a
// [Dialect] here, held by test against the real thing: joho/godotenv 1.5.1, dotenv 16
// to 18 and dotenv-expand 12 from npm, @next/env 16, node --env-file of Node 20 and 22,
// compose-go 2.16, docker's reader of env files, python-dotenv 0.21, bash 5.2. A value
// is known only if the reader hands over exactly this text.
//
// [Parse] reads one text, [Load] reads files into an environment, [Detect] looks for
// who loads a file.
package dotenv

import (
	"bytes"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
)

// Assignment is one definition of a name in a file.
type Assignment struct {
	Name    string
	Value   model.Value
	At      pos.Span // from the name to the end of the value; the word export is not in it
	NameAt  pos.Span
	ValueAt pos.Span // with its quotes
}

// File is what a text defines.
type File struct {
	Assignments []Assignment // in order, with every definition of a name
	Problems    []model.Problem
	// Unreadable says that the reader refuses the text, or that keyfit cannot tell what
	// it makes of it. Then every value is unknown, and a name that is not listed may be
	// defined all the same.
	Unreadable bool
}

// Parse reads one text as the dialect does. The file's name is for the places. lookup
// gives what an expansion may see outside the text; nil means nothing. The dialect says
// whether it is asked at all, and who wins: the text for bash and python, the outside
// for compose and the expanders from npm; godotenv never looks outside.
//
// The value of a definition is what the text gives, also where the dialect would keep a
// variable that is set already: that is for [Load] to decide.
func Parse(file string, data []byte, d Dialect, lookup func(name string) model.Value) File {
	if lookup == nil {
		lookup = func(string) model.Value { return model.Value{State: model.Absent} }
	}
	in := input{name: file, data: data}
	if p, ok := in.unfit(); !ok {
		return File{Problems: []model.Problem{p}, Unreadable: true}
	}
	var out File
	for i, r := range versions(d, setting{bom: in.hasBOM()}) {
		run := newRun(&r, []*reading{in.read(&r)}, lookup, false)
		run.work()
		next := run.file(in)
		if i == 0 {
			out = next
			continue
		}
		out = disagree(out, next, needsPlain(r.reader))
	}
	out.Problems = model.SortProblems(out.Problems)
	return out
}

// file gives the one file of the run.
func (r *run) file(in input) File {
	rd := r.readings[0]
	out := File{Problems: r.problems(true), Unreadable: rd.halt != nil}
	defs := r.settled(in, 0)
	out.Assignments = make([]Assignment, 0, len(defs))
	for _, d := range defs {
		out.Assignments = append(out.Assignments, d.Assignment)
	}
	return out
}

func needsPlain(reader string) string {
	return fmt.Sprintf("the value written so that every version of %s reads it alike: NAME='text', without \"$\"", reader)
}

// disagree makes every name of a ambiguous that b gives another value.
func disagree(a, b File, needs string) File {
	if b.Unreadable && !a.Unreadable {
		a, b = b, a
	}
	a.Problems = append(a.Problems, b.Problems...)
	if a.Unreadable {
		return a
	}
	inB, last := map[string]model.Value{}, map[string]int{}
	for _, d := range b.Assignments {
		inB[d.Name] = d.Value
	}
	for i, d := range a.Assignments {
		last[d.Name] = i
	}
	for name, i := range last {
		v, ok := inB[name]
		if !ok {
			v = model.Value{State: model.Absent}
		}
		a.Assignments[i].Value = model.Ambiguous(needs, a.Assignments[i].Value, v)
	}
	for _, d := range b.Assignments {
		if _, ok := last[d.Name]; !ok {
			d.Value = model.Ambiguous(needs, d.Value, model.Value{State: model.Absent})
			a.Assignments = append(a.Assignments, d)
		}
	}
	return a
}

// input is one file of a step, as it lies there.
type input struct {
	name string // for places
	data []byte
	at   pos.Span // where the step names it
	err  error    // why it could not be read
}

func (in input) hasBOM() bool { return bytes.HasPrefix(in.data, []byte(byteOrderMark)) }

// unfit tells about a file that no dialect reads.
func (in input) unfit() (model.Problem, bool) {
	at := pos.Span{File: in.name}
	switch {
	case bytes.IndexByte(in.data, 0) >= 0:
		return model.Problem{At: at, Message: repo.ErrBinary.Error(), Fix: "name a text file of NAME=value lines"}, false
	case len(in.data) > maxFile:
		return model.Problem{At: at, Message: "is larger than 4 MiB, the limit for a .env file", Fix: "name a smaller file"}, false
	}
	return model.Problem{}, true
}

// read splits the file as one version of a dialect does.
func (in input) read(r *rules) *reading {
	rd := read(in.name, in.data, r)
	if utf8.Valid(in.data) {
		return rd
	}
	for i, t := range rd.tokens {
		written := rd.src.text[t.start:max(t.start, t.end)]
		if !utf8.ValidString(written) || !utf8.ValidString(t.name) {
			rd.tokens[i].unsure = true
		}
	}
	bad := note{at: firstInvalid(rd.src.text), message: "is not valid UTF-8 text here", fix: "save the file as UTF-8"}
	rd.always = append(rd.always, bad)
	if r.dialect == Python && rd.halt == nil {
		rd.halt = &halt{note: note{at: bad.at, message: "python-dotenv refuses the file: it is not valid UTF-8 text", fix: bad.fix}}
	}
	return rd
}

func firstInvalid(s string) int {
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return 0
}

// settled gives the definitions of a file with their final values: for a file that the
// reader does not take, every name that could be made out, and all of them unknown.
func (r *run) settled(in input, i int) []definition {
	rd := r.readings[i]
	if rd.halt == nil {
		return r.defs[i]
	}
	defs := slices.Clone(r.defs[i])
	seen := map[string]bool{}
	for _, d := range defs {
		seen[d.Name] = true
	}
	for _, d := range guess(in) {
		if !seen[d.Name] {
			defs = append(defs, d)
		}
	}
	for k := range defs {
		hop := model.Hop{At: defs[k].At, Kind: model.KindDotenv, What: defs[k].Name}
		defs[k].Value = model.UnknownBecause(rd.halt.why(), rd.halt.needs(in.name), model.Trail{}.Append(hop))
		defs[k].erases, defs[k].inherited = false, false
	}
	return defs
}

func (h *halt) why() model.Reason {
	if h.foreign {
		return model.WhyUnsupported
	}
	return model.WhyMissingFile
}

func (h *halt) needs(file string) string {
	if h.foreign {
		return fmt.Sprintf("%q read as the script that it is: %s", file, h.fix)
	}
	return fmt.Sprintf("%q in a form that its reader takes: %s", file, h.fix)
}
