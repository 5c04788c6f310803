package resolve

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/deploy"
	"github.com/keyfit/keyfit/internal/engine/terraform"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/origin"
	"github.com/keyfit/keyfit/internal/repo"
)

// maxUnits bounds how many modules one `terragrunt run-all` applies.
const maxUnits = 500

// modules remembers between the commands of a deploy path what terraform keeps in its
// directories: which workspace was selected, which plans were saved, what was applied.
type modules struct {
	selected []deploy.Selection
	plans    []savedPlan
	order    []string // of root modules with their workspaces
	applied  map[string][]model.Consumer
}

// savedPlan is a plan that a command wrote.
type savedPlan struct {
	module deploy.Module
	from   deploy.Delivery
}

// keep remembers what a root module delivers. Applied once more it replaces what it
// delivered before.
func (m *modules) keep(id string, consumers []model.Consumer) {
	if m.applied == nil {
		m.applied = map[string][]model.Consumer{}
	}
	if _, again := m.applied[id]; !again {
		m.order = append(m.order, id)
	}
	m.applied[id] = consumers
}

func (m *modules) consumers() []model.Consumer {
	var out []model.Consumer
	for _, id := range m.order {
		out = append(out, m.applied[id]...)
	}
	return out
}

func moduleID(step terraform.Step) string {
	workspace := step.Workspace
	if workspace.State == model.Absent {
		workspace = step.Env.Get("TF_WORKSPACE")
	}
	if workspace.State == model.Absent {
		workspace = model.KnownText("default", model.Hop{})
	}
	return path.Clean(step.Dir) + " " + clusterID([]model.Value{workspace})
}

// selectWorkspace remembers a workspace. A command that may not be run, as in `terraform
// workspace select x || terraform workspace new x`, changes nothing if it names the same.
func (m *modules) selectWorkspace(s deploy.Selection, perhaps *model.Value) {
	if perhaps != nil {
		before := deploy.Module{Dir: s.Dir, Workspace: model.Value{State: model.Absent}}.After(m.selected).Workspace
		if before.State == model.Known && before.Same(s.Name) {
			return
		}
		s.Name = instead(s.Name, *perhaps)
	}
	m.selected = append(m.selected, s)
}

// module follows one command of terraform.
func (t *tools) module(ctx context.Context, c *cluster, m deploy.Module, d deploy.Delivery) error {
	t.modular[toolName(d.Tool)] = true
	t.walk.applies = true
	m = m.After(t.modules.selected)
	switch {
	case m.Out.State != model.Absent && m.Command != "apply":
		t.modules.plans = append(t.modules.plans, savedPlan{m, d})
		return nil
	case m.Command != "apply":
		return nil // plan only prints; destroy and refresh deliver nothing
	case m.Plan.State != model.Absent:
		saved, ok := t.modules.saved(m)
		if !ok {
			t.leave(d, model.Problem{At: m.At, Message: "applies a saved plan that no command before it writes, so what it deploys is not known", Fix: "make the plan in the same script, or name its JSON in a `terraform-plan:` step"}, needsModule)
			return nil
		}
		if d.Perhaps != nil {
			doubt(&saved.module.Doubt, *d.Perhaps)
		}
		if saved.module.Command != "plan" {
			return nil // a plan to destroy
		}
		return t.applyModule(ctx, c, saved.module, saved.from)
	}
	return t.applyModule(ctx, c, m, d)
}

// saved finds the plan that a command applies: the latest of that name.
func (m *modules) saved(by deploy.Module) (savedPlan, bool) {
	for _, p := range slices.Backward(m.plans) {
		if p.module.Out.Same(by.Plan) && p.module.Dir == by.Dir || samePath(p.module, by) {
			return p, true
		}
	}
	return savedPlan{}, false
}

func samePath(plan, by deploy.Module) bool {
	return plan.Out.State == model.Known && by.Plan.State == model.Known &&
		path.Clean(joined(plan.Dir, plan.Out.Text.Reveal())) == path.Clean(joined(by.Dir, by.Plan.Text.Reveal()))
}

// applyModule evaluates a root module, or with terragrunt every one below its directory.
func (t *tools) applyModule(ctx context.Context, c *cluster, m deploy.Module, d deploy.Delivery) error {
	dirs := []string{m.Dir}
	if m.All {
		dirs = units(d.Files, m.Dir)
		if len(dirs) == 0 || len(dirs) > maxUnits {
			t.leave(d, model.Problem{At: m.At, Message: fmt.Sprintf("no module, or more than %d, is found to be applied here, so what it deploys is not known", maxUnits), Fix: "name the directories of the modules"}, needsModule)
			return nil
		}
	}
	for _, dir := range dirs {
		m.Dir = dir
		if err := t.applyOne(ctx, c, m, d); err != nil {
			return err
		}
	}
	return nil
}

func (t *tools) applyOne(ctx context.Context, c *cluster, m deploy.Module, d deploy.Delivery) error {
	step := terraform.Step{Files: d.Files, At: m.At, Dir: m.Dir, Workspace: m.Workspace, Env: m.Env, Tool: m.Tool, Doubt: m.Doubt}
	if cleaned, err := t.walk.files.Clean(m.Dir); err == nil {
		step.Dir = cleaned
	}
	for _, a := range m.Args {
		step.Args = append(step.Args, terraform.Arg{Flag: a.Flag, Text: a.Text})
	}
	if m.Partial {
		doubt(&step.Doubt, model.UnknownBecause(model.WhyRemoteState, "what was applied before of the resources that -target leaves out", model.Trail{}))
	}
	if v, ok := d.Files.(*view); ok {
		step.Written = writtenText(v, m)
	}
	result, err := terraform.Evaluate(ctx, step)
	if err != nil {
		return err
	}
	if result.Lost != nil || result.Doubt != nil {
		t.unknown(d)
	}
	consumers, err := t.handed(ctx, c, result, delivered{files: d.Files, at: m.At, dir: step.Dir})
	t.modules.keep(moduleID(step), consumers)
	return err
}

// writtenText gives the engine the files of variables that a script has written, piece by
// piece.
func writtenText(v *view, m deploy.Module) func(string) (origin.Text, bool) {
	return func(name string) (origin.Text, bool) {
		file, ok := v.written(name)
		if !ok {
			return origin.Text{}, false
		}
		return textOf(deploy.Recall(m.Env, file.Value), m.At)
	}
}

// units lists the directories of the modules that terragrunt applies below a directory.
func units(files repo.Files, dir string) []string {
	var out []string
	open := []string{dir}
	for len(open) > 0 && len(out) <= maxUnits {
		at := open[0]
		open = open[1:]
		infos, err := files.List(at)
		if err != nil {
			continue
		}
		for _, info := range infos {
			switch {
			case info.Dir && !strings.HasPrefix(info.Name, ".") && len(open) < 10*maxUnits:
				open = append(open, path.Join(at, info.Name))
			case !info.Dir && info.Name == "terragrunt.hcl":
				out = append(out, at)
			}
		}
	}
	slices.Sort(out)
	return out
}
