package ci

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestStoriesHoldTheExamples: the stories in which keyfit finds its own step are told with the very
// pipelines that people copy.
func TestStoriesHoldTheExamples(t *testing.T) {
	for story, example := range map[string]string{
		"jenkins_own_step":   "jenkins/Jenkinsfile",
		"buildkite_own_step": "buildkite/pipeline.yml",
		"circleci_own_job":   "circleci/config.yml",
		"bitbucket_own_step": "bitbucket/bitbucket-pipelines.yml",
		"azure_own_job":      "azure/azure-pipelines.yml",
	} {
		text := read(t, filepath.Join(root, "testdata", "script", story+".txtar"))
		if !strings.HasSuffix(text, "--\n"+read(t, filepath.Join(root, "examples", "ci", filepath.FromSlash(example)))) {
			t.Errorf("%s.txtar does not end with examples/ci/%s", story, example)
		}
	}
}
