package shell

import (
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/order"
)

// globField adds a field to out, or the names that it matches as a pattern.
func (sh *shell) globField(st *state, f sym, out *fields) {
	plain := cat(f.with(quoted))
	if len(plain) == 0 {
		plain = sym{{}}
	}
	if st.opts.noglob || !hasGlob(f) {
		out.list = append(out.list, plain)
		return
	}
	if !f.isKnown() {
		// What the unknown part is decides which names match; the count is open.
		sh.unsureField(out, unknownFrom(f))
		return
	}
	names, ok := sh.glob(st, f)
	switch {
	case !ok:
		sh.unsureField(out, mystery(model.WhyUnsupported, "which files a pattern matches", f.trail()))
	case len(names) > 0:
		for _, n := range names {
			out.list = append(out.list, textVia(n, f.trail()))
		}
	case st.opts.failglob:
		sh.unsureField(out, unsupported("what failglob does"))
	case !st.opts.nullglob:
		out.list = append(out.list, plain)
	}
}

func (sh *shell) unsureField(out *fields, s sym) {
	if out.unsure < 0 {
		out.unsure, out.tail = len(out.list), s[0].unk.anyOf()
	}
	out.list = append(out.list, s)
}

// hasGlob reports whether something unquoted makes the field a pattern.
func hasGlob(f sym) bool {
	for _, p := range f {
		if p.mode == quoted || p.unk != nil {
			continue
		}
		if strings.ContainsAny(p.text, "*?") {
			return true
		}
		if strings.Contains(p.text, "[") && mayHold(f, "]") {
			return true
		}
		for _, op := range []string{"@(", "+(", "!("} {
			if strings.Contains(p.text, op) {
				return true
			}
		}
	}
	return false
}

// mayHold reports whether the text of the field holds c, or something unknown that may. A
// bracket that none closes is only a text, as the command of that name is.
func mayHold(f sym, c string) bool {
	return slices.ContainsFunc(f, func(p piece) bool { return p.unk != nil || strings.Contains(p.text, c) })
}

// glob finds the names in the repository that match. It reports false when they, or
// their order, cannot be told.
func (sh *shell) glob(st *state, f sym) ([]string, bool) {
	src, _ := patternText(f)
	if strings.Contains(src, "**") && st.opts.globstar || st.opts.nocase || st.get("GLOBIGNORE") != nil || st.lost != nil || path.IsAbs(st.dir) {
		return nil, false
	}
	base, prefix := st.dir, ""
	if strings.HasPrefix(src, "/") {
		root := strings.TrimSuffix(sh.m.step.Files.Tree().Dir(), "/")
		plain, ok := strings.CutPrefix(src, quotePattern(root)+"/")
		if !ok {
			if plain, ok = strings.CutPrefix(src, root+"/"); !ok {
				return nil, false
			}
		}
		src, base, prefix = plain, ".", root+"/"
	}
	segments := strings.Split(src, "/")
	found, ok := sh.globIn(st, base, prefix, segments)
	if !ok || !orderIsCertain(found) {
		return nil, false
	}
	slices.Sort(found)
	return found, true
}

func (sh *shell) globIn(st *state, dir, prefix string, segments []string) ([]string, bool) {
	if len(segments) == 0 {
		return []string{strings.TrimSuffix(prefix, "/")}, true
	}
	seg, rest := segments[0], segments[1:]
	if lit, plain := unquotePattern(seg); plain {
		switch {
		case lit == "" && len(rest) == 0:
			return []string{prefix}, sh.statKey(st, dir) == fileDir
		case lit == ".." && dir == ".":
			return nil, false
		}
		key := path.Join(dir, lit)
		state := sh.statKey(st, key)
		if state == fileUnknown {
			return nil, false
		}
		if state == fileMissing || len(rest) > 0 && state != fileDir {
			return nil, true
		}
		return sh.globIn(st, key, join(prefix, lit, len(rest)), rest)
	}
	m, ok := sh.compile(st, sym{{text: seg, mode: bare}}, false)
	if !ok {
		return nil, false
	}
	names, ok := sh.names(st, dir)
	if !ok || m.full("..") != no && (strings.HasPrefix(seg, ".") || strings.HasPrefix(seg, `\.`)) { // which some shells list
		return nil, false
	}
	var out []string
	for _, n := range names {
		if strings.HasPrefix(n, ".") && !strings.HasPrefix(seg, ".") && !strings.HasPrefix(seg, `\.`) && !st.opts.dotglob {
			continue
		}
		switch m.full(n) {
		case no:
			continue
		case maybe:
			return nil, false
		}
		key := path.Join(dir, n)
		if len(rest) > 0 && sh.statKey(st, key) != fileDir {
			continue
		}
		more, ok := sh.globIn(st, key, join(prefix, n, len(rest)), rest)
		if !ok {
			return nil, false
		}
		out = append(out, more...)
		if len(out) > 5000 {
			return nil, false
		}
	}
	return out, true
}

func join(prefix, name string, more int) string {
	if more > 0 {
		return prefix + name + "/"
	}
	return prefix + name
}

// names lists a directory with what the script has changed in it.
func (sh *shell) names(st *state, dir string) ([]string, bool) {
	set := map[string]bool{}
	infos, err := sh.m.step.Files.List(dir)
	if err != nil && !sh.inMade(st, dir) {
		return nil, false
	}
	for _, i := range infos {
		set[i.Name] = true
	}
	for key, f := range st.files {
		if rel, ok := strings.CutPrefix(key, dir+"/"); ok || dir == "." && !outside(key) {
			if !ok {
				rel = key
			}
			name, _, deeper := strings.Cut(rel, "/")
			switch {
			case f.gone && !deeper:
				delete(set, name)
			case !f.gone && f.text.isKnown():
				set[name] = true
			case !f.gone:
				if !set[name] {
					return nil, false
				}
			}
		}
	}
	for key := range st.made {
		if path.Dir(key) == dir {
			set[path.Base(key)] = true
		}
	}
	var out []string
	for n := range set {
		out = append(out, n)
	}
	slices.Sort(out)
	return out, true
}

func (sh *shell) inMade(st *state, dir string) bool {
	return st.made[dir] || sh.statKey(st, dir) == fileDir
}

// orderIsCertain reports whether the names sort alike in every locale.
func orderIsCertain(names []string) bool {
	if len(names) < 2 {
		return true
	}
	bytewise := slices.Sorted(slices.Values(names))
	other := slices.Clone(bytewise)
	order.By(other, func(a, b string) int { return strings.Compare(letters(a), letters(b)) })
	for i, n := range other {
		if !isASCII(n) || i > 0 && letters(n) == letters(other[i-1]) {
			return false
		}
	}
	return slices.Equal(bytewise, other)
}

// letters is what sorting looks at first in most locales.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		}
		return -1
	}, s)
}
