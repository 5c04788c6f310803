package shell

// testCommand is test and [.
func (sh *shell) testCommand(st *state, inv invocation) {
	name, _ := inv.name()
	args := inv.args.from(1)
	if !args.sure() {
		st.status = status{}
		return
	}
	list := args.list
	if name == "[" {
		if len(list) == 0 || !list[len(list)-1].is("]") {
			st.status = exited(2)
			return
		}
		list = list[:len(list)-1]
	}
	if !sh.bash && len(list) == 3 && list[1].is("==") {
		sh.m.problem(inv.at, "not every sh knows == in "+name, "write =")
		st.status = status{}
		if !sh.any {
			st.status = exited(2)
		}
		return
	}
	st.status = truth(sh.testArgs(st, list))
}

// testArgs follows the rules of POSIX, which go by the number of arguments.
func (sh *shell) testArgs(st *state, a []sym) tri {
	switch len(a) {
	case 0:
		return no
	case 1:
		return lengthTest(a[0]).not()
	case 2:
		return sh.testTwo(st, a)
	case 3:
		if op, ok := a[1].known(); ok && isBinaryOp(op) {
			if op == "==" && !sh.bash {
				return maybe
			}
			return sh.binaryTest(st, a[0], op, a[2])
		}
	}
	return sh.testLong(st, a)
}

func (sh *shell) testTwo(st *state, a []sym) tri {
	op, ok := a[0].known()
	switch {
	case !ok:
		return maybe
	case op == "!":
		return lengthTest(a[1]).not().not()
	case isUnaryOp(op):
		return sh.unaryTest(st, op, a[1])
	}
	return maybe
}

func (sh *shell) testLong(st *state, a []sym) tri {
	if len(a) > 200 {
		return maybe
	}
	if len(a) == 3 || len(a) == 4 {
		if a[0].is("!") {
			return sh.testArgs(st, a[1:]).not()
		}
		if a[0].is("(") && a[len(a)-1].is(")") {
			return sh.testArgs(st, a[1:len(a)-1])
		}
	}
	for _, join := range []string{"-o", "-a"} {
		for i := 1; i < len(a)-1; i++ {
			if !a[i].is(join) || !complete(a[:i]) {
				continue
			}
			left, right := sh.testArgs(st, a[:i]), sh.testArgs(st, a[i+1:])
			if join == "-o" {
				return left.or(right)
			}
			return left.and(right)
		}
	}
	return maybe
}

// complete reports whether words look like a whole condition, so that -a behind them
// joins two of them.
func complete(a []sym) bool {
	last := a[len(a)-1]
	if t, ok := last.known(); !ok || isUnaryOp(t) || isBinaryOp(t) || t == "!" {
		return !ok
	}
	return true
}

func isUnaryOp(op string) bool {
	switch op {
	case "-z", "-n", "-e", "-f", "-d", "-r", "-w", "-x", "-s", "-L", "-h", "-p", "-S", "-b", "-c", "-t", "-v", "-g", "-u", "-k", "-O", "-G":
		return true
	}
	return false
}

func isBinaryOp(op string) bool {
	switch op {
	case "=", "==", "!=", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "<", ">", "-nt", "-ot", "-ef", "-a", "-o":
		return true
	}
	return false
}
