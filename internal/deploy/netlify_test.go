package deploy_test

import "testing"

func TestNetlify(t *testing.T) {
	runServiceRows(t, []row{
		{script: `netlify env:set A 1 --context production`,
			want: []string{
				`netlify production: A="1" *=?remote-state`,
			}},
		{script: `netlify env:set "A" "$KEY"`,
			want: []string{
				`netlify all contexts: A="sk_CANARY_1" *=?remote-state`,
			}},
		{script: `netlify env:set A "$SECRET" --context production deploy-preview`,
			want: []string{
				`netlify production deploy-preview: A=?ci-secret *=?remote-state`,
			}},
		{script: `netlify env:set "$SECRET" 1`,
			want: []string{
				`netlify all contexts: *=?ci-secret`,
				`problems 1`,
			}},
		{script: `ntl env:set A 1 --scope builds functions --secret`,
			want: []string{
				`netlify all contexts: A="1" *=?remote-state`,
			}},
		{script: `netlify env:set A --secret`,
			want: []string{
				`netlify all contexts: *=?unsupported`,
				`problems 1`,
			}},
		{script: `netlify deploy --prod`},
	})
}
