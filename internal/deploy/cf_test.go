package deploy_test

import "testing"

func TestCloudFoundry(t *testing.T) {
	manifest := map[string]string{"manifest.yml": "applications:\n- name: api\n  env:\n    A: one\n    B: ((b))\n    C: ((c))\n    D: x((b))\n- name: web\n  env: {A: two}\n", "vars.yml": "b: fromfile\n"}
	runServiceRows(t, []row{
		{script: `cf set-env app A 1`,
			want: []string{
				`cloud-foundry app: A="1" *=?remote-state`,
			}},
		{script: `cf set-env app A "$SECRET"`,
			want: []string{
				`cloud-foundry app: A=?ci-secret *=?remote-state`,
			}},
		{script: `cf set-env app "$SECRET" 1`,
			want: []string{
				`cloud-foundry app: *=?ci-secret`,
				`problems 1`,
			}},
		{script: `cf set-env "$SECRET" A "$KEY"`,
			want: []string{
				`cloud-foundry a cloud-foundry whose name is not known: A="sk_CANARY_1" *=?remote-state`,
			}},
		{script: `cf push --var b=word`, files: manifest,
			want: []string{
				`cloud-foundry api: A="one" B="word" C=?input D=?unsupported *=?remote-state`,
				`cloud-foundry web: A="two" *=?remote-state`,
			}},
		{script: `cf push api --vars-file vars.yml`, files: manifest,
			want: []string{
				`cloud-foundry api: A="one" B="fromfile" C=?input D=?unsupported *=?remote-state`,
			}},
		{script: `cf push api --vars-file vars.yml --var b=other`, files: manifest,
			want: []string{
				`cloud-foundry api: A="one" B="other" C=?input D=?unsupported *=?remote-state`,
			}},
		{script: `cf push api --var "b=$SECRET"`, files: manifest,
			want: []string{
				`cloud-foundry api: A="one" B=?ci-secret C=?input D=?unsupported *=?remote-state`,
			}},
		{script: `cf push api -f none.yml`, files: manifest,
			want: []string{
				`cloud-foundry the apps of the manifest: *=?missing-file`,
				`problems 1`,
			}},
		{script: `cf push api`},
	})
}
