package bitbucket

import (
	"context"
	"fmt"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/pipeline/tree"
	"github.com/keyfit/keyfit/internal/strict"
)

// handed is what earlier steps of a pipeline hand on.
type handed struct {
	outputs []output
	files   []artifact
}

// output is a variable that a step hands on; perhaps says that it may not have.
type output struct {
	name    string
	value   model.Value
	group   int // of the step, see [step]
	perhaps bool
}

// line follows the steps of a pipeline that are asked for, and before them those that hand
// something on.
func (r *run) line(ctx context.Context, l *line) error {
	last := -1
	for i, s := range l.steps {
		if r.wanted(s) {
			last = i
		}
	}
	from := handed{}
	for _, s := range l.steps[:last+1] {
		wanted := r.wanted(s)
		if !wanted && !s.feeds() {
			continue
		}
		if err := r.step(ctx, l, s, &from, !wanted); err != nil {
			return err
		}
	}
	return nil
}

// step follows one step, and takes over what it hands on.
func (r *run) step(ctx context.Context, l *line, s *step, from *handed, quiet bool) error {
	job := fmt.Sprintf("%s#%d", l.group, s.number)
	if err := r.receive(ctx, job, s, from.files); err != nil {
		return err
	}
	script := pipeline.Script{
		At: s.at, Shell: s.shell(), Flags: []string{"-e"}, Job: job, Label: s.label(), Quiet: quiet,
		Root: []string{root}, Channels: []string{outputFile}, Env: r.environment(l, s, from.outputs),
	}
	if quiet && s.condition {
		script.Perhaps = ptr(model.UnknownBecause(model.WhyInput, runNeeds, model.Trail{}))
	}
	session := r.session(s.script, s.label())
	script.Text, script.Holes, script.Positions = session.text.Script(pipeline.Hole, pipeline.MaxHoles)
	wanted := r.artifactNames(s)
	script.Files = append(session.files, wanted...)
	after, err := r.host.Follow(ctx, script)
	if err != nil {
		return err
	}
	if !quiet {
		r.consumers(session, after)
		if err := r.afterScript(ctx, script, s, after.Env); err != nil {
			return err
		}
	}
	r.handOn(s, after, from, wanted, script.Perhaps != nil)
	return nil
}

// handOn keeps the output variables and the artifacts of a step.
func (r *run) handOn(s *step, after pipeline.After, from *handed, wanted []string, perhaps bool) {
	written, ok := after.Channels[outputFile]
	for _, name := range s.outputs {
		v := outputOf(written, ok, name)
		if v.State == model.Absent {
			continue
		}
		v = v.Via(hop(s.at, "output variable "+strict.Name(name)+" of step "+s.label()))
		from.outputs = append(from.outputs, output{name: name, value: v, group: s.group, perhaps: perhaps})
	}
	for _, name := range wanted {
		if v, ok := after.Files[name]; ok && v.State != model.Absent {
			if perhaps {
				v = model.UnknownBecause(model.WhyInput, runNeeds, v.Trail)
			}
			from.files = append(from.files, artifact{name: name, text: v, at: s.at, group: s.group})
		}
	}
}

// afterScript follows what runs behind the script, in a session of its own on the same
// machine. Whether it finds what the script exported is not documented.
func (r *run) afterScript(ctx context.Context, script pipeline.Script, s *step, ended model.Env) error {
	if len(s.after) == 0 {
		return nil
	}
	session := r.session(s.after, s.label())
	script.Env = pipeline.Either("whether variables of the script reach the after-script", script.Env, ended).
		With("BITBUCKET_EXIT_CODE", model.KnownText("0", hop(s.at, "BITBUCKET_EXIT_CODE of a script that succeeds")))
	script.Text, script.Holes, script.Positions = session.text.Script(pipeline.Hole, pipeline.MaxHoles)
	script.Files = session.files
	script.Flags = nil
	after, err := r.host.Follow(ctx, script)
	if err == nil {
		r.consumers(session, after)
	}
	return err
}

// shell is what runs the lines of a step.
func (s *step) shell() string {
	name, _, _ := strings.Cut(s.image, ":")
	switch {
	case s.windows:
		return "powershell"
	case strings.Contains(s.image, "alpine"), strings.Contains(s.image, "busybox"), strings.HasPrefix(name, "docker/"), name == "docker":
		return "sh"
	}
	return "bash"
}

// session is the script of a step as one text, with the pipes in it.
type session struct {
	text  tree.Text
	pipes []started
	files []string // in which the variables of pipes are left
}

// session joins the lines of a script. Between two of them the runner prints, which leaves
// nothing but $?.
func (r *run) session(items []*tree.Node, label string) *session {
	out := &session{}
	for _, item := range items {
		if item.IsMap() {
			r.pipe(out, item, label)
		} else {
			out.text = tree.Join(out.text, tree.Literal(item, model.KindBitbucket, "script of step "+label))
		}
		out.text = tree.Join(out.text, glue("\n:\n", item))
	}
	return out
}

// glue is text of keyfit's own, in place of what the runner puts there.
func glue(text string, at *tree.Node) tree.Text {
	return tree.Of(model.KnownText(text, hop(at.Span(), "what the runner adds")), at.Span())
}
