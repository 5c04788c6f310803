package report

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/keyfit/keyfit/internal/provider"
)

// reasonText says each reason of the contract in a clause. A test holds it complete.
var reasonText = map[provider.Reason]string{
	provider.OK:                 "the API accepts the key",
	provider.Malformed:          "the text does not have the form of such a key",
	provider.KeyUnknown:         "the API does not know the key",
	provider.KeyRevoked:         "the key is revoked",
	provider.KeyExpired:         "the key has expired",
	provider.KeyKindWrong:       "the key is of a kind that does not belong here",
	provider.OwnerMissing:       "nobody stands behind the key",
	provider.OwnerDisabled:      "whoever stands behind the key is not active",
	provider.AccountSuspended:   "the account is suspended",
	provider.BillingInactive:    "the account's billing is not active",
	provider.QuotaExhausted:     "the account's quota is used up",
	provider.ScopeMissing:       "the key lacks a permission",
	provider.ResourceNotGranted: "the key may not touch what the deploy needs",
	provider.ServiceNotEnabled:  "the account has not switched the service on",
	provider.EnvMismatch:        "the key belongs to another environment",
	provider.TenantMismatch:     "the key belongs to another tenant",
	provider.AccountMismatch:    "the key belongs to another account",
	provider.RegionMismatch:     "the key belongs to another region",
	provider.Unresolved:         "the value is not known here",
	provider.AmbiguousCause:     "the answer can mean several things",
	provider.IPNotAllowed:       "the API refuses this machine's address",
	provider.SSORequired:        "the API wants a single sign-on first",
	provider.RateLimited:        "the API limits the rate of requests",
	provider.ProviderDown:       "the API has an outage",
	provider.NetworkDNS:         "the API's name could not be looked up",
	provider.NetworkConnect:     "no connection to the API",
	provider.NetworkTLS:         "no trusted connection to the API",
	provider.NetworkProxy:       "the proxy did not let the request through",
	provider.NetworkTimeout:     "no answer in time",
	provider.Intermediary:       "something in between answered instead of the API",
	provider.NotProbeable:       "there is no safe question to ask about this key",
	provider.Offline:            "not asked, because keyfit runs offline",
}

// ReasonText says a reason of the contract in a clause; "" for a word that is none.
func ReasonText(r provider.Reason) string { return reasonText[r] }

// doubt says in a sentence why a slot could not be verified.
func doubt(s Slot) string {
	parts := []string{reasonText[provider.Reason(s.Reason)]}
	switch {
	case len(s.Unconfirmed) > 0:
		parts = []string{"the API accepts the key, and it is not verified that " + strings.Join(s.Unconfirmed, "; nor that ")}
	case s.State == "absent":
		parts = []string{"nothing arrives"}
	case len(s.Alternatives) > 0:
		parts = []string{fmt.Sprintf("the value is one of %d candidates", len(s.Alternatives))}
	case s.State != stateKnown && s.ValueReason != "":
		parts[0] += " (" + s.ValueReason + ")"
	}
	if s.ValueNeeds != "" {
		parts = append(parts, s.ValueNeeds)
	}
	if s.Says != "" {
		parts = append(parts, s.Says)
	}
	if s.Request.Failure != "" {
		parts = append(parts, s.Request.Failure)
	}
	if len(s.Causes) > 0 {
		parts = append(parts, "it may be: "+strings.Join(s.Causes, "; "))
	}
	return strings.Join(parts, ": ")
}

// identityText says whose key it is, as far as is known. Empty when nothing is.
func identityText(i Identity) string {
	var parts []string
	add := func(label, text string) {
		if text != "" {
			parts = append(parts, strings.TrimSpace(label+" "+text))
		}
	}
	add("", principalText(i.Principal))
	if i.Active != nil && !*i.Active {
		add("", "not active")
	}
	add("account", i.Account)
	add("tenant", i.Tenant)
	add("mode", i.Mode)
	add("scopes", strings.Join(i.Scopes, " "))
	add("expires", i.Expires)
	if i.Admin {
		add("", "administrator's rights")
	}
	return strings.Join(parts, ", ")
}

