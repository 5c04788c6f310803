//go:build unix

package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// screen tells how many columns the terminal behind f has, 0 when there is none or it does
// not say, and whether it understands colours.
func screen(f *os.File) (columns int, colors bool) {
	if !isTerminal(f) {
		return 0, false
	}
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil { // a device that is no terminal, such as /dev/null
		return 0, false
	}
	return int(size.Col), true
}
