package resolve

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/model"
)

// TestUnreadEntries: what stores hold at the end, and nothing else is shown to read.
func TestUnreadEntries(t *testing.T) {
	const create = "kubectl create secret generic pay --from-literal=T_KEY=CANARY-a --from-literal=api-key=CANARY-b\n"
	for name, c := range map[string]struct {
		script string
		want   []string
	}{
		"one object":              {create, []string{"Secret/pay API_KEY=CANARY-b T_KEY=CANARY-a"}},
		"piped":                   {"kubectl create secret generic pay -n shop --from-literal=T_KEY=CANARY-a --dry-run=client -o yaml | kubectl apply -f -", []string{"Secret/pay T_KEY=CANARY-a"}},
		"deleted":                 {create + "kubectl delete secret pay", nil},
		"deleted before":          {"kubectl delete secret pay\n" + create, []string{"Secret/pay API_KEY=CANARY-b T_KEY=CANARY-a"}},
		"another one deleted":     {create + "kubectl delete secret other", []string{"Secret/pay API_KEY=CANARY-b T_KEY=CANARY-a"}},
		"put twice":               {"aws ssm put-parameter --name /shop/key --value CANARY-a\naws ssm put-parameter --name /shop/key --overwrite --value CANARY-b", []string{"aws-ssm /shop/key KEY=CANARY-b"}},
		"a name that is no one's": {"kubectl create secret generic pay --from-literal=.hidden=CANARY-a", nil},
	} {
		t.Run(name, func(t *testing.T) {
			env := resolved(t, map[string]string{"deploy.sh": c.script}, runStep("bash deploy.sh"))
			var got []string
			for _, consumer := range env.Consumers {
				if consumer.Kind != model.ConsumerStore {
					continue
				}
				line := consumer.Workload
				for _, variable := range consumer.Env.Names() {
					line += fmt.Sprintf(" %s=%s", variable, consumer.Env.Get(variable).Text.Reveal())
				}
				got = append(got, line)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
