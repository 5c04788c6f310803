package helm

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"unicode"

	"github.com/keyfit/keyfit/internal/model"
)

// Helm's limits for --set.
const (
	maxSetIndex = 65536
	maxSetDepth = 30
)

var (
	errSet        = errors.New("helm refuses the text")
	errSetEnd     = errors.New("the text ends") // no mistake
	errUnknownKey = errors.New("a key is not known")
	errNotDecoded = errors.New("an unknown text stands where JSON is expected")
)

// setter applies one --set text to a tree, with all the peculiarities of Helm's own reader.
type setter struct {
	in      []char
	json    bool
	literal bool
	// leaf makes a value of its characters; path is for people.
	leaf func(chars []char, path string) (*node, error)
	// place is the origin of a table or list that the text makes.
	place func(path string) *model.Value
	// decoded makes a value of decoded JSON, which is nil when it is not known.
	decoded func(value any, known bool, chars []char, path string) *node
}

// apply sets what the text says in root, which must be a table.
func (s *setter) apply(root *node) error {
	for {
		err := s.key(root, 0, "")
		if errors.Is(err, errSetEnd) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// until reads up to one of stop, which it takes along. A backslash takes the meaning from
// the next character.
func (s *setter) until(stop string) (chars []char, last rune, end bool) {
	for len(s.in) > 0 {
		c := s.in[0]
		s.in = s.in[1:]
		switch {
		case c.r != unknownChar && strings.ContainsRune(stop, c.r):
			return chars, c.r, false
		case c.r == '\\' && !s.literal:
			if len(s.in) == 0 {
				return chars, 0, true
			}
			chars = append(chars, s.in[0])
			s.in = s.in[1:]
		default:
			chars = append(chars, c)
		}
	}
	return chars, 0, true
}

func (s *setter) key(data *node, depth int, path string) error {
	stop := "=[,."
	if s.literal {
		stop = "=[."
	}
	chars, last, end := s.until(stop)
	switch {
	case end && len(chars) == 0:
		return errSetEnd
	case hasUnknown(chars):
		return errUnknownKey
	case end, last == ',':
		return errSet
	}
	key := str(chars)
	path = join(path, shownKey(key))
	switch last {
	case '[':
		return s.indexed(data, key, depth, path)
	case '.':
		return s.inner(data, key, depth+1, path)
	}
	value, err := s.value(path)
	if value != nil {
		data.set(key, value)
	}
	return err
}

func (s *setter) indexed(data *node, key string, depth int, path string) error {
	i, err := s.index()
	if err != nil {
		return err
	}
	items := &node{kind: list, from: s.place(path)}
	if old, ok := data.table[key]; ok {
		if old.kind != list {
			return errSet
		}
		items = old.at(old.from)
	}
	err = s.item(items, i, depth, path)
	if !errors.Is(err, errSet) && !errors.Is(err, errUnknownKey) && key != "" {
		data.table[key] = items
	}
	return err
}

func (s *setter) inner(data *node, key string, depth int, path string) error {
	if depth > maxSetDepth {
		return errSet
	}
	inner := newTable(s.place(path))
	if old, ok := data.table[key]; ok {
		if old.kind != table {
			if !old.isUnknown() {
				return errSet
			}
			old = newTable(old.from)
		}
		inner = old
	}
	err := s.key(inner, depth, path)
	if err == nil && len(inner.table) == 0 {
		return errSet
	}
	if len(inner.table) > 0 && key != "" {
		data.table[key] = inner
	}
	return err
}

// set sets a key, unless it is empty.
func (n *node) set(key string, value *node) {
	if key != "" {
		n.table[key] = value.overAll(n.table[key])
	}
}

// index reads what stands in brackets.
func (s *setter) index() (int, error) {
	chars, _, end := s.until("]")
	if hasUnknown(chars) {
		return 0, errUnknownKey
	}
	i, err := strconv.Atoi(str(chars))
	if end || err != nil {
		return 0, errSet
	}
	return i, nil
}

// item sets what comes behind an index.
func (s *setter) item(items *node, i, depth int, path string) error {
	path += "[" + strconv.Itoa(i) + "]"
	if i < 0 {
		return errSet
	}
	chars, last, end := s.until("[.=")
	switch {
	case hasUnknown(chars):
		return errUnknownKey
	case len(chars) > 0:
		return errSet
	case end:
		return errSetEnd
	}
	switch last {
	case '=':
		value, err := s.value(path)
		if err != nil && (value == nil || !errors.Is(err, errSetEnd)) {
			return err
		}
		return items.setIndex(i, value)
	case '[':
		return s.nested(items, i, depth, path)
	}
	inner := newTable(s.place(path))
	if i < len(items.list) {
		if old := items.list[i]; old.kind == table {
			inner = old
		} else {
			inner = inner.over(old)
			items.list[i] = inner
		}
	}
	if err := s.key(inner, depth, path); err != nil {
		return err
	}
	return items.setIndex(i, inner)
}

// nested sets an item of a list in a list.
func (s *setter) nested(items *node, i, depth int, path string) error {
	next, err := s.index()
	if err != nil {
		return err
	}
	inner := &node{kind: list, from: s.place(path)}
	if i < len(items.list) && !items.list[i].isNull() {
		if items.list[i].kind != list {
			return errSet
		}
		inner = items.list[i].at(items.list[i].from)
	}
	if err := s.item(inner, next, depth, path); err != nil {
		return err
	}
	return items.setIndex(i, inner)
}

func (n *node) setIndex(i int, value *node) error {
	if i > maxSetIndex {
		return errSet
	}
	if i >= len(n.list) {
		longer := make([]*node, i+1)
		for at := copy(longer, n.list); at <= i; at++ {
			longer[at] = &node{from: n.from}
		}
		n.list = longer
	}
	if value != n.list[i] {
		n.list[i] = value.overAll(n.list[i])
	}
	return nil
}

// value reads what comes behind the equals sign.
func (s *setter) value(path string) (*node, error) {
	switch {
	case s.json:
		return s.jsonValue(path)
	case s.literal:
		rest := s.in
		s.in = nil
		return s.leaf(rest, path)
	case len(s.in) == 0:
		// Helm sets an empty text without asking its reader of files or of types.
		return s.empty(path), errSetEnd
	case s.in[0].r == '{':
		s.in = s.in[1:]
		return s.listValue(path)
	}
	chars, _, _ := s.until(",")
	return s.leaf(chars, path)
}

func (s *setter) empty(path string) *node { return s.decoded("", true, nil, path) }

// listValue reads {a,b}. When one of the items is not known, so is how many there are.
func (s *setter) listValue(path string) (*node, error) {
	var items []*node
	var all []char
	for {
		chars, last, end := s.until(",}")
		if end {
			return nil, errSet
		}
		all = append(all, chars...)
		item, err := s.leaf(chars, path+"["+strconv.Itoa(len(items))+"]")
		if err != nil {
			return nil, err
		}
		items = append(items, item)
		if last == '}' {
			break
		}
	}
	if len(s.in) > 0 && s.in[0].r == ',' {
		s.in = s.in[1:]
	}
	if hasUnknown(all) {
		return s.leaf(all, path)
	}
	out := s.decoded([]any{}, true, all, path)
	out.list = items
	return out, nil
}

// blank reads blanks and one comma, and says whether there was nothing but those.
func (s *setter) blank() bool {
	for len(s.in) > 0 {
		r := s.in[0].r
		if r == ',' {
			s.in = s.in[1:]
			return true
		}
		if r == unknownChar || !unicode.IsSpace(r) {
			return false
		}
		s.in = s.in[1:]
	}
	return true
}

// standIn is a text that stands in JSON for a piece that is not known.
const standIn = "\uE0A1\uE0A2"

func (s *setter) jsonValue(path string) (*node, error) {
	before := s.in
	if s.blank() {
		return s.decoded(nil, true, nil, path), nil
	}
	var b strings.Builder
	var ends []int // offset behind each character
	for _, c := range s.in {
		if c.r == unknownChar {
			b.WriteString(standIn)
		} else {
			b.WriteRune(c.r)
		}
		ends = append(ends, b.Len())
	}
	var value any
	d := json.NewDecoder(strings.NewReader(b.String()))
	if err := d.Decode(&value); err != nil {
		if !hasUnknown(s.in) {
			return nil, errSet
		}
		if s.in[0].r == unknownChar && len(s.in) == 1 {
			s.in = nil
			return s.decoded(nil, false, before, path), nil
		}
		return nil, errNotDecoded
	}
	n := 0
	for n < len(ends) && ends[n] <= int(d.InputOffset()) {
		n++
	}
	used := s.in[:n]
	s.in = s.in[n:]
	s.blank()
	return s.decoded(value, true, used, path), nil
}
