package schema

import (
	"net/url"
	"strconv"
	"strings"
)

// object is a schema that is being compiled.
type object struct {
	*compiler
	from    map[string]any
	pointer string
	in      *resource
	rules   *rules
}

func splitReference(ref string) (string, string, error) {
	ref, fragment, _ := strings.Cut(ref, "#")
	fragment, err := url.PathUnescape(fragment)
	return ref, fragment, err
}

// compile takes the keywords that the library takes in this draft. Of what stands beside
// $ref in an old draft, that is const and what holds schemas of drafts 6 and 7.
func (o *object) compile() {
	if ref, ok := o.from["$ref"].(string); ok {
		o.rules.ref = o.reference(ref, o.in)
	}
	if o.rules.ref == nil || o.rules.draft >= 2019 {
		o.combinations()
		o.objects()
		o.values()
	}
	if o.rules.draft >= 6 {
		o.rules.array.contains = o.schema("contains")
		o.rules.object.names = o.schema("propertyNames")
		o.rules.constant, o.rules.hasConst = o.from["const"]
	}
	if o.rules.draft >= 7 {
		o.conditions()
	}
	if o.rules.draft >= 2019 {
		o.modern()
	}
	o.items()
}

func (o *object) schema(key string) *rules {
	value, ok := o.from[key]
	if !ok {
		return nil
	}
	return o.at(below(o.pointer, key), value)
}

func (o *object) schemas(key string) []*rules {
	array, _ := o.from[key].([]any)
	var out []*rules
	for i, value := range array {
		out = append(out, o.at(below(o.pointer, key, strconv.Itoa(i)), value))
	}
	return out
}

func (o *object) count(key string) *int {
	value, ok := o.from[key]
	if !ok {
		return nil
	}
	return count(value)
}

func texts(value any) []string {
	array, _ := value.([]any)
	var out []string
	for _, v := range array {
		if text, ok := v.(string); ok {
			out = append(out, text)
		}
	}
	return out
}

func (o *object) combinations() {
	r := o.rules
	r.allOf, r.anyOf, r.oneOf = o.schemas("allOf"), o.schemas("anyOf"), o.schemas("oneOf")
	r.not = o.schema("not")
}

func (o *object) conditions() {
	r := o.rules
	if r.cond = o.schema("if"); r.cond == nil {
		return
	}
	flag, isFlag := o.from["if"].(bool)
	if !isFlag || flag {
		r.then = o.schema("then")
	}
	if !isFlag || !flag {
		r.other = o.schema("else")
	}
}

func (o *object) objects() {
	out := &o.rules.object
	if properties, ok := o.from["properties"].(map[string]any); ok {
		out.properties = map[string]*rules{}
		for key, value := range properties {
			out.properties[key] = o.at(below(o.pointer, "properties", key), value)
		}
	}
	properties, _ := o.from["patternProperties"].(map[string]any)
	for _, text := range keysOf(properties) {
		o.doc.mustCompile(text)
		if p := o.doc.patterns.compile(text); p != nil && p.regexp != nil {
			out.patterns = append(out.patterns, patternRules{p, o.at(below(o.pointer, "patternProperties", text), properties[text])})
		}
	}
	out.additional = o.schema("additionalProperties")
	dependencies, _ := o.from["dependencies"].(map[string]any)
	for _, key := range keysOf(dependencies) {
		d := dependency{keyword: "dependencies", key: key, required: texts(dependencies[key])}
		if _, isArray := dependencies[key].([]any); !isArray {
			d.rules = o.at(below(o.pointer, "dependencies", key), dependencies[key])
		}
		out.dependent = append(out.dependent, d)
	}
	out.minProperties, out.maxProperties = o.count("minProperties"), o.count("maxProperties")
	out.required = texts(o.from["required"])
}

