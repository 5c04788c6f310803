package bitbucket

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/pos"
)

// artifact is a file that a step hands on to later ones.
type artifact struct {
	name  string
	text  model.Value
	at    pos.Span
	group int // of the step that wrote it, see [step]
}

// The limits of looking for files that a pattern means.
const (
	maxArtifacts = 100
	maxLooked    = 2_000
	maxDepth     = 6
)

// artifactNames lists the files that the step may hand on: those that its artifacts name,
// and of those that patterns mean the ones that the repository holds already, since only
// they would be read in their old form otherwise.
func (r *run) artifactNames(s *step) []string {
	var out []string
	for _, pattern := range s.artifacts {
		name := path.Clean(pattern)
		if path.IsAbs(name) || name == "." || strings.HasPrefix(name, "..") {
			continue
		}
		if !strings.ContainsAny(pattern, "*?{[") {
			out = append(out, name)
			continue
		}
		left := maxLooked
		out = append(out, r.existing(".", pattern, maxDepth, &left)...)
	}
	slices.Sort(out)
	out = slices.Compact(out)
	return out[:min(len(out), maxArtifacts)]
}

func (r *run) existing(dir, pattern string, depth int, left *int) []string {
	entries, err := r.in.Files.List(dir)
	if err != nil {
		return nil
	}
	var out []string
	for _, e := range entries {
		if *left--; *left < 0 {
			break
		}
		name := path.Join(dir, e.Name)
		switch {
		case e.Dir && depth > 0 && e.Name != ".git" && e.Name != "node_modules":
			out = append(out, r.existing(name, pattern, depth-1, left)...)
		case !e.Dir && matches(pattern, name):
			out = append(out, name)
		}
	}
	return out
}

// receive puts the artifacts of earlier steps on the machine of a job.
func (r *run) receive(ctx context.Context, job string, s *step, files []artifact) error {
	for _, f := range files {
		if f.group > 0 && f.group == s.group {
			continue
		}
		dir, quoted := "", quote(f.name)
		if d := path.Dir(f.name); d != "." {
			dir = "mkdir -p -- " + quote(d) + "\n"
		}
		_, err := r.host.Follow(ctx, pipeline.Script{
			Text: dir + `printf %s "$KEYFIT_ARTIFACT" >|` + quoted, At: f.at, Shell: "bash", Job: job, Quiet: true, Label: "artifacts",
			Env: model.NewEnv(map[string]model.Value{"KEYFIT_ARTIFACT": f.text}),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func quote(word string) string { return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'" }

// outputOf finds the line NAME=text in the file of output variables. The last one counts.
// What follows a piece that is not known may be on a line of its own.
func outputOf(written model.Value, ok bool, name string) model.Value {
	if !ok || written.State == model.Absent {
		return model.Value{State: model.Absent}
	}
	pieces := written.Parts
	if len(pieces) == 0 {
		pieces = []model.Value{written}
	}
	o := &outputLine{name: name, found: model.Value{State: model.Absent}}
	for _, p := range pieces {
		if p.State != model.Known {
			o.unknown(p, written.Trail)
			continue
		}
		for stretch := range strings.Lines(p.Text.Reveal()) {
			o.stretch(p, stretch)
		}
	}
	o.end()
	return o.found
}

// outputLine reads the file of output variables line by line.
type outputLine struct {
	name   string
	begin  string        // of the line that is being read
	lost   bool          // whether nobody can tell how it begins
	inside bool          // it is the variable's
	value  []model.Value // the pieces behind NAME=
	found  model.Value
}

func (o *outputLine) unknown(p model.Value, trail model.Trail) {
	if o.inside {
		o.value = append(o.value, p)
		return
	}
	o.lost = true
	o.found = model.UnknownBecause(model.WhyCommandOutput, "what the step writes to $"+outputFile, trail)
}

func (o *outputLine) stretch(p model.Value, stretch string) {
	text, ended := strings.CutSuffix(stretch, "\n")
	if !o.inside && !o.lost {
		o.begin += text
		if rest, ok := strings.CutPrefix(o.begin, o.name+"="); ok {
			o.inside, text = true, rest
		}
	}
	if o.inside && text != "" {
		o.value = append(o.value, withText(p, text))
	}
	if ended {
		o.end()
	}
}

func (o *outputLine) end() {
	if o.inside {
		o.found = joined(o.value)
	}
	o.begin, o.lost, o.inside, o.value = "", false, false, nil
}
