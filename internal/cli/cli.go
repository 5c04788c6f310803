// Package cli is what a user types and reads: commands and flags over the pipeline,
// which stands in run.go.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/keyfit/keyfit/internal/model"
)

// Process is everything that the program was started with. Nothing below cmd/keyfit
// asks the operating system for any of it.
type Process struct {
	Args           []string // without the program's name
	Environ        []string // NAME=text
	Dir            string   // working directory
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Now            func() time.Time
	Version, Date  string // of the release; empty in a build from source

	StdoutTerminal, StderrTerminal, StdinTerminal bool // StdoutTerminal: one that understands colours
	StdoutColumns                                 int  // of that terminal; 0 when there is none or it does not say

	// Git runs the user's git in dir, for the hook alone; nil where there is none.
	Git        func(ctx context.Context, dir string, in io.Reader, out io.Writer, args ...string) error
	Executable string // where this program lies; empty when nobody knows
}

// Exit codes of the contract.
const (
	exitOK          = 0
	exitFindings    = 1
	exitUsage       = 2
	exitUnverified  = 3
	exitNothing     = 4
	exitInterrupted = 130
)

// exit ends a command with a code other than 0. Its message, if any, is printed as an
// error; everything else was printed before.
type exit struct {
	code    int
	message string
	fix     string
	// problems are the mistakes of a configuration, which message lists.
	problems []model.Problem
}

func (e *exit) Error() string { return e.message }

// usage is an error of the user's in flags, arguments or configuration.
func usage(format string, args ...any) error {
	return &exit{code: exitUsage, message: fmt.Sprintf(format, args...)}
}

// app is one run of the program.
type app struct {
	Process
	env   map[string]string
	flags globalFlags

	// openEnded says that the deploy's own environment may hold more than is known here.
	openEnded bool
	// thorough says that the configuration is what is looked at: see config.LoadOptions.
	thorough bool
}

type globalFlags struct {
	dir, config, color string
	quiet, verbose     bool
}

// Main runs the program and returns its exit code. It never panics: what would have
// been a panic is reported as a fault of keyfit's own, without any value.
func Main(ctx context.Context, p Process) (code int) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Fprintf(p.Stderr, "keyfit: internal error (%T); nothing is claimed about any key\n", r)
			fmt.Fprintln(p.Stderr, "  = fix: please report this with the command line you used; it holds no value of yours")
			code = exitUsage
		}
	}()
	a := &app{Process: p, env: environMap(p.Environ)}
	root := a.rootCommand()
	root.SetArgs(p.Args)
	root.SetIn(p.Stdin)
	root.SetOut(p.Stdout)
	root.SetErr(p.Stderr)
	return a.exitCode(ctx, root.ExecuteContext(ctx))
}

func (a *app) exitCode(ctx context.Context, err error) int {
	if err == nil {
		return exitOK
	}
	if ctx.Err() != nil {
		fmt.Fprintln(a.Stderr, "keyfit: interrupted")
		return exitInterrupted
	}
	e := (*exit)(nil)
	if !errors.As(err, &e) {
		e = &exit{code: exitUsage, message: strings.TrimSpace(err.Error())}
		if strings.HasPrefix(e.message, "unknown") || strings.Contains(e.message, "flag") {
			e.fix = "see `keyfit --help`"
		}
	}
	a.tellOf(e, "error")
	return e.code
}

// tellOf says what went wrong, and what to do; level is that of an annotation.
func (a *app) tellOf(e *exit, level string) {
	if e.message != "" {
		fmt.Fprintf(a.Stderr, "keyfit: %s\n", e.message)
	}
	if e.fix != "" {
		fmt.Fprintf(a.Stderr, "  = fix: %s\n", e.fix)
	}
	a.annotate(e, level)
}

func environMap(environ []string) map[string]string {
	env := make(map[string]string, len(environ))
	for _, pair := range environ {
		if name, text, ok := strings.Cut(pair, "="); ok {
			env[name] = text
		}
	}
	return env
}

func (a *app) rootCommand() *cobra.Command {
	check := a.checkCommand()
	root := &cobra.Command{
		Use:           "keyfit",
		Short:         "does the key that each environment receives fit the lock it is meant for?",
		Long:          rootHelp,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
		RunE:          check.RunE,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			return oneOf("--color", a.flags.color, "auto", "always", "never")
		},
	}
	root.Flags().AddFlagSet(check.Flags())
	f := root.PersistentFlags()
	f.StringVarP(&a.flags.dir, "directory", "C", "", "work in this directory")
	f.StringVar(&a.flags.config, "config", "", "read this file instead of looking for keyfit.yaml")
	f.StringVar(&a.flags.color, "color", "auto", "auto, always or never")
	f.BoolVarP(&a.flags.quiet, "quiet", "q", false, "print nothing but the report")
	f.BoolVarP(&a.flags.verbose, "verbose", "v", false, "say on standard error what is done; never prints a value")
	root.AddCommand(check, a.resolveCommand(), a.traceCommand(), a.whoamiCommand(), a.explainCommand(),
		a.providersCommand(), a.initCommand(), a.configCommand(), a.demoCommand(), a.versionCommand(), a.doctorCommand(), a.hookCommand(),
		a.convertCommand(), a.mergeCommand(), a.diffCommand())
	return root
}

const rootHelp = `keyfit works out which value each credential variable of an environment will really
receive, asks the key's own API one cheap read-only question, and fails the build on a
key that does not fit: of another environment, of a user who is gone, of another tenant.

  keyfit                 check every environment
  keyfit check -e prod   check one
  keyfit trace NAME      where a variable gets its value, and what was overridden
  keyfit demo            see it work, without keys and without a network

Exit codes: 0 all fits, 1 findings, 2 usage or configuration, 3 could not verify,
4 nothing to check, 130 interrupted.`
