package wire

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"hash"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// maxIterations bounds the work that a server may ask for: MongoDB's own default is 15,000.
const maxIterations = 1_000_000

// errScram says that a server does not keep to the protocol, or does not know the password.
var errScram = errors.New("the server's part of the login does not hold")

// scram is the client's part of a login by SCRAM without channel binding (RFC 5802, RFC 7677).
// It is written here because the library for it builds tables of Unicode at every start of the
// program, takes 230 kB, and works as long as a server says.
type scram struct {
	hash           func() hash.Hash
	user, password string
	nonce          string
	signature      []byte // that a server which knows the password sends
}

// first is the client's first message.
func (s *scram) first() string {
	if s.nonce == "" {
		s.nonce = rand.Text()
	}
	return "n,," + s.bare()
}

func (s *scram) bare() string {
	return "n=" + strings.NewReplacer("=", "=3D", ",", "=2C").Replace(s.user) + ",r=" + s.nonce
}

// final answers the server's first message.
func (s *scram) final(challenge string) (string, error) {
	parts := strings.Split(challenge, ",")
	if len(parts) < 3 {
		return "", errScram
	}
	nonce, extended := strings.CutPrefix(parts[0], "r="+s.nonce)
	salt, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(parts[1], "s="))
	count, numeric := strconv.Atoi(strings.TrimPrefix(parts[2], "i="))
	if !extended || nonce == "" || err != nil || numeric != nil || count < 1 || count > maxIterations {
		return "", errScram
	}
	salted, err := pbkdf2.Key(s.hash, s.password, salt, count, s.hash().Size())
	if err != nil {
		return "", errScram
	}
	key := s.mac(salted, "Client Key")
	digest := s.hash()
	digest.Write(key)
	message := "c=biws,r=" + s.nonce + nonce
	signed := s.bare() + "," + challenge + "," + message
	for i, b := range s.mac(digest.Sum(nil), signed) {
		key[i] ^= b
	}
	s.signature = s.mac(s.mac(salted, "Server Key"), signed)
	return message + ",p=" + base64.StdEncoding.EncodeToString(key), nil
}

// verify tells whether the server's last message proves that it knows the password.
func (s *scram) verify(message string) error {
	proof, _, _ := strings.Cut(strings.TrimPrefix(message, "v="), ",")
	signature, err := base64.StdEncoding.DecodeString(proof)
	if err != nil || s.signature == nil || !hmac.Equal(signature, s.signature) {
		return errScram
	}
	return nil
}

func (s *scram) mac(key []byte, text string) []byte {
	m := hmac.New(s.hash, key)
	m.Write([]byte(text))
	return m.Sum(nil)
}

// prepared brings a password into the form of SASLprep (RFC 4013). What that form prohibits is
// left as it is: a server that prepares passwords has stored none of that kind, and refuses it.
func prepared(password string) string {
	return norm.NFKC.String(strings.Map(func(r rune) rune {
		switch {
		case r == 0x00ad, r == 0x034f, r == 0x1806, 0x180b <= r && r <= 0x180d, 0x200b <= r && r <= 0x200d,
			r == 0x2060, 0xfe00 <= r && r <= 0xfe0f, r == 0xfeff: // RFC 3454, B.1
			return -1
		case r == 0x00a0, r == 0x1680, 0x2000 <= r && r <= 0x200a, r == 0x202f, r == 0x205f, r == 0x3000: // C.1.2
			return ' '
		}
		return r
	}, password))
}
