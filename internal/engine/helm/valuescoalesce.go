package helm

import (
	"errors"
	"maps"
)

const globalKey = "global"

// errMismatch says that values hold something else than a table where a dependency of that
// name expects its own.
type errMismatch struct{ chart, key string }

func (e errMismatch) Error() string {
	return "the values hold no table for the dependency, expected one"
}

var errTooDeep = errors.New("import-values makes the values hold themselves, or too much, so that helm does not end")

// maxMergeDepth is deeper than values and charts can be nested.
const maxMergeDepth = 2 * maxValuesDepth

// mergeFiles lays the table b over a, as Helm does with one values file after the other.
// Null stays.
func mergeFiles(a, b *node) *node {
	out := newTable(over(b.from, a.from))
	maps.Copy(out.table, a.table)
	for key, value := range b.table {
		old, ok := out.table[key]
		switch {
		case !ok:
			out.table[key] = value
		case value.kind == table && old.kind == table:
			out.table[key] = mergeFiles(old, value)
		default:
			out.table[key] = value.over(old)
		}
	}
	return out
}

// coalesce lays values over those of the chart c and of its dependencies. With keep, null
// stays in the tree; without it, null takes away what it stands over.
func coalesce(c *loadedChart, values *node, keep bool) (*node, error) {
	dest := newTable(nothing())
	if values != nil {
		dest = values.clone()
	}
	return dest, coalesceInto(c, dest, keep)
}

func coalesceInto(c *loadedChart, dest *node, keep bool) error {
	coalesceValues(c, dest, keep)
	for _, sub := range c.deps {
		own, ok := dest.table[sub.name()]
		switch {
		case !ok:
			own = newTable(nothing())
		case own.kind != table && own.isUnknown():
			own = newTable(own.from)
		case own.kind != table:
			return errMismatch{chart: c.name(), key: sub.name()}
		}
		dest.table[sub.name()] = own
		coalesceGlobals(own, dest)
		if err := coalesceInto(sub, own, keep); err != nil {
			return err
		}
	}
	return nil
}

// coalesceGlobals copies the globals of a chart into the values of a dependency.
func coalesceGlobals(dest, src *node) {
	to, ok := dest.table[globalKey]
	if !ok {
		to = newTable(nothing())
	} else if to.kind != table {
		return
	}
	from, ok := src.table[globalKey]
	if !ok {
		from = newTable(nothing())
	} else if from.kind != table {
		return
	}
	to = to.at(over(from.from, to.from))
	for key, value := range from.table {
		own, ok := to.table[key]
		switch {
		case value.kind == table && !ok:
			to.table[key] = shallowTable(value)
		case value.kind == table && own.kind == table:
			merged := shallowTable(value)
			mergeTables(merged, own, true, 0)
			to.table[key] = merged.at(over(merged.from, own.from))
		case value.kind == table: // what is no table stays
		case ok && own.kind == table: // a table stays
		case ok:
			to.table[key] = value.over(own)
		default:
			to.table[key] = value
		}
	}
	dest.table[globalKey] = to
}

func shallowTable(n *node) *node {
	copied := *n
	copied.table = maps.Clone(n.table)
	return &copied
}

// coalesceValues lays dest over the chart's own values.
func coalesceValues(c *loadedChart, dest *node, keep bool) {
	if c.values == nil {
		return
	}
	defaults := c.values.clone()
	if dest.isUnknown() {
		defaults = defaults.because(dest.from)
	}
	for key, value := range defaults.table {
		own, ok := dest.table[key]
		switch {
		case !ok:
			dest.table[key] = value
		case own.isNull() && !keep:
			delete(dest.table, key)
		case own.kind == table && value.kind == table:
			mergeTables(own, value, keep || c.hasDependency(key), 0)
			dest.table[key] = own.at(over(own.from, value.from))
		default:
			dest.table[key] = own.over(value)
		}
	}
}

// mergeTables adds to dst what only src has. With keep, null in dst stays; without it, null
// takes away what src has at its place, and itself. It stops where tables hold themselves,
// which import-values can bring about; see [node.fits].
func mergeTables(dst, src *node, keep bool, depth int) {
	if depth > maxMergeDepth {
		return
	}
	if dst.isUnknown() {
		src = src.because(dst.from)
	}
	lost := map[string]*node{}
	for key, value := range src.table {
		if !value.isNull() {
			lost[key] = value
		}
	}
	for key, value := range dst.table {
		if value.isNull() {
			src.table[key] = value
		}
	}
	for key, value := range src.table {
		own, ok := dst.table[key]
		switch {
		case !ok:
			dst.table[key] = value
		case own.isNull() && !keep && lost[key] != nil:
			delete(dst.table, key)
		case own.isNull():
			dst.table[key] = own.over(lost[key])
		case value.kind == table && own.kind == table:
			mergeTables(own, value, keep, depth+1)
			dst.table[key] = own.at(over(own.from, value.from))
		default:
			dst.table[key] = own.over(value)
		}
	}
}
