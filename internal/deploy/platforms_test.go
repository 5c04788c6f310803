package deploy_test

import "testing"

func TestPlatforms(t *testing.T) {
	files := map[string]string{"vars.yml": "a: one\n"}
	runServiceRows(t, []row{
		{script: `printf %s "$KEY" | wrangler secret put API_KEY --env production`,
			want: []string{
				`worker production/the worker of wrangler.toml: API_KEY="sk_CANARY_1" *=?remote-state`,
			}},
		{script: `echo "$KEY" | npx wrangler@3 secret put API_KEY --name w`,
			want: []string{
				`run: "wrangler" "secret" "put" "API_KEY" "--name" "w"`,
			}},
		{script: `wrangler deploy --var A:1 --var B:x:y --env staging`,
			want: []string{
				`worker staging/the worker of wrangler.toml: A="1" B="x:y" *=?remote-state`,
			}},
		{script: `wrangler deploy`},
		{script: `railway variables --set A=1 --set "B=$KEY" --service api`,
			want: []string{
				`railway api: A="1" B="sk_CANARY_1" *=?remote-state`,
			}},
		{script: `railway variables set A=1 -s api`,
			want: []string{
				`railway api: A="1" *=?remote-state`,
			}},
		{script: `railway up`},
		{script: `eb setenv A=1 B= "C=$SECRET" -e prod`,
			want: []string{
				`elastic-beanstalk prod: A="1" B=absent C=?ci-secret *=?remote-state`,
			}},
		{script: `eb deploy prod`},
		{script: `gh secret set API_KEY --body "$KEY" --env production`,
			want: []string{
				`store github-secret "API_KEY" production="sk_CANARY_1"`,
			}},
		{script: `echo "$KEY" | gh secret set API_KEY -R o/r`,
			want: []string{
				`store github-secret "API_KEY" ="sk_CANARY_1"`,
			}},
		{script: `gh secret set API_KEY < vars.yml`, files: files,
			want: []string{
				`store github-secret "API_KEY" ="a: one"`,
			}},
		{script: `gh variable set A -b 1`,
			want: []string{
				`store github-variable "A" ="1"`,
			}},
		{script: `gh secret set API_KEY --body "$EMPTY"`,
			want: []string{
				`store github-secret "API_KEY" =?unsupported`,
			}},
		{script: `gh secret list`},
		{script: `doppler secrets set A=1 "B=$KEY" -c prd`,
			want: []string{
				`store doppler "prd" A="1"`,
				`store doppler "prd" B="sk_CANARY_1"`,
			}},
		{script: `doppler secrets set A 1 -c prd`,
			want: []string{
				`store doppler "prd" A="1"`,
			}},
		{script: `vault kv put secret/app A=1 "B=$KEY" C=@vars.yml`, files: files,
			want: []string{
				`store vault "secret/app" A="1"`,
				`store vault "secret/app" B="sk_CANARY_1"`,
				`store vault "secret/app" C="a: one\n"`,
			}},
		{script: `vault kv get -field=A secret/app`},
	})
}
