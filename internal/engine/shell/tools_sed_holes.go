package shell

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
)

// A script of sed may hold a text that is not known: s/@TAG@/$TAG/. Where it stands in a
// replacement, it is a hole in what sed prints, and the text around it stays what it is, for
// every text with which sed succeeds: an & or a backslash in it changes only what is in the
// hole, and a newline makes sed fail. So does a delimiter, unless what follows it is code of
// sed, which no deploy means.

// sedHole stands in a script for a text that is not known. No argument can hold it.
const sedHole = '\x00'

// sedScript is a script, and the texts of its holes in their order.
type sedScript struct {
	text    string
	holes   []piece
	given   bool
	broken  bool // it cannot be read
	mayFail bool // there are texts with which sed fails
}

// add adds an argument, as a line of its own.
func (script *sedScript) add(arg sym) {
	if script.given {
		script.text += "\n"
	}
	script.given = true
	for _, p := range arg {
		if p.unk == nil {
			script.text += p.text
			script.broken = script.broken || strings.IndexByte(p.text, sedHole) >= 0
			continue
		}
		script.text += string(sedHole)
		script.holes = append(script.holes, p)
		script.broken = script.broken || p.unk.multi
	}
}

// fill gives the text of the next hole, which the texts behind follow up to the end of the
// replacement. It is whole when it stands for all of them too.
func (script *sedScript) fill(behind string, delim byte, rest string) (_ sym, whole, ok bool) {
	first := sym{script.holes[0]}
	script.holes = script.holes[1:]
	if !isPlainText(string(delim)) && first.isPlain() {
		return first.changed(), false, true
	}
	// A backslash at the end of the text reaches the character behind it.
	if strings.Trim(behind, string(sedHole)) == "" && swallows(rest, delim) {
		return nil, false, false
	}
	script.mayFail = true
	n := strings.Count(behind, string(sedHole))
	out := unknownFrom(append(first, script.holes[:n]...))
	script.holes = script.holes[n:]
	return out, true, true
}

// swallows reports whether sed may take a script when the end of a replacement, behind which
// rest stands, is taken for a part of it.
func swallows(rest string, delim byte) bool {
	line, _, _ := strings.Cut(rest, "\n")
	_, flags, found := sedPiece(line, delim, false)
	if !found && !strings.Contains(line, string(sedHole)) {
		return false
	}
	flags = strings.TrimLeft(flags, "gpiImMeE0123456789 \t")
	return flags == "" || strings.IndexByte(";}#w\r\x00", flags[0]) >= 0
}

// isPlain reports whether the text is certainly one of plain characters.
func (s sym) isPlain() bool {
	for _, p := range s {
		switch {
		case p.unk == nil && !isPlainText(p.text):
			return false
		case p.unk == nil || p.unk.word:
		case len(p.unk.alts) == 0 || slices.ContainsFunc(p.unk.alts, func(a sym) bool { return !a.isPlain() }):
			return false
		}
	}
	return true
}

// changed is a text as a part of another one.
func (s sym) changed() sym { return s.forLater().with(quoted) }

// holedLines cuts a text into lines. What is not known of it is loose when it may be more
// than a word. It reports false when nothing else is there.
func holedLines(s sym) (lines []sym, loose, ok bool) {
	var cur sym
	known := false
	for _, p := range s {
		if p.unk != nil {
			cur = append(cur, p)
			loose = loose || !sym{p}.isPlain()
			continue
		}
		for _, part := range strings.SplitAfter(p.text, "\n") {
			if part == "" {
				continue
			}
			known = true
			q := p
			q.text = part
			cur = append(cur, q)
			if strings.HasSuffix(part, "\n") {
				lines, cur = append(lines, cur), nil
			}
		}
	}
	if len(cur) > 0 {
		lines = append(lines, cur)
	}
	return lines, loose, (known || len(s) == 0 || s.isKnown()) && !s.limited()
}

// chompHoled is a line without its newline, and whether it had one.
func chompHoled(line sym) (sym, bool) {
	if line.isKnown() {
		s, out := chomp(line)
		return out, line.size() > len(s)
	}
	last := len(line) - 1
	if line[last].unk != nil || !strings.HasSuffix(line[last].text, "\n") {
		return line, false
	}
	out := slices.Clone(line)
	out[last].text = strings.TrimSuffix(out[last].text, "\n")
	return out, true
}

