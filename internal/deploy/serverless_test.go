package deploy_test

import "testing"

func TestServerless(t *testing.T) {
	configuration := map[string]string{"serverless.yml": "service: s\nprovider:\n  name: aws\n  environment:\n    A: one\n    B: ${env:KEY}\n    C: ${param:p}\n    D: ${opt:stage}\n    E: ${env:NONE, 'dflt'}\n    F: ${self:custom.x}\n    G: ${ssm:/a}\n    H: ${env:SECRET}\n    I: ${env:EMPTY, 'x'}\nfunctions:\n  f:\n    handler: h\n    environment:\n      A: two\n      N: 5\n  g:\n    handler: g\n"}
	runServiceRows(t, []row{
		{script: `serverless deploy --stage prod --param p=1`, files: configuration,
			want: []string{
				`lambda f: A="two" B="sk_CANARY_1" C="1" D="prod" E="dflt" F=?unsupported G=?unsupported H=?ci-secret I="" N="5" *=absent`,
				`lambda g: A="one" B="sk_CANARY_1" C="1" D="prod" E="dflt" F=?unsupported G=?unsupported H=?ci-secret I="" *=absent`,
			}},
		{script: `sls deploy -s prod -f g`, files: configuration,
			want: []string{
				`lambda g: A="one" B="sk_CANARY_1" C=?remote-state D="prod" E="dflt" F=?unsupported G=?unsupported H=?ci-secret I="" *=absent`,
			}},
		{script: `sls deploy function -f f --stage "$SECRET"`, files: configuration,
			want: []string{
				`lambda f: A="two" B="sk_CANARY_1" C=?remote-state D=?ci-secret E="dflt" F=?unsupported G=?unsupported H=?ci-secret I="" N="5" *=absent`,
			}},
		{script: `sls package`, files: configuration},
		{script: `sls deploy`,
			want: []string{
				`lambda the functions of the configuration: *=?missing-file`,
				`problems 1`,
			}},
		{script: `sls deploy`, files: map[string]string{"serverless.yaml": "functions: {f: {handler: h, environment: {A: one}}}\n"},
			want: []string{`lambda f: A="one" *=absent`}},
	})
}
