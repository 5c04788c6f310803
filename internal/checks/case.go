package checks

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/keys"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/secret"
	"github.com/keyfit/keyfit/internal/verdict"
)

// file gives the configuration; the empty one where there is none.
func (r *Run) file() *config.File {
	if r == nil || r.Config == nil {
		return &config.File{}
	}
	return r.Config
}

func (r *Run) now() time.Time {
	if r == nil {
		return time.Time{}
	}
	return r.Now
}

// slots lists the cases that are about a slot.
func (r *Run) slots() []*Case {
	if r == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(r.Cases), func(c *Case) bool { return c.Problem != nil })
}

// expect gives what is expected of the key in this environment; nothing by default.
func (c *Case) expect() config.Expect {
	if c.Slot.Expect == nil {
		return config.Expect{}
	}
	return *c.Slot.Expect
}

// missing reports whether nothing arrives: an empty text reaches the application as "".
func (c *Case) missing() bool {
	v := c.Slot.Value
	return v.State == model.Absent || v.State == model.Known && v.Text.IsEmpty()
}

// arrives reports whether a text arrives that is meant as a key: known, not empty, and
// no reference or placeholder. All else has findings of its own, and what the API says
// of it would only repeat them.
func (c *Case) arrives() bool {
	return c.Slot.Value.State == model.Known && !c.missing() && len(c.standIns()) == 0
}

// settled gives the reason of a verdict that tells something about the key itself; none
// where the API was not asked or could not be.
func (c *Case) settled() provider.Reason {
	if !c.arrives() || c.Verdict.Reason.Class() == provider.Unverifiable {
		return ""
	}
	return c.Verdict.Reason
}

// answered reports whether the API has said something about the key. What another part of a
// divided run asks counts as answered: that part knows.
func (c *Case) answered() bool { return c.Aside || c.settled() != "" }

// isDivided reports whether other parts of the run check some of its slots.
func (r *Run) isDivided() bool {
	return slices.ContainsFunc(r.Cases, func(c *Case) bool { return c.Aside })
}

// genuine reports whether the API took the key for one of its own, whatever it said of
// it otherwise; offline and without an answer the doubt speaks for the key.
func (c *Case) genuine() bool {
	return c.arrives() && c.Verdict.Elsewhere == nil && c.Verdict.Rungs[provider.KnownKey] != verdict.Fail &&
		c.Verdict.Reason != provider.EnvMismatch && !c.foreign()
}

// displaced reports whether the key is another environment's.
func (c *Case) displaced() bool {
	return c.settled() == provider.EnvMismatch || c.arrives() && c.Verdict.Elsewhere != nil
}

// identity is whose key it is: told by this environment's API, or else by the one that
// accepts the key. An API that accepts every key tells nothing of this one.
func (c *Case) identity() verdict.Identity {
	if c.Verdict.Open {
		return verdict.Identity{}
	}
	if c.Verdict.Elsewhere != nil && c.Verdict.Identity.IsZero() {
		return told(c.Verdict.Elsewhere.Identity)
	}
	return told(c.Verdict.Identity)
}

// told leaves out what the probe had to conceal, because it looked like the key: it can
// be compared with nothing.
func told(id verdict.Identity) verdict.Identity {
	for _, piece := range []*string{&id.User, &id.Name, &id.Tenant, &id.Account, &id.Mode} {
		if strings.Contains(*piece, secret.Redacted) {
			*piece = ""
		}
	}
	return id
}

// at is where the value was last defined; without a place in a file, where the key, its
// consumer or its environment is declared.
func (c *Case) at() pos.Span {
	return firstPlace(c.Slot.Value.Trail.At(), c.declaredAt())
}

func (c *Case) declaredAt() pos.Span {
	file := c.Run.file()
	var declared, environment pos.Span
	if c.Slot.Declared != nil {
		declared = c.Slot.Declared.At
	}
	if e := file.Environments[c.Slot.Environment]; e != nil {
		environment = e.At
	}
	return firstPlace(declared, c.Slot.Consumer.At, environment, pos.Span{File: file.Path})
}

func firstPlace(places ...pos.Span) pos.Span {
	for _, p := range places {
		if p.IsValid() {
			return p
		}
	}
	return pos.Span{}
}

// expectedAt is the other end of a broken expectation.
func (c *Case) expectedAt() []Related {
	if c.Slot.Expect == nil || !c.Slot.Expect.At.IsValid() {
		return nil
	}
	return []Related{{At: c.Slot.Expect.At, Message: "expected here"}}
}

// definer is the hop that gave the variable its value, rather than passing it on.
func definer(t model.Trail) model.Hop { return t.Definer() }

// isEnvFile reports whether a file is one that only sets variables: .env, .env.staging,
// staging.env. Such files are layered on purpose, whoever reads them.
func isEnvFile(file string) bool {
	base := file[strings.LastIndexByte(file, '/')+1:]
	return base == ".env" || strings.HasPrefix(base, ".env.") || strings.HasSuffix(base, ".env")
}

// compareCases orders cases by what they are about, so that a finding about several of
// them is always told of the same one.
func compareCases(a, b *Case) int {
	return cmp.Or(
		cmp.Compare(a.Slot.Environment, b.Slot.Environment),
		cmp.Compare(keys.Label(a.Slot.Consumer), keys.Label(b.Slot.Consumer)),
		cmp.Compare(a.Slot.Consumer.Container, b.Slot.Consumer.Container),
		cmp.Compare(a.Slot.Variable, b.Slot.Variable),
		pos.Compare(a.Slot.Value.Trail.At(), b.Slot.Value.Trail.At()),
	)
}
