// Package shell follows shell scripts without running them.
//
// It predicts, for a command line such as `./deploy.sh staging`, which external
// commands would be started and with exactly which environment. Nothing is executed:
// the syntax tree of mvdan.cc/sh is evaluated over symbolic text, in which every piece
// is either known, with its trail, or unknown, with its reason.
//
// The reference tools are GNU bash 5.2 and, for #!/bin/sh, dash 0.5.12.
//
// A condition that cannot be decided forks the state; both sides are followed and
// joined behind it. What agrees stays known; what differs becomes a choice with all
// its candidates. External commands may succeed or fail: a plain one is taken to
// succeed, because the deploy that matters is the one that goes on, and a tested one
// forks.
package shell
