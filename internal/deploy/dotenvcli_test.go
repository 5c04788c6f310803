package deploy_test

import "testing"

func TestDotenvTools(t *testing.T) {
	files := map[string]string{"app/.envrc": `export A=1`}
	runServiceRows(t, []row{
		{script: `dotenv -e .env.prod -- deploy --x`,
			want: []string{
				`run: "deploy" "--x" dotenv(node-expand ".env.prod" optional)`,
			}},
		{script: `dotenv -- deploy`,
			want: []string{
				`run: "deploy" dotenv(node-expand ".env" optional)`,
			}},
		{script: `dotenv deploy`,
			want: []string{
				`run: "deploy" dotenv(node-expand ".env" optional)`,
			}},
		{script: `dotenv deploy --x`,
			want: []string{
				`problems 1`,
			}},
		{script: `dotenv -e a -e b -o -- deploy`,
			want: []string{
				`run: "deploy" dotenv(node-expand "a" override optional) dotenv(node-expand "b" override optional)`,
			}},
		{script: `dotenv -c production -- deploy`,
			want: []string{
				`run: "deploy" dotenv(node-expand ".env.production.local" optional) dotenv(node-expand ".env.local" optional) dotenv(node-expand ".env.production" optional) dotenv(node-expand ".env" optional)`,
			}},
		{script: `dotenv -c -- deploy`,
			want: []string{
				`run: "deploy" dotenv(node-expand ".env.local" optional) dotenv(node-expand ".env" optional)`,
			}},
		{script: `dotenv -v A=1 -e "$SECRET" -- deploy`,
			want: []string{
				`run: "deploy" A="1" dotenv(node-expand ?ci-secret optional)`,
			}},
		{script: `dotenv -v A=1 -o -- deploy`,
			want: []string{
				`problems 1`,
			}},
		{script: `dotenv -p KEY`},
		{script: `dotenv --no-expand -e x -- deploy`,
			want: []string{
				`run: "deploy" dotenv(node "x" optional)`,
			}},
		{script: `dotenv -f .env.x run --no-override -- deploy x`,
			want: []string{
				`run: "deploy" "x" dotenv(python ".env.x")`,
			}},
		{script: `dotenv run deploy`,
			want: []string{
				`run: "deploy" dotenv(python ".env" override)`,
			}},
		{script: `dotenvx run -f .env.production -f .env -- deploy x`,
			want: []string{
				`run: "deploy" "x" dotenv(dotenvx ".env.production" optional) dotenv(dotenvx ".env" optional)`,
			}},
		{script: `dotenvx run --overload -f .env -- deploy`,
			want: []string{
				`run: "deploy" dotenv(dotenvx ".env" override optional)`,
			}},
		{script: `dotenvx run --strict -- deploy`,
			want: []string{
				`run: "deploy" dotenv(dotenvx ".env")`,
			}},
		{script: `dotenvx run --convention=nextjs -- deploy`,
			want: []string{
				`problems 1`,
			}},
		{script: `dotenvx run --env A=1 -- deploy`,
			want: []string{
				`problems 1`,
			}},
		{script: `DOTENV_KEY=x dotenvx run -- deploy`,
			want: []string{
				`problems 1`,
			}},
		{script: `dotenvx set A 1`},
		{script: `direnv exec app deploy x`, files: files,
			want: []string{
				`run: "deploy" "x" dotenv(direnv "app/.envrc" override)`,
			}},
		{script: `direnv exec app/sub deploy x`, files: files,
			want: []string{
				`run: "deploy" "x" dotenv(direnv "app/.envrc" override)`,
			}},
		{script: `direnv exec . deploy x`, files: files,
			want: []string{
				`run: "deploy" "x"`,
			}},
		{script: `direnv exec "$SECRET" deploy`, files: files,
			want: []string{
				`problems 1`,
			}},
		{script: `direnv allow`, files: files},
	})
}
