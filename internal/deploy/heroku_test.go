package deploy_test

import "testing"

func TestHeroku(t *testing.T) {
	runServiceRows(t, []row{
		{script: `heroku config:set A=1 B=2 -a shop`,
			want: []string{
				`heroku shop: A="1" B="2" *=?remote-state`,
			}},
		{script: `heroku config:set "A=$KEY" "B=$SECRET" --app shop`,
			want: []string{
				`heroku shop: A="sk_CANARY_1" B=?ci-secret *=?remote-state`,
			}},
		{script: `heroku config:set A=1 A=2 --app=shop`,
			want: []string{
				`heroku shop: A="2" *=?remote-state`,
			}},
		{script: `heroku config:set A= B=a=b -a shop`,
			want: []string{
				`heroku shop: A="" B="a=b" *=?remote-state`,
			}},
		{script: `heroku config:set A='"q"' -a shop`,
			want: []string{
				`heroku shop: A="\"q\"" *=?remote-state`,
			}},
		{script: `heroku config:set A=$SECRET B=2 -a shop`,
			want: []string{
				`heroku shop: A=?ci-secret B=?ci-secret *=?ci-secret`,
				`problems 1`,
			}},
		{script: `heroku config:set "$SECRET" A=1 -a shop`,
			want: []string{
				`heroku shop: A=?ci-secret *=?ci-secret`,
				`problems 2`,
			}},
		{script: `heroku config:set "$SECRET=1" A=1 -a shop`,
			want: []string{
				`heroku shop: A=?ci-secret *=?ci-secret`,
				`problems 2`,
			}},
		{script: `heroku config:set A=1 -a "$SECRET"`,
			want: []string{
				`heroku a heroku whose name is not known: A="1" *=?remote-state`,
			}},
		{script: `heroku config:set A -a shop`,
			want: []string{
				`heroku shop: *=?unsupported`,
				`problems 1`,
			}},
		{script: `heroku config:set A=1`,
			want: []string{
				`heroku the app of the git remote: A="1" *=?remote-state`,
			}},
		{script: `heroku config:set --what x A=1 -a shop`,
			want: []string{
				`heroku shop: *=?unsupported`,
				`problems 1`,
			}},
		{script: `heroku config -a shop`},
		{script: `if check; then V=1; else V=2; fi; heroku config:set "A=p-$V" -a shop`,
			want: []string{
				`heroku shop: A=one of "p-1" "p-2" *=?remote-state`,
			}},
		{script: `/usr/local/bin/heroku config:set A=1 -ashop`,
			want: []string{
				`heroku shop: A="1" *=?remote-state`,
			}},
	})
}
