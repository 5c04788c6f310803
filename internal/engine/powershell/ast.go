package powershell

import "github.com/keyfit/keyfit/internal/session"

// extent is a stretch of the script's characters.
type extent struct{ from, to int }

func (e extent) where() extent { return e }

// expr is an expression, or a word of a command line.
type expr interface{ where() extent }

// part is a piece of a string: characters as they stand, the end of a line, or what is
// expanded there.
type part struct {
	chars []session.Char
	line  bool
	inner expr
}

// The kinds of expressions.
type (
	// stringExpr is a string, or a bare word.
	stringExpr struct {
		extent
		parts []part
		bare  bool
	}
	variable struct {
		extent
		scope, name string // the scope in lower case: "env", "script", …, or none
		braced      bool
	}
	number struct {
		extent
		text string
	}
	typeExpr struct {
		extent
		name string // in lower case, without "system."
	}
	cast struct {
		extent
		to string
		x  expr
	}
	member struct {
		extent
		of     expr
		name   string // in lower case
		static bool
		call   bool
		args   []expr
	}
	index struct {
		extent
		of, at expr
	}
	unary struct {
		extent
		op string // in lower case, without the dash of an operator of letters
		x  expr
	}
	binary struct {
		extent
		op   string
		x, y expr
	}
	list struct {
		extent
		items []expr
		bare  bool // of a command line, with nothing between the items but a comma
	}
	// group is (…), $(…) or @(…).
	group struct {
		extent
		open string
		body []stmt
	}
	hash struct {
		extent
		values []stmt
		keys   []expr
	}
	closure struct {
		extent
		body *scriptBlock
	}
	splat struct {
		extent
		name string
	}
)

// stmt is a statement.
type stmt interface{ where() extent }

// The kinds of statements.
type (
	assignment struct {
		extent
		target expr
		op     string // "=", "+=", …
		value  stmt
	}
	pipeline struct {
		extent
		elems      []element
		background bool
	}
	chain struct {
		extent
		x, y stmt
		op   string // "&&" or "||"
	}
	ifStmt struct {
		extent
		clauses []clause
		rest    []stmt
	}
	// loop is foreach, for, while, do or switch: what is done any number of times.
	loop struct {
		extent
		kind     string
		variable expr
		over     []stmt // what stands in its head, in order
		bodies   [][]stmt
	}
	tryStmt struct {
		extent
		body    []stmt
		catches [][]stmt
		finally []stmt
	}
	jump struct {
		extent
		kind  string // return, exit, throw, break, continue
		value stmt   // or nil
	}
	function struct {
		extent
		name string // in lower case
		body *scriptBlock
	}
)

type clause struct {
	cond stmt
	body []stmt
}

// scriptBlock is the body of a script, a function or a closure.
type scriptBlock struct {
	params  []param
	stmts   []stmt
	strange bool // it has begin, process or end blocks, or is otherwise none that is simply run
}

type param struct {
	name string // in lower case
	typ  string
	def  expr // or nil
}

// element is one command of a pipeline, or the expression at its beginning.
type element struct {
	extent
	x      expr   // of an expression
	op     string // "&", "." or none
	words  []word
	redirs []redirection
}

// word is one word of a command line.
type word struct {
	extent
	x expr // the value; nil for a parameter without one
	// param is what stands there of a parameter, dash and colon included: "-Path", "-p:".
	param string
	tight bool // nothing stands between param and the value
	// glued says that the word begins where the one before it ends, without a blank.
	glued bool
	// verbatim is the rest of the line behind --%.
	verbatim bool
}

type redirection struct {
	extent
	from   byte // '1' … '6', '*'
	append bool
	merge  bool // into another stream
	target expr
}
