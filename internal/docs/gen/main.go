// Command gen writes the pages under docs/ that are made from the program itself. Run it
// by `go generate ./internal/docs`.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/keyfit/keyfit/internal/cli"
	"github.com/keyfit/keyfit/internal/docs"
)

// target is seen from internal/docs, where go generate runs.
const target = "../../docs"

func main() {
	if err := write(); err != nil {
		fmt.Fprintln(os.Stderr, "docs:", err)
		os.Exit(1)
	}
}

func write() error {
	configuration, err := os.ReadFile(filepath.Join(target, "configuration.md"))
	if err != nil {
		return err
	}
	pages := docs.Pages(configuration, cli.Commands())
	for name, page := range pages {
		file := filepath.Join(target, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, page, 0o644); err != nil {
			return err
		}
	}
	return removeStale(pages)
}

// removeStale deletes pages of findings and providers that no longer exist.
func removeStale(pages map[string][]byte) error {
	for _, dir := range []string{"findings", "providers"} {
		files, err := filepath.Glob(filepath.Join(target, dir, "*.md"))
		if err != nil {
			return err
		}
		for _, file := range files {
			if _, kept := pages[dir+"/"+filepath.Base(file)]; kept {
				continue
			}
			if err := os.Remove(file); err != nil {
				return err
			}
		}
	}
	return nil
}
