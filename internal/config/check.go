package config

import (
	"maps"
	"slices"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/strict"
)

// variablePattern is what the name of a variable looks like.
const variablePattern = `^[A-Za-z_][A-Za-z0-9_]*$`

var (
	variableForm = lazy.Regexp(variablePattern)
	findingForm  = lazy.Regexp(`^K[0-9]{3}$`)
)

// checker looks for what does not fit together. It reports at the nodes of the file,
// which know the places of names as well.
type checker struct {
	r       *strict.Reader
	root    *yaml.Node
	file    *File
	options LoadOptions
}

func (c *checker) check() {
	if p, ok := strict.Find(c.root, "version"); ok && c.file.Version != 1 && !c.r.FailedIn(p.Value) {
		c.r.Fail(p.Value, "write `version: 1`", "is not a version of this file that keyfit knows, expected 1")
	}
	for _, p := range c.entries("environments") {
		c.environment(p)
	}
	for _, p := range c.entries("providers") {
		c.provider(p)
	}
	for _, p := range c.entries("keys") {
		c.key(p)
	}
	c.ignores()
}

// entries lists the entries of the mapping at path, in the order of their names.
func (c *checker) entries(path ...string) []strict.Pair {
	at, ok := strict.Find(c.root, path...)
	if !ok {
		return nil
	}
	var out []strict.Pair
	for _, name := range strict.Names(at.Value) {
		if p, ok := strict.Find(at.Value, name); ok {
			out = append(out, p)
		}
	}
	return out
}

func (c *checker) environment(p strict.Pair) {
	name := p.Key.Value
	if name == "" || name != strings.TrimSpace(name) || strings.ContainsFunc(name, unicode.IsControl) {
		c.r.Fail(p.Key, "use a plain word, such as staging", "is not a name for an environment")
	}
	seen := map[string]string{}
	for _, input := range c.entries("environments", name, "inputs") {
		c.input(input.Key)
		prefix, plain, _ := strings.Cut(input.Key.Value, ".")
		if prefix != "secrets" && prefix != "vars" {
			continue
		}
		same := prefix + "." + strings.ToUpper(plain)
		if seen[same] != "" {
			c.r.Fail(input.Key, "keep one of the two", "is the same as %s: these names have no case", strict.Name(seen[same]))
		}
		seen[same] = input.Key.Value
	}
}

// inputPrefixes stand before the names of what a CI system keeps.
var inputPrefixes = []string{"secrets", "vars", "credentials"}

// input checks the name of an input: a plain variable, or one with a prefix.
func (c *checker) input(n *yaml.Node) {
	prefix, name, prefixed := strings.Cut(n.Value, ".")
	switch {
	case !prefixed:
		checkVariable(c.r, n, n.Value)
	case !slices.Contains(inputPrefixes, prefix):
		word := *n
		word.Value = prefix
		c.r.Unknown(&word, "kind of input", inputPrefixes)
	case prefix == "credentials" && name != "" && !strings.ContainsFunc(name, isBlank):
	default:
		checkVariable(c.r, n, name)
	}
}

func isBlank(c rune) bool { return unicode.IsSpace(c) || unicode.IsControl(c) }

func checkVariable(r *strict.Reader, n *yaml.Node, name string) {
	if !variableForm().MatchString(name) {
		r.Fail(n, "use letters, digits and _, and no digit first", "is not the name of a variable")
	}
}

// provider checks one of the user's own providers, and makes it ready. What does not
// fit together is told only once everything in it can be read.
func (c *checker) provider(p strict.Pair) {
	own := c.file.Providers[p.Key.Value]
	if own == nil {
		return
	}
	broken := c.r.FailedIn(p.Value)
	if id, ok := strict.Find(p.Value, "id"); ok && own.ID != p.Key.Value && !broken {
		c.r.Fail(id.Value, "leave it out: the name of the entry is the id", "differs from the provider's name")
	}
	problems := own.Adopt(p.Key.Value, c.r.Span(p.Key), c.options.Catalog)
	if !broken {
		c.r.Report(problems...)
	}
	c.hosts(c.entries("providers", p.Key.Value, "hosts"))
}

// hosts looks for misspelt environments. An API may well exist where this repository
// does not deploy to, and knowing its host tells whose a stray key is; a name that is
// nearly that of an environment without a host is a slip.
func (c *checker) hosts(entries []strict.Pair) {
	all := append(slices.Clone(c.environments()), "default")
	var named []string
	for _, host := range entries {
		named = append(named, host.Key.Value)
	}
	without := slices.DeleteFunc(slices.Clone(all), func(name string) bool { return slices.Contains(named, name) })
	for _, host := range entries {
		if !slices.Contains(all, host.Key.Value) && strict.Nearest(host.Key.Value, without) != "" {
			c.r.Unknown(host.Key, "environment", without)
		}
	}
}

