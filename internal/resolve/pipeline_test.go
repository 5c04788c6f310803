package resolve

import (
	"testing"

	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/model"
)

func workflowStep(job string) config.Step {
	return config.Step{Workflow: &config.Workflow{File: placed(".github/workflows/d.yml"), Job: placed(job), At: placed("").Span}}
}

// TestPipelinesHandNothingOn: jobs run on machines of their own, so that keyfit's own process
// is not what a pipeline hands its keys to. What a pipeline starts without keyfit seeing it may
// receive anything.
func TestPipelinesHandNothingOn(t *testing.T) {
	files := map[string]string{
		".env": "T_KEY=CANARY-file\n",
		".github/workflows/d.yml": "on: push\njobs:\n  quiet:\n    runs-on: ubuntu-latest\n    steps: [{run: 'true'}]\n" +
			"  loud:\n    runs-on: ubuntu-latest\n    steps: [{run: sudo serve}]\n",
	}
	cases := []struct {
		name      string
		steps     []config.Step
		consumers int
		lost      bool
	}{
		{"no step", nil, 1, false},
		{"a pipeline that starts nothing", []config.Step{workflowStep("quiet")}, 0, true},
		{"two of them", []config.Step{workflowStep("quiet"), workflowStep("quiet")}, 0, true},
		{"a step of keyfit's own beside it", []config.Step{dotenvStep(".env"), workflowStep("quiet")}, 1, false},
	}
	for _, c := range cases {
		env := resolved(t, files, c.steps...)
		if len(env.Consumers) != c.consumers || (env.Lost != nil) != c.lost {
			t.Errorf("%s: %d consumers, lost %v; expected %d, %v", c.name, len(env.Consumers), env.Lost != nil, c.consumers, c.lost)
		}
	}
	env := resolved(t, files, workflowStep("loud"))
	if len(env.Consumers) < 2 {
		t.Fatalf("%d consumers, expected sudo and what it starts", len(env.Consumers))
	}
	for _, c := range env.Consumers {
		if v := c.Env.Get("PWD"); v.State == model.Known {
			t.Errorf("%s: the directory of another machine is known", c.Workload)
		}
	}
}
