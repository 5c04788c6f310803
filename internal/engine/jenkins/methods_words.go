package jenkins

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/keyfit/keyfit/internal/model"
)

// wordMethod computes methods of a text that is known.
func (m *machine) wordMethod(recv value, s string, c *invocation) (value, bool) {
	var words []string
	var texts []text
	var numbers []int64
	for _, a := range c.args {
		w, ok := a.words()
		i, isNumber := a.number()
		if !ok || a.kind != kindText && !isNumber {
			return value{}, false
		}
		words, texts = append(words, w), append(texts, a.text)
		if isNumber {
			numbers = append(numbers, i)
		}
	}
	texts = append(texts, recv.text)
	if out, ok := m.toText(s, c.name, words, numbers); ok {
		return textValue(derived(out, c.node, texts...)), true
	}
	if from, to, ok := stretch(s, c.name, numbers, len(words)); ok {
		return m.cut(recv, s, s[from:to], c.node), true
	}
	if ok, is := test(s, c.name, words); is {
		return boolValue(ok, c.node, texts...), true
	}
	switch {
	case c.name == "length" && len(words) == 0, c.name == "size" && len(words) == 0:
		return numberValue(int64(len(utf16(s))), c.node, recv.text), true
	case c.name == "toInteger" && len(words) == 0:
		return m.toNumber(recv, c.node), true
	case (c.name == "indexOf" || c.name == "lastIndexOf") && len(words) == 1 && len(numbers) == 0 && isASCII(s):
		i := strings.Index(s, words[0])
		if c.name == "lastIndexOf" {
			i = strings.LastIndex(s, words[0])
		}
		return numberValue(int64(i), c.node, texts...), true
	}
	return value{}, false
}

func utf16(s string) []uint16 {
	var out []uint16
	for _, r := range s {
		out = append(out, uint16(r))
		if r > 0xFFFF {
			out = append(out, 0)
		}
	}
	return out
}

// toText are the methods that make another text.
func (m *machine) toText(s, name string, words []string, numbers []int64) (string, bool) {
	switch len(words) {
	case 0:
		switch name {
		case "toLowerCase":
			return strings.ToLower(s), isASCII(s)
		case "toUpperCase":
			return strings.ToUpper(s), isASCII(s)
		case "capitalize":
			if s == "" {
				return s, true
			}
			return strings.ToUpper(s[:1]) + s[1:], isASCII(s)
		case "uncapitalize":
			return s, false
		case "reverse":
			b := []byte(s)
			for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
				b[i], b[j] = b[j], b[i]
			}
			return string(b), isASCII(s)
		case "normalize":
			return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n"), true
		case "chomp":
			return s, false
		}
	case 1:
		switch name {
		case "minus":
			return strings.Replace(s, words[0], "", 1), len(numbers) == 0
		case "multiply":
			if len(numbers) == 1 && numbers[0] >= 0 && numbers[0]*int64(len(s)) < maxWords && numbers[0] < maxWords {
				return strings.Repeat(s, int(numbers[0])), true
			}
		}
	case 2:
		return replaced(s, name, words, numbers)
	}
	return "", false
}

