package checks

import (
	"fmt"
	"strings"
	"time"

	"github.com/keyfit/keyfit/internal/provider"
)

const idUnverified = "K401"

func unverified() Check {
	return Check{
		ID: idUnverified, Name: "unverified", Severity: Warning, Run: notVerified, Weighs: weighUnverified,
		Page: Page{
			Summary: "The key, or something that is expected of it, could not be verified: a rate limit, an outage, the network, an allow-list, an answer that leaves several causes open, or one that does not tell.",
			Why:     "Nothing was learned of the key, or not whether it is the one that is meant. It is neither good nor bad, and the deploy goes on as blind as before. It is never counted as a pass, and never as an invalid key.",
			Bad: `# .github/workflows/deploy.yml: the runner has no way out but the proxy
- run: keyfit check -e production`,
			Good: `# .github/workflows/deploy.yml
- run: keyfit check -e production
  env:
    HTTPS_PROXY: http://proxy.example.com:3128
    SSL_CERT_FILE: /etc/ssl/company-ca.pem`,
			Fix: "Do what the finding advises: open the way to the host, give the job the proxy or the CA file, add its address to the allow-list, or run the check later. `keyfit doctor` shows what the job can reach. " +
				"Where an expectation is not told, correct the path under `identity` of the provider, or remove what the API never tells from `expect`. " +
				"A key that stands in the environment of a deploy tool alone (`ansible-playbook`, `pulumi up`, `docker stack deploy`) is not shown to arrive: hand it on by name, or write down who receives it as a step of its own. " +
				"A control key (`keys.X.control`), one that is known to be good, tells whether this key or the way to its host is to blame. " +
				"A key that nobody can be asked about, such as the signing secret of a webhook, stays unverified for good (a note): `ignore` in `keyfit.yaml` accepts that, with a reason and until a day, and the run then ends with 0. It is listed and counted as unverified all the same. " +
				"`--on-unverified fail`, the default, makes a deploy stop on what is not accepted.",
			Limits: "Under `expect`, everything that is written must be told by the answer or by the form of the key; what `policy` asks of all keys counts only where it is told. Runs with `--offline`, values that are not known (`K102`, `K107`) and keys that are not sent from here (a pull request from a fork, a host that is not declared) are listed as unverified in the report and are no findings. " +
				"A runner in another network than the deploy sees another answer: an allow-list may refuse the one and accept the other.",
			See: []string{"K102", "K310"},
		},
	}
}

const correctHost = "correct the host, or "

type advice struct{ what, fix string }

// unverifiedAdvice has no entry for offline, unresolved and not_probeable: those are
// choices, have findings of their own, or are for good (see askless).
var unverifiedAdvice = map[provider.Reason]advice{
	provider.AmbiguousCause: {"the answer has several possible causes", "rule the causes out one by one, starting with the first; the vendor's console tells more than the answer does"},
	provider.IPNotAllowed:   {"the address of this runner is not on the allow-list of the key", "run the check where the deploy runs, or add this runner's address to the allow-list"},
	provider.SSORequired:    {"the key is not authorised for single sign-on", "authorise the key for the organisation's single sign-on at the vendor"},
	provider.RateLimited:    {"the API asks to slow down", "run the check again later, or less often; a limit that never ends may be a used-up quota"},
	provider.ProviderDown:   {"the API is out of order", "look at the vendor's status page and run the check again"},
	provider.NetworkDNS:     {"the name of the host cannot be resolved here", correctHost + "let this runner resolve its name"},
	provider.NetworkConnect: {"no connection to the host", "let this runner reach the host: firewall, VPN, egress rules"},
	provider.NetworkTLS:     {"the certificate of the host is not trusted here", "give this runner the CA file of your network (SSL_CERT_FILE); do not switch the verification off"},
	provider.NetworkProxy:   {"the proxy does not let the request through, or cannot be trusted with it", "check HTTP_PROXY, HTTPS_PROXY, NO_PROXY and the proxy's allow-list; ask over https, so that a proxy can neither take the key out nor answer itself"},
	provider.NetworkTimeout: {"no answer in time", "run the check again; if it stays so, look at the firewall and the proxy"},
	provider.Intermediary:   {"something on the way answered instead of the API", "let requests to the host pass the proxy, firewall or login page that answered"},
}

