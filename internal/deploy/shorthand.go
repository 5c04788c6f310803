package deploy

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// shorthand reads the short form of the AWS tools, such as Variables={A=b,C=d} or
// Name=a,Value=b.
//
// A map's names are letters, digits, and, as the tools read them since long,
// underscores, dashes and the like; texts end at a comma or the closing bracket,
// unless they are quoted.
type shorthand struct {
	text  string
	at    int
	from  source
	depth int
}

var errShorthand = errors.New("is neither JSON nor the short form name=value,name=value")

func readShorthand(text string, from source) (*tree, error) {
	s := &shorthand{text: text, from: from}
	t := newObject()
	for {
		if err := s.pair(t, false); err != nil {
			return nil, err
		}
		if s.at == len(s.text) {
			return t, nil
		}
		if !s.take(',') {
			return nil, errShorthand
		}
	}
}

func (s *shorthand) space() {
	for s.at < len(s.text) && strings.ContainsRune(" \t\n\r\v\f", rune(s.text[s.at])) {
		s.at++
	}
}

// take goes over one character, with the white space around it.
func (s *shorthand) take(c byte) bool {
	s.space()
	if s.at >= len(s.text) || s.text[s.at] != c {
		return false
	}
	s.at++
	s.space()
	return true
}

func (s *shorthand) peek() byte {
	if s.at >= len(s.text) {
		return 0
	}
	return s.text[s.at]
}

func isKeyChar(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.#/:", c) >= 0
}

func (s *shorthand) pair(into *tree, inside bool) error {
	start := s.at
	for s.at < len(s.text) && isKeyChar(s.text[s.at]) {
		s.at++
	}
	name := s.text[start:s.at]
	if !s.take('=') || into.members[name] != nil {
		return errShorthand
	}
	child, err := s.value(inside)
	if err != nil {
		return err
	}
	into.set(name, child)
	return nil
}

func (s *shorthand) value(inside bool) (*tree, error) {
	if s.depth++; s.depth > maxNesting {
		return nil, errNesting
	}
	defer func() { s.depth-- }()
	switch s.peek() {
	case '[':
		return s.list()
	case '{':
		return s.object()
	}
	first, err := s.scalar(firstRest)
	if err != nil || inside {
		return first, err
	}
	return s.csv(first)
}

// csv reads the texts that may follow one after commas: a=b,c makes a list of two, and
// in a=b,c=d the second comma begins another pair.
func (s *shorthand) csv(first *tree) (*tree, error) {
	all := []*tree{first}
	if s.space(); s.at == len(s.text) || !s.take(',') {
		return first, nil
	}
	for {
		next, err := s.scalar(secondRest)
		if err == nil && next == nil {
			err = errShorthand
		}
		if err == nil {
			if s.space(); s.at == len(s.text) {
				all = append(all, next)
				break
			}
		}
		if err != nil || !s.take(',') {
			if s.at == len(s.text) {
				return nil, errShorthand
			}
			s.at = strings.LastIndexByte(s.text[:s.at+1], ',')
			break
		}
		all = append(all, next)
	}
	if len(all) == 1 {
		return first, nil
	}
	return &tree{kind: 'a', items: all}, nil
}

func (s *shorthand) list() (*tree, error) {
	t := &tree{kind: 'a'}
	s.take('[')
	for s.peek() != ']' {
		item, err := s.value(true)
		if err != nil {
			return nil, err
		}
		t.items = append(t.items, item)
		if s.space(); s.peek() != ']' && !s.take(',') {
			return nil, errShorthand
		}
	}
	s.at++
	return t, nil
}

func (s *shorthand) object() (*tree, error) {
	t := newObject()
	s.take('{')
	for s.peek() != '}' {
		if err := s.pair(t, true); err != nil {
			return nil, err
		}
		if s.space(); s.peek() != '}' && !s.take(',') {
			return nil, errShorthand
		}
	}
	s.at++
	return t, nil
}

// What a text without quotes may not hold behind its first character, for the first and
// for a further one of a list. None may begin with one of noStart.
const (
	noStart    = "\"',=[{ \t\n\r\v\f"
	firstRest  = "\"',]}"
	secondRest = "\"',="
)

// scalar reads one text, quoted or not. An empty one without quotes is nil behind a
// comma and empty otherwise.
func (s *shorthand) scalar(ends string) (*tree, error) {
	if q := s.peek(); q == '"' || q == '\'' {
		return s.quoted(q)
	}
	start := s.at
	for s.at < len(s.text) {
		switch bad := ends; {
		case strings.HasPrefix(s.text[s.at:], `\,`):
			s.at += 2
			continue
		case s.at == start:
			bad = noStart
			fallthrough
		default:
			r, size := utf8.DecodeRuneInString(s.text[s.at:])
			if !strings.ContainsRune(bad, r) && r <= 0xffff {
				s.at += size
				continue
			}
		}
		break
	}
	if s.at == start && ends == secondRest {
		return nil, nil
	}
	text := strings.ReplaceAll(s.text[start:s.at], `\,`, ",")
	text = strings.TrimRightFunc(text, unicode.IsSpace)
	return &tree{kind: 's', text: text, value: s.from(start, s.at, text)}, nil
}

// quoted reads a text in quotes, in which a backslash stands before a quote.
func (s *shorthand) quoted(q byte) (*tree, error) {
	start := s.at + 1
	end, escaped := -1, -1
	for i := start; i < len(s.text) && end < 0; i++ {
		switch {
		case s.text[i] == q:
			end = i
		case s.text[i] == '\\' && i+1 < len(s.text) && s.text[i+1] == q:
			if i > start && s.text[i-1] == '\\' {
				return nil, errShorthand // versions of the tool disagree
			}
			escaped = i + 1
			i++
		}
	}
	if end < 0 {
		end = escaped // the backslash is the last character
	}
	if end < 0 {
		return nil, errShorthand
	}
	s.at = end + 1
	text := strings.ReplaceAll(s.text[start:end], `\`+string(q), string(q))
	text = strings.ReplaceAll(text, `\\`, `\`)
	return &tree{kind: 's', text: text, value: s.from(start, end, text)}, nil
}
