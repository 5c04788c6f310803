package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/keyfit/keyfit/internal/report"
)

// target is one report to write: a format, and a file or standard output.
type target struct {
	format string
	path   string // "" is standard output
}

// targets reads --format and --output before anything is done, so that a mistake in
// them costs nothing.
func (a *app) targets(format string, outputs []string) ([]target, error) {
	all := []target{{format: format}}
	for _, o := range outputs {
		name, path, ok := strings.Cut(o, "=")
		if !ok || path == "" {
			return nil, &exit{code: exitUsage, message: "--output takes FORMAT=PATH", fix: "for example --output json=keyfit.json"}
		}
		if path == "-" {
			return nil, &exit{code: exitUsage, message: "--output writes to files", fix: "print one report on standard output with --format " + name}
		}
		all = append(all, target{format: name, path: path})
	}
	for _, t := range all {
		if _, err := report.Lookup(t.format); err != nil {
			return nil, usage("%s", err)
		}
	}
	return all, nil
}

// deliver writes every report and ends with the exit code of the contract.
func (a *app) deliver(w *workspace, result *outcome, targets []target, o checkOptions) error {
	a.mask(result, targets)
	for _, t := range targets {
		if err := a.write(t, result.document); err != nil {
			return err
		}
	}
	failOn, _ := report.ParseFailOn(o.failOn)
	onUnverified, _ := report.ParseOnUnverified(o.onUnverified)
	code := report.ExitCode(result.document, failOn, onUnverified)
	if err := a.outputs(code, result.document, targets); err != nil {
		return err
	}
	switch code {
	case exitOK:
		return nil
	case exitNothing:
		return nothing(w)
	}
	return &exit{code: code}
}

// nothing explains an empty result: it must not look like a pass.
func nothing(w *workspace) error {
	e := &exit{code: exitNothing, message: "nothing to check: no key in any environment"}
	if w.config.Path == "" {
		e.fix = "declare the keys in keyfit.yaml under `keys:`; without it, keys are recognised by their form or by the usual name of the variable"
	} else {
		e.fix = "declare the variables under `keys:` in " + w.config.Path
	}
	return e
}

func (a *app) write(t target, d report.Document) error {
	if t.path == "" {
		return report.Write(a.Stdout, t.format, d, a.reportOptions(a.Stdout))
	}
	var buffer bytes.Buffer
	if err := report.Write(&buffer, t.format, d, a.reportOptions(&buffer)); err != nil {
		return err
	}
	path := a.resolvePath(t.path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return usage("cannot write the report to %q", t.path)
	}
	if err := os.WriteFile(path, buffer.Bytes(), 0o644); err != nil {
		return usage("cannot write the report to %q", t.path)
	}
	return nil
}

// reportOptions is how a report looks on w: colours only on standard output, as asked.
func (a *app) reportOptions(w io.Writer) report.Options {
	return report.Options{
		Color:   w == a.Stdout && a.color(),
		ASCII:   a.asciiOnly(),
		Verbose: a.flags.verbose,
		Quiet:   a.flags.quiet,
		Runner:  a.runner,
	}
}

// color follows --color, then the variables that users know.
func (a *app) color() bool {
	switch a.flags.color {
	case "always":
		return true
	case "never":
		return false
	}
	switch {
	case a.env["NO_COLOR"] != "":
		return false
	case a.env["FORCE_COLOR"] != "" && a.env["FORCE_COLOR"] != "0", a.env["CLICOLOR_FORCE"] == "1":
		return true
	}
	return a.StdoutTerminal && a.env["TERM"] != "dumb"
}

// asciiOnly reports whether the locale asks for nothing beyond ASCII.
func (a *app) asciiOnly() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := a.env[name]; v != "" {
			return (v == "C" || v == "POSIX")
		}
	}
	return false
}

// progress says on standard error what is being done: on a terminal, or when asked.
func (a *app) progress(format string, args ...any) {
	if !a.flags.quiet && (a.flags.verbose || a.StderrTerminal) {
		fmt.Fprintf(a.Stderr, "keyfit: "+format+"\n", args...)
	}
}
