package provider

import (
	"errors"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/strict"
)

// KeyPart is the role of the key itself among the parts of a credential.
const KeyPart = "key"

// Template is text with ${NAME} (another variable of the same consumer) and $name
// (another part of the credential; $key is the key itself) in it; $$ is a dollar sign.
type Template string

const templateAdvice = "write ${NAME} for another variable, $name in small letters for a part of the credential, $$ for a dollar sign"

// piece is a stretch of a template: plain text, a variable or a part.
type piece struct {
	text, variable, part string
}

// DecodeStrict reads the text and refuses a stray dollar sign.
func (t *Template) DecodeStrict(r *strict.Reader, n *yaml.Node) {
	var text string
	r.Decode(n, &text)
	if n.Kind != yaml.ScalarNode {
		return
	}
	if _, err := Template(text).pieces(); err != nil {
		r.Fail(n, templateAdvice, "%v", err)
	}
	*t = Template(text)
}

// JSONSchema describes a template.
func (t Template) JSONSchema() map[string]any {
	return map[string]any{"type": []any{"string", "number", "boolean"},
		"description": "text; ${NAME} is another variable of the same consumer, $name a part of the credential, $$ a dollar sign"}
}

// Variables lists the variables that the text needs, in order, each once.
func (t Template) Variables() []string { return t.names(func(p piece) string { return p.variable }) }

// Parts lists the parts of the credential that the text needs, in order, each once.
func (t Template) Parts() []string { return t.names(func(p piece) string { return p.part }) }

func (t Template) names(of func(piece) string) []string {
	pieces, _ := t.pieces()
	var out []string
	for _, p := range pieces {
		if name := of(p); name != "" {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Expand fills in variables and parts. What a function does not have is left out and
// listed in missing: NAME for a variable, $name for a part; the text is then of no use.
func (t Template) Expand(variable, part func(string) (string, bool)) (text string, missing []string) {
	pieces, _ := t.pieces()
	var b strings.Builder
	for _, p := range pieces {
		value, ok := p.text, true
		switch {
		case p.variable != "":
			if value, ok = variable(p.variable); !ok {
				missing = append(missing, p.variable)
			}
		case p.part != "":
			if value, ok = part(p.part); !ok {
				missing = append(missing, "$"+p.part)
			}
		}
		if ok {
			b.WriteString(value)
		}
	}
	slices.Sort(missing)
	return b.String(), slices.Compact(missing)
}

// pieces takes the text apart. Its errors never repeat the text.
func (t Template) pieces() ([]piece, error) {
	var out []piece
	rest := string(t)
	for {
		before, after, found := strings.Cut(rest, "$")
		if before != "" {
			out = append(out, piece{text: before})
		}
		if !found {
			return out, nil
		}
		p, next, err := nextPiece(after)
		if err != nil {
			return out, err
		}
		out = append(out, p)
		rest = next
	}
}

func nextPiece(text string) (p piece, rest string, err error) {
	switch {
	case strings.HasPrefix(text, "$"):
		return piece{text: "$"}, text[1:], nil
	case strings.HasPrefix(text, "{"):
		name, after, ok := strings.Cut(text[1:], "}")
		if !ok || !isVariableName(name) {
			return p, "", errors.New("${ is not followed by the name of a variable and }")
		}
		return piece{variable: name}, after, nil
	}
	end := 0
	for end < len(text) && (isLower(text[end]) || (end > 0 && (isDigit(text[end]) || text[end] == '_'))) {
		end++
	}
	if end == 0 {
		return p, "", errors.New("a dollar sign that starts no name")
	}
	return piece{part: text[:end]}, text[end:], nil
}

func isVariableName(name string) bool {
	for i := range len(name) {
		c := name[i]
		if !isLower(c) && !(c >= 'A' && c <= 'Z') && c != '_' && !(i > 0 && isDigit(c)) {
			return false
		}
	}
	return name != ""
}

func isLower(c byte) bool { return c >= 'a' && c <= 'z' }
func isDigit(c byte) bool { return c >= '0' && c <= '9' }
