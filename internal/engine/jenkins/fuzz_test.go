package jenkins

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/keyfit/keyfit/internal/canary"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/strict"
)

// FuzzRun follows anything. It must end soon, without a mistake of keyfit's own; what is
// written in a text stands where the text says; no key shows in a message; and each script
// has the value of every hole in it.
func FuzzRun(f *testing.F) {
	for _, s := range stories(f) {
		f.Add(s.text)
	}
	for _, text := range append(expressionTable(), longExpressions()...) {
		f.Add(text)
	}
	for _, text := range hostile() {
		if len(text) < 1000 {
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		src := newSource("Jenkinsfile", []byte(text))
		root, _ := parse(src)
		root.walk(func(n *node) bool {
			if n.start < 0 || n.end > len(text) {
				t.Errorf("a node stands from %d to %d", n.start, n.end)
			}
			for _, p := range n.parts {
				if p.expr == nil && p.size == len(p.text) && n.kind == nodeText && text[p.at:p.at+p.size] != p.text {
					t.Errorf("the text %q does not stand at %d", p.text, p.at)
				}
			}
			return true
		})
		files := lay(t, nil)
		if err := files.Write("Jenkinsfile", []byte(text)); err != nil {
			t.Skip(err)
		}
		host := &fake{inputs: map[string]string{"credentials.pay": "CANARYpay"}}
		step := pipeline.Step{Files: files, Environment: "staging", File: strict.At[string]{Value: "Jenkinsfile"}}
		before := time.Now()
		result, err := Run(context.Background(), step, host)
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(before); took > 8*time.Second {
			t.Errorf("it took %s", took)
		}
		for _, p := range result.Problems {
			if strings.Contains(p.Message, "keyfit failed") {
				t.Error(p.Message)
			}
			if form := canary.Find([]byte(p.Message + p.Fix)); form != "" {
				t.Errorf("a key shows, %s: %s", form, p.Message)
			}
		}
		for _, s := range host.scripts {
			checkHoles(t, s)
		}
		jobs, _ := Jobs(files, "Jenkinsfile")
		if len(jobs) > maxJobs+100 {
			t.Errorf("%d jobs", len(jobs))
		}
	})
}

func checkHoles(t *testing.T, s pipeline.Script) {
	t.Helper()
	for at, r := range s.Text {
		if isHole(r) && int(r-pipeline.Hole) >= len(s.Holes) {
			t.Errorf("a hole without a value")
		}
		if s.Positions != nil && at%7 == 0 {
			if p := s.Positions(at, at+1); p.File != "" && p.File != "Jenkinsfile" {
				t.Errorf("a script stands in %q", p.File)
			}
		}
	}
	for _, v := range s.Holes {
		if v.State == model.Absent {
			t.Error("a hole for nothing")
		}
	}
}

// hostile are pipelines that are made to take long.
func hostile() []string {
	return []string{
		strings.Repeat("(", 5000), strings.Repeat("[", 100_000), strings.Repeat("{", 100_000), strings.Repeat("f(", 3000),
		strings.Repeat("f((", 140) + "1" + strings.Repeat("))", 140),
		strings.Repeat(`"${`, 3000), strings.Repeat("x.", 50_000), strings.Repeat("!", 100_000), strings.Repeat("a ? ", 5000),
		strings.Repeat("if (u) { ", 2000), strings.Repeat("sh 'x'\n", 20_000),
		"def f() { f(); f() }\nf()", "def f(x) { if (u) { f(x + 'a') }; if (v) { f(x + 'b') } }\nf('')",
		"def s = 'xxxxxxxxxx'\nfor (int i = 0; i < 100; i++) { s = s + s }", "def s = 'x' * 100000\nfor (int i = 0; i < 900; i++) { s += s }",
		"def l = [1]\nfor (int i = 0; i < 100; i++) { l += l }", "def l = []\nl << l\necho \"${l}\"", "def m = [:]\nm.m = m\necho \"${m}\"",
		"while (true) { x = 1 }", "while (u) { while (u) { while (u) { env.X = x } } }",
		"for (i in 1..999) { for (j in 1..999) { for (k in 1..999) { env.X = \"${env.X}a\" } } }",
		"for (i in 1..999) { if (u) { a = i } else { b = i } }\n" + "for (i in 1..999) { def x = i; if (u) { env.A = x } }",
		"def f = { g -> g(g) }\nf(f)", "pipeline { agent any; stages { stage('x') { matrix { axes { " + strings.Repeat("axis { name 'A'; values 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h' }; ", 12) + "}; stages { stage('y') { steps { sh 'x' } } } } } } }",
		"pipeline { environment { A = \"${B}\"; B = \"${A}\" }\n stages { stage('x') { steps { sh 'x' } } } }",
		"pipeline { environment { A = \"${A}\" }\n stages { stage('x') { steps { sh \"${A}\" } } } }",
		"parallel(" + strings.Repeat("a: { env.A = 'x'; sh 'x' }, ", 300) + ")",
		"x = 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' ==~ /(a*)*(a*)*(a*)*b/", "load 'Jenkinsfile'", "sh '\U000F0000'", "sh \"\U000F0001${x}\"",
		"try { throw e } finally { sh 'x' }", "def (a, b) = [1]\nsh \"${a}${b}\"", "\x00\xff'", "'\\", "\"${", "/* ", "@Library", "stage", "pipeline", "pipeline {", "}}}}",
	}
}

// TestHostile follows pipelines that are made to take long: each ends soon.
func TestHostile(t *testing.T) {
	for _, text := range hostile() {
		name := text[:min(len(text), 40)]
		before := time.Now()
		files := lay(t, map[string]string{"Jenkinsfile": text})
		result, err := Run(context.Background(), pipeline.Step{Files: files, File: strict.At[string]{Value: "Jenkinsfile"}}, &fake{})
		if err != nil {
			t.Errorf("%q: %v", name, err)
		}
		for _, p := range result.Problems {
			if strings.Contains(p.Message, "keyfit failed") {
				t.Errorf("%q: %s", name, p.Message)
			}
		}
		Jobs(files, "Jenkinsfile")
		if took := time.Since(before); took > 10*time.Second {
			t.Errorf("%q took %s", name, took)
		} else if took > time.Second/2 {
			t.Logf("%q took %s", name, took)
		}
	}
}

// TestInterrupted ends with the context.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := Run(ctx, pipeline.Step{Files: lay(t, map[string]string{"Jenkinsfile": "while (true) { x = 1 }"}), File: strict.At[string]{Value: "Jenkinsfile"}}, &fake{})
	if err == nil {
		t.Error("it went on")
	}
}