func principalText(p Principal) string {
	name := p.Name
	switch {
	case name == "":
		name = p.ID
	case p.ID != "":
		name += " (" + p.ID + ")"
	}
	if p.Kind == "" && name != "" {
		return "user " + name
	}
	return strings.TrimSpace(p.Kind + " " + name)
}

// requestText says what was asked and answered. Empty when nothing was sent.
func requestText(r Request) string {
	if r.Host == "" && r.Method == "" {
		return ""
	}
	text := strings.TrimSpace(r.Method + " " + r.Host + r.Path)
	switch {
	case r.Status != 0 && r.Code != "":
		text += fmt.Sprintf(", answered %d %s", r.Status, r.Code)
	case r.Status != 0:
		text += fmt.Sprintf(", answered %d", r.Status)
	case r.Failure != "":
		text += ", " + r.Failure
	default:
		text += ", no answer"
	}
	if r.RequestID != "" {
		text += ", request " + r.RequestID
	}
	return text
}

// slotTitle names a slot: environment · consumer · container · variable.
func slotTitle(environment, consumer, container, variable string) string {
	var parts []string
	for _, p := range []string{environment, consumer, container, variable} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, " · ")
}

func (s Slot) title() string { return slotTitle(s.Environment, s.Consumer, s.Container, s.Variable) }

func (f Finding) title() string {
	return slotTitle(f.Environment, f.Consumer, f.Container, f.Variable)
}

// String gives file:line:column, as far as each is known.
func (a At) String() string {
	switch {
	case a.File == "":
		return ""
	case a.Line == 0:
		return a.File
	case a.Column == 0:
		return fmt.Sprintf("%s:%d", a.File, a.Line)
	}
	return fmt.Sprintf("%s:%d:%d", a.File, a.Line, a.Column)
}

// place is At for people: what comes from no file has no place.
func (a At) place() string {
	if a.File == "" {
		return "(no file)"
	}
	return a.String()
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// summaryText is the last line of a report for people.
func summaryText(d Document) string {
	text := d.shardText() + countsText(d)
	for _, set := range d.Incomplete {
		text += "; " + set.lack()
	}
	if n := len(d.Unseen); n > 0 {
		names := distinct(convert(d.Unseen, func(u Unseen) string { return cmp.Or(u.Environment, "a report without environments") }))
		text += fmt.Sprintf("; one of the reports shows no key in %s: nothing is verified there", some(names))
	}
	return text
}

func countsText(d Document) string {
	s := d.Summary
	if d.Shard != nil && s.Slots == 0 && d.Shard.Elsewhere > 0 {
		return "nothing to check in this part"
	}
	if s.Slots == 0 {
		return fmt.Sprintf("nothing checked: %s, no key in any; %s, %s",
			plural(s.Environments, "environment", "environments"), plural(s.Errors, "error", "errors"), plural(s.Warnings, "warning", "warnings"))
	}
	return fmt.Sprintf("%s: %s in %s: %d passed, %d failed, %d unverified; %s, %s",
		overall(d), plural(s.Slots, "slot", "slots"), plural(s.Environments, "environment", "environments"),
		s.Passed, s.Failed, s.Unverified, plural(s.Errors, "error", "errors"), plural(s.Warnings, "warning", "warnings"))
}

// overall is the worst outcome in one word, whatever the exit code makes of it.
func overall(d Document) string {
	switch {
	case d.Summary.Failed > 0 || d.Summary.Errors > 0:
		return Failed
	case d.Summary.Unverified > 0 || len(d.Incomplete)+len(d.Unseen) > 0:
		return Unsettled
	case d.Summary.Slots == 0:
		return "nothing checked"
	}
	return Passed
}
