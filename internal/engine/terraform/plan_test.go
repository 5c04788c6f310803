package terraform

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
)

const planText = `{
  "format_version": "1.2",
  "terraform_version": "1.11.4",
  "variables": {"key": {"value": "CANARY ${x}"}, "list": {"value": ["a\"b", {"n": 1, "t": "%{x}"}, null, true]}},
  "planned_values": {"root_module": {"resources": [{"address": "aws_lambda_function.api"}]}},
  "resource_changes": [
    {
      "address": "aws_lambda_function.api", "mode": "managed", "type": "aws_lambda_function", "name": "api",
      "change": {
        "actions": ["create"], "before": null,
        "after": {
          "function_name": "api",
          "environment": [{"variables": {
            "KEY": "CANARYnew",
            "SAME": "CANARYsame"
          }}]
        },
        "after_unknown": {"arn": true, "environment": [{"variables": {"ARN": true}}]},
        "before_sensitive": false, "after_sensitive": {"environment": [{"variables": {"KEY": true}}]}
      }
    },
    {
      "address": "aws_lambda_function.gone", "mode": "managed", "type": "aws_lambda_function", "name": "gone",
      "change": {"actions": ["delete"], "before": {"environment": [{"variables": {"KEY": "CANARYold"}}]}, "after": null}
    },
    {
      "address": "aws_lambda_function.kept", "mode": "managed", "type": "aws_lambda_function", "name": "kept",
      "change": {"actions": ["no-op"], "before": {}, "after": {"function_name": "kept", "environment": [{"variables": {"KEY": "CANARYkept"}}]}, "after_unknown": {}}
    },
    {
      "address": "aws_lambda_function.deposed", "deposed": "abc", "mode": "managed", "type": "aws_lambda_function", "name": "deposed",
      "change": {"actions": ["delete"], "after": {"function_name": "deposed"}, "after_unknown": {}}
    },
    {
      "address": "module.a[\"x.y\"].aws_ecs_task_definition.t", "module_address": "module.a[\"x.y\"]", "mode": "managed", "type": "aws_ecs_task_definition", "name": "t",
      "change": {"actions": ["create"], "before": null,
        "after": {"family": "shop", "container_definitions": "[{\"name\":\"web\",\"environment\":[{\"name\":\"A\",\"value\":\"CANARY1\"}],\"secrets\":[{\"name\":\"S\",\"valueFrom\":\"/shop/p\"}]}]"},
        "after_unknown": {"id": true}}
    },
    {
      "address": "aws_ecs_task_definition.u", "mode": "managed", "type": "aws_ecs_task_definition", "name": "u",
      "change": {"actions": ["create"], "before": null, "after": {"family": "other"}, "after_unknown": {"container_definitions": true}}
    },
    {
      "address": "aws_secretsmanager_secret_version.v", "mode": "managed", "type": "aws_secretsmanager_secret_version", "name": "v",
      "change": {"actions": ["create"], "before": null, "after": {"secret_string": "CANARYs"}, "after_unknown": {"secret_id": true}}
    },
    {
      "address": "aws_secretsmanager_secret.s", "mode": "managed", "type": "aws_secretsmanager_secret", "name": "s",
      "change": {"actions": ["create"], "before": null, "after": {"name": "shop/s"}, "after_unknown": {"id": true, "arn": true}}
    },
    {
      "address": "data.aws_ssm_parameter.p", "mode": "data", "type": "aws_ssm_parameter", "name": "p",
      "change": {"actions": ["read"], "before": null, "after": {"name": "/x"}, "after_unknown": {"value": true}}
    },
    {
      "address": "docker_container.c", "mode": "managed", "type": "docker_container", "name": "c",
      "change": {"actions": ["create"], "before": null, "after": {"name": "c", "env": ["A=CANARY", null]}, "after_unknown": {"env": [false, true]}}
    }
  ],
  "prior_state": {"values": {"deep": [[[1]]]}},
  "configuration": {"root_module": {"resources": [
    {"address": "aws_secretsmanager_secret_version.v", "expressions": {"secret_id": {"references": ["aws_secretsmanager_secret.s.id", "aws_secretsmanager_secret.s"]}}}
  ], "module_calls": {"a": {"module": {"resources": [{"address": "aws_ecs_task_definition.t", "expressions": {}}]}}}}}
}`