func replaced(s, name string, words []string, numbers []int64) (string, bool) {
	if len(numbers) > 0 {
		if len(numbers) == 1 && (name == "padLeft" || name == "padRight") {
			return padded(s, name, int(min(numbers[0], maxTurns)), words[1])
		}
		return "", false
	}
	switch name {
	case "replace":
		if words[0] == "" {
			return "", false
		}
		out := strings.ReplaceAll(s, words[0], words[1])
		return out, len(out) < maxWords
	case "replaceAll", "replaceFirst":
		re, ok := javaPattern(words[0], s)
		if !ok || strings.ContainsAny(words[1], `$\`) {
			return "", false
		}
		if name == "replaceFirst" {
			loc := re.FindStringIndex(s)
			if loc == nil {
				return s, true
			}
			return s[:loc[0]] + words[1] + s[loc[1]:], true
		}
		if re.MatchString("") { // an empty match beside another counts otherwise in Java
			return "", false
		}
		out := re.ReplaceAllLiteralString(s, words[1])
		return out, len(out) < maxWords
	}
	return "", false
}

func padded(s, name string, width int, with string) (string, bool) {
	if len(with) != 1 || !isASCII(s) {
		return "", false
	}
	pad := strings.Repeat(with, max(0, width-len(s)))
	if name == "padLeft" {
		return pad + s, true
	}
	return s + pad, true
}

// stretch are the methods that take a stretch out of a text.
func stretch(s, name string, numbers []int64, count int) (from, to int, ok bool) {
	if len(numbers) != count || count == 0 || !isASCII(s) {
		return 0, 0, false
	}
	size := int64(len(s))
	from64, to64 := numbers[0], size
	switch {
	case name == "substring" && count == 1:
	case name == "substring" && count == 2:
		to64 = numbers[1]
	case name == "take" && count == 1:
		from64, to64 = 0, min(max(numbers[0], 0), size)
	case name == "drop" && count == 1:
		from64 = min(max(numbers[0], 0), size)
	case name == "charAt" && count == 1:
		to64 = from64 + 1
	default:
		return 0, 0, false
	}
	if from64 < 0 || to64 > size || from64 > to64 {
		return 0, 0, false
	}
	return int(from64), int(to64), true
}

// test are the methods that answer yes or no.
func test(s, name string, words []string) (answer, is bool) {
	switch {
	case name == "isEmpty" && len(words) == 0:
		return s == "", true
	case (name == "isBlank" || name == "isAllWhitespace") && len(words) == 0 && isASCII(s):
		return strings.TrimSpace(s) == "", true
	case name == "toBoolean" && len(words) == 0:
		t := strings.ToLower(strings.TrimSpace(s))
		return t == "true" || t == "y" || t == "1", true
	case name == "isInteger" && len(words) == 0:
		_, err := strconv.ParseInt(strings.TrimSpace(s), 10, 32)
		return err == nil, isASCII(s) && !strings.Contains(s, "+")
	case name == "isNumber" && len(words) == 0:
		_, err := strconv.ParseInt(strings.TrimSpace(s), 10, 32)
		return err == nil, err == nil
	case len(words) != 1:
		return false, false
	}
	switch name {
	case "contains":
		return strings.Contains(s, words[0]), true
	case "startsWith":
		return strings.HasPrefix(s, words[0]), true
	case "endsWith":
		return strings.HasSuffix(s, words[0]), true
	case "equalsIgnoreCase":
		return strings.EqualFold(s, words[0]), isASCII(s + words[0])
	case "matches":
		re, ok := javaPattern(words[0], s)
		if !ok {
			return false, false
		}
		full, ok := javaPattern(`(`+re.String()+`)`, s)
		if !ok {
			return false, false
		}
		full.Longest()
		loc := full.FindStringIndex(s)
		return loc != nil && loc[0] == 0 && loc[1] == len(s), true
	}
	return false, false
}

// listLike are the methods that make a list of a text.
func (m *machine) listLike(recv value, s string, c *invocation) value {
	separator, ok := c.arg(0).words()
	limit, hasLimit := c.arg(1).number()
	var words []string
	switch {
	case c.name == "tokenize" && len(c.args) <= 1 && (ok || len(c.args) == 0):
		if len(c.args) == 0 {
			separator = " \t\n\r\f"
		}
		words = strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(separator, r) })
	case c.name == "split" && len(c.args) == 0:
		words = strings.FieldsFunc(s, unicode.IsSpace)
		if !isASCII(s) {
			return m.unsupported(c.node, "a simpler expression")
		}
	case c.name == "split" && ok && (len(c.args) == 1 || hasLimit):
		re, fits := javaPattern(separator, s)
		if !fits || re.MatchString("") {
			return m.unsupported(c.node, "a simpler pattern")
		}
		n := -1
		if hasLimit && limit > 0 {
			n = int(min(limit, maxItems))
		}
		words = re.Split(s, n)
		for !hasLimit && len(words) > 1 && words[len(words)-1] == "" {
			words = words[:len(words)-1]
		}
	case c.name == "readLines" && len(c.args) == 0:
		words = strings.Split(strings.TrimSuffix(strings.ReplaceAll(s, "\r\n", "\n"), "\n"), "\n")
		if s == "" {
			words = nil
		}
	case c.name == "each" || c.name == "collect" || c.name == "toList" || c.name == "find" || c.name == "any" || c.name == "eachLine":
		return m.unknownCall(c, model.UnknownBecause(model.WhyUnsupported, "a simpler expression", m.trail(c.node)))
	default:
		return m.unknownCall(c, model.UnknownBecause(model.WhyUnsupported, "a simpler expression", m.trail(c.node)))
	}
	if len(words) > maxItems {
		return m.unsupported(c.node, "a shorter text")
	}
	var items []value
	at := 0
	for _, w := range words {
		from := strings.Index(s[at:], w) + at
		if w == "" {
			items = append(items, textValue(derived("", c.node, recv.text)))
			continue
		}
		items = append(items, textValue(recv.text.slice(from, from+len(w))))
		at = from + len(w)
	}
	return m.list(items)
}

// format is String.format with %s and %d alone.
func (m *machine) format(pattern value, args []value, n *node) value {
	f, ok := pattern.words()
	if !ok {
		return m.tainted(pattern, nullValue(), n)
	}
	var out text
	for {
		before, after, found := strings.Cut(f, "%")
		if before != "" {
			out = append(out, derived(before, n, pattern.text)...)
		}
		if !found {
			return textValue(out)
		}
		if after == "" || after[0] != 's' && after[0] != 'd' || len(args) == 0 {
			return m.unsupported(n, "a simpler expression")
		}
		out = append(out, m.asText(args[0], n)...)
		f, args = after[1:], args[1:]
	}
}
