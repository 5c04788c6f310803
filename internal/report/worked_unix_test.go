//go:build unix

package report

import (
	"syscall"
	"time"
)

// worked is the time that the processors worked for this process so far.
func worked() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		panic(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
