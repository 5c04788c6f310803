package keys

import (
	"testing"

	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/resolve"
	"github.com/keyfit/keyfit/internal/strict"
)

// TestControl: a control key comes from keyfit's own process, for the environments that it is
// declared for, and takes the parts of the deploy's key where it has none of its own.
func TestControl(t *testing.T) {
	const control = "sk_test_51CANARYcontrol0123456789abcd"
	select1 := func(c *config.Control, process vars) Slot {
		t.Helper()
		file := &config.File{Keys: map[string]*config.Key{"STRIPE_SECRET_KEY": {Provider: strict.At[string]{Value: "stripe"}, Control: c}}}
		slots := Select(Input{
			Environments: []resolve.Environment{{Name: "staging", Consumers: []model.Consumer{consumer("api", vars{"STRIPE_SECRET_KEY": known("dotenv", stripeKey)})}}},
			Config:       file, Catalogue: provider.Catalogue(), Process: model.NewEnv(process),
		})
		if len(slots) != 1 {
			t.Fatalf("%d slots", len(slots))
		}
		return slots[0]
	}
	given := vars{"CONTROL": known("process", control), "PART": known("process", "p")}
	everywhere := &config.Control{Env: config.ControlEnv{All: "CONTROL"}, Parts: map[string]string{"account": "PART"}}

	s := select1(everywhere, given)
	if s.Control == nil || s.Control.Variable != "CONTROL" || s.Control.Value.State != model.Known || s.Control.IsSame(s) || s.Control.Parts["account"].Variable != "PART" {
		t.Fatalf("the control is %+v", s.Control)
	}
	if in := s.Control.AsSlot(s); in.Form == nil || in.Variable != "CONTROL" || in.Control != nil || in.Provider != s.Provider {
		t.Errorf("as a slot it is %+v", in)
	}
	if s := select1(everywhere, vars{"CONTROL": known("process", stripeKey)}); !s.Control.IsSame(s) {
		t.Error("the very key of the deploy counts as another")
	}
	if s := select1(everywhere, nil); s.Control == nil || s.Control.Value.State == model.Known || s.Control.IsSame(s) {
		t.Errorf("without its variable the control is %+v", s.Control)
	}
	if s := select1(&config.Control{Env: config.ControlEnv{By: map[string]string{"production": "CONTROL"}}}, given); s.Control != nil {
		t.Error("the control of production serves staging")
	}
	if s := select1(nil, given); s.Control != nil {
		t.Error("there is a control that nobody declared")
	}
}
