package kustomize

//lint:file-ignore SA1019 people still write the deprecated fields, and kustomize still reads them

import (
	"cmp"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/types"

	"github.com/keyfit/keyfit/internal/model"
)

// literal is a --from-literal with where its text comes from.
type literal struct {
	key, text string
	from      model.Value
}

// generated is what the flags of add and set say of a ConfigMap or Secret.
type generated struct {
	name, namespace, kind string
	behavior, envFile     string
	newNamespace          string
	files                 []string
	literals              []literal
	plainName             bool
}

// generator follows add and set of a ConfigMap or Secret.
func (c *change) generator(verb, what string, args []model.Value) bool {
	g, ok := c.flags(args)
	if !ok || g.name == "" {
		return false
	}
	list := c.find(what, &g, verb == "add")
	switch {
	case list == nil:
		return false
	case verb == "add":
		return c.fill(list, g, what)
	case verb == "set":
		return c.replace(list, g, what)
	}
	return false
}

// flags reads the words behind `add secret`.
func (c *change) flags(args []model.Value) (generated, bool) {
	var g generated
	for i := 0; i < len(args); i++ {
		word, whole := beginning(args[i])
		name, value, joined := strings.Cut(word, "=")
		from := args[i]
		if !strings.HasPrefix(word, "--") {
			if !whole || g.name != "" {
				return g, false
			}
			g.name = word
			continue
		}
		if name == "--disableNameSuffixHash" {
			g.plainName = value != "false"
			continue
		}
		if !joined {
			if i++; i >= len(args) || !whole {
				return g, false
			}
			from = args[i]
			value, whole = beginning(from)
		}
		if !c.flag(&g, name, value, whole, from) {
			return g, false
		}
	}
	return g, true
}

// flag reads one flag. Only the text of a literal may be unknown.
func (c *change) flag(g *generated, name, value string, whole bool, from model.Value) bool {
	if name == "--from-literal" {
		key, text, ok := strings.Cut(value, "=")
		if !ok {
			return false
		}
		if !whole {
			text = standIn
		}
		g.literals = append(g.literals, literal{key: key, text: text, from: c.origin(from, text, whole)})
		return true
	}
	if !whole {
		return false
	}
	switch name {
	case "--from-file":
		g.files = append(g.files, strings.Split(value, ",")...)
		return !strings.ContainsAny(value, "*?[")
	case "--from-env-file":
		g.envFile = value
	case "--type":
		g.kind = value
	case "--namespace":
		g.namespace = value
	case "--new-namespace":
		g.newNamespace = value
	case "--behavior":
		g.behavior = value
	default:
		return false
	}
	return true
}

// beginning is the text of a word, as far as it is known.
func beginning(v model.Value) (text string, whole bool) {
	if v.State == model.Known {
		return v.Text.Reveal(), true
	}
	for _, part := range v.Parts {
		if part.State != model.Known {
			break
		}
		text += part.Text.Reveal()
	}
	return text, false
}

// origin is where the text of a literal comes from: the part of the word that is it, or
// the word.
func (c *change) origin(word model.Value, text string, known bool) model.Value {
	from := word
	if n := len(word.Parts); n > 0 {
		if last := word.Parts[n-1]; !known || last.State == model.Known && last.Text.Reveal() == text {
			from = last
		}
	}
	if !known && from.State == model.Known {
		from = word
	}
	return from.Via(model.Hop{At: c.at, Kind: model.KindKustomize, What: "kustomize edit"})
}

// find gives the generator of a name and namespace, a new one when there is none and that
// is asked for.
func (c *change) find(what string, g *generated, create bool) *types.GeneratorArgs {
	same := func(args types.GeneratorArgs) bool {
		return args.Name == g.name && cmp.Or(args.Namespace, "default") == cmp.Or(g.namespace, "default")
	}
	fresh := types.GeneratorArgs{Name: g.name, Namespace: g.namespace}
	if what == "secret" {
		i := slices.IndexFunc(c.k.SecretGenerator, func(a types.SecretArgs) bool { return same(a.GeneratorArgs) })
		if i < 0 && create {
			c.k.SecretGenerator = append(c.k.SecretGenerator, types.SecretArgs{GeneratorArgs: fresh, Type: cmp.Or(g.kind, "Opaque")})
			i = len(c.k.SecretGenerator) - 1
		}
		if i < 0 {
			return nil
		}
		return &c.k.SecretGenerator[i].GeneratorArgs
	}
	i := slices.IndexFunc(c.k.ConfigMapGenerator, func(a types.ConfigMapArgs) bool { return same(a.GeneratorArgs) })
	if i < 0 && create {
		c.k.ConfigMapGenerator = append(c.k.ConfigMapGenerator, types.ConfigMapArgs{GeneratorArgs: fresh})
		i = len(c.k.ConfigMapGenerator) - 1
	}
	if i < 0 {
		return nil
	}
	return &c.k.ConfigMapGenerator[i].GeneratorArgs
}

// fill adds to a generator.
func (c *change) fill(args *types.GeneratorArgs, g generated, what string) bool {
	if g.newNamespace != "" || g.envFile == "" && len(g.files)+len(g.literals) == 0 || g.envFile != "" && len(g.files)+len(g.literals) > 0 {
		return false
	}
	for _, l := range g.literals {
		args.LiteralSources = append(args.LiteralSources, c.literal(l, g, what))
	}
	args.FileSources = append(args.FileSources, g.files...)
	if g.envFile != "" {
		args.EnvSources = append(args.EnvSources, g.envFile)
	}
	if g.plainName {
		args.Options = &types.GeneratorOptions{DisableNameSuffixHash: true}
	}
	args.Behavior = cmp.Or(g.behavior, args.Behavior)
	return true
}

// replace gives literals of a generator other texts.
func (c *change) replace(args *types.GeneratorArgs, g generated, what string) bool {
	if g.envFile != "" || len(g.files) > 0 || len(g.literals) == 0 && g.newNamespace == "" {
		return false
	}
	for _, l := range g.literals {
		i := slices.IndexFunc(args.LiteralSources, func(s string) bool { return strings.HasPrefix(s, l.key+"=") })
		if i < 0 || strings.Contains(l.text, "=") || strings.Count(args.LiteralSources[i], "=") != 1 {
			return false // kustomize refuses it
		}
		args.LiteralSources[i] = c.literal(l, g, what)
	}
	args.Namespace = cmp.Or(g.newNamespace, args.Namespace)
	return true
}

// literal notes where a literal comes from, and gives it as it stands in a kustomization.
func (c *change) literal(l literal, g generated, what string) string {
	field, kind := "configMapGenerator", "ConfigMap"
	if what == "secret" {
		field, kind = "secretGenerator", "Secret"
	}
	text := l.key + "=" + l.text
	c.o.added[field+" "+kind+"/"+g.name+" "+text] = l.from
	return text
}
