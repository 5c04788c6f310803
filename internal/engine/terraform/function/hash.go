package function

import (
	"bytes"
	"crypto/md5"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"

	"github.com/google/uuid"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/keyfit/keyfit/internal/model"
)

// digest is what a hash function makes of bytes, written as text.
type digest func(data []byte) string

// digests are those functions that hash a text, and under file… the content of a file.
func digests() map[string]digest {
	return map[string]digest{
		"md5":          func(d []byte) string { s := md5.Sum(d); return hex.EncodeToString(s[:]) },
		"sha1":         func(d []byte) string { s := sha1.Sum(d); return hex.EncodeToString(s[:]) },
		"sha256":       func(d []byte) string { s := sha256.Sum256(d); return hex.EncodeToString(s[:]) },
		"sha512":       func(d []byte) string { s := sha512.Sum512(d); return hex.EncodeToString(s[:]) },
		"base64sha256": func(d []byte) string { s := sha256.Sum256(d); return base64.StdEncoding.EncodeToString(s[:]) },
		"base64sha512": func(d []byte) string { s := sha512.Sum512(d); return base64.StdEncoding.EncodeToString(s[:]) },
	}
}

func hashes() map[string]function.Function {
	all := map[string]function.Function{
		"rsadecrypt": define(cty.String, rsadecrypt, text("ciphertext"), text("privatekey")),
		"uuidv5":     define(cty.String, uuidv5, text("namespace"), text("name")),
	}
	for name, sum := range digests() {
		all[name] = ofText(func(s string) (string, error) { return sum([]byte(s)), nil })
	}
	return all
}

func uuidv5(args []cty.Value) (cty.Value, error) {
	spaces := map[string]uuid.UUID{
		"dns": uuid.NameSpaceDNS, "url": uuid.NameSpaceURL, "oid": uuid.NameSpaceOID, "x500": uuid.NameSpaceX500,
	}
	space, ok := spaces[args[0].AsString()]
	if !ok {
		var err error
		if space, err = uuid.Parse(args[0].AsString()); err != nil {
			return cty.NilVal, complaint(`expected "dns", "url", "oid", "x500" or a UUID`)
		}
	}
	return cty.StringVal(uuid.NewSHA1(space, []byte(args[1].AsString())).String()), nil
}

// rsadecrypt leaves keys in OpenSSH's own form unknown.
func rsadecrypt(args []cty.Value) (cty.Value, error) {
	data, err := decodeBase64(args[0].AsString())
	if err != nil {
		return cty.NilVal, err
	}
	block, _ := pem.Decode([]byte(args[1].AsString()))
	if block == nil {
		return cty.NilVal, complaint("expected a private key in PEM form")
	}
	if block.Type == "OPENSSH PRIVATE KEY" {
		return unknown(cty.String, model.WhyUnsupported, "a private key in the form of PKCS #1 or PKCS #8"), nil
	}
	key, err := privateKey(block)
	if err != nil {
		return cty.NilVal, err
	}
	//lint:ignore SA1019 Terraform has no other padding, and nobody can ask here twice.
	out, err := rsa.DecryptPKCS1v15(nil, key, data)
	if err != nil {
		return cty.NilVal, complaint("expected a text that was encrypted for this key")
	}
	return cty.StringVal(string(out)), nil
}

func privateKey(block *pem.Block) (*rsa.PrivateKey, error) {
	wrong := complaint("expected an RSA private key that is not encrypted")
	if bytes.Contains([]byte(block.Headers["Proc-Type"]), []byte("ENCRYPTED")) {
		return nil, wrong
	}
	switch block.Type {
	case "RSA PRIVATE KEY":
		if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
			return key, nil
		}
	case "PRIVATE KEY":
		if key, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
			if key, ok := key.(*rsa.PrivateKey); ok {
				return key, nil
			}
		}
	}
	return nil, wrong
}
