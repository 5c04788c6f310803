package shell

import "mvdan.cc/sh/v3/syntax"

// caseClause tries the patterns in turn. Where one may match, both ways are followed.
func (sh *shell) caseClause(st *state, c *syntax.CaseClause) {
	subject := sh.word(st, c.Word)
	if st.dead {
		return
	}
	sh.caseItems(st, subject, c.Items, 0)
}

// caseItems tries the items from the i-th on.
func (sh *shell) caseItems(st *state, subject sym, items []*syntax.CaseItem, i int) {
	for ; i < len(items) && !st.dead; i++ {
		t := sh.caseMatches(st, subject, items[i])
		if t == no {
			continue
		}
		if t == yes {
			sh.caseBody(st, subject, items, i)
			return
		}
		if !sh.m.tick(sh.src.span(items[i])) {
			return
		}
		other := st.clone()
		sh.m.mayFollow(true, func() {
			sh.caseBody(st, subject, items, i)
			sh.caseItems(other, subject, items, i+1)
		})
		replace(st, st.clone(), other)
		return
	}
	st.status = exited(0)
}

func (sh *shell) caseMatches(st *state, subject sym, item *syntax.CaseItem) tri {
	out := no
	for _, p := range item.Patterns {
		out = out.or(sh.match(st, subject, sh.pattern(st, p), false))
		if out == yes {
			return yes
		}
	}
	return out
}

func (sh *shell) caseBody(st *state, subject sym, items []*syntax.CaseItem, i int) {
	for {
		if len(items[i].Stmts) == 0 {
			st.status = exited(0)
		}
		sh.stmts(st, items[i].Stmts)
		if st.dead || i+1 >= len(items) {
			return
		}
		switch items[i].Op {
		case syntax.Fallthrough:
			i++
		case syntax.Resume:
			sh.caseItems(st, subject, items, i+1)
			return
		default:
			return
		}
	}
}
