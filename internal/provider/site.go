package provider

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/strict"
)

// Site is one base URL of an API that has several: live and sandbox, regions, tenants.
type Site struct {
	Name string   `yaml:"name,required" doc:"what the vendor calls it, such as live, sandbox or eu"`
	URL  Template `yaml:"url,required" doc:"the base URL; a part of the credential may stand in its host"`
	// Within bounds where a host with a part in it may lie: a key goes to its own vendor only.
	Within       []string          `yaml:"within" doc:"domains of the vendor; a host with a part in it must lie in one of them"`
	Mode         string            `yaml:"mode" enum:"test|live" doc:"the mode of keys that belong there"`
	Environments []string          `yaml:"environments" doc:"names of environments that use it; * stands for any text"`
	When         map[string]string `yaml:"when" doc:"parts, by role, with the text that chooses this site; * stands for any text"`

	At strict.Placed `yaml:"-"`
}

// Base is one place that a key may be asked about.
type Base struct {
	Name    string // the environment, or the site
	URL     string
	Mode    string   // of the keys that belong there; empty when that is not told
	Missing []string // parts that the URL needs and that are not known, as $role
	// Guessed says that nothing chose this site among several: the one that knows the key is its.
	Guessed bool
}

// Bases lists where a key may be asked about: first where it belongs, then the others, whose
// answer tells where it belongs instead. part gives the text of a part, mode is what the key's
// form tells. There is none when nothing is declared for the environment.
func (p *Provider) Bases(environment, mode string, part func(role string) (string, bool)) []Base {
	if len(p.Hosts) > 0 || len(p.Sites) == 0 {
		return p.Hosts.bases(environment)
	}
	own := p.siteOf(environment, mode, part)
	var out []Base
	for i := range p.Sites {
		base := p.Sites[i].base(part)
		if !p.areFormed(&p.Sites[i], part) {
			base.URL = ""
		}
		if i == own {
			base.Guessed = p.Sites[i].suits(environment, mode, part) == 0
			out = slices.Insert(out, 0, base)
		} else if len(base.Missing) == 0 {
			out = append(out, base)
		}
	}
	return out
}

// areFormed reports whether the parts in a site's URL have their own form: what chooses a host
// is never any text.
func (p *Provider) areFormed(s *Site, part func(string) (string, bool)) bool {
	return !slices.ContainsFunc(s.URL.Parts(), func(role string) bool {
		text, ok := part(role)
		return ok && !p.Parts[role].Pattern.Match(text)
	})
}

func (h Hosts) bases(environment string) []Base {
	own, ok := h.For(environment)
	if !ok {
		return nil
	}
	out := []Base{{Name: environment, URL: own.Value}}
	for _, name := range slices.Sorted(maps.Keys(h)) {
		out = append(out, Base{Name: name, URL: h[name].Value})
	}
	return out
}

// siteOf chooses the site of a key: the one that a part names, else one for its mode, among
// them the one for the environment, else the first.
func (p *Provider) siteOf(environment, mode string, part func(string) (string, bool)) int {
	best, points := 0, -1
	for i := range p.Sites {
		if n := p.Sites[i].suits(environment, mode, part); n > points {
			best, points = i, n
		}
	}
	return best
}

// suits tells how well a site suits; less than 0 when it cannot be.
func (s *Site) suits(environment, mode string, part func(string) (string, bool)) int {
	points := 0
	for role, want := range s.When {
		text, ok := part(role)
		if !ok || !Glob(strings.ToLower(want), strings.ToLower(text)) {
			return -2
		}
		points += 100
	}
	switch {
	case mode != "" && s.Mode == mode:
		points += 10
	case mode != "" && s.Mode != "":
		return -1
	}
	named := slices.ContainsFunc(s.Environments, func(glob string) bool { return Glob(strings.ToLower(glob), strings.ToLower(environment)) })
	switch {
	case named:
		points += 5
	case mode == "" && s.Mode != "" && s.Mode == UsualMode(environment):
		points++
	}
	return points
}

