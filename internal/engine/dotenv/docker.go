package dotenv

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxDockerLine is just under the length at which docker's reader gives up on a line.
const maxDockerLine = 65_000

// lexDocker splits the text as docker run --env-file does: a line is NAME=value, with
// the value as it stands, or a name that inherits its value.
func lexDocker(l *lexer) {
	for !l.done() {
		end := lineEnd(l.text, l.pos)
		if !l.dockerLine(strings.TrimSuffix(l.text[l.pos:end], "\r")) {
			return
		}
		l.pos = min(end+1, len(l.text))
	}
}

func (l *lexer) dockerLine(line string) bool {
	switch {
	case len(line) > maxDockerLine:
		return l.refuse(l.pos, "docker refuses the file here: the line is longer than 64 KiB", "shorten the line")
	case !utf8.ValidString(line):
		return l.refuse(l.pos, "docker refuses the file here: the line is not valid UTF-8 text", "save the file as UTF-8")
	}
	start := l.pos + skipRunes(line, 0, unicode.IsSpace)
	line = line[start-l.pos:]
	if line == "" || line[0] == '#' {
		return true
	}
	name, value, found := strings.Cut(line, "=")
	switch {
	case name == "":
		return l.refuse(start, "docker refuses the file here: expected a name in front of \"=\"", fixName)
	case strings.ContainsAny(name, " \t"):
		return l.refuse(start, "docker refuses the file here: a name holds a space", "write NAME=value without spaces around \"=\" and without export")
	}
	t := token{name: name, start: start, nameEnd: start + len(name), raw: value, text: value}
	t.valueStart, t.end = t.nameEnd, t.nameEnd
	if found {
		t.op = '='
		t.valueStart, t.end = t.nameEnd+1, start+len(line)
	}
	return l.emit(t)
}
