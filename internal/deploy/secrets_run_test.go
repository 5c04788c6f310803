package deploy_test

import "testing"

func TestSecretRunners(t *testing.T) {
	encrypted := map[string]string{"secrets.enc.yaml": "A: ENC[AES256_GCM,data:x]\nKEY: ENC[y]\nsops:\n  version: 3\n", "secrets.env": "A=ENC[x]\nKEY=ENC[y]\nsops_version=3\n"}
	configured := map[string]string{".infisical.json": `{"workspaceId":"w","defaultEnvironment":"stg","gitBranchToEnvironmentMapping":null}`}
	runServiceRows(t, []row{
		{script: `sops exec-env secrets.enc.yaml 'deploy --x'`, files: encrypted,
			want: []string{
				`run sh: deploy --x A=?encrypted KEY=?encrypted`,
			}},
		{script: `sops exec-env secrets.env './deploy.sh'`, files: encrypted,
			want: []string{
				`run sh: ./deploy.sh A=?encrypted KEY=?encrypted`,
			}},
		{script: `sops exec-env --pristine secrets.env './deploy.sh'`, files: encrypted,
			want: []string{
				`run sh: ./deploy.sh A=?encrypted KEY=?encrypted -EMPTY -HOST_A -SECRET`,
			}},
		{script: `sops exec-env missing.yaml deploy`, files: encrypted,
			want: []string{
				`run sh: deploy EMPTY=?encrypted HOST_A=?encrypted KEY=?encrypted SECRET=?encrypted *=?encrypted`,
				`problems 1`,
			}},
		{script: `sops exec-env "$SECRET" deploy`, files: encrypted,
			want: []string{
				`problems 1`,
			}},
		{script: `sops exec-env secrets.env "$SECRET"`, files: encrypted,
			want: []string{
				`problems 1`,
			}},
		{script: `sops -d secrets.env`, files: encrypted},
		{script: `doppler run -p shop -c prd -- deploy x`,
			want: []string{
				`run: "deploy" "x" EMPTY=?remote-state HOST_A=?remote-state KEY=?remote-state SECRET=?remote-state *=?remote-state`,
				`from doppler "prd" default=false`,
			}},
		{script: `doppler run -- deploy`,
			want: []string{
				`run: "deploy" EMPTY=?remote-state HOST_A=?remote-state KEY=?remote-state SECRET=?remote-state *=?remote-state`,
				`from doppler ?remote-state default=true`,
			}},
		{script: `doppler run --preserve-env -- deploy`,
			want: []string{
				`run: "deploy" *=?remote-state`,
				`from doppler ?remote-state default=true`,
			}},
		{script: `doppler run --preserve-env=KEY -- deploy`,
			want: []string{
				`run: "deploy" EMPTY=?remote-state HOST_A=?remote-state SECRET=?remote-state *=?remote-state`,
				`from doppler ?remote-state default=true`,
			}},
		{script: `doppler run --command 'deploy && next'`,
			want: []string{
				`run: deploy && next EMPTY=?remote-state HOST_A=?remote-state KEY=?remote-state SECRET=?remote-state *=?remote-state`,
				`from doppler ?remote-state default=true`,
			}},
		{script: `doppler run --command "$SECRET"`,
			want: []string{
				`from doppler ?remote-state default=true`,
				`problems 1`,
			}},
		{script: `doppler run -c "$SECRET" -- deploy`,
			want: []string{
				`run: "deploy" EMPTY=?remote-state HOST_A=?remote-state KEY=?remote-state SECRET=?remote-state *=?remote-state`,
				`from doppler ?ci-secret default=false`,
			}},
		{script: `DOPPLER_CONFIG=stg doppler run -- deploy`,
			want: []string{
				`run: "deploy" DOPPLER_CONFIG=?remote-state EMPTY=?remote-state HOST_A=?remote-state KEY=?remote-state SECRET=?remote-state *=?remote-state`,
				`from doppler "stg" default=false`,
			}},
		{script: `doppler setup`},
		{script: `infisical run --env=prod -- deploy x`,
			want: []string{
				`run: "deploy" "x" EMPTY=?remote-state HOST_A=?remote-state KEY=?remote-state SECRET=?remote-state *=?remote-state`,
				`from infisical "prod" default=false`,
			}},
		{script: `infisical run -- deploy`,
			want: []string{
				`run: "deploy" EMPTY=?remote-state HOST_A=?remote-state KEY=?remote-state SECRET=?remote-state *=?remote-state`,
				`from infisical "dev" default=true`,
			}},
		{script: `infisical run -e staging --command 'deploy; x'`,
			want: []string{
				`run: deploy; x EMPTY=?remote-state HOST_A=?remote-state KEY=?remote-state SECRET=?remote-state *=?remote-state`,
				`from infisical "staging" default=false`,
			}},
		{script: `infisical run -- deploy`, files: configured,
			want: []string{
				`run: "deploy" EMPTY=?remote-state HOST_A=?remote-state KEY=?remote-state SECRET=?remote-state *=?remote-state`,
				`from infisical "stg" default=true`,
			}},
		{script: `infisical run --env prod --path /a deploy`, files: configured,
			want: []string{
				`run: "deploy" EMPTY=?remote-state HOST_A=?remote-state KEY=?remote-state SECRET=?remote-state *=?remote-state`,
				`from infisical "prod" default=false`,
			}},
		{script: `infisical run --unknown-flag x -- deploy`, files: configured,
			want: []string{
				`from infisical "stg" default=true`,
				`problems 1`,
			}},
		{script: `infisical run -- deploy`, files: map[string]string{".infisical.json": `{"defaultEnvironment":"stg","gitBranchToEnvironmentMapping":{"main":"prod"}}`},
			want: []string{
				`run: "deploy" EMPTY=?remote-state HOST_A=?remote-state KEY=?remote-state SECRET=?remote-state *=?remote-state`,
				`from infisical ?unsupported default=true`,
			}},
		{script: `teller run -- deploy`,
			want: []string{
				`run: "deploy" EMPTY=?remote-state HOST_A=?remote-state KEY=?remote-state SECRET=?remote-state *=?remote-state`,
				`from teller ?remote-state default=true`,
			}},
		{script: `teller run --reset -- deploy`,
			want: []string{
				`run: "deploy" -EMPTY -HOST_A -KEY -SECRET *=?remote-state`,
				`from teller ?remote-state default=true`,
			}},
		{script: `export REF=op://v/i/f; op run --env-file .env.tpl -- deploy x`,
			want: []string{
				`run: "deploy" "x" REF=?remote-state dotenv(op ".env.tpl" override)`,
			}},
		{script: `op run -- deploy`,
			want: []string{
				`run: "deploy"`,
			}},
		{script: `op run -- deploy $SECRET`,
			want: []string{
				`run: "deploy" ?ci-secret open 1`,
			}},
		{script: `op run $SECRET -- deploy`,
			want: []string{
				`problems 1`,
			}},
		{script: `op read op://v/i/f`},
		{script: `aws-vault list`},
		{script: `chamber exec shop shared -- deploy x`,
			want: []string{
				`run: "deploy" "x" EMPTY=?remote-state HOST_A=?remote-state KEY=?remote-state SECRET=?remote-state *=?remote-state`,
				`from chamber "shop" default=false`,
				`from chamber "shared" default=false`,
			}},
		{script: `chamber exec --pristine shop -- deploy`,
			want: []string{
				`run: "deploy" -EMPTY -HOST_A -KEY -SECRET *=?remote-state`,
				`from chamber "shop" default=false`,
			}},
		{script: `chamber write shop KEY "$KEY"`},
		{script: `envkey-source -- deploy`,
			want: []string{
				`run: "deploy" EMPTY=?remote-state HOST_A=?remote-state KEY=?remote-state SECRET=?remote-state *=?remote-state`,
				`from envkey-source ?remote-state default=true`,
			}},
		{script: `phase run --env prod deploy`,
			want: []string{
				`run: "deploy" EMPTY=?remote-state HOST_A=?remote-state KEY=?remote-state SECRET=?remote-state *=?remote-state`,
				`from phase "prod" default=false`,
			}},
		{script: `berglas exec -- deploy`,
			want: []string{
				`run: "deploy" EMPTY=?remote-state HOST_A=?remote-state KEY=?remote-state SECRET=?remote-state *=?remote-state`,
				`from berglas ?remote-state default=true`,
			}},
		{script: `watch -n 5 deploy x`,
			want: []string{
				`run sh: deploy x`,
			}},
	})
}
