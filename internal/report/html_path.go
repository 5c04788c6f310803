package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// maxStops bounds a drawn journey; the JSON report has all of it.
const maxStops = 120

// htmlPath is a value's journey as it is drawn: stops from the origin to the consumer.
type htmlPath struct {
	Candidates [][]htmlStop // of an ambiguous value, each with a journey of its own
	Stops      []htmlStop
}

// htmlStop is one stop. Class says its shape, and the lines that lead to and from it:
//
//	hop, end or store stand on the main line; lost beside it
//	up, down          the main line goes on above, below
//	from              another overridden definition stands above, on the line beside
//	joins             the line beside ends here: here the others lost
type htmlStop struct {
	Class                     string
	Place, Kind, What, Remark string
	Fingerprint               string
	Lost, Literal             bool
	Needs                     string
	Deciders                  []htmlStop
	onMain, joinsHere         bool
}

func htmlPathOf(s Slot) htmlPath {
	p := htmlPath{Stops: drawn(htmlJourney(s))}
	for i, a := range s.Alternatives {
		stops := stopsOf(a.Trail)
		end := htmlStop{Class: "end", onMain: true, What: fmt.Sprintf("candidate %d of %d", i+1, len(s.Alternatives))}
		end.value(a.State, a.Fingerprint, a.Reason, a.Needs)
		p.Candidates = append(p.Candidates, drawn(append(stops, end)))
	}
	return p
}

// htmlJourney lists the stops: where a store keeps the text, the hops, the definitions that
// lost in front of the hop that won, and the consumer.
func htmlJourney(s Slot) []htmlStop {
	var out []htmlStop
	if s.Reference != nil {
		out = append(out, htmlStop{Class: "store", onMain: true, Kind: "secret store", What: referenceText(*s.Reference)})
	}
	var lost []htmlStop
	for _, d := range slices.Backward(s.Shadowed) {
		l := htmlStop{Class: "lost", Lost: true, Place: d.At.place(), Kind: d.Kind, What: d.What, Fingerprint: briefPrint(d.Fingerprint), Remark: "overridden"}
		if d.State == "unknown" {
			l.Remark += ", its value unknown (" + cmp.Or(d.Reason, "no reason told") + ")"
		}
		lost = append(lost, l)
	}
	hops, end := stopsOf(s.Trail), slotStop(s)
	at := max(0, winning(s.Trail))
	if len(hops) == 0 {
		end.take(lost, s.DecidedBy)
		return append(append(out, lost...), end)
	}
	hops[at].take(lost, s.DecidedBy)
	return append(slices.Concat(out, hops[:at], lost, hops[at:]), end)
}

// take makes a stop the one at which others lost.
func (h *htmlStop) take(lost []htmlStop, decidedBy []Hop) {
	if len(lost) > 0 {
		h.joinsHere = true
		h.Remark = "wins"
	}
	deciders := choices(decidedBy)
	h.Deciders = stopsOf(deciders[:min(len(deciders), maxStops)])
}

func stopsOf(trail []Hop) []htmlStop {
	return convert(trail, func(h Hop) htmlStop {
		return htmlStop{Class: "hop", onMain: true, Place: h.At.place(), Kind: h.Kind, What: h.What, Literal: h.Literal}
	})
}

// slotStop is the consumer, with what reaches it.
func slotStop(s Slot) htmlStop {
	end := htmlStop{Class: "end", onMain: true, What: s.Variable, Kind: slotTitle(s.Environment, s.Consumer, s.Container, "")}
	switch {
	case s.File:
		end.Remark = "as a file"
	case len(s.Alternatives) > 0:
		end.Remark = fmt.Sprintf("receives one of %d candidates", len(s.Alternatives))
	}
	end.value(s.State, s.Fingerprint, s.ValueReason, s.ValueNeeds)
	return end
}

// value says what is known of what arrives.
func (h *htmlStop) value(state, fingerprint, reason, needs string) {
	h.Fingerprint, h.Needs = briefPrint(fingerprint), needs
	switch state {
	case stateKnown:
	case "absent":
		h.Class += " absent"
		h.Remark = "nothing arrives"
	default:
		h.Class += " unknown"
		h.Remark = cmp.Or(h.Remark, strings.TrimSuffix("unknown ("+reason+")", " ()"))
	}
}

// drawn gives each stop the lines that lead to and from it, and leaves out the middle of a
// journey that is too long.
func drawn(stops []htmlStop) []htmlStop {
	if extra := len(stops) - maxStops; extra > 0 {
		middle := htmlStop{Class: "hop", onMain: true, What: plural(extra, "more stop is", "more stops are") + " in the JSON report"}
		stops = slices.Concat(stops[:maxStops/2], []htmlStop{middle}, stops[len(stops)-maxStops/2:])
	}
	for i := range stops {
		s := &stops[i]
		before := slices.ContainsFunc(stops[:i], func(o htmlStop) bool { return o.onMain })
		after := slices.ContainsFunc(stops[i+1:], func(o htmlStop) bool { return o.onMain })
		if before {
			s.Class += " up"
		}
		if after && (s.onMain || before) {
			s.Class += " down"
		}
		if s.Lost && i > 0 && stops[i-1].Lost {
			s.Class += " from"
		}
		if s.joinsHere {
			s.Class += " joins"
		}
	}
	return stops
}

// briefPrint is as much of a fingerprint as the text report shows.
func briefPrint(fingerprint string) string { return (&page{}).fingerprint(fingerprint) }
