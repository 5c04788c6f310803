package deploy_test

import "testing"

func TestLambda(t *testing.T) {
	more := map[string]string{"in.json": `{"FunctionName": "G", "Environment": {"Variables": {"A": "1"}}}`}
	runServiceRows(t, []row{
		{script: `aws lambda update-function-configuration --function-name F --environment "Variables={A=1,B=2}"`,
			want: []string{
				`lambda F: A="1" B="2" *=absent`,
			}},
		{script: `aws lambda update-function-configuration --function-name F --environment "Variables={A=$KEY,B=2}"`,
			want: []string{
				`lambda F: A="sk_CANARY_1" B="2" *=absent`,
			}},
		{script: `aws lambda update-function-configuration --function-name F --environment "Variables={A=$SECRET,B=2}"`,
			want: []string{
				`lambda F: A=?ci-secret B=?ci-secret *=?ci-secret`,
				`problems 1`,
			}},
		{script: `aws lambda update-function-configuration --function-name "$SECRET" --environment Variables={A=1}`,
			want: []string{
				`lambda a lambda whose name is not known: A="1" *=absent`,
			}},
		{script: `aws lambda update-function-configuration --function-name F --environment '{"Variables":{"A":"a,b={c}","B":"x\ty"}}'`,
			want: []string{
				`lambda F: A="a,b={c}" B="x\ty" *=absent`,
			}},
		{script: `aws lambda update-function-configuration --function-name F --environment "{\"Variables\":{\"A\":\"$SECRET\",\"B\":\"$KEY\"}}"`,
			want: []string{
				`lambda F: A=?ci-secret B=?ci-secret *=?ci-secret`,
				`problems 1`,
			}},
		{script: `aws lambda update-function-configuration --function-name=F --environment=Variables={A=1}`,
			want: []string{
				`lambda F: A="1" *=absent`,
			}},
		{script: `aws --region eu-west-1 --profile p lambda create-function --function-name F --role r --environment 'Variables={A="x y",B=c\,d}' --timeout 3`,
			want: []string{
				`lambda F: A="x y" B="c,d" *=absent`,
			}},
		{script: `aws lambda update-function-configuration --function-name F --timeout 3`},
		{script: `aws lambda update-function-configuration --function-name F --environment Variables={}`,
			want: []string{
				`lambda F: *=absent`,
			}},
		{script: `aws lambda update-function-configuration --function-name F --environment file://missing.json`,
			want: []string{
				`lambda F: *=?missing-file`,
				`problems 1`,
			}},
		{script: `aws lambda update-function-configuration --function-name F --environment 'Variables={A=1'`,
			want: []string{
				`lambda F: *=?unsupported`,
				`problems 1`,
			}},
		{script: `aws lambda update-function-configuration --function-name F --environment 'Variables={A=1,A=2}'`,
			want: []string{
				`lambda F: *=?unsupported`,
				`problems 1`,
			}},
		{script: `aws lambda update-function-configuration --function-name F --env Variables={A=1}`,
			want: []string{
				`lambda F: *=?unsupported`,
				`problems 1`,
			}},
		{script: `aws lambda update-function-configuration --function-name F --environment $SECRET`,
			want: []string{
				`lambda F: *=?ci-secret`,
				`problems 2`,
			}},
		{script: `aws lambda update-function-configuration --function-name F --environment Variables={A=1} "$SECRET"`,
			want: []string{
				`lambda F: A=?ci-secret *=?ci-secret`,
				`problems 1`,
			}},
		{script: `aws lambda invoke --function-name F out.json`},
		{script: `aws "$SECRET" update-function-configuration --environment Variables={A=1}`},
		{script: `if check; then V=1; else V=2; fi; aws lambda update-function-configuration --function-name F --environment "Variables={A=$V,B=3}"`,
			want: []string{
				`lambda F: A=one of "1" "2" B="3" *=absent`,
			}},
		{script: `aws lambda update-function-configuration --function-name F --environment file://env.json`, files: map[string]string{"env.json": `{"Variables": {"A": "1", "B": "2"}}`},
			want: []string{
				`lambda F: A="1" B="2" *=absent`,
			}},
		{script: `aws lambda update-function-configuration --function-name F --environment file://short.txt`, files: map[string]string{"short.txt": `Variables={A=1}`},
			want: []string{
				`lambda F: A="1" *=absent`,
			}},
		{script: `aws lambda update-function-configuration --cli-input-json file://in.json`, files: more,
			want: []string{
				`lambda G: A="1" *=absent`,
			}},
		{script: `aws lambda update-function-configuration --cli-input-json file://in.json --environment Variables={B=2} --function-name F`, files: more,
			want: []string{
				`lambda F: B="2" *=absent`,
			}},
		{script: `aws lambda update-function-configuration --function-name F --environment file://num.json`, files: map[string]string{"num.json": `{"Variables": {"A": 1, "B": "2"}}`},
			want: []string{
				`lambda F: A=?unsupported B="2" *=absent`,
				`problems 1`,
			}},
		{script: `aws lambda update-function-configuration --function-name F --environment "file://$SECRET"`,
			want: []string{
				`lambda F: *=?ci-secret`,
				`problems 1`,
			}},
	})
}

