// Package batch follows scripts for cmd, Windows' command interpreter, without running
// anything.
//
// It follows what goes straight on: variables, conditions that can be decided, redirections
// into files, scripts of the repository that are called. From a jump, a loop or delayed
// expansion on, everything is unknown. Its rules are those of `cmd /?`, `set /?`, `if /?`,
// `call /?` and `setlocal /?`, and of the phases in which a line is read: percent expansion
// first, then special characters, then the command.
//
// What it takes for granted: cmd is started with its extensions and without delayed expansion
// (as CI systems do: /E:ON /V:OFF), AutoRun commands set nothing, a text that is not known
// holds none of cmd's special characters, and of a command that may fail the way on which it
// does not is the one that matters, where the script ends otherwise.
package batch
