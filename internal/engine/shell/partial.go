package shell

import "strings"

// token is one element of a simple pattern.
type token struct {
	char byte
	any  bool // ? or [...]: one character
	star bool
}

// tokens reads a pattern without extended operators.
func tokens(src string) ([]token, bool) {
	var out []token
	for i := 0; i < len(src); i++ {
		switch c := src[i]; {
		case c == '\\' && i+1 < len(src):
			i++
			out = append(out, token{char: src[i]})
		case c == '*':
			out = append(out, token{star: true})
		case c == '?':
			out = append(out, token{any: true})
		case c == '[':
			end := strings.IndexByte(src[i+1:], ']')
			if end <= 0 || strings.Contains(src[i:], "[:") {
				return nil, false
			}
			out = append(out, token{any: true})
			i += end + 1
		case i+1 < len(src) && src[i+1] == '(' && strings.IndexByte("@+!?*", c) >= 0:
			return nil, false
		default:
			out = append(out, token{char: c})
		}
	}
	return out, len(out) <= 200
}

// unit is a character of a text, or a stretch that may be anything.
type unit struct {
	char byte
	unk  bool
}

// possible says, for a text with unknown stretches: with must, yes when it matches
// whatever they are, else open; without, no when it cannot match whatever they are.
func possible(subject sym, pat []token, must bool) tri {
	var units []unit
	for _, p := range subject {
		if p.unk != nil {
			units = append(units, unit{unk: true})
			continue
		}
		if !isASCII(p.text) {
			return maybe
		}
		for i := range len(p.text) {
			units = append(units, unit{char: p.text[i]})
		}
	}
	if len(units) > 2000 {
		return maybe
	}
	ok := reach(units, pat, must)
	switch {
	case must && ok:
		return yes
	case !must && !ok:
		return no
	}
	return maybe
}

// reach runs over the text and keeps the set of pattern positions that are possible.
func reach(units []unit, pat []token, must bool) bool {
	cur := closure(make([]bool, len(pat)+1), pat, 0)
	for _, u := range units {
		next := make([]bool, len(pat)+1)
		for j, on := range cur {
			if on {
				step(next, pat, j, u, must)
			}
		}
		cur = next
	}
	return cur[len(pat)]
}

func closure(set []bool, pat []token, j int) []bool {
	for {
		set[j] = true
		if j == len(pat) || !pat[j].star {
			return set
		}
		j++
	}
}

func step(next []bool, pat []token, j int, u unit, must bool) {
	switch {
	case u.unk && !must: // anything: any later position
		for k := j; k <= len(pat); k++ {
			next[k] = true
		}
	case j == len(pat):
	case pat[j].star:
		closure(next, pat, j)
	case u.unk:
	case pat[j].any && !must:
		closure(next, pat, j+1)
	case !pat[j].any && pat[j].char == u.char:
		closure(next, pat, j+1)
	}
}
