package schema

import "strings"

// compiler makes rules of what can be reached from the root. Only there a reference that
// leads nowhere matters.
type compiler struct {
	doc   *document
	known map[string]*rules // by pointer
	queue []job
	apart bool
}

type job struct {
	pointer string
	value   any
	rules   *rules
}

func (c *compiler) compile(root any) *rules {
	out := c.at("", root)
	for len(c.queue) > 0 && !c.doc.odd {
		next := c.queue[len(c.queue)-1]
		c.queue = c.queue[:len(c.queue)-1]
		c.job(next)
	}
	return out
}

// at gives the rules at a pointer. They are filled in later, as rules may contain
// themselves.
func (c *compiler) at(pointer string, value any) *rules {
	if found := c.known[pointer]; found != nil {
		return found
	}
	c.doc.pay(pointer)
	out := &rules{draft: c.doc.draft}
	c.known[pointer] = out
	c.queue = append(c.queue, job{pointer, value, out})
	return out
}

func (c *compiler) job(j job) {
	if !c.doc.seen[j.pointer] {
		c.late(j)
	}
	in := c.doc.resourceOf(j.pointer)
	if c.known[in.pointer] == nil {
		base, _ := c.doc.lookup(in.pointer)
		c.at(in.pointer, base) // the library compiles it as well
	}
	switch v := j.value.(type) {
	case bool:
		j.rules.always = truth(v)
	case map[string]any:
		if len(v) == 0 {
			j.rules.always = Holds
			return
		}
		o := &object{compiler: c, from: v, pointer: j.pointer, in: in, rules: j.rules}
		o.compile()
	}
}

// late checks what is no schema by its place, but by a reference to it.
func (c *compiler) late(j job) {
	d := c.doc
	_, isObject := j.value.(map[string]any)
	_, isFlag := j.value.(bool)
	if !isObject && !isFlag || d.draft == 2020 && strings.Contains(j.pointer, "/additionalItems") {
		d.odd = true
		return
	}
	c.named(j.pointer)
	d.late = true
	d.schema(j.value, j.pointer, d.resourceOf(j.pointer), 0)
	d.late = false
}

// named notices names on the way to what is no schema by its place: whether they count
// there is not known.
func (c *compiler) named(pointer string) {
	at, ok := c.doc.root, true
	for i := 1; i <= len(pointer) && ok; {
		end := len(pointer)
		if next := strings.IndexByte(pointer[i:], '/'); next >= 0 {
			end = i + next
		}
		at, ok = step(at, pointer[i:end])
		object, _ := at.(map[string]any)
		if object != nil && !c.doc.seen[pointer[:end]] && hasName(object) {
			c.doc.odd = true
		}
		i = end + 1
	}
}

func hasName(object map[string]any) bool {
	return object["id"] != nil || object["$id"] != nil || object["$anchor"] != nil || object["$dynamicAnchor"] != nil
}

// reference gives the rules that a reference leads to; those that lie elsewhere are open.
func (c *compiler) reference(ref string, in *resource) *rules {
	d := c.doc
	ref, fragment, err := splitReference(ref)
	if err != nil {
		d.odd = true
		return &rules{open: true}
	}
	full := d.full(in, ref)
	if d.odd {
		return &rules{open: true}
	}
	target := d.byID[full]
	if full == ownName {
		target = d.resources[""]
	}
	if target == nil {
		return c.elsewhere(full, fragment)
	}
	if d.room -= len(target.pointer) / 4; d.room < 0 {
		d.odd = true
		return &rules{open: true}
	}
	pointer := target.pointer + fragment
	if fragment != "" && !strings.HasPrefix(fragment, "/") {
		var ok bool
		if pointer, ok = target.anchors[fragment]; !ok {
			d.refused = true
			return &rules{open: true}
		}
	}
	value, ok := d.lookup(pointer)
	if !ok {
		d.refused = true
		return &rules{open: true}
	}
	return c.at(pointer, value)
}

// elsewhere is what Helm would fetch. A name of the urn scheme stands for what allows
// everything.
func (c *compiler) elsewhere(full, fragment string) *rules {
	if strings.HasPrefix(full, "urn:") && fragment == "" {
		return &rules{always: Holds}
	}
	c.apart = true
	return &rules{open: true}
}

// dynamic gives what $dynamicRef leads to, where that does not depend on the way there.
func (c *compiler) dynamic(ref string, in *resource) *rules {
	target := c.reference(ref, in)
	_, fragment, err := splitReference(ref)
	if err != nil || c.doc.dynamic[fragment] > 1 {
		return &rules{open: true}
	}
	return target
}

// recursive is dynamic for $recursiveRef.
func (c *compiler) recursive(ref string, in *resource) *rules {
	target := c.reference(ref, in)
	if c.doc.recursive {
		return &rules{open: true}
	}
	return target
}
