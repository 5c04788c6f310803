package cli

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// Kinds of hooks of git.
const (
	prePush   = "pre-push"
	preCommit = "pre-commit"
)

func (a *app) hookCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "hook",
		Short: "judge what a push or a commit brings, before it leaves this machine",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return &exit{code: exitUsage, message: "`keyfit hook` needs install or run", fix: "see `keyfit hook --help`"}
		},
	}
	cmd.AddCommand(a.hookInstallCommand(), a.hookRunCommand())
	return cmd
}

// hookOptions are the flags of `keyfit hook run`.
type hookOptions struct {
	kind   string
	online bool
	check  checkOptions
}

func (a *app) hookRunCommand() *cobra.Command {
	var o hookOptions
	cmd := &cobra.Command{
		Use:   "run [pre-push|pre-commit] [REMOTE URL]",
		Short: "what the hook calls: exit 1 when the push or the commit breaks a key, else say nothing",
		Long:  hookRunHelp,
		Args:  cobra.MaximumNArgs(3),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.kind = prePush
			if len(args) > 0 {
				o.kind, args = args[0], args[1:]
			}
			if err := oneOf("keyfit hook run", o.kind, prePush, preCommit); err != nil {
				return err
			}
			o.check.offline, o.check.onNothing = !o.online, "fail"
			if err := o.check.validate(); err != nil {
				return err
			}
			return a.hookRun(cmd.Context(), o, args)
		},
	}
	f := cmd.Flags()
	f.StringArrayVarP(&o.check.environments, "environment", "e", nil, "judge only this environment; may be repeated")
	f.BoolVar(&o.online, "online", false, "ask the APIs too, with what this process's environment holds")
	f.StringVar(&o.check.failOn, "fail-on", "error", "block at findings of this level or above, and at a key in plain text: error, warning, note, never")
	f.StringVar(&o.check.onUnverified, "on-unverified", "pass", "with --online, when something could not be verified: fail (exit 3), warn, pass")
	f.StringVar(&o.check.caFile, "ca-file", "", "also trust the certificates in this PEM file")
	f.DurationVar(&o.check.timeout, "timeout", 10*time.Second, "for all requests together; 0 is no limit")
	return cmd
}

const hookRunHelp = `Judges the commits that are pushed, or the files that are staged, as git holds them: what
is changed but not committed does not count. The variables of your shell are not read, and
what the environment of the deploy's job may supply is not missing.

Only what this push brings blocks it: a finding that the remote has already does not.
Nothing is sent anywhere without --online, and nothing is said when all is well.

Skip it once with SKIP=keyfit, or with git's own --no-verify.`

// hookRun is the whole hook.
func (a *app) hookRun(ctx context.Context, o hookOptions, args []string) error {
	if a.hookSkipped() {
		return nil
	}
	h := &hook{app: a.onLaptop(o), options: o}
	start, err := a.startDir()
	if err != nil {
		return err
	}
	h.place(start)
	defer h.git.close()
	heads, err := h.heads(ctx, args)
	if err != nil {
		return err
	}
	return h.judgeAll(ctx, heads)
}

// hookSkipped follows SKIP, the list by which users of hooks know to leave one out.
func (a *app) hookSkipped() bool {
	ids := strings.FieldsFunc(a.env["SKIP"], func(r rune) bool { return r == ',' || r == ' ' })
	if !slices.ContainsFunc(ids, func(id string) bool { return id == "keyfit" || strings.HasPrefix(id, "keyfit-") }) {
		return false
	}
	a.progress("skipped, because SKIP names it")
	return true
}
