package jenkins

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/strict"
)

// journey writes a value's hops down, and below them what lost to it.
func journey(v model.Value) string {
	var b strings.Builder
	for _, h := range v.Trail.Hops() {
		at := h.At.String()
		if at == "" {
			at = "-"
		}
		literal := ""
		if h.Literal {
			literal = "!"
		}
		fmt.Fprintf(&b, "%s %s%s\n", strings.TrimPrefix(at, "Jenkinsfile:"), h.What, literal)
	}
	for _, l := range v.Losers {
		fmt.Fprintf(&b, "over %s\n", strings.TrimPrefix(l.At().String(), "Jenkinsfile:"))
	}
	return b.String()
}

func TestTrails(t *testing.T) {
	const text = `pipeline {
  agent any
  parameters { string(name: 'TENANT', defaultValue: 'CANARYten') }
  environment {
    PLAIN = 'CANARYplain'
    MIXED = "https://${TENANT}.example.com"
    PAY   = credentials('pay')
    AGAIN = "${PLAIN}"
  }
  stages {
    stage('Deploy to staging') {
      environment { PLAIN = 'CANARYinner' }
      steps {
        script {
          def key = 'CANARYlocal'
          env.LOCAL = key
          env.PLAIN = 'CANARYlost'
        }
        withCredentials([string(credentialsId: 'db', variable: 'DB')]) {
          withEnv(["COPY=${DB}", 'WRITTEN=CANARYwith']) {
            sh "deploy ${key2()} $LOCAL"
          }
        }
      }
    }
  }
}
def key2() { 'CANARYfn' }
`
	_, scripts := run(t, text, pipeline.Step{Environment: "staging"}, &fake{inputs: map[string]string{"credentials.pay": "CANARYpay"}})
	if len(scripts) != 1 {
		t.Fatalf("%d scripts", len(scripts))
	}
	env := scripts[0].Env
	want := map[string]string{
		"PLAIN":   "12:21 environment PLAIN!\nover 5:5\nover 17:11\n",
		"MIXED":   "6:14 environment MIXED!\n3:16 parameter TENANT!\n6:31 environment MIXED!\n6:5 environment MIXED\n",
		"PAY":     "- \"credentials.pay\"\n7:5 environment PAY\n",
		"AGAIN":   "5:5 environment PLAIN!\n8:5 environment AGAIN\n",
		"LOCAL":   "16:11 env LOCAL!\n",
		"DB":      "- \"credentials.db\"\n19:48 withCredentials DB\n",
		"COPY":    "- \"credentials.db\"\n19:48 withCredentials DB\n20:21 withEnv COPY\n",
		"WRITTEN": "20:35 withEnv WRITTEN!\n",
	}
	for name, trail := range want {
		if diff := cmp.Diff(trail, journey(env.Get(name))); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
	if len(scripts[0].Holes) != 2 {
		t.Fatalf("%d holes in %q", len(scripts[0].Holes), shownText(scripts[0]))
	}
	if got, want := journey(scripts[0].Holes[1]), "16:11 env LOCAL!\n21:34 put into the script\n"; got != want {
		t.Errorf("the hole came as\n%sexpected\n%s", got, want)
	}
	start := strings.Index(scripts[0].Text, "deploy")
	if at := scripts[0].Positions(start, start+6); at.String() != "Jenkinsfile:21:17" || at.End.Column != 23 {
		t.Errorf("the command stands at %s to column %d", at, at.End.Column)
	}
}

// TestPositions looks at places in texts of several lines, with escapes and values in them.
func TestPositions(t *testing.T) {
	text := "node {\n  sh '''\n    one \\\\ two\n    three\n  '''\n  sh \"a\\tb ${x()} c\\\n d\"\n}\ndef x() { 'v w' }\n"
	_, scripts := run(t, text, pipeline.Step{}, &fake{})
	if len(scripts) != 2 {
		t.Fatalf("%d scripts", len(scripts))
	}
	for _, c := range []struct {
		script int
		word   string
		want   string
	}{
		{0, "one", "3:5-3:8"}, {0, "\\", "3:9-3:11"}, {0, "two", "3:12-3:15"}, {0, "three", "4:5-4:10"},
		{1, "a", "6:7-6:8"}, {1, "b", "6:10-6:11"}, {1, "v", "9:12-9:13"}, {1, "c", "6:19-6:20"}, {1, "d", "7:2-7:3"},
	} {
		s := scripts[c.script]
		from := strings.Index(s.Text, c.word)
		if from < 0 {
			t.Errorf("%q is not in %q", c.word, s.Text)
			continue
		}
		at := s.Positions(from, from+len(c.word))
		if got := fmt.Sprintf("%d:%d-%d:%d", at.Start.Line, at.Start.Column, at.End.Line, at.End.Column); got != c.want {
			t.Errorf("%q stands at %s, expected %s", c.word, got, c.want)
		}
	}
}

func TestStagesThatAreAskedFor(t *testing.T) {
	const text = `pipeline { agent any; stages {
  stage('Build') { steps { sh 'make' } }
  stage('Deploy') {
    when { branch 'main' }
    steps { sh './deploy.sh' }
  }
  stage('Twice') { stages { stage('Apply') { steps { sh 'apply one' } } } }
  stage('Again') { stages { stage('Apply') { steps { sh 'apply two' } } } }
} }`
	at := func(job string) strict.At[string] { return strict.At[string]{Value: job} }
	cases := []struct {
		name     string
		in       pipeline.Step
		want     string
		problems string
	}{
		{"by its name", pipeline.Step{Job: at("Deploy"), Branch: "main"}, "Deploy/sh: ./deploy.sh\n", ""},
		{"of an unknown branch", pipeline.Step{Job: at("Deploy")}, "Deploy/sh: ./deploy.sh\n", ""},
		{"of another branch", pipeline.Step{Job: at("Deploy"), Branch: "x"}, "", "4: the stage that is to be followed does not run, because this condition is not met"},
		{"misspelt", pipeline.Step{Job: at("Deplyo")}, "", "\"Jenkinsfile\" has no stage \"Deplyo\": did you mean \"Deploy\"?"},
		{"within another", pipeline.Step{Job: at("Apply"), Group: at("Again")}, "Again/Apply/sh: apply two\n", ""},
		{"the first of two", pipeline.Step{Job: at("Apply")}, "Twice/Apply/sh: apply one\n", ""},
		{"with all within", pipeline.Step{Job: at("Twice")}, "Twice/Apply/sh: apply one\n", ""},
		{"all that deploy", pipeline.Step{Environment: "staging", Branch: "main"}, "Deploy/sh: ./deploy.sh\n", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			result, scripts := run(t, text, c.in, &fake{})
			if diff := cmp.Diff(c.want, told(scripts)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			got := ""
			for _, p := range result.Problems {
				got = p.Message
				if p.At.Start.Line > 0 {
					got = fmt.Sprintf("%d: %s", p.At.Start.Line, got)
				} else {
					got += ": " + p.Fix
				}
			}
			if got != c.problems {
				t.Errorf("got %q, expected %q", got, c.problems)
			}
		})
	}
}

// TestRunInside takes what the run itself says of its variables.
func TestRunInside(t *testing.T) {
	env := model.NewEnv(map[string]model.Value{}).With("BUILD_NUMBER", model.KnownText("42", model.Hop{Kind: model.KindProcess, What: "BUILD_NUMBER"})).
		With("NODE_NAME", model.KnownText("agent-1", model.Hop{Kind: model.KindProcess, What: "NODE_NAME"})).
		With("BRANCH_NAME", model.KnownText("main", model.Hop{Kind: model.KindProcess, What: "BRANCH_NAME"}))
	_, scripts := run(t, `node { sh "deploy ${env.BUILD_NUMBER} ${BRANCH_NAME} ${NODE_NAME}" }`, pipeline.Step{Run: pipeline.Runtime{Env: env, Inside: true}}, &fake{})
	if got := told(scripts); got != "sh: deploy 42 main <input>\n" {
		t.Errorf("got %q", got)
	}
	if got := shownValue(scripts[0].Env.Get("CI")); got != "true" {
		t.Errorf("CI is %s", got)
	}
	if len(scripts[0].Root) != 1 || scripts[0].Env.Has("WORKSPACE") {
		t.Error("the workspace is not the root")
	}
}
