package resolve

import (
	"fmt"
	"strings"

	"github.com/keyfit/keyfit/internal/deploy"
	"github.com/keyfit/keyfit/internal/model"
)

// compare holds the environment whose secrets a tool fetches against the one that is
// being deployed: `infisical run` without --env takes those of dev, wherever it runs.
func (t *tools) compare(source deploy.Source) {
	if source.Name.State != model.Known {
		return
	}
	name := source.Name.Text.Reveal()
	meant := stage(name)
	if meant == "" || stage(t.name) == "" || meant == stage(t.name) {
		return
	}
	problem := model.Problem{
		At:      source.At,
		Message: fmt.Sprintf("%s fetches the secrets of %s in a deploy to %q", source.Tool, meant, t.name),
		Fix:     fmt.Sprintf("name the environment on the command line of %s", source.Tool),
	}
	if source.Default {
		problem.Message += ", because its command line names no environment"
	}
	t.problems = append(t.problems, problem)
}

// stages are the usual names of the stages that a deploy goes to.
var stages = map[string]string{
	"dev": "development", "develop": "development", "development": "development", "local": "development",
	"test": "test", "testing": "test", "qa": "test",
	"stg": "staging", "stage": "staging", "staging": "staging", "preprod": "staging",
	"prd": "production", "prod": "production", "production": "production", "live": "production",
}

// sameStage reports whether two names are those of one environment: the same, but for case, or
// two spellings of one stage.
func sameStage(a, b string) bool {
	return a != "" && (strings.EqualFold(a, b) || stage(a) != "" && stage(a) == stage(b))
}

// stage gives the usual name of an environment's stage; empty for a name that does not
// tell, so that a message never repeats a text that is not one of these words.
func stage(name string) string { return stages[strings.ToLower(name)] }
