package provider

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/keyfit/keyfit/internal/lazy"
)

// assignmentForm is a variable's name and = in front of something longer.
var assignmentForm = lazy.Regexp(`^((?:export +)?[A-Z][A-Z0-9_]{2,}=)["']?[^= ][^ ]{3}`)

// references are the texts that some tool should have replaced by a value.
var references = []struct {
	form func() *regexp.Regexp
	what string
}{
	{lazy.Regexp(`\$\{\{`), "an expression of GitHub Actions, ${{ … }}, that nothing replaced"},
	{lazy.Regexp(`\{\{ *resolve:`), "a reference of CloudFormation, {{resolve:…}}, that nothing replaced"},
	{lazy.Regexp(`\{\{.*\}\}`), "a template, {{ … }}, that nothing replaced"},
	{lazy.Regexp(`\$\{[A-Za-z_][^{}]*\}`), "a variable, ${…}, that nothing replaced"},
	{lazy.Regexp(`\$\([A-Za-z_][A-Za-z0-9_.-]*\)`), "a variable, $(…), that nothing replaced"},
	{lazy.Regexp(`^\$\(.+\)$`), "a command, $(…), that nothing ran"},
	{lazy.Regexp("^`[^`]+`$"), "a command in backquotes that nothing ran"},
	{lazy.Regexp(`^\$(?:env:)?[A-Za-z_][A-Za-z0-9_]*$`), "a variable, $…, that nothing replaced"},
	{lazy.Regexp(`^%[A-Za-z_][A-Za-z0-9_]*%$`), "a variable, %…%, that nothing replaced"},
	{lazy.Regexp(`^#\{[^{}]+\}#?$`), "a token, #{…}#, that nothing replaced"},
	{lazy.Regexp(`^__[A-Za-z][A-Za-z0-9_.-]*__$`), "a token, __…__, that nothing replaced"},
	{lazy.Regexp(`^@[A-Za-z][A-Za-z0-9_.]*@$`), "a token, @…@, that nothing replaced"},
	{lazy.Regexp(`(?i)^@Microsoft\.(?:KeyVault|AppConfiguration)\(`), "a reference to Azure, @Microsoft.…(…), that was not resolved"},
	{lazy.Regexp(`(?i)^secretref:`), "a reference to a secret of Azure Container Apps"},
	{lazy.Regexp(`^op://`), "a reference to 1Password, op://…, that was not resolved"},
	{lazy.Regexp(`^(?:secret)?ref\+[a-z0-9]+://`), "a reference of vals or helmfile, ref+…://, that was not resolved"},
	{lazy.Regexp(`^(?:vault|openbao|bao):`), "a reference to Vault that was not resolved"},
	{lazy.Regexp(`^arn:aws[a-z-]*:(?:secretsmanager|ssm):`), "the ARN of a secret, not the secret"},
	{lazy.Regexp(`^projects/[^/]+/(?:locations/[^/]+/)?secrets/[^/]+(?:/versions/[^/]+)?$`), "the name of a secret of Google Cloud, not the secret"},
	{lazy.Regexp(`(?i)^https://[a-z0-9-]+\.vault\.(?:azure\.net|azure\.cn|usgovcloudapi\.net)/`), "the address of a secret in Azure Key Vault, not the secret"},
	{lazy.Regexp(`^(?:gcp|aws)?-?(?:sm|gcpsm|awssm|ssm|secretsmanager|berglas|gcp-secret-manager|aws-secrets-manager|azurekeyvault|akv|doppler|infisical|bws|keychain|keeper|secret|secrets|aws-secretsmanager|aws-ssm)://`),
		"a reference to a store of secrets that was not resolved"},
	{lazy.Regexp(`^ENC\[`), "text encrypted by SOPS or Jasypt that nothing decrypted"},
	{lazy.Regexp(`^ENC\(.+\)$`), "text encrypted by Jasypt that nothing decrypted"},
	{lazy.Regexp(`^encrypted:`), "text encrypted by dotenvx that nothing decrypted"},
	{lazy.Regexp(`^\{cipher\}`), "text encrypted by Spring that nothing decrypted"},
	{lazy.Regexp(`^\$ANSIBLE_VAULT;|^!vault`), "text encrypted by Ansible Vault that nothing decrypted"},
	{lazy.Regexp(`^-----BEGIN (?:PGP MESSAGE|AGE ENCRYPTED FILE)-----`), "encrypted text that nothing decrypted"},
}

