package deploy_test

import "testing"

func TestAz(t *testing.T) {
	files := map[string]string{"v.txt": "text\n"}
	runServiceRows(t, []row{
		{script: `az webapp config appsettings set -g rg -n app --settings A=1 B=2`,
			want: []string{
				`app-service app: A="1" B="2" *=?remote-state`,
			}},
		{script: `az webapp config appsettings set -g rg -n app --slot staging --settings A=1 --slot-settings B=2`,
			want: []string{
				`app-service app[staging]: A="1" B="2" *=?remote-state`,
			}},
		{script: `az functionapp config appsettings set --name app --resource-group rg --settings "A=$KEY" "B=$SECRET"`,
			want: []string{
				`app-service app: A="sk_CANARY_1" B=?ci-secret *=?remote-state`,
			}},
		{script: `az webapp config appsettings set -g rg -n app --settings "$SECRET" A=1`,
			want: []string{
				`app-service app: A=?ci-secret *=?ci-secret`,
				`problems 2`,
			}},
		{script: `az webapp config appsettings set -g rg -n app --settings A="@Microsoft.KeyVault(SecretUri=https://v/s)"`,
			want: []string{
				`app-service app: A=?remote-state *=?remote-state`,
			}},
		{script: `az webapp config appsettings set -g rg -n app --settings '{"A":"1","B":"2"}' C=3`,
			want: []string{
				`app-service app: A="1" B="2" C="3" *=?remote-state`,
			}},
		{script: `az webapp config appsettings set -g rg -n app --settings @s.json C=3`, files: map[string]string{"s.json": "[{\"name\":\"A\",\"value\":\"1\",\"slotSetting\":false},{\"name\":\"B\",\"value\":\"2\"}]\n"},
			want: []string{
				`app-service app: A="1" B="2" C="3" *=?remote-state`,
			}},
		{script: `az webapp config appsettings set -g rg -n app --settings A=@v.txt B=@none.txt`, files: files,
			want: []string{
				`app-service app: A="text" B="@none.txt" *=?remote-state`,
			}},
		{script: `az webapp config appsettings set -g rg -n app --settings @missing.json`,
			want: []string{
				`app-service app: *=?unsupported`,
				`problems 1`,
			}},
		{script: `az webapp config appsettings set -g rg -n app --settings "{\"A\":\"$SECRET\",\"B\":\"2\"}"`,
			want: []string{
				`app-service app: A=?ci-secret B=?ci-secret *=?ci-secret`,
				`problems 1`,
			}},
		{script: `az webapp config appsettings set -g rg -n app --set A=1`,
			want: []string{
				`app-service app: *=?unsupported`,
				`problems 1`,
			}},
		{script: `az webapp config appsettings set -g rg -n app --settings A==1 B=`,
			want: []string{
				`app-service app: A="=1" B="" *=?remote-state`,
			}},
		{script: `az containerapp update -n app -g rg --set-env-vars A=1 B=secretref:s`,
			want: []string{
				`container-app app: A="1" B=?remote-state *=?remote-state`,
			}},
		{script: `az containerapp create -n app -g rg --image i --env-vars A=1 "B=$KEY"`,
			want: []string{
				`container-app app: A="1" B="sk_CANARY_1" *=absent`,
			}},
		{script: `az containerapp update -n app -g rg --replace-env-vars A=1`,
			want: []string{
				`container-app app: A="1" *=absent`,
			}},
		{script: `az containerapp update -n app -g rg --yaml app.yaml`,
			want: []string{
				`container-app app: *=?unsupported`,
				`problems 1`,
			}},
		{script: `az container create -n c -g rg --environment-variables A=1 --secure-environment-variables B=2`,
			want: []string{
				`container-instance c: A="1" B="2" *=absent`,
			}},
		{script: `az staticwebapp appsettings set -n app --setting-names A=1`,
			want: []string{
				`app-service app: A="1" *=?remote-state`,
			}},
		{script: `az keyvault secret set --vault-name v --name s --value "$KEY"`,
			want: []string{
				`store azure-keyvault "s" ="sk_CANARY_1"`,
			}},
		{script: `az keyvault secret set --vault-name v --name s --file v.txt`, files: files,
			want: []string{
				`store azure-keyvault "s" ="text\n"`,
			}},
		{script: `az login`},
	})
}
