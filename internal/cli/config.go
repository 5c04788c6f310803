package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/keyfit/keyfit/internal/config"
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
	_, err = fmt.Fprintf(a.Stdout, "%s: fine (%d environments, %d keys, %d providers of your own)\n",
		w.config.Path, len(w.config.Environments), len(w.config.Keys), len(w.config.Providers))
	return err
}
