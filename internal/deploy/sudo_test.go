package deploy_test

import "testing"

func TestSudo(t *testing.T) {
	runServiceRows(t, []row{
		{script: `sudo helm upgrade x`,
			want: []string{
				`run: "helm" "upgrade" "x" EMPTY=?unsupported HOST_A=?unsupported KEY=?unsupported SECRET=?unsupported *=?unsupported`,
			}},
		{script: `sudo -E deploy`,
			want: []string{
				`run: "deploy" *=?unsupported`,
			}},
		{script: `sudo -E -u app KEY=2 A="$SECRET" deploy "$KEY"`,
			want: []string{
				`run: "deploy" "sk_CANARY_1" A=?ci-secret KEY="2" *=?unsupported`,
			}},
		{script: `sudo --preserve-env=KEY,NONE deploy`,
			want: []string{
				`run: "deploy" EMPTY=?unsupported HOST_A=?unsupported SECRET=?unsupported *=?unsupported`,
			}},
		{script: `sudo --preserve-env deploy`,
			want: []string{
				`run: "deploy" *=?unsupported`,
			}},
		{script: `sudo -n -u deploy -- deploy x`,
			want: []string{
				`run: "deploy" "x" EMPTY=?unsupported HOST_A=?unsupported KEY=?unsupported SECRET=?unsupported *=?unsupported`,
			}},
		{script: `sudo -i deploy`,
			want: []string{
				`problems 1`,
			}},
		{script: `sudo -l`},
		{script: `sudo "$SECRET" deploy`,
			want: []string{
				`problems 1`,
			}},
		{script: `sudo deploy $SECRET x`,
			want: []string{
				`run: "deploy" ?ci-secret "x" open 1 EMPTY=?unsupported HOST_A=?unsupported KEY=?unsupported SECRET=?unsupported *=?unsupported`,
			}},
		{script: `sudo $SECRET deploy`,
			want: []string{
				`problems 1`,
			}},
		{script: `sudo --what x deploy`,
			want: []string{
				`problems 1`,
			}},
		{script: `sudo -nE deploy`,
			want: []string{
				`run: "deploy" *=?unsupported`,
			}},
		{script: `sudo --preserve-env="$SECRET" deploy`,
			want: []string{
				`run: "deploy" EMPTY=?unsupported HOST_A=?unsupported KEY=?unsupported SECRET=?unsupported *=?unsupported`,
			}},
		{script: `export PYTHONPATH=x TERM=y; sudo -E deploy`,
			want: []string{
				`run: "deploy" PYTHONPATH=?unsupported TERM=?unsupported *=?unsupported`,
			}},
	})
}
