package kube_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/engine/kube"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/origin"
)

// sparing matches what names objects and entries: of text that may be missing it is known.
var sparing = regexp.MustCompile(`\b(?:name|kind|apiVersion): ?[\w./-]+|[\w./-]+:`)

// perhaps reads a text in which «…» encloses what is there or not, as engines put it out.
func perhaps(name, text string) origin.Document {
	var m origin.Marks
	because := m.Add(model.UnknownBecause(model.WhyCISecret, "the secret CONDITION", model.Trail{}))
	var plain strings.Builder
	var pieces []origin.Piece
	for text != "" {
		certain, rest, _ := strings.Cut(text, "«")
		plain.WriteString(certain)
		part, behind, _ := strings.Cut(rest, "»")
		text = behind
		start := plain.Len()
		plain.WriteString(part)
		whole := origin.Range{Start: start + len(part) - len(strings.TrimLeft(part, " \n")), End: start + len(strings.TrimRight(part, " \n"))}
		at := 0
		for _, s := range append(sparing.FindAllStringIndex(part, -1), []int{len(part), len(part)}) {
			if at < s[0] {
				pieces = append(pieces, origin.Piece{Start: start + at, End: start + s[0], ID: because, Maybe: true, Whole: whole})
			}
			at = s[1]
		}
	}
	return origin.Document{Name: name, Text: origin.FromPieces(plain.String(), pieces, &m)}
}

func shownValue(v model.Value) string {
	switch {
	case v.State == model.Known:
		return v.Text.Reveal()
	case v.State == model.Absent:
		return "-"
	case len(v.Alternatives) == 0:
		return "?" + string(v.Why)
	}
	var out []string
	for _, a := range v.Alternatives {
		out = append(out, shownValue(a))
	}
	return strings.Join(out, "|")
}

const (
	podHead = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - name: c\n"
	envHead = podHead + "    env:\n    - {name: FIX, value: fixed}\n"
	secretS = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {k: v}\n"
)

