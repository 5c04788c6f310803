package provider

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"maps"
	"strings"
	"time"
)

const defaultLifetime = 5 * time.Minute

// errKey says that a private key cannot be used. It holds nothing of the key.
var errKey = errors.New("the private key cannot be read")

// sign makes the token (RFC 7519, RFC 7518 §3). The time of issue is that of the full minute,
// so that one key asks one question.
func (a *Assertion) sign(key string, part func(string) (string, bool), now time.Time) (string, error) {
	if a.Key != "" {
		var ok bool
		if key, ok = part(a.Key); !ok {
			return "", errKey
		}
	}
	header := map[string]any{"alg": a.Algorithm, "typ": "JWT"}
	claims := map[string]any{}
	for _, fill := range []struct {
		from map[string]Template
		into map[string]any
	}{{a.Header, header}, {a.Claims, claims}} {
		for name, t := range fill.from {
			text, missing := t.Expand(func(string) (string, bool) { return "", false }, part)
			if len(missing) > 0 {
				return "", errKey
			}
			fill.into[name] = text
		}
	}
	issued := now.Truncate(time.Minute)
	lifetime := time.Duration(a.Lifetime)
	if lifetime <= 0 {
		lifetime = defaultLifetime
	}
	maps.Copy(claims, map[string]any{"iat": issued.Unix(), "exp": issued.Add(lifetime).Unix()})
	text := encoded(header) + "." + encoded(claims)
	signature, err := a.signature(key, text)
	if err != nil {
		return "", err
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

func encoded(v map[string]any) string {
	data, _ := json.Marshal(v)
	return base64.RawURLEncoding.EncodeToString(data)
}

func (a *Assertion) signature(key, text string) ([]byte, error) {
	if a.Algorithm == "HS256" {
		mac := hmac.New(sha256.New, []byte(key))
		mac.Write([]byte(text))
		return mac.Sum(nil), nil
	}
	private, err := privateKey(key)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(text))
	switch private := private.(type) {
	case *rsa.PrivateKey:
		if a.Algorithm == "RS256" {
			return rsa.SignPKCS1v15(rand.Reader, private, crypto.SHA256, sum[:])
		}
	case *ecdsa.PrivateKey:
		if a.Algorithm == "ES256" && private.Curve.Params().BitSize == 256 {
			r, s, err := ecdsa.Sign(rand.Reader, private, sum[:])
			if err != nil {
				return nil, errKey
			}
			out := make([]byte, 64)
			r.FillBytes(out[:32])
			s.FillBytes(out[32:])
			return out, nil
		}
	}
	return nil, errKey
}

// privateKey reads PEM, also with its line breaks written as \n, as variables often hold it.
func privateKey(text string) (crypto.PrivateKey, error) {
	block, _ := pem.Decode([]byte(strings.ReplaceAll(text, `\n`, "\n")))
	if block == nil {
		return nil, errKey
	}
	if key, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	key, err := x509.ParseECPrivateKey(block.Bytes)
	if err != nil {
		return nil, errKey
	}
	return key, nil
}
