package keys

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/provider"
)

func TestProcessNames(t *testing.T) {
	vars := map[string]model.Value{}
	for _, name := range []string{"PATH", "HOME", "OURS", "ADMIN", "STRIPE_SECRET_KEY", "TWILIO_AUTH_TOKEN", "TWILIO_ACCOUNT_SID", "GREETING"} {
		vars[name] = model.KnownText("CANARY", model.Hop{Kind: model.KindProcess, What: name})
	}
	vars["OPENAI_API_KEY"] = model.KnownText("", model.Hop{Kind: model.KindProcess})
	file := &config.File{Keys: map[string]*config.Key{"OURS": {Admin: "ADMIN"}, "NOT_THERE": {}}}
	want := []string{"OURS", "STRIPE_SECRET_KEY", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"}
	if diff := cmp.Diff(want, ProcessNames(file, provider.Catalogue(), model.NewEnv(vars))); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := ProcessNames(nil, provider.Catalogue(), model.NewEnv(vars)); got != nil {
		t.Errorf("without a configuration: %v", got)
	}
}
