package model

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/pos"
)

// Kinds of hops. A kind says in what sort of place the value was at that hop.
const (
	KindProcess = "process" // the environment that keyfit itself was started with
	KindInput   = "input"   // bound under `inputs` in keyfit.yaml
	KindDotenv  = "dotenv"
	KindShell   = "shell"
	KindDefault = "default" // the fallback in an expansion such as ${X:-text}
	KindCommand = "command" // a command line that passes it on
	KindFile    = "file"    // a file that a command reads, such as one of JSON

	KindHelmValues   = "helm-values"   // a leaf of a chart's values, of a values file, or of --set
	KindHelmTemplate = "helm-template" // a line of a chart's template
	KindManifest     = "manifest"      // a scalar of a Kubernetes manifest
	KindKustomize    = "kustomize"     // a generator, patch or replacement of a kustomization
	KindSecret       = "secret"        // an entry of a Kubernetes Secret
	KindConfigMap    = "configmap"     // an entry of a ConfigMap

	KindWorkflow  = "workflow" // a place in a workflow of GitHub Actions
	KindGitLab    = "gitlab"
	KindJenkins   = "jenkins"
	KindCircleCI  = "circleci"
	KindAzure     = "azure"
	KindBitbucket = "bitbucket"
	KindBuildkite = "buildkite"

	KindCompose = "compose" // a scalar of a compose file

	KindTerraform = "terraform" // an expression, variable, local, output or module call
	KindTfvars    = "tfvars"    // a line of a file of variables

	KindTerraformPlan = "terraform-plan" // a value in the JSON of a plan
)

// IsPipelineKind reports whether a hop of this kind is one by which a value enters the job of a
// CI system.
func IsPipelineKind(kind string) bool {
	switch kind {
	case KindWorkflow, KindGitLab, KindJenkins, KindCircleCI, KindAzure, KindBitbucket, KindBuildkite:
		return true
	}
	return false
}

// Hop is one stop of a value's journey.
type Hop struct {
	At   pos.Span // no file for what comes from the process
	Kind string   // one of the Kind constants
	What string   // "export PAYMENT_API_KEY": for people, never holds the value
	// Literal says that the text itself stands at this place, rather than being moved
	// through it. Only an origin is literal.
	Literal bool
	// Moves says that the text is only moved here: into a file that the deploy itself writes, or
	// out of one, which the repository does not hold.
	Moves bool
	// Stored says, of a hop at which a value left the store of a CI system, what it is there.
	Stored Stored
	// Lacks says, of a hop at which nothing came in, what to ask about it; Stored.Name is then the
	// name of what is missing, empty for any name.
	Lacks string
}

// Lack asks about what did not come in at the hop.
func (h Hop) Lack() string {
	return "GitLab gives this job no variable " + strconv.Quote(h.Stored.Name) + ": " + h.Lacks
}

// OwnStep is what makes a secret known that keyfit's own step is not given.
const OwnStep = "add it to the `env` of keyfit's own step"

// Stored is what a CI system keeps outside the repository, as people call it there.
type Stored struct {
	Kind string // "secret" or "variable"; empty for no such thing
	Name string
	// Environment is the environment of the CI system whose store it is; empty for that of the
	// repository.
	Environment string
}

// Trail is the journey of a value, origin first. It is immutable: Append returns a new
// trail and leaves the old one as it was, so that trails can share their beginnings.
//
// The zero value is the empty trail.
type Trail struct{ last *stop }

type stop struct {
	hop    Hop
	before *stop
}

// Append returns the trail with hop at its end. A hop equal to the last one is not repeated.
func (t Trail) Append(hop Hop) Trail {
	if t.last != nil && t.last.hop == hop {
		return t
	}
	return Trail{last: &stop{hop: hop, before: t.last}}
}

// Join returns one trail for a value that is put together from several: the hops of
// each, in order, every hop once.
func Join(trails ...Trail) Trail {
	var out Trail
	if len(trails) > 0 && len(distinct(trails[0])) == len(trails[0].Hops()) {
		out, trails = trails[0], trails[1:] // shared, not copied: values are put together piece by piece
	}
	seen := distinct(out)
	for _, t := range trails {
		for _, h := range t.Hops() {
			if !seen[h] {
				seen[h] = true
				out = out.Append(h)
			}
		}
	}
	return out
}

func distinct(t Trail) map[Hop]bool {
	seen := map[Hop]bool{}
	for _, h := range t.Hops() {
		seen[h] = true
	}
	return seen
}

// Hops lists the journey, origin first. The caller owns the slice.
func (t Trail) Hops() []Hop {
	var hops []Hop
	for s := t.last; s != nil; s = s.before {
		hops = append(hops, s.hop)
	}
	slices.Reverse(hops)
	return hops
}

// IsEmpty reports whether the trail has no hop.
func (t Trail) IsEmpty() bool { return t.last == nil }

// Last is the latest hop; the zero Hop for an empty trail.
func (t Trail) Last() Hop {
	if t.last == nil {
		return Hop{}
	}
	return t.last.hop
}

// Origin is the first hop; the zero Hop for an empty trail.
func (t Trail) Origin() Hop {
	var origin Hop
	for s := t.last; s != nil; s = s.before {
		origin = s.hop
	}
	return origin
}

// PassesOn reports whether the hop merely moves the value along, as a command line, a
// template or a reference to a Secret does. Where the text itself stands, nothing is
// passed on; but a file that is made for the deploy holds what was written into it.
func (h Hop) PassesOn() bool {
	switch h.Kind {
	case KindCommand:
		return true
	case KindHelmValues, KindHelmTemplate, KindManifest, KindKustomize, KindSecret, KindConfigMap, KindCompose, KindTerraform, KindTfvars, KindTerraformPlan:
		return !h.Literal
	}
	return h.Moves && !h.Literal
}

// exports reports whether a stop is a script's `export NAME` of what had that name before.
func (s *stop) exports() bool {
	if s.hop.Kind != KindShell || s.hop.Literal || s.before == nil {
		return false
	}
	name, ok := strings.CutPrefix(s.hop.What, "export ")
	return ok && defines(s.before.hop, name)
}

// defines reports whether a hop gave a value to a name in the script itself, or in a file that it reads.
func defines(h Hop, name string) bool {
	switch h.Kind {
	case KindShell:
		return h.What == name+"=" || h.What == "export "+name
	case KindDotenv:
		return h.What == name
	}
	return false
}

// Definer is the hop that defined the value last: the latest one that does not merely
// pass it on, or without any the latest command or flag, and without that the latest hop.
func (t Trail) Definer() Hop { return t.definer(func(Hop) bool { return true }) }

// At is where the value was last defined, as [Trail.Definer], among the hops that lie in
// a file.
func (t Trail) At() pos.Span { return t.definer(func(h Hop) bool { return h.At.IsValid() }).At }

func (t Trail) definer(counts func(Hop) bool) Hop {
	var export, command, other Hop
	for s := t.last; s != nil; s = s.before {
		switch h := s.hop; {
		case !counts(h):
		case !h.PassesOn() && !s.exports():
			return h
		case !h.PassesOn():
			export = cmp.Or(export, h)
		case (h.Kind == KindCommand || h.Kind == KindHelmValues) && command.Kind == "":
			command = h
		case other.Kind == "":
			other = h
		}
	}
	return cmp.Or(export, command, other)
}

// Equal reports whether both trails have the same hops. go-cmp uses it.
func (t Trail) Equal(u Trail) bool { return slices.Equal(t.Hops(), u.Hops()) }
