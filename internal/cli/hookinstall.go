package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

// hookMark is the line by which keyfit knows a hook of its own.
const hookMark = "# hook of keyfit"

// backupSuffix marks the hook that --force put aside.
const backupSuffix = ".before-keyfit"

type installOptions struct {
	kind             string
	force, uninstall bool
}

func (a *app) hookInstallCommand() *cobra.Command {
	var o installOptions
	cmd := &cobra.Command{
		Use:   "install",
		Short: "write the hook into the repository's directory of hooks",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := oneOf("--kind", o.kind, prePush, preCommit); err != nil {
				return err
			}
			return a.hookInstall(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.kind, "kind", prePush, "pre-push or pre-commit")
	f.BoolVar(&o.force, "force", false, "put an existing hook aside as NAME"+backupSuffix+" and take its place")
	f.BoolVar(&o.uninstall, "uninstall", false, "remove keyfit's hook, and put back the one that was set aside")
	return cmd
}

func (a *app) hookInstall(ctx context.Context, o installOptions) error {
	start, err := a.startDir()
	if err != nil {
		return err
	}
	root := repositoryRoot(start)
	dir, err := a.hooksDir(ctx, root)
	if err != nil {
		return err
	}
	file := filepath.Join(dir, o.kind)
	if o.uninstall {
		return a.hookUninstall(file)
	}
	if !o.force {
		if err := refuseManager(root, o.kind); err != nil {
			return err
		}
		if err := a.refuseShared(ctx, root, dir); err != nil {
			return err
		}
	}
	return a.writeHook(file, o, a.hookScript(ctx, root, dir, o.kind))
}

// hooksDir is where git looks for hooks, with core.hooksPath and work trees taken into account.
func (a *app) hooksDir(ctx context.Context, root string) (string, error) {
	dir, err := a.gitPath(ctx, root, "--git-path", "hooks")
	if err != nil {
		return "", &exit{code: exitUsage, message: "git does not say where the hooks of this directory are", fix: "run it within a repository of git, with git in the PATH"}
	}
	return dir, nil
}

func (a *app) gitPath(ctx context.Context, root string, args ...string) (string, error) {
	g := &gitReader{run: a.Git, dir: root}
	out, err := g.output(ctx, append([]string{"rev-parse"}, args...)...)
	path := strings.TrimRight(string(out), "\r\n")
	if err != nil || path == "" {
		return "", errGit
	}
	return filepath.Clean(absolute(root, filepath.FromSlash(path))), nil
}

// refuseManager gives the lines for a manager of hooks, which owns the directory of hooks.
func refuseManager(root, kind string) error {
	for _, m := range hookManagers {
		for _, file := range m.files {
			if _, err := os.Stat(filepath.Join(root, file)); err == nil {
				return &exit{
					code: exitUsage, message: fmt.Sprintf("the hooks of this repository are kept by %s (%q), and nothing was written", m.name, file),
					fix: strings.NewReplacer("KIND", kind, "LINES", indented(hookLines(kind))).Replace(m.advice) + "\n  = fix: --force writes the hook of git all the same",
				}
			}
		}
	}
	return nil
}

// hookManagers are the programs that people keep their hooks with.
var hookManagers = []struct {
	name, advice string
	files        []string
}{
	{
		name: "pre-commit", files: []string{".pre-commit-config.yaml", ".pre-commit-config.yml"},
		advice: "add the hook keyfit-push (or keyfit, for KIND) of https://github.com/keyfit/keyfit to it and run `pre-commit install --hook-type KIND`",
	},
	{
		name: "lefthook", files: []string{"lefthook.yml", "lefthook.yaml", "lefthook.toml", "lefthook.json", ".lefthook.yml", ".lefthook.yaml", ".lefthook.toml", ".lefthook.json"},
		advice: "add to it, with use_stdin since git says there what is pushed (from lefthook 1.6.14, git lfs gets it too):\n      KIND:\n        commands:\n          keyfit:\n            run: keyfit hook run KIND {1} {2}\n            use_stdin: true\n" +
			"  = fix: where another command of KIND reads standard input too, run both from one script; see `keyfit explain hooks`",
	},
	{
		name: "husky", files: []string{".husky"},
		advice: "put at the top of .husky/KIND:LINES",
	},
}

// refuseShared refuses a directory of hooks that other repositories use too.
func (a *app) refuseShared(ctx context.Context, root, dir string) error {
	common, err := a.gitPath(ctx, root, "--git-common-dir")
	if err != nil || within(dir, root) || within(dir, common) {
		return nil
	}
	return &exit{
		code: exitUsage, message: fmt.Sprintf("core.hooksPath leads to %q, outside this repository, so that the hook would run for others too", dir),
		fix: "--force writes it all the same; it says nothing in repositories without keys",
	}
}

func within(name, dir string) bool {
	rel, err := filepath.Rel(dir, name)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// hookScript is the hook. A machine without keyfit can still push. The place of this very
// program is written only where nobody else reads it: into git's own directory.
func (a *app) hookScript(ctx context.Context, root, dir, kind string) string {
	fallback := ""
	if common, err := a.gitPath(ctx, root, "--git-common-dir"); err == nil && within(dir, common) && filepath.IsAbs(a.Executable) {
		fallback = " || keyfit=" + shellQuote(filepath.ToSlash(a.Executable))
	} else {
		fallback = " || keyfit="
	}
	return "#!/bin/sh\n" + hookMark + ", written by `keyfit hook install`\n" +
		"# Skip it once with SKIP=keyfit, or with --no-verify.\n" +
		"keyfit=$(command -v keyfit)" + fallback + "\n" +
		"if [ ! -x \"$keyfit\" ]; then\n" +
		"  echo 'keyfit: the program is not on this machine, so nothing was checked' >&2\n" +
		"  exit 0\n" +
		"fi\n" +
		"exec \"$keyfit\" hook run " + kind + " \"$@\"\n"
}

// shellQuote makes one word of a text for sh.
func shellQuote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

func (a *app) writeHook(file string, o installOptions, script string) error {
	old, err := readHook(file)
	switch {
	case err != nil:
		return err
	case old == script:
		return a.say("the hook is there already: %s", file)
	case old != "" && !strings.Contains(old, hookMark):
		if !o.force {
			return existingHook(file, o.kind)
		}
		if err := putAside(file); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return usage("cannot make the directory of hooks %q", filepath.Dir(file))
	}
	if err := replaceFile(file, script); err != nil {
		return usage("cannot write the hook %q", file)
	}
	return a.say("%s is installed: %s", o.kind, file)
}

// readHook gives the text of a hook; none is no error.
func readHook(file string) (string, error) {
	data, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", usage("cannot read the hook %q that is there", file)
	}
	return string(data), nil
}

func existingHook(file, kind string) error {
	where := "put this at its top, behind the line with #!:"
	if kind == prePush {
		where = "put these lines at its top, behind the line with #!; what follows them, such as git lfs, reads git's lines as before:"
	}
	return &exit{
		code: exitUsage, message: fmt.Sprintf("there is another hook already, and nothing was changed: %q", file),
		fix: fmt.Sprintf("%s%s\n  = fix: or --force takes its place, and puts it aside as %q, where it runs no more", where, indented(hookLines(kind)), filepath.Base(file)+backupSuffix),
	}
}

// hookLines are the lines for the beginning of a hook for sh. Before a push, git says on standard
// input what is pushed. It is kept and given to keyfit and to what follows, byte for byte: a hook
// such as that of git lfs, which finds nothing there, does nothing and lets the push pass.
func hookLines(kind string) []string {
	if kind != prePush {
		return []string{"keyfit hook run " + kind + ` || exit 1`}
	}
	return []string{
		`refs=$(mktemp) && cat >"$refs" || exit 1`,
		`keyfit hook run pre-push "$@" <"$refs" || { rm -f "$refs"; exit 1; }`,
		`exec <"$refs"; rm -f "$refs"`,
	}
}

func indented(lines []string) string { return "\n      " + strings.Join(lines, "\n      ") }

// putAside keeps the existing hook under another name, and never over an older one.
func putAside(file string) error {
	if _, err := os.Lstat(file + backupSuffix); err == nil {
		return &exit{code: exitUsage, message: fmt.Sprintf("a hook was put aside before: %q", file+backupSuffix), fix: "remove or rename it"}
	}
	if err := os.Rename(file, file+backupSuffix); err != nil {
		return usage("cannot put the hook %q aside", file)
	}
	return nil
}

// replaceFile writes an executable file in one step, so that no half of it ever runs. A
// symbolic link is replaced, and what it leads to stays as it is.
func replaceFile(file, text string) error {
	temporary, err := os.CreateTemp(filepath.Dir(file), ".keyfit-hook-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(temporary.Name()) }()
	_, err = temporary.WriteString(text)
	if err = errors.Join(err, temporary.Close(), os.Chmod(temporary.Name(), 0o755)); err != nil {
		return err
	}
	return os.Rename(temporary.Name(), file)
}

func (a *app) hookUninstall(file string) error {
	old, err := readHook(file)
	switch {
	case err != nil:
		return err
	case old == "":
		return a.say("there is no hook: %s", file)
	case !strings.Contains(old, hookMark):
		return usage("%q is not keyfit's hook, and nothing was changed", file)
	}
	if err := os.Remove(file); err != nil {
		return usage("cannot remove the hook %q", file)
	}
	if err := os.Rename(file+backupSuffix, file); err == nil {
		return a.say("the hook that was there before is back: %s", file)
	}
	return a.say("the hook is removed: %s", file)
}

// say tells what a command did.
func (a *app) say(format string, args ...any) error {
	if a.flags.quiet {
		return nil
	}
	_, err := fmt.Fprintf(a.Stdout, format+"\n", args...)
	return err
}
