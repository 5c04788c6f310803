package terraform

func awsCases() []shapeCase {
	return []shapeCase{
		{"lambda", `resource "aws_lambda_function" "f" {
  function_name = "api"
  environment {
    variables = { KEY = "CANARY1", PORT = 8080, ON = true, ARN = aws_sns_topic.t.arn }
  }
}
resource "aws_sns_topic" "t" {}`, `
			lambda api KEY=CANARY1
			lambda api PORT=8080
			lambda api ON=true
			lambda api ARN ?remote-state`},
		{"lambda, nothing known", `resource "aws_lambda_function" "f" {
  environment { variables = aws_sns_topic.t.tags_all }
}
resource "aws_sns_topic" "t" {}`, `lambda aws_lambda_function.f * ?remote-state`},
		{"lambda, null", `resource "aws_lambda_function" "f" {
  function_name = "api"
  environment { variables = { A = null, B = "" } }
}`, "lambda api A ?unsupported\nlambda api B="},
		{"lambda, ignored", `resource "aws_lambda_function" "f" {
  function_name = "api"
  environment { variables = { A = "CANARY" } }
  lifecycle { ignore_changes = [environment] }
}`, `lambda api * ?remote-state`},
		{"lambda, any number", `resource "aws_lambda_function" "f" {
  for_each      = toset(aws_sns_topic.t.names)
  function_name = "api"
  environment { variables = { A = "CANARY" } }
}
resource "aws_sns_topic" "t" {}`, `lambda aws_lambda_function.f[?] A ?remote-state`},
		{"ecs", `resource "aws_ssm_parameter" "p" {
  name  = "/shop/p"
  type  = "SecureString"
  value = "CANARYp"
}
resource "aws_secretsmanager_secret" "s" { name = "shop/s" }
resource "aws_secretsmanager_secret_version" "s" {
  secret_id     = aws_secretsmanager_secret.s.id
  secret_string = jsonencode({ key = "CANARYs", arn = aws_secretsmanager_secret.s.arn })
}
resource "aws_ecs_task_definition" "t" {
  family = "shop"
  container_definitions = jsonencode([
    {
      name        = "web"
      image       = aws_ecr_repository.r.repository_url
      environment = [{ name = "A", value = "CANARY1" }, { name = "B", value = aws_ecr_repository.r.arn }]
      secrets = [
        { name = "P", valueFrom = aws_ssm_parameter.p.arn },
        { name = "S", valueFrom = "${aws_secretsmanager_secret.s.arn}:key::" },
        { name = "V", valueFrom = "${aws_secretsmanager_secret.s.arn}:key:AWSPREVIOUS:" },
        { name = "N", valueFrom = "/shop/p" },
        { name = "O", valueFrom = "arn:aws:secretsmanager:eu-west-1:1:secret:other-AbCdEf:k::" },
        { name = "F", valueFrom = replace(aws_ssm_parameter.p.arn, "p", "q") },
        { name = "G", valueFrom = basename(aws_ssm_parameter.p.arn) },
        { name = "H", valueFrom = try(aws_ssm_parameter.p.arn, "") },
        { name = "C", valueFrom = aws_ecr_repository.r.on ? aws_ssm_parameter.p.arn : aws_ecr_repository.r.arn },
      ]
    },
    { name = "side", environmentFiles = [{ value = "arn:aws:s3:::b/f.env", type = "s3" }], Environment = [{ Name = "X", Value = "CANARYx" }] },
  ])
}
resource "aws_ecr_repository" "r" {}`, `
			ecs shop/web A=CANARY1
			ecs shop/web B ?remote-state
			ecs shop/web P=CANARYp
			ecs shop/web S=CANARYs
			ecs shop/web V ?remote-state aws-secretsmanager shop/s key AWSPREVIOUS
			ecs shop/web N=CANARYp
			ecs shop/web O ?remote-state aws-secretsmanager other-AbCdEf k
			ecs shop/web F ?remote-state aws-ssm
			ecs shop/web G ?remote-state aws-ssm
			ecs shop/web C ?remote-state aws-ssm
			ecs shop/web H=CANARYp
			ecs shop/web * ?remote-state
			ecs shop/side X=CANARYx
			ecs shop/side * ?remote-state
			secret aws_ssm_parameter.p /shop/p=CANARYp
			secret aws_secretsmanager_secret_version.s key=CANARYs
			secret aws_secretsmanager_secret_version.s arn ?remote-state`},
		{"ecs, a text", `resource "aws_ecs_task_definition" "t" {
  family                = "shop"
  container_definitions = <<-EOT
    [{"name": "web", "environment": [{"name": "A", "value": "CANARY1"}]}]
  EOT
}`, "ecs shop/web A=CANARY1\necs shop/web * ?remote-state"},
		{"ecs, a text with gaps", `variable "key" { default = "CANARYkey" }
resource "aws_ssm_parameter" "p" {
  name  = "/p"
  value = "CANARYp"
}
resource "aws_ecs_task_definition" "t" {
  family                = "shop"
  container_definitions = <<-EOT
    [{"name": "web", "image": "${aws_x.y.url}:1", "cpu": ${aws_x.y.cpu}, "environment": [
      {"name": "A", "value": "${var.key}"}, {"name": "U", "value": "${upper("y-${aws_x.y.arn}-z")}"}, {"name": "V", "value": "${format("%s\", \"%s", aws_x.y.arn, "q")}"}, {"name": "B", "value": "x-${var.key}"}, {"name": "C", "value": "x-${aws_x.y.arn}"}, {"name": "D", "value": "CANARYd"}],
      "secrets": [{"name": "S", "valueFrom": "${aws_ssm_parameter.p.arn}"}]},
     {"name": "side", "environment": ${jsonencode([{ name = "E", value = aws_x.y.arn }])}},
     {"name": "${aws_x.y.name}", "environment": [{"name": "N${aws_x.y.name}", "value": "CANARYn"}]}]
  EOT
}
resource "aws_x" "y" {}`, `
			ecs shop/web A=CANARYkey
			ecs shop/web B=x-CANARYkey
			ecs shop/web U ?remote-state
			ecs shop/web V ?remote-state
			ecs shop/web C ?remote-state
			ecs shop/web D=CANARYd
			ecs shop/web S=CANARYp
			ecs shop/web * ?remote-state
			ecs shop/side * ?remote-state
			ecs shop * ?remote-state
			secret aws_ssm_parameter.p /p=CANARYp`},
		{"batch", `resource "aws_batch_job_definition" "j" {
  name                 = "job"
  container_properties = jsonencode({ environment = [{ name = "A", value = "CANARY" }] })
}
resource "aws_batch_job_definition" "k" {
  name = "kube"
  eks_properties {
    pod_properties {
      containers {
        name = "c"
        env {
          name  = "A"
          value = "CANARY"
        }
      }
    }
  }
}`, "batch job A=CANARY\nbatch job * ?remote-state\nbatch kube/c A=CANARY\nbatch kube/c * ?remote-state"},
		{"beanstalk", `resource "aws_elastic_beanstalk_environment" "e" {
  name = "shop"
  setting {
    namespace = "aws:elasticbeanstalk:application:environment"
    name      = "KEY"
    value     = "CANARY"
  }
  setting {
    namespace = "aws:autoscaling:asg"
    name      = "MinSize"
    value     = "1"
  }
  setting {
    namespace = "aws:elasticbeanstalk:application:environmentsecrets"
    name      = "S"
    value     = "arn:aws:ssm:eu:1:parameter/x"
  }
}
resource "aws_elastic_beanstalk_configuration_template" "e" { name = "t" }`, `
			elastic-beanstalk shop KEY=CANARY
			elastic-beanstalk shop S ?remote-state aws-ssm /x
			elastic-beanstalk shop * ?remote-state
			elastic-beanstalk t * ?remote-state`},
		{"apprunner", `resource "aws_apprunner_service" "a" {
  service_name = "shop"
  source_configuration {
    image_repository {
      image_configuration {
        runtime_environment_variables = { A = "CANARY" }
        runtime_environment_secrets   = { B = "arn:aws:ssm:eu:1:parameter/b" }
      }
    }
  }
}`, "app-runner shop A=CANARY\napp-runner shop B ?remote-state aws-ssm /b\napp-runner shop * ?remote-state"},
		{"codebuild", `resource "aws_codebuild_project" "p" {
  name = "build"
  environment {
    environment_variable {
      name  = "A"
      value = "CANARY"
    }
    environment_variable {
      name  = "B"
      value = "/b"
      type  = "PARAMETER_STORE"
    }
    environment_variable {
      name  = "C"
      value = "c:key"
      type  = "SECRETS_MANAGER"
    }
  }
}`, "codebuild build A=CANARY\ncodebuild build B ?remote-state aws-ssm /b\ncodebuild build C ?remote-state aws-secretsmanager c key\ncodebuild build * ?remote-state"},
		{"maps", `resource "aws_amplify_app" "a" {
  name                  = "web"
  environment_variables = { A = "CANARY" }
}
resource "aws_amplify_branch" "b" {
  branch_name           = "main"
  environment_variables = { A = "CANARY" }
}
resource "aws_sagemaker_model" "m" {
  name = "m"
  primary_container { environment = { A = "CANARY" } }
}
resource "aws_lightsail_container_service_deployment_version" "v" {
  service_name = "s"
  container {
    container_name = "c"
    environment    = { A = "CANARY" }
  }
}`, `
			amplify web A=CANARY
			amplify main A=CANARY
			amplify main * ?remote-state
			container m A=CANARY
			container m * ?remote-state
			container s/c A=CANARY
			container s/c * ?remote-state`},
	}
}
