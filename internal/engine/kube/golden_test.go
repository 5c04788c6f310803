package kube_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/keyfit/keyfit/internal/engine/kube"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/origin"
	"github.com/keyfit/keyfit/internal/pos"
)

var update = flag.Bool("update", false, "write what comes out into the files of testdata/kube")

// TestGolden runs the cases of testdata/kube: each file of an archive is applied by a
// command of its own, in order, or as its file `steps` says.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("../../../testdata/kube/*.txtar")
	if err != nil || len(files) < 40 {
		t.Fatalf("%d cases (%v), expected at least 40", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := playArchive(t, archive)
			if *update {
				setFile(archive, "want", got)
				if err := os.WriteFile(file, txtar.Format(archive), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(fileOf(archive, "want")), got); diff != "" {
				t.Errorf("(-expected +got)\n%s", diff)
			}
		})
	}
}

func fileOf(a *txtar.Archive, name string) []byte {
	for _, f := range a.Files {
		if f.Name == name {
			return f.Data
		}
	}
	return nil
}

func setFile(a *txtar.Archive, name, text string) {
	for i, f := range a.Files {
		if f.Name == name {
			a.Files[i].Data = []byte(text)
			return
		}
	}
	a.Files = append(a.Files, txtar.File{Name: name, Data: []byte(text)})
}

func playArchive(t *testing.T, a *txtar.Archive) string {
	t.Helper()
	var b strings.Builder
	var c kube.Cluster
	steps := string(fileOf(a, "steps"))
	if steps == "" {
		for _, f := range a.Files {
			if f.Name != "want" {
				steps += "apply " + f.Name + "\n"
			}
		}
	}
	for i, line := range strings.Split(strings.TrimSpace(steps), "\n") {
		at := pos.Span{File: "deploy.sh", Start: pos.Pos{Line: i + 1, Column: 1}, End: pos.Pos{Line: i + 1, Column: 2}}
		for _, p := range step(t, &c, a, strings.Fields(line), at) {
			fmt.Fprintf(&b, "%s\n", problemLine(p))
		}
	}
	consumers, problems := c.Consumers()
	for _, p := range problems {
		fmt.Fprintf(&b, "%s\n", problemLine(p))
	}
	for _, consumer := range consumers {
		printConsumer(&b, consumer)
	}
	return b.String()
}

func problemLine(p model.Problem) string {
	return fmt.Sprintf("problem %s: %s (%s)", p.At, p.Message, p.Fix)
}

// step plays one line of `steps`.
func step(t *testing.T, c *kube.Cluster, a *txtar.Archive, words []string, at pos.Span) []model.Problem {
	t.Helper()
	value := func(text string) model.Value {
		if text == "?" {
			return model.UnknownBecause(model.WhyCISecret, "the secret KEY", model.Trail{}.Append(model.Hop{At: at, Kind: model.KindShell, What: "KEY"}))
		}
		return model.KnownText(text, model.Hop{At: at, Kind: model.KindShell, What: "KEY", Literal: true})
	}
	option := func(name string) (string, bool) {
		for _, w := range words {
			if text, ok := strings.CutPrefix(w, name+"="); ok {
				return text, true
			}
		}
		return "", false
	}
	ns, _ := option("ns")
	switch words[0] {
	case "apply":
		in := kube.Input{Namespace: ns}
		_, in.NamespaceForced = option("forced")
		in.Source, _ = option("source")
		if _, ok := option("via"); ok {
			in.Via = []model.Hop{{At: at, Kind: model.KindCommand, What: "kubectl apply"}}
		}
		if _, ok := option("doubt"); ok {
			v := value("?")
			in.Doubt = &v
		}
		for _, name := range words[1:] {
			if !strings.Contains(name, "=") {
				in.Documents = append(in.Documents, document(name, fileOf(a, name)))
			}
		}
		return c.Apply(in)
	case "put": // put Secret/pay key value
		kind, name, _ := strings.Cut(words[1], "/")
		_, create := option("create")
		key := strings.TrimPrefix(words[2], "*")
		c.Put(kube.Stored{At: at, Kind: kind, Namespace: ns, Name: value(name), Key: key, Value: value(words[3]), Create: create})
	case "delete":
		kind, name, _ := strings.Cut(words[1], "/")
		c.Delete(kind, ns, name)
	case "set": // set Deployment/api container NAME value
		v := model.Value{State: model.Absent}
		if len(words) > 4 {
			v = value(words[4])
		}
		c.SetEnv(kube.EnvChange{At: at, Namespace: ns, Workload: words[1], Container: strings.TrimPrefix(words[2], "*"), Vars: []kube.EnvSet{{Name: words[3], Value: v}}})
	default:
		t.Fatalf("unknown step %q", words[0])
	}
	return nil
}

