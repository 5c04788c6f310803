package shell

import "strings"

// trTool is tr on ASCII text, with -d and -s.
func trTool(t *toolRun) bool {
	words, ok := t.words()
	if !ok || len(words) == 0 {
		return false
	}
	flags := ""
	for len(words) > 0 && len(words[0]) > 1 && words[0][0] == '-' && strings.Trim(words[0][1:], "dscC") == "" {
		flags += words[0][1:]
		words = words[1:]
	}
	if len(words) > 0 && words[0] == "--" {
		words = words[1:]
	}
	var sets [][]byte
	for _, w := range words {
		set, ok := trSet(w)
		if !ok {
			return false
		}
		sets = append(sets, set)
	}
	if strings.ContainsAny(flags, "cC") {
		if len(sets) == 0 {
			return false
		}
		sets[0] = complementOf(sets[0])
	}
	in := t.stdin()
	s, ok := in.known()
	if !ok {
		return t.unclear(in)
	}
	if !isASCII(s) && !isASCII(strings.Join(words, "")) {
		return false
	}
	del, squeeze := strings.Contains(flags, "d"), strings.Contains(flags, "s")
	switch {
	case del && !squeeze && len(sets) == 1:
		t.out = dropBytes(in, sets[0])
	case squeeze && !del && len(sets) == 1:
		t.out = squeezeBytes(in, sets[0])
	case !del && len(sets) == 2 && len(sets[1]) > 0:
		t.out = recast(in, translate(s, sets[0], sets[1]))
		if squeeze {
			t.out = squeezeBytes(t.out, sets[1])
		}
	default:
		return false
	}
	return true
}

func translate(s string, from, to []byte) string {
	var table [256]byte
	for i := range table {
		table[i] = byte(i)
	}
	for i, c := range from {
		table[c] = to[min(i, len(to)-1)]
	}
	b := []byte(s)
	for i, c := range b {
		b[i] = table[c]
	}
	return string(b)
}

func complementOf(set []byte) []byte {
	var in [256]bool
	for _, c := range set {
		in[c] = true
	}
	var out []byte
	for i := range 256 {
		if !in[i] {
			out = append(out, byte(i))
		}
	}
	return out
}

func dropBytes(in sym, set []byte) sym {
	var out sym
	for _, p := range in {
		p.text = strings.Map(func(r rune) rune {
			if r < 0x80 && strings.IndexByte(string(set), byte(r)) >= 0 {
				return -1
			}
			return r
		}, p.text)
		out = append(out, p)
	}
	return cat(out)
}

func squeezeBytes(in sym, set []byte) sym {
	var out sym
	last := -1
	for _, p := range in {
		var b strings.Builder
		for i := range len(p.text) {
			c := p.text[i]
			if int(c) == last && strings.IndexByte(string(set), c) >= 0 {
				continue
			}
			last = int(c)
			b.WriteByte(c)
		}
		p.text = b.String()
		out = append(out, p)
	}
	return cat(out)
}

// trSet reads a set such as a-z, [:upper:] or \n.
func trSet(w string) ([]byte, bool) {
	var out []byte
	for i := 0; i < len(w); {
		if strings.HasPrefix(w[i:], "[:") {
			end := strings.Index(w[i:], ":]")
			if end < 0 {
				return nil, false
			}
			class, ok := trClass(w[i+2 : i+end])
			if !ok {
				return nil, false
			}
			out = append(out, class...)
			i += end + 2
			continue
		}
		if strings.HasPrefix(w[i:], "[=") || strings.HasPrefix(w[i:], "[") && strings.Contains(w[i:], "*") {
			return nil, false
		}
		c, n, ok := trChar(w[i:])
		if !ok {
			return nil, false
		}
		i += n
		if i+1 < len(w) && w[i] == '-' {
			to, m, ok := trChar(w[i+1:])
			if !ok || to < c {
				return nil, false
			}
			for x := int(c); x <= int(to); x++ {
				out = append(out, byte(x))
			}
			i += 1 + m
			continue
		}
		out = append(out, c)
	}
	return out, true
}

func trChar(w string) (byte, int, bool) {
	if w[0] != '\\' || len(w) == 1 {
		return w[0], 1, w[0] < 0x80
	}
	if w[1] >= '0' && w[1] <= '7' {
		t, n := coded(w, 1, 3, 8, false)
		return t[0], n, true
	}
	for _, e := range []string{"n\n", "t\t", "r\r", "\\\\", "a\a", "b\b", "f\f", "v\v"} {
		if w[1] == e[0] {
			return e[1], 2, true
		}
	}
	return w[1], 2, w[1] < 0x80
}

func trClass(name string) ([]byte, bool) {
	ranges := map[string]string{
		"upper": "AZ", "lower": "az", "digit": "09", "alpha": "AZaz", "alnum": "09AZaz",
		"space": "\t\r  ", "blank": "\t\t  ", "punct": "!/:@[`{~", "cntrl": "\x00\x1f\x7f\x7f",
		"print": " ~", "graph": "!~", "xdigit": "09AFaf",
	}
	spec, ok := ranges[name]
	var out []byte
	for i := 0; i+1 < len(spec); i += 2 {
		for c := int(spec[i]); c <= int(spec[i+1]); c++ {
			out = append(out, byte(c))
		}
	}
	return out, ok
}
