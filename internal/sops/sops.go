// Package sops opens files that SOPS has encrypted for age recipients, when the identity is
// at hand as a text. Nothing is asked of a key service, and no key file is read. What cannot
// be opened exactly as `sops --decrypt` does is refused with a reason.
package sops

import (
	"bytes"
	"crypto/sha512"
	"fmt"
	"hash"
	"path"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/keyfit/keyfit/internal/secret"
)

// The limits of one encrypted file.
const (
	maxBytes = 16 << 20
	maxNodes = 200_000
	maxDepth = 200
)

// Variable is the environment variable that holds age identities, one in each line.
const Variable = "SOPS_AGE_KEY"

// Needs says what opens a file of which nothing else is wrong.
const Needs = "SOPS_AGE_KEY with the age identity that the file is encrypted for; a file that SOPS_AGE_KEY_FILE names is outside of the repository and not read"

// Keys are the identities at hand.
type Keys struct {
	Age secret.Text // age identities, as in SOPS_AGE_KEY
}

// Reason says why a file does not open.
type Reason string

// The reasons.
const (
	Plain       Reason = "plain"       // SOPS has not written it
	NoKey       Reason = "no-key"      // no identity is given
	BadKey      Reason = "bad-key"     // what is given is no list of age identities
	WrongKey    Reason = "wrong-key"   // the file is for other identities
	Recipients  Reason = "recipients"  // no recipient is an age one
	Groups      Reason = "groups"      // the key is split among several groups
	Unsupported Reason = "unsupported" // a form of file or rule that is not read here
	Damaged     Reason = "damaged"     // it was changed after it was encrypted; sops refuses it
	Limit       Reason = "limit"       // it is too large
)

// Error says why a file does not open. It never holds a text of the file.
type Error struct {
	File   string
	Reason Reason
	What   string // what is wrong, for people
}

// Error gives the file and what is wrong with it.
func (e *Error) Error() string { return fmt.Sprintf("%s %s", e.File, e.What) }

// Needs says what would make the values known.
func (e *Error) Needs() string {
	switch e.Reason {
	case Recipients:
		return "the key service or PGP key that the file is encrypted for, or an age recipient and " + Variable
	case Groups:
		return "a file that is encrypted for one group of recipients, and " + Variable
	case Damaged:
		return "an encrypted file that sops can decrypt"
	case Unsupported, Limit, Plain:
		return "the decrypted file"
	case BadKey:
		return "a list of age identities in " + Variable
	}
	return Needs
}

// Kind is the type of a decrypted text.
type Kind string

// The types, in SOPS's own words.
const (
	String Kind = "str"
	Int    Kind = "int"
	Float  Kind = "float"
	Bool   Kind = "bool"
)

// File is a file that is open, and proven to be as SOPS wrote it.
type File struct {
	rules rules
	key   secret.Text // the data key
	plain secret.Text
}

// Text is the decrypted file: YAML for YAML and JSON, NAME=value lines for a .env file.
// Comments are left out.
func (f *File) Text() secret.Text { return f.plain }

// Decrypt decrypts one text of the file. Its path holds the names of the maps around it; the
// items of a list have the path of the list.
func (f *File) Decrypt(path []string, cipher string) (secret.Text, Kind, error) {
	if !f.rules.encrypted(path) {
		return secret.Text{}, "", &Error{File: strings.Join(path, "."), Reason: Plain, What: "is not encrypted by the rules of its file"}
	}
	text, kind, err := open([]byte(f.key.Reveal()), cipher, additional(path))
	if err != nil {
		return secret.Text{}, "", &Error{File: strings.Join(path, "."), Reason: Damaged, What: err.Error()}
	}
	return secret.New(text), kind, nil
}

// Open opens a file. Its name tells the format: .yaml, .yml, .json or .env. The error is an
// [*Error].
func Open(name string, data []byte, keys Keys) (f *File, err error) {
	refuse := func(why Reason, what string) (*File, error) {
		return nil, &Error{File: name, Reason: why, What: what}
	}
	defer func() {
		if recover() != nil { // a defect of a parser must not reach the user
			f, err = refuse(Unsupported, "is not understood, expected a file of SOPS")
		}
	}()
	if len(data) > maxBytes {
		return refuse(Limit, fmt.Sprintf("is larger than %d MiB", maxBytes>>20))
	}
	if !utf8.Valid(data) || bytes.HasPrefix(data, []byte("\xef\xbb\xbf")) {
		return refuse(Unsupported, "is not plain UTF-8")
	}
	read, ok := formats()[path.Ext(name)]
	if !ok {
		return refuse(Unsupported, "is of an unknown format, expected .yaml, .yml, .json or .env")
	}
	d, failed := read(data)
	if failed == nil {
		f, failed = d.open(keys)
	}
	if failed != nil {
		return refuse(failed.Reason, failed.What)
	}
	return f, nil
}

