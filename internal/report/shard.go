package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/secret"
)

// Shard is which part of a run's slots a report holds.
type Shard struct {
	Index        int       `json:"index" doc:"which part, from 1"`
	Of           int       `json:"of" doc:"how many parts there are"`
	Elsewhere    int       `json:"elsewhere" doc:"how many slots the other parts check"`
	Environments []string  `json:"environments,omitempty" doc:"in which environments the other parts check slots"`
	Plan         string    `json:"plan" doc:"equal for all parts of one division of the same slots"`
	Pending      []Finding `json:"pending,omitempty" doc:"notes that hold when every part has them"`
}

// ShardSet is the parts of one division that a merged report holds, when some are missing.
type ShardSet struct {
	Parts   []int     `json:"parts" doc:"the parts that are here"`
	Of      int       `json:"of" doc:"how many parts there are"`
	Plan    string    `json:"plan" doc:"equal for all parts of one division of the same slots"`
	Slots   int       `json:"slots" doc:"how many slots all parts together have"`
	Held    []int     `json:"held,omitempty" doc:"how many slots each of the parts has that are here"`
	Pending []Finding `json:"pending,omitempty" doc:"notes that hold when every part has them"`

	Environments []string `json:"environments,omitempty" doc:"in which environments the missing parts may check slots"`
}

// FingerprintKey says what fingerprints were made with.
type FingerprintKey struct {
	Kind string `json:"kind" enum:"run,kept,mixed" doc:"run: a random key of that run alone; kept: KEYFIT_FINGERPRINT_KEY; mixed: of several reports with different ones"`
	ID   string `json:"id,omitempty" doc:"of a kept key: equal for equal keys, and tells nothing else of it"`
}

func fingerprintKey(p *secret.Printer) *FingerprintKey {
	if p == nil {
		return nil
	}
	if id, kept := p.KeyID(); kept {
		return &FingerprintKey{Kind: "kept", ID: id}
	}
	return &FingerprintKey{Kind: "run"}
}

// shardOf completes what is said of a part by what the others check.
func shardOf(in Input) *Shard {
	if in.Shard == nil {
		return nil
	}
	s := *in.Shard
	for _, c := range in.Cases {
		if c.Problem == nil && c.Aside {
			s.Elsewhere++
			s.Environments = append(s.Environments, c.Slot.Environment)
		}
	}
	s.Environments = someOf(distinct(s.Environments))
	s.Pending = convertSome(in.Pending, toFinding)
	return &s
}

// someOf is nil for an empty list: the field is then left out.
func someOf[T any](list []T) []T {
	if len(list) == 0 {
		return nil
	}
	return list
}

// elsewhere lists the environments in which other parts have slots.
func (d *Document) elsewhere() []string {
	var names []string
	if d.Shard != nil {
		names = append(names, d.Shard.Environments...)
	}
	for _, set := range d.Incomplete {
		names = append(names, set.Environments...)
	}
	return names
}

// pending lists the lists of notes that hold when every part has them.
func (d *Document) pending() [][]Finding {
	lists := convert(d.Incomplete, func(set ShardSet) []Finding { return set.Pending })
	if d.Shard != nil {
		lists = append(lists, d.Shard.Pending)
	}
	return lists
}

// lacking says of each division of which parts are missing that nobody knows about them.
func lacking(d *Document) []Unverified {
	return convert(d.Incomplete, func(set ShardSet) Unverified {
		return Unverified{Reason: string(provider.Unresolved), Message: set.lack()}
	})
}

// lack says which parts of a division are missing.
func (set ShardSet) lack() string {
	missing := set.missing()
	switch len(missing) {
	case 0:
		return fmt.Sprintf("the %d shards do not hold the slots that they should: they are parts of different runs, or one was changed", set.Of)
	case 1:
		return fmt.Sprintf("shard %d of %d is missing: what it checks is not verified here", missing[0], set.Of)
	}
	return fmt.Sprintf("shards %s of %d are missing: what they check is not verified here", numbers(missing), set.Of)
}

// maxShards bounds --shard i/n.
const maxShards = 10_000

func (set ShardSet) missing() []int {
	var out []int
	for i := 1; i <= min(set.Of, maxShards); i++ {
		if !slices.Contains(set.Parts, i) {
			out = append(out, i)
		}
	}
	return out
}

// numbers writes a list as a sentence has it, in full only while it is short.
func numbers(list []int) string {
	const enough = 8
	words := convert(list, strconv.Itoa)
	if len(words) > enough {
		return strings.Join(words[:enough], ", ") + fmt.Sprintf(" and %d more", len(words)-enough)
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

// shardText says which part of the slots a report holds; empty for all.
func (d *Document) shardText() string {
	if d.Shard == nil {
		return ""
	}
	return fmt.Sprintf("shard %d of %d (%s in the others): ", d.Shard.Index, d.Shard.Of, plural(d.Shard.Elsewhere, "slot", "slots"))
}
