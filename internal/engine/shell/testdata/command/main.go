// Command command plays every external command of the tests: it writes down how it was
// called into the file .log beside it, and prints and returns what the files .out and
// .rc beside it say. As show and as __end it prints nothing and succeeds.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

func main() { os.Exit(play()) }

func play() int {
	exe, err := os.Executable()
	if err != nil {
		return 99
	}
	f, err := os.OpenFile(filepath.Join(filepath.Dir(exe), ".log"), os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return 99
	}
	line, err := json.Marshal(struct {
		Name string
		Args []string
		Env  []string
	}{filepath.Base(exe), os.Args[1:], os.Environ()})
	if err != nil {
		return 99
	}
	_, err = f.Write(append(line, '\n'))
	if f.Close() != nil || err != nil {
		return 99
	}
	if name := filepath.Base(exe); name == "show" || name == "__end" {
		return 0
	}
	dir := filepath.Dir(exe)
	if out, err := os.ReadFile(filepath.Join(dir, ".out")); err == nil {
		_, _ = os.Stdout.Write(out)
	}
	n := 0
	if rc, err := os.ReadFile(filepath.Join(dir, ".rc")); err == nil {
		_, _ = fmt.Sscan(string(rc), &n)
	}
	return n
}
