package helm

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"go.yaml.in/yaml/v3"
	"mvdan.cc/sh/v3/shell"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
)

// valuesCase is a chart "c" and a command line.
type valuesCase struct {
	name  string
	args  []string
	files map[string]string
}

// readCases reads cases of one file: "=== name", "args: …", and files as in txtar.
func readCases(t *testing.T, data []byte) []valuesCase {
	t.Helper()
	var out []valuesCase
	for _, part := range strings.Split("\n"+string(data), "\n=== ")[1:] {
		archive := txtar.Parse([]byte(part))
		name, line, _ := strings.Cut(strings.TrimSpace(string(archive.Comment)), "\n")
		args, err := shell.Fields(strings.TrimPrefix(line, "args:"), func(string) string { return "" })
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		c := valuesCase{name: name, args: args, files: map[string]string{}}
		for _, f := range archive.Files {
			c.files[f.Name] = string(f.Data)
		}
		c.complete(t)
		out = append(out, c)
	}
	return out
}

const dumpTemplate = `{{- define "dump" -}}
{{- if kindIs "map" . -}}{ {{- range $k, $v := . }}{{ $k | toJson }}:{{ include "dump" $v }},{{ end -}} }
{{- else if kindIs "slice" . -}}[ {{- range . }}{{ include "dump" . }},{{ end -}} ]
{{- else -}}{{ kindOf . }} {{ . | toJson }}{{- end -}}
{{- end -}}
{{- define "tree" -}}{{ .Chart.Name }}@{{ .Chart.Version }}({{ range $k, $v := .Subcharts }}{{ include "tree" $v }};{{ end }}){{- end -}}
values: {{ include "dump" .Values | toJson }}
tree: {{ include "tree" . | toJson }}
`

// complete adds what every chart needs, and packs archives: c/charts/x.tgz!/ is one.
func (c *valuesCase) complete(t *testing.T) {
	t.Helper()
	c.files["c/templates/dump.yaml"] = dumpTemplate
	for _, name := range slices.Sorted(maps.Keys(c.files)) {
		if strings.HasSuffix(name, "values.yaml") && strings.HasPrefix(name, "c/") && !strings.Contains(name, "templates") || name == "c/templates/dump.yaml" {
			dir := path.Dir(name)
			if name == "c/templates/dump.yaml" {
				dir = "c"
			}
			if file := dir + "/Chart.yaml"; c.files[file] == "" {
				c.files[file] = "apiVersion: v2\nname: " + strings.TrimSuffix(path.Base(dir), ".tgz!") + "\nversion: 1.0.0\n"
			}
		}
	}
	for {
		names := slices.Sorted(maps.Keys(c.files))
		slices.SortFunc(names, func(a, b string) int { return strings.LastIndex(b, "!/") - strings.LastIndex(a, "!/") })
		at := strings.LastIndex(names[0], "!/")
		if at < 0 {
			return
		}
		archive := names[0][:at]
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		w := tar.NewWriter(z)
		for _, name := range slices.Sorted(maps.Keys(c.files)) {
			below, ok := strings.CutPrefix(name, archive+"!/")
			if !ok {
				continue
			}
			data := c.files[name]
			delete(c.files, name)
			if err := errors.Join(w.WriteHeader(&tar.Header{Name: "x/" + below, Mode: 0o644, Size: int64(len(data))}), write(w, data)); err != nil {
				t.Fatal(err)
			}
		}
		if err := errors.Join(w.Close(), z.Close()); err != nil {
			t.Fatal(err)
		}
		c.files[archive] = b.String()
	}
}

func write(w *tar.Writer, data string) error { _, err := w.Write([]byte(data)); return err }

// layOut writes the files to a directory.
func (c valuesCase) layOut(t *testing.T, dir string) {
	t.Helper()
	for name, data := range c.files {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(data), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
}

// outcome is what the templates see.
type outcome struct {
	Values string
	Tree   string
	Failed bool
}

// realHelm finds the helm that scripts/install/helm.sh builds.
func realHelm(t testing.TB) string {
	t.Helper()
	name, err := filepath.Abs("../../../.tools/bin/helm")
	if err == nil {
		_, err = os.Stat(name)
	}
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("no helm; run scripts/install/helm.sh")
		}
		t.Skip("no helm; run scripts/install/helm.sh to compare with it")
	}
	return name
}

// ask runs the real helm.
func (c valuesCase) ask(t *testing.T, helm, dir string) outcome {
	t.Helper()
	cmd := exec.Command(helm, append([]string{"template", "rel", "c"}, c.args...)...)
	cmd.Dir = dir
	cmd.Env = []string{"HOME=" + dir, "PATH=/usr/bin:/bin"}
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	if err := cmd.Run(); err != nil {
		if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) {
			t.Fatal(err)
		}
		t.Logf("helm: %s", strings.TrimSpace(problems.String()))
		return outcome{Failed: true}
	}
	var got struct{ Values, Tree string }
	if err := yaml.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatalf("%s: the output of helm cannot be read: %v", c.name, err)
	}
	return outcome{Values: got.Values, Tree: got.Tree}
}

