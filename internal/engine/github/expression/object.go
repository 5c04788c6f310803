package expression

import (
	"slices"

	"github.com/keyfit/keyfit/internal/model"
)

// Entry is one entry of an object.
type Entry struct {
	Name  string
	Value Value
}

type object struct {
	entries   []Entry
	index     map[string]int          // by the folded name; nil for a few entries
	more      func(name string) Value // of names that are not listed; nil: there are none
	sensitive bool
	fresh     bool // as of array
}

// fewEntries is how many entries are searched one by one.
const fewEntries = 8

// Object is a mapping that has these entries and no others. Its names are compared without
// regard to case; of several equal ones the first counts.
func Object(entries ...Entry) Value { return Open(nil, entries...) }

// Open is a mapping that may have more entries than those listed: more gives the value of
// any other name, which is null for one that is surely not there. It may be called often.
func Open(more func(name string) Value, entries ...Entry) Value {
	o := &object{more: more}
	seen := make(map[string]int, len(entries))
	for _, e := range entries {
		key := upper(e.Name)
		if _, twice := seen[key]; !twice {
			seen[key] = len(o.entries)
			o.entries = append(o.entries, e)
		}
	}
	if len(o.entries) > fewEntries {
		o.index = seen
	}
	return Value{kind: KindObject, object: o}
}

// CaseSensitive is a mapping as of [Open] whose names are compared to the letter, as those
// of `env` are on any runner but Windows.
func CaseSensitive(more func(name string) Value, entries ...Entry) Value {
	o := &object{more: more, sensitive: true}
	for _, e := range entries {
		if _, twice := o.find(e.Name); !twice {
			o.entries = append(o.entries, e)
		}
	}
	return Value{kind: KindObject, object: o}
}

// find gives the entry of that name.
func (o *object) find(name string) (int, bool) {
	if o.index != nil {
		i, ok := o.index[upper(name)]
		return i, ok
	}
	for i, e := range o.entries {
		if e.Name == name || !o.sensitive && len(e.Name) == len(name) && upper(e.Name) == upper(name) {
			return i, true
		}
	}
	return 0, false
}

// Get gives the entry of an object, by GitHub's rules for names: null when there is none,
// and of anything that is no object. Of an unknown value it is unknown.
func (v Value) Get(name string) Value {
	var r run
	return r.index(v, String(name))
}

func (o *object) get(name string) Value {
	if i, ok := o.find(name); ok {
		return o.entries[i].Value
	}
	if o.more != nil {
		return o.more(name)
	}
	return Null()
}

// Entries lists the entries of an object in order, and whether these are surely all.
func (v Value) Entries() (entries []Entry, all bool) {
	if v.object == nil {
		return nil, false
	}
	return slices.Clone(v.object.entries), v.object.more == nil
}

func (o *object) via(hop model.Hop, budget *int) *object {
	out := *o
	out.entries = make([]Entry, len(o.entries))
	for i, e := range o.entries {
		out.entries[i] = Entry{Name: e.Name, Value: e.Value.via(hop, budget)}
	}
	if o.more != nil {
		out.more = func(name string) Value { return o.more(name).Via(hop) }
	}
	return &out
}
