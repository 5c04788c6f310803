package shell

import (
	"strconv"
	"strings"
)

// parse reads a script of commands separated by newlines and semicolons.
func (script *sedScript) parse(extended bool) ([]sedCommand, bool) {
	var out []sedCommand
	s := script.text
	if script.broken {
		return nil, false
	}
	for {
		s = strings.TrimLeft(s, " \t;\n")
		if s == "" {
			return out, true
		}
		var c sedCommand
		var ok bool
		if c.from, s, ok = sedAddr(s, extended); !ok {
			return nil, false
		}
		if strings.HasPrefix(s, ",") {
			c.ranged = true
			if c.to, s, ok = sedAddr(s[1:], extended); !ok || c.to == (sedAddress{}) {
				return nil, false
			}
		}
		s = strings.TrimLeft(s, " ")
		for strings.HasPrefix(s, "!") {
			c.invert, s = true, strings.TrimLeft(s[1:], " ")
		}
		if s == "" {
			return nil, false
		}
		c.verb, s = s[0], s[1:]
		switch c.verb {
		case 'd', 'p', 'q':
			s = strings.TrimLeft(s, " \t")
			if s != "" && s[0] != ';' && s[0] != '\n' {
				return nil, false
			}
		case 's':
			if s, ok = c.parseSubst(s, extended, script); !ok {
				return nil, false
			}
		default:
			return nil, false
		}
		out = append(out, c)
	}
}

func sedAddr(s string, extended bool) (sedAddress, string, bool) {
	switch {
	case s == "":
		return sedAddress{}, s, false
	case s[0] == '$':
		return sedAddress{line: -1}, s[1:], true
	case s[0] >= '0' && s[0] <= '9':
		i := 0
		for i < len(s) && s[i] >= '0' && s[i] <= '9' {
			i++
		}
		n, err := strconv.Atoi(s[:i])
		return sedAddress{line: n}, s[i:], err == nil && n > 0 && !strings.HasPrefix(s[i:], "~")
	case s[0] == '/':
		expr, rest, ok := sedPiece(s[1:], '/', true)
		if !ok || expr == "" {
			return sedAddress{}, s, false
		}
		re, ok := posixRegex(expr, extended, false)
		return sedAddress{re: re}, rest, ok && !strings.HasPrefix(rest, "I")
	}
	return sedAddress{}, s, true
}

// sedPiece reads up to the delimiter.
func sedPiece(s string, delim byte, isRegex bool) (string, string, bool) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == sedHole && isRegex, s[i] == '\\' && besideHole(s, i):
			return "", "", false
		case s[i] == '\\' && i+1 < len(s) && s[i+1] == delim:
			if isRegex && strings.IndexByte(`.*[]^$+?|(){}&`, delim) >= 0 {
				return "", "", false
			}
			b.WriteByte(delim)
			i++
		case s[i] == '\\' && i+1 < len(s):
			b.WriteString(s[i : i+2])
			i++
		case isRegex && s[i] == '[':
			end := bracketEnd(s, i)
			if end < 0 {
				return "", "", false
			}
			b.WriteString(s[i : end+1])
			i = end
		case s[i] == delim:
			return b.String(), s[i+1:], true
		default:
			b.WriteByte(s[i])
		}
	}
	return "", "", false
}

// besideHole reports whether a hole stands before or behind a byte.
func besideHole(s string, i int) bool {
	return i > 0 && s[i-1] == sedHole || i+1 < len(s) && s[i+1] == sedHole
}

func (c *sedCommand) parseSubst(s string, extended bool, script *sedScript) (string, bool) {
	if s == "" || s[0] == '\\' || s[0] == '\n' || s[0] == sedHole || s[0] >= 0x80 {
		return s, false
	}
	delim := s[0]
	expr, rest, ok := sedPiece(s[1:], delim, true)
	if !ok || expr == "" {
		return s, false
	}
	with, rest, ok := sedPiece(rest, delim, false)
	if !ok {
		return s, false
	}
	fold := false
	i := 0
	for ; i < len(rest) && rest[i] != ';' && rest[i] != '\n'; i++ {
		switch f := rest[i]; {
		case f == 'g':
			c.global = true
		case f == 'p':
			c.print = true
		case f == 'i' || f == 'I':
			fold = true
		case f >= '1' && f <= '9' && c.nth == 0:
			c.nth = int(f - '0')
		case f == ' ' || f == '\t':
		default:
			return s, false
		}
	}
	if c.re, ok = posixRegex(expr, extended, fold); !ok {
		return s, false
	}
	if c.re.MatchString("") {
		c.empty = true
		if !strings.HasPrefix(expr, "^") && !strings.HasSuffix(expr, "$") || c.nth > 0 {
			return s, false
		}
	}
	if c.global && strings.HasPrefix(expr, "^") {
		c.global = false
	}
	c.with, ok = script.replacement(with, delim, rest)
	return rest[i:], ok
}

// replacement reads a replacement, of which rest is what stands behind its end.
func (script *sedScript) replacement(s string, delim byte, rest string) ([]sedPart, bool) {
	var out []sedPart
	var b strings.Builder
	flush := func() {
		if b.Len() > 0 {
			out = append(out, sedPart{text: b.String(), group: -1})
			b.Reset()
		}
	}
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == sedHole:
			flush()
			hole, whole, ok := script.fill(s[i+1:], delim, rest)
			if out = append(out, sedPart{group: -1, hole: hole}); !ok || whole {
				return out, ok
			}
		case s[i] == '&':
			flush()
			out = append(out, sedPart{group: 0})
		case s[i] == '\\' && i+1 < len(s):
			i++
			switch c := s[i]; {
			case c >= '0' && c <= '9':
				flush()
				out = append(out, sedPart{group: int(c - '0')})
			case c == 'n':
				b.WriteByte('\n')
			case c == 't':
				b.WriteByte('\t')
			case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
				return nil, false
			default:
				b.WriteByte(c)
			}
		default:
			b.WriteByte(s[i])
		}
	}
	flush()
	return out, true
}
