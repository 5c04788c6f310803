package deploy_test

import "testing"

func TestSSH(t *testing.T) {
	runServiceRows(t, []row{
		{script: `ssh host 'A=1 ./run.sh'`,
			want: []string{
				`ssh host[./run.sh]: A="1" *=?remote-state`,
			}},
		{script: `ssh user@host "KEY=$KEY ./run.sh"`,
			want: []string{
				`ssh user@host[./run.sh]: KEY="sk_CANARY_1" *=?remote-state`,
			}},
		{script: `ssh host "KEY='$KEY' OTHER=\$REMOTE ./run.sh && B=2 next"`,
			want: []string{
				`ssh host[./run.sh]: KEY="sk_CANARY_1" OTHER=?remote-state *=?remote-state`,
				`ssh host[next]: B="2" *=?remote-state`,
			}},
		{script: `ssh host "export A=1 B='x y'; cd /srv; ./run.sh"`,
			want: []string{
				`ssh host[./run.sh]: A="1" B="x y" *=?remote-state`,
			}},
		{script: `ssh host "export A=1; B=2 one; export A=3; two"`,
			want: []string{
				`ssh host[one]: A="1" B="2" *=?remote-state`,
				`ssh host[two]: A="3" *=?remote-state`,
			}},
		{script: `ssh host "KEY=$SECRET ./run.sh"`,
			want: []string{
				`ssh host[./run.sh]: KEY=?ci-secret *=?ci-secret`,
				`problems 1`,
			}},
		{script: `ssh host "KEY='$SECRET' A=1 ./run.sh"`,
			want: []string{
				`ssh host[./run.sh]: A=?ci-secret KEY=?ci-secret *=?ci-secret`,
				`problems 1`,
			}},
		{script: `ssh -p 22 -i key -o StrictHostKeyChecking=no host A=1 ./run.sh`,
			want: []string{
				`ssh host[./run.sh]: A="1" *=?remote-state`,
			}},
		{script: `ssh "$SECRET" 'A=1 ./run.sh'`,
			want: []string{
				`ssh a host that is not known[./run.sh]: A="1" *=?remote-state`,
			}},
		{script: `ssh host 'if x; then A=1 ./run.sh; fi'`,
			want: []string{
				`run on host: if x; then A=1 ./run.sh; fi -EMPTY -HOST_A -KEY -SECRET *=?remote-state`,
			}},
		{script: `ssh host 'docker compose up -d'`,
			want: []string{
				`run on host: docker compose up -d -EMPTY -HOST_A -KEY -SECRET *=?remote-state`,
			}},
		{script: `ssh host`},
		{script: `ssh -N -L 1:2:3 host`},
		{script: "ssh host 'bash -s' <<EOF\nexport A=$KEY\n./run.sh\nEOF",
			want: []string{
				`ssh host[./run.sh]: A="sk_CANARY_1" *=?remote-state`,
			}},
		{script: "ssh host <<'EOF'\nexport A=$KEY\nA=b ./run.sh\nEOF",
			want: []string{
				`ssh host[./run.sh]: A="b" *=?remote-state`,
			}},
		{script: `ssh host sudo A=1 ./run.sh`,
			want: []string{
				`run on host: sudo A=1 ./run.sh -EMPTY -HOST_A -KEY -SECRET *=?remote-state`,
			}},
		{script: `ssh host 'A=a\ b ./run.sh'`,
			want: []string{
				`ssh host[./run.sh]: A=?remote-state *=?remote-state`,
			}},
		{script: `ssh host 'A=~/x B=$(date) C=1 ./run.sh'`,
			want: []string{
				`ssh host[./run.sh]: A=?remote-state B=?remote-state C="1" *=?remote-state`,
			}},
		{script: `ssh host 'A=1'`,
			want: []string{
				`run on host: A=1 -EMPTY -HOST_A -KEY -SECRET *=?remote-state`,
			}},
		{script: `ssh host $SECRET`,
			want: []string{
				`ssh host[]: *=?ci-secret`,
				`problems 2`,
			}},
	})
}
