package sops

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Both are all that is told: the texts themselves would not help, and might be secrets.
var (
	errForm   = errors.New("holds a text that is not encrypted where its rules expect one that is")
	errCipher = errors.New("holds an encrypted text that was changed, or moved to another place")
	errType   = errors.New("is of another type")
)

// additional is what binds a cipher text to its place.
func additional(path []string) string { return strings.Join(path, ":") + ":" }

// sealed is a cipher text in its parts.
type sealed struct {
	data, iv, tag []byte
	kind          Kind
}

// parse reads ENC[AES256_GCM,data:…,iv:…,tag:…,type:…].
func parse(text string) (sealed, bool) {
	text, begins := strings.CutPrefix(text, "ENC[AES256_GCM,")
	text, ends := strings.CutSuffix(text, "]")
	fields := strings.Split(text, ",")
	if !begins || !ends || len(fields) != 4 {
		return sealed{}, false
	}
	var parts [3][]byte
	for i, name := range []string{"data:", "iv:", "tag:"} {
		coded, named := strings.CutPrefix(fields[i], name)
		decoded, err := base64.StdEncoding.DecodeString(coded)
		if !named || err != nil {
			return sealed{}, false
		}
		parts[i] = decoded
	}
	kind, named := strings.CutPrefix(fields[3], "type:")
	whole := named && len(parts[0]) > 0 && len(parts[1]) > 0 && len(parts[2]) == aes.BlockSize
	return sealed{data: parts[0], iv: parts[1], tag: parts[2], kind: Kind(kind)}, whole
}

// open decrypts a cipher text that was sealed together with other data.
func open(key []byte, text, with string) (string, Kind, error) {
	s, ok := parse(text)
	if !ok {
		return "", "", errForm
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return "", "", errCipher
	}
	gcm, err := cipher.NewGCMWithNonceSize(block, len(s.iv))
	if err != nil {
		return "", "", errCipher
	}
	plain, err := gcm.Open(nil, s.iv, append(s.data, s.tag...), []byte(with))
	if err != nil {
		return "", "", errCipher
	}
	return string(plain), s.kind, nil
}

// comment stands in a list for a comment of the plain file. SOPS encrypts one as an item of
// its own, and makes a comment of it again.
type comment struct{}

// typed is a decrypted text as a value. SOPS writes no bytes today.
func typed(text string, kind Kind) (any, error) {
	switch kind {
	case String:
		if !utf8.ValidString(text) {
			return nil, errType
		}
		return text, nil
	case Int:
		return strconv.Atoi(text)
	case Float:
		return strconv.ParseFloat(text, 64)
	case Bool:
		return strconv.ParseBool(text)
	case "comment":
		return comment{}, nil
	}
	return nil, errType
}

// summed is a value as it goes into the MAC.
func summed(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case int:
		return strconv.Itoa(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		if v {
			return "True"
		}
		return "False"
	}
	return ""
}
