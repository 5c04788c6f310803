package deploy_test

import "testing"

func TestFly(t *testing.T) {
	runServiceRows(t, []row{
		{script: `fly secrets set A=1 "B=$KEY" -a shop --stage`,
			want: []string{
				`fly shop: A="1" B="sk_CANARY_1" *=?remote-state`,
			}},
		{script: `flyctl secrets set A=- -a shop`,
			want: []string{
				`fly shop: A=?input *=?remote-state`,
			}},
		{script: `fly secrets set "$SECRET" -a shop`,
			want: []string{
				`fly shop: *=?ci-secret`,
				`problems 2`,
			}},
		{script: `fly deploy -e A=1 --env B=2 -a shop`,
			want: []string{
				`fly shop: A="1" B="2" *=?remote-state`,
			}},
		{script: `fly deploy -eA=1`,
			want: []string{
				`fly the app of fly.toml: A="1" *=?remote-state`,
			}},
		{script: `fly deploy --env A=1,2`,
			want: []string{
				`fly the app of fly.toml: A=?unsupported *=?unsupported`,
				`problems 1`,
			}},
		{script: `fly deploy`},
		{script: `fly -a shop secrets set A=1`,
			want: []string{
				`fly shop: A="1" *=?remote-state`,
			}},
	})
}
