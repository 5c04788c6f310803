package terraform

import (
	"cmp"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/zclconf/go-cty/cty"

	"github.com/keyfit/keyfit/internal/pos"
)

// config is what the files of one directory declare: a module before it is called.
type config struct {
	dir       string
	variables map[string]*variable
	locals    map[string]*local
	outputs   map[string]*output
	calls     map[string]*call
	resources map[resourceKey]*resource
	// broken says that a file could not be read wholly, so that what is not declared here
	// may be declared there.
	broken bool
}

type resourceKey struct {
	managed    bool
	kind, name string
}

// variable is one `variable` block.
type variable struct {
	name        string
	at          pos.Span
	constraint  cty.Type
	defaults    *typeexpr.Defaults
	literal     bool // texts from outside are taken as they are, not as expressions
	fallback    hcl.Expression
	fallbackAt  pos.Span
	nullable    bool
	sensitive   bool
	ephemeral   bool
	validations []validation
	broken      bool // its type could not be read
}

type validation struct {
	condition hcl.Expression
	at        pos.Span
}

type local struct {
	name string
	at   pos.Span
	expr hcl.Expression
}

type output struct {
	name string
	at   pos.Span
	expr hcl.Expression // nil when it says none

	sensitive  bool
	conditions []validation
}

// call is one `module` block.
type call struct {
	name    string
	at      pos.Span
	source  hcl.Expression
	count   hcl.Expression
	forEach hcl.Expression
	enabled hcl.Expression
	args    map[string]*hcl.Attribute
}

// resource is one `resource` or `data` block.
type resource struct {
	resourceKey
	at         pos.Span
	body       []hcl.Body // without what the language itself reads; later ones override
	count      hcl.Expression
	forEach    hcl.Expression
	enabled    hcl.Expression
	provider   string
	ignored    map[string]bool // attributes that the lifecycle ignores
	ignoresAll bool
	provisions []*hcl.Block
	conditions []validation
}

func newConfig(dir string) *config {
	return &config{
		dir: dir, variables: map[string]*variable{}, locals: map[string]*local{}, outputs: map[string]*output{},
		calls: map[string]*call{}, resources: map[resourceKey]*resource{},
	}
}

// keys lists the resources in the order of their names.
func (c *config) keys() []resourceKey {
	return slices.SortedFunc(maps.Keys(c.resources), func(a, b resourceKey) int {
		if a.managed != b.managed {
			return cmp.Compare(b.label(), a.label())
		}
		return cmp.Compare(a.label(), b.label())
	})
}
