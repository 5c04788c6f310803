package main

import (
	"context"
	"io"
	"os"
	"os/exec"
	"time"
)

// runGit runs the user's own git, which `keyfit hook` asks for what a push holds. It is the
// one program that keyfit ever runs, and of it only commands that read: none that looks at
// the work tree through programs of the configuration. Nothing is fetched or asked for.
func runGit(ctx context.Context, dir string, in io.Reader, out io.Writer, args ...string) error {
	fixed := []string{"--no-pager", "-c", "core.fsmonitor=false", "-c", "core.untrackedCache=false"}
	cmd := exec.CommandContext(ctx, "git", append(fixed, args...)...)
	cmd.Dir, cmd.Stdin, cmd.Stdout = dir, in, out
	cmd.Env = append(os.Environ(), "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0", "GIT_NO_LAZY_FETCH=1", "LC_ALL=C")
	cmd.WaitDelay = 2 * time.Second
	return cmd.Run()
}

// executable is where this program lies; empty when the operating system does not say.
func executable() string {
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	return path
}