func TestECS(t *testing.T) {
	runServiceRows(t, []row{
		{script: `aws ecs register-task-definition --cli-input-json file://td.json`, files: map[string]string{"td.json": `{"family":"shop","containerDefinitions":[{"name":"api","environment":[{"name":"A","value":"1"}],"secrets":[{"name":"S","valueFrom":"arn:aws:ssm:eu:1:parameter/s"}]},{"name":"side","environmentFiles":[{"value":"arn:aws:s3:::b/e.env","type":"s3"}]}]}`},
			want: []string{
				`ecs shop[api]: A="1" S=?remote-state *=absent`,
				`ecs shop[side]: *=?remote-state`,
			}},
		{script: `aws ecs register-task-definition --family f --container-definitions '[{"name":"api","environment":[{"name":"A","value":"1"},{"name":"A","value":"2"}]}]'`,
			want: []string{
				`ecs f[api]: A=?unsupported *=absent`,
			}},
		{script: `aws ecs register-task-definition --family f --container-definitions 'name=api,environment=[{name=A,value=1},{name=B,value=2}],secrets=[{name=S,valueFrom=arn:x}]' name=side`,
			want: []string{
				`ecs f[api]: A="1" B="2" S=?remote-state *=absent`,
				`ecs f[side]: *=absent`,
			}},
		{script: `aws ecs update-service --service s --task-definition f`},
		{script: `aws ecs register-task-definition --family f --container-definitions "[{\"name\":\"api\",\"environment\":[{\"name\":\"A\",\"value\":\"$KEY\"}]}]"`,
			want: []string{
				`ecs f[api]: A="sk_CANARY_1" *=absent`,
			}},
	})
}

func TestAWSStores(t *testing.T) {
	runServiceRows(t, []row{
		{script: `aws ssm put-parameter --name /app/KEY --value "$KEY" --type SecureString --overwrite`,
			want: []string{
				`store aws-ssm "/app/KEY" ="sk_CANARY_1"`,
			}},
		{script: `aws ssm put-parameter --name /app/KEY --value "$SECRET"`,
			want: []string{
				`store aws-ssm "/app/KEY" =?ci-secret`,
			}},
		{script: `aws ssm put-parameter --name /app/KEY --value file://short.txt`, files: map[string]string{"short.txt": `Variables={A=1}`},
			want: []string{
				`store aws-ssm "/app/KEY" ="Variables={A=1}"`,
			}},
		{script: `aws ssm put-parameter --name /app/U --value https://x.test/a`,
			want: []string{
				`store aws-ssm "/app/U" =?unsupported`,
			}},
		{script: `aws secretsmanager put-secret-value --secret-id s --secret-string "$KEY"`,
			want: []string{
				`store aws-secretsmanager "s" ="sk_CANARY_1"`,
			}},
		{script: `aws secretsmanager create-secret --name s --secret-string '{"a":"b"}'`,
			want: []string{
				`store aws-secretsmanager "s" ="{\"a\":\"b\"}"`,
			}},
		{script: `aws secretsmanager update-secret --secret-id s --description d`},
		{script: `aws elasticbeanstalk update-environment --environment-name e --option-settings Namespace=aws:elasticbeanstalk:application:environment,OptionName=A,Value=1 Namespace=aws:x,OptionName=B,Value=2`,
			want: []string{
				`elastic-beanstalk e: A="1" *=?remote-state`,
			}},
	})
}
