package terraform

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// difference is a place where the evaluator and a tool do not agree.
type difference struct {
	path string
	what differs
	text string
}

type differs uint8

const (
	wrong  differs = iota // known here, and another value there
	hidden                // unknown only here
	early                 // known here, and unknown there
)

// comparison collects differences, and counts the values that are equal.
type comparison struct {
	found                []difference
	known, unknown, only int // leaves
}

func (c *comparison) add(path string, what differs, format string, args ...any) {
	c.found = append(c.found, difference{path, what, fmt.Sprintf(format, args...)})
}

func (c *comparison) of(what differs) []difference {
	return slices.DeleteFunc(slices.Clone(c.found), func(d difference) bool { return d.what != what })
}

// ours is a result in the shape of a truth.
func ours(r Result) map[string]cty.Value {
	out := map[string]cty.Value{}
	for _, o := range r.Outputs {
		out["output."+o.Name] = o.Value
	}
	for _, in := range r.Instances {
		if in.Managed {
			for _, name := range []string{"input", "triggers_replace"} {
				out[in.Address+"."+name] = in.Attr(name)
			}
		}
	}
	return out
}

// against holds a result against the truth. One instance "[?]" stands for any number.
func against(r Result, real truth) *comparison {
	c := &comparison{}
	mine := ours(r)
	for _, path := range sortedKeys(mine) {
		f, ok := real[path]
		v, _ := mine[path].UnmarkDeep()
		switch {
		case strings.Contains(path, "[?]"):
			if leavesKnown(v) {
				c.add(path, wrong, "known, of instances that may not be there")
			}
		case !ok && strings.HasPrefix(path, "output.") && v.IsKnown() && v.IsNull(): // the tool does not keep it
		case !ok:
			c.add(path, wrong, "is not there in the tool")
		default:
			c.value(path, v, f.value, f.unknown)
			c.kind(path, v, f)
		}
	}
	for _, path := range sortedKeys(real) {
		if _, ok := mine[path]; ok {
			continue
		}
		if general := generalized(path, mine); general != "" {
			c.only++
			c.add(general, hidden, "the number of instances is not known")
			continue
		}
		c.add(path, wrong, "is there in the tool only")
	}
	return c
}

// generalized finds the instance "[?]" that stands for an address.
func generalized(path string, mine map[string]cty.Value) string {
	shape := func(s string) string {
		var out strings.Builder
		for s != "" {
			before, rest, ok := strings.Cut(s, "[")
			out.WriteString(before)
			if !ok {
				break
			}
			_, s, _ = strings.Cut(rest, "]")
		}
		return out.String()
	}
	for name := range mine {
		if strings.Contains(name, "[?]") && shape(name) == shape(path) {
			return name
		}
	}
	return ""
}

// leavesKnown reports whether anything within a value is known.
func leavesKnown(v cty.Value) bool {
	found := false
	_ = cty.Walk(v, func(_ cty.Path, el cty.Value) (bool, error) {
		if el.IsKnown() && (el.IsNull() || el.Type().IsPrimitiveType() || el.CanIterateElements() && el.LengthInt() == 0) {
			found = true
		}
		return el.IsKnown() && !found, nil
	})
	return found
}

// value compares one value; unknown is what the tool says of what is not known in it.
func (c *comparison) value(path string, v cty.Value, after, unknown any) {
	switch {
	case unknown == true && leavesKnown(v):
		c.add(path, early, "is %s, and unknown in the tool", printed(v))
		return
	case unknown == true:
		c.unknown++
		return
	case !v.IsKnown():
		c.only++
		c.add(path, hidden, "is %s in the tool", jsonOf(after))
		return
	case v.IsNull() || after == nil:
		if v.IsNull() != (after == nil) {
			c.add(path, wrong, "is %s, and %s in the tool", printed(v), jsonOf(after))
		}
		c.known++
		return
	}
	switch t := v.Type(); {
	case t.IsObjectType() || t.IsMapType():
		c.attributes(path, v, after, unknown)
	case t.IsTupleType() || t.IsListType():
		c.elements(path, v, after, unknown)
	case t.IsSetType() && !v.IsWhollyKnown():
		if list, ok := after.([]any); !ok || len(list) != v.LengthInt() {
			c.add(path, wrong, "is a set of another size than %s in the tool", jsonOf(after))
		}
		c.unknown++
	default:
		c.known++
		if !reflect.DeepEqual(plainOf(v), after) {
			c.add(path, wrong, "is %s, and %s in the tool", printed(v), jsonOf(after))
		}
	}
}

func (c *comparison) attributes(path string, v cty.Value, after, unknown any) {
	real, ok := after.(map[string]any)
	if !ok {
		c.add(path, wrong, "is %s, and %s in the tool", printed(v), jsonOf(after))
		return
	}
	missing, _ := unknown.(map[string]any)
	mine := v.AsValueMap()
	for _, name := range sortedKeys(mine) {
		if name == sentinel {
			continue
		}
		el, known := real[name]
		if !known && missing[name] == nil {
			c.add(path+"."+name, wrong, "is not there in the tool")
			continue
		}
		c.value(path+"."+name, mine[name], el, missing[name])
	}
	for _, name := range sortedKeys(real) {
		if _, ok := mine[name]; !ok {
			c.add(path+"."+name, wrong, "is there in the tool only")
		}
	}
}

func (c *comparison) elements(path string, v cty.Value, after, unknown any) {
	real, ok := after.([]any)
	if !ok || len(real) != v.LengthInt() {
		c.add(path, wrong, "is %s, and %s in the tool", printed(v), jsonOf(after))
		return
	}
	missing, _ := unknown.([]any)
	for i, el := range v.AsValueSlice() {
		var m any
		if i < len(missing) {
			m = missing[i]
		}
		c.value(fmt.Sprintf("%s[%d]", path, i), el, real[i], m)
	}
}

// kind compares the types of what is wholly known: a list is no tuple.
func (c *comparison) kind(path string, v cty.Value, f fact) {
	if f.kind == "" || !v.IsWhollyKnown() || v.IsNull() || f.unknown != nil && f.unknown != false {
		return
	}
	var mine, real any
	text, err := ctyjson.MarshalType(v.Type())
	if err != nil || json.Unmarshal(text, &mine) != nil || json.Unmarshal([]byte(f.kind), &real) != nil {
		c.add(path, wrong, "has a type that cannot be read")
		return
	}
	if !reflect.DeepEqual(mine, real) {
		c.add(path, wrong, "has the type %s, and %s in the tool", text, f.kind)
	}
}

// plainOf is a known value as JSON has it.
func plainOf(v cty.Value) any {
	var out any
	if text, err := ctyjson.Marshal(v, v.Type()); err != nil || json.Unmarshal(text, &out) != nil {
		return err
	}
	return out
}

func printed(v cty.Value) string {
	if !v.IsWhollyKnown() {
		return fmt.Sprintf("%#v", v)
	}
	return jsonOf(plainOf(v))
}

func jsonOf(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
