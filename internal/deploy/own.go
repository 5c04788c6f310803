package deploy

// ownCredentials lists the variables that a tool itself reads to log in to its service.
func ownCredentials(tool string) []string {
	switch tool {
	case "aws", "eb", "serverless", "aws-vault", "chamber":
		return []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}
	case "ansible-playbook":
		return []string{"ANSIBLE_VAULT_PASSWORD_FILE"}
	case "doppler":
		return []string{"DOPPLER_TOKEN"}
	case "dotenvx":
		return []string{"DOTENV_PRIVATE_KEY"}
	case "fly":
		return []string{"FLY_ACCESS_TOKEN", "FLY_API_TOKEN"}
	case "gcloud":
		return []string{"CLOUDSDK_AUTH_ACCESS_TOKEN"}
	case "gh":
		return []string{"GH_TOKEN", "GITHUB_TOKEN"}
	case "heroku":
		return []string{"HEROKU_API_KEY"}
	case "infisical":
		return []string{"INFISICAL_TOKEN"}
	case "netlify":
		return []string{"NETLIFY_AUTH_TOKEN"}
	case "op":
		return []string{"OP_CONNECT_TOKEN", "OP_SERVICE_ACCOUNT_TOKEN"}
	case "phase":
		return []string{"PHASE_SERVICE_TOKEN"}
	case "railway":
		return []string{"RAILWAY_API_TOKEN", "RAILWAY_TOKEN"}
	case "sops":
		return []string{"SOPS_AGE_KEY"}
	case "vault":
		return []string{"VAULT_TOKEN"}
	case "vercel":
		return []string{"VERCEL_TOKEN"}
	case "wrangler":
		return []string{"CF_API_TOKEN", "CLOUDFLARE_API_KEY", "CLOUDFLARE_API_TOKEN"}
	}
	return nil
}
