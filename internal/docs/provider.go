package docs

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/keyfit/keyfit/internal/provider"
)

// Provider gives the page of one provider, in Markdown; `keyfit providers NAME` prints it.
func Provider(p *provider.Provider) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n", cmp.Or(p.Name, p.ID))
	b.WriteString(introduction(p))
	for _, section := range []struct{ title, text string }{
		{"What a key looks like", forms(p)},
		{"Further parts of the credential", parts(p)},
		{"What is sent", sent(p)},
		{"What is read from the answer", read(p)},
		{"What the answers mean", verdicts(p)},
		{"Notes", strings.TrimSpace(p.Notes)},
		{"Where the facts come from", sources(p)},
	} {
		if section.text != "" {
			fmt.Fprintf(&b, "\n## %s\n\n%s\n", section.title, strings.TrimRight(section.text, "\n"))
		}
	}
	return []byte(b.String())
}

func introduction(p *provider.Provider) string {
	text := fmt.Sprintf("In `keyfit.yaml`: `provider: %s`.", p.ID)
	if p.Extends != "" {
		text += fmt.Sprintf(" It extends `%s`.", p.Extends)
	}
	if len(p.Names) > 0 {
		text += " Variables that usually hold such a key: " + codes(p.Names) + "."
	}
	if p.Docs != "" {
		text += fmt.Sprintf(" [Documentation of the vendor](%s).", p.Docs)
	}
	return text + "\n"
}

func forms(p *provider.Provider) string {
	if len(p.Forms) == 0 {
		return "Keys of this provider have no form of their own: any text may be one."
	}
	var b strings.Builder
	b.WriteString("| kind | form | mode | |\n|---|---|---|---|\n")
	for _, f := range p.Forms {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", cell(f.Kind), code(f.Pattern.String()), f.Mode, cell(formRemarks(f)))
	}
	if p.OtherForms {
		b.WriteString("\nThese are not all: a text of another form may be a key, too, and is asked about.\n")
	}
	return b.String()
}

func formRemarks(f provider.Form) string {
	var out []string
	if f.Principal != "" {
		out = append(out, strings.Replace("stands for a "+f.Principal, "a account", "an account", 1))
	}
	if f.Admin {
		out = append(out, "has an administrator's rights")
	}
	switch f.Public {
	case "always":
		out = append(out, "no secret: anybody may read it")
	case "browser":
		out = append(out, "no secret under a name that browsers get, such as `VITE_X`")
	}
	if f.Instead != "" {
		out = append(out, "better: "+strings.TrimSuffix(f.Instead, ","))
	}
	if f.Weak {
		out = append(out, "other texts look like this too: it confirms a key whose provider is known, and recognises none")
	}
	if f.Shared {
		out = append(out, "other vendors' keys look like this too: it is sent only where the variable's name, or `provider` in keyfit.yaml, says whose it is")
	}
	if f.Wrong {
		out = append(out, "no application should receive one")
	}
	if f.Refuse != "" {
		out = append(out, "never sent: "+f.Refuse)
	}
	return strings.Join(out, "; ")
}

