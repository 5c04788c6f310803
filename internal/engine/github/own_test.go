package github_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/keyfit/keyfit/internal/engine/github"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
)

const ownWorkflow = `
-- .github/workflows/deploy.yml --
on: push
env:
  REGION: ${{ vars.REGION }}
jobs:
  check:
    runs-on: ubuntu-latest
    environment: production
    env:
      STRIPE_KEY: ${{ secrets.OTHER }}
      SHARED: ${{ secrets.SHARED }}
    steps:
      - uses: actions/checkout@v4
      - run: npm test
      - uses: keyfit/keyfit@v1
        env:
          PAY: ${{ secrets.STRIPE_KEY }}
          BOTH: ${{ secrets.A || secrets.B }}
          AROUND: x${{ secrets.AROUND }}
          PLAIN: text
      - run: keyfit check
        env:
          PAY: ${{ secrets.PAY }}
  exported:
    runs-on: ubuntu-latest
    environment: staging
    env: {KEY: "${{ secrets.KEY }}", STEP_KEY: "${{ secrets.JOB }}"}
    steps:
      - run: ./scripts/load.sh
      - run: keyfit check
        env: {STEP_KEY: "${{ secrets.STEP }}"}
  clean:
    runs-on: ubuntu-latest
    env: {KEY: "${{ secrets.KEY }}"}
    steps:
      - run: ./scripts/harmless.sh
      - run: keyfit check
  local:
    runs-on: ubuntu-latest
    environment: production
    steps:
      - uses: ./.github/actions/check
        with: {stripe: "${{ secrets.LIVE_STRIPE }}"}
        env: {OUTER: "${{ secrets.OUTER }}"}
  matrix:
    strategy: {matrix: {env: [staging, production]}}
    runs-on: ubuntu-latest
    environment: ${{ matrix.env }}
    steps:
      - run: keyfit check
        env:
          KEY: ${{ secrets.KEY }}
          BY_CELL: ${{ secrets[format('KEY_{0}', matrix.env)] }}
  called:
    uses: ./.github/workflows/inner.yml
    with: {environment: production}
    secrets: {pay: "${{ secrets.PAY_LIVE }}"}
  twins:
    runs-on: ubuntu-latest
    steps:
      - run: keyfit check
        env: {ONE: "${{ secrets.ONE }}", SAME: "${{ secrets.SAME }}", KEY: "${{ secrets.A }}"}
      - run: keyfit check -q
        env: {TWO: "${{ secrets.TWO }}", SAME: "${{ secrets.SAME }}", KEY: "${{ secrets.B }}"}
-- .github/workflows/inner.yml --
on:
  workflow_call:
    inputs: {environment: {type: string}}
    secrets: {pay: {}}
jobs:
  inner:
    runs-on: ubuntu-latest
    steps:
      - run: keyfit check
        env: {PAY: "${{ secrets.pay }}"}
  inner-env:
    runs-on: ubuntu-latest
    environment: ${{ inputs.environment }}
    steps:
      - run: keyfit check
        env: {PAY: "${{ secrets.pay }}", OWN: "${{ secrets.OWN }}"}
-- .github/actions/check/action.yml --
inputs: {stripe: {}}
runs:
  using: composite
  steps:
    - shell: bash
      run: keyfit check
      env: {STRIPE: "${{ inputs.stripe }}"}
-- scripts/load.sh --
#!/bin/sh
. scripts/lib.sh
-- scripts/lib.sh --
echo "KEY=CANARY-else" >> "$GITHUB_ENV"
-- scripts/harmless.sh --
echo hello
`

