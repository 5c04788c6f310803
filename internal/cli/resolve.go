package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/keyfit/keyfit/internal/report"
	"github.com/keyfit/keyfit/internal/secret"
)

// resolveOptions are the flags of `keyfit resolve` and `keyfit trace`.
type resolveOptions struct {
	environments []string
	format       string
	reveal       bool
}

func (a *app) resolveCommand() *cobra.Command {
	var o resolveOptions
	cmd := &cobra.Command{
		Use:   "resolve",
		Short: "show what every consumer receives, and from where; opens no connection",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.format == "dotenv" && !o.reveal {
				return usage("--format dotenv prints values and so needs --reveal")
			}
			resolved, err := a.resolved(cmd.Context(), o)
			if err != nil {
				return err
			}
			if err := report.WriteResolved(a.Stdout, o.format, resolved, a.reportOptions(a.Stdout)); err != nil {
				return usage("%s", err)
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringArrayVarP(&o.environments, "environment", "e", nil, "only this environment; may be repeated")
	f.StringVar(&o.format, "format", "text", "text, json or dotenv")
	f.BoolVar(&o.reveal, "reveal", false, "print the values, in clear")
	return cmd
}

func (a *app) traceCommand() *cobra.Command {
	var o resolveOptions
	cmd := &cobra.Command{
		Use:   "trace NAME",
		Short: "show one variable's journey, with everything that it overrode",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			resolved, err := a.resolved(cmd.Context(), o)
			if err != nil {
				return err
			}
			found, err := report.WriteTrace(a.Stdout, resolved, args[0], a.reportOptions(a.Stdout))
			if err == nil && !found {
				err = &exit{code: exitNothing}
			}
			return err
		},
	}
	cmd.Flags().StringArrayVarP(&o.environments, "environment", "e", nil, "only this environment; may be repeated")
	return cmd
}

func (a *app) resolved(ctx context.Context, o resolveOptions) (report.Resolved, error) {
	w, err := a.open()
	if err != nil {
		return report.Resolved{}, err
	}
	defer w.close()
	a.tellNotes(w)
	environments, err := a.resolveAll(ctx, w, o.environments)
	if err != nil {
		return report.Resolved{}, err
	}
	in := report.ResolvedInput{Fingerprints: a.fingerprints()}
	for _, e := range environments {
		in.Environments = append(in.Environments, report.Receivers{Environment: e.Name, Consumers: e.Consumers, Problems: e.Problems})
	}
	if o.reveal {
		in.Show = secret.Text.Reveal
	}
	return report.BuildResolved(in), nil
}