// sedPlace is where a line stands in the input.
type sedPlace struct {
	n, last int
	loose   bool // lines before or behind it may be several
	torn    bool // it may itself be several
}

func (a sedAddress) matches(at sedPlace, line sym) tri {
	switch {
	case a.re != nil && line.isKnown():
		return triOf(a.re.MatchString(shownText(line)))
	case a.re != nil && at.torn, a.re == nil && a.line != 0 && at.loose:
		return maybe
	case a.re != nil:
		return matchesHoled(a.re, line)
	case a.line == -1:
		return triOf(at.n == at.last)
	}
	return triOf(a.line == 0 || a.line == at.n)
}

// matchesHoled reports whether a line matches whatever its holes are.
func matchesHoled(re *regexp.Regexp, line sym) tri {
	head, _ := cutHole(line)
	lives := livesIn(re, shownText(head))
	from := re.FindStringIndex(shownText(head))
	switch {
	case from != nil && from[0] < len(shownText(head)) && !slices.Contains(lives[:from[0]+1], true):
		return yes
	case isAnchored(re) && !slices.Contains(lives, true):
		return no
	}
	return maybe
}

// isAnchored reports whether an expression matches only at the beginning of a line.
func isAnchored(re *regexp.Regexp) bool {
	return strings.HasPrefix(re.String(), "^") && !strings.Contains(re.String(), "|")
}

// cutHole cuts a text before its first hole.
func cutHole(s sym) (head, rest sym) {
	i := slices.IndexFunc(s, func(p piece) bool { return p.unk != nil })
	if i < 0 {
		return s, nil
	}
	return s[:i], s[i:]
}

// maxHoledLine bounds the length of the text before a hole in which matches are sought.
const maxHoledLine = 2000

// livesIn tells for each place of a text whether a match that begins there may go on in what
// follows the text.
func livesIn(re *regexp.Regexp, s string) []bool {
	lives := make([]bool, max(1, len(s)))
	flags := syntax.POSIX
	if strings.HasPrefix(re.String(), "(?i:") {
		flags = syntax.Perl
	}
	tree, err := syntax.Parse(re.String(), flags)
	var prog *syntax.Prog
	if err == nil {
		prog, err = syntax.Compile(tree.Simplify())
	}
	for i := range lives {
		lives[i] = err != nil || len(s) > maxHoledLine || (&threads{prog: prog, text: s}).live(i)
	}
	return lives
}

// threads are the ways in which an expression may match from one place on.
type threads struct {
	prog *syntax.Prog
	text string
	seen map[uint32]bool
	at   []uint32 // instructions that wait for a rune
	edge bool     // something depends on what follows the text
}

// live reports whether a match from byte i on may go beyond the end of the text.
func (w *threads) live(i int) bool {
	w.step([]uint32{uint32(w.prog.Start)}, i)
	for j, r := range w.text[i:] {
		var next []uint32
		for _, pc := range w.at {
			if inst := &w.prog.Inst[pc]; inst.MatchRune(r) {
				next = append(next, inst.Out)
			}
		}
		if len(next) == 0 {
			return false
		}
		w.step(next, i+j+len(string(r)))
	}
	return w.edge || len(w.at) > 0 && w.text != ""
}

// step follows what takes no rune.
func (w *threads) step(from []uint32, at int) {
	w.seen, w.at = map[uint32]bool{}, nil
	for _, pc := range from {
		w.follow(pc, at)
	}
}

func (w *threads) follow(pc uint32, at int) {
	if w.seen[pc] {
		return
	}
	w.seen[pc] = true
	switch inst := &w.prog.Inst[pc]; inst.Op {
	case syntax.InstAlt, syntax.InstAltMatch:
		w.follow(inst.Out, at)
		w.follow(inst.Arg, at)
	case syntax.InstCapture, syntax.InstNop:
		w.follow(inst.Out, at)
	case syntax.InstEmptyWidth:
		begins := syntax.EmptyOp(inst.Arg)&(syntax.EmptyBeginText|syntax.EmptyBeginLine) != 0
		if at >= len(w.text) {
			w.edge = true
			return
		}
		if begins && at == 0 {
			w.follow(inst.Out, at)
		}
	case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
		w.at = append(w.at, pc)
	}
}

