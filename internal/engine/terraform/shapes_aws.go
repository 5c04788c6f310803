package terraform

import "github.com/keyfit/keyfit/internal/model"

const (
	storeSSM      = "aws-ssm"
	storeSecrets  = "aws-secretsmanager"
	storeGoogle   = "gcp-secretmanager"
	storeKeyVault = "azure-keyvault"
	storeVault    = "vault"
	storeAWS      = "aws" // either of the stores of AWS: the reference tells
)

const templateSets = "what the configuration template and the source bundle set"

func awsShapes() map[string]shape {
	containers := func(kind, name, each string) shape {
		return shape{
			kind: kind, name: name, each: each, container: "name", rest: model.ImageSets,
			vars: []vars{pairs("environment", "name", "value"), pointers("secrets", "name", "valueFrom", storeAWS), open("environmentFiles")},
		}
	}
	batch := containers(kindBatch, "name", "container_properties|ecs_properties.taskProperties.containers|node_properties.nodeRangeProperties.container|node_properties.nodeRangeProperties.ecsProperties.taskProperties.containers|eks_properties.pod_properties.containers")
	batch.vars = append(batch.vars, pairs("env", "name", "value"))
	beanstalk := shape{
		kind: kindBeanstalk, name: "name", rest: templateSets, vars: []vars{
			pairs("setting", "name", "value").where("namespace", "aws:elasticbeanstalk:application:environment"),
			pointers("setting", "name", "value", storeAWS).where("namespace", "aws:elasticbeanstalk:application:environmentsecrets"),
		},
	}
	const image, code = "source_configuration.image_repository.image_configuration.", "source_configuration.code_repository.code_configuration.code_configuration_values."
	return map[string]shape{
		"aws_lambda_function":                                {kind: kindLambda, name: "function_name", vars: []vars{texts("environment.variables")}},
		"aws_ecs_task_definition":                            containers(kindECS, "family", "container_definitions"),
		"aws_batch_job_definition":                           batch,
		"aws_elastic_beanstalk_environment":                  beanstalk,
		"aws_elastic_beanstalk_configuration_template":       beanstalk,
		"aws_amplify_app":                                    {kind: kindAmplify, name: "name", vars: []vars{texts("environment_variables")}},
		"aws_amplify_branch":                                 {kind: kindAmplify, name: "branch_name", rest: "the variables of the app", vars: []vars{texts("environment_variables")}},
		"aws_sagemaker_model":                                {kind: kindContainer, name: "name", each: "primary_container|container", container: "container_hostname", rest: model.ImageSets, vars: []vars{texts("environment")}},
		"aws_lightsail_container_service_deployment_version": {kind: kindContainer, name: "service_name", each: "container", container: "container_name", rest: model.ImageSets, vars: []vars{texts("environment")}},
		"aws_apprunner_service": {kind: kindAppRunner, name: "service_name", rest: model.ImageSets, vars: []vars{
			texts(image + "runtime_environment_variables"), refs(image+"runtime_environment_secrets", storeAWS),
			texts(code + "runtime_environment_variables"), refs(code+"runtime_environment_secrets", storeAWS),
		}},
		"aws_codebuild_project": {kind: kindCodeBuild, name: "name", rest: "the variables of the buildspec", vars: []vars{
			sorted("environment.environment_variable", "name", "value", "type", map[string]string{"PARAMETER_STORE": storeSSM, "SECRETS_MANAGER": storeSecrets}),
		}},
		"aws_ssm_parameter":                 entry(storeSSM, "name", "value|insecure_value|value_wo"),
		"aws_secretsmanager_secret_version": sheet(storeSecrets, "secret_id", "secret_string|secret_string_wo"),
	}
}
