package helm

import (
	"testing"

	"github.com/keyfit/keyfit/internal/model"
)

// TestOccasion renders a chart for an install, an upgrade, and for whichever it is.
func TestOccasion(t *testing.T) {
	c := layOut(t, "occasion", "A chart.\n-- shop/Chart.yaml --\napiVersion: v2\nname: shop\nversion: 1.0.0\n-- shop/templates/all.yaml --\n"+
		"apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - name: c\n    env:\n    - {name: UPGRADE, value: \"{{ .Release.IsUpgrade }}\"}\n"+
		"    - {name: REVISION, value: \"{{ .Release.Revision }}\"}\n    - {name: FOUND, value: \"{{ len (lookup \"v1\" \"Secret\" \"n\" \"s\") }}\"}\n")
	const unknown = "?"
	for name, want := range map[string]struct {
		occasion                 Occasion
		offline                  bool
		upgrade, revision, found string
	}{
		"template":           {Install, true, "false", "1", "0"},
		"install":            {Install, false, "false", "1", unknown},
		"upgrade":            {Upgrade, false, "true", unknown, unknown},
		"install or upgrade": {InstallOrUpgrade, false, unknown, unknown, unknown},
	} {
		step := c.step(t)
		step.Occasion, step.Offline = want.occasion, want.offline
		loaded, _ := Load(step)
		env := received(renderLoaded(t.Context(), step, loaded).result.Documents)["ns Pod/p c"]
		for variable, text := range map[string]string{"UPGRADE": want.upgrade, "REVISION": want.revision, "FOUND": want.found} {
			got := unknown
			if v := env.Get(variable); v.State == model.Known {
				got = v.Text.Reveal()
			}
			if got != text {
				t.Errorf("%s: %s is %s, expected %s", name, variable, got, text)
			}
		}
	}
}
