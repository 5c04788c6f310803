package docs

import (
	"fmt"
	"strings"

	"github.com/keyfit/keyfit/internal/checks"
	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/report"
)

// reported names the finding by which each reason is reported; a test holds it to what the
// checks do. Reasons that are not here have none.
var reported = map[provider.Reason]string{
	provider.Malformed: "K104", provider.KeyKindWrong: "K104",
	provider.KeyUnknown: "K301", provider.KeyRevoked: "K302", provider.KeyExpired: "K303",
	provider.OwnerDisabled: "K304", provider.OwnerMissing: "K305",
	provider.AccountSuspended: "K306", provider.BillingInactive: "K306", provider.QuotaExhausted: "K306",
	provider.ScopeMissing: "K307", provider.ResourceNotGranted: "K307", provider.ServiceNotEnabled: "K307",
	provider.EnvMismatch: "K205", provider.TenantMismatch: "K204", provider.AccountMismatch: "K203", provider.RegionMismatch: "K204",
	provider.AmbiguousCause: "K401", provider.IPNotAllowed: "K401", provider.SSORequired: "K401", provider.RateLimited: "K401",
	provider.ProviderDown: "K401", provider.NetworkDNS: "K401", provider.NetworkConnect: "K401", provider.NetworkTLS: "K401",
	provider.NetworkProxy: "K401", provider.NetworkTimeout: "K401", provider.Intermediary: "K401",
}

// elsewhere says what to do about the reasons that no finding reports.
var elsewhere = map[provider.Reason]string{
	provider.OK:           "Nothing. Which rungs the answer passes depends on what the API's request proves: see its page under [providers](providers/README.md).",
	provider.Unresolved:   "Make the value known: [why a value is unknown](unknown.md) says how. `K102`, `K107` or `K103` report it where it matters.",
	provider.NotProbeable: "Look at the report, which says why nothing was sent: no harmless request exists for such a key, the provider is not known, a part of the credential is missing, or the pull request comes from a fork. A provider can be declared under `providers`.",
	provider.Offline:      "Run it without `--offline` where the API can be reached.",
}

// order is the order of the page: rung by rung, then the fit, then what could not be verified.
var order = []struct {
	title   string
	reasons []provider.Reason
}{
	{"Accepted", []provider.Reason{provider.OK}},
	{"Refused", []provider.Reason{
		provider.Malformed, provider.KeyUnknown, provider.KeyRevoked, provider.KeyExpired, provider.KeyKindWrong, provider.OwnerMissing,
		provider.OwnerDisabled, provider.AccountSuspended, provider.BillingInactive, provider.QuotaExhausted,
		provider.ScopeMissing, provider.ResourceNotGranted, provider.ServiceNotEnabled,
	}},
	{"Does not fit", []provider.Reason{provider.EnvMismatch, provider.TenantMismatch, provider.AccountMismatch, provider.RegionMismatch}},
	{"Could not verify", []provider.Reason{
		provider.Unresolved, provider.AmbiguousCause, provider.IPNotAllowed, provider.SSORequired, provider.RateLimited, provider.ProviderDown,
		provider.NetworkDNS, provider.NetworkConnect, provider.NetworkTLS, provider.NetworkProxy, provider.NetworkTimeout,
		provider.Intermediary, provider.NotProbeable, provider.Offline,
	}},
}

// Reasons gives the page about the words that verdicts rest on, by its path under docs/.
func Reasons() map[string][]byte {
	var b strings.Builder
	b.WriteString(generated + "# Reasons\n\nEvery verdict on a key rests on one of these words. They are the same for all vendors and never change, so that scripts can\n" +
		"rely on them: `reason` in `--format json`. A refused key fails one rung: every rung below it passes, every one above it stays\nunverified. " +
		"The rungs are `format`, `known`, `linked` (to a user), `active` (that user) and `authorised`.\n\n")
	b.WriteString("| class | reasons |\n|---|---|\n")
	for _, group := range order {
		fmt.Fprintf(&b, "| %s | %s |\n", group.title, codes(words(group.reasons)))
	}
	for _, group := range order {
		for _, r := range group.reasons {
			fmt.Fprintf(&b, "\n## `%s`\n\n%s\n", r, aboutReason(r))
		}
	}
	return map[string][]byte{"reasons.md": []byte(b.String())}
}

func words(reasons []provider.Reason) []string {
	var out []string
	for _, r := range reasons {
		out = append(out, string(r))
	}
	return out
}

func aboutReason(r provider.Reason) string {
	var b strings.Builder
	text := report.ReasonText(r)
	fmt.Fprintf(&b, "%s%s. %s\n\n**What to do.** ", strings.ToUpper(text[:1]), text[1:], rungText(r))
	check, found := checks.Find(reported[r])
	advice := checks.Advice(r)
	switch {
	case advice != "":
		fmt.Fprintf(&b, "%s%s.", strings.ToUpper(advice[:1]), advice[1:])
	case found:
		b.WriteString(check.Page.Fix)
	default:
		b.WriteString(elsewhere[r])
	}
	if found {
		fmt.Fprintf(&b, "\n\n**Reported as** [%s: %s](findings/%s.md).", check.ID, check.Name, check.ID)
	}
	return b.String()
}

// rungText says what the reason makes of the five rungs.
func rungText(r provider.Reason) string {
	rung, refused := r.FailedRung()
	switch class := r.Class(); {
	case refused && rung == provider.Format:
		return "It fails the rung `format`; nothing is sent, and the rungs above it stay unverified."
	case refused:
		return fmt.Sprintf("It fails the rung `%s`.", rung)
	case class == provider.Accepted:
		return "It passes the rungs that the request proves, at least `known`."
	case class == provider.Misfit:
		return "The key is a good one that is meant for something else."
	}
	return "No rung passes or fails by it: it is neither a pass nor an invalid key."
}
