package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/discover"
	"github.com/keyfit/keyfit/internal/keys"
	"github.com/keyfit/keyfit/internal/repo"
)

const configName = "keyfit.yaml"

func (a *app) initCommand() *cobra.Command {
	var force, stdout bool
	cmd := &cobra.Command{
		Use:   "init",
		Short: "write keyfit.yaml from what is discovered, and say what was found",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.initialise(cmd.Context(), force, stdout)
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "replace a keyfit.yaml that is there")
	cmd.Flags().BoolVar(&stdout, "stdout", false, "print the configuration instead of writing it")
	return cmd
}

func (a *app) initialise(ctx context.Context, force, stdout bool) error {
	start, err := a.startDir()
	if err != nil {
		return err
	}
	target := filepath.Join(start, configName)
	if !force && !stdout {
		if err := free(target); err != nil {
			return err
		}
	}
	w, err := a.discovered(start)
	if err != nil {
		return err
	}
	defer w.close()
	text, counted, err := a.configuration(ctx, w)
	if err != nil {
		return err
	}
	if stdout {
		_, err = fmt.Fprint(a.Stdout, text)
	} else if err = create(target, text, force); err == nil && !a.flags.quiet {
		_, err = fmt.Fprintf(a.Stdout, "%s: written (%s)\n", configName, counted)
	}
	a.tellFound(w)
	return err
}

// discovered opens the repository as if there were no configuration in it.
func (a *app) discovered(start string) (*workspace, error) {
	w, rel, err := openAt(start)
	if err != nil {
		return nil, err
	}
	found := discover.Environments(w.files, rel)
	w.config, w.notes, w.dir = found.Config, found.Notes, rel
	return w, nil
}

func free(target string) error {
	if _, err := os.Lstat(target); err == nil {
		return &exit{code: exitUsage, message: configName + " is there already", fix: "print what it would be with --stdout, or replace it with --force"}
	}
	return nil
}

// create writes the file. Without force it must not be there, not even since a moment.
func create(target, text string, force bool) error {
	flags := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if force {
		flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	f, err := os.OpenFile(target, flags, 0o644)
	if errors.Is(err, os.ErrExist) {
		return free(target)
	}
	if err == nil {
		_, err = f.WriteString(text)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return &exit{code: exitUsage, message: configName + " cannot be written", fix: "print it with --stdout, and save it where it belongs"}
	}
	return nil
}

// configuration is the text of a keyfit.yaml that says what was discovered.
func (a *app) configuration(ctx context.Context, w *workspace) (text, counted string, err error) {
	environments, err := a.resolveAll(ctx, w, nil)
	if err != nil {
		return "", "", err
	}
	in := keys.Input{Environments: environments, Config: w.config, Catalogue: w.catalogue}
	slots := keys.Select(in)
	out := &configText{
		config: w.config, inputs: inputsOf(environments), others: keys.Overlooked(in, slots),
		keys: declared(slots, slices.Sorted(maps.Keys(w.config.Environments))),
	}
	text = out.write()
	if err := readsBack(w, text); err != nil {
		return "", "", err
	}
	return text, fmt.Sprintf("environments: %d, keys: %d", len(w.config.Environments), len(out.keys)), nil
}

// readsBack makes sure that what is written can be read.
func readsBack(w *workspace, text string) error {
	files := repo.NewOverlay(w.files)
	name := path.Join(w.dir, configName)
	if err := files.Write(name, []byte(text)); err != nil {
		return usage("%s", err)
	}
	if _, problems := config.Load(files, name, config.LoadOptions{Catalog: w.catalogue}); len(problems) > 0 {
		return &exit{code: exitUsage, message: "what was discovered cannot be written down: " + problems[0].Message, fix: "write keyfit.yaml by hand, and please report this"}
	}
	return nil
}

// tellFound says what led to the configuration, and what is unsure.
func (a *app) tellFound(w *workspace) {
	if a.flags.quiet {
		return
	}
	for _, note := range w.notes {
		fmt.Fprintf(a.Stderr, "keyfit: %s\n", note)
	}
}
