package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/keyfit/keyfit/internal/report"
)

const mergeHelp = `merge makes one report of several that ` + "`keyfit check --format json`" + ` saved: of the shards of
one run, of environments that were checked apart, of many repositories.

  keyfit check --shard 1/2 --output json=1.json     (in one job)
  keyfit check --shard 2/2 --output json=2.json     (in another)
  keyfit merge 1.json 2.json --output html=keyfit.html

A slot that several reports hold stands once. When they disagree, a failure is kept before what
could not be verified, and that before a pass: joining reports never hides anything. With
--latest the report that was started last counts instead (of those of one second, the one that
is named last), as far as both are of one repository; use it for what was run again.

A report that shows no key of an environment leaves a doubt, whatever the others show: exit 3.
So do shards that are missing, and shards of different commits. The exit code of one shard is
not the result of the run: that of merge is. A key that serves
environments of two reports is found (K202) when both were made with one
KEYFIT_FINGERPRINT_KEY; otherwise merge says that they cannot be compared.

The merged run began when the first began and took as long as the longest. The exit code is the
one that ` + "`check`" + ` would give, under the same --fail-on and --on-unverified.`

func (a *app) mergeCommand() *cobra.Command {
	var format string
	var outputs []string
	var latest bool
	var g gate
	cmd := &cobra.Command{
		Use:   "merge REPORT.json...",
		Short: "make one report of several saved ones, such as those of --shard",
		Long:  mergeHelp,
		Args:  cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := g.validate(); err != nil {
				return err
			}
			targets, err := a.savedTargets("--format", format, outputs)
			if err != nil {
				return err
			}
			docs, err := a.readReports(args)
			if err != nil {
				return err
			}
			merged := report.Merge(docs, latest)
			a.tellMerged(merged, targets[0].format)
			return a.deliverSaved(merged, targets, g)
		},
	}
	f := cmd.Flags()
	f.StringVar(&format, "format", "text", strings.Join(report.FormatNames(), ", "))
	f.StringArrayVar(&outputs, "output", nil, "write to PATH instead of standard output, or also write FORMAT=PATH; may be repeated")
	f.BoolVar(&latest, "latest", false, "where reports disagree on a slot, believe the one that was started last")
	g.flags(cmd)
	return cmd
}

func (a *app) readReports(names []string) ([]report.Document, error) {
	var docs []report.Document
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return nil, usage("the report %q is named twice", report.Clean(name))
		}
		d, err := a.readReport(name)
		if err != nil {
			return nil, err
		}
		docs = append(docs, d)
	}
	return docs, nil
}

// tellMerged says on standard error what has to be known of the sources, where the report for
// people does not stand beside it.
func (a *app) tellMerged(d report.Document, format string) {
	notes := d.Notes
	switch {
	case a.flags.quiet:
		return
	case format == "text":
		notes = nil
	}
	for _, note := range notes {
		fmt.Fprintf(a.Stderr, "keyfit: note: %s\n", note)
	}
	for _, u := range d.Unverified {
		if u.Variable == "" {
			fmt.Fprintf(a.Stderr, "keyfit: %s\n", strings.TrimPrefix(u.Environment+": "+u.Message, ": "))
		}
	}
}
