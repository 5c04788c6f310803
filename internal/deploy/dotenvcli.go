package deploy

import (
	"path"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

func dotenvAdapters() []Adapter {
	return []Adapter{
		{Names: []string{"dotenv"}, Read: readDotenvCLI},
		{Names: []string{"dotenvx"}, Read: readDotenvx},
		{Names: []string{"direnv"}, Read: readDirenv},
	}
}

// readDotenvCLI reads `dotenv [-e FILE]… [--] command`, of dotenv-cli. Of two files the
// first wins, and what is set already wins over both; -o turns it round.
func readDotenvCLI(call Call) (Delivery, bool) {
	r := wrapping(call, "dotenv")
	g := grammar{values: []string{"-e", "-v", "-p", "-f", "--file", "-q"}, bools: []string{"-o", "--override", "--no-expand", "--quiet", "--debug", "--no-override"}, stop: true, short: true}
	words := r.words()
	if i := indexOf(words, "-c"); i >= 0 && i+1 < len(words) && !words[i+1].is("--") {
		g.values = append(g.values, "-c")
	} else {
		g.bools = append(g.bools, "-c")
	}
	l := r.line(g, words)
	r.strict(l)
	if l.has("-p") || r.idle(l) {
		return Delivery{}, false
	}
	if l.begins("run") {
		return r.pythonDotenv(l)
	}
	override := l.has("-o", "--override")
	if hasFlag(l.rest) && !(l.from > 0 && words[l.from-1].is("--")) || l.has("-f", "--file", "-q") || override && l.has("-v", "-c") {
		r.unsupported("flags in this place")
	}
	env := call.Env
	for _, w := range l.each("-v") {
		name, value, ok := w.cut("=")
		if !ok {
			r.unsupported("a -v that is not known up to its =")
			continue
		}
		env = env.With(name, r.via(value.value(), "dotenv -v "+name).Over(env.Get(name)))
	}
	dialect := "node-expand"
	if l.has("--no-expand") {
		dialect = "node"
	}
	return r.start(l.from, env, func(in *Inner) {
		for _, f := range cascade(l) {
			in.Dotenv = append(in.Dotenv, DotenvArg{File: f, Override: override, Optional: true, Dialect: dialect})
		}
	})
}

// cascade lists the files in the order of their strength: with -c NAME, each stands
// behind its .NAME.local, .local and .NAME.
func cascade(l line) []model.Value {
	files := l.each("-e")
	if len(files) == 0 {
		files = []word{plain(".env")}
	}
	var out []model.Value
	for _, f := range files {
		var suffixes []string
		if c, ok := l.last("-c"); ok {
			suffixes = []string{"." + c.text + ".local", ".local", "." + c.text}
			if c.unknown() != nil {
				out = append(out, *c.unknown())
				suffixes = nil
			}
		} else if l.has("-c") {
			suffixes = []string{".local"}
		}
		for _, s := range suffixes {
			both := f.slice(0, len(f.text))
			both.add(plain(s).value())
			out = append(out, both.value())
		}
		out = append(out, f.value())
	}
	return out
}

func indexOf(words []word, text string) int {
	for i, w := range words {
		if w.is("--") {
			break
		}
		if w.is(text) {
			return i
		}
	}
	return -1
}

func hasFlag(words []word) bool {
	for _, w := range words {
		if isFlag(w) || w.head() == "" && w.unknown() != nil {
			return true
		}
	}
	return false
}

// pythonDotenv reads `dotenv [-f FILE] run [--override|--no-override] -- command`.
func (r *reading) pythonDotenv(l line) (Delivery, bool) {
	file := workload(l, ".env", "-f", "--file")
	inner := r.line(grammar{bools: []string{"--override", "--no-override"}, stop: true}, l.rest[1:])
	r.strict(inner)
	if l.has("-e", "-v", "-c", "-o") {
		r.unsupported("flags of another tool of this name")
	}
	return r.start(l.from+1+inner.from, r.call.Env, func(in *Inner) {
		in.Dotenv = []DotenvArg{{File: file.value(), Override: !inner.has("--no-override"), Dialect: "python"}}
	})
}

// readDotenvx reads `dotenvx run [-f FILE]… [--overload] -- command`.
func readDotenvx(call Call) (Delivery, bool) {
	r := wrapping(call, "dotenvx")
	words := r.words()
	if len(words) == 0 || !words[0].is("run") {
		return Delivery{}, false
	}
	l := r.line(grammar{
		values: []string{"-fk", "--env-keys-file", "-l", "--log-level", "--convention", "--ignore", "-fv", "--env-vault-file"},
		lists:  []string{"-f", "--env-file", "-e", "--env"},
		bools:  []string{"-o", "--overload", "--strict", "-q", "--quiet", "-v", "--verbose", "-d", "--debug", "--ops-off", "--no-ops"},
		stop:   true,
	}, words[1:])
	r.strict(l)
	if r.idle(l) {
		return Delivery{}, false
	}
	if l.has("--convention", "-fv", "--env-vault-file", "-e", "--env") || call.Env.Get("DOTENV_KEY").State != model.Absent {
		r.unsupported("--env, a convention or a vault file")
	}
	files := l.each("-f", "--env-file")
	if len(files) == 0 {
		files = []word{plain(".env")}
	}
	return r.start(1+l.from, call.Env, func(in *Inner) {
		for _, f := range files {
			in.Dotenv = append(in.Dotenv, DotenvArg{File: f.value(), Override: l.has("-o", "--overload"), Optional: !l.has("--strict"), Dialect: "dotenvx"})
		}
	})
}

// readDirenv reads `direnv exec DIR command`: the nearest .envrc from DIR upwards is run
// first.
func readDirenv(call Call) (Delivery, bool) {
	r := wrapping(call, "direnv")
	words := r.words()
	if len(words) < 3 || !words[0].is("exec") {
		return Delivery{}, false
	}
	dir, ok := words[1].known()
	if !ok {
		r.doubt(*words[1].unknown(), "the directory of direnv is not known, expected one in the repository", "")
	}
	file := ""
	for at := path.Join(dir); ok && strings.Count(at, "/") < maxNesting; at = path.Join(at, "..") {
		if _, _, err := r.file(path.Join(at, ".envrc")); err == nil {
			file = path.Join(at, ".envrc")
			break
		}
		if p := path.Join(call.Dir, at); p == "." || p == "/" || strings.HasPrefix(p, "..") {
			break
		}
	}
	return r.start(2, call.Env, func(in *Inner) {
		if file != "" {
			in.Dotenv = []DotenvArg{{File: plain(file).value(), Override: true, Dialect: "direnv"}}
		}
	})
}