// reference recognises a text that stands for a value instead of being one.
func reference(key string) (Defect, bool) {
	key = bare(key)
	for _, r := range references {
		if r.form().MatchString(key) {
			return Defect{Reference, r.what}, true
		}
	}
	return Defect{}, false
}

// The words of which placeholders are made. A text is a placeholder when it is made of
// nothing else and one of them is telling; some tell only when they stand alone, since
// "none" and "secret" are parts of good keys as well.
var (
	telling = []string{
		"change", "changeme", "changethis", "changeit", "replace", "replaceme", "replacethis", "your", "yours", "insert", "here", "placeholder",
		"dummy", "example", "sample", "todo", "fixme", "tbd", "redacted", "yourkey", "yourkeyhere", "yourapikey", "yourapikeyhere", "yourtoken", "yoursecret", "apikeyhere",
	}
	tellingAlone = []string{
		"null", "none", "nil", "undefined", "unset", "notset", "empty", "na", "fake", "mock", "foo", "bar", "foobar", "hidden", "masked",
		"secret", "password", "key", "apikey", "token", "value", "default", "test",
	}
	filling = []string{
		"me", "my", "the", "a", "an", "this", "it", "in", "with", "to", "for", "of", "and", "is", "be", "not", "real", "actual", "own", "value", "goes", "some", "any",
		"api", "key", "keys", "token", "tokens", "secret", "access", "private", "id", "client", "auth", "bearer", "password", "pass", "user", "account",
		"env", "var", "variable", "ci", "prod", "production", "staging", "dev", "development", "test", "testing", "live", "local", "default",
		"sk", "pk", "rk", "ghp", "gho", "ghs", "ghu", "github", "pat", "xoxb", "xoxp", "ant", "proj", "please", "add", "set", "enter", "put", "paste", "use", "from", "n",
	}
)

var (
	maskForm = lazy.Regexp(`\.{3}|…|\*{3}|•{3}|\[redacted\]|\[filtered\]|\[masked\]`)
	runForm  = lazy.Regexp(`^(?i:x{3,}|0{3,}|\?{3,}|-{3,}|_{3,}|#{3,})$`)
)

// placeholder recognises a text that a person should have replaced by a key.
func placeholder(key string, p *Provider) (Defect, bool) {
	text := strings.ToLower(bare(key))
	switch {
	case text == "":
		return Defect{Placeholder, "nothing but quotes or spaces"}, true
	case strings.HasPrefix(text, "<") && strings.HasSuffix(text, ">"):
		return Defect{Placeholder, "a placeholder in angle brackets"}, true
	case maskForm().MatchString(text) && len(text) < 200 && !isDocument(text):
		return Defect{Placeholder, "a masked or shortened copy of a key, as consoles and logs show it"}, true
	case runForm().MatchString(text) || madeOfFillers(text, p):
		return Defect{Placeholder, "a placeholder, as example files hold it"}, true
	}
	return Defect{}, false
}

func madeOfFillers(text string, p *Provider) bool {
	words := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	names := strings.FieldsFunc(strings.ToLower(p.ID+" "+p.Name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if len(words) == 1 && slices.Contains(tellingAlone, words[0]) {
		return true
	}
	tells := false
	for _, w := range words {
		switch {
		case slices.Contains(telling, w), runForm().MatchString(w):
			tells = true
		case !slices.Contains(filling, w) && !slices.Contains(names, w):
			return false
		}
	}
	return tells
}
