package dotenv

import "strings"

// lexNodeEnvFile splits the text as node --env-file does. Its rules changed between Node
// 20 and Node 22: what is a blank, what an empty value runs into, what a line without a
// name does, and that Node 20 stops at one.
func lexNodeEnvFile(l *lexer) {
	n := &nodeEnvFile{lexer: l, end: len(l.text)}
	n.trim()
	for n.pos < n.end && n.statement() {
	}
}

type nodeEnvFile struct {
	*lexer
	end     int  // of the text that is left
	noEqual bool // there is no "=" in it
}

func (n *nodeEnvFile) blanks() string {
	if n.rules.node20 {
		return " "
	}
	return " \t\n"
}

// trim takes the blanks off both ends of what is left.
func (n *nodeEnvFile) trim() { n.pos, n.end = n.trimmed(n.pos, n.end) }

func (n *nodeEnvFile) trimmed(start, end int) (int, int) {
	rest := n.text[start:end]
	left := strings.TrimLeft(rest, n.blanks())
	start += len(rest) - len(left)
	return start, start + len(strings.TrimRight(left, n.blanks()))
}

// find gives the offset of c from i on, or the end.
func (n *nodeEnvFile) find(c byte, i int) (at int, ok bool) {
	if i <= n.end {
		if k := strings.IndexByte(n.text[i:n.end], c); k >= 0 {
			return i + k, true
		}
	}
	return n.end, false
}

// nextLine moves behind the line end at or after i.
func (n *nodeEnvFile) nextLine(i int) {
	at, _ := n.find('\n', i)
	n.pos = min(at+1, n.end)
}

// statement reads one line, or one assignment. It reports false when the reader stops.
func (n *nodeEnvFile) statement() bool {
	_, more := n.find('\n', n.pos)
	if c := n.text[n.pos]; (c == '\n' || c == '#') && (more || !n.rules.node20) {
		n.nextLine(n.pos)
		return true
	}
	equal, ok := n.pos, !n.noEqual
	if ok {
		equal, ok = n.find('=', n.pos)
		n.noEqual = !ok
	}
	if !n.rules.node20 {
		newline, _ := n.find('\n', n.pos)
		ok = ok && equal < newline
	}
	if !ok {
		return n.without(more)
	}
	return n.assignment(equal)
}

// without passes over a line that holds no assignment.
func (n *nodeEnvFile) without(more bool) bool {
	n.skipped(n.pos, "node --env-file leaves this line out: expected NAME=value", fixName)
	n.nextLine(n.pos)
	if !n.rules.node20 {
		n.trim()
	}
	return more
}

func (n *nodeEnvFile) assignment(equal int) bool {
	start, end := n.trimmed(n.pos, equal)
	if n.rules.node20 && start == end && n.pos < equal && n.pos > 0 {
		start, end = n.pos-1, n.pos // Node 20 reads before the start of a name of spaces
	}
	n.pos = equal + 1
	t := token{op: '='}
	if !n.rules.node20 && (n.pos == n.end || n.text[n.pos] == '\n') {
		t.name, t.start, t.nameEnd = n.text[start:end], start, end
		t.valueStart, t.end = n.pos, n.pos
		return n.emit(t)
	}
	n.trim()
	if start == end {
		n.skipped(equal, "node --env-file expects a name in front of \"=\"", fixName)
		return !n.rules.node20
	}
	if strings.HasPrefix(n.text[start:end], "export ") {
		start += len("export ")
		if !n.rules.node20 {
			start, end = n.trimmed(start, end)
		}
	}
	t.name, t.start, t.nameEnd = n.text[start:end], start, end
	if n.pos == n.end {
		t.valueStart, t.end = n.pos, n.pos
		n.emit(t)
		return false
	}
	return n.value(&t)
}

func (n *nodeEnvFile) value(t *token) bool {
	t.valueStart = n.pos
	if strings.IndexByte("'\"`", n.text[n.pos]) < 0 {
		return n.unquoted(t)
	}
	closing, ok := n.find(n.text[n.pos], n.pos+1)
	if !ok {
		return n.unclosed(t)
	}
	t.quote = n.text[n.pos]
	t.raw = n.text[n.pos+1 : closing]
	t.text = t.raw
	if t.quote == '"' {
		t.text = strings.ReplaceAll(t.raw, `\n`, "\n")
	}
	t.end = closing + 1
	n.nextLine(closing + 1)
	return n.emit(*t)
}

// unclosed takes the line with its quote. Node 20 leaves the last line of a file
// standing, and looks for another assignment in it.
func (n *nodeEnvFile) unclosed(t *token) bool {
	newline, more := n.find('\n', n.pos)
	if !more && n.rules.node20 {
		return true
	}
	t.raw = n.text[n.pos:newline]
	t.text, t.end = t.raw, newline
	n.pos = min(newline+1, n.end)
	if !n.rules.node20 {
		n.trim()
	}
	return n.emit(*t)
}

func (n *nodeEnvFile) unquoted(t *token) bool {
	newline, _ := n.find('\n', n.pos)
	end := newline
	if k := strings.IndexByte(n.text[n.pos:newline], '#'); k >= 0 {
		end = n.pos + k
	}
	t.valueStart, t.end = n.trimmed(n.pos, end)
	t.raw = n.text[t.valueStart:t.end]
	t.text = t.raw
	n.pos = min(newline+1, n.end)
	if !n.rules.node20 {
		n.trim()
	}
	return n.emit(*t)
}
