package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/keyfit/keyfit/internal/keys"
	"github.com/keyfit/keyfit/internal/model"
)

// item is one variable in one environment, with all who receive it so.
type item struct {
	name      string
	isFile    bool
	consumers []model.Consumer
	received  model.Value
	key       *keys.Slot // nil for what is no key
}

// pair is one variable in both environments; a side is nil where no consumer matches.
type pair struct {
	left, right *item
	matched     string // same, alike or none
	at          [2]int // which of the sides' consumers matched
}

func (i *item) value() model.Value {
	if i == nil {
		return model.Value{State: model.Absent}
	}
	return i.received
}

func (i *item) slot() *keys.Slot {
	if i == nil {
		return nil
	}
	return i.key
}

func (p pair) any() *item {
	if p.left != nil {
		return p.left
	}
	return p.right
}

func (p pair) variable() string { return p.any().name }
func (p pair) file() bool       { return p.any().isFile }
func (p pair) isKey() bool      { return p.left.slot() != nil || p.right.slot() != nil }

// pairs matches what both environments' consumers receive: first by their whole names, then
// with the environment's own name in them left open, then without the namespace.
func (c comparer) pairs() []pair {
	left, right := c.items(c.in.Left), c.items(c.in.Right)
	matched := map[*item]bool{}
	var out []pair
	for _, how := range matchings() {
		known := map[string][]*item{}
		where := map[*item]map[string]int{}
		for _, r := range right {
			where[r] = map[string]int{}
			for i, consumer := range r.consumers {
				name := how.name(r, consumer, c.in.Right.Environment)
				known[name] = append(known[name], r)
				where[r][name] = i
			}
		}
		for _, l := range left {
			for i, consumer := range l.consumers {
				name := how.name(l, consumer, c.in.Left.Environment)
				at := slices.IndexFunc(known[name], func(r *item) bool { return !matched[r] })
				if matched[l] || at < 0 {
					continue
				}
				r := known[name][at]
				matched[l], matched[r] = true, true
				out = append(out, pair{l, r, how.word, [2]int{i, where[r][name]}})
			}
		}
	}
	for _, l := range left {
		if !matched[l] {
			out = append(out, c.alone(l, c.in.Left, c.in.Right, false))
		}
	}
	for _, r := range right {
		if !matched[r] {
			out = append(out, c.alone(r, c.in.Right, c.in.Left, true))
		}
	}
	return out
}

// alone is what has no counterpart as a key: the other environment's consumer receives
// something else under the name, or nothing, or there is no such consumer.
func (c comparer) alone(i *item, own, other Receivers, turned bool) pair {
	p := pair{left: i, matched: "none"}
	for _, how := range matchings() {
		if counterpart, word, at, ok := counterpart(i, own, other, how); ok {
			p.right, p.matched, p.at = counterpart, word, [2]int{at, 0}
			break
		}
	}
	if p.right == nil && other.Lost != nil { // there may be one all the same
		p.right = &item{name: i.name, isFile: i.isFile, consumers: i.consumers, received: *other.Lost}
	}
	if turned {
		p.left, p.right, p.at = p.right, p.left, [2]int{p.at[1], p.at[0]}
	}
	return p
}

func counterpart(i *item, own, other Receivers, how matching) (found *item, word string, at int, ok bool) {
	for at, mine := range i.consumers {
		for _, theirs := range other.Consumers {
			if how.name(i, mine, own.Environment) != how.name(i, theirs, other.Environment) {
				continue
			}
			v := theirs.Env.Get(i.name)
			if i.isFile {
				v = theirs.Files.Get(i.name)
			}
			if v.State == model.Unknown && v.Needs == model.ImageSets {
				v = model.Value{State: model.Absent} // no key belongs into an image
			}
			return &item{name: i.name, isFile: i.isFile, consumers: []model.Consumer{theirs}, received: v}, how.word, at, true
		}
	}
	return nil, "", 0, false
}

// items lists the keys of an environment and, where all variables are asked for, what else
// its consumers receive that the deploy gives them.
func (c comparer) items(r Receivers) []*item {
	var out []*item
	taken := map[string]bool{}
	for i := range c.in.Slots {
		s := &c.in.Slots[i]
		if s.Environment != r.Environment {
			continue
		}
		consumers := append([]model.Consumer{s.Consumer}, s.Also...)
		out = append(out, &item{name: s.Variable, isFile: s.File, consumers: consumers, received: s.Value, key: s})
		for _, consumer := range consumers {
			taken[fmt.Sprint(s.File, whole(&item{name: s.Variable}, consumer, ""))] = true
		}
	}
	if !c.in.All {
		return out
	}
	for _, consumer := range r.Consumers {
		add := func(name string, v model.Value, file bool) {
			i := &item{name: name, isFile: file, consumers: []model.Consumer{consumer}, received: v}
			if key := fmt.Sprint(file, whole(i, consumer, "")); !taken[key] && !c.isNoise(consumer, name, v) {
				taken[key] = true
				out = append(out, i)
			}
		}
		for name, v := range consumer.Env.All() {
			add(name, v, false)
		}
		for name, v := range consumer.Files.All() {
			add(name, v, true)
		}
	}
	return out
}

// isNoise reports whether the deploy has no part in a variable, as in PATH.
func (c comparer) isNoise(consumer model.Consumer, name string, v model.Value) bool {
	shown := resolver{builder: c.builder}.variable(name, v)
	inherits := consumer.Kind == model.ConsumerProcess || consumer.Kind == model.ConsumerCIStep
	return shown.fromProcess() || inherits && shown.fromRunner()
}

// matching is one way to tell that consumers of two environments are the same one.
type matching struct {
	word string
	name func(i *item, c model.Consumer, environment string) string
}

func matchings() []matching {
	return []matching{{"same", whole}, {"alike", open}, {"alike", withoutNamespace}, {"alike", openWithoutNamespace}}
}

func whole(i *item, c model.Consumer, _ string) string {
	return fmt.Sprintf("%q %q %q %q %q %t", c.Kind, c.Namespace, keys.Label(c), c.Container, i.name, i.isFile)
}

func open(i *item, c model.Consumer, environment string) string {
	return fmt.Sprintf("%q %q %q %q %q %t", c.Kind, leftOpen(c.Namespace, environment), leftOpen(keys.Label(c), environment), leftOpen(c.Container, environment), i.name, i.isFile)
}

func withoutNamespace(i *item, c model.Consumer, _ string) string {
	return fmt.Sprintf("%q %q %q %q %t", c.Kind, keys.Label(c), c.Container, i.name, i.isFile)
}

func openWithoutNamespace(i *item, c model.Consumer, environment string) string {
	return fmt.Sprintf("%q %q %q %q %t", c.Kind, leftOpen(keys.Label(c), environment), leftOpen(c.Container, environment), i.name, i.isFile)
}

// leftOpen puts a star in place of the environment's name, and of its beginning (prod, dev),
// where it stands as a word of its own.
func leftOpen(name, environment string) string {
	const shortest = 3
	var b strings.Builder
	flush := func(word string) {
		if len(word) >= min(shortest, max(1, len(environment))) && strings.HasPrefix(strings.ToLower(environment), strings.ToLower(word)) {
			word = "*"
		}
		b.WriteString(word)
	}
	start := 0
	for i, r := range name {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			flush(name[start:i])
			b.WriteRune(r)
			_, width := utf8.DecodeRuneInString(name[i:])
			start = i + width
		}
	}
	flush(name[start:])
	return cmp.Or(b.String(), name)
}
