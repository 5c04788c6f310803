package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/keyfit/keyfit/internal/keys"
	"github.com/keyfit/keyfit/internal/report"
	"github.com/keyfit/keyfit/internal/resolve"
)

const diffHelp = `diff puts two environments side by side: for each key that a consumer receives in one of them,
whether both receive the same key (one key should serve one environment), whether one receives
none, a key of another provider, kind or mode, or one from another source. It opens no
connection and shows fingerprints, never a value.

Consumers belong together by their kind and name; namespaces may differ, and so may the
environment's own name within a name (api-staging and api-production).

The exit code is 0 whatever is found. With --exit-code it is 1 for a difference that matters
(the same key, a missing key, another provider or kind), else 3 when something could not be
compared because a value is unknown, else 4 when there was nothing to compare.`

// diffOptions are the flags of `keyfit diff`.
type diffOptions struct {
	format   string
	all      bool
	exitCode bool
}

func (a *app) diffCommand() *cobra.Command {
	var o diffOptions
	cmd := &cobra.Command{
		Use:   "diff ENV ENV",
		Short: "two environments side by side: same key, missing key, other provider; opens no connection",
		Long:  diffHelp,
		Args:  cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := oneOf("--format", o.format, "text", "json", "markdown"); err != nil {
				return err
			}
			if args[0] == args[1] {
				return usage("diff compares two environments, and %q is named twice", report.Clean(args[0]))
			}
			return a.diff(cmd.Context(), args[0], args[1], o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.format, "format", "text", "text, json or markdown")
	f.BoolVar(&o.all, "all", false, "compare all variables, not only keys")
	f.BoolVar(&o.exitCode, "exit-code", false, "exit 1 when there are differences that matter")
	return cmd
}

func (a *app) diff(ctx context.Context, left, right string, o diffOptions) error {
	w, err := a.open()
	if err != nil {
		return err
	}
	defer w.close()
	a.tellNotes(w)
	environments, err := a.resolveAll(ctx, w, []string{left, right})
	if err != nil {
		return err
	}
	d := report.BuildDifference(report.DifferenceInput{
		Left: receivers(environments, left), Right: receivers(environments, right),
		Slots:        a.selectKeys(w, environments),
		All:          o.all,
		ReuseAllowed: w.config.Policy.Reuse == "allow",
		Fingerprints: a.fingerprints(),
	})
	if err := report.WriteDifference(a.Stdout, o.format, d, a.reportOptions(a.Stdout)); err != nil {
		return err
	}
	if code := d.ExitCode(); o.exitCode && code != exitOK {
		return &exit{code: code}
	}
	return nil
}

// selectKeys picks the keys out of what the environments' consumers receive.
func (a *app) selectKeys(w *workspace, environments []resolve.Environment) []keys.Slot {
	return keys.Select(a.selection(w, environments))
}

func (a *app) selection(w *workspace, environments []resolve.Environment) keys.Input {
	return keys.Input{Environments: environments, Config: w.config, Catalogue: w.catalogue, Process: a.process()}
}

// receivers gives what the report of a resolution needs of one environment.
func receivers(environments []resolve.Environment, name string) report.Receivers {
	for _, e := range environments {
		if e.Name == name {
			return report.Receivers{Environment: e.Name, Consumers: e.Consumers, Problems: e.Problems, Lost: e.Lost}
		}
	}
	return report.Receivers{Environment: name}
}
