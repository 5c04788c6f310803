package dotenv

import (
	"bytes"
	"strings"
	"unicode"

	"github.com/keyfit/keyfit/internal/model"
)

const maxName = 256

// sane reports whether a definition may pass on. A line within a key that is spread over
// several lines without quotes is no definition that anyone meant, and its name may be a
// piece of the key; the same goes for names that no program could read. It is asked only
// about names that nothing else defines.
func (l *loader) sane(d definition, strange map[int]bool) bool {
	switch {
	case strange[d.At.Start.Line]:
		l.problems = append(l.problems, model.Problem{At: d.At, Message: "is a line of a key that is not in quotes; it is read as a variable of its own", Fix: "put the whole key in double quotes"})
		return false
	case !isReadable(d.Name):
		l.problems = append(l.problems, model.Problem{At: d.At, Message: "sets a variable with a name that no program reads", Fix: fixName})
		return false
	}
	return true
}

// isReadable reports whether a program could ask for a variable of this name.
func isReadable(name string) bool {
	if name == "" || len(name) > maxName {
		return false
	}
	for _, r := range name {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_.-[]", r) {
			return false
		}
	}
	return true
}

// strangeLines gives the lines within PEM blocks, without the one that begins a block.
func strangeLines(data []byte) map[int]bool {
	if !bytes.Contains(data, []byte("-----BEGIN ")) {
		return nil
	}
	out := map[int]bool{}
	begin := 0 // the line that the block begins in; 0 outside blocks
	for i, line := range bytes.Split(data, []byte("\n")) {
		switch {
		case bytes.Contains(line, []byte("-----END ")) && begin > 0:
			for n := begin + 1; n <= i+1; n++ {
				out[n] = true
			}
			begin = 0
		case bytes.Contains(line, []byte("-----BEGIN ")):
			begin = i + 1
		}
	}
	return out
}
