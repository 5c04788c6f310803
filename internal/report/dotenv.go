package report

import (
	"errors"
	"io"
	"strings"

	"github.com/joho/godotenv"
)

// ErrNotRevealed says that the dotenv format was asked for without the values.
var ErrNotRevealed = errors.New("the dotenv format holds the values themselves; it needs --reveal")

// writeDotenv writes the known variables as .env text, one block for each consumer.
// What a reader would not get back exactly is left out with a comment: a wrong value is
// worse than none.
func writeDotenv(w io.Writer, r Resolved, _ Options) error {
	var b strings.Builder
	for _, e := range r.Environments {
		for _, c := range e.Consumers {
			b.WriteString("# " + slotTitle(e.Name, c.Workload, c.Container, "") + "\n")
			for _, v := range c.Variables {
				if v.File {
					b.WriteString("# the file " + v.Name + " is no variable\n")
					continue
				}
				line, err := dotenvLine(v)
				if err != nil {
					return err
				}
				b.WriteString(line + "\n")
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func dotenvLine(v Variable) (string, error) {
	switch v.State {
	case "absent":
		return "# " + v.Name + " is absent", nil
	case "unknown":
		return "# " + v.Name + " is unknown (" + v.Reason + ")", nil
	}
	text, ok := v.text()
	if !ok {
		return "", ErrNotRevealed
	}
	for _, written := range spellings(text) {
		line := v.Name + "=" + written
		if read, err := godotenv.Unmarshal(line); err == nil && len(read) == 1 && read[v.Name] == text {
			return line, nil
		}
	}
	return "# " + v.Name + " cannot be written in this format", nil
}

// spellings lists the ways to write a text, plainest first. Each is read back before it
// is used, so that the quirks of quoting need no rules here.
func spellings(text string) []string {
	escaped := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "\n", `\n`, "\r", `\r`).Replace(text)
	if strings.ContainsAny(text, "\r\n") {
		return []string{`"` + escaped + `"`} // one line each, whatever the value holds
	}
	return []string{"'" + text + "'", `"` + escaped + `"`, strings.ReplaceAll(text, "$", `\$`)}
}
