// Package powershell follows scripts for PowerShell, without running anything: for pwsh
// (PowerShell 7) and for Windows PowerShell 5.1.
//
// It follows what goes straight on: variables, strings, conditions that can be decided,
// commands with their arguments, what is written to files, scripts of the repository. Of
// loops and blocks it follows the commands, with all that they may change unknown; behind a
// command that may set anything, everything is unknown. Its rules are those of about_Parsing,
// about_Quoting_Rules, about_Operators, about_Environment_Variables, about_Redirection and
// about_Character_Encoding.
//
// What it takes for granted: no profile sets anything (GitHub starts pwsh -command ". '{0}'",
// so with the profile of the runner's machine, other systems with -NoProfile); commands that come with PowerShell mean what
// they come with; a text that is not known is not empty, holds no quotation mark and is no
// list; and of a command that may fail the way on which it does not is the one that matters,
// where the script ends otherwise.
package powershell
