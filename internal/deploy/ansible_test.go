package deploy_test

import "testing"

func TestAnsible(t *testing.T) {
	runServiceRows(t, []row{
		{script: `ansible-playbook -i hosts site.yml -e 'a=1 b="x y"' -e @vars.yml`, files: map[string]string{"vars.yml": "a: one\nb: \"{{ x }}\"\nc: [1]\n"},
			want: []string{
				`ansible site.yml: a="one" b=?unsupported c=?unsupported *=?unsupported`,
			}},
		{script: `ansible-playbook site.yml -e '{"a":"1","b":2}'`,
			want: []string{
				`ansible site.yml: a="1" b=?unsupported *=?unsupported`,
			}},
		{script: `ansible-playbook site.yml -e "key=$KEY"`,
			want: []string{
				`ansible site.yml: key="sk_CANARY_1" *=?unsupported`,
			}},
		{script: `ansible-playbook site.yml -e "key=$SECRET other=1"`,
			want: []string{
				`ansible site.yml: key=?ci-secret other=?ci-secret *=?ci-secret`,
				`problems 1`,
			}},
		{script: `ansible-playbook site.yml --extra-vars @vault.yml`, files: map[string]string{"vault.yml": "$ANSIBLE_VAULT;1.1;AES256\n3030\n"},
			want: []string{
				`ansible site.yml: *=?encrypted`,
				`problems 1`,
			}},
		{script: `ansible-playbook site.yml -e 'a={{ b }}' -e "a=2"`,
			want: []string{
				`ansible site.yml: a=?unsupported *=?unsupported`,
				`problems 1`,
			}},
		{script: `ansible-playbook site.yml`},
		{script: `ansible-playbook site.yml -e a="x'y"`,
			want: []string{
				`ansible site.yml: *=?unsupported`,
				`problems 1`,
			}},
	})
}
