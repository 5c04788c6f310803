// Command keyfit tells, before a deploy, whether the key that each environment will
// actually receive fits the lock it is meant for.
package main

import (
	"context"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/keyfit/keyfit/internal/cli"
)

// Set by the release build with -ldflags "-X main.version=… -X main.date=…".
var version, date string

func main() {
	// Libraries write to the standard logger, and net/http prints foreign bytes there.
	log.SetOutput(io.Discard)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	columns, colors := screen(os.Stdout)
	code := cli.Main(ctx, cli.Process{
		Args:    os.Args[1:],
		Environ: os.Environ(),
		Dir:     workingDirectory(),
		Stdin:   os.Stdin,
		Stdout:  os.Stdout,
		Stderr:  os.Stderr,
		Now:     time.Now,
		Version: version,
		Date:    date,

		StdoutTerminal: colors,
		StdoutColumns:  columns,
		StderrTerminal: isTerminal(os.Stderr),
		StdinTerminal:  isTerminal(os.Stdin),

		Git:        runGit,
		Executable: executable(),
	})
	stop()
	os.Exit(code)
}

func workingDirectory() string {
	dir, err := os.Getwd()
	if err != nil {
		return "."
	}
	return dir
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
