// Package ci is what a CI runner gives and takes: which system this is, annotations,
// the job's summary, outputs of the step, and masks.
//
// It talks to GitHub Actions through sethvargo/go-githubactions, and guards that
// library where a stranger's text or a missing variable could do harm: values are
// single-line and of a small alphabet, because the library writes files with a fixed
// delimiter that a value could forge; nothing is written where the runner names no
// file, because the library would panic; and a writer that fails becomes an error.
package ci

// System is a CI system.
type System string

// The systems that are told apart.
const (
	None      System = ""
	GitHub    System = "github"
	GitLab    System = "gitlab"
	Jenkins   System = "jenkins"
	CircleCI  System = "circleci"
	Azure     System = "azure"
	Buildkite System = "buildkite"
	Bitbucket System = "bitbucket"
	Other     System = "other" // some CI that says no more than CI=true
)

// signs lists the variable by which each system is known, in the order of asking. A
// sign counts when it is set to anything but "" and "false".
var signs = []struct {
	name   string
	system System
}{
	{"GITHUB_ACTIONS", GitHub},
	{"GITLAB_CI", GitLab},
	{"JENKINS_URL", Jenkins},
	{"CIRCLECI", CircleCI},
	{"TF_BUILD", Azure},
	{"BUILDKITE", Buildkite},
	{"BITBUCKET_BUILD_NUMBER", Bitbucket},
	{"CI", Other},
}

// Detect tells which system the environment belongs to.
func Detect(env map[string]string) System {
	for _, sign := range signs {
		if v := env[sign.name]; v != "" && v != "false" {
			return sign.system
		}
	}
	return None
}
