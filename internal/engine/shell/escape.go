package shell

import (
	"strconv"
	"strings"
)

// ansiC reads the backslashes of $'…'.
func ansiC(s string) string {
	out, _ := unescape(s, true)
	return out
}

// unescape reads C-like backslashes. With ansi they are those of $'…', else those of
// echo -e and printf's %b, where an octal number begins with 0. It reports true when
// \c ends the output.
func unescape(s string, ansi bool) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(s); {
		if s[i] != '\\' || i+1 >= len(s) {
			b.WriteByte(s[i])
			i++
			continue
		}
		c := s[i+1]
		if !ansi && c == 'c' {
			return b.String(), true
		}
		text, n := escapeSequence(s[i+1:], ansi)
		if n == 0 {
			b.WriteByte('\\')
			b.WriteByte(c)
			i += 2
			continue
		}
		b.WriteString(text)
		i += 1 + n
	}
	out := b.String()
	if i := strings.IndexByte(out, 0); i >= 0 && ansi {
		out = out[:i]
	}
	return out, false
}

// escapeSequence reads what stands behind a backslash, and how many bytes that is; none
// when it is no escape.
func escapeSequence(s string, ansi bool) (string, int) {
	const simple = "a\ab\be\x1bE\x1bf\fn\nr\rt\tv\v\\\\"
	for i := 0; i < len(simple); i += 2 {
		if s[0] == simple[i] {
			return simple[i+1 : i+2], 1
		}
	}
	switch {
	case ansi && (s[0] == '\'' || s[0] == '"' || s[0] == '?'):
		return s[:1], 1
	case s[0] == 'x':
		return coded(s, 1, 2, 16, false)
	case s[0] == 'u':
		return coded(s, 1, 4, 16, true)
	case s[0] == 'U':
		return coded(s, 1, 8, 16, true)
	case ansi && s[0] == 'c' && len(s) > 1:
		return string(rune(s[1] & 0x1f)), 2
	case ansi && s[0] >= '0' && s[0] <= '7':
		return coded(s, 0, 3, 8, false)
	case !ansi && s[0] == '0':
		text, n := coded(s, 1, 3, 8, false)
		if n == 0 {
			return "\x00", 1
		}
		return text, n
	}
	return "", 0
}

func coded(s string, from, most, base int, rune_ bool) (string, int) {
	end := from
	for end < len(s) && end < from+most && digit(s[end]) < base {
		end++
	}
	if end == from {
		return "", 0
	}
	n, err := strconv.ParseUint(s[from:end], base, 32)
	if err != nil {
		return "", 0
	}
	if rune_ {
		return string(rune(n)), end
	}
	return string([]byte{byte(n)}), end
}

func digit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return 99
}
