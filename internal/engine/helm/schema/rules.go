package schema

import "math/big"

// rules is a schema that is ready to be asked.
type rules struct {
	// open is set when nothing is known of them, such as those that lie elsewhere.
	open   bool
	always Answer // of true and false; NotKnown of others
	draft  int

	ref          *rules
	later        []*rules // what $recursiveRef and $dynamicRef lead to
	laterKeyword []string

	types    kinds
	hasEnum  bool
	enum     []any
	enumText map[string]bool // the same, printed
	hasConst bool
	constant any

	format string

	allOf, anyOf, oneOf []*rules
	not                 *rules
	cond, then, other   *rules

	object objectRules
	array  arrayRules

	minLength, maxLength *int
	pattern              *pattern

	bounds     []bound
	multipleOf *big.Rat
}

// bound is a keyword that limits a number.
type bound struct {
	keyword string
	limit   *big.Rat
	// sign is that of (number - limit) which is not allowed; strict forbids 0 as well.
	sign   int
	strict bool
}

type objectRules struct {
	minProperties, maxProperties *int
	required                     []string
	properties                   map[string]*rules
	patterns                     []patternRules
	additional                   *rules
	names                        *rules
	dependent                    []dependency
	unevaluated                  *rules
}

type patternRules struct {
	pattern *pattern
	rules   *rules
}

// dependency is what holds as soon as a key is there.
type dependency struct {
	keyword, key string
	required     []string
	rules        *rules
}

type arrayRules struct {
	minItems, maxItems       *int
	unique                   bool
	prefix                   []*rules
	prefixKeyword            string
	rest                     *rules // of the items behind the prefix
	restKeyword              string
	contains                 *rules
	minContains, maxContains *int
	unevaluated              *rules
}
