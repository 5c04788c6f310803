package provider

import (
	"maps"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/strict"
)

// Rung is one of the five steps that a gateway climbs with a key.
type Rung uint8

// The rungs, lowest first.
const (
	Format     Rung = iota // the text has the form of such a key
	KnownKey               // the API knows the key; it is neither revoked nor expired
	Linked                 // a user, service account or project stands behind it
	Active                 // that owner, its plan and billing are active
	Authorised             // it may do what the deploy needs
	Rungs                  // how many there are
)

// String gives the word of the JSON contract.
func (r Rung) String() string {
	return [...]string{"format", "known", "linked", "active", "authorised", ""}[min(r, Rungs)]
}

// Reason is the stable, vendor-neutral word for what a verdict rests on.
type Reason string

// The reasons of the contract.
const (
	OK Reason = "ok"

	Malformed          Reason = "malformed"
	KeyUnknown         Reason = "key_unknown"
	KeyRevoked         Reason = "key_revoked"
	KeyExpired         Reason = "key_expired"
	KeyKindWrong       Reason = "key_kind_wrong"
	OwnerMissing       Reason = "owner_missing"
	OwnerDisabled      Reason = "owner_disabled"
	AccountSuspended   Reason = "account_suspended"
	BillingInactive    Reason = "billing_inactive"
	QuotaExhausted     Reason = "quota_exhausted"
	ScopeMissing       Reason = "scope_missing"
	ResourceNotGranted Reason = "resource_not_granted"
	ServiceNotEnabled  Reason = "service_not_enabled"

	EnvMismatch     Reason = "env_mismatch"
	TenantMismatch  Reason = "tenant_mismatch"
	AccountMismatch Reason = "account_mismatch"
	RegionMismatch  Reason = "region_mismatch"

	Unresolved     Reason = "unresolved"
	AmbiguousCause Reason = "ambiguous"
	IPNotAllowed   Reason = "ip_not_allowed"
	SSORequired    Reason = "sso_required"
	RateLimited    Reason = "rate_limited"
	ProviderDown   Reason = "provider_down"
	NetworkDNS     Reason = "network_dns"
	NetworkConnect Reason = "network_connect"
	NetworkTLS     Reason = "network_tls"
	NetworkProxy   Reason = "network_proxy"
	NetworkTimeout Reason = "network_timeout"
	Intermediary   Reason = "intermediary"
	NotProbeable   Reason = "not_probeable"
	Offline        Reason = "offline"
)

// Class groups reasons by what they say.
type Class uint8

// The classes. The zero value is the one that claims nothing.
const (
	Unverifiable Class = iota // nothing could be learned of the key
	Accepted                  // the key works
	Refused                   // the vendor said that a rung fails
	Misfit                    // the key is fine and meant for something else
)

type reasonFact struct {
	class Class
	rung  Rung // of a Refused reason: the rung that fails
}

var reasons = map[Reason]reasonFact{
	OK:                 {class: Accepted},
	Malformed:          {Refused, Format},
	KeyUnknown:         {Refused, KnownKey},
	KeyRevoked:         {Refused, KnownKey},
	KeyExpired:         {Refused, KnownKey},
	KeyKindWrong:       {Refused, KnownKey},
	OwnerMissing:       {Refused, Linked},
	OwnerDisabled:      {Refused, Active},
	AccountSuspended:   {Refused, Active},
	BillingInactive:    {Refused, Active},
	QuotaExhausted:     {Refused, Active},
	ScopeMissing:       {Refused, Authorised},
	ResourceNotGranted: {Refused, Authorised},
	ServiceNotEnabled:  {Refused, Authorised},
	EnvMismatch:        {Misfit, KnownKey},
	TenantMismatch:     {class: Misfit},
	AccountMismatch:    {class: Misfit},
	RegionMismatch:     {Misfit, KnownKey},
	Unresolved:         {}, AmbiguousCause: {}, IPNotAllowed: {}, SSORequired: {}, RateLimited: {},
	ProviderDown: {}, NetworkDNS: {}, NetworkConnect: {}, NetworkTLS: {}, NetworkProxy: {},
	NetworkTimeout: {}, Intermediary: {}, NotProbeable: {}, Offline: {},
}

// IsReason reports whether the word is one of the contract's reasons.
func IsReason(r Reason) bool { _, ok := reasons[r]; return ok }

// Reasons lists the contract's reasons in alphabetical order.
func Reasons() []Reason { return slices.Sorted(maps.Keys(reasons)) }

// DecodeStrict reads one of the contract's words.
func (r *Reason) DecodeStrict(reader *strict.Reader, n *yaml.Node) {
	if n.Kind == yaml.ScalarNode && IsReason(Reason(n.Value)) {
		*r = Reason(n.Value)
		return
	}
	var words []string
	for _, word := range Reasons() {
		words = append(words, string(word))
	}
	reader.BadWord(n, words)
}

// JSONSchema describes a reason.
func (r Reason) JSONSchema() map[string]any {
	var words []any
	for _, word := range Reasons() {
		words = append(words, string(word))
	}
	return map[string]any{"enum": words}
}

// Class tells what kind of reason r is. An unknown word is Unverifiable.
func (r Reason) Class() Class { return reasons[r].class }

// FailedRung gives the rung that a Refused reason fails; ok is false for all others.
func (r Reason) FailedRung() (rung Rung, ok bool) {
	f := reasons[r]
	return f.rung, f.class == Refused
}
