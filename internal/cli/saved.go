package cli

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/keyfit/keyfit/internal/report"
)

// gate is what turns a report into an exit code.
type gate struct{ failOn, onUnverified, onNothing string }

func (g *gate) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&g.failOn, "fail-on", "error", "exit 1 at findings of this level or above, whatever the format: error, warning, note, never")
	f.StringVar(&g.onUnverified, "on-unverified", "fail", "what to do when something could not be verified: fail (exit 3), warn, pass; --fail-on never --on-unverified pass only reports")
	f.StringVar(&g.onNothing, "on-nothing", "fail", "what to do when there was nothing to check: fail (exit 4), warn, as for a pull request; never in a job that deploys")
}

func (g gate) validate() error {
	if err := oneOf("--fail-on", g.failOn, "error", "warning", "note", "never"); err != nil {
		return err
	}
	if err := oneOf("--on-nothing", g.onNothing, "fail", warns); err != nil {
		return err
	}
	return oneOf("--on-unverified", g.onUnverified, "fail", warns, "pass")
}

const warns = "warn"

// empty ends a run in which nothing was checked: it is an error, or where the user said so a
// warning that nobody overlooks.
func (a *app) empty(e *exit, g gate) error {
	if g.onNothing != warns {
		return e
	}
	e.message += " (let pass by --on-nothing warn)"
	a.tellOf(e, "warning")
	return nil
}

// code is the exit code that a report leads to.
func (g gate) code(d report.Document) int {
	failOn, _ := report.ParseFailOn(g.failOn)
	onUnverified, _ := report.ParseOnUnverified(g.onUnverified)
	return report.ExitCode(d, failOn, onUnverified)
}

// readReport reads a saved report; "-" is standard input.
func (a *app) readReport(name string) (report.Document, error) {
	data, err := a.readSaved(name)
	if err != nil {
		return report.Document{}, usage("cannot read the report %q: %s", report.Clean(name), why(err))
	}
	if name == "-" {
		name = "standard input"
	}
	d, err := report.Read(filepath.ToSlash(name), data)
	if err != nil {
		return report.Document{}, &exit{code: exitUsage, message: err.Error(), fix: "`keyfit check --output json=PATH` writes such a report"}
	}
	return d, nil
}

func (a *app) readSaved(name string) ([]byte, error) {
	from := a.Stdin
	if name != "-" {
		f, err := os.Open(a.resolvePath(name))
		if err != nil {
			return nil, err
		}
		defer f.Close()
		from = f
	}
	return io.ReadAll(io.LimitReader(from, report.MaxReport+1))
}

// savedTargets reads --to or --format, which flag names, with --output, where a path alone takes the report
// instead of standard output.
func (a *app) savedTargets(flag, format string, outputs []string) ([]target, error) {
	if _, err := report.Lookup(flag, format); err != nil {
		return nil, usage("%s", err)
	}
	var paths, also []string
	for _, o := range outputs {
		if strings.Contains(o, "=") {
			also = append(also, o)
		} else {
			paths = append(paths, format+"="+o)
		}
	}
	all, err := a.targets(format, append(paths, also...))
	if err == nil && len(paths) > 0 {
		all = all[1:]
	}
	return all, err
}

// deliverSaved writes a report that was not made by this process and ends with the exit code
// that `check` would have ended with.
func (a *app) deliverSaved(d report.Document, targets []target, g gate) error {
	if err := a.writeAll(targets, d, ""); err != nil {
		return err
	}
	code := g.code(d)
	if err := a.outputs(code, d, targets); err != nil {
		return err
	}
	a.tellEmptyShard(d)
	switch code {
	case exitOK:
		return nil
	case exitNothing:
		return a.empty(&exit{code: code, message: "nothing was checked: the report holds no key"}, g)
	}
	return &exit{code: code}
}

// why says what is wrong with a file, without its path, which may be the machine's own.
func why(err error) string {
	var failed *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "there is no such file"
	case errors.Is(err, errLink):
		return errLink.Error()
	case errors.As(err, &failed):
		return failed.Err.Error()
	}
	return "reading it failed"
}