// base fills in the parts. A text that would lead out of the vendor's domains makes no URL.
func (s *Site) base(part func(string) (string, bool)) Base {
	b := Base{Name: s.Name, Mode: s.Mode}
	text, missing := s.URL.Expand(func(string) (string, bool) { return "", false }, func(role string) (string, bool) {
		text, ok := part(role)
		return strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(text), "https://"), "/"), ok && text != ""
	})
	if b.Missing = missing; len(missing) > 0 {
		return b
	}
	if u, err := url.Parse(text); err == nil && s.isWithin(u) {
		b.URL = strings.TrimRight(text, "/")
	}
	return b
}

// isWithin reports whether a URL leads to a host of the vendor's.
func (s *Site) isWithin(u *url.URL) bool {
	if len(s.URL.Parts()) == 0 {
		return true
	}
	host := strings.ToLower(u.Hostname())
	plain := u.Scheme == "https" && u.User == nil && u.Port() == "" && u.RawQuery == "" && u.Fragment == "" && isHostName(host)
	return plain && slices.ContainsFunc(s.Within, func(domain string) bool { return host == domain || strings.HasSuffix(host, "."+domain) })
}

func isHostName(host string) bool {
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || label[0] == '-' {
			return false
		}
	}
	return len(host) <= 253
}

// Egress lists the hosts that keys of this provider may be sent to; one with a part in it is
// written with a star.
func (p *Provider) Egress() []string {
	var out []string
	for _, base := range p.Hosts {
		out = append(out, hostOf(base.Value))
	}
	for _, s := range p.Sites {
		if len(s.URL.Parts()) == 0 {
			out = append(out, hostOf(string(s.URL)))
			continue
		}
		for _, domain := range s.Within {
			out = append(out, "*."+domain)
		}
	}
	for i := range p.Probe.Then {
		out = append(out, hostOf(p.Probe.Then[i].Host))
	}
	slices.Sort(out)
	return slices.DeleteFunc(slices.Compact(out), func(host string) bool { return host == "" })
}

func hostOf(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	return u.Host
}

func (c *checker) sites() {
	if len(c.p.Sites) > 0 && len(c.p.Hosts) > 0 {
		c.fail(c.p.At, "keep one of the two", "there are `hosts` as well as `sites`")
	}
	for i := range c.p.Sites {
		c.site(&c.p.Sites[i])
	}
}

func (c *checker) site(s *Site) {
	at := cmp.Or(pos.Span(s.At), c.p.At)
	parts := s.URL.Parts()
	if len(parts) == 0 {
		if message, fix := hostMistake(string(s.URL), c.p.Insecure); message != "" {
			c.fail(at, fix, "the site %s %s", strict.Name(s.Name), message)
		}
		return
	}
	if len(s.Within) == 0 {
		c.fail(at, "add `within: [example.com]`", "the host of the site %s holds a part of the credential, and nothing says which domains are the vendor's", strict.Name(s.Name))
	}
	if len(s.URL.Variables()) > 0 || !strings.HasPrefix(string(s.URL), "https://") {
		c.fail(at, "write https:// with $parts only", "the site %s is not a base URL with parts in it", strict.Name(s.Name))
	}
	for _, domain := range s.Within {
		if !isHostName(domain) || !strings.Contains(domain, ".") {
			c.fail(at, "write it like example.com", "`within` holds something that is no domain")
		}
	}
	for _, role := range parts {
		if _, ok := c.p.Parts[role]; !ok {
			c.fail(at, "declare it under `parts`", "the site %s needs the part %s, which is not declared", strict.Name(s.Name), strict.Name(role))
		}
	}
}

// CompletesHost reports whether a part of the credential, by its role, stands in the host that a
// key goes to, or chooses it.
func (p *Provider) CompletesHost(role string) bool {
	for _, s := range p.Sites {
		for _, in := range append(slices.Collect(maps.Keys(s.When)), s.URL.Parts()...) {
			if derive := p.Parts[in].Derive; in == role || derive != nil && derive.From == role {
				return true
			}
		}
	}
	return false
}
