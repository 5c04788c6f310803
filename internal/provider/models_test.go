package provider

import (
	"strings"
	"testing"
	"time"

	"github.com/keyfit/keyfit/internal/secret"
)

// TestModelKeys tells apart the vendors of models, whose keys and names are much alike.
func TestModelKeys(t *testing.T) {
	c := Catalogue()
	google := "AIza" + strings.Repeat("CANARY-", 5)
	long := strings.Repeat("CANARY", 6)
	document := "{\n  \"type\": \"service_account\",\n  \"client_email\": \"CANARY\"\n}\n"
	for _, k := range []struct {
		name, text, provider string
		want                 Strength
	}{
		{"X", google, "google-api-key", ByForm},
		{"GOOGLE_API_KEY", google, "google-api-key", ByForm},
		{"GEMINI_API_KEY", google, "google-gemini", ByForm},
		{"GOOGLE_GENERATIVE_AI_API_KEY", google, "google-gemini", ByForm},
		{"GEMINI_API_KEY", "AQ." + long, "google-gemini", ByForm},
		{"NEXT_PUBLIC_GOOGLE_MAPS_API_KEY", google, "google-maps", ByForm},
		{"GOOGLE_PLACES_API_KEY", "", "google-maps", ByName},
		{"X", document, "gcp-service-account", ByForm},
		{"X", strings.ReplaceAll(document, "\n", "\r\n"), "gcp-service-account", ByForm},
		{"GCP_SA_KEY", `{"client_email":"CANARY","type":"service_account"}`, "gcp-service-account", ByNameAndForm},
		{"AZURE_OPENAI_API_KEY", strings.Repeat("0123456789abcdef", 2), "azure-openai", ByNameAndForm},
		{"AZURE_OPENAI_API_KEY", "", "azure-openai", ByName},
		{"AZURE_OPENAI_API_KEY", "sk-proj-" + long, "openai", ByForm},
		{"OPENAI_API_KEY", "", "openai", ByName},
		{"OPENAI_API_KEY", "sk-or-v1-" + long, "openrouter", ByForm},
		{"OPENAI_API_KEY", "gsk_" + long, "groq", ByForm},
		{"DEEPSEEK_API_KEY", "sk-" + long[:32], "deepseek", ByNameAndForm},
		{"X", "sk-" + long[:32], "", NotRecognised},
		{"X", "xai-" + long, "xai", ByForm},
		{"X", "r8_" + long, "replicate", ByForm},
		{"X", "hf_" + long, "huggingface", ByForm},
		{"X", "pcsk_" + long, "pinecone", ByForm},
		{"X", "tgp_v1_" + long, "together", ByForm},
		{"MISTRAL_API_KEY", long[:32], "mistral", ByNameAndForm},
		{"CO_API_KEY", "", "cohere", ByName},
		{"VLLM_API_KEY", "anything CANARY", "openai-compatible", ByName},
		{"APIGEE_API_KEY", "", "apigee", ByName},
	} {
		p, _, strength := c.Recognise(k.name, secret.New(k.text))
		id := ""
		if p != nil {
			id = p.ID
		}
		if id != k.provider || strength != k.want {
			t.Errorf("%s: got %q %v, want %q %v", k.name, id, strength, k.provider, k.want)
		}
	}
}

// TestAzureHosts sends a resource's key to Azure only, however its endpoint is written.
func TestAzureHosts(t *testing.T) {
	p, _ := Catalogue().Get("azure-openai")
	for endpoint, want := range map[string]string{
		"https://acme.openai.azure.com/":              "https://acme.openai.azure.com",
		"https://acme.openai.azure.com":               "https://acme.openai.azure.com",
		"https://Acme.openai.azure.com/openai/v1/":    "https://Acme.openai.azure.com",
		"acme.cognitiveservices.azure.com":            "https://acme.cognitiveservices.azure.com",
		"https://acme.services.ai.azure.com/":         "https://acme.services.ai.azure.com",
		"https://openai.azure.com.example.com/":       "",
		"https://example.com/acme.openai.azure.com":   "",
		"https://example.com#.openai.azure.com":       "",
		"https://me@example.com/":                     "",
		"http://acme.openai.azure.com":                "",
		"https://acme.openai.azure.com:8443/":         "",
		"https://evilopenai.azure.com/":               "",
		"https://acme.openai.azure.com\\@example.com": "",
	} {
		part := p.PartsOf(map[string]string{KeyPart: "CANARY", "endpoint": endpoint}, time.Now())
		bases := p.Bases("staging", "", part)
		if len(bases) != 1 || bases[0].URL != want {
			t.Errorf("%s: got %+v", endpoint, bases)
		}
	}
}
