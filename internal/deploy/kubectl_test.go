package deploy_test

import "testing"

func TestKubectlApply(t *testing.T) {
	runRows(t, []row{
		{name: "files", script: `kubectl -n shop apply -f a.yaml,b.yaml --filename=c -R`,
			want: []string{`manifests "a.yaml" "b.yaml" "c" ns "shop" stdin absent dir . recursive`}},
		{name: "kustomize", script: `cd k8s 2>/dev/null || true; kubectl apply -k overlays/prod --namespace prod`, files: map[string]string{"k8s/x": ""},
			want: []string{`manifests "overlays/prod" ns "prod" stdin absent dir k8s kustomize`}},
		{name: "standard input", script: "kubectl apply -f - <<EOF\na: $KEY\nEOF",
			want: []string{`manifests "-" ns absent stdin "a: sk_CANARY_1\n" dir .`}},
		{name: "dry run", script: `kubectl apply --dry-run=server -f a.yaml`, want: []string{`manifests "a.yaml" ns absent stdin absent dir .`, "printed"}},
		{name: "the value of dry-run is in the same word", script: `kubectl apply --dry-run -f a.yaml`,
			want: []string{`manifests "a.yaml" ns absent stdin absent dir .`, "printed"}},
		{name: "other commands", script: `kubectl get pods; kubectl rollout status deployment/api; kubectl version`, want: nil},
		{name: "an unknown file", script: `kubectl apply -f "$SECRET"`, want: []string{`manifests ?ci-secret ns absent stdin absent dir .`}},
		{name: "an unknown without quotes", script: `kubectl apply -f a.yaml $SECRET`,
			want: []string{`manifests "a.yaml" ns ?ci-secret stdin absent dir . doubt=?ci-secret`,
				`problem kubectl apply: an argument that is not known may hold flags, so what the command delivers is not known`}},
		{name: "selections", script: `kubectl config use-context prod; kubectl config set-context --current --namespace=shop`,
			want: []string{`select kubectl context dir "" "prod"`, `select kubectl namespace dir "" "shop"`}},
	})
}

func TestKubectlCreate(t *testing.T) {
	const secret = "store kubernetes-secret "
	runRows(t, []row{
		{name: "literals", script: `kubectl create secret generic pay -n shop --from-literal=A=1 --from-literal "B=$KEY" --from-literal=C='"q"' --from-literal="D=$SECRET" --from-literal=E=a=b,c`,
			want: []string{secret + `"pay" ns "shop" A="1"`, secret + `"pay" ns "shop" B="sk_CANARY_1"`, secret + `"pay" ns "shop" C="\"q\""`, secret + `"pay" ns "shop" D=?ci-secret`, secret + `"pay" ns "shop" E="a=b,c"`}},
		{name: "env file", script: `kubectl create secret generic pay --from-env-file=.env`, files: map[string]string{".env": "A='x' \nKEY\n# c\nUNSET\n"},
			want: []string{secret + `"pay" ns absent A="'x' "`, secret + `"pay" ns absent KEY="sk_CANARY_1"`, secret + `"pay" ns absent UNSET=""`}},
		{name: "a name twice", script: `kubectl create secret generic pay --from-env-file=.env`, files: map[string]string{".env": "A=1\nA=2\n"},
			want: []string{secret + `"pay" ns absent A=?unsupported`, secret + `"pay" ns absent =?unsupported`, `problem kubectl refuses the file here: the name comes a second time, expected NAME=value`}},
		{name: "files", script: `kubectl create secret generic pay --from-file=k=d/a.txt,d/b.txt --from-file=missing`, files: map[string]string{"d/a.txt": "1\n", "d/b.txt": "2"},
			want: []string{secret + `"pay" ns absent k="1\n"`, secret + `"pay" ns absent b.txt="2"`, secret + `"pay" ns absent missing=?missing-file`,
				`problem the file "missing" cannot be read here, expected a file in the repository`}},
		{name: "a directory", script: `kubectl create secret generic pay --from-file=d`, files: map[string]string{"d/a.txt": "1\n", "d/b.txt": "2"},
			want: []string{secret + `"pay" ns absent a.txt="1\n"`, secret + `"pay" ns absent b.txt="2"`}},
		{name: "a key twice", script: `kubectl create secret generic pay --from-literal=A=1 --from-literal=A=2`,
			want: []string{secret + `"pay" ns absent A=?unsupported`, secret + `?unsupported ns absent A=?unsupported`, `problem kubectl refuses the same key twice, expected every key once`}},
		{name: "an env file beside a literal", script: `kubectl create secret generic pay --from-env-file=.env --from-literal=B=2`, files: map[string]string{".env": "A=1\n"},
			want: []string{secret + `?unsupported ns absent A=?unsupported`, secret + `?unsupported ns absent B=?unsupported`,
				`problem kubectl refuses --from-env-file beside --from-literal or --from-file, so nothing is created`}},
		{name: "an env file beside a file", script: `kubectl create cm conf --from-file=a.txt --from-env-file=.env`, files: map[string]string{".env": "A=1\n", "a.txt": "1"},
			want: []string{`store kubernetes-configmap ?unsupported ns absent a.txt=?unsupported`, `store kubernetes-configmap ?unsupported ns absent A=?unsupported`,
				`problem kubectl refuses --from-env-file beside --from-literal or --from-file, so nothing is created`}},
		{name: "config map", script: `kubectl create cm conf --from-literal=A=1`, want: []string{`store kubernetes-configmap "conf" ns absent A="1"`}},
		{name: "a missing env file", script: `kubectl create configmap conf --from-env-file=x`,
			want: []string{`store kubernetes-configmap "conf" ns absent =?missing-file`, `problem the file "x" cannot be read here, expected a file in the repository`}},
		{name: "an unknown name", script: `kubectl create secret generic "$SECRET" --from-literal=A=1`, want: []string{secret + `?ci-secret ns absent A="1"`}},
		{name: "an unknown without quotes", script: `kubectl create secret generic pay --from-literal=A=$SECRET --from-literal=B=1`,
			want: []string{secret + `?ci-secret ns ?ci-secret A=?ci-secret`, secret + `?ci-secret ns ?ci-secret B=?ci-secret`,
				`problem kubectl create secret: an argument that is not known may hold flags, so what the command delivers is not known`}},
		{name: "an unknown key", script: `kubectl create secret generic pay "--from-literal=$SECRET=1"`,
			want: []string{secret + `"pay" ns absent =?ci-secret`, `problem what --from-literal adds is not known, expected KEY=value with a known key`}},
		{name: "files of manifests", script: `kubectl create -f a.yaml`, want: []string{`manifests "a.yaml" ns absent stdin absent dir .`}},
		{name: "other objects", script: `kubectl create namespace x; kubectl create deployment a --image b`, want: nil},
		{name: "an unknown object", script: `kubectl create $SECRET secret generic pay --from-literal=A=1`, want: []string{
			`problem kubectl create: an argument that is not known may hold flags, so what the command delivers is not known`}},
	})
}

