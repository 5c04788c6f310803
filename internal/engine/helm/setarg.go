package helm

import (
	"errors"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/secret"
	"github.com/keyfit/keyfit/internal/strict"
)

// setOrder is Helm's order: each kind by itself, whatever the order of the command line.
func setOrder() []string {
	return []string{"set-json", "set", "set-string", "set-file", "set-literal"}
}

// assign applies one --set to the values that were given so far.
func (l *loader) assign(arg Arg, root *node) {
	flag := "--" + arg.Flag
	in, pieces, ok := chars(arg.Text)
	if !ok {
		l.doubt(unknownBecause(arg.Text))
		return
	}
	a := &assignment{loader: l, flag: flag, text: arg.Text, pieces: pieces}
	s := &setter{in: in, json: arg.Flag == "set-json", literal: arg.Flag == "set-literal", place: a.place, decoded: a.decoded}
	s.leaf = a.text1
	switch arg.Flag {
	case "set":
		s.leaf = a.typed
	case "set-file":
		s.leaf = a.file
	}
	err := s.apply(root)
	refused := &model.Value{Why: model.WhyUnsupported, Needs: "a " + flag + " that helm accepts", Trail: model.Trail{}.Append(a.hop(""))}
	switch lost := (*errLost)(nil); {
	case err == nil:
	case errors.As(err, &lost):
		l.problem(l.step.At, lost.message, "put the file into the repository, or correct its name")
		l.doubt(lost.why)
	case errors.Is(err, errUnknownKey), errors.Is(err, errNotDecoded):
		i := slices.IndexFunc(pieces, func(v model.Value) bool { return v.State == model.Unknown })
		l.doubt(unknownBecause(pieces[i]))
	default:
		l.problem(l.step.At, "helm refuses the text of "+flag+", expected key=value", "correct it; a comma or a dot that belongs to the text needs a backslash")
		l.doubt(refused)
	}
}

// errLost says that a file is not there.
type errLost struct {
	message string
	why     *model.Value
}

func (e *errLost) Error() string { return e.message }

func unknownBecause(v model.Value) *model.Value {
	out := model.UnknownBecause(v.Why, v.Needs, v.Trail)
	out.Ref = v.Ref
	return &out
}

// assignment makes values of the characters of one --set.
type assignment struct {
	loader *loader
	flag   string
	text   model.Value
	pieces []model.Value
}

func (a *assignment) hop(at string) model.Hop {
	return model.Hop{At: a.loader.step.At, Kind: model.KindHelmValues, What: strings.TrimSpace(a.flag + " " + at)}
}

func (a *assignment) place(at string) *model.Value {
	return &model.Value{State: model.Known, Trail: a.from(nil, at).Trail}
}

// from is the origin of some characters: the pieces of the text that they belong to.
func (a *assignment) from(in []char, at string) *model.Value {
	var parts []model.Value
	for start := 0; start < len(in); {
		end := start
		for end < len(in) && in[end].piece == in[start].piece {
			end++
		}
		part := a.pieces[in[start].piece]
		part.Trail = a.started(part.Trail)
		if part.State == model.Known {
			if part.Text = secret.New(str(in[start:end])); end-start < len(in) {
				part.Alternatives = nil
			}
		}
		parts = append(parts, part)
		start = end
	}
	var out model.Value
	switch len(parts) {
	case 0:
		out = model.Value{State: model.Known, Trail: a.started(a.empty())}
	case 1:
		out = parts[0]
	default:
		out = composed(parts)
	}
	out.Text = secret.New(str(in))
	out = out.Via(a.hop(at))
	if out.State != model.Known {
		out.Text = secret.Text{}
	}
	return &out
}

// empty is where a value without characters comes from: the piece that is empty, when one is.
func (a *assignment) empty() model.Trail {
	var found []model.Value
	for _, p := range a.pieces {
		if p.State == model.Known && p.Text.IsEmpty() && !p.Trail.IsEmpty() {
			found = append(found, p)
		}
	}
	if len(found) != 1 {
		return a.text.Trail
	}
	return found[0].Trail
}

// started is the trail, or the command when nothing else is known of the text.
func (a *assignment) started(t model.Trail) model.Trail {
	if !t.IsEmpty() {
		return t
	}
	return t.Append(model.Hop{At: a.loader.step.At, Kind: model.KindCommand, What: "helm " + a.flag, Literal: true})
}

// composed is a value of several pieces; one that is not known makes all of it unknown.
func composed(parts []model.Value) model.Value {
	out := model.Value{State: model.Known, Parts: parts}
	var trails []model.Trail
	for _, p := range parts {
		trails = append(trails, p.Trail)
		if p.State == model.Unknown && out.State == model.Known {
			out.State, out.Why, out.Needs, out.Ref = model.Unknown, p.Why, p.Needs, p.Ref
		}
	}
	out.Trail = model.Join(trails...)
	return out
}

