package cli

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/keyfit/keyfit/internal/checks"
	"github.com/keyfit/keyfit/internal/report"
)

// checkOptions are the flags of `keyfit check`.
type checkOptions struct {
	environments []string
	offline      bool
	format       string
	outputs      []string
	gate
	caFile      string
	timeout     time.Duration
	trustConfig bool
	evidence    string // a file for the vendor's support
	evidenceAll bool
	policy      string // a file whose providers, keys, policy and ignores count
	shard       string
	part        shard // what shard says
	allow       []string
	noIgnores   bool
	noSources   bool // what the application reads is not searched
}

func (a *app) checkCommand() *cobra.Command {
	var o checkOptions
	cmd := &cobra.Command{
		Use:   "check",
		Short: "resolve every key, ask its API, and judge (this is also what `keyfit` alone does)",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.validate(); err != nil {
				return err
			}
			return a.check(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.StringArrayVarP(&o.environments, "environment", "e", nil, "check only this environment; may be repeated")
	f.BoolVar(&o.offline, "offline", false, "open no connection; all rungs above format stay unverified")
	f.StringVar(&o.format, "format", "text", strings.Join(report.FormatNames(), ", "))
	f.StringArrayVar(&o.outputs, "output", nil, "also write FORMAT=PATH; may be repeated")
	o.gate.flags(cmd)
	f.StringVar(&o.caFile, "ca-file", "", "also trust the certificates in this PEM file")
	f.DurationVar(&o.timeout, "timeout", 2*time.Minute, "for all requests together; 0 is no limit")
	f.BoolVar(&o.trustConfig, "trust-config", false, "ask even when keyfit.yaml comes from outside, such as a pull request from a fork")
	f.StringVar(&o.policy, "policy", "", "take the providers, keys, policy and ignores from this keyfit.yaml, such as the base's")
	f.StringVar(&o.shard, "shard", "", shardHelp)
	f.StringArrayVar(&o.allow, "allow", nil, "let an ignore silence this finding in production too: "+strings.Join(checks.Guarded(), ", ")+"; may be repeated")
	f.BoolVar(&o.noIgnores, "no-ignores", false, "show every finding, also those that keyfit.yaml or a comment ignores")
	f.StringVar(&o.evidence, "evidence", "", "also write to this file what a vendor's support asks for, of every key that was asked about and not accepted; JSON if it ends in .json")
	f.BoolVar(&o.evidenceAll, "evidence-all", false, "with --evidence: of the keys that were accepted too")
	return cmd
}

func (o *checkOptions) validate() error {
	if o.evidenceAll && o.evidence == "" {
		return usage("--evidence-all needs --evidence FILE")
	}
	for _, id := range o.allow {
		if err := oneOf("--allow", id, checks.Guarded()...); err != nil {
			return err
		}
	}
	if o.timeout < 0 {
		return usage("--timeout takes a positive time such as 90s; 0 is no limit")
	}
	return o.gate.validate()
}

func oneOf(flag, value string, words ...string) error {
	if slices.Contains(words, value) {
		return nil
	}
	return usage("%s takes %s, not %q", flag, strings.Join(words, ", "), value)
}

func (a *app) check(ctx context.Context, o checkOptions) error {
	targets, err := a.targets(o.format, o.outputs)
	if err != nil {
		return err
	}
	if o.part, err = a.shard(o.shard, o.environments); err != nil {
		return err
	}
	w, err := a.open()
	if err != nil {
		return err
	}
	defer w.close()
	if err := a.govern(w, o.policy); err != nil {
		return err
	}
	a.tellNotes(w)
	result, err := a.pipeline(ctx, w, o)
	if err != nil {
		return err
	}
	return a.deliver(w, result, targets, o)
}

// tellNotes says what discovery found.
func (a *app) tellNotes(w *workspace) {
	for _, note := range w.notes {
		a.progress("%s", note)
	}
}

// absolute makes a path given on the command line absolute: it is relative to base.
func absolute(base, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(base, name)
}

// resolvePath makes the path of a file given on the command line absolute: like all that
// follows -C, it is relative to that directory.
func (a *app) resolvePath(name string) string {
	return absolute(absolute(a.Dir, a.flags.dir), name)
}

// readFile reads a file that a flag names.
func (a *app) readFile(flag, name string) ([]byte, error) {
	data, err := os.ReadFile(a.resolvePath(name))
	if err != nil {
		return nil, usage("%s: cannot read %q", flag, name)
	}
	return data, nil
}
