// Package sandbox is the embedded target API of `keyfit demo` and of the tests: a
// payments gateway on loopback, with users, keys and tenants of its own in each of its
// environments, that answers the way gateways do.
//
//	POST /path       {"query": {"userId": "u_1"}}, Authorization: Bearer KEY, X-Tenant: ID (optional)
//	GET  /v1/whoami  Authorization: Bearer KEY
//
// An accepted request is answered with 200 and
//
//	{"user": {"id", "name", "kind", "active"}, "tenant_id", "account", "mode", "scopes", "expires_at", "request_id"}
//
// and a refused one with {"error": {"code", "message"}, "request_id"}, where the code is
// credentials_missing, key_unknown, key_revoked or key_expired (401), user_missing,
// user_disabled, tenant_mismatch, user_mismatch or scope_missing (403), or
// invalid_request (400). Refusals after the link show the user too.
//
// The gateway listens nowhere but on loopback, and remembers of every key only a
// fingerprint under a random key of its own.
package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/keyfit/keyfit/internal/secret"
)

// maxHeader bounds the header of a request, in bytes.
const maxHeader = 32 << 10

// Sandbox is a running gateway. Its methods may be called at any time, by anyone.
type Sandbox struct {
	printer      *secret.Printer
	environments map[string]*installation
	stop         func() bool
	closed       sync.Once
}

// installation is one environment: its directory and its listener.
type installation struct {
	directory *directory
	server    *http.Server
	url       string
	served    chan struct{}
}

// Start opens one listener on loopback for each environment of the world. The gateway
// runs until ctx ends or Close is called. The world itself is not changed by anything
// that happens later.
func Start(ctx context.Context, world World) (*Sandbox, error) {
	if problems := world.problems(); len(problems) > 0 {
		return nil, fmt.Errorf("the world is not sound: %s", strings.TrimSpace(problems[0].At.String()+" "+problems[0].Message))
	}
	s := &Sandbox{printer: secret.NewPrinter(secret.Text{}), environments: map[string]*installation{}}
	for _, name := range slices.Sorted(maps.Keys(world.Environments)) {
		i, err := s.install(name, world.Environments[name])
		if err != nil {
			s.Close()
			return nil, err
		}
		s.environments[name] = i
	}
	s.stop = context.AfterFunc(ctx, s.shutdown)
	return s, nil
}

func (s *Sandbox) install(name string, env *Environment) (*installation, error) {
	address, err := loopback(env.Listen)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("environment %q cannot listen on %s: %w", name, address, err)
	}
	if tcp, ok := listener.Addr().(*net.TCPAddr); !ok || !tcp.IP.IsLoopback() {
		return nil, errors.Join(fmt.Errorf("environment %q would listen outside loopback", name), listener.Close())
	}
	i := &installation{
		directory: newDirectory(name, env, s.printer, time.Now),
		url:       "http://" + listener.Addr().String(),
		served:    make(chan struct{}),
	}
	i.server = &http.Server{
		Handler:           i.directory,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		IdleTimeout:       30 * time.Second,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          log.New(io.Discard, "", 0),
	}
	go func() {
		defer close(i.served)
		_ = i.server.Serve(listener)
	}()
	return i, nil
}

// Close ends the gateway: every connection is closed and every port is free when it returns.
func (s *Sandbox) Close() {
	if s.stop != nil {
		s.stop()
	}
	s.shutdown()
}

func (s *Sandbox) shutdown() {
	s.closed.Do(func() {
		for _, i := range s.environments {
			_ = i.server.Close()
			<-i.served
		}
	})
}

// Environments lists the names of the environments, sorted.
func (s *Sandbox) Environments() []string { return slices.Sorted(maps.Keys(s.environments)) }

// URL gives the base URL of an environment, without a trailing slash; "" when there is none.
func (s *Sandbox) URL(environment string) string {
	if i, ok := s.environments[environment]; ok {
		return i.url
	}
	return ""
}

// Fingerprint gives the fingerprint under which the log of requests shows a key.
func (s *Sandbox) Fingerprint(key secret.Text) string { return s.printer.Fingerprint(key) }

// Suspend suspends a user.
func (s *Sandbox) Suspend(environment, user string) error {
	return s.setUser(environment, user, Suspended)
}

// Activate makes a suspended or deleted user active again.
func (s *Sandbox) Activate(environment, user string) error {
	return s.setUser(environment, user, Active)
}

// Delete deletes a user; the keys stay, linked to no one.
func (s *Sandbox) Delete(environment, user string) error {
	return s.setUser(environment, user, Deleted)
}

// Revoke revokes a key, by its id.
func (s *Sandbox) Revoke(environment, key string) error { return s.setKey(environment, key, Revoked) }

// Expire makes a key expired, by its id.
func (s *Sandbox) Expire(environment, key string) error { return s.setKey(environment, key, Expired) }

// Restore makes a revoked or expired key active again, by its id.
func (s *Sandbox) Restore(environment, key string) error { return s.setKey(environment, key, Active) }

// Rotate gives a key a new text, by its id. The old text counts as revoked.
func (s *Sandbox) Rotate(environment, key string, text secret.Text) error {
	d, err := s.directory(environment)
	if err != nil {
		return err
	}
	return d.rotate(key, text)
}

// SetFault makes the next requests go wrong; nil makes them go right again.
func (s *Sandbox) SetFault(environment string, fault *Fault) error {
	d, err := s.directory(environment)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.faulty = fault != nil
	if fault != nil {
		d.fault = *fault
	}
	return nil
}

// SetOpen says whether any key is accepted.
func (s *Sandbox) SetOpen(environment string, open bool) error {
	d, err := s.directory(environment)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.settings.Open = open
	return nil
}

func (s *Sandbox) setUser(environment, user, state string) error {
	d, err := s.directory(environment)
	if err != nil {
		return err
	}
	return d.setUser(user, state)
}

func (s *Sandbox) setKey(environment, key, state string) error {
	d, err := s.directory(environment)
	if err != nil {
		return err
	}
	return d.setKey(key, state)
}

func (s *Sandbox) directory(environment string) (*directory, error) {
	i, ok := s.environments[environment]
	if !ok {
		return nil, fmt.Errorf("there is no environment %q, expected one of: %s", environment, strings.Join(s.Environments(), ", "))
	}
	return i.directory, nil
}
