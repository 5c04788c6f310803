package provider

import (
	"bytes"
	"cmp"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/strict"
)

// Derivation makes a part out of the key, or of another part: nothing is asked for it.
type Derivation struct {
	From string `yaml:"from" doc:"the part that it is made of; default: the key"`
	// Exactly one of these.
	JSON       Path        `yaml:"json" doc:"a field of a JSON text, also of one in base64"`
	Claim      string      `yaml:"claim" doc:"a claim of a JSON web token; its signature is not checked"`
	URL        string      `yaml:"url" enum:"host|hostname|port|user|password|path|scheme" doc:"a piece of a URL"`
	Regex      *Expression `yaml:"regex" doc:"the first group"`
	AWSAccount bool        `yaml:"aws-account" doc:"the account that an AWS access key id tells"`
	JWT        *Assertion  `yaml:"jwt" doc:"a token that is signed with a private key"`
	// RSAModulus is public: it tells a private key's own among the public keys that a vendor lists.
	RSAModulus bool `yaml:"rsa-modulus" doc:"the public modulus of an RSA private key, as JSON web keys write it"`
	// RSAFingerprint is public too: vendors show it beside the user that a key pair is of.
	RSAFingerprint bool `yaml:"rsa-fingerprint" doc:"SHA-256 of an RSA private key's public half, as a SubjectPublicKeyInfo, in base64"`
	Upper          bool `yaml:"upper" doc:"the same in capital letters"`

	At strict.Placed `yaml:"-"`
}

// Assertion is a JSON web token that proves the possession of a private key. Its time of issue
// and its end are added by themselves.
type Assertion struct {
	Algorithm string              `yaml:"alg,required" enum:"RS256|ES256|HS256" doc:"how the assertion is signed"`
	Key       string              `yaml:"key" doc:"the part that holds the private key; default: what it is made of"`
	Header    map[string]Template `yaml:"header" doc:"further fields of the header, such as kid"`
	Claims    map[string]Template `yaml:"claims,required" doc:"what the assertion claims"`
	Lifetime  Duration            `yaml:"lifetime" doc:"default 5m"`
}

// Parts gives the text of a part, be it given or derived; ok is false for one that is not
// known. given holds the key under [KeyPart].
func (p *Provider) PartsOf(given map[string]string, now time.Time) func(role string) (string, bool) {
	known := map[string]string{}
	var part func(role string, depth int) (string, bool)
	part = func(role string, depth int) (string, bool) {
		if text, ok := given[role]; ok && text != "" {
			return text, true
		}
		if text, ok := known[role]; ok {
			return text, text != ""
		}
		d := p.Parts[role].Derive
		if fallback := p.Parts[role].Default; d == nil || depth > 8 {
			return fallback, fallback != ""
		}
		text := cmp.Or(d.make(func(role string) (string, bool) { return part(role, depth+1) }, now), p.Parts[role].Default)
		known[role] = text
		return text, text != ""
	}
	return func(role string) (string, bool) { return part(role, 0) }
}

func (d *Derivation) make(part func(string) (string, bool), now time.Time) string {
	from := d.From
	if from == "" {
		from = KeyPart
	}
	text, ok := part(from)
	if !ok || len(text) > maxKey {
		return ""
	}
	switch {
	case d.JSON != "":
		return field(text, d.JSON)
	case d.Claim != "":
		return claim(text, d.Claim)
	case d.URL != "":
		return pieceOfURL(text, d.URL)
	case d.Regex != nil:
		found, _ := d.Regex.Find(text)
		return found
	case d.AWSAccount:
		return awsAccount(text)
	case d.RSAModulus:
		return rsaModulus(text)
	case d.RSAFingerprint:
		return rsaFingerprint(text)
	case d.Upper:
		return strings.ToUpper(text)
	case d.JWT != nil:
		signed, err := d.JWT.sign(text, part, now)
		if err != nil {
			return ""
		}
		return signed
	}
	return ""
}

