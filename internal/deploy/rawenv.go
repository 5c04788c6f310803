package deploy

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
)

// rawLine is one line of a file whose values are taken as they stand.
type rawLine struct {
	name  string
	value string
	bare  bool // a name without "="
	at    pos.Span
}

// rawRules are the differences between those who read such files.
type rawRules struct {
	tool      string
	badName   func(string) bool // the tool refuses the file
	once      bool              // it refuses a name that comes twice
	differing bool              // it does more to a value than docker does
}

const (
	maxRawLine  = 65_000 // docker and kubectl give up on a line of 64 KiB
	maxRawLines = 20_000
)

func dockerFile(tool string) rawRules {
	return rawRules{
		tool: tool, differing: tool != "docker",
		badName: func(name string) bool { return name == "" || strings.ContainsAny(name, " \t") },
	}
}

var envName = lazy.Regexp(`^[-._a-zA-Z][-._a-zA-Z0-9]*$`)

func kubectlFile() rawRules {
	return rawRules{
		tool: "kubectl", once: true,
		badName: func(name string) bool {
			return !envName().MatchString(name) || name == "." || strings.HasPrefix(name, "..")
		},
	}
}

// readRaw reads NAME=value lines. It gives a problem when the tool does not take the file.
func readRaw(file string, data []byte, rules rawRules) ([]rawLine, *model.Problem) {
	var out []rawLine
	seen := map[string]bool{}
	index := pos.NewIndex(data)
	text := string(data)
	for at := 0; at < len(text); {
		end := at + strings.IndexByte(text[at:]+"\n", '\n')
		start, line := at, strings.TrimSuffix(text[at:end], "\r")
		if at == 0 {
			line = strings.TrimPrefix(line, "\uFEFF")
			start = strings.Index(text, line)
		}
		trimmed := strings.TrimLeftFunc(line, unicode.IsSpace)
		start += len(line) - len(trimmed)
		at = end + 1
		if len(line) <= maxRawLine && utf8.ValidString(line) && (trimmed == "" || trimmed[0] == '#') {
			continue
		}
		name, value, found := strings.Cut(trimmed, "=")
		l := rawLine{name: name, value: value, bare: !found, at: index.Span(file, start, start+len(trimmed))}
		if why := rules.refuses(l, line, seen, len(out)); why != "" {
			return out, &model.Problem{
				At: l.at, Message: fmt.Sprintf("%s refuses the file here: %s, expected NAME=value", rules.tool, why),
				Fix: "write NAME=value without spaces around \"=\" and without export",
			}
		}
		seen[name] = true
		out = append(out, l)
	}
	return out, nil
}

func (rules rawRules) refuses(l rawLine, line string, seen map[string]bool, lines int) string {
	switch {
	case len(line) > maxRawLine:
		return "the line is longer than 64 KiB"
	case !utf8.ValidString(line):
		return "the line is not valid UTF-8 text"
	case rules.badName(l.name):
		return "what is in front of \"=\" is not a name"
	case rules.once && seen[l.name]:
		return "the name comes a second time"
	case lines >= maxRawLines:
		return "there are more than 20000 lines"
	}
	return ""
}

// known is the value of a line that has one.
func (l rawLine) known(rules rawRules) model.Value {
	hop := model.Hop{At: l.at, Kind: model.KindDotenv, What: l.name, Literal: true}
	if rules.differing && (strings.ContainsAny(l.value, "'\"`\\#$") || strings.TrimSpace(l.value) != l.value) {
		hop.Literal = false
		return model.UnknownBecause(model.WhyUnsupported, "a value without quotes, # and spaces around it", model.Trail{}.Append(hop))
	}
	return model.KnownText(l.value, hop)
}
