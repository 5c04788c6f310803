package deploy_test

import "testing"

func TestVercel(t *testing.T) {
	runServiceRows(t, []row{
		{script: `printf %s "$KEY" | vercel env add API_KEY production`,
			want: []string{
				`vercel production: API_KEY="sk_CANARY_1" *=?remote-state`,
			}},
		{script: `echo "$KEY" | vercel env add API_KEY production --token t`,
			want: []string{
				`vercel production: API_KEY=one of "sk_CANARY_1\n" "sk_CANARY_1" *=?remote-state`,
			}},
		{script: `vercel env add API_KEY production`,
			want: []string{
				`vercel production: API_KEY=?input *=?remote-state`,
			}},
		{script: `printf %s "$SECRET" | vercel env add API_KEY`,
			want: []string{
				`vercel all environments: API_KEY=?ci-secret *=?remote-state`,
			}},
		{script: `vercel deploy -e A=1 --build-env B=2 --prod`,
			want: []string{
				`vercel production: A="1" *=?remote-state`,
				`vercel production[build]: B="2" *=?remote-state`,
			}},
		{script: `vercel --prod -e "A=$KEY" -e B=@ref`,
			want: []string{
				`vercel production: A="sk_CANARY_1" B=?remote-state *=?remote-state`,
			}},
		{script: `vercel deploy -e KEY -e EMPTY= `,
			want: []string{
				`vercel preview: KEY=?unsupported *=?unsupported`,
				`problems 1`,
			}},
		{script: `vercel -e KEY`,
			want: []string{
				`vercel preview: KEY="sk_CANARY_1" *=?remote-state`,
			}},
		{script: `vercel deploy --prod`},
		{script: `vercel env pull .env`},
	})
}
