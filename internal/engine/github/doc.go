// Package github reads workflows of GitHub Actions as they run: which jobs go to an
// environment, which variables each step has, and which secret meets which script.
//
// The reference is version 2.336.0 of the runner, and the schema and conversion of workflows
// that come with it: they say in which order variables win, what a step may write to the
// runner, which contexts exist where, and how a matrix is put together.
//
// What follows from the files, from the branch and the event that are deployed, and from the
// values that are bound is known. What only a run can tell is not: the machine, what actions
// from elsewhere put out, the token of the run. Where the words of GitHub leave a choice,
// this is taken to be so:
//
//   - The deploy that matters is the one that goes on: steps and jobs succeed, unless they may
//     fail (continue-on-error) or are certainly skipped. success() is true, failure() false.
//   - The checkout of the repository is the one that is read. A step in a directory that is
//     another repository, or lies above the checkout, is not followed.
//   - A secret has one value for each environment. Whether GitHub keeps it for the
//     environment, the repository or the organisation cannot be told. A job of another
//     environment has other values: they are not known.
//   - An action from elsewhere that is not in the table of actions receives its inputs and
//     variables, and may set any variable that the workflow itself does not set.
//   - An unknown text that is written to GITHUB_ENV or GITHUB_OUTPUT behind `NAME=` is one line,
//     and one within a here-document does not hold its delimiter.
//   - A program that is not followed writes nothing to GITHUB_ENV. What a step is asked for and
//     nothing that is followed wrote is not known.
//   - A job without a known system runs on Linux.
package github
