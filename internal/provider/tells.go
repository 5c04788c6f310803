package provider

import (
	"fmt"
	"slices"
	"strings"
)

// Extracts lists where the answers of this API, to the first request and to all further ones,
// are read for one field of the identity; none when no answer can ever tell it.
func (p *Provider) Extracts(field func(*Identity) *Extract) []*Extract {
	var out []*Extract
	if e := field(&p.Probe.Identity); e != nil {
		out = append(out, e)
	}
	for i := range p.Probe.Then {
		if e := field(&p.Probe.Then[i].Identity); e != nil {
			out = append(out, e)
		}
	}
	return out
}

// Place says in words where the piece is read, such as "at $.tenant_id"; every alternative
// counts.
func (e *Extract) Place() string {
	var places []string
	for ; e != nil; e = e.Else {
		switch {
		case e.JSON != "":
			places = append(places, "at "+string(e.JSON))
		case e.Header != "":
			places = append(places, fmt.Sprintf("in the header %q", e.Header))
		case e.Part != "":
			places = append(places, fmt.Sprintf("in the part %q of the credential", e.Part))
		case e.Whole:
			places = append(places, "in its text")
		}
	}
	return strings.Join(slices.Compact(places), " or ")
}

// SaysNever reports whether the answer holds, where the piece is read, that there is none: null
// or an empty text, as those write it whose keys have no end.
func (e *Extract) SaysNever(from Source) bool {
	for ; e != nil; e = e.Else {
		if e.JSON == "" || from.JSON == nil {
			continue
		}
		found, _ := e.JSON.find(from.JSON)
		if slices.ContainsFunc(found, func(v any) bool { return v == nil || v == "" }) {
			return true
		}
	}
	return false
}
