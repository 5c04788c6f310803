package sandbox

import (
	"slices"
	"time"
)

// maxLog bounds how many requests an environment remembers; it counts on after that.
const maxLog = 10_000

// Request is one request that the gateway received. It holds nothing of the key but
// its fingerprint.
type Request struct {
	Environment string
	ID          string
	At          time.Time
	Method      string
	Path        string // without the query
	Key         string // fingerprint; empty when none was sent
	Status      int    // 0 when no answer was given
	Code        string // the error code; empty for an accepted request
}

// Requests lists what an environment received, in order of arrival; nothing for an
// environment that there is not. Requests beyond the first 10,000 are only counted.
func (s *Sandbox) Requests(environment string) []Request {
	d, err := s.directory(environment)
	if err != nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.log)
}

// Count gives how many requests an environment received.
func (s *Sandbox) Count(environment string) int {
	d, err := s.directory(environment)
	if err != nil {
		return 0
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.asked
}

// CountByKey gives how many requests an environment received with each key, by fingerprint.
func (s *Sandbox) CountByKey(environment string) map[string]int {
	out := map[string]int{}
	for _, r := range s.Requests(environment) {
		out[r.Key]++
	}
	return out
}

// arrive notes a request and gives its number.
func (d *directory) arrive(r Request) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked++
	if len(d.log) < maxLog {
		d.log = append(d.log, r)
	}
	return d.asked
}

// leave notes how a request ended.
func (d *directory) leave(number int, id string, status int, code string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if number <= len(d.log) {
		r := &d.log[number-1]
		r.ID, r.Status, r.Code = id, status, code
	}
}
