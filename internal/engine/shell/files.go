package shell

import (
	"errors"
	"path"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
	"mvdan.cc/sh/v3/syntax"
)

// fileState says what is known of a file.
type fileState uint8

const (
	fileUnknown fileState = iota // it may exist; its content cannot be told
	fileMissing
	fileThere
	fileDir
)

// maxRead is the largest file that is read as text.
const maxRead = 1 << 20

// fileKey gives the key of a file in the state: its path in the repository, or the
// absolute path of a file outside, or the key of a file that the script itself made.
func (sh *shell) fileKey(st *state, name sym) (string, bool) {
	name = name.begun()
	if len(name) > 0 && name[0].unk != nil && name[0].unk.root {
		return sh.belowRoot(name[1:])
	}
	if len(name) > 0 && name[0].unk != nil && name[0].unk.file != "" {
		rest, ok := name[1:].known()
		if !ok || strings.Contains(rest, "..") {
			return "", false
		}
		return strings.TrimSuffix(name[0].unk.file+rest, "/"), true
	}
	n, ok := name.known()
	if !ok || n == "" || strings.ContainsRune(n, 0) {
		return "", false
	}
	if !path.IsAbs(n) {
		if st.lost != nil {
			return "", false
		}
		n = path.Join(st.dir, n)
	}
	if sh.m.step.Elsewhere && path.IsAbs(n) {
		return path.Clean(n), true
	}
	key, err := sh.m.step.Files.Clean(n)
	if err != nil {
		if path.IsAbs(n) {
			return path.Clean(n), true
		}
		root := sh.m.step.Files.Tree().Dir()
		return path.Clean(path.Join(root, n)), true
	}
	return key, true
}

// belowRoot is the key of what stands behind the path of the repository's root.
func (sh *shell) belowRoot(rest sym) (string, bool) {
	t, ok := rest.known()
	if !ok || t != "" && t[0] != '/' || strings.ContainsRune(t, 0) {
		return "", false
	}
	key, err := sh.m.step.Files.Clean(path.Join(".", strings.TrimLeft(t, "/")))
	return key, err == nil
}

// outside reports whether a key is no path in the repository.
func outside(key string) bool { return path.IsAbs(key) || strings.HasPrefix(key, "\x00") }

// stat tells what is known of a file or directory.
func (sh *shell) stat(st *state, name sym) fileState {
	key, ok := sh.fileKey(st, name)
	if !ok {
		return fileUnknown
	}
	return sh.statKey(st, key)
}

func (sh *shell) statKey(st *state, key string) fileState {
	if f, ok := st.files[key]; ok {
		if f.gone {
			return fileMissing
		}
		if !f.text.isKnown() && len(f.text) == 1 && f.text[0].unk.why == model.WhyAmbiguous && len(f.text[0].unk.alts) == 0 {
			return fileUnknown
		}
		return fileThere
	}
	if st.made[key] {
		return fileDir
	}
	for k, f := range st.files {
		if !f.gone && strings.HasPrefix(k, key+"/") {
			return fileDir
		}
	}
	if outside(key) {
		if strings.HasPrefix(key, "\x00") {
			return fileMissing
		}
		return fileUnknown
	}
	info, err := sh.m.step.Files.Stat(key)
	switch {
	case err == nil && info.Dir:
		return fileDir
	case err == nil:
		return fileThere
	case errors.Is(err, repo.ErrMissing):
		return fileMissing
	}
	return fileUnknown
}

// read gives the content of a file, each line with its place.
func (sh *shell) read(st *state, name sym) (sym, fileState) {
	key, ok := sh.fileKey(st, name)
	if !ok {
		return mystery(model.WhyUnsupported, "the content of a file whose name is not known", name.trail()), fileUnknown
	}
	s, state := sh.content(st, key)
	if _, written := st.files[key]; state == fileThere && !written {
		t, _ := s.known()
		return withPlaces(key, t), state
	}
	return s, state
}

// content gives the content of a file as a script would be read.
func (sh *shell) content(st *state, key string) (sym, fileState) {
	switch state := sh.statKey(st, key); state {
	case fileMissing, fileDir:
		return mystery(model.WhyMissingFile, "the file "+path.Base(key)), state
	}
	if f, ok := st.files[key]; ok {
		return f.text, fileThere
	}
	if outside(key) {
		needs := model.FileNeeds(key)
		if _, ok := model.VariableFile(key); !ok {
			needs += ", outside the repository"
		}
		return mystery(model.WhyMissingFile, needs), fileUnknown
	}
	data, err := sh.m.step.Files.Read(key)
	if err != nil || len(data) > maxRead {
		return mystery(model.WhyMissingFile, "the file "+key+", which cannot be read"), fileUnknown
	}
	return text(string(data)), fileThere
}

// withPlaces gives each line of a file its place, so that a value that a command
// picks out of the file knows where it stood.
func withPlaces(key, t string) sym {
	lines := strings.SplitAfter(t, "\n")
	if len(lines) > maxPieces {
		return text(t)
	}
	index := pos.NewIndex([]byte(t))
	dotenv := isDotenv(key)
	var out sym
	at := 0
	for _, l := range lines {
		if l == "" {
			continue
		}
		hop := model.Hop{At: index.Span(key, at, at+len(strings.TrimRight(l, "\n"))), Kind: model.KindShell, What: "a line of " + key, Literal: true}
		if dotenv {
			hop.Kind, hop.What = model.KindDotenv, entryName(l)
		}
		out = append(out, piece{text: l, trail: model.Trail{}.Append(hop)})
		at += len(l)
	}
	return out
}

// entryName is the name in a line of a .env file. A line without one is not quoted: it
// might be a key.
func entryName(line string) string {
	name, _, found := strings.Cut(line, "=")
	name = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(name), "export "))
	if !found || !syntax.ValidName(name) {
		return "a line"
	}
	return name
}
