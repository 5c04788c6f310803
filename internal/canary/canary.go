// Package canary finds leaked fixture keys. Every fixture key contains the word
// CANARY; any output that holds the word, in clear or in an encoding that tools and
// people use, is a leak. It is for tests only.
package canary

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// Word stands in every fixture key.
const Word = "CANARY"

// maskLine is how a value is told to the GitHub runner so that later steps cannot print
// it: the one output that holds a key on purpose.
var maskLine = []byte("::add-mask::")

// Find names the form in which the word shows in output; "" when it does not. Lines of
// the runner's mask command are passed over.
func Find(output []byte) string {
	var rest [][]byte
	for line := range bytes.Lines(output) {
		if !bytes.HasPrefix(line, maskLine) {
			rest = append(rest, line)
		}
	}
	text := string(bytes.Join(rest, nil))
	for _, f := range forms() {
		if strings.Contains(text, f.text) {
			return f.name
		}
	}
	if strings.Contains(strings.ToLower(text), hex.EncodeToString([]byte(Word))) {
		return "hexadecimal"
	}
	return ""
}

type form struct{ name, text string }

func forms() []form {
	return []form{
		{"clear text", Word},
		{"reversed", "YRANAC"},
		{"URL escapes", "%43%41%4E%41%52%59"},
		{"Unicode escapes", `\u0043\u0041`},
		{"spaced out", "C A N A R Y"},
		{"base64", shifted(0)},
		{"base64, shifted by one", shifted(1)},
		{"base64, shifted by two", shifted(2)},
	}
}

// shifted is the part of the word's base64 form that does not depend on its neighbours
// when the word starts n bytes into a group of three.
func shifted(n int) string {
	encoded := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("\x00", n) + Word))
	start := (n*8 + 5) / 6
	end := (n + len(Word)) * 8 / 6
	return encoded[start:end]
}