func parts(p *provider.Provider) string {
	if len(p.Parts) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("| part | usual variables | form | |\n|---|---|---|---|\n")
	for _, role := range slices.Sorted(maps.Keys(p.Parts)) {
		part := p.Parts[role]
		var remarks []string
		if part.Secret {
			remarks = append(remarks, "secret")
		}
		if part.Optional {
			remarks = append(remarks, "optional")
		}
		if part.Admin {
			remarks = append(remarks, "a second credential that looks the key up: a variable of keyfit's own process, which `keys.X.admin` names; no part of the deploy")
		}
		if part.Derive != nil {
			remarks = append(remarks, derived(part.Derive))
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", code("$"+role), codes(part.Names), code(part.Pattern.String()), strings.Join(remarks, ", "))
	}
	return b.String()
}

// derived says what a part is made of.
func derived(d *provider.Derivation) string {
	from := "the key"
	if d.From != "" && d.From != provider.KeyPart {
		from = code("$" + d.From)
	}
	switch {
	case d.JSON != "":
		return "the field " + code(string(d.JSON)) + " of " + from
	case d.Claim != "":
		return "the claim " + code(d.Claim) + " of " + from
	case d.URL != "":
		return "the " + d.URL + " of " + from
	case d.AWSAccount:
		return "the account that " + from + " tells"
	case d.RSAModulus:
		return "the public modulus of the private key in " + from
	case d.RSAFingerprint:
		return "the fingerprint of the public half of the private key in " + from
	case d.Upper:
		return from + " in capital letters"
	case d.JWT != nil && d.JWT.Claims["aud"] == "":
		return "a token that is signed here with the private key in " + from + ", which is not sent"
	case d.JWT != nil:
		return "a token for " + code(string(d.JWT.Claims["aud"])) + ", signed here with the private key in " + from + ", which is not sent"
	}
	return "taken out of " + from
}

// requestLine is the request in short: method, host and path.
func requestLine(p *provider.Provider) string {
	base, _ := p.Hosts.For("")
	if len(p.Sites) > 0 {
		base.Value = string(p.Sites[0].URL)
	}
	r := p.Probe.Request
	if base.Value == "" {
		return "host and path are yours to name"
	}
	return code(cmp.Or(r.Method, "GET") + " " + base.Value + string(r.Path))
}

func sent(p *provider.Provider) string {
	r := &p.Probe.Request
	var b strings.Builder
	path := "to a path that is yours to name"
	if r.Path != "" {
		path = code(cmp.Or(r.Method, "GET") + " " + string(r.Path))
	}
	count := "One request"
	if len(p.Probe.Then) > 0 {
		count = "The first request"
	}
	fmt.Fprintf(&b, "%s: %s, with the key %s.\n", count, path, keyPlace(r.Auth))
	b.WriteString(hosts(p))
	b.WriteString(goesAlong(r) + picked(p.Probe.Pick))
	for i := range p.Probe.Then {
		b.WriteString(step(p, &p.Probe.Then[i]))
	}
	b.WriteString("\n" + effect(p))
	return b.String()
}

// step tells of a further request.
func step(p *provider.Provider, s *provider.Step) string {
	var b strings.Builder
	switch {
	case p.IsAskedFor(cmp.Or(s.Finds, s.ID)):
		b.WriteString("\nThen, where an answer below says so")
	case s.Anyway:
		b.WriteString("\nThen, once that one accepted the key or left it open")
	default:
		b.WriteString("\nThen, once that one accepted the key")
	}
	if len(s.Kinds) > 0 {
		fmt.Fprintf(&b, " and for a %s only", oneOf(s.Kinds))
	}
	if s.Optional {
		b.WriteString(", and if all that it needs is there")
	}
	fmt.Fprintf(&b, ": %s (%s)", code(cmp.Or(s.Request.Method, "GET")+" "+s.Host+string(s.Request.Path)), s.ID)
	switch sig := s.Request.Auth.SigV4; {
	case sig != nil && sig.Secret != "":
		fmt.Fprintf(&b, ", with an AWS signature (version 4, service %s) by %s", code(sig.Service), code(string(sig.Secret)))
	case s.Request.Auth.Placement() != provider.PlaceNone:
		b.WriteString(", with the key " + keyPlace(s.Request.Auth))
	}
	b.WriteString(".\n" + goesAlong(&s.Request))
	if s.Effect == "issues-token" && p.Probe.Effect != s.Effect {
		b.WriteString("\nThe vendor issues a short-lived token for it, which is thrown away.\n")
	}
	b.WriteString(picked(s.Pick))
	return b.String()
}

func picked(p *provider.Pick) string {
	if p == nil {
		return ""
	}
	return fmt.Sprintf("\nOf the list %s only the item of this key is looked at.\n", code(string(p.List)))
}

// goesAlong lists what else a request carries.
func goesAlong(r *provider.Request) string {
	var b strings.Builder
	for _, list := range []struct {
		title string
		texts map[string]provider.Template
	}{{"Headers", r.Headers}, {"Query", r.Query}, {"Form fields", r.Form}} {
		if len(list.texts) > 0 {
			fmt.Fprintf(&b, "\n%s: %s.\n", list.title, pairs(list.texts))
		}
	}
	if r.JSON != nil {
		fmt.Fprintf(&b, "\nBody:\n\n```json\n%s\n```\n", indented(r.JSON.Value))
	}
	return b.String()
}

func keyPlace(a provider.Auth) string {
	switch a.Placement() {
	case provider.PlaceScheme:
		return "in " + code("Authorization: "+a.Word()+" KEY")
	case provider.PlaceRaw:
		return "in " + code("Authorization: KEY")
	case provider.PlaceBasic:
		user, password := a.Basic()
		return fmt.Sprintf("by Basic authentication, user %s and %s", code(string(user)), passwordOf(string(password)))
	case provider.PlaceHeader:
		return "in " + code(a.Header+": "+a.Prefix+"KEY")
	case provider.PlaceQuery:
		return "in the query parameter " + code(a.Query)
	case provider.PlaceJSON:
		return "in the body's field " + code(string(a.JSON))
	case provider.PlaceForm:
		return "in the form field " + code(a.Form)
	case provider.PlaceDigest:
		user, _ := a.Basic()
		return fmt.Sprintf("as the password of HTTP digest, user %s; the password itself is not sent", code(string(user)))
	case provider.PlaceSigned:
		if a.SigV4 != nil {
			return fmt.Sprintf("as the secret of an AWS signature (version 4, service %s), which is not sent itself", code(a.SigV4.Service))
		}
		return "as the secret of a signature in " + code(a.HMAC.Header) + ", which is not sent itself"
	case provider.PlaceNone:
		return "not sent by itself"
	}
	return "at a place that is yours to name"
}

func passwordOf(text string) string {
	if text == "" {
		return "no password"
	}
	return "password " + code(text)
}

func hosts(p *provider.Provider) string {
	if len(p.Sites) > 0 {
		return sites(p)
	}
	if len(p.Hosts) == 0 {
		return "\nThe host is yours to name, under `hosts`.\n"
	}
	var b strings.Builder
	b.WriteString("\n| environment | host |\n|---|---|\n")
	for _, environment := range slices.Sorted(maps.Keys(p.Hosts)) {
		name := environment
		if name == "default" {
			name = "all others"
			if len(p.Hosts) == 1 {
				name = "all"
			}
		}
		fmt.Fprintf(&b, "| %s | %s |\n", cell(name), code(p.Hosts[environment].Value))
	}
	return b.String()
}

func sites(p *provider.Provider) string {
	var b strings.Builder
	b.WriteString("\n| site | base URL | for |\n|---|---|---|\n")
	for _, s := range p.Sites {
		var chosen []string
		if s.Mode != "" {
			chosen = append(chosen, s.Mode+" keys")
		}
		if len(s.Environments) > 0 {
			chosen = append(chosen, "environments "+codes(s.Environments))
		}
		for _, role := range slices.Sorted(maps.Keys(s.When)) {
			chosen = append(chosen, fmt.Sprintf("%s that is %s", code("$"+role), code(s.When[role])))
		}
		url := code(string(s.URL))
		if len(s.Within) > 0 {
			url += ", within " + codes(s.Within)
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", cell(s.Name), url, strings.Join(chosen, ", "))
	}
	return b.String()
}

// effect says what the request does at the vendor, and what else keyfit may send.
func effect(p *provider.Provider) string {
	probe := &p.Probe
	out := []string{"The request only reads."}
	if probe.Effect == "issues-token" {
		out = []string{"The request has the vendor issue a short-lived token, which is thrown away."}
	}
	switch probe.Cost {
	case "free":
		out = append(out, "It costs nothing.")
	case "metered":
		out = append(out, "The vendor may charge for it.")
	}
	if probe.Leaves != "" {
		out = append(out, "It leaves something all the same: "+probe.Leaves+".")
	}
	if t := time.Duration(probe.Request.Timeout); t > 0 {
		out = append(out, fmt.Sprintf("It is given up after %s.", t))
	}
	if len(p.Hosts)+len(p.Sites) > 1 && p.Siblings != "never" {
		out = append(out, "Only if this environment's host rejects the key, the other hosts are asked whose it is.")
	}
	if probe.Control == "once" || probe.Control == "" && p.Custom {
		out = append(out, "After a key was accepted, one random key is sent once, to see whether the API checks keys at all.")
	}
	return strings.Join(out, " ") + "\n"
}

func sources(p *provider.Provider) string {
	if len(p.Verified) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("| date | how | source |\n|---|---|---|\n")
	for _, v := range p.Verified {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", v.Date, v.How, cell(v.Source))
	}
	return b.String()
}

func pairs(texts map[string]provider.Template) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		out = append(out, code(name+": "+string(texts[name])))
	}
	return strings.Join(out, ", ")
}

func codes(texts []string) string {
	out := make([]string, len(texts))
	for i, text := range texts {
		out[i] = code(text)
	}
	return strings.Join(out, ", ")
}

func indented(v any) string {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return "{}"
	}
	return string(text)
}