// field reads a field of a JSON text, which may be wrapped in base64 as variables often are.
func field(text string, path Path) string {
	text = strings.TrimSpace(text)
	if !strings.HasPrefix(text, "{") {
		if raw, err := base64.StdEncoding.DecodeString(text); err == nil {
			text = string(raw)
		}
	}
	doc, ok := decodeJSON([]byte(text))
	if !ok {
		return ""
	}
	return only(path.texts(doc))
}

func only(texts []string) string {
	if len(texts) != 1 {
		return ""
	}
	return texts[0]
}

func decodeJSON(data []byte) (any, bool) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var doc any
	return doc, d.Decode(&doc) == nil
}

// claim reads a claim of a JSON web token (RFC 7519), without checking its signature: what the
// token says of itself decides nothing but where it is asked about, and when it ends.
func claim(token, name string) string {
	pieces := strings.Split(token, ".")
	if len(pieces) != 3 {
		return ""
	}
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(pieces[1], "="))
	if err != nil {
		return ""
	}
	var claims map[string]any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if d.Decode(&claims) != nil {
		return ""
	}
	return only(appendText(nil, claims[name]))
}

func pieceOfURL(text, piece string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	password, _ := u.User.Password()
	return map[string]string{
		"host": u.Host, "hostname": u.Hostname(), "port": u.Port(), "user": u.User.Username(), "password": password,
		"path": strings.TrimPrefix(u.Path, "/"), "scheme": u.Scheme,
	}[piece]
}

// awsAccount decodes the account number out of an access key id: behind the four letters of
// the kind, 40 bits in base32 hold it, shifted by one. Ids from before 2019 do not tell it.
// Source: the answer of aws sts get-access-key-info, and its published descriptions.
func awsAccount(id string) string {
	if len(id) != 20 || id[4] < 'Q' && id[4] >= 'A' {
		return ""
	}
	raw, err := base32.StdEncoding.DecodeString(id[4:])
	if err != nil || len(raw) < 6 {
		return ""
	}
	number := binary.BigEndian.Uint64(append([]byte{0, 0}, raw[:6]...))
	return fmt.Sprintf("%012d", (number&0x7fffffffff80)>>7)
}

// rsaModulus gives the modulus of a private key as the field n of a JSON web key holds it
// (RFC 7518 §6.3.1.1).
func rsaModulus(text string) string {
	key := rsaPublic(text)
	if key == nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(key.N.Bytes())
}

func rsaFingerprint(text string) string {
	key := rsaPublic(text)
	if key == nil {
		return ""
	}
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(der)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// rsaPublic gives the public half of an RSA private key; nil for anything else.
func rsaPublic(text string) *rsa.PublicKey {
	private, err := privateKey(text)
	key, ok := private.(*rsa.PrivateKey)
	if err != nil || !ok {
		return nil
	}
	return &key.PublicKey
}

func (c *checker) derivations() {
	for role, part := range c.p.Parts {
		d := part.Derive
		if d == nil {
			continue
		}
		at := pos.Span(d.At)
		count := 0
		for _, given := range []bool{d.JSON != "", d.Claim != "", d.URL != "", d.Regex != nil, d.AWSAccount, d.JWT != nil, d.RSAModulus, d.RSAFingerprint, d.Upper} {
			if given {
				count++
			}
		}
		if count != 1 {
			c.fail(at, "keep one of json, claim, url, regex, aws-account, jwt, rsa-modulus, rsa-fingerprint and upper", "the part %s is made in %d ways, expected one", strict.Name(role), count)
		}
		if _, declared := c.p.Parts[d.From]; d.From != "" && d.From != KeyPart && !declared {
			c.fail(at, "name a part, or leave it out for the key", "the part %s is made of one that is not declared", strict.Name(role))
		}
		if len(part.Names) > 0 && d.JWT != nil {
			c.fail(at, "leave `names` out", "the part %s is signed here, so no variable holds it", strict.Name(role))
		}
	}
}
