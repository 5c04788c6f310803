package probe

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/verdict"
)

// result is what became of one question before the control requests are in.
type result struct {
	verdict     verdict.Verdict
	control     *control // of the host that knows the key; nil when there is none
	environment string   // of a sibling: the environment whose host was asked
	base        string   // of a sibling: that host's base URL
	sibling     *result  // the other environment's API that knows the key
	asked       []verdict.Asked
}

// ask answers one question. A defect of keyfit's own in here must not take the run down.
func (c *Client) ask(ctx context.Context, asked *Question) (r result) {
	defer func() {
		if recover() != nil { // the value may hold a text of the answer: it is not shown
			r = result{verdict: unsent(provider.AmbiguousCause, "keyfit failed while it read the answer; please report this")}
		}
	}()
	q := *asked
	if q.Provider == nil {
		return result{verdict: unsent(provider.NotProbeable, "nobody knows whose key this is")}
	}
	if q.Form == nil {
		q.Form = q.Provider.FormOf(q.Key)
	}
	if v, decided := c.withoutAsking(&q); decided {
		return result{verdict: v}
	}
	if q.Provider.Probe.Wire != "" {
		return c.askStore(ctx, &q)
	}
	bases, o := c.bases(&q)
	if o != nil {
		return result{verdict: o.verdict(&q)}
	}
	own := bases[0]
	r = c.askAt(ctx, &q, own.URL, isAccepted)
	r.note(verdict.AskedKey, "", "", r.verdict)
	r = c.askFurther(ctx, &q, own.URL, r)
	if r.verdict.Identity.Mode == "" && knows(r.verdict) {
		r.verdict.Identity.Mode = own.Mode
	}
	if rejected(r.verdict) && q.Provider.Siblings != "never" {
		var all bool
		if r.sibling, all = c.askSiblings(ctx, &q, bases, &r); own.Guessed {
			r = c.place(ctx, &q, r, all)
		}
	}
	return r
}

// place settles which site a key is of when nothing chose one: the site that knows the key is
// the slot's own, and only when all of them rejected it is it unknown.
func (c *Client) place(ctx context.Context, q *Question, r result, all bool) result {
	switch {
	case r.sibling != nil:
		own := *r.sibling
		own.asked = r.asked
		return c.askFurther(ctx, q, own.base, own)
	case !all && r.verdict.Reason == provider.KeyUnknown:
		v := verdict.Verdict{Reason: provider.AmbiguousCause, Evidence: r.verdict.Evidence,
			Causes: []string{"the key is unknown", "the key is another site's, and not every site could be asked"}}
		r.verdict = withFormat(q, v)
	}
	return r
}

// bases lists where the question may be asked, its own place first.
func (c *Client) bases(q *Question) ([]provider.Base, *obstacle) {
	mode := ""
	if q.Form != nil {
		mode = q.Form.Mode
	}
	r := newRenderer(q, q.Key.Reveal(), c.options.Now)
	bases := q.Provider.Bases(q.Environment, mode, func(role string) (string, bool) { return r.parts[role], r.parts[role] != "" })
	if len(bases) == 0 {
		return nil, &obstacle{provider.NotProbeable, noHost(q)}
	}
	own := bases[0]
	if r.missing = own.Missing; len(r.missing) > 0 {
		return nil, r.obstacle()
	}
	if own.URL == "" {
		return nil, &obstacle{provider.NotProbeable, fmt.Sprintf("the host that the variables name is none of the vendor's; declare one's own host in keyfit.yaml: {extends: %s, hosts: …}", q.Provider.ID)}
	}
	return bases, nil
}

// noHost says that a provider has no host for an environment, and for which it has one.
func noHost(q *Question) string {
	text := fmt.Sprintf("%s declares no host for the environment %q", q.Provider.ID, q.Environment)
	hosts := q.Provider.Hosts
	names := slices.SortedFunc(maps.Keys(hosts), func(a, b string) int { // as they are written
		return cmp.Or(pos.Compare(hosts[a].Span, hosts[b].Span), strings.Compare(a, b))
	})
	if len(names) == 0 {
		return fmt.Sprintf("%s; say which it is in keyfit.yaml: {extends: %s, hosts: {%s: …}}", text, cmp.Or(q.Provider.Extends, q.Provider.ID), cmp.Or(q.Environment, "default"))
	}
	return text + ", only for " + listed(names) + " (say which with -e)"
}

