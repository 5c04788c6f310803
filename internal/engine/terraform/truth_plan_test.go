package terraform

import (
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/keyfit/keyfit/internal/model"
)

// readsPlan reads the tool's own plan of a trial. It is a plan that can be read, and the
// configuration with the inputs that it names gives what the tool says.
func (s stage) readsPlan(real truth) {
	s.t.Helper()
	text, err := s.run("show", "-json", filepath.Join(s.data, "plan"))
	if err != nil {
		s.t.Fatal(err)
	}
	beside := trial{files: []txtar.File{{Name: "plan.json", Data: text}}}
	in := PlanStep{Files: beside.step(s.t, s.tool.name).Files, File: "plan.json", Dir: s.x.dir}
	got, err := Plan(s.t.Context(), in)
	if err != nil || got.Doubt != nil || len(got.Problems) > 0 {
		s.t.Errorf("the tool's plan is not read: %v, doubt %v, problems %v", err, got.Doubt != nil, got.Problems)
	}
	step := s.x.step(s.t, s.tool.name)
	step.Env = model.Env{}
	step.Workspace = model.UnknownBecause(model.WhyInput, "the workspace of the plan", model.Trail{})
	if step.Args, err = PlanArgs(s.t.Context(), in); err != nil {
		s.t.Error(err)
	}
	for _, d := range against(evaluate(s.t, step), real).of(wrong) {
		s.t.Errorf("with the inputs of the plan: %s: %s", d.path, d.text)
	}
}

// TestPlansOfTheTool reads the plan of every module that a real tool makes one of.
func TestPlansOfTheTool(t *testing.T) {
	tools := references(t)
	for i, x := range trials(t) {
		tool := tools[i%len(tools)]
		if x.fails || x.only != "" && x.only != tool.name {
			continue
		}
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, tool, x)
			real, err := s.plan()
			if err != nil {
				t.Fatal(err)
			}
			s.readsPlan(real)
		})
	}
}
