package terraform

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/secret"
)

// repository writes files and opens them as a repository. A text of several files has their
// names in lines such as "-- main.tf --".
func repository(t testing.TB, files string) *repo.Tree {
	t.Helper()
	dir := t.TempDir()
	name, body := "main.tf", ""
	flush := func() {
		if strings.TrimSpace(body) == "" {
			return
		}
		full := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(full), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(body), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, line := range strings.SplitAfter(files, "\n") {
		if next, ok := strings.CutPrefix(strings.TrimSpace(line), "-- "); ok && strings.HasSuffix(next, " --") {
			flush()
			name, body = strings.TrimSuffix(next, " --"), ""
			continue
		}
		body += line
	}
	flush()
	r, err := repo.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func flagVar(text string) Arg {
	hop := model.Hop{At: pos.Span{File: "deploy.sh", Start: pos.Pos{Line: 3, Column: 1}}, Kind: model.KindShell, What: "argument", Literal: true}
	return Arg{Flag: "var", Text: model.KnownText(text, hop)}
}

func flagFile(name string) Arg {
	return Arg{Flag: "var-file", Text: model.Value{State: model.Known, Text: secret.New(name)}}
}

func environment(pairs ...string) model.Env {
	vars := map[string]model.Value{}
	for _, p := range pairs {
		name, text, _ := strings.Cut(p, "=")
		vars[name] = model.KnownText(text, model.Hop{Kind: model.KindProcess, What: name})
	}
	return model.NewEnv(vars)
}

func evaluate(t testing.TB, s Step) Result {
	t.Helper()
	if s.Workspace.State == model.Unknown && s.Workspace.Why == model.WhyNone {
		s.Workspace = model.Value{State: model.Absent}
	}
	r, err := Evaluate(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// outputs shows the outputs of a module, one line each.
func outputs(r Result) []string {
	var out []string
	for _, o := range r.Outputs {
		out = append(out, o.Name+" = "+shown(o.Value))
	}
	return out
}

// shown writes a value of a test, whose texts are no secrets.
func shown(v cty.Value) string {
	plain, _ := v.Unmark()
	t := plain.Type()
	switch {
	case !plain.IsKnown():
		u := valueOf(v)
		if len(u.Alternatives) > 0 {
			return fmt.Sprintf("?%s(%s)[%d]", u.Why, u.Needs, len(u.Alternatives))
		}
		return fmt.Sprintf("?%s(%s)", u.Why, u.Needs)
	case plain.IsNull():
		return "null"
	case t == cty.String:
		return fmt.Sprintf("%q", plain.AsString())
	case t.IsPrimitiveType():
		return valueOf(v).Text.Reveal()
	case t.IsObjectType() || t.IsMapType():
		var parts []string
		for k, el := range plain.AsValueMap() {
			if k != sentinel {
				parts = append(parts, k+"="+shown(el))
			}
		}
		slices.Sort(parts)
		return "{" + strings.Join(parts, ", ") + "}"
	}
	var parts []string
	for _, el := range plain.AsValueSlice() {
		parts = append(parts, shown(el))
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// journey shows a trail, origin first.
func journey(v model.Value) string {
	var hops []string
	for _, h := range v.Trail.Hops() {
		star := ""
		if h.Literal {
			star = "*"
		}
		hops = append(hops, strings.TrimSpace(h.At.String()+" "+h.Kind+" "+h.What)+star)
	}
	return strings.Join(hops, " > ")
}

func messages(r Result) []string {
	var out []string
	for _, p := range r.Problems {
		out = append(out, p.At.String()+": "+p.Message)
	}
	return out
}

// partly is a text of which the middle is not known.
func partly(before, after string) model.Value {
	v := model.UnknownBecause(model.WhyCISecret, "the secret", model.Trail{})
	out := v
	if before != "" {
		out.Parts = append(out.Parts, model.Value{State: model.Known, Text: secret.New(before)})
	}
	out.Parts = append(out.Parts, v)
	if after != "" {
		out.Parts = append(out.Parts, model.Value{State: model.Known, Text: secret.New(after)})
	}
	return out
}
