package terraform

import (
	"slices"
	"strings"
	"sync"

	"github.com/zclconf/go-cty/cty"

	"github.com/keyfit/keyfit/internal/model"
)

// secretReader says where a data source that reads a secret store finds its text.
type secretReader struct {
	store                     string
	name, path, prop, version string // arguments
}

var secretReaders = sync.OnceValue(func() map[string]secretReader {
	kube := func(store string) secretReader {
		return secretReader{store: store, path: "metadata.name", name: "metadata.namespace"}
	}
	vault := secretReader{store: storeVault, name: "mount|namespace", path: "name|path", version: "version"}
	return map[string]secretReader{
		"aws_ssm_parameter":                             {store: storeSSM, path: "name"},
		"aws_ssm_parameters_by_path":                    {store: storeSSM, path: "path"},
		"aws_secretsmanager_secret":                     {store: storeSecrets, path: "name|arn"},
		"aws_secretsmanager_secret_version":             {store: storeSecrets, path: "secret_id", version: "version_id|version_stage"},
		"aws_secretsmanager_random_password":            {store: "random"},
		"aws_kms_secrets":                               {store: "aws-kms"},
		"google_secret_manager_secret":                  {store: storeGoogle, name: "project", path: "secret_id"},
		"google_secret_manager_secret_version":          {store: storeGoogle, name: "project", path: "secret", version: "version"},
		"google_secret_manager_secret_version_access":   {store: storeGoogle, name: "project", path: "secret", version: "version"},
		"google_secret_manager_regional_secret_version": {store: storeGoogle, name: "project", path: "secret", version: "version"},
		"azurerm_key_vault_secret":                      {store: storeKeyVault, path: "name", version: "version"},
		"azurerm_app_configuration_key":                 {store: "azure-appconfiguration", path: "key"},
		"vault_kv_secret":                               vault,
		"vault_kv_secret_v2":                            vault,
		"vault_generic_secret":                          vault,
		"kubernetes_secret":                             kube("kubernetes-secret"),
		"kubernetes_secret_v1":                          kube("kubernetes-secret"),
		"kubernetes_config_map":                         kube("kubernetes-configmap"),
		"kubernetes_config_map_v1":                      kube("kubernetes-configmap"),
		"onepassword_item":                              {store: "1password", name: "vault", path: "title|uuid"},
		"doppler_secrets":                               {store: "doppler", name: "project", path: "config"},
		"infisical_secrets":                             {store: "infisical", name: "env_slug", path: "folder_path"},
		"hcp_vault_secrets_app":                         {store: storeVault, path: "app_name"},
		"hcp_vault_secrets_secret":                      {store: storeVault, name: "app_name", path: "secret_name"},
		"bitwarden_secret":                              {store: "bitwarden", path: "id|key"},
		"bitwarden_item_login":                          {store: "bitwarden", path: "id|search"},
		"sops_file":                                     {store: "sops", path: "source_file"},
		"scaleway_secret_version":                       {store: "scaleway-secret", path: "secret_id|secret_name", version: "revision"},
		"akeyless_secret":                               {store: "akeyless", path: "path"},
		"conjur_secret":                                 {store: "conjur", path: "name"},
		"keeper_login":                                  {store: "keeper", path: "path"},
	}
})

// refOf says which entry of a secret store a data source reads. Everything that the data
// source gives comes from there.
func refOf(i Instance) (model.Ref, bool) {
	s, ok := secretReaders()[i.Type]
	if !ok || i.Managed {
		return model.Ref{}, false
	}
	body := treeOf(i.Body)
	word := func(paths string) string {
		if paths == "" {
			return ""
		}
		text, _ := body.first(paths).text()
		return text
	}
	ref := model.Ref{Store: s.store, Name: word(s.name), Path: word(s.path), Property: word(s.prop), Version: word(s.version)}
	if parsed := parseRef(s.store, ref.Path); ref.Path != "" && (s.store == storeSecrets || s.store == storeGoogle) {
		ref.Path = parsed.Path
	}
	return ref, true
}

// madeFrom is what a function makes of texts that are not all known. The pieces of those
// are not those of the result, and the result does not stand for the resource whose
// attribute it was made from: a piece of an ARN may be that of another entry.
func (e *evaluator) madeFrom(function string, v cty.Value) cty.Value {
	plain, set := v.Unmark()
	if plain.IsKnown() || passesThrough(function) {
		return v
	}
	if _, ok := structured(v); ok { // it remembers what it was encoded from
		return v
	}
	data, causes := sources(set)
	if len(data) == 0 {
		return v
	}
	whole := unknownOf(gathered(data), append(data, causes...))
	if len(whole.Parts) == 0 && !identifies().MatchString(whole.Needs) {
		return v
	}
	if whole.Parts = nil; identifies().MatchString(whole.Needs) {
		whole.Needs = "what " + function + " makes of the " + whole.Needs
	}
	out := plain.Mark(e.newMark(whole)).WithMarks(secrecy(set))
	for _, m := range causes {
		out = out.Mark(m)
	}
	return out
}

// pieceOf is a piece of a template. Of one that is not known and comes from several places,
// nobody knows in which order it is made of them.
func pieceOf(v cty.Value) model.Value {
	out := valueOf(v)
	if out.State == model.Unknown && !isPieced(v) {
		out.Parts = nil
	}
	return out
}

// passesThrough reports whether a function gives one of its arguments, or an element of
// one, as it is.
func passesThrough(function string) bool {
	return slices.Contains([]string{"coalesce", "element", "lookup", "nonsensitive", "one", "sensitive", "templatefile", "templatestring", "tostring", "try"}, function)
}

// referring gives what a data source reads from a secret store the entry that it reads.
func (e *evaluator) referring(v cty.Value, in Instance) cty.Value {
	ref, ok := refOf(in)
	if !ok {
		return v
	}
	own := " of data." + in.Type + "." + in.Name
	moved := map[*mark]*mark{}
	return remark(v, func(set cty.ValueMarks, _ bool) cty.ValueMarks {
		out := cty.ValueMarks{}
		for k := range set {
			m, ok := k.(*mark)
			if !ok || m.value.State != model.Unknown || !strings.HasSuffix(m.value.Needs, own) {
				out[k] = struct{}{}
				continue
			}
			if moved[m] == nil {
				c := *m
				c.value.Ref = ref
				moved[m] = &c
			}
			out[moved[m]] = struct{}{}
		}
		return out
	})
}