// TestBindings finds keyfit's own step by what the runner says.
func TestBindings(t *testing.T) {
	files := unpack(t, txtar.Parse([]byte(ownWorkflow)))
	cases := []struct {
		name, job, action string
		set               string // variables of the process
		environment       string
		decided           bool
		carries           map[string]string
	}{
		{"an action", "check", "__keyfit_keyfit", "PAY BOTH AROUND PLAIN STRIPE_KEY SHARED REGION", "production", true,
			map[string]string{"PAY": "secrets.STRIPE_KEY", "STRIPE_KEY": "secrets.OTHER", "SHARED": "secrets.SHARED", "REGION": "vars.REGION", "BOTH": "", "AROUND": "", "PLAIN": ""}},
		{"a script", "check", "__run_2", "PAY STRIPE_KEY SHARED REGION", "production", true,
			map[string]string{"PAY": "secrets.PAY", "STRIPE_KEY": "secrets.OTHER", "SHARED": "secrets.SHARED", "REGION": "vars.REGION"}},
		{"an earlier script may have exported the name", "exported", "__run_2", "KEY STEP_KEY REGION", "staging", true,
			map[string]string{"KEY": "", "STEP_KEY": "secrets.STEP", "REGION": ""}},
		{"an earlier script that exports nothing", "clean", "__run_2", "KEY REGION", "", true,
			map[string]string{"KEY": "secrets.KEY", "REGION": "vars.REGION"}},
		{"within an action of the repository", "local", "__self", "STRIPE OUTER REGION", "production", true,
			map[string]string{"STRIPE": "secrets.LIVE_STRIPE", "OUTER": "secrets.OUTER", "REGION": "vars.REGION"}},
		{"in a matrix", "matrix", "__run", "KEY BY_CELL REGION", "", false,
			map[string]string{"KEY": "secrets.KEY", "BY_CELL": "", "REGION": "vars.REGION"}},
		{"in a workflow that is called", "inner", "__run", "PAY", "", true, map[string]string{"PAY": "secrets.PAY_LIVE"}},
		{"where the environment may win", "inner-env", "__run", "PAY OWN", "production", true, map[string]string{"PAY": "", "OWN": "secrets.OWN"}},
		{"two steps, told apart by their variables", "twins", "", "TWO SAME KEY REGION", "", true,
			map[string]string{"TWO": "secrets.TWO", "SAME": "secrets.SAME", "KEY": "secrets.B", "REGION": "vars.REGION"}},
		{"two steps that cannot be told apart", "twins", "", "ONE TWO SAME KEY REGION", "", true,
			map[string]string{"ONE": "", "TWO": "", "SAME": "secrets.SAME", "KEY": "", "REGION": "vars.REGION"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			own, ok := github.Bindings(files, pipeline.Runtime{Env: processEnv(c.job, c.action, c.set)})
			if !ok {
				t.Fatal("the own step is not found")
			}
			got := map[string]string{}
			for name := range c.carries {
				got[name], _ = own.Carries(name)
			}
			for name := range strings.FieldsSeq(c.set) {
				if what, set := own.Carries(name); set {
					got[name] = what
				}
			}
			if diff := cmp.Diff(c.carries, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if own.Environment != c.environment || own.EnvironmentKnown != c.decided {
				t.Errorf("environment %q known %v, expected %q %v", own.Environment, own.EnvironmentKnown, c.environment, c.decided)
			}
			for name, what := range c.carries {
				if v, ok := own.Input(what); what != "" && (!ok || v != name) {
					t.Errorf("%s is carried by %q", what, v)
				}
			}
			for what, variable := range own.Inputs() {
				if got, _ := own.Carries(variable); got != what {
					t.Errorf("%s is said to carry %s, and carries %q", variable, what, got)
				}
			}
			if v, ok := own.Input("secrets.UNUSED"); ok {
				t.Errorf("an unused secret is carried by %q", v)
			}
		})
	}
}

func processEnv(job, action, set string) model.Env {
	vars := map[string]model.Value{}
	add := func(name, value string) {
		vars[name] = model.KnownText(value, model.Hop{Kind: model.KindProcess, What: name})
	}
	add("GITHUB_WORKFLOW_REF", "acme/shop/.github/workflows/deploy.yml@refs/heads/main")
	add("GITHUB_REF", "refs/heads/main")
	add("GITHUB_EVENT_NAME", "push")
	add("GITHUB_JOB", job)
	if action != "" {
		add("GITHUB_ACTION", action)
	}
	for name := range strings.FieldsSeq(set) {
		add(name, "CANARY-"+strings.ToLower(name))
	}
	return model.NewEnv(vars)
}

// TestBindingsOfOneCell tells the jobs of a matrix apart by what the process was given.
func TestBindingsOfOneCell(t *testing.T) {
	files := unpack(t, txtar.Parse([]byte(`
-- .github/workflows/deploy.yml --
on: push
jobs:
  action:
    strategy: {matrix: {env: [staging, Production]}}
    runs-on: ubuntu-latest
    environment: ${{ matrix.env }}
    steps:
      - id: keyfit
        uses: keyfit/keyfit@v1
        with: {environment: "${{ matrix.env }}", output: "${{ matrix.env }}.json"}
        env: {KEY: "${{ secrets.KEY }}", BY_CELL: "${{ secrets[format('KEY_{0}', matrix.env)] }}"}
  script:
    strategy: {matrix: {env: [staging, Production]}}
    runs-on: ubuntu-latest
    environment: ${{ matrix.env }}
    steps:
      - env: {KEY: "${{ secrets.KEY }}"}
        run: |
          set -eu
          keyfit check \
            -e ${{ matrix.env }} -e shared
  called: {uses: keyfit/keyfit/.github/workflows/keyfit-deploy.yml@v1, with: {environment: production}, secrets: {keyfit-variables: "A=${{ secrets.a_key }}\nB=x${{ secrets.B }}\nC=plain"}}
  passed:
    runs-on: ubuntu-latest
    environment: production
    needs: vars
    env: {OF_OTHER: "${{ needs.vars.outputs.region }}", OWN: "${{ vars.REGION }}"}
    steps: [{run: keyfit check}]
  vars:
    runs-on: ubuntu-latest
    environment: staging
    outputs: {region: "${{ vars.REGION }}"}
    steps: [{run: echo}]
`)))
	both := map[string]string{"KEY": "secrets.KEY", "BY_CELL": ""}
	cases := []struct {
		name, job, action string
		given             map[string]string
		chosen            string
		environment       string
		several           bool
		carries           map[string]string
	}{
		{"by an input", "action", "keyfit", map[string]string{"KEYFIT_INPUT_ENVIRONMENT": "staging"}, "", "staging", false, map[string]string{"KEY": "secrets.KEY", "BY_CELL": "secrets.KEY_STAGING"}},
		{"by another input", "action", "keyfit", map[string]string{"KEYFIT_INPUT_OUTPUT": "Production.json"}, "", "Production", false, map[string]string{"KEY": "secrets.KEY", "BY_CELL": "secrets.KEY_PRODUCTION"}},
		{"by the step within the action", "action", "check", map[string]string{"KEYFIT_INPUT_ENVIRONMENT": "staging"}, "", "staging", false, map[string]string{"BY_CELL": "secrets.KEY_STAGING"}},
		{"by nothing", "action", "keyfit", nil, "", "", true, both},
		{"inputs that fit no job", "action", "keyfit", map[string]string{"KEYFIT_INPUT_ENVIRONMENT": "qa"}, "", "", true, both},
		{"the chosen environments of an action that was given none", "action", "keyfit", nil, "staging", "", true, both},
		{"by the arguments of a script", "script", "__run", nil, "staging shared", "staging", false, map[string]string{"KEY": "secrets.KEY"}},
		{"arguments that fit no job", "script", "__run", nil, "staging", "", true, map[string]string{"KEY": "secrets.KEY"}},
		{"in a workflow of keyfit's own", "keys", "check", nil, "", "", false, map[string]string{"A": "secrets.A_KEY", "B": "", "C": ""}},
		{"a variable of another environment", "passed", "__run", nil, "", "production", false, map[string]string{"OF_OTHER": "", "OWN": "vars.REGION"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			env := processEnv(c.job, c.action, "KEY BY_CELL A B C OF_OTHER OWN")
			for name, text := range c.given {
				env = env.With(name, model.KnownText(text, model.Hop{Kind: model.KindProcess, What: name}))
			}
			own, ok := github.Bindings(files, pipeline.Runtime{Env: env, Chosen: strings.Fields(c.chosen)})
			if !ok {
				t.Fatal("the own step is not found")
			}
			got := map[string]string{}
			for name := range c.carries {
				got[name], _ = own.Carries(name)
			}
			if diff := cmp.Diff(c.carries, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if own.Environment != c.environment || own.Several != c.several || own.EnvironmentKnown == c.several {
				t.Errorf("environment %q known %v several %v, expected %q %v", own.Environment, own.EnvironmentKnown, own.Several, c.environment, c.several)
			}
		})
	}
}

// TestNoBindings is for processes that are no step of these workflows.
func TestNoBindings(t *testing.T) {
	files := unpack(t, txtar.Parse([]byte(ownWorkflow)))
	for name, env := range map[string]model.Env{
		"no runner":          {},
		"another job":        processEnv("gone", "__run", ""),
		"another step":       processEnv("check", "__run_99", ""),
		"another repository": processEnv("check", "__run", "").With("GITHUB_WORKFLOW_REF", model.KnownText("acme/other/.github/workflows/gone.yml@main", model.Hop{})),
	} {
		if own, ok := github.Bindings(files, pipeline.Runtime{Env: env}); ok {
			t.Errorf("%s: found the step %q of job %q", name, own.Step, own.Job)
		}
	}
}
