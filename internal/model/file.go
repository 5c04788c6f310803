package model

import (
	"path"
	"strings"
)

// VariableFile gives the name of a variable of type File by the absolute path that GitLab's runner
// writes its text to: beside the checkout, in a directory whose name ends in ".tmp".
func VariableFile(file string) (name string, ok bool) {
	file = strings.ReplaceAll(file, `\`, "/")
	dir, name := path.Split(file)
	dir = strings.TrimSuffix(dir, "/")
	absolute := strings.HasPrefix(file, "/") || len(file) > 2 && file[1:3] == ":/"
	parent := path.Base(strings.TrimSuffix(dir, ".tmp"))
	if !absolute || !strings.HasSuffix(dir, ".tmp") || strings.HasSuffix(dir, "/.tmp") || parent == "/" || !isVariableName(name) {
		return "", false
	}
	return name, true
}

func isVariableName(name string) bool {
	for i, c := range []byte(name) {
		letter := c == '_' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}

// fileVariable says how keyfit comes to know the text of a variable of type File.
const fileVariable = "a variable of type File, which keyfit does not read: hand the value over in a plain variable, bound under `inputs` where keyfit runs elsewhere"

// FileNeeds says what it would take to know a file that is not in the repository.
func FileNeeds(file string) string {
	if _, ok := VariableFile(file); ok {
		return "the text of " + fileVariable
	}
	return "the file " + file
}

// FileFix says what to do about a file that is not in the repository.
func FileFix(file string) string {
	if _, ok := VariableFile(file); ok {
		return "it is " + fileVariable
	}
	return "commit it, or create it in an earlier step"
}
