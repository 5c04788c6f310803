package provider

import (
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/strict"
)

// maxTimeout bounds one attempt: a probe must not hold up a deploy.
const (
	maxTimeout = time.Minute
	maxIDChars = 50
)

var (
	idForm    = lazy.Regexp(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	roleForm  = lazy.Regexp(`^[a-z][a-z0-9_]*$`)
	globForm  = lazy.Regexp(`^[A-Za-z0-9_.*-]+$`)
	dateForm  = lazy.Regexp(`^20[0-9]{2}-[01][0-9]-[0-3][0-9]$`)
	lettersOf = lazy.Regexp(`[A-Za-z0-9]`)
)

type checker struct {
	p       *Provider
	follow  bool // a further step: it may go without the key
	settles bool // a further step that is asked to settle an answer: it may accept none
	out     []model.Problem
}

// Check reports what the strict reader cannot see: what does not fit together, and
// what would send a key where it must not go or fail it without the vendor's words.
func (p *Provider) Check() []model.Problem {
	c := &checker{p: p}
	c.names()
	c.forms()
	c.hosts()
	c.sites()
	c.parts()
	c.derivations()
	c.request()
	c.rules()
	c.identity()
	c.steps()
	if !p.Custom {
		c.catalogueOnly()
	}
	return c.out
}

func (c *checker) fail(at pos.Span, fix, format string, args ...any) {
	if !at.IsValid() {
		at = c.p.At
	}
	c.out = append(c.out, model.Problem{At: at, Message: fmt.Sprintf(format, args...), Fix: fix})
}

func (c *checker) names() {
	if !idForm().MatchString(c.p.ID) || len(c.p.ID) > maxIDChars {
		c.fail(c.p.At, "use small letters, digits and single dashes, such as payments-gateway", "the provider's id is not a plain name")
	}
	for _, glob := range slices.Concat(c.p.Names, c.p.NotNames) {
		if !globForm().MatchString(glob) || len(lettersOf().FindAllString(glob, -1)) < 3 {
			c.fail(c.p.At, "write a variable's name with at least three letters; * stands for any text", `"names" holds something that is no name of a variable`)
		}
	}
}

func (c *checker) forms() {
	for i := range c.p.Forms {
		f := &c.p.Forms[i]
		if f.Pattern.IsZero() {
			continue // reported when it was read
		}
		if f.Pattern.Match("") {
			c.fail(f.At, "write what every such key must have", "the form of %s also matches an empty text", strict.Name(f.Kind))
		}
		if !f.Weak && !f.provesProvider() {
			c.fail(f.At, "add `weak: true`, or begin the expression with the fixed text", "the form of %s does not begin with a fixed text, so it proves no provider", strict.Name(f.Kind))
		}
		if f.Wrong && f.Refuse == "" {
			c.fail(f.At, "add `refuse:` with the reason", "the form of %s is marked wrong, and nothing says why", strict.Name(f.Kind))
		}
	}
}

func (c *checker) hosts() {
	if len(c.p.Hosts)+len(c.p.Sites) == 0 && c.p.Custom {
		c.fail(c.p.At, "add `hosts: {default: https://api.example.com}`", "the provider has no host")
	}
	for _, environment := range slices.Sorted(maps.Keys(c.p.Hosts)) {
		host := c.p.Hosts[environment]
		if c.p.Probe.Wire != "" {
			c.store(host)
			continue
		}
		if message, fix := hostMistake(host.Value, c.p.Insecure); message != "" {
			c.fail(host.Span, fix, "the host of %s %s", strict.Name(environment), message)
		}
	}
}

// storeSchemes are the schemes of the URLs of data stores.
var storeSchemes = map[string][]string{
	"postgres": {"postgres", "postgresql"}, "mysql": {"mysql", "mariadb"}, "redis": {"redis", "rediss"}, "mongodb": {"mongodb", "mongodb+srv"},
	"amqp": {"amqp", "amqps"}, "nats": {"nats", "tls"}, "smtp": {"smtp", "smtps"},
}

func (c *checker) store(host strict.At[string]) {
	u, err := url.Parse(host.Value)
	schemes := storeSchemes[c.p.Probe.Wire]
	if err != nil || u.Hostname() == "" || !slices.Contains(schemes, u.Scheme) || u.User != nil || strings.Trim(u.Path, "/") != "" {
		c.fail(host.Span, "write it like "+schemes[0]+"://db.example.com:1234, without a user", "a host is no address of this kind of data store")
	}
}

// hostMistake says what is wrong with a base URL. It never repeats the URL, which may
// hold a password.
func hostMistake(text string, insecure bool) (message, fix string) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Hostname() == "" || u.Opaque != "" {
		return "is not a base URL", "write it like https://api.example.com"
	}
	switch {
	case u.User != nil:
		return "holds a user or password", "remove what stands before the @; say under `auth` where the key goes"
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.Contains(text, "#"):
		return "has a query or a fragment", "keep the base URL; parameters go under `query`"
	case strings.ContainsAny(text, "${}*\\ "):
		return "is not written out", "write the whole URL; hosts take no variables, so that a key goes only where this file says"
	case u.Scheme == "https":
		return "", ""
	case u.Scheme != "http":
		return "is neither https nor http", "write it like https://api.example.com"
	case insecure || isLoopback(u.Hostname()):
		return "", ""
	}
	return "is http, which shows the key to everyone on the way", "write https, or add `allow-http: true` to the provider"
}

func isLoopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

func (c *checker) parts() {
	for _, role := range slices.Sorted(maps.Keys(c.p.Parts)) {
		part := c.p.Parts[role]
		if !roleForm().MatchString(role) {
			c.fail(part.At, "use small letters, digits and _, such as client_id", "a part's role is not a plain name")
		}
		if role == KeyPart {
			c.fail(part.At, "describe the key under `forms`", "%q is the key itself, not a further part", KeyPart)
		}
	}
}

func (c *checker) identity() {
	id := &c.p.Probe.Identity
	for _, told := range []struct {
		name string
		from *Extract
	}{{"active", id.Active}, {"user", id.User}, {"account", id.Account}, {"tenant", id.Tenant}} {
		if told.from != nil && told.from.Const != "" {
			c.fail(told.from.At, "read it from the answer, or leave it out", "%q is a constant, which no answer tells", told.name)
		}
	}
}

func (c *checker) catalogueOnly() {
	p := c.p
	switch {
	case p.Name == "":
		c.fail(p.At, "add `name:`", "the provider has no name for people")
	case !strings.HasPrefix(p.Docs, "https://"):
		c.fail(p.At, "add `docs: https://…`", "the vendor's page is missing")
	case p.Extends != "":
		c.fail(p.At, "write it out", `"extends" is for keyfit.yaml only`)
	}
	if p.Probe.Effect == "" {
		c.fail(p.Probe.At, "add `effect: read` or `effect: issues-token`", "nothing says what the request does at the vendor")
	}
	if len(p.Verified) == 0 {
		c.fail(p.At, "add `verified:` with date, how and source", "nothing says where the facts come from")
	}
	for _, v := range p.Verified {
		if !dateForm().MatchString(v.Date) {
			c.fail(p.At, "write it like 2026-11-21", "a date under `verified` is not a day")
		}
	}
	if len(p.Vectors) == 0 {
		c.fail(p.At, "add `vectors:` with one answer for every rule", "there are no vectors")
	}
	for _, v := range p.Vectors {
		if v.Status < 100 || v.Status > 599 {
			c.fail(v.At, "write a status from 100 to 599", "the vector has no HTTP status")
		}
	}
}

// nearestOr gives advice: the name that was meant, or the list of all.
func nearestOr(name string, all []string) string {
	if near := strict.Nearest(name, all); near != "" && strict.IsName(near) {
		return fmt.Sprintf("did you mean %q?", near)
	}
	shown := slices.DeleteFunc(slices.Clone(all), func(name string) bool { return !strict.IsName(name) })
	return "expected one of: " + strings.Join(shown, ", ")
}
