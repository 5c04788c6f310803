package powershell

import (
	"path"
	"strings"
)

// commandKind is what a command may do to the session.
type commandKind uint8

const (
	anything       commandKind = iota // it is not known, so it may do anything
	native                            // a program: it runs in a process of its own
	scriptFile                        // a script of PowerShell
	scriptFunction                    // a function of the script
	harmless                          // sets nothing
	writesFiles                       // writes files, or what drives of other providers lead to
	changesDir                        // changes the directory
	delivers                          // sets nothing here, but may hand values to something else
	setsVariables                     // sets variables of PowerShell
	tameable                          // may do anything, unless it is used in a way that is known
)

// resolved is what the name of a command means.
type resolved struct {
	kind commandKind
	name string // in lower case; of an alias the name of what it stands for
}

// resolve says what the name of a command means, by about_Command_Precedence: an alias, then
// a function, then a cmdlet, then a program.
func (f *follower) resolve(st *state, written string) resolved {
	name := strings.ToLower(strings.ReplaceAll(written, `\`, "/"))
	if i := strings.LastIndex(name, "/"); i >= 0 && i > 0 && isModule(name[:i]) {
		name = name[i+1:] // module\command
	}
	if alias, ok := aliases[name]; ok && (f.system != unixSystem || !unixPrograms[name]) {
		name = alias
	} else if alias, ok := windowsAliases[name]; ok && !f.core {
		name = alias
	}
	switch {
	case st.funcs[name] != nil:
		return resolved{scriptFunction, name}
	case path.Ext(name) == ".ps1":
		return resolved{scriptFile, name}
	case path.Ext(name) == ".psm1" || path.Ext(name) == ".psd1" || name == "":
		return resolved{anything, name}
	}
	if kind, ok := cmdlets[name]; ok {
		return resolved{kind, name}
	}
	verb, noun, compound := strings.Cut(name, "-")
	switch {
	case !compound || !verbs[verb] || strings.ContainsAny(name, "/.:"):
		return resolved{native, written}
	case strings.HasPrefix(noun, "az") && (verb == "get" || verb == "connect" || verb == "select" || noun == "azcontext"):
		return resolved{harmless, name} // of Azure's module: no such command sets a variable
	case strings.HasPrefix(noun, "az"):
		return resolved{delivers, name}
	}
	return resolved{anything, name}
}

// isModule reports whether the part of a name in front of its last slash names a module of
// PowerShell's own.
func isModule(name string) bool { return strings.HasPrefix(name, "microsoft.powershell.") }

// aliases are those that PowerShell has on every system, or only on Windows where the name is
// that of a program with the same meaning elsewhere.
var aliases = map[string]string{
	"echo": "write-output", "write": "write-output", "cat": "get-content", "gc": "get-content", "type": "get-content",
	"cd": "set-location", "chdir": "set-location", "sl": "set-location", "pushd": "push-location", "popd": "pop-location",
	"ac": "add-content", "cp": "copy-item", "copy": "copy-item", "cpi": "copy-item", "mv": "move-item", "move": "move-item", "mi": "move-item",
	"rm": "remove-item", "del": "remove-item", "rd": "remove-item", "rmdir": "remove-item", "ri": "remove-item", "erase": "remove-item",
	"ren": "rename-item", "rni": "rename-item", "ni": "new-item", "si": "set-item", "gi": "get-item", "cli": "clear-item", "clc": "clear-content",
	"ls": "get-childitem", "dir": "get-childitem", "gci": "get-childitem", "pwd": "get-location", "gl": "get-location",
	"set": "set-variable", "sv": "set-variable", "gv": "get-variable", "nv": "new-variable", "rv": "remove-variable", "clv": "clear-variable",
	"iex": "invoke-expression", "icm": "invoke-command", "ipmo": "import-module", "saps": "start-process", "start": "start-process",
	"iwr": "invoke-webrequest", "irm": "invoke-restmethod", "sleep": "start-sleep", "cls": "clear-host", "clear": "clear-host",
	"tee": "tee-object", "select": "select-object", "sort": "sort-object", "where": "where-object", "?": "where-object",
	"foreach": "foreach-object", "%": "foreach-object", "measure": "measure-object", "group": "group-object", "ft": "format-table",
	"fl": "format-list", "sls": "select-string", "rvpa": "resolve-path", "cvpa": "convert-path", "sal": "set-alias", "nal": "new-alias",
	"gcm": "get-command", "ps": "get-process", "kill": "stop-process", "spps": "stop-process", "sp": "set-itemproperty", "gp": "get-itemproperty",
	"md": "mkdir", "diff": "compare-object", "compare": "compare-object", "gm": "get-member", "ii": "invoke-item", "h": "get-history",
}

// unixPrograms are names that mean a program where the system is no Windows.
var unixPrograms = map[string]bool{
	"cat": true, "cp": true, "mv": true, "rm": true, "rmdir": true, "ls": true, "ps": true, "kill": true, "sleep": true, "sort": true,
	"tee": true, "diff": true, "start": true,
}

// windowsAliases are those of Windows PowerShell only.
var windowsAliases = map[string]string{"curl": "invoke-webrequest", "wget": "invoke-webrequest", "sc": "set-content"}

// cmdlets says what the commands that come with PowerShell may do. What is not here may do
// anything. Those that write files also set variables when they are given a path such as
// Env:NAME.
var cmdlets = kinds(map[commandKind]string{
	harmless: `write-host write-output write-verbose write-debug write-warning write-information write-error write-progress
		out-null out-host out-default out-string get-content get-childitem get-item get-itemproperty get-itempropertyvalue get-location
		get-command get-process get-service get-date get-random get-variable get-alias get-member get-module get-installedmodule get-help
		get-host get-history get-filehash get-unique get-culture get-uptime get-psdrive get-executionpolicy get-error get-psrepository
		test-path test-connection test-netconnection test-json split-path join-path resolve-path convert-path start-sleep clear-host
		select-object sort-object where-object foreach-object measure-object group-object compare-object select-string select-xml
		format-table format-list format-wide format-custom format-hex new-guid new-timespan new-object new-temporaryfile
		convertto-json convertfrom-json convertto-csv convertfrom-csv convertto-html convertto-xml convertfrom-stringdata
		convertto-securestring convertfrom-securestring import-csv import-clixml invoke-webrequest invoke-restmethod wait-process
		stop-process install-module save-module update-module uninstall-module find-module install-package install-packageprovider
		set-psrepository register-psrepository set-executionpolicy set-strictmode measure-command wait-event read-host add-type
		stop-service start-service restart-service set-psdebug start-transcript stop-transcript set-date mkdir help more
		install-script install-psresource set-psresourcerepository import-powershelldatafile test-modulemanifest get-psresource`,
	writesFiles: `set-item new-item remove-item clear-item copy-item move-item rename-item set-itemproperty new-itemproperty
		remove-itemproperty set-content add-content clear-content out-file tee-object compress-archive expand-archive
		export-csv export-clixml start-bitstransfer set-acl unblock-file`,
	changesDir:    `set-location push-location pop-location`,
	delivers:      `start-process start-job invoke-item`,
	tameable:      `import-module`,
	setsVariables: `set-variable new-variable remove-variable clear-variable`,
})

func kinds(names map[commandKind]string) map[string]commandKind {
	out := map[string]commandKind{}
	for kind, list := range names {
		for name := range strings.FieldsSeq(list) {
			out[name] = kind
		}
	}
	return out
}

// verbs are the approved verbs of PowerShell: a name that begins with one and a hyphen is
// taken for that of a cmdlet or function, and any other for a program's.
var verbs = set(`add approve assert backup block build checkpoint clear close compare complete compress confirm connect convert
	convertfrom convertto copy debug deny deploy disable disconnect dismount edit enable enter exit expand export find format get
	grant group hide import initialize install invoke join limit lock measure merge mount move new open optimize out ping pop
	protect publish push read receive redo register remove rename repair request reset resize resolve restart restore resume
	revoke save search select send set show skip split start step stop submit suspend switch sync test trace unblock undo
	uninstall unlock unprotect unpublish unregister update use wait watch write foreach where sort tee ensure run load`)

func set(names string) map[string]bool {
	out := map[string]bool{}
	for name := range strings.FieldsSeq(names) {
		out[name] = true
	}
	return out
}
