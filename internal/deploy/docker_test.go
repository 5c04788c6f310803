package deploy_test

import "testing"

const (
	image   = " *=?remote-state"
	flagged = "problem docker run: an argument that is not known may hold flags, so what the command delivers is not known"
)

func TestDockerRun(t *testing.T) {
	runRows(t, []row{
		{name: "all spellings", script: `docker run -e A=1 --env B=2 --env=C=3 -eD=4 -e=E=5 -itde F=6 acme/api:v1`,
			want: []string{`container acme/api: A="1" B="2" C="3" D="4" E="5" F="6"` + image}},
		{name: "flags end at the image", script: `docker run -e A=1 acme/api -e B=2 --env-file x`,
			want: []string{`container acme/api: A="1"` + image}},
		{name: "flags end at --", script: `docker run -e A=1 -- acme/api -e B=2`,
			want: []string{`container acme/api: A="1"` + image}},
		{name: "from the environment", script: `export X=x; Y=y; docker run -e X -e Y -e KEY -e EMPTY -e UNSET api`,
			want: []string{`container api: EMPTY="" KEY="sk_CANARY_1" UNSET=absent X="x" Y=absent` + image}},
		{name: "the last one counts, and an unset name removes what was given, or not", script: `docker run -e A=1 -e A=2 -e B=1 -e B api`,
			want: []string{`container api: A="2" B=one of absent "1"` + image}},
		{name: "an unknown value of a known name", script: `docker run -e "A=$SECRET" -e "B=$KEY" api`,
			want: []string{`container api: A=?ci-secret B="sk_CANARY_1"` + image}},
		{name: "an unknown image that is certainly no flag", script: `docker run -e A=1 acme/api:$SECRET -x`,
			want: []string{`container acme/api: A="1"` + image}},
		{name: "an unknown image in quotes at the end", script: `docker run -e A=1 "$SECRET"`,
			want: []string{`container a container whose name is not known: A="1"` + image}},
		{name: "an unknown word that may be a flag", script: `docker run -e A=1 "$SECRET" api`,
			want: []string{`container api: A=?ci-secret *=?ci-secret`, flagged}},
		{name: "an unknown without quotes", script: `docker run -e A=1 $SECRET -e B=2 api`,
			want: []string{`container api: A=?ci-secret B=?ci-secret *=?ci-secret`, flagged}},
		{name: "an unknown value without quotes", script: `docker run -e A=$SECRET -e B=2 api`,
			want: []string{`container api: A=?ci-secret B=?ci-secret *=?ci-secret`, flagged}},
		{name: "values that look like flags", script: `docker run -e --name -e A=--rm --name -x api`,
			want: []string{`container -x: --name=absent A="--rm"` + image}},
		{name: "a flag that is not known", script: `docker run --not-there x -e A=1 api`,
			want: []string{`container api: A=?unsupported *=?unsupported`, `problem docker run: the flag "not-there" is not known, so what it delivers is not known`}},
		{name: "no value", script: `docker run -e`,
			want: []string{`container a container whose name is not known: *=?unsupported`, `problem docker run: the flag "env" has no value, so what it delivers is not known`}},
		{name: "global flags", script: `docker --context prod -l debug container run --name shop -e A=1 api`,
			want: []string{`container shop: A="1"` + image}},
		{name: "switches with values", script: `docker run --rm=false -d=true -e A=1 api`,
			want: []string{`container api: A="1"` + image}},
		{name: "one of two", script: `if check; then V=1; else V=2; fi; docker run -e A=$V api`,
			want: []string{`container api: A=one of "1" "2"` + image}},
		{name: "nothing delivered", script: "docker ps; docker login -u x; docker --version", want: nil},
		{name: "a command that is known in part", script: `docker "ru$SECRET" -e A=1 x`,
			want: []string{`problem which command of docker is run is not known, so what it delivers is not known`}},
		{name: "an unknown command", script: `docker "$SECRET" -e A=1 x`,
			want: []string{`problem docker: an argument that is not known may hold flags, so what the command delivers is not known`}},
	})
}

