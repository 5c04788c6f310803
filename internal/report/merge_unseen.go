package report

import (
	"slices"

	"github.com/keyfit/keyfit/internal/provider"
)

// Unseen is a part of the deploy of which one of several joined reports shows no key. Another
// report may show one there; that says nothing of the first.
type Unseen struct {
	Environment string `json:"environment" doc:"where; empty when that report names no environment"`
	Why         string `json:"why" enum:"unread,no_key" doc:"unread: no key was found here, and a file could not be read; no_key: that report holds no key at all"`
}

// The reasons why nothing is seen.
const (
	unreadFile = "unread"
	noKey      = "no_key"
)

func (u Unseen) doubt() Unverified {
	message := "in one of the joined reports no key was found here, and a file that may hold one could not be read"
	if u.Why == noKey {
		message = "one of the joined reports holds no key, so nothing was checked here by that run"
	}
	return Unverified{Environment: u.Environment, Reason: string(provider.Unresolved), Message: message}
}

// unread lists the environments in which this report found no key but a file that it could not
// read.
func (d *Document) unread() []Unseen {
	seen := map[string]bool{"": true}
	for _, s := range d.Slots {
		seen[s.Environment] = true
	}
	for _, name := range d.elsewhere() {
		seen[name] = true
	}
	var out []Unseen
	for _, f := range d.Findings {
		if f.ID == "K001" && f.Severity != "note" && !seen[f.Environment] {
			seen[f.Environment] = true
			out = append(out, Unseen{f.Environment, unreadFile})
		}
	}
	return out
}

// blank lists the environments of a report in which nothing was there to check: what `check`
// ends with 4 for. A part of a run is none while other parts have slots.
func (d *Document) blank() []Unseen {
	elsewhere := len(d.Slots)
	if d.Shard != nil {
		elsewhere += d.Shard.Elsewhere
	}
	for _, set := range d.Incomplete {
		elsewhere += set.Slots
	}
	if elsewhere > 0 {
		return nil
	}
	names := environmentsOf(*d)
	if len(names) == 0 {
		names = []string{""}
	}
	return convert(names, func(name string) Unseen { return Unseen{name, noKey} })
}

// unseen keeps what single reports do not show, where all of them together would hide that. It
// is written down only where the joined report does not come to the same by itself.
func (m *merger) unseen(out *Document) {
	told := map[string]bool{}
	for _, u := range out.unread() {
		told[u.Environment] = true
	}
	for i := range m.docs {
		d := &m.docs[i]
		for _, u := range slices.Concat(d.unread(), d.Unseen, d.blank()) {
			replaced := m.latest && m.repeated(i, u.Environment)
			if told[u.Environment] || replaced || u.Why == noKey && len(out.Slots) == 0 {
				continue
			}
			told[u.Environment] = true
			out.Unseen = append(out.Unseen, u)
		}
	}
}
