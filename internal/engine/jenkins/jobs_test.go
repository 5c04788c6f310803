package jenkins

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/pipeline"
)

// jobLines writes jobs down, one on a line.
func jobLines(jobs []pipeline.Job) string {
	var b strings.Builder
	for _, j := range jobs {
		fmt.Fprintf(&b, "%s|%s -> %q", j.Group, j.Name, j.Environment)
		for _, m := range []map[string]string{j.Inputs, j.Matrix} {
			for name, v := range m {
				fmt.Fprintf(&b, " %s=%s", name, v)
			}
		}
		if j.Branch != "" {
			fmt.Fprintf(&b, " on %s", j.Branch)
		}
		if !j.Deploys {
			b.WriteString(" perhaps")
		}
		if j.Unsure != "" {
			fmt.Fprintf(&b, " (%s)", j.Unsure)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestJobs(t *testing.T) {
	cases := []struct{ name, text, want string }{
		{"the name of the stage", `pipeline { agent any; stages {
			stage('Build') { steps { sh 'make' } }
			stage('Deploy to staging') { steps { sh './scripts/build.sh staging' } }
			stage('Deploy to production') { steps { sh './scripts/build.sh production' } } } }`,
			"|Deploy to staging -> \"staging\"\n|Deploy to production -> \"production\"\n"},
		{"the argument of a script", `node { stage('Release') { sh './deploy.sh staging' } }`, "|Release -> \"staging\"\n"},
		{"a tool", `node { stage('Roll') { sh "helm upgrade --install shop charts/shop -f values-prod.yaml" } }`, "|Roll -> \"prod\"\n"},
		{"tests are no deploy", `node { stage('Test') { sh 'npm test' } }`, ""},
		{"the id of a credential", `node { stage('Deploy') { withCredentials([string(credentialsId: 'stripe-staging', variable: 'K')]) { sh './deploy.sh' } } }`, "|Deploy -> \"staging\"\n"},
		{"a branch", `pipeline { agent any; stages {
			stage('Deploy staging') { when { branch 'develop' }
				steps { sh './deploy.sh' } }
			stage('Ship it') { when { allOf { branch 'main'; expression { true } } }
				steps { sh './deploy.sh' } } } }`,
			"|Deploy staging -> \"staging\" on develop\n|Ship it -> \"\" on main (nothing says which environment it deploys to)\n"},
		{"a parameter", `pipeline { agent any
			parameters { choice(name: 'DEPLOY_ENV', choices: ['dev', 'staging']); string(name: 'X') }
			stages { stage('Deploy') { steps { sh "./deploy.sh ${params.DEPLOY_ENV}" } } } }`,
			"|Deploy -> \"dev\" DEPLOY_ENV=dev\n|Deploy -> \"staging\" DEPLOY_ENV=staging\n"},
		{"a parameter in lines", "properties([parameters([choice(name: 'ENV', choices: 'qa\\nprod')])])\nnode { stage('Deploy') { sh 'kubectl apply -f k8s' } }",
			"|Deploy -> \"qa\" ENV=qa\n|Deploy -> \"prod\" ENV=prod\n"},
		{"a parameter that a condition asks for", `pipeline { agent any
			parameters { choice(name: 'ENV', choices: ['staging', 'production']) }
			stages { stage('One') { when { expression { params.ENV == 'staging' } }
				steps { sh 'helm upgrade a b' } } } }`, "|One -> \"staging\" ENV=staging\n"},
		{"a matrix", `pipeline { agent none; stages { stage('Deploy') { matrix {
			axes { axis { name 'ENVIRONMENT'; values 'staging', 'production' } }
			stages { stage('Apply') { steps { sh 'terraform apply' } } } } } } }`,
			"|Apply -> \"staging\" ENVIRONMENT=staging\n|Apply -> \"production\" ENVIRONMENT=production\n"},
		{"an axis of another name", `pipeline { agent none; stages { stage('Deploy') { matrix {
			axes { axis { name 'ENVN'; values 'test', 'prod-eu' }; axis { name 'OS'; values 'linux', 'test' } }
			stages { stage('Apply') { steps { sh './deploy.sh $ENVN' } } } } } } }`,
			"|Apply -> \"test\" ENVN=test\n|Apply -> \"prod-eu\" ENVN=prod-eu\n"},
		{"an axis that is named so goes first", `pipeline { agent none; stages { stage('Deploy') { matrix {
			axes { axis { name 'DATA'; values 'staging', 'production' }; axis { name 'ENV'; values 'qa' } }
			stages { stage('Apply') { steps { sh './deploy.sh' } } } } } } }`, "|Apply -> \"qa\" ENV=qa\n"},
		{"an axis of something else", `pipeline { agent none; stages { stage('Deploy') { matrix {
			axes { axis { name 'REGION'; values 'eu', 'us' }; axis { name 'ONE'; values 'production' } }
			stages { stage('Apply') { steps { sh './deploy.sh' } } } } } } }`, "|Apply -> \"\" (nothing says which environment it deploys to)\n"},
		{"stages within stages", `pipeline { agent any; stages { stage('Deploy') { stages {
			stage('Staging') { steps { sh './run.sh' } }
			stage('Production') { steps { sh './run.sh' } } } } } }`,
			"|Staging -> \"staging\"\n|Production -> \"production\"\n"},
		{"one name in two stages", `pipeline { agent any; stages {
			stage('Staging') { stages { stage('Apply') { steps { sh 'kubectl apply -f a' } } } }
			stage('Production') { stages { stage('Apply') { steps { sh 'kubectl apply -f a' } } } } } }`,
			"Staging|Apply -> \"staging\"\nProduction|Apply -> \"production\"\n"},
		{"a function", "def ship(target) { sh \"helm upgrade shop charts/shop -f ${target}.yaml\" }\nnode { stage('A') { ship('staging') }\nstage('B') { ship 'production' } }",
			"|A -> \"staging\"\n|B -> \"production\"\n"},
		{"an environment block", `pipeline { agent any; stages { stage('Roll') { environment { TARGET_ENV = 'qa' }
			steps { sh 'helm upgrade a b' } } } }`, "|Roll -> \"qa\"\n"},
		{"several", `node { stage('Deploy') { sh './deploy.sh staging'
			sh './deploy.sh production' } }`, "|Deploy -> \"\" (its scripts name several environments)\n"},
		{"no stage", `node { withCredentials([string(credentialsId: 'k', variable: 'K')]) { sh 'helm upgrade a b -n staging' } }`, "| -> \"staging\"\n"},
		{"before production", `node { stage('Deploy pre-prod') { sh './deploy.sh' } }`, "|Deploy pre-prod -> \"preprod\"\n"},
		{"not on a branch", `pipeline { agent any; stages { stage('Deploy staging') { when { not { branch 'main' } }
			steps { sh './deploy.sh' } } } }`, "|Deploy staging -> \"staging\"\n"},
		{"on several branches", `pipeline { agent any; stages { stage('Deploy staging') { when { anyOf { branch 'main'; branch 'develop' } }
			steps { sh './deploy.sh' } } } }`, "|Deploy staging -> \"staging\"\n"},
		{"a plugin", `node { stage('Play') { ansiblePlaybook playbook: 'site.yml', inventory: 'inventories/staging' } }`, "|Play -> \"staging\"\n"},
		{"a name alone", `node { stage('Production smoke') { sh 'curl x' } }`, "|Production smoke -> \"production\" perhaps (nothing in it is known to deploy)\n"},
		{"a name that is put together", `node { stage("Deploy ${x}") { sh './deploy.sh' } }`, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			jobs, problems := Jobs(lay(t, map[string]string{"Jenkinsfile": c.text}), "Jenkinsfile")
			if diff := cmp.Diff(c.want, jobLines(jobs)); diff != "" || len(problems) > 0 {
				t.Errorf("(-want +got)\n%s%v", diff, problems)
			}
			for _, j := range jobs {
				if j.At.File != "Jenkinsfile" || j.At.Start.Line == 0 {
					t.Errorf("%s has no place", j.Name)
				}
			}
		})
	}
}

func TestJobsOfBrokenFiles(t *testing.T) {
	files := lay(t, map[string]string{"open": "node { sh 'x }", "binary": "\x00\x01", "large": strings.Repeat("// x\n", maxSource/5+1)})
	for name, want := range map[string]string{
		"open":    "open:1:11: this text does not end, expected \"'\"",
		"binary":  "binary: \"binary\" is binary, expected text, expected a file of Groovy",
		"large":   "large: \"large\" is larger than 1 MiB, more than is read of a pipeline",
		"missing": "missing: \"missing\" no such file, expected a file of Groovy",
	} {
		_, problems := Jobs(files, name)
		if len(problems) != 1 || problems[0].At.String()+": "+problems[0].Message != want {
			t.Errorf("%s: %v, expected %s", name, problems, want)
		}
	}
}

func TestFinds(t *testing.T) {
	files := lay(t, map[string]string{
		"Jenkinsfile": "", "Jenkinsfile.deploy": "", "Jenkinsfile.md": "", "ci/deploy.Jenkinsfile": "", "jenkins/Jenkinsfile-prod": "", "src/Jenkinsfile": "", "jenkins/lib.groovy": "",
	})
	want := []string{"Jenkinsfile", "Jenkinsfile.deploy", "jenkins/Jenkinsfile-prod", "ci/deploy.Jenkinsfile"}
	got := Finds(files, ".")
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
