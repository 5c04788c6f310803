package wire

import (
	"crypto/sha1"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"strings"
	"testing"
	"unicode"

	xdg "github.com/xdg-go/scram"
	"github.com/xdg-go/stringprep"
)

// TestScramOfTheSpecifications: the conversations that RFC 5802 and RFC 7677 print.
func TestScramOfTheSpecifications(t *testing.T) {
	for _, c := range []struct {
		hash                             func() hash.Hash
		nonce, challenge, final, success string
	}{
		{
			sha1.New, "fyko+d2lbbFgONRv9qkxdawL",
			"r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
			"c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
			"v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
		},
		{
			sha256.New, "rOprNGfwEbeRWgbNEkqO",
			"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
			"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
			"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
		},
	} {
		s := &scram{hash: c.hash, user: "user", password: "pencil", nonce: c.nonce}
		if got, want := s.first(), "n,,n=user,r="+c.nonce; got != want {
			t.Errorf("first: got %s, want %s", got, want)
		}
		if got, err := s.final(c.challenge); got != c.final || err != nil {
			t.Errorf("final: got %s, %v; want %s", got, err, c.final)
		}
		if err := s.verify(c.success); err != nil {
			t.Error(err)
		}
		if err := s.verify("v=AAAA"); !errors.Is(err, errScram) {
			t.Errorf("a wrong proof: %v", err)
		}
	}
}

// TestScramAgainstAServer: logins that the library's server accepts and refuses.
func TestScramAgainstAServer(t *testing.T) {
	for _, name := range []string{"app", "a=b,c", "Jürgen", "Ⅸ"} {
		client, err := xdg.SHA256.NewClientUnprepped(name, "CANARYapp", "")
		if err != nil {
			t.Fatal(err)
		}
		stored, err := client.GetStoredCredentialsWithError(xdg.KeyFactors{Salt: "0123456789abcdef", Iters: 4096})
		if err != nil {
			t.Fatal(err)
		}
		server, err := xdg.SHA256.NewServer(func(asked string) (xdg.StoredCredentials, error) {
			if strings.NewReplacer("=3D", "=", "=2C", ",").Replace(asked) != name { // left to us by the library
				return stored, fmt.Errorf("no user %q", asked)
			}
			return stored, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, password := range []string{"CANARYapp", "CANARYwrong"} {
			talk := server.NewConversation()
			s := &scram{hash: sha256.New, user: name, password: password}
			challenge, err := talk.Step(s.first())
			if err != nil {
				t.Fatal(err)
			}
			final, err := s.final(challenge)
			if err != nil {
				t.Fatal(err)
			}
			last, err := talk.Step(final)
			if accepted := password == "CANARYapp"; (err == nil) != accepted || (s.verify(last) == nil) != accepted {
				t.Errorf("%s with %s: %v, %v", name, strings.ToLower(password), err, s.verify(last))
			}
		}
	}
}

// TestScramRefuses: what a server must not send, the work of years among it.
func TestScramRefuses(t *testing.T) {
	for _, challenge := range []string{
		"", ",,", "r=other,s=QSXCR+Q6sek8bf92,i=4096", "r=mine,s=QSXCR+Q6sek8bf92,i=4096", "r=mineand,s=!,i=4096",
		"r=mineand,s=QSXCR+Q6sek8bf92,i=0", "r=mineand,s=QSXCR+Q6sek8bf92,i=2147483647", "r=mineand,s=QSXCR+Q6sek8bf92,i=many",
	} {
		s := &scram{hash: sha256.New, user: "app", password: "CANARY", nonce: "mine"}
		if _, err := s.final(challenge); !errors.Is(err, errScram) {
			t.Errorf("%s: %v", challenge, err)
		}
	}
	if err := new(scram).verify("v="); !errors.Is(err, errScram) {
		t.Errorf("a proof before the question: %v", err)
	}
}

// TestPreparedEqualsSASLprep: what SASLprep lets through comes out the same, rune by rune and
// beside others.
func TestPreparedEqualsSASLprep(t *testing.T) {
	compared := 0
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if r == 0x1806 { // RFC 3454 maps it to nothing, the library forgets it
			continue
		}
		for _, text := range []string{string(r), "e" + string(r) + "\u0301"} {
			want, err := stringprep.SASLprep.Prepare(text)
			if err != nil {
				continue
			}
			compared++
			if got := prepared(text); got != want {
				t.Errorf("%+q: got %+q, want %+q", text, got, want)
			}
		}
	}
	if compared < 100_000 {
		t.Errorf("only %d texts compared", compared)
	}
}
