package helm

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/keyfit/keyfit/internal/pos"
)

func itoa(i int) string { return strconv.Itoa(i) }

var errRemote = errors.New("lies outside the chart")

// within loads the parts of a schema that a chart can bring along: none. What Helm would
// fetch is not known here; names of the urn scheme allow everything, as in Helm.
type within struct{}

func (within) Load(url string) (any, error) {
	if strings.HasPrefix(url, "urn:") {
		return true, nil
	}
	return nil, errRemote
}

// validate checks the values of each chart against its values.schema.json. Helm refuses the
// release when one fails.
func (l *loader) validate(c *loadedChart, values *node) {
	if c.schema != nil {
		l.validateOne(c, values)
	}
	for _, sub := range c.deps {
		if own := values.table[sub.name()]; own != nil && own.kind == table && sub.doubt == nil {
			l.validate(sub, own)
		}
	}
}

func (l *loader) validateOne(c *loadedChart, values *node) {
	at := pos.Span{File: c.schema.Path}
	schema, err := compileSchema(c.schema.Data)
	if errors.Is(err, errRemote) {
		return
	}
	if err != nil {
		l.problem(at, "is not a JSON schema, so that helm refuses the chart "+strconv.Quote(c.name()), "correct the schema")
		return
	}
	err = check(schema, values.plain())
	if failed := (*jsonschema.ValidationError)(nil); errors.As(err, &failed) {
		l.violations(c, failed, values)
	}
}

func compileSchema(data []byte) (schema *jsonschema.Schema, err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("the schema cannot be compiled")
		}
	}()
	const name = "file:///values.schema.json"
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(within{})
	if err := c.AddResource(name, doc); err != nil {
		return nil, err
	}
	return c.Compile(name)
}

func check(schema *jsonschema.Schema, values any) (err error) {
	defer func() {
		if recover() != nil {
			err = nil
		}
	}()
	return schema.Validate(values)
}

// violations reports what is wrong, by place and rule. When a value that is not known has
// part in a rule, whether the rule holds is not known either.
func (l *loader) violations(c *loadedChart, failed *jsonschema.ValidationError, values *node) {
	if len(failed.Causes) > 0 {
		if touchesUnknown(failed, values) && len(failed.ErrorKind.KeywordPath()) > 0 {
			return
		}
		for _, cause := range failed.Causes {
			l.violations(c, cause, values)
		}
		return
	}
	n := at(values, failed.InstanceLocation)
	if n == nil || uncertain(n) {
		return
	}
	where := strings.Join(failed.InstanceLocation, ".")
	if where == "" {
		where = "(root)"
	}
	rule := strings.Join(failed.ErrorKind.KeywordPath(), " ")
	place := n.from.Trail.At()
	if !place.IsValid() {
		place = pos.Span{File: c.schema.Path}
	}
	l.problem(place, fmt.Sprintf("the value %q breaks the rule %q of the chart's values.schema.json, so that helm refuses the release", where, rule), "give a value that the schema of the chart "+strconv.Quote(c.name())+" allows")
}

func touchesUnknown(failed *jsonschema.ValidationError, values *node) bool {
	n := at(values, failed.InstanceLocation)
	return n == nil || uncertain(n)
}

// at follows a path of keys and indices.
func at(n *node, path []string) *node {
	for _, key := range path {
		switch {
		case n == nil:
			return nil
		case n.kind == table:
			n = n.table[key]
		case n.kind == list:
			i, err := strconv.Atoi(key)
			if err != nil || i < 0 || i >= len(n.list) {
				return nil
			}
			n = n.list[i]
		default:
			return nil
		}
	}
	return n
}

// uncertain reports whether anything in n is not known.
func uncertain(n *node) bool {
	if n.isUnknown() {
		return true
	}
	for _, child := range n.table {
		if uncertain(child) {
			return true
		}
	}
	for _, child := range n.list {
		if uncertain(child) {
			return true
		}
	}
	return false
}