// document is an encrypted file before it is open.
type document struct {
	meta  metadata
	trees []*node // the documents of the file, their "sops" entries left out
	emit  func([]*node) (string, error)
}

func formats() map[string]func([]byte) (*document, *Error) {
	return map[string]func([]byte) (*document, *Error){".yaml": readYAML, ".yml": readYAML, ".json": readJSON, ".env": readDotenv}
}

// wrong is an Error before its file is known.
func wrong(why Reason, what string) *Error { return &Error{Reason: why, What: what} }

func (d *document) open(keys Keys) (*File, *Error) {
	if keys.Age.IsEmpty() {
		if _, failed := d.meta.recipients(); failed != nil && failed.Reason != Damaged {
			return nil, failed
		}
		return nil, wrong(NoKey, "is encrypted, and no age identity is given")
	}
	rules, failed := d.meta.rules()
	if failed != nil {
		return nil, failed
	}
	at, err := time.Parse(time.RFC3339, d.meta.LastModified)
	if err != nil {
		return nil, wrong(Damaged, "has no valid time in its SOPS metadata")
	}
	key, failed := d.meta.dataKey(keys)
	if failed != nil {
		return nil, failed
	}
	f := &File{rules: rules, key: secret.New(string(key))}
	sum := &summing{file: f, key: key, hash: sha512.New()}
	if d.meta.MACOnlyEncrypted {
		sum.hash.Write(onlyEncrypted())
	}
	for _, tree := range d.trees {
		if failed := sum.walk(tree, nil); failed != nil {
			return nil, failed
		}
	}
	mac, kind, err := open(key, d.meta.MAC, at.Format(time.RFC3339))
	if err != nil || kind != String || mac != fmt.Sprintf("%X", sum.hash.Sum(nil)) {
		return nil, wrong(Damaged, "was changed after it was encrypted: its MAC does not fit")
	}
	plain, err := d.emit(d.trees)
	if err != nil {
		return nil, wrong(Unsupported, "holds a text that cannot be written as sops writes it")
	}
	f.plain = secret.New(plain)
	return f, nil
}

// onlyEncrypted begins the MAC of a file of which only the encrypted texts count, so that
// it never equals one of the whole file: the SHA-256 of "sops".
func onlyEncrypted() []byte {
	return []byte("\x8a\x3f\xd2\xad\x54\xce\x66\x52\x7b\x10\x34\xf3\xd1\x47\xbe\x0b\x0b\x97\x5b\x3b\xf4\x4f\x72\xc6\xfd\xad\xec\x81\x76\xf2\x7d\x69")
}

// summing decrypts a document in place, and sums up its texts for the MAC.
type summing struct {
	file *File
	key  []byte
	hash hash.Hash
}

func (s *summing) walk(n *node, names []string) *Error {
	for i, child := range n.children {
		below := names
		if n.kind == mapping {
			below = append(names[:len(names):len(names)], n.names[i])
		}
		if failed := s.walk(child, below); failed != nil {
			return failed
		}
	}
	if n.kind != leaf {
		return n.comments()
	}
	if n.value == nil {
		return nil
	}
	encrypted := s.file.rules.encrypted(names)
	if encrypted {
		value, failed := s.decrypt(n.value, names)
		if failed != nil {
			return failed
		}
		n.value = value
	}
	if _, isComment := n.value.(comment); !isComment && (encrypted || !s.file.rules.onlyEncrypted) {
		s.hash.Write([]byte(summed(n.value)))
	}
	return nil
}

func (s *summing) decrypt(value any, names []string) (any, *Error) {
	cipher, ok := value.(string)
	if !ok {
		return nil, wrong(Damaged, "holds a plain value where its rules expect an encrypted one")
	}
	if cipher == "" {
		return "", nil // an empty text is not encrypted
	}
	text, kind, err := open(s.key, cipher, additional(names))
	if err != nil {
		return nil, wrong(Damaged, err.Error())
	}
	out, err := typed(text, kind)
	if err != nil {
		return nil, wrong(Unsupported, "holds a value of a type that is not read here")
	}
	return out, nil
}