func planOf(t testing.TB, text string) Result {
	t.Helper()
	r, err := Plan(context.Background(), PlanStep{Files: treeWith(t, map[string]string{"plan.json": text}), File: "plan.json", At: pos.Span{File: "keyfit.yaml", Start: pos.Pos{Line: 1, Column: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestPlan(t *testing.T) {
	r := planOf(t, planText)
	if len(r.Problems) > 0 || r.Doubt != nil {
		t.Errorf("problems %v", r.Problems)
	}
	compareConsumers(t, r.Consumers, `
		lambda api KEY=CANARYnew
		lambda api SAME=CANARYsame
		lambda api ARN ?remote-state
		lambda kept KEY=CANARYkept
		ecs shop/web A=CANARY1
		ecs shop/web S ?remote-state aws-ssm /shop/p
		ecs shop/web * ?remote-state
		ecs other * ?remote-state
		container c A=CANARY
		container c * ?remote-state
		secret aws_secretsmanager_secret_version.v shop/s=CANARYs`)
	for _, c := range r.Consumers {
		if c.Workload == "api" {
			want := []model.Hop{{
				At: c.Env.Get("KEY").Trail.At(), Kind: model.KindTerraformPlan, What: "planned environment.variables.KEY", Literal: true,
			}}
			got := c.Env.Get("KEY").Trail.Hops()
			got[0].What = strings.TrimPrefix(got[0].What, "after.")
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("journey (-want +got)\n%s", diff)
			}
			if at := c.Env.Get("KEY").Trail.At().String(); at != "plan.json:14:20" {
				t.Errorf("the value stands at %s", at)
			}
		}
	}
}

func TestPlanArgs(t *testing.T) {
	step := PlanStep{Files: treeWith(t, map[string]string{"plan.json": planText}), File: "plan.json"}
	args, err := PlanArgs(context.Background(), step)
	if err != nil {
		t.Fatal(err)
	}
	var l lister
	want := []string{l.number(`key="CANARY $${x}"`), l.number(`list=["a\"b",{"n"=1,"t"="%%{x}"},null,true]`)}
	var got []string
	for _, a := range args {
		got = append(got, strings.TrimPrefix(l.value(a.Text), "="))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	r, err := Evaluate(context.Background(), Step{Dir: ".", Args: args, Files: treeWith(t, map[string]string{"main.tf": `
variable "key" { type = string }
variable "list" { type = any }
resource "aws_lambda_function" "f" {
  function_name = "f"
  environment { variables = { A = var.key, B = var.list[0], C = var.list[1].t } }
}`})})
	if err != nil || len(r.Problems) > 0 {
		t.Fatalf("%v, problems %v", err, r.Problems)
	}
	compareConsumers(t, r.Consumers, "lambda f A=CANARY ${x}\nlambda f B=a\"b\nlambda f C=%{x}")
}

func TestPlansThatCannotBeRead(t *testing.T) {
	cases := []struct{ name, text, want string }{
		{"empty", "", "plan.json is not valid JSON, expected the output of terraform show -json"},
		{"half", planText[:len(planText)/2], "plan.json is not valid JSON, expected the output of terraform show -json"},
		{"a list", "[]", "plan.json holds no object, expected the output of terraform show -json"},
		{"an object", "{}", "plan.json has no format_version, expected the output of terraform show -json"},
		{"another format", `{"format_version": "2.0", "resource_changes": []}`, "plan.json:1:20 is in another format of plans, expected format_version 1"},
		{"a state file", `{"version": 4, "serial": 3, "resources": []}`, "plan.json is a state, expected a plan"},
		{"a shown state", `{"format_version": "1.0", "values": {"root_module": {}}}`, "plan.json is a state, expected a plan"},
		{"a saved plan", "PK\x03\x04rest", "plan.json is a saved plan, expected its JSON"},
		{"a log", "{\"@level\":\"info\"}\n{\"@level\":\"info\"}\n", "plan.json is the log of terraform plan -json, expected the output of terraform show -json"},
		{"UTF-16", "\xff\xfe{\x00}\x00", "plan.json is UTF-16 text, expected UTF-8"},
		{"deep", `{"format_version": "1.0", "resource_changes": ` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + "}", "plan.json is nested too deep, or too large, expected the output of terraform show -json"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := planOf(t, c.text)
			var got []string
			for _, p := range r.Problems {
				got = append(got, p.At.String()+" "+p.Message)
			}
			if !slices.Equal(got, []string{c.want}) {
				t.Errorf("got %q, expected %q", got, c.want)
			}
			if r.Doubt == nil || len(r.Consumers) > 0 {
				t.Error("something counts as known")
			}
		})
	}
	r, err := Plan(context.Background(), PlanStep{Files: treeWith(t, nil), File: "none.json"})
	if err != nil || len(r.Problems) != 1 || r.Doubt == nil {
		t.Errorf("a missing plan: %v, %v", err, r.Problems)
	}
	if r := planOf(t, `{"format_version": "1.0", "errored": true, "resource_changes": []}`); r.Doubt == nil {
		t.Error("a plan with errors counts as whole")
	}
	if r := planOf(t, "\xef\xbb\xbf"+planText); len(r.Problems) > 0 || len(r.Consumers) == 0 {
		t.Errorf("a byte order mark: %v", r.Problems)
	}
}

func TestMerge(t *testing.T) {
	files := map[string]string{"plan.json": planText, "main.tf": `
variable "key" {}
resource "aws_lambda_function" "api" {
  function_name = "api"
  environment { variables = { KEY = var.key, SAME = "CANARYsame", ARN = aws_x.y.arn } }
}
resource "aws_ecs_task_definition" "u" {
  family                = "other"
  container_definitions = jsonencode([{ name = "web", environment = [{ name = "A", value = "CANARYa" }, { name = "B", value = aws_x.y.arn }] }])
}
resource "aws_x" "y" {}
`}
	evaluate := func(key string) Result {
		r, err := Evaluate(context.Background(), Step{Dir: ".", Files: treeWith(t, files), Args: []Arg{flagVar("key=" + key)}})
		if err != nil || len(r.Problems) > 0 {
			t.Fatalf("%v, problems %v", err, r.Problems)
		}
		return r
	}
	plan := planOf(t, planText)
	const other = `
		lambda kept KEY=CANARYkept
		ecs shop/web A=CANARY1
		ecs shop/web S ?remote-state aws-ssm /shop/p
		ecs shop/web * ?remote-state
		container c A=CANARY
		container c * ?remote-state
		secret aws_secretsmanager_secret_version.v shop/s=CANARYs
		lambda api KEY=CANARYnew
		lambda api SAME=CANARYsame
		lambda api ARN ?remote-state
`
	agree := Merge(plan, evaluate("CANARYnew"), true)
	compareConsumers(t, agree.Consumers, other+"ecs other/web A=CANARYa\necs other/web B ?remote-state\necs other/web * ?remote-state")
	if len(agree.Problems) > 0 {
		t.Errorf("problems: %v", agree.Problems)
	}
	for _, c := range agree.Consumers {
		if c.Workload == "api" {
			if at := c.Env.Get("SAME").Trail.At().String(); at != "main.tf:5:54" {
				t.Errorf("the text stands at %s", at)
			}
		}
	}
	differ := Merge(plan, evaluate("CANARYother"), false)
	compareConsumers(t, differ.Consumers, other+"ecs other * ?remote-state")
	if got := fmt.Sprint(differ.Problems); !strings.Contains(got, "plan.json:14:20 the plan gives KEY of api another value") || strings.Contains(got, "CANARY") {
		t.Errorf("problems: %s", got)
	}
	compareConsumers(t, Merge(plan, evaluate("CANARYother"), true).Consumers, other+"ecs other * ?remote-state")
}

// FuzzPlan reads any text as a plan: nothing fails, and what is known stands in it.
func FuzzPlan(f *testing.F) {
	f.Add(planText)
	f.Add(`{"format_version":"1.0","resource_changes":[{"address":"docker_container.c","mode":"managed","type":"docker_container","change":{"after":{"env":["A=CANARY"]},"after_unknown":{"env":[true]}}}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		files := fakeFiles{"plan.json": text}
		r, err := Plan(context.Background(), PlanStep{Files: files, File: "plan.json"})
		if err != nil {
			t.Fatal("the context did not end")
		}
		for _, c := range r.Consumers {
			for _, v := range c.Env.All() {
				if v.State == model.Known && v.Trail.IsEmpty() {
					t.Fatal("a known value comes from nowhere")
				}
			}
		}
	})
}

func BenchmarkPlan(b *testing.B) {
	var s strings.Builder
	s.WriteString(`{"format_version":"1.2","resource_changes":[`)
	const count = 20000
	for i := range count {
		if i > 0 {
			s.WriteByte(',')
		}
		fmt.Fprintf(&s, `{"address":"aws_lambda_function.f[%d]","mode":"managed","type":"aws_lambda_function","name":"f","change":{"actions":["create"],"before":null,"after":{"function_name":"f%d","environment":[{"variables":{"KEY":"CANARY%d","B":"x"}}],"tags":{"a":"b"}},"after_unknown":{"arn":true,"environment":[{"variables":{}}]}}}`, i, i, i)
	}
	s.WriteString(`],"prior_state":{"values":["` + strings.Repeat("x", 20<<20) + `"]}}`)
	files := fakeFiles{"plan.json": s.String()}
	b.SetBytes(int64(s.Len()))
	for b.Loop() {
		r, err := Plan(context.Background(), PlanStep{Files: files, File: "plan.json"})
		if err != nil || len(r.Consumers) != count {
			b.Fatal("not all resources were read")
		}
	}
}