func (c *checker) key(p strict.Pair) {
	name := p.Key.Value
	checkVariable(c.r, p.Key, name)
	key := c.file.Keys[name]
	if key == nil {
		return
	}
	if admin, ok := strict.Find(p.Value, "admin"); ok && !c.r.FailedIn(admin.Value) {
		checkVariable(c.r, admin.Value, key.Admin)
	}
	if at, ok := strict.Find(p.Value, "provider"); ok && key.Provider.Span.IsValid() && !c.r.FailedIn(at.Value) {
		c.known(at.Value, "provider", c.providers())
	}
	if at, ok := strict.Find(p.Value, "environments"); ok {
		for _, item := range strict.Items(at.Value) {
			c.known(item, "environment", c.environments())
		}
	}
	for _, expect := range c.entries("keys", name, "expect") {
		c.known(expect.Key, "environment", c.environments())
		if c.options.Thorough {
			c.tellable(expect, key)
		}
	}
	if at, ok := strict.Find(p.Value, "consumers"); ok {
		for _, item := range strict.Items(at.Value) {
			if item.Kind == yaml.ScalarNode && strings.TrimSpace(item.Value) == "" && !c.r.FailedIn(item) {
				c.r.Fail(item, "write it like Deployment/api", "is empty, expected a consumer")
			}
		}
	}
	c.partsAt(key, "keys", name, "parts")
	c.control(name, key)
}

// known reports a name that is not one of those expected; nil expects any.
func (c *checker) known(n *yaml.Node, what string, all []string) {
	if n.Kind == yaml.ScalarNode && all != nil && !slices.Contains(all, n.Value) && !c.r.FailedIn(n) {
		c.r.Unknown(n, what, all)
	}
}

// partsAt checks roles against the provider, if it is declared, and variables' names.
func (c *checker) partsAt(key *Key, path ...string) {
	roles, known := c.roles(key.Provider.Value)
	for _, p := range c.entries(path...) {
		switch {
		case known && len(roles) == 0:
			c.r.Fail(p.Key, "leave `parts` out", "keys of this provider have no parts")
		case known && !slices.Contains(roles, p.Key.Value):
			c.r.Unknown(p.Key, "part", roles)
		}
		if p.Value.Kind == yaml.ScalarNode && !c.r.FailedIn(p.Value) {
			checkVariable(c.r, p.Value, p.Value.Value)
		}
	}
}

// roles lists the parts of a provider's credential; known is false when nobody can tell.
func (c *checker) roles(id string) (roles []string, known bool) {
	p, own := c.file.Providers[id]
	if !own && id != "" {
		p, _ = c.options.Catalog.Get(id)
	}
	if p == nil {
		return nil, false
	}
	return slices.Sorted(maps.Keys(p.Parts)), true
}

func (c *checker) ignores() {
	at, _ := strict.Find(c.root, "ignore")
	if at.Value == nil {
		return
	}
	for _, item := range strict.Items(at.Value) {
		if id, ok := strict.Find(item, "id"); ok && id.Value.Kind == yaml.ScalarNode && !c.r.FailedIn(id.Value) {
			c.finding(id.Value)
		}
		if slot, ok := strict.Find(item, "slot"); ok && slot.Value.Kind == yaml.ScalarNode && !c.r.FailedIn(slot.Value) {
			c.slot(slot.Value)
		}
		if why, ok := strict.Find(item, "reason"); ok && why.Value.Kind == yaml.ScalarNode && strings.TrimSpace(why.Value.Value) == "" && !c.r.FailedIn(why.Value) {
			c.r.Fail(why.Value, "say why the finding may stay until then", "is empty, expected a reason")
		}
	}
}

func (c *checker) finding(n *yaml.Node) {
	switch {
	case c.options.FindingIDs != nil && !slices.Contains(c.options.FindingIDs, n.Value) && findingForm().MatchString(n.Value):
		c.r.Fail(n, "`keyfit explain` lists the findings", "%q is not the id of a finding", n.Value)
	case !findingForm().MatchString(n.Value):
		c.r.Fail(n, "write an id such as K105; `keyfit explain` lists them", "is not the id of a finding")
	}
}

// slot checks a pattern environment/consumer/VARIABLE. An environment that is written
// out must exist: an ignore that can never match hides a mistake. Names of environments
// and consumers may hold slashes themselves.
func (c *checker) slot(n *yaml.Node) {
	parts := strings.Split(n.Value, "/")
	if len(parts) < 3 && !strings.Contains(n.Value, "*") || slices.Contains(parts, "") || strings.ContainsFunc(n.Value, unicode.IsControl) {
		c.r.Fail(n, "write it like staging/*/PAYMENT_API_KEY", "expected environment/consumer/VARIABLE, with * for any text")
		return
	}
	all := c.environments()
	within := func(environment string) bool { return strings.HasPrefix(n.Value, environment+"/") }
	if all == nil || strings.Contains(parts[0], "*") || slices.ContainsFunc(all, within) {
		return
	}
	word := *n
	word.Value = parts[0]
	c.r.Unknown(&word, "environment", all)
}