// step is the command line for Load.
func (c valuesCase) step(t testing.TB, dir string) Step {
	t.Helper()
	tree, err := repo.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tree.Close() })
	s := Step{Files: tree, At: pos.Span{File: "deploy.sh", Start: pos.Pos{Line: 3, Column: 1}}, Dir: ".", Chart: "c"}
	for i := 0; i+1 < len(c.args); i += 2 {
		flag := strings.TrimPrefix(c.args[i], "--")
		if flag == "-f" {
			flag = "values"
		}
		s.Values = append(s.Values, Arg{Flag: flag, Text: model.KnownText(c.args[i+1], model.Hop{At: s.At, Kind: model.KindShell, What: "helm", Literal: true})})
	}
	return s
}

// predict runs Load.
func (c valuesCase) predict(t *testing.T, dir string) (outcome, []model.Problem) {
	t.Helper()
	loaded, problems := Load(c.step(t, dir))
	if loaded == nil || len(problems) > 0 {
		if len(problems) == 0 {
			t.Errorf("%s: nothing is loaded, and no problem says why", c.name)
		}
		return outcome{Failed: true}, problems
	}
	checkParallel(t, c.name, loaded.Values, loaded.Origins)
	return outcome{Values: dump(loaded.Values), Tree: tree(loaded.Root)}, problems
}

func tree(c *Chart) string {
	deps := slices.Clone(c.Dependencies)
	slices.SortFunc(deps, func(a, b *Chart) int { return strings.Compare(a.Name, b.Name) })
	out := c.Metadata.Name + "@" + c.Metadata.Version + "("
	for _, d := range deps {
		out += tree(d) + ";"
	}
	return out + ")"
}

func dump(v any) string {
	switch v := v.(type) {
	case map[string]any:
		out := "{"
		for _, key := range slices.Sorted(maps.Keys(v)) {
			name, _ := json.Marshal(key)
			out += string(name) + ":" + dump(v[key]) + ","
		}
		return out + "}"
	case []any:
		out := "["
		for _, item := range v {
			out += dump(item) + ","
		}
		return out + "]"
	case nil:
		return "invalid null"
	}
	text, _ := json.Marshal(v)
	return fmt.Sprintf("%T %s", v, text)
}

// checkParallel makes sure that values and origins have the same shape, and that a known
// leaf has the text of its value.
func checkParallel(t *testing.T, at string, v any, origin *Tree) {
	t.Helper()
	if origin == nil {
		t.Errorf("%s has no origin", at)
		return
	}
	switch v := v.(type) {
	case map[string]any:
		if len(v) != len(origin.Map) || origin.Map == nil {
			t.Errorf("%s: %d keys, %d origins", at, len(v), len(origin.Map))
		}
		for key, child := range v {
			checkParallel(t, at+"."+key, child, origin.At(key))
		}
	case []any:
		if len(v) != len(origin.List) || origin.List == nil {
			t.Errorf("%s: %d items, %d origins", at, len(v), len(origin.List))
		}
		for i, child := range v {
			checkParallel(t, fmt.Sprintf("%s[%d]", at, i), child, origin.At(itoa(i)))
		}
	default:
		if origin.Value.State == model.Known && origin.Value.Text.Reveal() != text(v) {
			t.Errorf("%s: the origin has another text than the value", at)
		}
	}
}

// TestValuesAreHelms compares the values and the charts with those of the real helm.
func TestValuesAreHelms(t *testing.T) {
	helm := realHelm(t)
	names, err := filepath.Glob("../../../testdata/helm/values/*.txt")
	if err != nil || len(names) == 0 {
		t.Fatal("no cases", err)
	}
	var cases []valuesCase
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		cases = append(cases, readCases(t, data)...)
	}
	t.Logf("%d cases", len(cases))
	compareAll(t, helm, cases)
}

// compareAll runs the cases, two at a time.
func compareAll(t *testing.T, helm string, cases []valuesCase) {
	var running sync.WaitGroup
	gate := make(chan bool, 2)
	for _, c := range cases {
		running.Add(1)
		gate <- true
		go func() {
			defer func() { <-gate; running.Done() }()
			t.Run(c.name, func(t *testing.T) { c.compare(t, helm) })
		}()
	}
	running.Wait()
}

func (c valuesCase) compare(t *testing.T, helm string) {
	dir := t.TempDir()
	c.layOut(t, dir)
	want := c.ask(t, helm, dir)
	got, problems := c.predict(t, dir)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-helm +keyfit)\n%s\n%v", c.name, diff, problems)
	}
}
