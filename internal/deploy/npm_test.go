package deploy_test

import "testing"

func TestNode(t *testing.T) {
	shop := map[string]string{"package.json": `{"name":"shop","scripts":{"deploy":"A=1 ./deploy.sh","predeploy":"echo pre","postdeploy":"post","start":"node x","x:y":"z \"q\""}}`, "sub/package.json": `{"scripts":{"deploy":"sub"}}`}
	runServiceRows(t, []row{
		{script: `npm run deploy`, files: shop,
			want: []string{
				`run sh: echo pre`,
				`run sh: A=1 ./deploy.sh`,
				`run sh: post`,
			}},
		{script: `npm run deploy -- --stage prod "a'b"`, files: shop,
			want: []string{
				`run sh: echo pre`,
				`run sh: A=1 ./deploy.sh '--stage' 'prod' 'a'\''b'`,
				`run sh: post`,
			}},
		{script: `npm run deploy prod --flag`, files: shop,
			want: []string{
				`run sh: echo pre`,
				`run sh: A=1 ./deploy.sh 'prod'`,
				`run sh: post`,
			}},
		{script: `npm run -s x:y`, files: shop,
			want: []string{
				`run sh: z "q"`,
			}},
		{script: `npm start`, files: shop,
			want: []string{
				`run sh: node x`,
			}},
		{script: `npm run missing`, files: shop,
			want: []string{
				`problems 1`,
			}},
		{script: `npm run --if-present missing`, files: shop},
		{script: `npm --prefix sub run deploy`, files: shop,
			want: []string{
				`run sh in sub: sub`,
			}},
		{script: `cd sub && npm run deploy`, files: shop,
			want: []string{
				`run sh in sub: sub`,
			}},
		{script: `npm run deploy -w pkg`, files: shop,
			want: []string{
				`problems 1`,
			}},
		{script: `npm run "$SECRET"`, files: shop,
			want: []string{
				`problems 2`,
			}},
		{script: `npm run deploy -- "$SECRET"`, files: shop,
			want: []string{
				`problems 1`,
			}},
		{script: `npm run deploy -- $SECRET`, files: shop,
			want: []string{
				`problems 1`,
			}},
		{script: `npm ci`, files: shop},
		{script: `npm install`, files: shop},
		{script: `yarn deploy --x y`, files: shop,
			want: []string{
				`run sh: echo pre`,
				`run sh: A=1 ./deploy.sh '--x' 'y'`,
				`run sh: post`,
			}},
		{script: `yarn run deploy -- --x`, files: shop,
			want: []string{
				`run sh: echo pre`,
				`run sh: A=1 ./deploy.sh '--x'`,
				`run sh: post`,
			}},
		{script: `yarn install`, files: shop},
		{script: `yarn`, files: shop},
		{script: `pnpm deploy`, files: shop},
		{script: `pnpm run deploy`, files: shop,
			want: []string{
				`run sh: echo pre`,
				`run sh: A=1 ./deploy.sh`,
				`run sh: post`,
			}},
		{script: `pnpm -C sub run deploy`, files: shop,
			want: []string{
				`run sh in sub: sub`,
			}},
		{script: `bun run deploy`, files: shop,
			want: []string{
				`run sh: echo pre`,
				`run sh: A=1 ./deploy.sh`,
				`run sh: post`,
			}},
		{script: `yarn vercel deploy -e A=1`, files: shop,
			want: []string{
				`run: "vercel" "deploy" "-e" "A=1"`,
			}},
		{script: `npx vercel@latest deploy -e A=1 --prod`,
			want: []string{
				`run: "vercel" "deploy" "-e" "A=1" "--prod"`,
			}},
		{script: `npx --yes netlify env:set A 1`,
			want: []string{
				`run: "netlify" "env:set" "A" "1"`,
			}},
		{script: `npm exec -- wrangler deploy --var A:1`, files: shop,
			want: []string{
				`run: "wrangler" "deploy" "--var" "A:1"`,
			}},
		{script: `npx -p pkg cmd`,
			want: []string{
				`run: "cmd"`,
			}},
		{script: `npx "$SECRET"`,
			want: []string{
				`problems 1`,
			}},
		{script: `pnpm exec deploy A`, files: shop,
			want: []string{
				`run: "deploy" "A"`,
			}},
		{script: `bunx serverless deploy`, files: shop,
			want: []string{
				`run: "serverless" "deploy"`,
			}},
		{script: `yarn heroku config:set A=1`, files: shop,
			want: []string{
				`run: "heroku" "config:set" "A=1"`,
			}},
		{script: `pnpm fly deploy`, files: shop,
			want: []string{
				`run: "fly" "deploy"`,
			}},
		{script: `bun run missing`, files: shop,
			want: []string{
				`problems 1`,
			}},
		{script: `npm run deploy`,
			want: []string{
				`problems 1`,
			}},
	})
}
