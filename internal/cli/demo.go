package cli

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/keyfit/keyfit/examples"
	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/report"
	"github.com/keyfit/keyfit/internal/sandbox"
	"github.com/keyfit/keyfit/internal/strict"
)

func (a *app) demoCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "demo [STORY]",
		Short: "run the real pipeline on three stories, against an API on loopback",
		Long:  "demo runs the real pipeline on small repositories whose deploy is about to go wrong.\nIt needs no keys, no configuration and no network: the API is a server inside keyfit\nthat listens on loopback.",
		Args:  cobra.MaximumNArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return storyNames(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			stories, err := chosenStories(args)
			if err != nil {
				return err
			}
			for _, story := range stories {
				if err := a.tell(cmd.Context(), story); err != nil {
					return err
				}
			}
			return a.demoEnd()
		},
	}
}

func chosenStories(args []string) ([]examples.Story, error) {
	all := examples.Stories()
	if len(args) == 0 {
		return all, nil
	}
	for _, story := range all {
		if story.Name == args[0] {
			return []examples.Story{story}, nil
		}
	}
	e := &exit{code: exitUsage, message: fmt.Sprintf("there is no story %q", args[0]), fix: "there are: " + strings.Join(storyNames(), ", ")}
	if near := strict.Nearest(args[0], storyNames()); near != "" {
		e.fix = fmt.Sprintf("did you mean %q?", near)
	}
	return nil, e
}

func storyNames() []string {
	var names []string
	for _, s := range examples.Stories() {
		names = append(names, s.Name)
	}
	return names
}

// tell plays one story: its API, then each scene.
func (a *app) tell(ctx context.Context, story examples.Story) error {
	dir, err := os.MkdirTemp("", "keyfit-demo-")
	if err != nil {
		return usage("cannot make a temporary folder for the demo")
	}
	defer os.RemoveAll(dir)
	if err := unpack(story.Name, dir); err != nil {
		return err
	}
	api, err := startAPI(ctx, story.Name)
	if err != nil {
		return err
	}
	defer api.Close()
	fmt.Fprintf(a.Stdout, "# %s\n# %s\n\n", story.Name, story.Title)
	for _, scene := range story.Scenes {
		if err := a.play(ctx, story, scene, filepath.Join(dir, scene.Folder), api); err != nil {
			return err
		}
	}
	return nil
}

func startAPI(ctx context.Context, story string) (*sandbox.Sandbox, error) {
	data, err := fs.ReadFile(examples.Files, story+"/world.yaml")
	if err != nil {
		return nil, err
	}
	world, problems := sandbox.Decode("world.yaml", data)
	if len(problems) > 0 {
		return nil, configError(problems)
	}
	return sandbox.Start(ctx, world)
}

// play runs the pipeline on one scene and holds the result against what the story
// promises: a demo that shows something else is a fault.
func (a *app) play(ctx context.Context, story examples.Story, scene examples.Scene, dir string, api *sandbox.Sandbox) error {
	if gone := scene.Delete; gone.ID != "" {
		if err := api.Delete(gone.Environment, gone.ID); err != nil {
			return err
		}
	}
	fmt.Fprintf(a.Stdout, "## %s (examples/%s/%s)\n\n", scene.Title, story.Name, scene.Folder)
	document, err := a.runScene(ctx, dir, api)
	if err != nil {
		return err
	}
	if err := report.Write(a.Stdout, "text", document, a.reportOptions(a.Stdout)); err != nil {
		return err
	}
	fmt.Fprintln(a.Stdout)
	if why := surprise(scene, document); why != "" {
		return &exit{code: exitFindings, message: fmt.Sprintf("%s, %s: %s", story.Name, scene.Title, why)}
	}
	return nil
}

// runScene is the real pipeline in another directory, with the declared hosts led to
// the loopback API and nothing of this process's environment.
func (a *app) runScene(ctx context.Context, dir string, api *sandbox.Sandbox) (report.Document, error) {
	scene := &app{Process: a.Process, env: map[string]string{}}
	scene.Process.Dir, scene.Process.Environ = dir, nil
	w, err := scene.open()
	if err != nil {
		return report.Document{}, err
	}
	defer w.close()
	redirect(w.config, api)
	result, err := scene.pipeline(ctx, w, checkOptions{})
	if err != nil {
		return report.Document{}, err
	}
	return result.document, nil
}

func redirect(file *config.File, api *sandbox.Sandbox) {
	for _, p := range file.Providers {
		for environment, host := range p.Hosts {
			if url := api.URL(environment); url != "" {
				host.Value = url
				p.Hosts[environment] = host
			}
		}
	}
}

// surprise says in what a scene differs from its promise; "" when it does not.
func surprise(scene examples.Scene, d report.Document) string {
	found := map[string]string{}
	for _, f := range d.Findings {
		found[f.ID] = fmt.Sprintf("%s:%d", f.At.File, f.At.Line)
	}
	for id, place := range scene.Expect {
		if found[id] != place {
			return fmt.Sprintf("expected %s at %s, got %q", id, place, found[id])
		}
	}
	if len(scene.Expect) == 0 && (len(found) > 0 || d.Summary.Passed == 0 || d.Summary.Passed != d.Summary.Slots) {
		return "expected every key to fit"
	}
	return ""
}

// unpack writes a story's folder to dir. An embedded file has no mode: scripts are
// known by their first two bytes.
func unpack(story, dir string) error {
	return fs.WalkDir(examples.Files, story, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := filepath.Join(dir, filepath.FromSlash(strings.TrimPrefix(name, story)))
		if d.IsDir() {
			return os.MkdirAll(target, 0o755)
		}
		data, err := fs.ReadFile(examples.Files, name)
		if err != nil {
			return err
		}
		mode := os.FileMode(0o644)
		if bytes.HasPrefix(data, []byte("#!")) {
			mode = 0o755
		}
		return os.WriteFile(target, data, mode)
	})
}

func (a *app) demoEnd() error {
	_, err := fmt.Fprintf(a.Stdout, "Every key above is made up, and every answer came from an API on loopback. In your own\nrepository, run `keyfit`; `keyfit explain K205` is the manual page of a finding.\n")
	return err
}
