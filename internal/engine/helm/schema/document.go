package schema

import (
	"net/url"
	"strconv"
	"strings"
)

// ownName is the name under which Helm compiles a schema.
const ownName = "file:///values.schema.json"

// document is a schema as it is written: what is checked against the metaschema, and what
// names its parts have.
type document struct {
	root  any
	draft int // 0 when it is none of those known here
	// odd is set when how the schema is taken is not known, and refused when it is refused;
	// odd counts first.
	odd, refused bool
	late         bool                 // what is checked now is no schema by its place
	seen         map[string]bool      // pointers of the schemas that were checked
	resources    map[string]*resource // by pointer
	byID         map[string]*resource
	dynamic      map[string]int // how often a $dynamicAnchor is given
	recursive    bool           // there is a $recursiveAnchor
	patterns     patterns
	room         int
	steps        run
}

// resource is a schema with a name of its own, to which references within it relate.
type resource struct {
	pointer, id string
	anchors     map[string]string // pointers
}

func newDocument(root any) *document {
	return &document{
		root: root, draft: draftOf(root), seen: map[string]bool{}, resources: map[string]*resource{}, byID: map[string]*resource{},
		dynamic: map[string]int{}, patterns: patterns{known: map[string]*pattern{}, left: maxPatterns}, room: maxRoom, steps: run{steps: maxSteps},
	}
}

// draftOf is the draft that the root asks for.
func draftOf(root any) int {
	object, _ := root.(map[string]any)
	name, ok := object["$schema"].(string)
	if !ok {
		return 2020
	}
	return draftNamed(name)
}

func draftNamed(name string) int {
	name = strings.TrimSuffix(name, "#")
	if after, ok := strings.CutPrefix(name, "http://"); ok {
		name = after
	} else {
		name = strings.TrimPrefix(name, "https://")
	}
	switch name {
	case "json-schema.org/schema", "json-schema.org/draft/2020-12/schema":
		return 2020
	case "json-schema.org/draft/2019-09/schema":
		return 2019
	case "json-schema.org/draft-07/schema":
		return 7
	case "json-schema.org/draft-06/schema":
		return 6
	case "json-schema.org/draft-04/schema":
		return 4
	}
	return 0
}

func escape(token string) string {
	return strings.ReplaceAll(strings.ReplaceAll(token, "~", "~0"), "/", "~1")
}

// below is the pointer to a part.
func below(pointer string, tokens ...string) string {
	for _, t := range tokens {
		pointer += "/" + escape(t)
	}
	return pointer
}

// schema checks a schema and all within it against the metaschema, as the library does
// before it compiles anything. It goes on after what is refused: what is odd counts first.
func (d *document) schema(v any, pointer string, in *resource, depth int) {
	if d.pay(pointer); d.odd || depth > maxNesting {
		d.odd = true
		return
	}
	d.seen[pointer] = true
	object, ok := v.(map[string]any)
	if _, always := v.(bool); !ok && (!always || d.draft == 4) {
		d.refused = true
	}
	in = d.named(object, pointer, in)
	for key, value := range object {
		d.keyword(key, value, pointer, in, depth)
	}
	if d.draft == 4 {
		d.needs(object, "exclusiveMaximum", "maximum")
		d.needs(object, "exclusiveMinimum", "minimum")
	}
}

// pay counts what it costs to look for a pointer and all that it starts with.
func (d *document) pay(pointer string) {
	if d.room -= (len(pointer) + 16) * (1 + strings.Count(pointer, "/")/32); d.room < 0 {
		d.odd = true
	}
}

func (d *document) needs(object map[string]any, key, other string) {
	_, ok := object[key]
	if _, there := object[other]; ok && !there {
		d.refused = true
	}
}

// enter notes a resource.
func (d *document) enter(pointer, id string) *resource {
	r := &resource{pointer: pointer, id: id, anchors: map[string]string{}}
	if d.byID[id] != nil || id == ownName && pointer != "" || d.late {
		d.odd = true
	}
	d.resources[pointer], d.byID[id] = r, r
	return r
}

