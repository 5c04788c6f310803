// Package expression evaluates the expressions of GitHub Actions over values that may be
// unknown.
//
// The reference is the runner itself (actions/runner, in C#), whose rules the official
// evaluator for editors (@actions/expressions 0.3.61, in TypeScript) shares but for some
// corners. The tests compare with the latter; testdata/table.txt lists the corners, with
// the reason of each. Where the versions of the runner do not agree with each other, such
// as on the sign of a negative zero, the result is unknown.
//
// A [Value] is known, or unknown with its reason, the kinds that it may be, and perhaps the
// candidates that it is one of. What is known of an expression is what the runner computes
// for every value that its unknown parts may have. An operation is computed for each
// candidate, so that
//
//	secrets[inputs.live && 'LIVE_KEY' || 'TEST_KEY']
//
// is one of two secrets as long as nobody knows the input. Texts that are put together
// keep their pieces, so that what an unknown text begins and ends with may still decide a
// comparison.
//
// Every text keeps its journey: where it stands, the references that it came by, and in
// DecidedBy the places of what chose it. Of a text that JSON was read from, the leaves keep
// the journey of the piece that they stand in.
//
// Assumptions:
//
//   - The run goes on. Where the runner gives up for some of the values that an unknown part
//     may have, such as at fromJSON of what is no JSON, these are left out. Where it surely
//     gives up, the value has a [Value.Fault].
//   - An unknown text may be empty or null, unless one piece of it is known. A reader that
//     knows of other kinds, such as an input that may be a boolean, says so: see [Unknown].
//   - Entries that are listed in an object are there; one that may be missing is not listed,
//     and left to the function given to [Open].
//   - Arrays and objects are equal only if they are the same one, which nobody can tell of
//     two that were looked up; so a comparison of these is unknown, unless one was made by
//     the expression itself.
//   - Letters beyond ASCII are compared in two ways of folding; where they differ, and in
//     comparisons of order, the result is unknown.
//
// Limits are those of the runner (21,000 characters, 50 operators in each other), and
// besides 1 MiB for a text, 16 candidates of a value, and 16 MiB of texts that one
// evaluation looks at. Beyond them the result is unknown.
package expression
