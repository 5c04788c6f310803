// Package session holds what the engines of Windows' shells have in common: texts that are
// put together from pieces, the state of a session with its environment, and the record of
// the commands that it starts.
//
// An engine reads a language. It asks nothing of this package but to keep, for every text,
// where each piece came from and which pieces are not known.
package session
