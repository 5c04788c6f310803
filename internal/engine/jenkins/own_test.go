package jenkins

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/strict"
)

// process is the environment of keyfit in a job.
func process(pairs ...string) model.Env {
	vars := map[string]model.Value{"JENKINS_URL": model.KnownText("https://jenkins.example.com/", model.Hop{Kind: model.KindProcess})}
	for _, pair := range pairs {
		name, text, _ := strings.Cut(pair, "=")
		vars[name] = model.KnownText(text, model.Hop{Kind: model.KindProcess, What: name})
	}
	return model.NewEnv(vars)
}

// keysStage is a pipeline with one stage around a text.
func keysStage(steps string) string {
	return "pipeline {\n agent any\n stages {\n  stage('Keys') {\n   steps {\n" + steps + "\n   }\n  }\n  stage('Deploy') { steps { withCredentials([string(credentialsId: 'elsewhere', variable: 'PAYMENT_API_KEY')]) { sh './deploy.sh' } } }\n }\n}\n"
}

func with(binding, script string) string {
	return keysStage("withCredentials([" + binding + "]) { " + script + " }")
}

func TestBindings(t *testing.T) {
	const (
		bound = "string(credentialsId: 'pay', variable: 'PAYMENT_API_KEY')"
		check = "sh 'keyfit check -e staging'"
		given = "PAYMENT_API_KEY=CANARY"
	)
	for name, test := range map[string]struct {
		files map[string]string
		env   []string
		want  map[string]string // of what is carried; nil: not found
	}{
		"a text": {map[string]string{"Jenkinsfile": with(bound, check)}, []string{given, "STAGE_NAME=Keys"}, map[string]string{"PAYMENT_API_KEY": "credentials.pay"}},
		"a user and a password": {
			map[string]string{"Jenkinsfile": with("usernamePassword(credentialsId: 'db', usernameVariable: 'U', passwordVariable: 'P')", check)},
			[]string{"U=shop", "P=CANARY"}, map[string]string{"U": "credentials.db/username", "P": "credentials.db/password"},
		},
		"environment": {
			map[string]string{"Jenkinsfile": strings.Replace(keysStage(check), "agent any", "agent any\n environment { PAYMENT_API_KEY = credentials('pay') }", 1)},
			[]string{given}, map[string]string{"PAYMENT_API_KEY": "credentials.pay", "PAYMENT_API_KEY_USR": "credentials.pay/username", "PAYMENT_API_KEY_PSW": "credentials.pay/password"},
		},
		"environment of a file": {
			map[string]string{"Jenkinsfile": strings.Replace(keysStage(check), "agent any", "agent any\n environment { KEYS = credentials('pay') }", 1)},
			[]string{"KEYS=/var/jenkins/workspace/shop@tmp/secretFiles/1/keys"}, map[string]string{"KEYS_USR": "credentials.pay/username", "KEYS_PSW": "credentials.pay/password"},
		},
		"a file":       {map[string]string{"Jenkinsfile": with("file(credentialsId: 'pay', variable: 'PAYMENT_API_KEY')", check)}, []string{given}, map[string]string{}},
		"a key of ssh": {map[string]string{"Jenkinsfile": with("sshUserPrivateKey(credentialsId: 'pay', keyFileVariable: 'PAYMENT_API_KEY')", check)}, []string{given}, map[string]string{}},
		"an id that a parameter says": {
			map[string]string{"Jenkinsfile": strings.Replace(with(`string(credentialsId: "pay-${params.TARGET}", variable: 'PAYMENT_API_KEY')`, check), "agent any", "agent any\n parameters { choice(name: 'TARGET', choices: ['staging', 'production']) }", 1)},
			[]string{given, "TARGET=production"}, map[string]string{"PAYMENT_API_KEY": "credentials.pay-production"},
		},
		"a parameter that the pipeline replaces": {
			map[string]string{"Jenkinsfile": strings.Replace(with(`string(credentialsId: "pay-${params.TARGET}", variable: 'PAYMENT_API_KEY')`, check), "agent any", "agent any\n environment { TARGET = 'production' }\n parameters { choice(name: 'TARGET', choices: ['staging', 'production']) }", 1)},
			[]string{given, "TARGET=production"}, nil,
		},
		"an id that Jenkins looks up":  {map[string]string{"Jenkinsfile": with("string(credentialsId: '${PAY}', variable: 'PAYMENT_API_KEY')", check)}, []string{given}, map[string]string{}},
		"another stage":                {map[string]string{"Jenkinsfile": with(bound, check)}, []string{given, "STAGE_NAME=Deploy"}, nil},
		"nothing arrived":              {map[string]string{"Jenkinsfile": with(bound, check)}, nil, nil},
		"replaced by the script":       {map[string]string{"Jenkinsfile": with(bound, "sh 'export PAYMENT_API_KEY=other; keyfit check'")}, []string{given}, map[string]string{}},
		"replaced behind it":           {map[string]string{"Jenkinsfile": with(bound, "sh 'keyfit check; export PAYMENT_API_KEY=other'")}, []string{given}, map[string]string{"PAYMENT_API_KEY": "credentials.pay"}},
		"a file that is read before":   {map[string]string{"Jenkinsfile": with(bound, "sh '. ./env.sh; keyfit check'")}, []string{given}, map[string]string{}},
		"a script that runs it":        {map[string]string{"Jenkinsfile": with(bound, "sh './keys.sh'"), "keys.sh": "keyfit check\n"}, []string{given}, map[string]string{"PAYMENT_API_KEY": "credentials.pay"}},
		"a script that replaces it":    {map[string]string{"Jenkinsfile": with(bound, "sh './keys.sh'"), "keys.sh": "export PAYMENT_API_KEY=x\nkeyfit check\n"}, []string{given}, map[string]string{}},
		"replaced by withEnv":          {map[string]string{"Jenkinsfile": with(bound, "withEnv(['PAYMENT_API_KEY=CANARY']) { "+check+" }")}, []string{given}, map[string]string{}},
		"replaced by another withEnv":  {map[string]string{"Jenkinsfile": with(bound, "withEnv(['PAYMENT_API_KEY=other']) { "+check+" }")}, []string{given}, nil},
		"the step of a shared library": {map[string]string{"Jenkinsfile": with(bound, "keyfit environment: 'staging'")}, []string{given}, map[string]string{"PAYMENT_API_KEY": "credentials.pay"}},
		"the step of vars":             {map[string]string{"Jenkinsfile": with(bound, "checkKeys()"), "vars/checkKeys.groovy": "def call() { sh 'keyfit check' }\n"}, []string{given}, map[string]string{"PAYMENT_API_KEY": "credentials.pay"}},
		"no step of keyfit":            {map[string]string{"Jenkinsfile": with(bound, "sh 'make test'")}, []string{given}, nil},
		"two that agree":               {map[string]string{"Jenkinsfile": with(bound, check+"\n"+check)}, []string{given}, map[string]string{"PAYMENT_API_KEY": "credentials.pay"}},
		"two that do not": {
			map[string]string{"Jenkinsfile": keysStage("withCredentials([" + bound + "]) { " + check + " }\n withCredentials([string(credentialsId: 'other', variable: 'PAYMENT_API_KEY')]) { " + check + " }")},
			[]string{given}, map[string]string{},
		},
		"another Jenkinsfile that may be it": {
			map[string]string{"Jenkinsfile": with(bound, check), "ci/Jenkinsfile": with("string(credentialsId: 'other', variable: 'PAYMENT_API_KEY')", check)},
			[]string{given}, map[string]string{},
		},
		"only another Jenkinsfile": {map[string]string{"Jenkinsfile": with(bound, "sh 'make'"), "ci/Jenkinsfile": with(bound, check)}, []string{given}, nil},
		"no Groovy":                {map[string]string{"Jenkinsfile": "pipeline { stages { stage('Keys') {{{ keyfit"}, []string{given}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			own, ok := Bindings(lay(t, test.files), "Jenkinsfile", process(test.env...))
			if ok != (test.want != nil) {
				t.Fatalf("found: %v", ok)
			}
			got := map[string]string{}
			for variable, what := range own.Carries {
				if what != "" {
					got[variable] = what
				}
			}
			if diff := cmp.Diff(test.want, got); ok && diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestKeyfitsStageIsNoDeploy: what only looks at the keys delivers nothing, whatever it is called and
// whichever environment it names.
func TestKeyfitsStageIsNoDeploy(t *testing.T) {
	stage := func(steps string) string {
		return "pipeline { stages { stage('Deploy to staging') { steps { " + steps + " } } } }"
	}
	for steps, want := range map[string]int{
		"sh 'keyfit check -e staging'":                                          0,
		"sh 'keyfit check -e staging --output junit=k.xml'\njunit 'k.xml'":      0,
		"recordIssues tool: sarif(pattern: 'k')\nkeyfit environment: 'staging'": 0,
		"sh '''go install example.com/keyfit@v1\nkeyfit check'''":               0,
		"sh 'keyfit check -e staging && ./deploy.sh staging'":                   1,
		"sh 'keyfit check'\nsh './deploy.sh staging'":                           1,
		"sh 'keyfit check'\ndeployApp('staging')":                               1,
		"sh 'helm upgrade shop charts/shop'":                                    1,
	} {
		jobs, _ := Jobs(lay(t, map[string]string{"Jenkinsfile": stage(steps)}), "Jenkinsfile")
		if len(jobs) != want {
			t.Errorf("%s: %d jobs", steps, len(jobs))
		}
	}
}

// TestLibraryStepReceivesNothing: keyfit's step of a shared library uses no key and leaves no doubt.
func TestLibraryStepReceivesNothing(t *testing.T) {
	files := map[string]string{"Jenkinsfile": with("string(credentialsId: 'pay', variable: 'KEY')", "keyfitCheck environment: 'staging'")}
	in := pipeline.Step{Files: lay(t, files), File: strict.At[string]{Value: "Jenkinsfile"}, Job: strict.At[string]{Value: "Keys"}}
	result, err := Run(context.Background(), in, &fake{})
	if err != nil || result.Doubt != nil {
		t.Fatal(err, result.Doubt)
	}
	for _, c := range result.Consumers {
		if !c.Self {
			t.Errorf("%s receives something", c.Workload)
		}
	}
}
