package report

import (
	"io"

	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/verdict"
)

// Who is the answer of `keyfit whoami`.
type Who struct {
	SchemaVersion int      `json:"schema_version"`
	Provider      string   `json:"provider"`
	ProviderName  string   `json:"provider_name"`
	Kind          string   `json:"kind"`
	Fingerprint   string   `json:"fingerprint"`
	Outcome       string   `json:"outcome"`
	Rungs         Rungs    `json:"rungs"`
	Reason        string   `json:"reason"`
	Message       string   `json:"message"`
	Identity      Identity `json:"identity"`
	Request       Request  `json:"request"`
	Says          string   `json:"says,omitempty"`
	Causes        []string `json:"causes,omitempty"`
	Permission    string   `json:"permission,omitempty"`
}

// WhoInput is everything that a Who is built from.
type WhoInput struct {
	Provider    *provider.Provider // nil when nobody knows whose key it is
	Form        *provider.Form     // nil when the text has no known form
	Verdict     verdict.Verdict
	Fingerprint string
}

// BuildWho makes the answer of `whoami`.
func BuildWho(in WhoInput) Who {
	v := in.Verdict
	s := Slot{
		State: stateKnown, Rungs: toRungs(v.Rungs), Reason: string(v.Reason), Request: toRequest(v.Evidence),
		Says: v.Says, Causes: v.Causes,
	}
	s.Outcome = outcome(s, index{})
	if s.Outcome == Unsettled && s.Reason == "" {
		s.Reason = missingReason(s)
	}
	who := Who{
		SchemaVersion: SchemaVersion, Fingerprint: in.Fingerprint, Outcome: s.Outcome, Rungs: s.Rungs, Reason: s.Reason,
		Message: doubt(s), Identity: toIdentity(v.Identity), Request: s.Request,
		Says: v.Says, Causes: append([]string(nil), v.Causes...), Permission: v.Needs,
	}
	if in.Provider != nil {
		who.Provider, who.ProviderName = in.Provider.ID, in.Provider.Name
	}
	if in.Form != nil {
		who.Kind = in.Form.Kind
	}
	cleanAll(&who)
	return who
}

// WriteWho writes who in the named format: text or json.
func WriteWho(w io.Writer, name string, who Who, opt Options) error {
	i, err := choose("--format", name, []string{"text", "json"})
	if err != nil {
		return err
	}
	if i == 1 {
		return encode(w, who)
	}
	return writeWhoText(w, who, opt)
}

func writeWhoText(w io.Writer, who Who, opt Options) error {
	p := &page{opt: opt}
	p.line(p.mark(who.Outcome), " ", p.paint(bold, who.Outcome), ": ", p.text(who.Message))
	p.gutter(p.text(p.whoTitle(who)))
	i := who.Identity
	p.note("principal", principalText(i.Principal))
	if i.Active != nil {
		p.note("active", map[bool]string{true: "yes", false: "no"}[*i.Active])
	}
	p.note("account", i.Account)
	p.note("tenant", i.Tenant)
	p.note("mode", i.Mode)
	for _, scope := range i.Scopes {
		p.note("scope", scope)
	}
	p.note("created", i.Created)
	p.note("expires", i.Expires)
	if i.Admin {
		p.note("rights", "administrator's")
	}
	p.rungs(Slot{Rungs: who.Rungs, Reason: who.Reason})
	p.note("asked", requestText(who.Request))
	p.note("missing", who.Permission)
	return p.writeTo(w)
}

func (p *page) whoTitle(who Who) string {
	name := who.ProviderName
	if name == "" {
		name = who.Provider
	}
	if name == "" {
		name = "nobody knows whose key this is"
	}
	return name + p.slotFacts(Slot{Kind: who.Kind, Fingerprint: who.Fingerprint})
}
