package shell

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/model"
)

// hops writes a trail down, one hop a line.
func hops(t model.Trail) string {
	var out []string
	for _, h := range t.Hops() {
		s := fmt.Sprintf("%s %s %s", h.At, h.Kind, h.What)
		if h.Literal {
			s += " literal"
		}
		out = append(out, strings.TrimSpace(s))
	}
	return strings.Join(out, "\n")
}

// journey is the trail and the shadowed definitions of a variable.
func journey(v model.Value) string {
	out := v.State.String() + "\n" + hops(v.Trail)
	for _, l := range v.Losers {
		out += "\nover " + strings.ReplaceAll(hops(l.Value.Trail), "\n", "\n     ")
	}
	return out
}

func TestTrails(t *testing.T) {
	for _, tc := range []struct {
		name, line, variable string
		files                map[string]string
		want                 string
	}{
		{"the place of an export", "./deploy.sh", "PAYMENT_API_KEY", map[string]string{
			"deploy.sh": "#!/bin/sh\n\n\n\n\n\nexport PAYMENT_API_KEY=sk_CANARY\nshow\n"},
			"known\ndeploy.sh:7:8 shell export PAYMENT_API_KEY literal"},
		{"bash too", "./deploy.sh", "K", map[string]string{
			"deploy.sh": "#!/bin/bash\nexport A=1 K=sk_CANARY\nshow\n"},
			"known\ndeploy.sh:2:12 shell export K literal"},
		{"a .env file that is sourced", "./deploy.sh", "K", map[string]string{
			"deploy.sh": "#!/bin/bash\nset -a\n. ./.env.prod\nshow\n", ".env.prod": "# c\nK=sk_CANARY\n"},
			"known\n.env.prod:2:1 dotenv K literal"},
		{"a .env file through xargs", "./deploy.sh", "K", map[string]string{
			"deploy.sh": "#!/bin/bash\nexport $(grep -v '^#' .env | xargs)\nshow\n", ".env": "# c\nA=1\nK=sk_CANARY\n"},
			"known\n.env:3:1 dotenv K literal\ndeploy.sh:2:8 shell export K"},
		{"a copy and an export of it", "./deploy.sh", "K", map[string]string{
			"deploy.sh": "#!/bin/bash\nA=sk_CANARY\nK=$A\nexport K\nshow\n"},
			"known\ndeploy.sh:2:1 shell A= literal\ndeploy.sh:3:1 shell K=\ndeploy.sh:4:8 shell export K"},
		{"a value of two", "./deploy.sh", "URL", map[string]string{
			"deploy.sh": "#!/bin/bash\nU=user\nP=pw_CANARY\nexport URL=https://$U:$P@host\nshow\n"},
			"known\ndeploy.sh:2:1 shell U= literal\ndeploy.sh:3:1 shell P= literal\ndeploy.sh:4:8 shell export URL"},
		{"a later definition wins", "./deploy.sh", "K", map[string]string{
			"deploy.sh": "#!/bin/bash\nset -a\n. ./.env\nset +a\nexport K=sk_CANARY_2\nshow\n", ".env": "K=sk_CANARY_1\n"},
			"known\ndeploy.sh:5:8 shell export K literal\nover .env:1:1 dotenv K literal"},
		{"over what comes from outside", "./deploy.sh", "FROM_OUTSIDE", map[string]string{
			"deploy.sh": "#!/bin/bash\nFROM_OUTSIDE=inner_CANARY\nshow\n"},
			"known\ndeploy.sh:2:1 shell FROM_OUTSIDE= literal\nover process FROM_OUTSIDE"},
		{"the same value again is no other", "./deploy.sh", "FROM_OUTSIDE", map[string]string{
			"deploy.sh": "#!/bin/bash\nexport FROM_OUTSIDE=\"$FROM_OUTSIDE\"\nexport FROM_OUTSIDE\nshow\n"},
			"known\nprocess FROM_OUTSIDE\ndeploy.sh:2:8 shell export FROM_OUTSIDE\ndeploy.sh:3:8 shell export FROM_OUTSIDE"},
		{"a fallback", "./deploy.sh", "K", map[string]string{
			"deploy.sh": "#!/bin/bash\nexport K=\"${NOPE:-sk_CANARY}\"\nshow\n"},
			"known\ndeploy.sh:2:19 default ${NOPE:-…} literal\ndeploy.sh:2:8 shell export K"},
		{"an argument of a function", "./deploy.sh", "K", map[string]string{
			"deploy.sh": "#!/bin/bash\nuse() {\n  local key=$1\n  export K=$key\n  show\n}\nuse sk_CANARY\n"},
			"known\ndeploy.sh:7:5 shell argument of use literal\ndeploy.sh:3:9 shell local key\ndeploy.sh:4:10 shell export K"},
		{"in front of a command", "./deploy.sh", "K", map[string]string{
			"deploy.sh": "#!/bin/bash\nexport K=a_CANARY\nK=b_CANARY show\n"},
			"known\ndeploy.sh:3:1 shell K= literal\nover deploy.sh:2:8 shell export K literal"},
		{"with env", "env K=sk_CANARY ./deploy.sh", "K", map[string]string{"deploy.sh": "#!/bin/bash\nshow\n"},
			"known\nkeyfit.yaml:5:18 shell env K= literal"},
		{"read from a file", "./deploy.sh", "K", map[string]string{
			"deploy.sh": "#!/bin/bash\nwhile IFS='=' read -r k v; do\n  export \"$k=$v\"\ndone < .env\nshow\n", ".env": "A=1\nK=sk_CANARY\n"},
			"known\n.env:2:1 dotenv K literal\ndeploy.sh:2:7 shell read v\ndeploy.sh:3:10 shell export K"},
		{"through a generated file", "./deploy.sh", "K", map[string]string{
			"deploy.sh": "#!/bin/bash\nA=sk_CANARY\necho \"export K=$A\" > gen.sh\n. ./gen.sh\nshow\n"},
			"known\ndeploy.sh:2:1 shell A= literal\ndeploy.sh:3:1 shell write to gen.sh\ngen.sh:1:8 shell export K"},
		{"a loop names a place once", "./deploy.sh", "N", map[string]string{
			"deploy.sh": "#!/bin/bash\nexport N=0\nfor i in 1 2 3; do\n  N=$((N + 1))\ndone\nshow\n"},
			"known\ndeploy.sh:2:8 shell export N literal\ndeploy.sh:4:3 shell N="},
		{"an unknown value has its hops", "./deploy.sh", "K", map[string]string{
			"deploy.sh": "#!/bin/bash\nT=$(vault read x)\nexport K=$T\nshow\n"},
			"unknown\ndeploy.sh:2:1 shell T=\ndeploy.sh:3:8 shell export K"},
		{"either of two", "./deploy.sh", "K", map[string]string{
			"deploy.sh": "#!/bin/bash\nif git x; then\n  K=a_CANARY\nelse\n  K=b_CANARY\nfi\nexport K\nshow\n"},
			"unknown\ndeploy.sh:3:3 shell K= literal\ndeploy.sh:5:3 shell K= literal\ndeploy.sh:7:8 shell export K"},
		{"jq", "./deploy.sh", "K", map[string]string{
			"deploy.sh": "#!/bin/bash\nexport K=$(jq -r .key c.json)\nshow\n", "c.json": "{\"key\": \"sk_CANARY\"}\n"},
			"known\nc.json:1:1 shell a line of c.json literal\ndeploy.sh:2:8 shell export K"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := testCase{files: tc.files, line: tc.line}
			got := newBench(t, c).ours(t, c)
			if len(got.Commands) == 0 {
				t.Fatalf("no command; problems: %v", got.Problems)
			}
			v := got.Commands[len(got.Commands)-1].Env.Get(tc.variable)
			if diff := cmp.Diff(tc.want, journey(v)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
