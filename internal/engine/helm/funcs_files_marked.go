package helm

import (
	"encoding/base64"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/gobwas/glob"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/origin"
	"github.com/keyfit/keyfit/internal/pos"
)

// taggedFiles is .Files with the places of what the files hold.
type taggedFiles struct {
	e     *eval
	files files
	from  map[string]File
	ids   map[string]origin.ID
}

func (e *eval) tagFiles(list []File) *taggedFiles {
	t := &taggedFiles{e: e, files: newFiles(list), from: map[string]File{}, ids: map[string]origin.ID{}}
	for _, f := range list {
		t.from[f.Name] = f
	}
	return t
}

func (t *taggedFiles) names() []string {
	names := make([]string, 0, len(t.files))
	for name := range t.files {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// id is the source of a whole file.
func (t *taggedFiles) id(name string) origin.ID {
	if id, ok := t.ids[name]; ok {
		return id
	}
	f := t.from[name]
	id := t.e.add(model.Value{State: model.Known, Trail: model.Trail{}.Append(model.Hop{
		At: pos.Span{File: f.Path}, Kind: model.KindFile, What: ".Files " + name, Literal: true,
	})}, false)
	t.ids[name] = id
	return id
}

// text is a file with every line as an origin.
func (t *taggedFiles) text(name string) *val {
	data, ok := t.files[name]
	if !ok {
		return &val{v: ""}
	}
	text := string(data)
	if t.from[name].Inner != "" || len(data) > maxText>>4 || !origin.CanMark(text) {
		return of(text, ids{t.id(name)}, nil)
	}
	at := &located{source: &source{file: t.from[name]}}
	v := &val{v: text}
	for start := 0; start < len(text); {
		end := strings.IndexByte(text[start:], '\n')
		if end < 0 {
			end = len(text) - start
		}
		if end > 0 {
			hop := model.Hop{At: at.span(start, end), Kind: model.KindFile, What: ".Files " + name, Literal: true}
			id := t.e.add(model.Value{State: model.Known, Trail: model.Trail{}.Append(hop)}, false)
			v.p = append(v.p, piece{start: start, end: start + end, id: id})
		}
		start += end + 1
	}
	return v
}

// fileMethod calls a method of .Files.
func (f *frame) fileMethod(t *taggedFiles, name string, args []*val) *val {
	var arg string
	if len(args) == 1 {
		var known bool
		if arg, known = f.e.keyIn(args[0]); !known {
			if f.e.anyUnknown(args...) {
				return f.e.vague(args)
			}
			f.errorf("error calling %s: wrong type for value; expected string", name)
		}
	}
	wants := 1
	if name == "AsConfig" || name == "AsSecrets" {
		wants = 0
	}
	if !reflect.ValueOf(t.files).MethodByName(name).IsValid() {
		if len(args) > 0 {
			f.errorf("%s is not a method but has arguments", name)
		}
		if data, isFile := t.files[name]; isFile {
			return of(data, ids{t.id(name)}, nil)
		}
		return &val{v: []byte(nil)}
	}
	if len(args) != wants {
		f.errorf("wrong number of args for %s: want %d got %d", name, wants, len(args))
	}
	var by ids
	if len(args) > 0 {
		by = f.e.knowns(args[0].all())
	}
	return f.ofFiles(t, name, arg).plus(nil, by)
}

func (f *frame) ofFiles(t *taggedFiles, name, arg string) *val {
	switch name {
	case "Get":
		return t.text(arg)
	case "GetBytes":
		if _, ok := t.files[arg]; !ok {
			return &val{v: []byte{}}
		}
		return of(t.files[arg], ids{t.id(arg)}, nil)
	case "Glob":
		return &val{v: t.glob(arg)}
	case "Lines":
		return t.lines(arg)
	case "AsConfig":
		return f.written(&val{v: t.entries(func(text *val) *val { return text })}, toYAML)
	case "AsSecrets":
		return f.written(&val{v: t.entries(func(text *val) *val {
			return of(base64.StdEncoding.EncodeToString([]byte(text.v.(string))), text.all(), nil)
		})}, toYAML)
	}
	f.errorf("can't evaluate field %s in type engine.files", name)
	return nil
}

func (t *taggedFiles) glob(pattern string) *taggedFiles {
	g, err := glob.Compile(pattern, '/')
	if err != nil {
		g = glob.MustCompile("**")
	}
	out := &taggedFiles{e: t.e, files: files{}, from: t.from, ids: t.ids}
	for name, data := range t.files {
		if g.Match(name) {
			out.files[name] = data
		}
	}
	return out
}

func (t *taggedFiles) lines(name string) *val {
	text := t.text(name)
	out := []any{}
	start := 0
	for _, line := range t.files.Lines(name) {
		out = append(out, cut(text, start, start+len(line)))
		start += len(line) + 1
	}
	return &val{v: out}
}

// entries gives the files by the last part of their names. Which of two files of one name
// Helm takes is a matter of chance.
func (t *taggedFiles) entries(entry func(*val) *val) map[string]any {
	out := map[string]any{}
	for _, name := range t.names() {
		v := entry(t.text(name))
		if held, twice := out[path.Base(name)]; twice {
			v = v.plus(ids{t.e.wellKnown(sourceOrder)}.with(raw(held).all()), nil)
		}
		out[path.Base(name)] = v
	}
	return out
}
