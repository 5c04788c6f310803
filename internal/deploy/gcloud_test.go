package deploy_test

import "testing"

func TestGcloud(t *testing.T) {
	runServiceRows(t, []row{
		{script: `gcloud run deploy S --image i --set-env-vars A=1,B=2`,
			want: []string{
				`cloud-run S: A="1" B="2" *=?remote-state`,
			}},
		{script: `gcloud run deploy S --image i --set-env-vars A=1,B=2 --clear-secrets`,
			want: []string{
				`cloud-run S: A="1" B="2" *=absent`,
			}},
		{script: `gcloud run deploy S --set-env-vars=^:^A=1,2:B=3`,
			want: []string{
				`cloud-run S: A="1,2" B="3" *=?remote-state`,
			}},
		{script: `gcloud run deploy S --set-env-vars ^--^A=1--B=2`,
			want: []string{
				`cloud-run S: A="1" B="2" *=?remote-state`,
			}},
		{script: `gcloud run deploy S --set-env-vars ^A=1,B=2`,
			want: []string{
				`cloud-run S: B="2" ^A="1" *=?remote-state`,
			}},
		{script: `gcloud run deploy S --update-env-vars A=1`,
			want: []string{
				`cloud-run S: A="1" *=?remote-state`,
			}},
		{script: `gcloud run deploy S --set-env-vars A=1 --set-env-vars B=2`,
			want: []string{
				`cloud-run S: A="1" B="2" *=?remote-state`,
			}},
		{script: `gcloud run deploy S --set-env-vars A=1,A=2`,
			want: []string{
				`cloud-run S: A=?unsupported *=?unsupported`,
				`problems 1`,
			}},
		{script: `gcloud run deploy S --set-env-vars "A=$KEY,B=$SECRET"`,
			want: []string{
				`cloud-run S: A=?ci-secret B=?ci-secret *=?ci-secret`,
				`problems 1`,
			}},
		{script: `gcloud run deploy "$SECRET" --set-env-vars A=1`,
			want: []string{
				`cloud-run a cloud-run whose name is not known: A="1" *=?remote-state`,
			}},
		{script: `gcloud run deploy S "$SECRET" --set-env-vars A=1`,
			want: []string{
				`cloud-run S: A=?ci-secret *=?ci-secret`,
				`problems 1`,
			}},
		{script: `gcloud run deploy S --set-secrets A=sec:latest,/etc/x=other:1 --clear-env-vars`,
			want: []string{
				`cloud-run S: A=?remote-state *=absent`,
			}},
		{script: `gcloud run deploy S --image i`},
		{script: `gcloud beta run services update S --update-env-vars A=1`,
			want: []string{
				`cloud-run S: A="1" *=?remote-state`,
			}},
		{script: `gcloud run jobs update J --set-env-vars A=1`,
			want: []string{
				`cloud-run J: A="1" *=?remote-state`,
			}},
		{script: `gcloud --project p functions deploy fn --runtime nodejs20 --set-env-vars A=b=c`,
			want: []string{
				`function fn: A="b=c" *=?remote-state`,
			}},
		{script: `gcloud functions deploy fn --set-env-vars A`,
			want: []string{
				`function fn: *=?unsupported`,
				`problems 1`,
			}},
		{script: `gcloud run deploy --quiet S --set-env A=1`,
			want: []string{
				`cloud-run a cloud-run whose name is not known: *=?unsupported`,
				`problems 1`,
			}},
		{script: `gcloud run deploy S --set-env-vars A=1, --flags-file f.yaml`,
			want: []string{
				`cloud-run S: A=?unsupported *=?unsupported`,
				`problems 1`,
			}},
		{script: `gcloud run deploy S --env-vars-file env.yaml`, files: map[string]string{"env.yaml": "A: one\nB: \"2\"\nC: 3\nD: 0x10\nE: yes\nF: 'a#b'\n"},
			want: []string{
				`cloud-run S: A="one" B="2" C="3" D=?unsupported E=?unsupported F="a#b" *=?remote-state`,
			}},
		{script: `gcloud run deploy S --env-vars-file missing.yaml`,
			want: []string{
				`cloud-run S: *=?missing-file`,
				`problems 1`,
			}},
		{script: `gcloud run deploy S --env-vars-file .env`,
			want: []string{
				`cloud-run S: *=?missing-file`,
				`problems 1`,
			}},
		{script: `printf %s "$KEY" | gcloud secrets versions add s --data-file=-`,
			want: []string{
				`store gcp-secretmanager "s" ="sk_CANARY_1"`,
			}},
		{script: `gcloud secrets create s --data-file short.txt`, files: map[string]string{"short.txt": `text`},
			want: []string{
				`store gcp-secretmanager "s" ="text"`,
			}},
		{script: `gcloud compute instances list`},
		{script: `gcloud run deploy S --set-env-vars "A=$(curl x),B=1" --region eu`,
			want: []string{
				`cloud-run S: A=?command-output B=?command-output *=?command-output`,
				`problems 1`,
			}},
		{script: `if check; then V=1; else V=2; fi; gcloud run deploy S --set-env-vars "A=x$V,B=3"`,
			want: []string{
				`cloud-run S: A=one of "x1" "x2" B="3" *=?remote-state`,
			}},
		{script: `gcloud run deploy --region eu S --set-env-vars "A=1,=2"`,
			want: []string{
				`cloud-run S: A=?unsupported *=?unsupported`,
				`problems 1`,
			}},
	})
}
