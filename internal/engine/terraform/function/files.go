package function

import (
	"encoding/base64"
	"errors"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/repo"
)

// files are the functions of files and of their paths.
func (c Context) files() map[string]function.Function {
	all := map[string]function.Function{
		"abspath":    define(cty.String, c.abspath, text("path")),
		"basename":   ofText(func(s string) (string, error) { return path.Base(s), nil }),
		"dirname":    ofText(func(s string) (string, error) { return path.Dir(s), nil }),
		"pathexpand": define(cty.String, c.pathexpand, text("path")),
		"file":       define(cty.String, c.file, text("path")),
		"fileexists": define(cty.Bool, c.fileexists, text("path")),
		"fileset":    define(cty.Set(cty.String), c.fileset, text("path"), text("pattern")),
		"filebase64": c.ofContent(func(d []byte) string { return base64.StdEncoding.EncodeToString(d) }),
	}
	for name, sum := range digests() {
		all["file"+name] = c.ofContent(sum)
	}
	return all
}

func (c Context) ofContent(f digest) function.Function {
	return define(cty.String, func(args []cty.Value) (cty.Value, error) {
		data, file, stop, err := c.read(args[0].AsString())
		if err != nil || stop != cty.NilVal {
			return stop, err
		}
		return c.content(file, f(data)), nil
	}, text("path"))
}

func (c Context) file(args []cty.Value) (cty.Value, error) {
	data, file, stop, err := c.read(args[0].AsString())
	if err != nil || stop != cty.NilVal {
		return stop, err
	}
	if !utf8.Valid(data) {
		return cty.NilVal, complaint("expected a file with UTF-8 text")
	}
	return c.content(file, string(data)), nil
}

func (c Context) content(file, s string) cty.Value {
	v := cty.StringVal(s)
	if c.Content != nil {
		if m := c.Content(file); m != nil {
			return v.Mark(m)
		}
	}
	return v
}

// read gives the content of a file, or the unknown value that stands for it. The error does
// not say the path, which may be made of anything.
func (c Context) read(name string) (data []byte, file string, stop cty.Value, err error) {
	file, stop = c.locate(name, cty.String)
	if stop != cty.NilVal {
		return nil, "", stop, nil
	}
	data, err = c.Files.Read(file)
	switch {
	case err == nil:
		return data, file, cty.NilVal, nil
	case errors.Is(err, repo.ErrMissing):
		return nil, "", cty.NilVal, repo.ErrMissing
	case errors.Is(err, repo.ErrDirectory):
		return nil, "", cty.NilVal, repo.ErrDirectory
	}
	return nil, "", unread(cty.String), nil
}

func unread(t cty.Type) cty.Value {
	return unknown(t, model.WhyMissingFile, "a file within the repository that can be read")
}

// locate turns a path as the configuration says it into one of the repository. Where it
// leads out of that, or to something that may be otherwise, stop is what to give instead.
func (c Context) locate(name string, t cty.Type) (file string, stop cty.Value) {
	name, ok := c.expand(name)
	if !ok || c.Files == nil {
		return "", unread(t)
	}
	if !path.IsAbs(name) {
		name = path.Join(c.Dir, name)
	} else if name, ok = within(c.Root, name); !ok {
		return "", unread(t)
	}
	if name == ".." || strings.HasPrefix(name, "../") || strings.ContainsRune(name, 0) {
		return "", unread(t)
	}
	if c.Doubt != nil {
		if m, doubt := c.Doubt(name); doubt {
			v := cty.UnknownVal(t)
			if m != nil {
				v = v.Mark(m)
			}
			return "", v
		}
	}
	return name, cty.NilVal
}

func within(root, name string) (string, bool) {
	name = path.Clean(name)
	if root == "" {
		return "", false
	}
	if name == path.Clean(root) {
		return ".", true
	}
	return strings.CutPrefix(name, strings.TrimSuffix(path.Clean(root), "/")+"/")
}

// expand replaces a ~ in front. That of another user stays unknown.
func (c Context) expand(name string) (string, bool) {
	rest, tilde := strings.CutPrefix(name, "~")
	switch {
	case !tilde:
		return name, true
	case c.Home == "" || rest != "" && rest[0] != '/':
		return "", false
	}
	return path.Join(c.Home, rest), true
}

func (c Context) abspath(args []cty.Value) (cty.Value, error) {
	name := args[0].AsString()
	switch {
	case path.IsAbs(name):
		return cty.StringVal(path.Clean(name)), nil
	case c.Root == "":
		return unknown(cty.String, model.WhyUnsupported, "where the repository lies when it is deployed"), nil
	}
	return cty.StringVal(path.Join(c.Root, c.Dir, name)), nil
}

func (c Context) pathexpand(args []cty.Value) (cty.Value, error) {
	name := args[0].AsString()
	if rest, tilde := strings.CutPrefix(name, "~"); tilde && rest != "" && rest[0] != '/' && rest[0] != '\\' {
		return cty.NilVal, complaint("expected ~ alone or in front of a slash: Terraform knows no directory of another user")
	}
	out, ok := c.expand(name)
	if !ok {
		return unknown(cty.String, model.WhyUnsupported, "the directory of the user who deploys"), nil
	}
	return cty.StringVal(out), nil
}

func (c Context) fileexists(args []cty.Value) (cty.Value, error) {
	file, stop := c.locate(args[0].AsString(), cty.Bool)
	if stop != cty.NilVal {
		return stop, nil
	}
	info, err := c.Files.Stat(file)
	switch {
	case err == nil && info.Dir:
		return cty.NilVal, complaint("expected a file, not a directory")
	case err == nil:
		return cty.True, nil
	case !errors.Is(err, repo.ErrMissing):
		return unread(cty.Bool), nil
	}
	for file != "." {
		file = path.Dir(file)
		if info, err := c.Files.Stat(file); err == nil && !info.Dir {
			return cty.NilVal, complaint("expected a path that leads through no file")
		}
	}
	return cty.False, nil
}
