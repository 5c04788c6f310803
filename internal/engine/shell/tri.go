package shell

// tri is an answer that may be open. The zero value is the open one.
type tri uint8

const (
	maybe tri = iota
	no
	yes
)

func triOf(b bool) tri {
	if b {
		return yes
	}
	return no
}

func (t tri) not() tri {
	switch t {
	case yes:
		return no
	case no:
		return yes
	}
	return maybe
}

func (t tri) and(u tri) tri {
	switch {
	case t == no || u == no:
		return no
	case t == yes && u == yes:
		return yes
	}
	return maybe
}

func (t tri) or(u tri) tri { return t.not().and(u.not()).not() }

// agree is the answer when it is one of both.
func (t tri) agree(u tri) tri {
	if t == u {
		return t
	}
	return maybe
}

// status is an exit status. The zero value is an unknown one.
type status struct {
	ok    tri // whether it is zero
	code  int // the number, when exact
	exact bool
}

func exited(code int) status { return status{ok: triOf(code == 0), code: code, exact: true} }

// failed is a status that is not zero; which one is not known.
func failed() status { return status{ok: no} }

func truth(t tri) status {
	switch t {
	case yes:
		return exited(0)
	case no:
		return exited(1)
	}
	return status{}
}

func (s status) or(t status) status {
	if s == t {
		return s
	}
	return status{ok: s.ok.agree(t.ok)}
}
