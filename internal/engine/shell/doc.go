// Package shell follows shell scripts without running them.
//
// It predicts, for a command line such as `./deploy.sh staging`, which external
// commands would be started and with exactly which environment. Nothing is executed:
// the syntax tree of mvdan.cc/sh is evaluated over symbolic text, in which every piece
// is either known, with its trail, or unknown, with its reason.
//
// The reference tools are GNU bash 5.2 and dash 0.5.12. A script for sh may run in dash,
// in busybox or in bash's POSIX mode; where they differ, the result is unknown. yq is the
// one of version 4 that is written in Go.
//
// A condition that cannot be decided forks the state; both sides are followed and
// joined behind it. What agrees stays known; what differs becomes a choice with all
// its candidates. External commands may succeed or fail: a plain one is taken to
// succeed, because the deploy that matters is the one that goes on, and a tested one
// forks. Under set -e a failing command ends the way, but the traps on
// ERR and EXIT that it sets off are followed, because they start commands too.
//
// In the job of a pipeline (Step.Elsewhere), a variable that the CI system keeps, or says
// of its run, and whose text is not known is taken to be one word where it stands without quotes: what a deploy hands to a flag in
// this way, --namespace=$NAMESPACE, would not work otherwise.
//
// A pasted value (Step.Holes) that is not known is taken to be one word of plain
// characters, or nothing: no keyword, no operator of the shell, no assignment where a
// command stands, no delimiter of a here-document. Where the text around it would make
// something else of it, such as a name, a number or a list in braces, the result is
// unknown, and an arithmetic expression may be an error. A word that consists of nothing
// else may not be there, as with an expansion outside of quotes.
//
// To the channels of a step (Step.Channels) write the script, and of other programs those
// that are given the path, or a text or script that speaks of the channel by its name or
// uses the toolkit of GitHub's actions; others are taken to leave them alone. A variable
// that something unknown may have set is taken to be none that steers the shell itself.
//
// In the deploy scripts of testdata/shell/deploys about one variable in eight of those
// that commands find is unknown. Half of these depend on a condition that only a run
// decides (ambiguous, with all candidates); then follow tools and filters that are not
// computed, such as sums in awk, loops in sed and select in yq (unsupported), what
// external commands print (command-output), and the clock (time). TestDeploys prints the
// whole table.
package shell
