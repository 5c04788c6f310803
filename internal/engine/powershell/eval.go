package powershell

import (
	"strings"

	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/session"
	"github.com/keyfit/keyfit/internal/strict"
)

// eval gives the value of an expression, and does what is done on the way.
func (f *follower) eval(st *state, x expr) value {
	if !f.enter(x.where()) {
		return unsupported("an expression that nests less deeply")
	}
	defer f.leave()
	switch x := x.(type) {
	case stringExpr:
		return textOf(f.text(st, x))
	case variable:
		return f.variable(st, x)
	case number:
		if x.text == "" {
			return unsupported("the text of a number")
		}
		return numberOf(x.text)
	case list:
		var items []value
		for _, item := range x.items {
			items = append(items, f.eval(st, item))
		}
		return listOf(items)
	case group:
		return f.group(st, x)
	case cast:
		return f.cast(st, x)
	case unary:
		return f.unary(st, x)
	case binary:
		return f.binary(st, x)
	case member:
		return f.member(st, x)
	case index:
		return f.index(st, x)
	case hash:
		for _, v := range x.values {
			f.valueOf(st, v)
		}
	case splat:
		return st.lookVar(strings.ToLower(x.name))
	}
	return unsupported("what this expression of PowerShell gives")
}

// text puts a string together.
func (f *follower) text(st *state, s stringExpr) session.Text {
	var out []session.Text
	for _, p := range s.parts {
		switch {
		case p.line:
			out = append(out, session.LineEnd())
		case p.inner != nil:
			out = append(out, f.eval(st, p.inner).string(f.separator(st)))
		default:
			out = append(out, f.src.Text(p.chars))
		}
	}
	return session.Cat(out...)
}

// separator is what stands between the items of a collection within a string: $OFS.
func (f *follower) separator(st *state) string {
	v, ok := st.vars["ofs"]
	if !ok && st.wild == nil {
		return " "
	}
	if text, known := v.scalar(); ok && known {
		return text
	}
	return " "
}

func (f *follower) variable(st *state, v variable) value {
	name := strings.ToLower(v.name)
	switch v.scope {
	case "env":
		return fromEnv(st.State, v.name)
	case "":
		if name == "psscriptroot" && f.root != nil {
			return textOf(*f.root)
		}
	}
	switch v.scope {
	case "", "global", "local", "script", "private", "variable":
		return st.lookVar(name)
	}
	return unsupported("a variable of another session")
}

// group is what the statements within brackets give.
func (f *follower) group(st *state, g group) value {
	if g.open == "(" && len(g.body) == 1 {
		return f.valueOf(st, g.body[0])
	}
	v := f.collect(st, g.body)
	if g.open != "@(" || v.kind == listKind {
		return v
	}
	switch v.kind {
	case nullKind:
		return listOf(nil)
	case unknownKind:
		return blurred("how many items a command gives", v)
	}
	return listOf([]value{v})
}

// collect is all that some statements give: nothing, one value, or a list.
func (f *follower) collect(st *state, body []stmt) value {
	var all []value
	for _, s := range body {
		if st.dead {
			break
		}
		v := f.valueOf(st, s)
		if _, assigns := s.(assignment); assigns || v.kind == nullKind {
			continue
		}
		if v.kind == listKind {
			all = append(all, v.items...)
			continue
		}
		all = append(all, v)
	}
	if len(all) == 1 {
		return all[0]
	}
	for _, v := range all {
		if v.kind == unknownKind {
			return blurred("how many items a command gives", all...)
		}
	}
	if len(all) == 0 {
		return null()
	}
	return listOf(all)
}

func (f *follower) cast(st *state, c cast) value {
	v := f.eval(st, c.x)
	switch c.to {
	case "string":
		if v.kind == unknownKind || v.kind == bytesKind {
			return blurred("what becomes of a value as a string", v)
		}
		return textOf(v.string(f.separator(st)))
	case "void":
		return null()
	case "object", "array", "object[]", "string[]":
		if v.kind == listKind {
			return v
		}
	case "bool":
		return v.isTrue().value(v)
	}
	return blurred("what becomes of a value of the type "+strict.Name(c.to), v)
}

func (f *follower) unary(st *state, u unary) value {
	switch u.op {
	case "!", "not":
		v := f.eval(st, u.x)
		return v.isTrue().not().value(v)
	case "++", "--":
		if v, ok := u.x.(variable); ok {
			f.assign(st, v, unsupported("the result of an arithmetic"), u.extent)
		}
		return null()
	case "join":
		v := f.eval(st, u.x)
		if v.kind == listKind {
			return textOf(v.string(""))
		}
		return blurred("what -join gives", v)
	}
	return blurred("what -"+u.op+" gives", f.eval(st, u.x))
}

// index is one item of a list.
func (f *follower) index(st *state, x index) value {
	of, at := f.eval(st, x.of), f.eval(st, x.at)
	digits, ok := at.scalar()
	if of.kind == listKind && ok && at.kind == numberKind && len(digits) < 5 {
		n, negative := 0, strings.HasPrefix(digits, "-")
		for _, c := range strings.TrimPrefix(digits, "-") {
			n = n*10 + int(c-'0')
		}
		if negative {
			n = len(of.items) - n
		}
		if n >= 0 && n < len(of.items) {
			return of.items[n]
		}
		return null()
	}
	return blurred("an item of a value", of, at)
}

// valueOf is what a statement gives when its output is caught.
func (f *follower) valueOf(st *state, s stmt) value {
	switch s := s.(type) {
	case pipeline:
		return f.pipeline(st, s)
	case assignment:
		return f.assignment(st, s)
	case ifStmt:
		return f.choose(st, s, f.collect)
	case loop, tryStmt, chain:
		before := st.Output
		f.statement(st, s)
		v := unsupported("what this statement of PowerShell gives")
		if !st.Output.Is(before) { // some of that was printed, and some was caught
			st.Output = before.Append(v.text)
		}
		return v
	}
	f.statement(st, s)
	return null()
}

func (f *follower) span(e extent) pos.Span {
	from, to := max(0, min(e.from, len(f.chars)-1)), min(e.to, len(f.chars)) // of the end, the last character
	return f.src.Span(f.chars[from:max(from, to)])
}
