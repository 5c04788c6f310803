package dotenv

import "testing"

func TestDetect(t *testing.T) {
	tests := []struct {
		name     string
		files    memory
		file     string
		want     Dialect
		evidence string
	}{
		{"nothing", memory{".env": nil}, ".env", "", ""},
		{"go", memory{"go.mod": []byte("module x\n\nrequire (\n\tgithub.com/joho/godotenv v1.5.1\n)\n")}, ".env", Godotenv, "github.com/joho/godotenv in go.mod"},
		{"go, only below another module", memory{"go.mod": []byte("require github.com/joho/godotenv v1.5.1 // indirect\n")}, ".env", "", ""},
		{"dotenv", memory{"package.json": []byte(`{"dependencies": {"dotenv": "^16.4.5"}}`)}, ".env", Node, "dotenv in package.json"},
		{"dotenv for development", memory{"package.json": []byte(`{"devDependencies": {"dotenv": "17"}}`)}, ".env", Node, "dotenv in package.json"},
		{"an old dotenv", memory{"package.json": []byte(`{"dependencies": {"dotenv": "^8.2.0"}}`)}, ".env", "", "dotenv in package.json"},
		{"dotenv-expand", memory{"package.json": []byte(`{"dependencies": {"dotenv": "^16.4.5", "dotenv-expand": "~12.0.1"}}`)}, ".env", NodeExpand, "dotenv-expand in package.json"},
		{"an old dotenv-expand", memory{"package.json": []byte(`{"dependencies": {"dotenv-expand": "^5.1.0"}}`)}, ".env", "", "dotenv-expand in package.json"},
		{"a new dotenv-expand that runs commands", memory{"package.json": []byte(`{"dependencies": {"dotenv-expand": "1000.0.0"}}`)}, ".env", "", "dotenv-expand in package.json"},
		{"any dotenv-expand", memory{"package.json": []byte(`{"dependencies": {"dotenv-expand": ">=12"}}`)}, ".env", "", "dotenv-expand in package.json"},
		{"next", memory{"package.json": []byte(`{"dependencies": {"next": "15.1.0"}}`)}, ".env", Next, "next in package.json"},
		{"vite", memory{"package.json": []byte(`{"devDependencies": {"vite": "^7.0.0"}}`)}, ".env", NodeExpand, "vite in package.json"},
		{"next and dotenv", memory{"package.json": []byte(`{"dependencies": {"next": "15.1.0", "dotenv": "16"}}`)}, ".env", "", "next in package.json; dotenv in package.json"},
		{"Create React App", memory{"package.json": []byte(`{"dependencies": {"react-scripts": "5.0.1"}}`)}, ".env", "", "react-scripts in package.json"},
		{"node --env-file", memory{"package.json": []byte(`{"scripts": {"start": "node --env-file=.env server.js"}}`)}, ".env", NodeEnvFile, "node --env-file in package.json"},
		{"node --env-file of another file", memory{"package.json": []byte(`{"scripts": {"start": "node --env-file=.env.local server.js"}}`)}, ".env", "", ""},
		{"broken package.json", memory{"package.json": []byte(`{`)}, ".env", "", ""},
		{"python", memory{"requirements.txt": []byte("flask\npython-dotenv==1.0.1\n")}, ".env", Python, "python-dotenv in requirements.txt"},
		{"python, in a comment", memory{"requirements.txt": []byte("# python-dotenv\n")}, ".env", "", ""},
		{"python project", memory{"pyproject.toml": []byte("[project]\ndependencies = [\"python-dotenv>=1\"]\n")}, ".env", Python, "python-dotenv in pyproject.toml"},
		{"django-environ", memory{"requirements.txt": []byte("django-environ\n")}, ".env", "", "django-environ in requirements.txt"},
		{"ruby", memory{"Gemfile": []byte("gem \"dotenv-rails\"\n")}, ".env", "", "dotenv of Ruby in Gemfile"},
		{"php", memory{"composer.json": []byte(`{"require": {"vlucas/phpdotenv": "^5"}}`)}, ".env", "", "dotenv of PHP in composer.json"},
		{"the nearest manifest counts", memory{"go.mod": []byte("require github.com/joho/godotenv v1.5.1\n"), "web/package.json": []byte(`{"dependencies": {"dotenv": "16"}}`)}, "web/.env", Node, "dotenv in web/package.json"},
		{"a manifest above", memory{"go.mod": []byte("require github.com/joho/godotenv v1.5.1\n")}, "a/b/.env", Godotenv, "github.com/joho/godotenv in go.mod"},
		{"two languages", memory{"go.mod": []byte("require github.com/joho/godotenv v1.5.1\n"), "requirements.txt": []byte("python-dotenv\n")}, ".env", "", "github.com/joho/godotenv in go.mod; python-dotenv in requirements.txt"},
		{"compose", memory{"compose.yaml": []byte("services:\n  api:\n    env_file: .env\n")}, ".env", Compose, "env_file in compose.yaml"},
		{"compose, a list", memory{"docker-compose.yml": []byte("services:\n  api:\n    env_file: [a.env, ./api/.env]\n")}, "api/.env", Compose, "env_file in docker-compose.yml"},
		{"compose, raw", memory{"compose.yaml": []byte("services:\n  api:\n    env_file:\n      - path: .env\n        format: raw\n")}, ".env", Docker, "env_file in compose.yaml"},
		{"compose names another file", memory{"compose.yaml": []byte("services:\n  api:\n    env_file: .env.local\n")}, ".env", "", ""},
		{"compose, broken", memory{"compose.yaml": []byte("services: [\n")}, ".env", "", ""},
		{"compose, no services", memory{"compose.yaml": []byte("services: 1\n")}, ".env", "", ""},
		{"sourced", memory{"scripts/run.sh": []byte("#!/bin/bash\nset -a\nsource \"$DIR/.env\"\n")}, ".env", Bash, "source in scripts/run.sh"},
		{"sourced with a dot", memory{"deploy.sh": []byte("set -a; . ./.env; set +a\n")}, ".env", Bash, "source in deploy.sh"},
		{"sourced in a comment", memory{"deploy.sh": []byte("# source .env\n")}, ".env", "", ""},
		{"another file sourced", memory{"deploy.sh": []byte("source .env.local\n")}, ".env", "", ""},
		{"docker", memory{"deploy.sh": []byte("docker run --rm --env-file .env img\n")}, ".env", Docker, "docker --env-file in deploy.sh"},
		{"docker compose", memory{"Makefile": []byte("up:\n\tdocker compose --env-file=.env up\n")}, ".env", Compose, "docker compose --env-file in Makefile"},
		{"podman", memory{"deploy.sh": []byte("podman run --env-file .env img\n")}, ".env", "", "podman --env-file in deploy.sh"},
		{"export of lines", memory{"deploy.sh": []byte("export $(cat .env | xargs)\n")}, ".env", "", "export of its lines in deploy.sh"},
		{"library and compose", memory{"compose.yaml": []byte("services: {api: {env_file: .env}}\n"), "package.json": []byte(`{"dependencies": {"dotenv": "16"}}`)}, ".env", "", "dotenv in package.json; env_file in compose.yaml"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, evidence, ok := Detect(tt.files, tt.file)
			if d != tt.want || evidence != tt.evidence || ok != (tt.want != "") {
				t.Errorf("Detect = %q, %q, %v; want %q, %q", d, evidence, ok, tt.want, tt.evidence)
			}
		})
	}
}
