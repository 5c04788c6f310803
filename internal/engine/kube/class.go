package kube

import (
	"maps"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/model"
)

// class is a SecretProviderClass: the files that its volumes hold.
type class struct {
	files map[string]model.Value
	rest  *model.Value
}

// providerObject is what a provider of the Secrets Store CSI driver lists, in the words of
// any of them.
type providerObject struct {
	ObjectName    string `yaml:"objectName"`
	ObjectType    string `yaml:"objectType"`
	ObjectAlias   string `yaml:"objectAlias"`
	ObjectVersion string `yaml:"objectVersion"`
	SecretPath    string `yaml:"secretPath"`   // Vault
	SecretKey     string `yaml:"secretKey"`    // Vault
	ResourceName  string `yaml:"resourceName"` // Google
	FileName      string `yaml:"fileName"`     // Google
	Path          string `yaml:"path"`         // Google
	JMESPath      []struct {
		Path        string `yaml:"path"`
		ObjectAlias string `yaml:"objectAlias"`
	} `yaml:"jmesPath"`
}

// providerClass reads a SecretProviderClass, and the Secrets that it is synced to.
func (a *applying) providerClass(o object) {
	spec := o.field("spec")
	provider := spec.field("provider").word()
	c := class{files: map[string]model.Value{}}
	for _, field := range []string{"objects", "secrets"} {
		x := spec.get("parameters", field)
		if !x.there() {
			continue
		}
		open := o.remote(x, o.title(), "the objects of "+o.title(), model.Ref{Store: storeOf(provider, "")})
		list, ok := providerObjects(x)
		if !ok {
			c.rest = &open
			continue
		}
		for _, object := range list {
			c.add(o, x, provider, spec.field("parameters"), object)
		}
	}
	if o.nameless == nil {
		a.classes[o.ident] = &c
	}
	for _, x := range spec.field("secretObjects").items() {
		a.synced(o, x, c)
	}
}

// synced is a Secret that the driver makes of the files.
func (a *applying) synced(o object, x node, c class) {
	m := a.newMade(o, x.field("secretName"))
	for _, item := range x.field("data").items() {
		key, gap := item.field("key").term("the key")
		hop := model.Hop{At: item.spot(), Kind: model.KindSecret, What: o.title() + " key " + label(key)}
		v, ok := c.files[strings.ReplaceAll(item.field("objectName").word(), "/", "_")]
		if !ok {
			v = o.remote(item, o.title(), "the objects of "+o.title(), model.Ref{})
		}
		v = v.Via(hop)
		if gap != nil {
			m.rest = &v
			continue
		}
		m.entries[key] = v
	}
	a.makes(m)
}

// providerObjects reads the list, which is YAML within a text; Azure's is a list of texts of
// YAML once more.
func providerObjects(x node) ([]providerObject, bool) {
	text := x.word()
	if text == "" || len(text) > 1<<20 {
		return nil, false
	}
	var list []providerObject
	if err := safeUnmarshal(text, &list); err == nil {
		return list, true
	}
	var array struct {
		Array []string `yaml:"array"`
	}
	if err := safeUnmarshal(text, &array); err != nil {
		return nil, false
	}
	for _, one := range array.Array {
		var object providerObject
		if err := safeUnmarshal(one, &object); err != nil {
			return nil, false
		}
		list = append(list, object)
	}
	return list, true
}

// safeUnmarshal shields from defects of the parser.
func safeUnmarshal(text string, out any) (err error) {
	defer func() {
		if recover() != nil {
			err = yamlDefect{}
		}
	}()
	return yaml.Unmarshal([]byte(text), out)
}

type yamlDefect struct{}

func (yamlDefect) Error() string { return "is not valid YAML" }

// add files one object of the list.
func (c *class) add(o object, x node, provider string, parameters node, object providerObject) {
	r := model.Ref{Store: storeOf(provider, object.ObjectType), Path: object.ObjectName, Version: object.ObjectVersion}
	file := first(object.ObjectAlias, object.ObjectName)
	switch provider {
	case "vault":
		r.Path, r.Property, r.Name = object.SecretPath, object.SecretKey, parameters.field("vaultAddress").word()
	case "gcp":
		r.Path, file = object.ResourceName, first(object.Path, object.FileName)
	case "azure":
		r.Name = parameters.field("keyvaultName").word()
	}
	names := map[string]model.Ref{file: r}
	for _, part := range object.JMESPath {
		r.Property = part.Path
		names[part.ObjectAlias] = r
	}
	out := map[string]model.Value{}
	for name, r := range names {
		if name = strings.ReplaceAll(name, "/", "_"); name != "" {
			out[name] = o.remote(x, o.title()+" object "+label(name), "the entry "+shownPath(r.Path)+" of the provider "+shown(provider), r)
		}
	}
	maps.Copy(c.files, out)
}

func first(names ...string) string {
	for _, name := range names {
		if name != "" {
			return name
		}
	}
	return ""
}

func storeOf(provider, objectType string) string {
	switch {
	case provider == "aws" && objectType == "ssmparameter":
		return "aws-ssm"
	case provider == "aws":
		return "aws-secretsmanager"
	case provider == "azure":
		return "azure-keyvault"
	case provider == "gcp":
		return "gcp-secretmanager"
	}
	return label(provider)
}

// classFiles adds the files of a volume of the Secrets Store CSI driver.
func (f *filer) classFiles(p part, content map[string]model.Value) {
	if p.gap != nil {
		f.rest = through(*p.gap, p.ref)
		return
	}
	c, ok := f.classes[ident{"SecretProviderClass", f.w.namespace, p.class}]
	if !ok {
		missing := model.UnknownBecause(model.WhyRemoteState, "the SecretProviderClass "+shown(p.class), model.Trail{})
		f.rest = through(missing, p.ref)
		return
	}
	for name, v := range c.files {
		content[name] = through(v, p.ref)
	}
	if c.rest != nil {
		f.rest = through(*c.rest, p.ref)
	}
}
