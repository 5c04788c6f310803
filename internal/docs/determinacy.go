package docs

import (
	"fmt"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/verdict"
)

// answers are what an API, or something on the way, may say that is no word of the vendor's.
var answers = []struct {
	name string
	r    verdict.Response
}{
	{"bare 401", verdict.Response{Status: 401}},
	{"bare 403", verdict.Response{Status: 403}},
	{"401 as a page", page(401)},
	{"403 as a page", page(403)},
	{"200 as a page", page(200)},
	{"407", verdict.Response{Status: 407}},
	{"429", verdict.Response{Status: 429}},
	{"429 with Retry-After", verdict.Response{Status: 429, Header: map[string][]string{"Retry-After": {"30"}}}},
	{"500", verdict.Response{Status: 500}},
	{"502 as a page", page(502)},
	{"503", verdict.Response{Status: 503}},
	{"redirect", verdict.Response{Status: 302}},
	{"cut short", verdict.Response{Status: 200, Header: media("application/json"), Body: []byte(`{"a":`), Truncated: true}},
	{"200 in plain text", verdict.Response{Status: 200, Header: media("text/plain"), Body: []byte("OK")}},
	{"empty 200", verdict.Response{Status: 200}},
	{"error in 200", verdict.Response{Status: 200, Header: media("application/json"), Body: []byte(`{"error":"nope"}`)}},
	{"no answer", verdict.Response{Failure: provider.NetworkTimeout}},
}

func media(text string) map[string][]string { return map[string][]string{"Content-Type": {text}} }

func page(status int) verdict.Response {
	return verdict.Response{Status: status, Header: media("text/html"), Body: []byte("<html><title>Sign in</title></html>")}
}

// Determinacy gives two tables, by their paths under docs/: what each provider's answers can
// tell, and what becomes of answers that are not the vendor's.
func Determinacy() map[string][]byte {
	var b strings.Builder
	b.WriteString(generated + `# What an answer can tell

The first table says for every API which rungs its answers can decide: ✓ it can pass, ✗ it can fail, · its answers do
not tell. A rung that is not decided stays unverified, which is neither a pass nor a failure. The pages of the
providers say which answers these are.

| API | known | linked | active | authorised |
|---|---|---|---|---|
`)
	all := provider.Catalogue().All()
	for _, p := range all {
		fmt.Fprintf(&b, "| [%s](providers/%s.md) |", cell(p.Name), p.ID)
		for rung := provider.KnownKey; rung < provider.Rungs; rung++ {
			fmt.Fprintf(&b, " %s |", decides(p, rung))
		}
		b.WriteString("\n")
	}
	b.WriteString(`
## Answers that are not the vendor's

The second table plays the same answers to every API: none of them fails a key. In words: *ambiguous* names several
causes, *intermediary* is something on the way, and the rest says what it says.

| API |`)
	for _, a := range answers {
		b.WriteString(" " + a.name + " |")
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(answers)) + "\n")
	for _, p := range all {
		fmt.Fprintf(&b, "| %s |", cell(p.ID))
		for _, a := range answers {
			fmt.Fprintf(&b, " %s |", strings.ReplaceAll(string(verdict.Judge(p, nil, a.r).Reason), "_", " "))
		}
		b.WriteString("\n")
	}
	return map[string][]byte{"determinacy.md": []byte(b.String()), "egress.md": egress(all)}
}

// decides tells what the rules of a provider can say of a rung.
func decides(p *provider.Provider, rung provider.Rung) string {
	pass, fail := false, false
	for _, view := range requests(p) {
		for i := range view.Probe.Verdicts {
			rule := &view.Probe.Verdicts[i]
			failed, refused := rule.Reason.FailedRung()
			switch {
			case refused && failed == rung:
				fail = true
			case refused && failed > rung:
				pass = true
			case rule.Reason.Class() == provider.Accepted:
				pass = pass || rung == provider.KnownKey || slices.Contains(proven(view, *rule), rung.String())
			}
		}
	}
	mark := map[bool]string{true: "✓"}[pass] + map[bool]string{true: "✗"}[fail]
	if mark == "" {
		return "·"
	}
	return mark
}

// requests gives a provider as it is for each of its requests.
func requests(p *provider.Provider) []*provider.Provider {
	out := []*provider.Provider{p}
	for i := range p.Probe.Then {
		view, _ := p.ForStep(p.Probe.Then[i].ID)
		out = append(out, view)
	}
	return out
}

// egress lists the hosts that keys may be sent to, for the allow-list of a firewall.
func egress(all []*provider.Provider) []byte {
	var b strings.Builder
	b.WriteString(generated + `# Hosts

Where keyfit sends keys: each only to the hosts of its own API, and only those of the APIs that a deploy uses. A star
stands for the vendor's names of tenants and regions. An API without a host is asked where keyfit.yaml says.

| API | hosts |
|---|---|
`)
	for _, p := range all {
		hosts := codes(p.Egress())
		if hosts == "" {
			hosts = "as keyfit.yaml says"
		}
		fmt.Fprintf(&b, "| [%s](providers/%s.md) | %s |\n", cell(p.Name), p.ID, hosts)
	}
	return []byte(b.String())
}
