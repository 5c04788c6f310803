package circleci

import (
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/pipeline/tree"
)

// home stands for the home directory of the machine, whatever its name is.
const home = "/home/circleci"

// superuser is whose home directory it is in images without a user of their own.
const superuser = "root"

// absolute is a directory of the machine.
func absolute(base, dir string) string {
	switch {
	case dir == "~":
		return home
	case strings.HasPrefix(dir, "~/"):
		return path.Join(home, dir[2:])
	case strings.HasPrefix(dir, "/"+superuser+"/") && strings.HasPrefix(base, home):
		return path.Join(home, dir[len(superuser)+2:])
	case path.IsAbs(dir):
		return path.Clean(dir)
	}
	return path.Join(base, dir)
}

// within gives a directory relative to the checkout; ok is false for one outside of it.
func within(checkout, dir string) (string, bool) {
	if dir == checkout {
		return ".", true
	}
	rel, ok := strings.CutPrefix(dir, strings.TrimSuffix(checkout, "/")+"/")
	return rel, ok
}

// shellOf reads a `shell:` such as "/bin/bash -eo pipefail".
func shellOf(line string) (name string, flags []string) {
	words := strings.Fields(line)
	if len(words) == 0 {
		return "bash", []string{"-e", "-o", "pipefail"}
	}
	name = strings.TrimSuffix(path.Base(words[0]), ".exe")
	words = words[1:]
	if name == "env" && len(words) > 0 {
		name, words = words[0], words[1:]
	}
	if !slices.Contains([]string{"bash", "sh", "dash", "ash"}, name) {
		return name, words
	}
	for i := 0; i < len(words); i++ {
		flags = append(flags, option(words, &i)...)
	}
	return name, flags
}

// option splits a group of options such as -eo pipefail. What makes a shell a login shell
// changes nothing that is followed here.
func option(words []string, i *int) []string {
	w := words[*i]
	if w == "--login" || len(w) < 2 || w[0] != '-' && w[0] != '+' || strings.HasPrefix(w, "--") {
		return nil
	}
	var out []string
	for _, c := range w[1:] {
		switch {
		case c == 'o' && *i+1 < len(words):
			*i++
			out = append(out, w[:1]+"o", words[*i])
		case c != 'l' && c != 'c' && c != 'o':
			out = append(out, w[:1]+string(c))
		}
	}
	return out
}

// hasOnlySh reports whether an image is known to come without bash.
func hasOnlySh(executor *tree.Node) bool {
	docker := executor.Get("docker").Each()
	if len(docker) == 0 {
		return false
	}
	image := docker[0].Get("image").Text()
	name, tag, _ := strings.Cut(path.Base(image), ":")
	return strings.Contains(tag, "alpine") || slices.Contains([]string{"alpine", "docker", "busybox", "helm", "kubectl"}, name) && !strings.HasPrefix(image, "cimg/")
}
