package gitops

import (
	"path"
	"regexp"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/model"
)

// directory lists the manifests of a source as Argo CD does.
func (a *app) directory(l *Lead, d *yaml.Node) bool {
	include, exclude := a.glob(l, d, "include"), a.glob(l, d, "exclude")
	recurse := d != nil && text(d, "recurse") == "true"
	if d != nil {
		if j := find(d, "jsonnet"); j != nil && len(j.Content) > 0 {
			a.r.problem(a.o.doc.at(j), "jsonnet is not understood here, expected manifests in YAML or JSON", "")
			return false
		}
	}
	a.r.walk(l.Path, func(name string, dir bool) bool {
		if dir {
			return recurse
		}
		if include != nil && !include.MatchString(name) || exclude != nil && exclude.MatchString(name) {
			return false
		}
		switch path.Ext(name) {
		case ".yaml", ".yml", ".json":
			l.Resources = append(l.Resources, path.Join(l.Path, name))
		case ".jsonnet":
			a.r.problem(a.at, "deploys a file of jsonnet, which is not understood here, expected manifests in YAML or JSON", "")
		}
		return false
	})
	return true
}

// glob is a pattern of the directory's fields; nil when there is none.
func (a *app) glob(l *Lead, d *yaml.Node, name string) *regexp.Regexp {
	v := a.field(d, name)
	pattern, ok := known(v)
	if v.State == model.Unknown {
		l.doubt(v.Why, "which files of the directory count", v.Trail)
	}
	if !ok || pattern == "" {
		return nil
	}
	re, err := regexp.Compile(`\A(?s:` + globRegexp(pattern, false) + `)\z`)
	if err != nil {
		a.r.problem(a.at2(d, name), "is a pattern that is not understood here, expected one such as {a,b}*.yaml", "")
		l.doubt(model.WhyUnsupported, "which files of the directory count", v.Trail)
		return nil
	}
	return re
}

// globRegexp translates a pattern of file names. With parts, a star stays within one part
// of a path, and two stars do not.
func globRegexp(pattern string, parts bool) string {
	var b strings.Builder
	depth := 0
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '*' && parts && strings.HasPrefix(pattern[i:], "**/"):
			b.WriteString("(?:.*/)?")
			i += 2
		case c == '*' && strings.HasPrefix(pattern[i:], "**"):
			b.WriteString(".*")
			i++
		case c == '*' && parts:
			b.WriteString("[^/]*")
		case c == '*':
			b.WriteString(".*")
		case c == '?' && parts:
			b.WriteString("[^/]")
		case c == '?':
			b.WriteString(".")
		case c == '{':
			b.WriteString("(?:")
			depth++
		case c == '}' && depth > 0:
			b.WriteString(")")
			depth--
		case c == ',' && depth > 0:
			b.WriteString("|")
		case c == '[':
			i += class(pattern[i:], &b)
		case c == '\\' && i+1 < len(pattern):
			i++
			b.WriteString(regexp.QuoteMeta(pattern[i : i+1]))
		default:
			_, size := utf8.DecodeRuneInString(pattern[i:])
			b.WriteString(regexp.QuoteMeta(pattern[i : i+size]))
			i += size - 1
		}
	}
	return b.String()
}

// class translates a set of characters and gives how far it goes beyond its bracket.
func class(pattern string, b *strings.Builder) int {
	end := strings.IndexByte(pattern, ']')
	if end < 2 {
		b.WriteString(`\[`)
		return 0
	}
	set := pattern[1:end]
	b.WriteByte('[')
	if strings.HasPrefix(set, "!") || strings.HasPrefix(set, "^") {
		b.WriteByte('^')
		set = set[1:]
	}
	b.WriteString(strings.ReplaceAll(strings.ReplaceAll(set, `\`, `\\`), `[`, `\[`))
	b.WriteByte(']')
	return end
}