// TestMaybe reads objects of which a part is there or not.
func TestMaybe(t *testing.T) {
	cases := []struct{ name, text, want string }{
		{"nothing", envHead, "c FIX=fixed"},
		{"a variable", envHead + "«    - name: A\n      value: x\n»", "c A=x|- FIX=fixed"},
		{"in flow style", envHead + "«    - {name: A, value: \"x\"}\n»", "c A=x|- FIX=fixed"},
		{"without a value", envHead + "«    - name: A\n»", "c A=|- FIX=fixed"},
		{"over another", envHead + "    - {name: A, value: w}\n«    - {name: A, value: x}\n»", "c A=x|w FIX=fixed"},
		{"under another", envHead + "«    - {name: A, value: x}\n»    - {name: A, value: w}\n", "c A=w FIX=fixed"},
		{"used by another", envHead + "«    - {name: A, value: x}\n»    - {name: B, value: $(A)}\n    - {name: C, value: $(FIX)}\n", "c A=x|- B=x|- C=fixed FIX=fixed"},
		{"part of a text", envHead + "«    - {name: A, value: x}\n»    - {name: B, value: a$(A)}\n", "c A=x|- B=?ambiguous FIX=fixed"},
		{"one of two", envHead + "«    - {name: A, value: x}\n»«    - {name: A, value: z}\n»", "c A=z|x|- FIX=fixed"},
		{"part of a variable", envHead + "    - name: A\n«      value: x\n»", "c A=?ci-secret FIX=fixed"},
		{"all variables", podHead + "«    env:\n    - {name: A, value: x}\n»  - name: d\n    env: [{name: FIX, value: fixed}]\n", "c A=x|- d FIX=fixed"},
		{"a key", envHead + "«    - {name: A, valueFrom: {secretKeyRef: {name: s, key: k}}}\n»" + secretS, "c A=v|- FIX=fixed"},
		{"a key that is not there", envHead + "«    - {name: A, valueFrom: {secretKeyRef: {name: s, key: none}}}\n»" + secretS, "c A=?ci-secret FIX=fixed"},
		{"optional", envHead + "    - name: A\n      valueFrom:\n        secretKeyRef:\n          name: s\n          key: none\n«          optional: true\n»" + secretS, "c A=?ci-secret FIX=fixed"},
		{"a source", podHead + "    envFrom:\n«    - secretRef: {name: s}\n»    env: [{name: FIX, value: fixed}]\n" + secretS, "c FIX=fixed k=v|-"},
		{"a source over another", podHead + "    envFrom:\n    - configMapRef: {name: m}\n«    - secretRef: {name: s}\n»---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata: {k: w}\n" + secretS, "c k=v|w"},
		{"a source that is not there", podHead + "    envFrom:\n    - configMapRef: {name: m}\n«    - secretRef: {name: other}\n»---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata: {k: w}\n", "c k=w|?kubernetes-secret"},
		{"a container", envHead + "«  - name: d\n    env: [{name: A, value: x}]\n»", "c FIX=fixed d A=x|-"},
		{"the name of a container", envHead + "  - env: [{name: A, value: x}]\n«    name: d\n»", "c FIX=?ci-secret d A=?ci-secret"},
		{"what matters to none", envHead + "«    resources: {}\n»  nodeSelector: {a: b}\n", "c FIX=fixed"},
		{"links", envHead + "    - {name: A, value: $(X_PORT)}\n«  enableServiceLinks: false\n»", "c A=?ci-secret FIX=?ci-secret"},
		{"an annotation", strings.Replace(envHead, "{name: p}", "\n  name: p\n«  annotations: {a: b}\n»", 1), "c FIX=fixed"},
		{"a hook", strings.Replace(envHead, "{name: p}", "\n  name: p\n«  annotations: {helm.sh/hook: test}\n»", 1), "c FIX=?ci-secret"},
		{"a namespace", strings.Replace(envHead, "{name: p}", "\n  name: p\n«  namespace: n\n»", 1), "c FIX=?ci-secret"},
		{"an entry", envHead + "    - {name: A, valueFrom: {secretKeyRef: {name: t, key: a}}}\n    - {name: B, valueFrom: {secretKeyRef: {name: t, key: b}}}\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: t}\nstringData:\n  a: x\n«  b: z\n»", "c A=x B=z|- FIX=fixed"},
		{"an entry over another", envHead + "    - {name: A, valueFrom: {secretKeyRef: {name: t, key: a}}}\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: t}\ndata: {a: eA==}\n«stringData:\n  a: z\n»", "c A=z|x FIX=fixed"},
		{"a Secret", envHead + "    - {name: A, valueFrom: {secretKeyRef: {name: t, key: a}}}\n---\n«apiVersion: v1\nkind: Secret\nmetadata:\n  name: t\nstringData: {a: x}\n»", "c A=?ci-secret|- FIX=fixed"},
		{"an object", "«" + envHead + "»", "c FIX=?ci-secret|-"},
		{"an alias", podHead + "    env:\n«    - &a {name: A, value: x}\n»    - {name: FIX, value: fixed}\n", "c A=?ci-secret|-|?ci-secret FIX=?ci-secret"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var cluster kube.Cluster
			problems := cluster.Apply(kube.Input{Documents: []origin.Document{perhaps("a.yaml", c.text)}, Source: kube.FromHelm})
			consumers, more := cluster.Consumers()
			var got []string
			for _, p := range append(problems, more...) {
				got = append(got, "problem "+p.Message)
			}
			for _, consumer := range consumers {
				got = append(got, consumer.Container)
				for name, v := range consumer.Env.All() {
					got = append(got, fmt.Sprintf("%s=%s", name, shownValue(v)))
				}
			}
			if diff := cmp.Diff(c.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestMaybeFiles mounts what may be missing: no file is certain then.
func TestMaybeFiles(t *testing.T) {
	const volumes = "  volumes:\n  - {name: a, secret: {secretName: s}}\n"
	mount := podHead + "    volumeMounts:\n    - {name: a, mountPath: /a}\n"
	for name, c := range map[string]struct{ text, want string }{
		"certain":      {mount + volumes + secretS, "v"},
		"another":      {mount + "«    - {name: b, mountPath: /a/k}\n»" + volumes + secretS, "?ci-secret"},
		"the volume":   {mount + "«" + volumes + "»" + secretS, "?ci-secret"},
		"the mount":    {podHead + "«    volumeMounts:\n    - {name: a, mountPath: /a}\n»" + volumes + secretS, "?ci-secret"},
		"other fields": {mount + volumes + "«  nodeName: x\n»" + secretS, "v"},
	} {
		t.Run(name, func(t *testing.T) {
			var cluster kube.Cluster
			cluster.Apply(kube.Input{Documents: []origin.Document{perhaps("a.yaml", c.text)}})
			consumers, _ := cluster.Consumers()
			if got := shownValue(consumers[0].Files.Get("/a/k")); got != c.want {
				t.Errorf("%s, expected %s", got, c.want)
			}
		})
	}
}

// TestUnknownNamespace applies objects to a namespace that is not known, and to one that is.
func TestUnknownNamespace(t *testing.T) {
	secret := func(text string) string {
		return "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {k: " + text + "}\n"
	}
	pod := envHead + "    - {name: A, valueFrom: {secretKeyRef: {name: s, key: k}}}\n"
	type apply struct{ namespace, text string }
	vague, other := kube.UnknownNamespace(0), kube.UnknownNamespace(1)
	for name, c := range map[string]struct {
		steps []apply
		want  string
	}{
		"alone":               {[]apply{{vague, secret("one")}, {vague, pod}}, "A=one FIX=fixed"},
		"the other one later": {[]apply{{"n", secret("one")}, {"n", pod}, {vague, secret("two")}}, "A=one|two FIX=fixed"},
		"the known one later": {[]apply{{vague, secret("one")}, {vague, pod}, {"n", secret("two")}}, "A=one|two FIX=fixed"},
		"two unknown ones":    {[]apply{{vague, secret("one")}, {vague, pod}, {other, secret("two")}}, "A=one|two FIX=fixed"},
		"with another name":   {[]apply{{"n", secret("one")}, {"n", pod}, {vague, strings.Replace(secret("two"), "name: s", "name: t", 1)}}, "A=one FIX=fixed"},
		"two known ones":      {[]apply{{"n", secret("one")}, {"n", pod}, {"m", secret("two")}}, "A=one FIX=fixed"},
		"only elsewhere":      {[]apply{{vague, secret("one")}, {"n", pod}}, "A=?kubernetes-secret FIX=fixed"},
		"a workload":          {[]apply{{"n", secret("one")}, {"n", pod}, {vague, strings.Replace(envHead, "FIX", "OTHER", 1)}}, "OTHER=fixed A=one|?ambiguous|- FIX=fixed|?ambiguous|-"},
	} {
		t.Run(name, func(t *testing.T) {
			var cluster kube.Cluster
			for _, s := range c.steps {
				cluster.Apply(kube.Input{Documents: []origin.Document{{Name: "a.yaml", Text: origin.FromFile("a.yaml", []byte(s.text))}}, Namespace: s.namespace})
			}
			consumers, _ := cluster.Consumers()
			var got []string
			for _, consumer := range consumers {
				for name, v := range consumer.Env.All() {
					got = append(got, name+"="+shownValue(v))
				}
			}
			if diff := cmp.Diff(c.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
