package sandbox

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/keyfit/keyfit/internal/secret"
)

// directory is what one environment knows: its users and keys, and what it was asked.
// Keys are found by fingerprint, so that the directory never looks at a text.
type directory struct {
	name    string
	printer *secret.Printer
	now     func() time.Time

	mu       sync.Mutex
	settings Environment // the switches; its maps are not used after the start
	users    map[string]*User
	keys     map[string]*Key   // by id
	found    map[string]string // fingerprint → id
	retired  map[string]bool   // fingerprints of texts that a rotation replaced
	fault    Fault
	faulty   bool
	log      []Request
	asked    int
}

func newDirectory(name string, env *Environment, printer *secret.Printer, now func() time.Time) *directory {
	d := &directory{
		name: name, printer: printer, now: now, settings: *env,
		users: map[string]*User{}, keys: map[string]*Key{}, found: map[string]string{}, retired: map[string]bool{},
	}
	for id, user := range env.Users {
		copied := *user
		d.users[id] = &copied
	}
	for id, key := range env.Keys {
		copied := *key
		copied.Scopes = slices.Clone(key.Scopes)
		d.keys[id] = &copied
		d.found[printer.Fingerprint(key.Key.Text)] = id
	}
	if env.Fault != nil {
		d.fault, d.faulty = *env.Fault, true
	}
	return d
}

// caller is who stands behind a request.
type caller struct {
	userID string
	user   User
	key    Key
}

// refusal is an answer other than 200.
type refusal struct {
	status        int
	code, message string
	caller        *caller // shown where the gateway knows it
	required      string
}

// authenticate climbs the rungs with the key of a request: known, linked, active.
func (d *directory) authenticate(text secret.Text) (caller, *refusal) {
	d.mu.Lock()
	defer d.mu.Unlock()
	print := d.printer.Fingerprint(text)
	id, ok := d.found[print]
	if !ok {
		return d.stranger(print)
	}
	key := *d.keys[id]
	switch {
	case key.State == Revoked:
		return caller{}, &refusal{status: 401, code: "key_revoked", message: "This API key has been revoked."}
	case key.State == Expired, !key.Expires.IsZero() && !d.now().Before(key.Expires.Time):
		return caller{}, &refusal{status: 401, code: "key_expired", message: "This API key has expired."}
	}
	user, ok := d.users[key.User]
	if !ok || user.State == Deleted {
		return caller{}, &refusal{status: 403, code: "user_missing", message: "Invalid User Associated with This Key"}
	}
	c := caller{userID: key.User, user: *user, key: key}
	if user.State == Suspended && !d.settings.Lenient {
		return c, &refusal{status: 403, code: "user_disabled", message: "The user of this API key is suspended.", caller: &c}
	}
	return c, nil
}

// stranger answers a key that no one was given.
func (d *directory) stranger(print string) (caller, *refusal) {
	switch {
	case d.settings.Open:
		return caller{userID: "anonymous", user: User{Name: "anonymous", Kind: "person"}}, nil
	case d.retired[print]:
		return caller{}, &refusal{status: 401, code: "key_revoked", message: "This API key has been revoked."}
	}
	return caller{}, &refusal{status: 401, code: "key_unknown", message: "No such API key."}
}

// fits compares what was sent along with the key's own: its tenant and its user.
func (d *directory) fits(c caller, tenant, userID string) *refusal {
	d.mu.Lock()
	defer d.mu.Unlock()
	if c.userID == "anonymous" {
		return nil
	}
	if tenant != "" && tenant != c.user.Tenant {
		return &refusal{status: 403, code: "tenant_mismatch", message: "The tenant of the request is not the tenant of this API key.", caller: &c}
	}
	if userID == "" || userID == c.userID {
		return nil
	}
	if other, ok := d.users[userID]; !ok || other.Tenant != c.user.Tenant {
		return &refusal{status: 403, code: "tenant_mismatch", message: "The user of the request is not in the tenant of this API key.", caller: &c}
	}
	return &refusal{status: 403, code: "user_mismatch", message: "The user of the request is not the user of this API key.", caller: &c}
}

// permits names the first scope that the key lacks.
func (d *directory) permits(c caller) *refusal {
	if c.userID == "anonymous" {
		return nil
	}
	for _, scope := range d.settings.Requires {
		if !slices.Contains(c.key.Scopes, scope) {
			return &refusal{status: 403, code: "scope_missing", message: "This API key lacks the scope " + scope + ".", caller: &c, required: scope}
		}
	}
	return nil
}

// takeFault gives the fault that the next request hits, and counts it.
func (d *directory) takeFault() (Fault, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.faulty {
		return Fault{}, false
	}
	fault := d.fault
	if d.fault.Times > 0 {
		d.fault.Times--
		d.faulty = d.fault.Times > 0
	}
	return fault, true
}

// setUser changes a user's state.
func (d *directory) setUser(id, state string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	user, ok := d.users[id]
	if !ok {
		return unknown("user", id, d.name, slices.Sorted(maps.Keys(d.users)))
	}
	user.State = state
	return nil
}

// setKey changes a key's state.
func (d *directory) setKey(id, state string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	key, ok := d.keys[id]
	if !ok {
		return unknown("key", id, d.name, slices.Sorted(maps.Keys(d.keys)))
	}
	key.State = state
	return nil
}

// rotate gives a key a new text; the old one counts as revoked from now on.
func (d *directory) rotate(id string, text secret.Text) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	key, ok := d.keys[id]
	if !ok {
		return unknown("key", id, d.name, slices.Sorted(maps.Keys(d.keys)))
	}
	print := d.printer.Fingerprint(text)
	if owner, taken := d.found[print]; taken || text.IsEmpty() {
		return fmt.Errorf("the new text of key %q is empty or that of key %q, expected a new one", id, owner)
	}
	old := d.printer.Fingerprint(key.Key.Text)
	delete(d.found, old)
	delete(d.retired, print)
	d.retired[old] = true
	d.found[print] = id
	key.Key, key.State = Fixture{text}, Active
	return nil
}

func unknown(what, id, environment string, known []string) error {
	return fmt.Errorf("there is no %s %q in environment %q, expected one of: %s", what, id, environment, strings.Join(known, ", "))
}
