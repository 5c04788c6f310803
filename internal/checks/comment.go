package checks

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
)

// commentForm is how a comment that silences a finding is written.
const commentForm = "keyfit: ignore[K105] until 2027-01-31: the reason"

const (
	// maxComments bounds what one run looks at, and maxCommented the size of a file in which
	// comments are looked for.
	maxComments  = 1000
	maxCommented = 4 << 20
)

// comment is one `keyfit: ignore[…]` in a file.
type comment struct {
	at      pos.Span // where it stands
	line    int      // whose findings it silences
	ids     []string
	reason  string
	expires time.Time
	wrong   string // what is wrong with it; it then silences nothing
}

// comments reads every comment of the files that the run has read and that its findings point
// at, in the order of their places. Whether more were found than are looked at is said.
func comments(run *Run, found []fired) (out []comment, more bool) {
	if run.Files == nil {
		return nil, false
	}
	names := slices.Clone(run.FilesRead)
	for _, f := range found {
		names = append(names, f.finding.At.File)
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if name == "" {
			continue
		}
		data, err := run.Files.Read(name)
		if err != nil || len(data) > maxCommented || !repo.IsText(data) || !mentions(data) {
			continue // what cannot be read silences nothing
		}
		out = append(out, commentsIn(name, data)...)
		if len(out) > maxComments {
			return out[:maxComments], true
		}
	}
	return out, false
}

// mentions spares files that say nothing of keyfit.
func mentions(data []byte) bool {
	return slices.ContainsFunc([]string{"keyfit", "Keyfit", "KeyFit", "KEYFIT"}, func(word string) bool { return bytes.Contains(data, []byte(word)) })
}

// commentsIn reads the comments of one file. One on a line of its own is about the next line
// that is none itself.
func commentsIn(file string, data []byte) []comment {
	var out []comment
	pending := 0 // how many at the end of out still wait for their line
	number := 0
	for line := range strings.SplitSeq(strings.TrimPrefix(string(data), "\uFEFF"), "\n") {
		number++
		c, alone, ok := commentOn(strings.TrimSuffix(line, "\r"))
		if !ok || !alone {
			for i := len(out) - pending; i < len(out); i++ {
				out[i].line = number
			}
			pending = 0
		}
		if !ok {
			continue
		}
		c.at.File, c.at.Start.Line, c.line = file, number, number
		if alone {
			c.line = 0 // until its line comes
			pending++
		}
		if out = append(out, c); len(out) > maxComments {
			return out
		}
	}
	return out
}

// commentOn reads the first comment of a line that is meant for keyfit. alone says that
// nothing else stands on the line.
func commentOn(line string) (c comment, alone, ok bool) {
	lower := asciiLower(line)
	for from := 0; ; {
		i := strings.Index(lower[from:], "keyfit")
		if i < 0 {
			return comment{}, false, false
		}
		at := from + i
		from = at + len("keyfit")
		before, closer, opened := opening(line[:at])
		if !opened || !meant().MatchString(line[at:]) {
			continue
		}
		body, after := line[at:], ""
		if end := strings.Index(body, closer); closer != "" && end >= 0 {
			body, after = body[:end], strings.TrimLeft(body[end+len(closer):], "-} \t")
		}
		c := parseComment(strings.TrimSpace(body))
		c.at.Start.Column = utf8.RuneCountInString(line[:at]) + 1
		return c, strings.Trim(before, "{- \t") == "" && after == "", true
	}
}

// asciiLower keeps every offset, which strings.ToLower does not.
func asciiLower(text string) string {
	lower := []byte(text)
	for i, b := range lower {
		if b >= 'A' && b <= 'Z' {
			lower[i] = b + 'a' - 'A'
		}
	}
	return string(lower)
}

// opening takes the mark that opens a comment off the end of a text, and says by what such a
// comment is closed; "" for the end of the line.
func opening(text string) (before, closer string, ok bool) {
	text = strings.TrimRight(text, " \t")
	for _, block := range []struct{ open, close string }{{"<!--", "-->"}, {"<#", "#>"}, {"/**", "*/"}, {"/*", "*/"}} {
		if rest, found := strings.CutSuffix(text, block.open); found {
			return rest, block.close, true
		}
	}
	for _, mark := range []string{"#", "//", "--", "::", "@rem", "rem"} {
		n := len(text) - len(mark)
		if n < 0 || !strings.EqualFold(text[n:], mark) {
			continue
		}
		rest := strings.TrimRight(text[:n], mark[:1]) // ## and /// are comments too
		if mark[len(mark)-1] == 'm' {
			rest = text[:n]
		}
		if rest == "" || strings.ContainsRune(" \t;{}()[],&", rune(rest[len(rest)-1])) {
			return rest, "", true
		}
	}
	return "", "", false
}

var (
	// meant tells comments that are for keyfit from those that only speak of it.
	meant     = lazy.Regexp(`(?i)^keyfit[ \t:_-]*(ignore($|[^a-z])|(disable|allow|skip|suppress|noqa|nolint)[^a-z].*K[0-9]{3})`)
	exactForm = lazy.Regexp(`^keyfit:[ \t]+ignore\[([^\[\]]*)\][ \t]+until[ \t]+([0-9]{4}-[0-9]{2}-[0-9]{2}):[ \t]+(\S.*)$`)
	idForm    = lazy.Regexp(`^[A-Za-z]?[0-9]{1,4}$`)
)

// parseComment reads the text of a comment. Only the exact form silences anything; the text
// itself is repeated nowhere.
func parseComment(text string) comment {
	parts := exactForm().FindStringSubmatch(text)
	if parts == nil {
		return comment{wrong: "is not in the form that has an effect: ids, a day and a reason are required"}
	}
	expires, err := time.Parse(time.DateOnly, parts[2])
	if err != nil {
		return comment{wrong: fmt.Sprintf("names a day that does not exist: %q", parts[2])}
	}
	c := comment{reason: strings.TrimSpace(parts[3]), expires: expires}
	for id := range strings.SplitSeq(parts[1], ",") {
		id = strings.TrimSpace(id)
		if !slices.Contains(IDs(), id) {
			return comment{wrong: "names " + unknownID(id)}
		}
		c.ids = append(c.ids, id)
	}
	slices.Sort(c.ids)
	c.ids = slices.Compact(c.ids)
	return c
}

// unknownID repeats an id only when it has the form of one: anything may stand there.
func unknownID(id string) string {
	if !idForm().MatchString(id) {
		return "something that is not the id of a finding"
	}
	return fmt.Sprintf("%q, which is not the id of a finding", id)
}

// review reports a comment that cannot have an effect.
func (c comment) review() (Finding, bool) {
	if c.wrong == "" {
		return Finding{}, false
	}
	return Finding{
		ID: idInputProblem, Name: nameInputProblem, Severity: Warning, At: c.at,
		Message: "the comment silences nothing: it " + c.wrong,
		Fix:     "write it as `" + commentForm + "`, on the line of the finding or on one of its own just above; `keyfit explain` lists the ids",
	}, true
}
