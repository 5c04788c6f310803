package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/keyfit/keyfit/internal/report"
)

const convertHelp = `convert renders a report that ` + "`keyfit check --format json`" + ` saved in another format. It asks
nothing and opens no connection: what it writes is what ` + "`check`" + ` would have written.

  keyfit check --output json=keyfit.json
  keyfit convert --to html --output keyfit.html keyfit.json
  keyfit convert --to sarif - < keyfit.json

--output PATH writes the report to a file instead of standard output, and
--output FORMAT=PATH writes one more; both may be repeated.

A saved report is not believed: outcomes and counts are decided anew. The exit code is the one
that ` + "`check`" + ` would give, under the same --fail-on and --on-unverified, so that one step may
convert and gate: 0 all fits, 1 findings, 2 not a report, 3 could not verify, 4 nothing was
checked. To convert only, pass --fail-on never --on-unverified pass.`

func (a *app) convertCommand() *cobra.Command {
	var to string
	var outputs []string
	var g gate
	cmd := &cobra.Command{
		Use:   "convert --to FORMAT REPORT.json",
		Short: "render a saved report in another format, without asking again",
		Long:  convertHelp,
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := g.validate(); err != nil {
				return err
			}
			targets, err := a.savedTargets("--to", to, outputs)
			if err != nil {
				return err
			}
			d, err := a.readReport(args[0])
			if err != nil {
				return err
			}
			return a.deliverSaved(d, targets, g)
		},
	}
	f := cmd.Flags()
	f.StringVar(&to, "to", "text", strings.Join(report.FormatNames(), ", "))
	f.StringArrayVar(&outputs, "output", nil, "write to PATH instead of standard output, or also write FORMAT=PATH; may be repeated")
	g.flags(cmd)
	return cmd
}