func TestDockerEnvFile(t *testing.T) {
	const text = "# comment\n A=1\nB=\"quoted\" # kept\nC=a=b \nKEY\nUNSET\nD=\r\nA=2\n"
	runRows(t, []row{
		{name: "raw values, before -e", script: `docker run -e C=3 --env-file .env api`, files: map[string]string{".env": text},
			want: []string{`container api: A="2" B="\"quoted\" # kept" C="3" D="" KEY="sk_CANARY_1"` + image}},
		{name: "relative to the directory", script: `cd ops && docker run --env-file ../.env api`, files: map[string]string{".env": "\uFEFFX=1", "ops/x": ""},
			want: []string{`container api: X="1"` + image}},
		{name: "missing", script: `docker run --env-file .env -e A=1 api`,
			want: []string{`container api: A="1" *=?missing-file`, `problem the file of --env-file, ".env", cannot be read here, expected a file in the repository`}},
		{name: "an earlier file under a missing one", script: `docker run --env-file a --env-file b api`, files: map[string]string{"a": "A=1"},
			want: []string{`container api: A=?missing-file *=?missing-file`, `problem the file of --env-file, "b", cannot be read here, expected a file in the repository`}},
		{name: "refused", script: `docker run --env-file .env api`, files: map[string]string{".env": "A=1\nexport B=sk_CANARY\n"},
			want: []string{`container api: A=?unsupported *=?unsupported`, `problem docker refuses the file here: what is in front of "=" is not a name, expected NAME=value`}},
		{name: "podman reads quotes in its own way", script: `podman run --env-file .env api`, files: map[string]string{".env": "A=1\nB='x'\n"},
			want: []string{`container api: A="1" B=?unsupported` + image}},
		{name: "podman's own flags", script: `podman run --env 'HOST_*' --unsetenv B -e B=1 --secret db,type=env,target=DB api`,
			want: []string{`container api: B=absent DB=?remote-state HOST_A="a"` + image}},
	})
}

func TestDockerElsewhere(t *testing.T) {
	runRows(t, []row{
		{name: "exec", script: `docker exec -it -e A=1 shop env -e B=2`, want: []string{`container shop: A="1"` + image}},
		{name: "exec without variables", script: `docker exec shop ls`, want: nil},
		{name: "build", script: `docker build . --build-arg A=1 --build-arg KEY --build-arg UNSET -t acme/api:1 --secret id=tok,env=KEY --secret id=KEY --secret id=f,src=tok.txt`,
			files: map[string]string{"tok.txt": "CANARY\n"},
			want:  []string{`image acme/api: A="1" KEY="sk_CANARY_1" UNSET=absent f="CANARY\n" tok="sk_CANARY_1" *=absent`}},
		{name: "buildx", script: `docker buildx build --push --build-arg=A=1 -t x .`, want: []string{`image x: A="1" *=absent`}},
		{name: "build without any", script: `docker build -t x .`, want: nil},
		{name: "service create", script: `docker service create -e A=1 --name shop --env-file e api`, files: map[string]string{"e": "B=2"},
			want: []string{`swarm shop: A="1" B="2"` + image}},
		{name: "service update", script: `docker service update --env-add A=1 shop --env-rm A --env-rm B`, want: []string{`swarm shop: A="1" B=absent` + image}},
		{name: "service update without variables", script: `docker service update --image x shop`, want: nil},
		{name: "stack", script: `docker stack deploy -c a.yml,b.yml --compose-file c.yml shop`,
			want: []string{`compose up files ["a.yml" "b.yml" "c.yml"] env-files [] profiles [] project "shop" services [] dir . stack`}},
	})
}

func TestCompose(t *testing.T) {
	runRows(t, []row{
		{name: "up", script: `docker compose -f a.yaml --file=b.yaml --env-file .e --profile x -p shop up -d --build api`,
			want: []string{`compose up files ["a.yaml" "b.yaml"] env-files [".e"] profiles [x] project "shop" services [api] dir .`}},
		{name: "from variables", script: `export COMPOSE_FILE=a.yaml:b.yaml COMPOSE_PROFILES=x,y COMPOSE_PROJECT_NAME=p; docker-compose up`,
			want: []string{`compose up files ["a.yaml" "b.yaml"] env-files [] profiles [x y] project "p" services [] dir .`}},
		{name: "run", script: `docker compose run --rm -e A=1 -e KEY -e UNSET api migrate -e B=2`,
			want: []string{`compose run files [] env-files [] profiles [] project absent services [api] dir . A="1" KEY="sk_CANARY_1" UNSET=?unsupported`}},
		{name: "exec", script: `docker compose exec -e A=1 api sh`, want: []string{`container api: A="1"` + image}},
		{name: "config prints", script: `docker compose config`,
			want: []string{`compose config files [] env-files [] profiles [] project absent services [] dir .`, "printed"}},
		{name: "other commands", script: `docker compose down; docker compose ps`, want: nil},
		{name: "an unknown file", script: `docker compose -f "$SECRET" up`,
			want: []string{`compose up files [?ci-secret] env-files [] profiles [] project absent services [] dir .`}},
		{name: "an unknown that may be flags", script: `docker compose $SECRET up`,
			want: []string{`problem docker compose: an argument that is not known may hold flags, so what the command delivers is not known`}},
		{name: "an unknown behind up", script: `docker compose up $SECRET`,
			want: []string{`compose up files [] env-files [] profiles [] project absent services [] dir . doubt=?ci-secret`,
				`problem docker compose up: an argument that is not known may hold flags, so what the command delivers is not known`,
				`problem a service of docker compose up is not known, expected its name`}},
	})
}
