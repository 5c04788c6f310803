package batch

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

// disagreements lists what we know and the real shell did differently.
func disagreements(out Outcome, r real) []string {
	var errs []string
	bad := func(format string, args ...any) { errs = append(errs, fmt.Sprintf(format, args...)) }
	if r.end != nil {
		for _, e := range envErrors(out.Env, *r.end) {
			bad("at the end: %s", e)
		}
	}
	next := 0
	for i, c := range out.Commands {
		if next < len(r.commands) && sameCommand(c, r.commands[next]) == "" {
			next++
			continue
		}
		if !out.Seen[i].Perhaps {
			what := "was not started"
			if next < len(r.commands) {
				what = sameCommand(c, r.commands[next])
			}
			bad("command %d: %s", i, what)
			break
		}
	}
	if next < len(r.commands) && out.Doubt == nil && len(errs) == 0 {
		bad("%v was started as well", r.commands[next].Args)
	}
	if v := out.Channels["OUT"]; !agrees(v, r.out, true) {
		bad("the channel holds %q, and not %s", r.out, told(v))
	}
	if !agrees(out.Output, r.printed, true) {
		bad("printed was %q, and not %s", r.printed, told(out.Output))
	}
	for name, text := range r.files {
		if v, ok := out.Written[name]; ok && !agrees(v, text, text != "") {
			bad("%s holds %q, and not %s", name, text, told(v))
		}
	}
	return errs
}

func envErrors(env model.Env, e entry) []string {
	var errs []string
	for name, v := range env.All() {
		text, ok := e.get(name)
		if name != "OUT" && name != "WORKSPACE" && !agrees(v, text, ok) {
			errs = append(errs, fmt.Sprintf("%s is %q (set: %v), and not %s", name, text, ok, told(v)))
		}
	}
	if env.Rest().State == model.Unknown {
		return errs
	}
	for _, pair := range e.Env {
		name, text, _ := strings.Cut(pair, "=")
		known := slices.ContainsFunc(env.Names(), func(n string) bool { return strings.EqualFold(n, name) })
		if before, ok := secretOf(name); !known && name != "" && !machine(name) && !(ok && before == text) {
			errs = append(errs, fmt.Sprintf("%s is set to %q", name, text))
		}
	}
	return errs
}

func secretOf(name string) (string, bool) {
	v := env().Get(strings.ToUpper(name))
	if v.State == model.Known {
		return "", false
	}
	text, ok := secrets[strings.ToUpper(name)]
	return text, ok
}

// machine reports whether wine itself sets a variable.
func machine(name string) bool {
	switch n := strings.ToUpper(name); n {
	case "COMMAND_LOG", "PATHEXT", "PROMPT", "COMSPEC", "OS", "TEMP", "TMP", "TERM", "HOME", "USER", "PWD", "SHLVL", "SYSTEMDRIVE", "SYSTEMROOT", "WINDIR",
		"NUMBER_OF_PROCESSORS", "USERNAME", "USERPROFILE", "USERDOMAIN", "COMPUTERNAME", "LOGONSERVER", "SESSIONNAME", "HOMEDRIVE", "HOMEPATH", "CLIENTNAME", "WINSYSDIR",
		"ALLUSERSPROFILE", "PUBLIC", "APPDATA", "LOCALAPPDATA", "DRIVERDATA":
		return true
	default:
		return os.Getenv(name) != "" || strings.HasPrefix(n, "PROCESSOR_") || strings.HasPrefix(n, "PROGRAM") || strings.HasPrefix(n, "COMMONPROGRAM") || strings.HasPrefix(n, "WINE") || strings.HasPrefix(name, "=")
	}
}

func sameCommand(c model.Command, e entry) string {
	for i, a := range c.Args {
		if i == 0 {
			if a.State == model.Known && toolName(a.Text.Reveal()) != e.Name {
				return fmt.Sprintf("%s was started, and not %s", e.Name, told(a))
			}
			continue
		}
		if i > len(e.Args) {
			return fmt.Sprintf("it has %d arguments: %q", len(e.Args), e.Args)
		}
		if !agrees(a, e.Args[i-1], true) {
			return fmt.Sprintf("argument %d is %q, and not %s", i, e.Args[i-1], told(a))
		}
	}
	if c.Open == 0 && len(e.Args) != len(c.Args)-1 {
		return fmt.Sprintf("it has %d arguments: %q", len(e.Args), e.Args)
	}
	if errs := envErrors(c.Env, e); len(errs) > 0 {
		return strings.Join(errs, "; ")
	}
	if e.Name == "docker" && c.Stdin.State == model.Known && c.Stdin.Text.Reveal() != strings.ReplaceAll(e.Stdin, "\r\n", "\n") {
		return fmt.Sprintf("it reads %q, and not %s", e.Stdin, told(c.Stdin))
	}
	if c.Dir == "sub" && !strings.HasSuffix(e.Dir, "/sub") || c.Dir == "." && !strings.HasSuffix(e.Dir, "/repo") {
		return fmt.Sprintf("it runs in %s", filepath.Base(e.Dir))
	}
	return ""
}

func toolName(command string) string {
	name := strings.ToLower(command[strings.LastIndexAny(command, `\/`)+1:])
	return strings.TrimSuffix(strings.TrimSuffix(name, ".exe"), ".cmd")
}

// agrees reports whether a value allows a text that was really there; set says that it was.
func agrees(v model.Value, text string, set bool) bool {
	switch {
	case v.State == model.Absent:
		return !set || text == ""
	case v.State == model.Known:
		return set && v.Text.Reveal() == text
	case len(v.Alternatives) == 0:
		return true
	}
	return slices.ContainsFunc(v.Alternatives, func(a model.Value) bool { return agrees(a, text, set) })
}
