//go:build !unix

package report

import "time"

var began = time.Now()

// worked is the time that has passed, where the time of the processors is not told.
func worked() time.Duration { return time.Since(began) }
