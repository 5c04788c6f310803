package helm

import (
	"slices"
	"strings"
)

// rope is a text that is being written, with the origins of its stretches.
type rope struct {
	b []byte
	p []piece
}

// add appends v, whose text is text.
func (r *rope) add(text string, v *val) {
	at := len(r.b)
	r.b = append(r.b, text...)
	for _, id := range v.src {
		r.p = append(r.p, piece{start: at, end: at + len(text), id: id})
	}
	for _, p := range v.p {
		p.start, p.end = p.start+at, p.end+at
		r.p = append(r.p, p)
	}
}

func (r *rope) val() *val { return &val{v: string(r.b), p: r.p} }

// cut gives the bytes from start up to end. Text that may be there stays at the nearest end.
func cut(v *val, start, end int) *val {
	out := &val{v: v.v.(string)[start:end], src: v.src, by: v.by}
	for _, p := range v.p {
		hollow, wasLong := p.extra != nil, p.start < p.end
		p.start, p.end = max(p.start, start)-start, min(p.end, end)-start
		if hollow {
			p.start = min(p.start, end-start)
			p.end = p.start
		} else if p.start > p.end || p.start == p.end && wasLong {
			continue
		}
		out.p = append(out.p, p)
	}
	return out
}

// boundaries lists where pieces start or end, 0 and the length of the text included.
func (v *val) boundaries() []int {
	at := []int{0, len(v.v.(string))}
	for _, p := range v.p {
		at = append(at, p.start, p.end)
	}
	slices.Sort(at)
	return slices.Compact(at)
}

// mapped gives whole, which a function made of the text of v, with the pieces moved to
// where they went. It works for functions that treat every character by itself: part is
// the function. It reports false when that does not give whole.
func mapped(v *val, whole string, part func(string) string) (*val, bool) {
	text, at := v.v.(string), v.boundaries()
	moved := make(map[int]int, len(at))
	var b strings.Builder
	for i, from := range at {
		moved[from] = b.Len()
		if i+1 < len(at) {
			b.WriteString(part(text[from:at[i+1]]))
		}
	}
	if b.String() != whole {
		return nil, false
	}
	out := &val{v: whole, src: v.src, by: v.by}
	for _, p := range v.p {
		p.start, p.end = moved[p.start], moved[p.end]
		if p.extra != nil {
			p.extra, _ = mappedWhole(p.extra, part)
		}
		out.p = append(out.p, p)
	}
	return out, true
}

func mappedWhole(v *val, part func(string) string) (*val, bool) {
	return mapped(v, part(v.v.(string)), part)
}

// without takes every place of a text out, keeping the pieces around it. What is not
// known there stays as text that may be there.
func (e *eval) without(v *val, old string) *val {
	text := v.v.(string)
	var cuts []int // where old starts
	for from := 0; ; {
		i := strings.Index(text[from:], old)
		if i < 0 {
			break
		}
		cuts = append(cuts, from+i)
		from += i + len(old)
	}
	if len(cuts) == 0 {
		return v
	}
	moved := func(at int) int {
		n, _ := slices.BinarySearch(cuts, at) // cuts before at
		if n > 0 && at < cuts[n-1]+len(old) {
			return cuts[n-1] - (n-1)*len(old)
		}
		return at - n*len(old)
	}
	out := &val{v: strings.ReplaceAll(text, old, ""), src: v.src, by: v.by}
	for _, p := range v.p {
		p.start, p.end = moved(p.start), moved(p.end)
		if p.start == p.end && p.extra == nil && e.isUnknown(p.id) {
			p.extra = e.placeholder(p.id)
		}
		out.p = append(out.p, p)
	}
	return out
}
