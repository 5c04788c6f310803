package schema

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// keyword checks the value of a keyword.
func (d *document) keyword(key string, value any, pointer string, in *resource, depth int) {
	shape := shapeOf(key, d.draft)
	if shape >= schemaOnly {
		d.holder(shape, value, below(pointer, key), in, depth+1)
		return
	}
	switch d.fits(shape, value) {
	case Broken:
		d.refused = true
	case NotKnown:
		d.odd = true
	}
}

// holder checks a keyword whose value holds schemas.
func (d *document) holder(s shape, value any, pointer string, in *resource, depth int) {
	array, isArray := value.([]any)
	object, isObject := value.(map[string]any)
	_, isFlag := value.(bool)
	switch {
	case s == unusual:
		d.odd = true
	case s == namesMap:
		for _, list := range object {
			d.mustHave(isDifferentTexts(list))
		}
		d.mustHave(isObject)
	case s == schemaOrFlag && isFlag:
		d.seen[pointer] = true
	case s == schemaOnly, s == schemaOrFlag, s == schemaOrSchemas && !isArray:
		d.schema(value, pointer, in, depth)
	case s == schemas, s == schemaOrSchemas:
		for i, item := range array {
			d.schema(item, below(pointer, strconv.Itoa(i)), in, depth)
		}
		d.mustHave(len(array) > 0)
	default:
		d.mapOf(s, object, pointer, in, depth)
		d.mustHave(isObject)
	}
}

func (d *document) mustHave(ok bool) { d.refused = d.refused || !ok }

func (d *document) mapOf(s shape, object map[string]any, pointer string, in *resource, depth int) {
	for key, value := range object {
		if _, isArray := value.([]any); isArray && s == dependencyMap {
			d.mustHave(isDifferentTexts(value) && (d.draft != 4 || len(value.([]any)) > 0))
			continue
		}
		if s == patternMap {
			d.mustCompile(key)
		}
		d.schema(value, below(pointer, key), in, depth)
	}
}

func (d *document) mustCompile(text string) {
	switch p := d.patterns.compile(text); {
	case p == nil:
		d.odd = true
	case p.regexp == nil:
		d.refused = true
	}
}

// fits checks a value that holds no schema.
func (d *document) fits(s shape, value any) Answer {
	text, isText := value.(string)
	array, isArray := value.([]any)
	switch s {
	case textual:
		return truth(isText)
	case reference, identifier, anchorName:
		return and(truth(isText), fitsName(s, text))
	case flag:
		_, ok := value.(bool)
		return truth(ok)
	case numeric, positive, counting:
		return fitsNumber(s, value)
	case listing:
		return truth(isArray)
	case choices:
		return and(truth(len(array) > 0), d.different(array))
	case names:
		return truth(isDifferentTexts(value))
	case someNames:
		return truth(isDifferentTexts(value) && len(array) > 0)
	case types:
		return truth(isType(value) || len(array) > 0 && isDifferentTexts(value) && !slices.ContainsFunc(array, func(v any) bool { return !isType(v) }))
	case expression:
		if isText {
			d.mustCompile(text)
		}
		return truth(isText)
	}
	return Holds
}

func fitsName(s shape, text string) Answer {
	switch s {
	case identifier:
		if at := strings.IndexByte(text, '#'); at >= 0 && at != len(text)-1 {
			return Broken
		}
	case anchorName:
		if isAnchor(text) && (text[0] == '_' || strings.ContainsRune(text, ':')) {
			return NotKnown // of one draft alone
		}
		return truth(isAnchor(text))
	}
	if isURIReference(text) != Holds {
		return NotKnown // what a URI is changes with the library
	}
	return Holds
}

// isAnchor takes what any draft allows.
func isAnchor(text string) bool {
	for i, c := range []byte(text) {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_'
		if !letter && (i == 0 || !('0' <= c && c <= '9' || strings.IndexByte("-.:", c) >= 0)) {
			return false
		}
	}
	return text != ""
}

func fitsNumber(s shape, value any) Answer {
	if numeral(value) == "" {
		return Broken
	}
	n := exact(value)
	switch {
	case n == nil:
		return NotKnown
	case s == positive:
		return truth(n.Sign() > 0)
	case s == counting && (!n.IsInt() || n.Sign() < 0):
		return Broken
	case s == counting && n.Num().BitLen() > 31:
		return NotKnown
	}
	return Holds
}

func isType(v any) bool {
	name, ok := v.(string)
	return ok && kindNamed(name) != 0
}

func isDifferentTexts(value any) bool {
	array, ok := value.([]any)
	found := map[string]bool{}
	for _, item := range array {
		text, isText := item.(string)
		if !isText || found[text] {
			return false
		}
		found[text] = true
	}
	return ok
}

// different reports whether no two values are equal.
func (d *document) different(array []any) Answer {
	found := map[string]bool{}
	for _, item := range array {
		text, ok := d.steps.print(item)
		if !ok {
			return NotKnown
		}
		if found[text] {
			return Broken
		}
		found[text] = true
	}
	return Holds
}

// keysOf gives the keys in order.
func keysOf[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
