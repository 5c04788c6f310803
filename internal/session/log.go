package session

// Log is a text that is written bit by bit. It is immutable: Append gives a new log that
// shares all before. The zero value is empty.
type Log struct{ last *entry }

type entry struct {
	text   Text
	before *entry
	depth  int // how many entries there are up to this one
	size   int // of their known texts
}

// Append adds a text at the end.
func (l Log) Append(t Text) Log {
	if len(t.pieces) == 0 {
		return l
	}
	e := &entry{text: t, before: l.last, depth: 1, size: t.size()}
	if l.last != nil {
		e.depth, e.size = l.last.depth+1, l.last.size+e.size
	}
	return Log{last: e}
}

func (t Text) size() int {
	n := 0
	for _, p := range t.pieces {
		n += len(p.value.Text.Reveal())
	}
	return n
}

// IsEmpty reports whether nothing was written.
func (l Log) IsEmpty() bool { return l.last == nil }

// Is reports whether both are one and the same log.
func (l Log) Is(m Log) bool { return l == m }

// Text is all that was written.
func (l Log) Text() Text { return l.since(nil) }

// since is what was written behind an entry.
func (l Log) since(from *entry) Text {
	if l.last == from {
		return Text{}
	}
	n, size := l.last.depth, l.last.size
	if from != nil {
		n, size = n-from.depth, size-from.size
	}
	if size > maxText {
		return tooLong()
	}
	texts := make([]Text, n)
	for e := l.last; e != from; e = e.before {
		n--
		texts[n] = e.text
	}
	return Cat(texts...)
}

// eitherLog is a log that is one of two.
func eitherLog(needs string, a, b Log) Log {
	x, y := a.last, b.last
	for x != y {
		switch {
		case y == nil || x != nil && x.depth > y.depth:
			x = x.before
		case x == nil || y.depth > x.depth:
			y = y.before
		default:
			x, y = x.before, y.before
		}
	}
	return Log{last: x}.Append(Either(needs, a.since(x), b.since(x)))
}