// listed writes a list as a sentence has it: a, b and c.
func listed(names []string) string {
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// withoutAsking decides what needs no network.
func (c *Client) withoutAsking(q *Question) (verdict.Verdict, bool) {
	if q.Key.IsEmpty() {
		return unsent(provider.Unresolved, "the key is not known"), true
	}
	if v, ok := verdict.NotSent(q.Form); ok {
		v.Evidence.Failure = "a key of this kind is not sent anywhere"
		return v, true
	}
	if o := unfit(q); o != nil {
		return o.verdict(q), true
	}
	if c.options.Offline {
		return withFormat(q, unsent(provider.Offline, "nothing is sent with --offline")), true
	}
	if why := forbidden(q.Provider); why != "" {
		return withFormat(q, unsent(provider.NotProbeable, why)), true
	}
	return verdict.Verdict{}, false
}

// unfit says why a text is no key of its provider; nil when it may be one.
func unfit(q *Question) *obstacle {
	for _, d := range provider.Inspect(q.Key, q.Provider) {
		switch {
		case d.Kind.Unresolved():
			return &obstacle{provider.Unresolved, "what arrives is no key but " + d.What}
		case decides(d.Kind) || onlyStrong(q.Provider):
			return &obstacle{provider.Malformed, "what arrives is not a key as it is: " + d.What}
		}
	}
	document := q.Form != nil && q.Form.Document
	if !document && strings.ContainsFunc(q.Key.Reveal(), isControl) {
		return &obstacle{provider.Malformed, "the key holds a line break or another control character"}
	}
	for _, role := range slices.Sorted(maps.Keys(q.Parts)) {
		part, text := q.Provider.Parts[role], q.Parts[role].Reveal()
		if text != "" && part.Secret && !part.Pattern.Match(text) {
			return &obstacle{provider.Malformed, fmt.Sprintf("the part %q is not of the form that it has at %s", role, q.Provider.ID)}
		}
	}
	return nil
}

// decides reports whether a defect alone shows that a text is no key. Spaces inside do
// not: some APIs take pass phrases.
func decides(k provider.DefectKind) bool {
	switch k {
	case provider.Newline, provider.OuterSpace, provider.ByteOrderMark, provider.Invisible, provider.Unprintable,
		provider.Quotes, provider.SchemeWord, provider.Assignment, provider.Base64Encoded, provider.FilePath:
		return true
	}
	return false
}

// onlyStrong reports whether a provider's forms are all there are: where it says that they are
// not, or one is weak, others that look like nothing in particular may exist.
func onlyStrong(p *provider.Provider) bool {
	return len(p.Forms) > 0 && !p.OtherForms && !slices.ContainsFunc(p.Forms, func(f provider.Form) bool { return f.Weak })
}

// verdict is the one on a question that is not sent for this reason.
func (o *obstacle) verdict(q *Question) verdict.Verdict {
	v := unsent(o.reason, o.says)
	if o.reason == provider.Malformed {
		v.Rungs[provider.Format] = verdict.Fail
	}
	return withFormat(q, v)
}

// forbidden says why a provider's request may not be sent; empty when it may. Loading
// checks the same; a request that changes something must not depend on that alone.
func forbidden(p *provider.Provider) string {
	method, effect := p.Probe.Request.Method, p.Probe.Effect
	switch {
	case effect != "" && effect != "read" && effect != "issues-token":
		return "the request is not declared read-only"
	case method == http.MethodPost && effect == "" && !p.Custom:
		return "the request is a POST whose effect is not declared"
	case method != "" && method != http.MethodGet && method != http.MethodHead && method != http.MethodPost:
		return "the request's method is none of GET, HEAD and POST"
	}
	return ""
}

// askAt asks the API at one base URL, and where the verdict calls for it, asks for the
// control too.
func (c *Client) askAt(ctx context.Context, q *Question, base string, callsForControl func(verdict.Verdict) bool) result {
	target, o := parseBase(q.Provider, base)
	if o == nil {
		var r *request
		if r, o = render(q, target, c.options.Now); o == nil {
			v := withFormat(q, c.once(ctx, q, r))
			if !callsForControl(v) {
				return result{verdict: v}
			}
			return result{verdict: v, control: c.controlFor(ctx, q, target)}
		}
	}
	return result{verdict: o.verdict(q)}
}

// parseBase reads a base URL and makes sure that a key may go there.
func parseBase(p *provider.Provider, base string) (*url.URL, *obstacle) {
	u, err := url.Parse(base)
	if err != nil || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Opaque != "" {
		return nil, &obstacle{provider.NotProbeable, "the host of " + p.ID + " is not a plain URL such as https://api.example.com"}
	}
	switch {
	case u.Scheme == "https":
	case u.Scheme == "http" && (p.Insecure || isLoopback(u)):
	default:
		return nil, &obstacle{provider.NotProbeable, fmt.Sprintf("a key is sent over https only, and the host of %s is %s://%s", p.ID, u.Scheme, u.Host)}
	}
	return u, nil
}

// rejected reports whether an API said that the key is not one of its own, or gave an answer
// that may mean so. A key that it revoked or let expire was its own.
func rejected(v verdict.Verdict) bool {
	return v.Reason == provider.KeyUnknown || v.Reason == provider.KeyKindWrong || v.AskOn
}

func isAccepted(v verdict.Verdict) bool { return v.Reason.Class() == provider.Accepted }

// knows reports whether an API knows a key, be its owner suspended or the tenant that
// goes along another environment's.
func knows(v verdict.Verdict) bool { return v.Rungs[provider.KnownKey] == verdict.Pass }

// askSiblings asks the other environments' hosts in the order of the environments'
// names, one after the other, until one knows the key. What goes along is the slot's
// own, so a sibling often says that the tenant does not fit: that, too, is knowing it.
// all tells whether every one of them rejected the key, like the slot's own host. What is
// asked is noted with the slot's own.
func (c *Client) askSiblings(ctx context.Context, q *Question, bases []provider.Base, own *result) (known *result, all bool) {
	asked := []string{trimBase(bases[0].URL)}
	all = true
	for _, base := range bases[1:] {
		if base.URL == "" || slices.Contains(asked, trimBase(base.URL)) {
			continue
		}
		asked = append(asked, trimBase(base.URL))
		r := c.askAt(ctx, q, base.URL, knows)
		r.environment, r.base = base.Name, base.URL
		own.note(verdict.AskedElsewhere, "", base.Name, r.verdict)
		if r.verdict.Identity.Mode == "" {
			r.verdict.Identity.Mode = base.Mode
		}
		if knows(r.verdict) && !r.control.isFooled(ctx) {
			return &r, false
		}
		all = all && rejected(r.verdict)
	}
	return nil, all
}

func trimBase(base string) string { return strings.ToLower(strings.TrimRight(base, "/")) }

// finish puts a result and its controls together.
func (c *Client) finish(ctx context.Context, r result) verdict.Verdict {
	v := r.verdict
	if doubt := r.control.doubt(ctx, "the API"); doubt != "" {
		v.Doubt = doubt
	}
	r.noteControl(ctx, r.control)
	if s := r.sibling; s != nil {
		r.noteControl(ctx, s.control)
		v.Doubt = cmp.Or(s.control.doubt(ctx, "the API of "+s.environment), s.verdict.Doubt)
		v.Reason, v.Says, v.Causes = provider.EnvMismatch, "", nil
		v.Rungs[provider.KnownKey] = verdict.Fail
		v.Elsewhere = &verdict.Elsewhere{Environment: s.environment, Identity: s.verdict.Identity, Evidence: s.verdict.Evidence}
	}
	if r.control.isOpen(ctx) {
		v.Open = true
		for rung := provider.KnownKey; rung < provider.Rungs; rung++ {
			v.Rungs[rung] = verdict.Unverified
		}
	}
	if len(v.Unproven) > 0 && isAccepted(v) {
		v.Doubt = strings.TrimPrefix(v.Doubt+"; what further requests would tell is not verified: "+strings.Join(v.Unproven, ", "), "; ")
	}
	v.Asked = r.asked
	return v
}

// unsent is the verdict on a key that was not sent.
func unsent(reason provider.Reason, why string) verdict.Verdict {
	return verdict.Verdict{Reason: reason, Evidence: verdict.Evidence{Failure: why}}
}

// withFormat notes that the key has the form of one, where nothing else is said of it.
func withFormat(q *Question, v verdict.Verdict) verdict.Verdict {
	if q.Form != nil && v.Rungs[provider.Format] == verdict.Unverified {
		v.Rungs[provider.Format] = verdict.Pass
	}
	return v
}