func TestKubectlSetEnv(t *testing.T) {
	runRows(t, []row{
		{name: "set and remove", script: `kubectl set env deployment/api -n shop -c web A=1 "B=$KEY" C- -e D=2`,
			want: []string{`kubernetes shop/Deployment/api[web]: A="1" B="sk_CANARY_1" C=absent D="2"` + image}},
		{name: "several", script: `kubectl set env deploy api worker A=1`,
			want: []string{`kubernetes Deployment/api: A="1"` + image, `kubernetes Deployment/worker: A="1"` + image}},
		{name: "from a Secret", script: `kubectl set env sts/db --from=secret/pay --keys=a-b,C --prefix P_ X=1`,
			want: []string{`kubernetes StatefulSet/db: P_A_B=?kubernetes-secret P_C=?kubernetes-secret X="1"` + image}},
		{name: "all of a Secret", script: `kubectl set env deployment/api A=1 --from=secret/pay`,
			want: []string{`kubernetes Deployment/api: A="1" *=?kubernetes-secret`}},
		{name: "not over what is there", script: `kubectl set env deployment/api --overwrite=false A=1`, want: []string{`kubernetes Deployment/api: A=?remote-state` + image}},
		{name: "listing", script: `kubectl set env deployment/api --list; kubectl set image deployment/api a=b`, want: nil},
		{name: "from standard input", script: `echo A=1 | kubectl set env deployment/api -`, want: []string{`kubernetes Deployment/api: *=?input`}},
		{name: "an unknown workload", script: `kubectl set env "deployment/$SECRET" A=1`, want: []string{`kubernetes a Deployment whose name is not known: A="1"` + image}},
		{name: "a pod", script: `kubectl run tmp --image=x --env=A=1 --env "B=$SECRET" --restart=Never -- sh -c true`,
			want: []string{`kubernetes Pod/tmp[tmp]: A="1" B=?ci-secret` + image}},
	})
}

func TestKustomize(t *testing.T) {
	runRows(t, []row{
		{name: "built and applied", script: `kustomize build overlays/prod | kubectl apply -n prod -f -`,
			want: []string{`manifests "overlays/prod" ns absent stdin absent dir . kustomize`, "printed", `manifests "-" ns "prod" stdin ?command-output dir .`}},
		{name: "here", script: `kustomize build`, want: []string{`manifests "." ns absent stdin absent dir . kustomize`, "printed"}},
		{name: "by kubectl", script: `kubectl kustomize --enable-helm a`, want: []string{`manifests "a" ns absent stdin absent dir . kustomize`, "printed"}},
		{name: "edited", script: `cd o; kustomize edit set image "a=b:$SECRET"`, files: map[string]string{"o/x": ""}, want: []string{`edit kustomize dir o "edit" "set" "image" ?ci-secret`}},
	})
}
