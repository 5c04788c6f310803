package resolve

import (
	"context"

	"github.com/keyfit/keyfit/internal/engine/batch"
	"github.com/keyfit/keyfit/internal/engine/powershell"
	"github.com/keyfit/keyfit/internal/engine/shell"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/session"
)

// followWindows follows a script for PowerShell or cmd; ok is false for any other. A quiet one
// is started with echo off.
func (w *walk) followWindows(ctx context.Context, s pipeline.Script, quiet bool) (out shell.Outcome, ok bool, err error) {
	var left session.Outcome
	before := w.files.Fork()
	switch s.Shell {
	case "pwsh", "powershell":
		step := powershell.Step{
			Files: w.files, Env: s.Env, Dir: s.Dir, Text: s.Text, At: s.At, Positions: s.Positions, Core: s.Shell == "pwsh",
			Holes: s.Holes, Hole: pipeline.Hole, Channels: s.Channels, Root: s.Root, Capture: s.Capture,
		}
		if !step.Core {
			step.System = "windows"
		}
		left, err = powershell.Follow(ctx, step)
	case "cmd", "bat":
		left, err = batch.Follow(ctx, batch.Step{
			Files: w.files, Env: s.Env, Dir: s.Dir, Text: s.Text, At: s.At, Positions: s.Positions,
			Holes: s.Holes, Hole: pipeline.Hole, Channels: s.Channels, Root: s.Root, Capture: s.Capture, Quiet: quiet,
		})
	default:
		return shell.Outcome{}, false, nil
	}
	if err != nil {
		return shell.Outcome{}, true, err
	}
	keepWritten(w.files, left.Written)
	out = shell.Outcome{Result: left.Result, Written: left.Written, Channels: left.Channels, Output: left.Output}
	for _, seen := range left.Seen {
		out.Seen = append(out.Seen, shell.Seen{Printers: seen.Printers, Perhaps: seen.Perhaps})
	}
	if left.Doubt != nil && !s.Quiet && w.lost == nil {
		w.lost = left.Doubt
	}
	if s.Quiet {
		return out, true, nil
	}
	out, err = w.delivered(ctx, before, out, s.Perhaps, true)
	return out, true, err
}

// keepWritten has later scripts of the job find what this one wrote, as far as that is known.
func keepWritten(files *repo.Overlay, written map[string]model.Value) {
	for name, v := range written {
		switch v.State {
		case model.Known:
			_ = files.Write(name, []byte(v.Text.Reveal())) // one that cannot be written is not found
		case model.Absent:
			_ = files.Remove(name)
		}
	}
}