func notVerified(c *Case) (Finding, bool) {
	if c.askless() {
		return c.neverAsked(), true
	}
	a, ok := unverifiedAdvice[c.Verdict.Reason]
	if !ok || !c.arrives() {
		return c.unconfirmed()
	}
	what := a.what
	if failure := c.Verdict.Evidence.Failure; failure != "" {
		what += ": " + failure
	} else {
		what += c.meaning()
	}
	if len(c.Verdict.Causes) > 0 {
		what += ": " + alternatives(c.Verdict.Causes)
	}
	if host := c.Verdict.Evidence.Host; host != "" {
		what += fmt.Sprintf(", at %s", host)
	}
	return Finding{
		At:      c.at(),
		Message: fmt.Sprintf("%s could not be verified at %s (%s): %s%s", c.subject(), c.service(), c.Verdict.Reason, what, c.heard()),
		Fix:     c.advised(a.fix) + c.waiting(),
	}, true
}

func weighUnverified(c *Case) Severity {
	if c.askless() {
		return Note
	}
	return Warning
}

// askless reports whether nobody can be asked about the key, now or later: its kind is never sent
// anywhere, or nobody knows whose it is. A run with --offline says it of no key.
func (c *Case) askless() bool {
	if c.Verdict.Reason != provider.NotProbeable || !c.arrives() || c.foreign() || c.Run != nil && c.Run.Offline {
		return false
	}
	return c.Slot.Provider == nil || c.Slot.Form != nil && c.Slot.Form.Refuse != ""
}

// neverAsked says so, and how to accept it: otherwise no run on such a key would ever end with 0.
func (c *Case) neverAsked() Finding {
	why, fix := "nobody knows whose key it is", "name its provider under keys in keyfit.yaml, or "
	if c.Slot.Provider != nil {
		why, fix = fmt.Sprintf("no request tells about a key of this kind (%s)", c.Slot.Form.Kind)+c.meaning(), ""
	}
	return Finding{
		At:      c.at(),
		Message: fmt.Sprintf("%s cannot be verified by anybody (%s): %s", c.subject(), c.Verdict.Reason, why),
		Fix: fix + fmt.Sprintf("accept that under ignore in keyfit.yaml: {id: %s, slot: %q, reason: nobody can be asked about it, expires: %s}; it stays listed as unverified",
			idUnverified, "*/"+c.Slot.Variable, day(c.Run.now().AddDate(1, 0, 0))),
	}
}

// advised leaves out of the advice what cannot be done about a vendor's own host.
func (c *Case) advised(fix string) string {
	if c.Verdict.Reason == provider.NetworkDNS && c.Slot.Provider != nil && !c.Slot.Provider.Custom {
		return strings.TrimPrefix(fix, correctHost)
	}
	return fix
}

// waiting says how long the API asks to wait.
func (c *Case) waiting() string {
	wait := c.Verdict.Evidence.RetryAfter
	switch {
	case wait <= 0:
		return ""
	case wait < 2*time.Minute:
		return fmt.Sprintf("; it asks to wait %d seconds", int(wait/time.Second))
	}
	return "; it asks to wait " + length(wait)
}

// alternatives lists causes: a, b or c.
func alternatives(causes []string) string {
	text := ""
	for i, cause := range causes {
		switch {
		case i == 0:
		case i == len(causes)-1:
			text += " or "
		default:
			text += ", "
		}
		text += cause
	}
	return text
}

// Advice says what to do about a reason why something could not be verified; empty for a reason
// that needs none.
func Advice(reason provider.Reason) string { return unverifiedAdvice[reason].fix }