// named gives the resource that an object is, or is part of, and notes its anchors.
func (d *document) named(object map[string]any, pointer string, in *resource) *resource {
	d.dialect(object)
	id, fragment, _ := strings.Cut(d.id(object), "#")
	if id != "" {
		in = d.enter(pointer, d.full(in, id))
	} else if in == nil {
		in = d.enter(pointer, ownName)
	}
	if d.draft >= 2019 {
		d.modernAnchors(object, in, pointer)
		return in
	}
	fragment, err := url.PathUnescape(fragment)
	if err != nil {
		d.odd = true
	}
	if !strings.HasPrefix(fragment, "/") {
		d.anchor(in, fragment, pointer)
	}
	return in
}

// full relates a name or reference without fragment to the resource that it stands in.
func (d *document) full(in *resource, ref string) string {
	base := ownName
	if in != nil {
		base = in.id
	}
	if d.room -= len(base) + len(ref); d.room < 0 {
		d.odd = true
		return ""
	}
	out, err := resolve(base, ref)
	if err != nil {
		d.odd = true
	}
	return out
}

// id is the name that an object gives itself. In old drafts nothing beside $ref counts.
func (d *document) id(object map[string]any) string {
	if _, ok := object["$ref"]; ok && d.draft < 2019 {
		return ""
	}
	key := "$id"
	if d.draft == 4 {
		key = "id"
	}
	id, _ := object[key].(string)
	return id
}

// dialect notices a part that is written in another draft.
func (d *document) dialect(object map[string]any) {
	name, ok := object["$schema"].(string)
	if !ok {
		return
	}
	_, old := object["id"].(string)
	_, modern := object["$id"].(string)
	if draft := draftNamed(name); draft == 0 || draft != d.draft && (old || modern) {
		d.odd = true
	}
}

func (d *document) modernAnchors(object map[string]any, in *resource, pointer string) {
	if name, ok := object["$anchor"].(string); ok {
		d.anchor(in, name, pointer)
	}
	if always, ok := object["$recursiveAnchor"].(bool); ok && always {
		d.recursive, d.odd = true, d.odd || d.late
	}
	if name, ok := object["$dynamicAnchor"].(string); ok && d.draft >= 2020 {
		d.dynamic[name]++
		d.anchor(in, name, pointer)
	}
}

func (d *document) anchor(in *resource, name, pointer string) {
	if name == "" {
		return
	}
	if old, ok := in.anchors[name]; ok && old != pointer || d.late {
		d.odd = true
	}
	in.anchors[name] = pointer
}

// resolve relates a reference to a base, as the library does.
func resolve(base, ref string) (string, error) {
	b, err := url.Parse(base)
	if err != nil {
		return "", err
	}
	r, err := url.Parse(ref)
	if err != nil {
		return "", err
	}
	out := b.ResolveReference(r)
	if !r.IsAbs() && b.Opaque != "" {
		out.Opaque = b.Opaque
	}
	return out.String(), nil
}

// resourceOf is the resource that the pointer leads into.
func (d *document) resourceOf(pointer string) *resource {
	for len(d.resources) > 1 {
		if r := d.resources[pointer]; r != nil {
			return r
		}
		at := strings.LastIndexByte(pointer, '/')
		if at < 0 {
			break
		}
		pointer = pointer[:at]
	}
	return d.resources[""]
}

// lookup follows a pointer. The second result is false when nothing stands there.
func (d *document) lookup(pointer string) (any, bool) {
	v := d.root
	for _, token := range strings.Split(pointer, "/")[1:] {
		var ok bool
		if v, ok = step(v, token); !ok {
			return nil, false
		}
	}
	return v, true
}

// step follows one token of a pointer.
func step(v any, token string) (any, bool) {
	token, ok := unescape(token)
	if !ok {
		return nil, false
	}
	switch at := v.(type) {
	case map[string]any:
		out, ok := at[token]
		return out, ok
	case []any:
		i, err := strconv.Atoi(token)
		if err != nil || i < 0 || i >= len(at) {
			return nil, false
		}
		return at[i], true
	}
	return nil, false
}

func unescape(token string) (string, bool) {
	for i := range len(token) {
		if token[i] == '~' && (i+1 == len(token) || token[i+1] != '0' && token[i+1] != '1') {
			return "", false
		}
	}
	return strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~"), true
}