// document is a file as it is; a name that ends in .marked stands for a text that was put
// together: «name:text» comes from the values file, «?name:text» is not known.
func document(name string, data []byte) origin.Document {
	if !strings.HasSuffix(name, ".marked") {
		return origin.Document{Name: name, Text: origin.FromFile(name, data)}
	}
	var m origin.Marks
	var b strings.Builder
	for text := string(data); text != ""; {
		before, after, found := strings.Cut(text, "«")
		b.WriteString(before)
		if !found {
			break
		}
		inner, rest, _ := strings.Cut(after, "»")
		label, body, _ := strings.Cut(inner, ":")
		unknown, isUnknown := strings.CutPrefix(label, "?")
		trail := model.Trail{}.Append(model.Hop{At: pos.Span{File: "values.yaml", Start: pos.Pos{Line: 4, Column: 3}}, Kind: model.KindHelmValues, What: unknown, Literal: true}).
			Append(model.Hop{At: pos.Span{File: strings.TrimSuffix(name, ".marked"), Start: pos.Pos{Line: 8}}, Kind: model.KindHelmTemplate})
		v := model.Value{State: model.Known, Trail: trail}
		if isUnknown {
			v = model.UnknownBecause(model.WhyCISecret, "the value "+unknown, trail)
		}
		b.WriteString(origin.Wrap(m.Add(v), body))
		text = rest
	}
	return origin.Document{Name: strings.TrimSuffix(name, ".marked"), Text: origin.FromMarked(b.String(), &m)}
}

func printConsumer(b *strings.Builder, c model.Consumer) {
	self := ""
	if c.Self {
		self = " keyfit itself"
	}
	fmt.Fprintf(b, "%s [%s] %s [%s]%s\n", c.At, c.Namespace, c.Workload, c.Container, self)
	for name, v := range c.Env.All() {
		printValue(b, name, v)
	}
	if rest := c.Env.Rest(); rest.Needs != "what the image itself sets" {
		printValue(b, "*", rest)
	}
	for name, v := range c.Files.All() {
		printValue(b, name, v)
	}
	if rest := c.Files.Rest(); rest.Needs != "what the image itself holds" {
		printValue(b, "/*", rest)
	}
}

func printValue(b *strings.Builder, name string, v model.Value) {
	fmt.Fprintf(b, "  %s = %s\n", name, shortly(v))
	for _, hop := range v.Trail.Hops() {
		mark := ""
		if hop.Literal {
			mark = " (literal)"
		}
		fmt.Fprintf(b, "    %s %s %s%s\n", hop.At, hop.Kind, hop.What, mark)
	}
	for _, p := range v.Parts {
		fmt.Fprintf(b, "    part %s\n", shortly(p))
	}
	for _, d := range v.Losers {
		fmt.Fprintf(b, "    over %s %s\n", d.At(), shortly(d.Value))
	}
	for _, hop := range v.DecidedBy {
		fmt.Fprintf(b, "    decided by %s %s %s\n", hop.At, hop.Kind, hop.What)
	}
	for _, alternative := range v.Alternatives {
		fmt.Fprintf(b, "    or %s\n", shortly(alternative))
	}
	if !v.Ref.IsZero() {
		fmt.Fprintf(b, "    ref %+v\n", v.Ref)
	}
}

func shortly(v model.Value) string {
	switch v.State {
	case model.Known:
		return fmt.Sprintf("%q", v.Text.Reveal())
	case model.Absent:
		return "absent"
	}
	return fmt.Sprintf("unknown(%s): %s", v.Why, v.Needs)
}