// unknown is the node of characters that are not all known.
func (a *assignment) unknown(in []char, at string) *node {
	return &node{value: Placeholder, from: a.from(in, at)}
}

func (a *assignment) text1(in []char, at string) (*node, error) {
	if hasUnknown(in) {
		return a.unknown(in, at), nil
	}
	return &node{value: str(in), from: a.from(in, at)}, nil
}

func (a *assignment) typed(in []char, at string) (*node, error) {
	if hasUnknown(in) {
		return a.unknown(in, at), nil
	}
	n := &node{value: typed(str(in)), from: a.from(in, at)}
	n.from.Text = secret.New(text(n.value))
	return n, nil
}

func (a *assignment) decoded(value any, known bool, in []char, at string) *node {
	if !known {
		return a.unknown(in, at)
	}
	return a.shaped(value, a.from(in, at), in, at)
}

// shaped makes nodes of decoded JSON. Texts in it that hold a piece that is not known are
// unknown, and nothing else is.
func (a *assignment) shaped(value any, from *model.Value, in []char, at string) *node {
	own := *from
	if own.State != model.Known {
		own = model.Value{State: model.Known, Trail: from.Trail, Losers: from.Losers}
	}
	own.Text, own.Parts = secret.Text{}, nil
	switch v := value.(type) {
	case map[string]any:
		out := newTable(&own)
		for key, child := range v {
			if strings.Contains(key, standIn) {
				out.from = from
				continue
			}
			out.table[key] = a.shaped(child, from, in, join(at, key))
		}
		return out
	case []any:
		out := &node{kind: list, from: &own}
		for i, child := range v {
			out.list = append(out.list, a.shaped(child, from, in, at+"["+itoa(i)+"]"))
		}
		return out
	case string:
		if from.State != model.Known && strings.Contains(v, standIn) {
			return &node{value: Placeholder, from: from}
		}
	}
	own.Text = secret.New(text(value))
	return &node{value: value, from: &own}
}

// file reads the file that --set-file names.
func (a *assignment) file(in []char, at string) (*node, error) {
	if hasUnknown(in) {
		return a.unknown(in, at), nil
	}
	name := str(in)
	if why := outside(name); why != nil {
		n := a.unknown(in, at)
		n.from = unknownBecause(model.UnknownBecause(why.Why, why.Needs, n.from.Trail))
		return n, nil
	}
	file := a.loader.path(name)
	data, err := a.loader.step.Files.Read(file)
	if err != nil {
		return &node{from: a.from(in, at)}, &errLost{
			message: "the file of " + a.flag + " " + at + " cannot be read: " + reason(err),
			why:     &model.Value{Why: model.WhyMissingFile, Needs: "the file that " + a.flag + " names", Trail: a.from(in, at).Trail},
		}
	}
	content := strings.ToValidUTF8(string(data), "\uFFFD")
	if content != string(data) { // it reaches a template as it is, and no text would
		n := a.unknown(in, at)
		n.from = unknownBecause(model.UnknownBecause(model.WhyUnsupported, "a file of UTF-8 text", n.from.Trail))
		return n, nil
	}
	trail := model.Trail{}.Append(model.Hop{At: pos.NewIndex(data).Span(file, 0, len(data)), Kind: model.KindFile, What: path.Base(file), Literal: true})
	return &node{value: content, from: originOf(content, trail.Append(a.hop(at)))}, nil
}

// outside says why a name leads to no file of the repository.
func outside(name string) *model.Value {
	switch {
	case strings.TrimSpace(name) == "-":
		return &model.Value{Why: model.WhyInput, Needs: "what is piped into helm"}
	case strings.Contains(name, "://"):
		return &model.Value{Why: model.WhyRemoteState, Needs: "the file as part of the repository"}
	}
	return nil
}

// path is where a name of the command line leads.
func (l *loader) path(name string) string {
	if path.IsAbs(name) {
		return name
	}
	return path.Join(l.step.Dir, name)
}

// shownKey is a key as a message may show it: not one that may be a key of an API, which
// stands there because key=value was meant.
func shownKey(key string) string {
	var words strings.Builder
	for i, r := range key {
		if i > 0 && unicode.IsUpper(r) && unicode.IsLower(rune(key[i-1])) {
			words.WriteByte('-')
		}
		words.WriteRune(r)
	}
	if strict.IsName(words.String()) {
		return key
	}
	return "…"
}
