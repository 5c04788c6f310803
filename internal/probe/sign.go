package probe

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/icholy/digest"

	"github.com/keyfit/keyfit/internal/provider"
)

// signer signs a request. What it signs with is fixed; when it signs is not, so that each
// attempt has a signature of its own.
type signer interface {
	sign(req *http.Request, body []byte)
	texts() []string // all that tells two of them apart
}

// signer makes the one that the provider asks for; nil for none.
func (r *renderer) signer() signer {
	auth := r.provider.Probe.Request.Auth
	switch {
	case auth.SigV4 != nil:
		s := &sigV4{service: auth.SigV4.Service, now: r.now}
		s.region = r.need(auth.SigV4.Region, asIs)
		s.credentials = aws.Credentials{AccessKeyID: r.need(auth.SigV4.ID, asIs), SecretAccessKey: r.parts[provider.KeyPart]}
		if auth.SigV4.Secret != "" {
			s.credentials.SecretAccessKey = r.need(auth.SigV4.Secret, asIs)
		}
		s.credentials.SessionToken, _ = r.offer(auth.SigV4.Session)
		return s
	case auth.HMAC != nil:
		s := &signature{spec: auth.HMAC, parts: maps.Clone(r.parts), now: r.now}
		for _, t := range append(slices.Collect(maps.Values(auth.HMAC.Headers)), auth.HMAC.Text, auth.HMAC.Value) {
			s.complete(t, r)
		}
		return s
	}
	return nil
}

// login gives the user and the password of HTTP digest; nil for any other.
func (r *renderer) login() *digest.Options {
	auth := r.provider.Probe.Request.Auth
	if auth.Placement() != provider.PlaceDigest {
		return nil
	}
	user, password := auth.Basic()
	return &digest.Options{Username: r.need(user, asIs), Password: r.need(password, asIs)}
}

// roundTrip sends a request. For HTTP digest it first asks for the challenge, without the key.
func (c *Client) roundTrip(ctx context.Context, r *request) (*http.Response, error) {
	req := r.build(ctx, c.options.UserAgent)
	if r.login == nil {
		return c.transport.RoundTrip(req)
	}
	asked, err := c.transport.RoundTrip(req)
	if err != nil || asked.StatusCode != http.StatusUnauthorized {
		return asked, err
	}
	challenge, err := digest.FindChallenge(asked.Header)
	if err != nil {
		return asked, nil
	}
	_, _ = io.CopyN(io.Discard, asked.Body, maxBody)
	_ = asked.Body.Close()
	options := *r.login
	options.Method, options.URI, options.Count = req.Method, req.URL.RequestURI(), 1
	options.GetBody = req.GetBody
	credentials, err := digest.Digest(challenge, options)
	if err != nil {
		return nil, errDigest
	}
	again := r.build(ctx, c.options.UserAgent)
	again.Header.Set("Authorization", credentials.String())
	return c.transport.RoundTrip(again)
}

type digestError string

func (e digestError) Error() string { return string(e) }

const errDigest = digestError("the challenge of the API is none that is understood")

// sigV4 is AWS Signature Version 4.
type sigV4 struct {
	service, region string
	credentials     aws.Credentials
	now             func() time.Time
}

func (s *sigV4) texts() []string {
	return []string{s.service, s.region, s.credentials.AccessKeyID, s.credentials.SecretAccessKey, s.credentials.SessionToken}
}

func (s *sigV4) sign(req *http.Request, body []byte) {
	sum := sha256.Sum256(body)
	// It fails for nothing but a URL that cannot be parsed, and this one was.
	_ = v4.NewSigner().SignHTTP(req.Context(), s.credentials, req, hex.EncodeToString(sum[:]), s.service, s.region, s.now())
}

// signature is an HMAC over a text of the request.
type signature struct {
	spec  *provider.HMAC
	parts map[string]string
	now   func() time.Time
}

// complete notes what the text needs of the credential and does not get.
func (s *signature) complete(t provider.Template, r *renderer) {
	for _, role := range t.Parts() {
		if r.parts[role] == "" && !slices.Contains(provider.SignedParts, role) {
			r.missing = append(r.missing, "$"+role)
		}
	}
	for _, name := range t.Variables() {
		if r.names[name] == "" {
			r.missing = append(r.missing, name)
		} else {
			s.parts["{"+name] = r.names[name]
		}
	}
}

func (s *signature) texts() []string {
	var out []string
	for _, role := range slices.Sorted(maps.Keys(s.parts)) {
		out = append(out, role, s.parts[role])
	}
	return append(out, string(s.spec.Text), s.spec.Header)
}

func (s *signature) sign(req *http.Request, body []byte) {
	now := s.now()
	sum := sha256.Sum256(body)
	parts := maps.Clone(s.parts)
	maps.Copy(parts, map[string]string{
		"timestamp": strconv.FormatInt(now.Unix(), 10), "timestamp_ms": strconv.FormatInt(now.UnixMilli(), 10),
		"date": now.UTC().Format(http.TimeFormat), "nonce": rand.Text(), "method": req.Method, "path": req.URL.RequestURI(),
		"body": string(body), "body_hash": hex.EncodeToString(sum[:]),
	})
	fill := func(t provider.Template) string {
		text, _ := t.Expand(
			func(name string) (string, bool) { return parts["{"+name], true },
			func(role string) (string, bool) { return parts[role], true })
		return text
	}
	mac := hmac.New(hashOf(s.spec.Hash), []byte(parts[provider.KeyPart]))
	mac.Write([]byte(fill(s.spec.Text)))
	signed := mac.Sum(nil)
	if parts["signature"] = hex.EncodeToString(signed); s.spec.Encoding == "base64" {
		parts["signature"] = base64.StdEncoding.EncodeToString(signed)
	}
	for name, t := range s.spec.Headers {
		req.Header.Set(name, fill(t))
	}
	value := s.spec.Value
	if value == "" {
		value = "$signature"
	}
	req.Header.Set(s.spec.Header, fill(value))
}

func hashOf(name string) func() hash.Hash {
	switch name {
	case "sha1":
		return sha1.New
	case "sha384":
		return sha512.New384
	case "sha512":
		return sha512.New
	}
	return sha256.New
}