// around substitutes in a line with holes. Where a match may touch a hole, the rest of the
// line is one hole.
func (c *sedCommand) around(line sym, loose bool, args []sym) sym {
	head, rest := cutHole(line)
	out, n, torn := c.inText(head, true, true, args)
	switch {
	case torn:
		return append(out, c.lost(line)...)
	case n > 0 && !c.global && !loose, isAnchored(c.re) && !loose:
		return cat(out, rest)
	}
	sure := c.global || !loose
	for len(rest) > 0 {
		hole := rest[:1]
		head, rest = cutHole(rest[1:])
		if c.mayTouch(head, len(rest) > 0) {
			out = append(out, c.lost(line)...)
			if len(rest) > 0 || !closes(shownText(head)) {
				head = nil
			}
			return cat(out, head)
		}
		if c.mayBeIn(hole) {
			hole, sure = c.lost(hole), c.global
		}
		text, n, torn := c.inText(head, len(rest) > 0, sure, args)
		if torn {
			return append(out, c.lost(line)...)
		}
		out = append(append(out, hole...), text...)
		if n > 0 && sure && !c.global {
			return cat(out, rest)
		}
	}
	return cat(out)
}

// lost is what a hole is where the command may have changed it.
func (c *sedCommand) lost(s sym) sym {
	for _, p := range c.with {
		s = append(slices.Clone(s), p.hole...)
	}
	return unknownFrom(s)
}

// mayBeIn reports whether there may be a match in a hole.
func (c *sedCommand) mayBeIn(hole sym) bool {
	want, literal := literalOf(c.re)
	if alts := hole[0].unk.alts; literal && len(alts) > 0 {
		return slices.ContainsFunc(alts, func(a sym) bool { return !a.isKnown() || strings.Contains(shownText(a), want) })
	}
	return !literal || isPlainText(want) || !hole.isPlain()
}

// literalOf gives the only text that an expression matches.
func literalOf(re *regexp.Regexp) (string, bool) {
	want, all := re.LiteralPrefix()
	return want, all && want != "" && !strings.Contains(re.String(), "^")
}

// mayTouch reports whether a match that begins in a hole may end in the text behind it, which
// another hole may follow.
func (c *sedCommand) mayTouch(text sym, more bool) bool {
	want, literal := literalOf(c.re)
	t := shownText(text)
	if !literal {
		return true
	}
	for i := 1; i < len(want); i++ {
		if strings.HasPrefix(t, want[i:]) {
			return true
		}
	}
	return more && t != "" && strings.Contains(want, t)
}

// closes reports whether a text only ends what stands before it. Without it no deploy survives,
// and no value is in it.
func closes(s string) bool { return strings.Trim(s, "\"'}], ") == "" }

// inText substitutes in a known text. Of one that a hole follows only up to where a match may
// go on in the hole; then it is torn. Where it is not sure which match is the first one, that
// one is either replaced or not.
func (c *sedCommand) inText(s sym, open, sure bool, args []sym) (out sym, n int, torn bool) {
	t := shownText(s)
	lives := make([]bool, len(t)+1)
	if open {
		copy(lives, livesIn(c.re, t))
	}
	at := 0
	for _, m := range c.re.FindAllStringSubmatchIndex(t, -1) {
		if m[0] >= len(t) || slices.Contains(lives[at:m[0]+1], true) || n > 0 && (!c.global || c.empty) {
			break
		}
		out = append(out, s.sliceOrNil(at, m[0])...)
		with := c.replacement(s, m, args)
		if !sure {
			with = oneOfTwo(with, s.slice(m[0], m[1]))
		}
		out = append(out, with...)
		n, at = n+1, m[1]
	}
	if live := slices.Index(lives[at:], true); live >= 0 && (c.global || n == 0 || !sure) {
		return append(out, s.sliceOrNil(at, at+live)...), n, true
	}
	return append(out, s.sliceOrNil(at, len(t))...), n, false
}

// oneOfTwo is one of two texts.
func oneOfTwo(a, b sym) sym {
	if a.isKnown() && b.isKnown() {
		return choose(cat(a), cat(b))
	}
	return unknownFrom(a, b)
}

// inverted is the answer, or the other one.
func (t tri) inverted(other bool) tri {
	if other {
		return t.not()
	}
	return t
}
