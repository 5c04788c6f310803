package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/ci"
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
	taken := map[string]bool{}
	for _, t := range all {
		flag := "--output"
		if t.path == "" {
			flag = "--format"
		}
		if _, err := report.Lookup(flag, t.format); err != nil {
			return nil, usage("%s", err)
		}
		if path := filepath.Clean(a.resolvePath(t.path)); t.path != "" && taken[path] {
			return nil, &exit{code: exitUsage, message: fmt.Sprintf("two reports are to be written to %q", t.path), fix: "give each --output a file of its own"}
		} else if t.path != "" {
			taken[path] = true
		}
	}
	return all, nil
}

// deliver writes every report and ends with the exit code of the contract.
func (a *app) deliver(w *workspace, result *outcome, targets []target, o checkOptions) error {
	a.mask(result, targets)
	if err := a.writeAll(targets, result.document, a.note(o)); err != nil {
		return err
	}
	if err := a.evidence(w, result.document, o); err != nil {
		return err
	}
	code := o.code(result.document)
	if err := a.outputs(code, result.document, targets); err != nil {
		return err
	}
	a.tellEmptyShard(result.document)
	switch code {
	case exitOK:
		return nil
	case exitNothing:
		return a.empty(nothing(w, result.overlooked), o.gate)
	}
	return &exit{code: code}
}

// nothing explains an empty result: it must not look like a pass. Credentials that were seen and
// belong to no API that is known are named, with the line that has them checked.
func nothing(w *workspace, overlooked []string) *exit {
	e := &exit{code: exitNothing, message: "nothing to check: no key in any environment"}
	where := "in keyfit.yaml"
	if w.config.Path != "" {
		where = "in " + w.config.Path
	}
	switch {
	case len(overlooked) > 0:
		e.message = fmt.Sprintf("nothing to check: no key of an API that is known; %s not looked at", areListed(overlooked))
		lines := "\n      keys: {%s: {provider: NAME}}"
		if w.config.Path == "" {
			lines = "\n      version: 1" + lines
		}
		e.fix = fmt.Sprintf("say %s whose keys they are, with one of `keyfit providers` or an API of your own:"+lines, where, report.Clean(overlooked[0]))
	case w.config.Path == "":
		e.fix = "declare the keys in keyfit.yaml under `keys:`; without it, keys are recognised by their form or by the usual name of the variable"
	default:
		e.fix = "declare the variables under `keys:` " + where
	}
	return e
}

// areListed names some variables, with the verb.
func areListed(variables []string) string {
	const most = 8
	if len(variables) == 1 {
		return report.Clean(variables[0]) + " was"
	}
	list := report.Clean(strings.Join(variables[:min(len(variables), most)], ", "))
	if more := len(variables) - most; more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	return list + " were"
}

// writeAll writes every report, also when one cannot be written: what a later step waits for
// is there all the same. It gives the first error.
func (a *app) writeAll(targets []target, d report.Document, note string) error {
	var first error
	for _, t := range targets {
		if err := a.write(t, d, note); err != nil && first == nil {
			first = err
		}
	}
	return first
}

func (a *app) write(t target, d report.Document, note string) error {
	if t.path == "" {
		return report.Write(a.Stdout, t.format, d, a.noted(a.Stdout, note))
	}
	var buffer bytes.Buffer
	if err := report.Write(&buffer, t.format, d, a.noted(&buffer, note)); err != nil {
		return err
	}
	path := a.resolvePath(t.path)
	if a.leadsAway(path) {
		return usage("cannot write the report to %q: %s", t.path, why(errLink))
	}
	if err := writeWhole(path, buffer.Bytes()); err != nil {
		return usage("cannot write the report to %q: %s", t.path, why(err))
	}
	return nil
}

// errLink refuses to write through a link: a checkout from outside may bring one along that leads
// to any file of the machine.
var errLink = errors.New("it is a symbolic link, which a checkout may bring along; remove it or name another file")

// leadsAway reports whether a directory on the way from the working directory to path is a link.
func (a *app) leadsAway(path string) bool {
	start := absolute(a.Dir, a.flags.dir)
	rel, err := filepath.Rel(start, filepath.Dir(path))
	if err != nil || !filepath.IsLocal(rel) {
		return false // the user named another place
	}
	for _, name := range strings.Split(filepath.ToSlash(rel), "/") {
		start = filepath.Join(start, name)
		if info, err := os.Lstat(start); err == nil && info.Mode()&os.ModeSymlink != 0 && name != "." {
			return true
		}
	}
	return false
}

// writeWhole writes a file and the directories above it. Nobody ever sees half of it: it is
// written beside its place and then put there. What is no ordinary file, and what cannot be
// replaced, is written to directly.
func writeWhole(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		if target, err := os.Stat(path); info.Mode()&os.ModeSymlink != 0 && (err != nil || target.Mode().IsRegular()) {
			return errLink // links to a pipe or device, such as /dev/stdout, overwrite nothing
		}
		return os.WriteFile(path, data, 0o644)
	}
	beside := path + ".tmp"
	f, err := os.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return os.WriteFile(path, data, 0o644)
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(beside, path)
	}
	if err == nil {
		return nil
	}
	return errors.Join(os.Remove(beside), os.WriteFile(path, data, 0o644))
}

func (a *app) noted(w io.Writer, note string) report.Options {
	opt := a.reportOptions(w)
	opt.Note = note
	return opt
}

// reportOptions is how a report looks on w: colours only on standard output, as asked.
func (a *app) reportOptions(w io.Writer) report.Options {
	return report.Options{
		Color:   w == a.Stdout && a.color(),
		Width:   a.width(w),
		ASCII:   a.asciiOnly(),
		Verbose: a.flags.verbose,
		Quiet:   a.flags.quiet,
		Runner:  a.runner,

		OpensAlerts: ci.Detect(a.env) == ci.GitHub,
	}
}

// width is how wide a line on w may be: of a terminal, what it says, or COLUMNS. Everything
// else gets long lines, which programs read.
func (a *app) width(w io.Writer) int {
	if w != a.Stdout || a.StdoutColumns == 0 {
		return 0
	}
	if n, err := strconv.Atoi(a.env["COLUMNS"]); err == nil && n > 0 {
		return n
	}
	return a.StdoutColumns
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
