package jenkins

import "testing"

func TestKeysNameNoEnvironment(t *testing.T) {
	for script, want := range map[string]string{
		"heroku config:set PAYMENT_API_KEY=CANARY-staging-x -a shop":         "",
		`kubectl create secret generic s --from-literal=apiKey="CANARY dev"`: "",
		"DB_PASSWORD='CANARY test' ./deploy.sh production":                   "production",
		"kubectl --namespace=staging apply -f k8s":                           "staging",
		"NAMESPACE=staging ./deploy.sh":                                      "staging",
	} {
		if got, _ := oneEnvironment(withoutKeys(script)); got != want {
			t.Errorf("%s: got %q, want %q", script, got, want)
		}
	}
}