// values takes what is asked of values that have no parts.
func (o *object) values() {
	r := o.rules
	if name, ok := o.from["type"].(string); ok {
		r.types = kindNamed(name)
	}
	for _, name := range texts(o.from["type"]) {
		r.types |= kindNamed(name)
	}
	o.enum()
	o.numbers()
	r.minLength, r.maxLength = o.count("minLength"), o.count("maxLength")
	if text, ok := o.from["pattern"].(string); ok {
		o.doc.mustCompile(text)
		r.pattern = o.doc.patterns.compile(text)
	}
	if r.draft < 2019 {
		r.format, _ = o.from["format"].(string)
	}
	a := &r.array
	a.minItems, a.maxItems = o.count("minItems"), o.count("maxItems")
	a.unique, _ = o.from["uniqueItems"].(bool)
}

func (o *object) enum() {
	r := o.rules
	r.enum, r.hasEnum = o.from["enum"].([]any)
	r.enumText = map[string]bool{}
	for _, value := range r.enum {
		text, ok := o.doc.steps.print(value)
		if !ok {
			o.doc.odd = true
		}
		r.enumText[text] = true
	}
}

func (o *object) numbers() {
	for _, side := range []struct {
		plain, strict string
		sign          int
	}{{"minimum", "exclusiveMinimum", -1}, {"maximum", "exclusiveMaximum", 1}} {
		if limit, ok := o.from[side.plain]; ok {
			b := bound{keyword: side.plain, limit: exact(limit), sign: side.sign}
			if b.strict, _ = o.from[side.strict].(bool); b.strict {
				b.keyword = side.strict
			}
			o.rules.bounds = append(o.rules.bounds, b)
		}
		if limit, ok := o.from[side.strict]; ok && numeral(limit) != "" {
			o.rules.bounds = append(o.rules.bounds, bound{keyword: side.strict, limit: exact(limit), sign: side.sign, strict: true})
		}
	}
	if of, ok := o.from["multipleOf"]; ok {
		o.rules.multipleOf = exact(of)
	}
}

func (o *object) modern() {
	r := o.rules
	if ref, ok := o.from["$recursiveRef"].(string); ok {
		r.later, r.laterKeyword = append(r.later, o.recursive(ref, o.in)), append(r.laterKeyword, "$recursiveRef")
	}
	if ref, ok := o.from["$dynamicRef"].(string); ok && r.draft >= 2020 {
		r.later, r.laterKeyword = append(r.later, o.dynamic(ref, o.in)), append(r.laterKeyword, "$dynamicRef")
	}
	if r.array.contains != nil {
		r.array.minContains, r.array.maxContains = o.count("minContains"), o.count("maxContains")
	}
	required, _ := o.from["dependentRequired"].(map[string]any)
	for _, key := range keysOf(required) {
		r.object.dependent = append(r.object.dependent, dependency{keyword: "dependentRequired", key: key, required: texts(required[key])})
	}
	dependent, _ := o.from["dependentSchemas"].(map[string]any)
	for _, key := range keysOf(dependent) {
		d := dependency{keyword: "dependentSchemas", key: key, rules: o.at(below(o.pointer, "dependentSchemas", key), dependent[key])}
		r.object.dependent = append(r.object.dependent, d)
	}
	r.array.unevaluated, r.object.unevaluated = o.schema("unevaluatedItems"), o.schema("unevaluatedProperties")
}

func (o *object) items() {
	a := &o.rules.array
	_, isArray := o.from["items"].([]any)
	switch {
	case o.rules.draft >= 2020:
		a.prefixKeyword, a.prefix = "prefixItems", o.schemas("prefixItems")
		a.restKeyword, a.rest = "items", o.schema("items")
	case o.rules.ref != nil && o.rules.draft < 2019:
	case isArray:
		a.prefixKeyword, a.prefix = "items", o.schemas("items")
		a.restKeyword, a.rest = "additionalItems", o.schema("additionalItems")
	default:
		a.restKeyword, a.rest = "items", o.schema("items")
	}
}
