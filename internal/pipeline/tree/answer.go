package tree

// Answer is what a condition gives: it may be that nobody can tell.
type Answer uint8

// The answers. The zero value is the one that claims nothing.
const (
	Maybe Answer = iota
	No
	Yes
)

// AnswerOf is the answer that is certain.
func AnswerOf(b bool) Answer {
	if b {
		return Yes
	}
	return No
}

// Not turns a certain answer round.
func (a Answer) Not() Answer {
	switch a {
	case Yes:
		return No
	case No:
		return Yes
	}
	return Maybe
}

// And is certain as soon as one side says no.
func (a Answer) And(b Answer) Answer {
	switch {
	case a == No || b == No:
		return No
	case a == Yes && b == Yes:
		return Yes
	}
	return Maybe
}

// Or is certain as soon as one side says yes.
func (a Answer) Or(b Answer) Answer { return a.Not().And(b.Not()).Not() }
