package cli

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/repo"
)

func (a *app) configCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "check keyfit.yaml, or print its JSON Schema",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return usage("say `keyfit config validate` or `keyfit config schema`")
		},
	}
	cmd.AddCommand(
		&cobra.Command{
			Use:   "validate",
			Short: "read the configuration and report every mistake in it",
			Args:  cobra.NoArgs,
			RunE:  func(*cobra.Command, []string) error { return a.validateConfig() },
		},
		&cobra.Command{
			Use:   "schema",
			Short: "print the JSON Schema of keyfit.yaml",
			Args:  cobra.NoArgs,
			RunE: func(*cobra.Command, []string) error {
				_, err := a.Stdout.Write(config.JSONSchema())
				return err
			},
		},
	)
	return cmd
}

func (a *app) validateConfig() error {
	a.thorough = true
	w, err := a.open()
	if err != nil {
		return err
	}
	defer w.close()
	if w.config.Path == "" {
		return &exit{code: exitUsage, message: "there is no keyfit.yaml here", fix: "write one, or name it with --config"}
	}
	if a.flags.quiet {
		return nil
	}
	a.tellAstray(w)
	_, err = fmt.Fprintf(a.Stdout, "%s: fine (%s, %s, %s of your own)\n",
		w.config.Path, counted(len(w.config.Environments), "environment"), counted(len(w.config.Keys), "key"), counted(len(w.config.Providers), "provider"))
	return err
}

// tellAstray names what is bound for a workflow although no file of workflows and actions speaks
// of it.
func (a *app) tellAstray(w *workspace) {
	var text string
	for _, name := range slices.Sorted(maps.Keys(w.config.Environments)) {
		inputs := w.config.Environments[name].Inputs
		for _, input := range slices.Sorted(maps.Keys(inputs)) {
			prefix, plain, _ := strings.Cut(input, ".")
			if prefix != "secrets" && prefix != "vars" {
				continue
			}
			if text == "" {
				text = strings.ToUpper(" " + workflowText(w.files, ".github", 0))
			}
			if !strings.Contains(text, strings.ToUpper(plain)) {
				fmt.Fprintf(a.Stderr, "%s: no workflow speaks of %s, so that this may decide nothing\n", inputs[input].At, input)
			}
		}
	}
}

// The limits of what is looked through for the names of inputs.
const (
	maxWorkflowText  = 4 << 20
	maxWorkflowDepth = 4
)

// workflowText is all that the files in a directory and below it say.
func workflowText(files repo.Files, dir string, depth int) string {
	list, err := files.List(dir)
	if err != nil || depth > maxWorkflowDepth {
		return ""
	}
	var b strings.Builder
	for _, info := range list {
		switch name := path.Join(dir, info.Name); {
		case b.Len() > maxWorkflowText:
			return b.String()
		case info.Dir:
			b.WriteString(workflowText(files, name, depth+1))
		default:
			data, _ := files.Read(name)
			b.Write(data)
		}
	}
	return b.String()
}
