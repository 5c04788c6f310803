package kustomize

//lint:file-ignore SA1019 people still write the deprecated fields, and kustomize still reads them

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"sigs.k8s.io/kustomize/api/types"

	"github.com/keyfit/keyfit/internal/model"
)

// class is a sort of error of the library's. Its words are keyfit's own: those of the
// library may quote the content of files.
type class struct {
	form    *regexp.Regexp
	message string
	fix     string
}

// id is how the library names an object in an error.
const id = `([A-Za-z0-9.\-\[\]]+(?:/[A-Za-z0-9.\-\[\]]+)?)`

// classes are tried in their order. What a form captures is a name.
func classes() []class {
	return []class{
		{regexp.MustCompile(`no resource matches strategic merge patch "` + id + `"`), "no object matches the patch of %q", "correct kind, name and namespace of the patch"},
		{regexp.MustCompile(`no matches for Id ` + id), "no object matches %q", "correct kind, name and namespace of the patch"},
		{regexp.MustCompile(`nothing selected by`), "a replacement selects no source", "correct the source of the replacement"},
		{regexp.MustCompile(`multiple matches for selector`), "a replacement selects several sources", "name the source more exactly"},
		{regexp.MustCompile(`is missing for replacement source`), "a replacement names a field that its source does not have", "correct fieldPath of the source"},
		{regexp.MustCompile(`unable to find field|path not found|create option set`), "a replacement names a field that its target does not have", "correct fieldPaths, or set create"},
		{regexp.MustCompile(`may not add resource with an already registered id: ` + id), "%q is there twice", "remove one, or give them different names or namespaces"},
		{regexp.MustCompile(`does not exist; cannot merge or replace`), "a generator merges into an object that is not there", "correct its name, or remove behavior"},
		{regexp.MustCompile(`exists; behavior must be merge or replace`), "a generator makes an object that is there already", "set behavior to merge or replace"},
		{regexp.MustCompile(`illegally repeats the key`), "a generator has a key twice", "remove one"},
		{regexp.MustCompile(`invalid literal source`), "a literal of a generator is not of the form key=value", "correct it"},
		{regexp.MustCompile(`not a valid key name|is not a valid environment variable|a valid environment variable name`), "a generator has a key that is not allowed", "use letters, digits, '-', '_' and '.'"},
		{regexp.MustCompile(`missing metadata\.name|missing Resource metadata`), "an object has no name", "give it metadata.name"},
		{regexp.MustCompile(`missing kind|kind.*missing|Object 'Kind' is missing`), "an object has no kind", "give it kind and apiVersion"},
		{regexp.MustCompile(`unable to parse SM or JSON patch`), "a patch is neither an object nor a list of operations", "correct it"},
		{regexp.MustCompile(`must specify a target for JSON patch`), "a JSON patch has no target", "add one"},
		{regexp.MustCompile(`must specify one of patch and path`), "a patch has neither patch nor path", "add one of them"},
		{regexp.MustCompile(`patch and path can't be set`), "a patch has both patch and path", "remove one of them"},
		{regexp.MustCompile(`(?:add|replace|remove|test|move|copy) operation does not apply|doc is missing`), "an operation of a JSON patch does not apply to its target", "correct its path"},
		{regexp.MustCompile(`kustomization\.yaml is empty`), "the kustomization is empty", "add resources"},
		{regexp.MustCompile(`expected kind '?Component`), "a component is not of kind Component", "set its kind and apiVersion"},
		{regexp.MustCompile(`expected kind != 'Component'`), "a component stands among the resources", "list it under components"},
		{regexp.MustCompile(`var '[^']*' already encountered`), "a var is defined twice", "remove one"},
		{regexp.MustCompile(`found multiple possible referrals|multiple possible`), "a reference fits several objects", "name it more exactly"},
		{regexp.MustCompile(`apiVersion for|kind should be`), "a kustomization has a kind or apiVersion that kustomize does not know", "correct it"},
		{regexp.MustCompile(`cycle detected`), "a base leads back to itself", "remove it"},
		{regexp.MustCompile(`only support .*builtin|external plugins disabled`), "a plugin is not built into kustomize", "build it before"},
		{regexp.MustCompile(`OpenAPI`), "the schema of openapi cannot be used", "correct it"},
		{regexp.MustCompile(`yaml|YAML|json|JSON`), "a file is not of the form that kustomize expects there", ""},
	}
}

// explain puts an error of the library into words.
func (p *plan) explain(err error) (message, fix string) {
	head := fmt.Sprintf("kustomize cannot build %q", p.step.Dir)
	if errors.Is(err, errLimit) {
		return head + " within the time that is allowed", "build it in smaller parts"
	}
	see := "run kustomize build " + p.step.Dir + " for its own message"
	text := err.Error()
	for _, c := range classes() {
		m := c.form.FindStringSubmatch(text)
		if m == nil {
			continue
		}
		words := c.message
		if len(m) > 1 {
			words = fmt.Sprintf(c.message, short(m[1]))
		}
		if c.fix == "" {
			return head + ": " + words, see
		}
		return head + ": " + words, c.fix
	}
	return head, see
}

// short is the kind and the name of an object as the library names it:
// "ConfigMap.v1.[noGrp]/settings.[noNs]".
func short(object string) string {
	group, name, _ := strings.Cut(object, "/")
	kind, _, _ := strings.Cut(group, ".")
	if i := strings.LastIndexByte(name, '.'); i > 0 {
		name = name[:i]
	}
	return kind + "/" + name
}

// without takes out what an error is about, when something that it may need was taken out
// before; false when there is nothing to take out.
func (p *plan) without(err error) bool {
	if p.doubt == nil {
		return false
	}
	text := err.Error()
	for _, form := range []string{`strategic merge patch "` + id + `"`, `no matches for Id ` + id} {
		if m := regexp.MustCompile(form).FindStringSubmatch(text); m != nil {
			return p.withoutPatch(m[1])
		}
	}
	switch {
	case strings.Contains(text, "cannot merge or replace"):
		return p.withoutMerge()
	case strings.Contains(text, "nothing selected by"), strings.Contains(text, "replacement"), strings.Contains(text, "cannot be mapped to a field"):
		return p.withoutReplacements()
	}
	return false
}

// withoutPatch takes out the patches of an object that is not there.
func (p *plan) withoutPatch(object string) bool {
	done := false
	for _, o := range p.order {
		aims := func(file, text string) bool {
			if full, err := p.locate(o, file); file != "" && err == nil {
				return len(p.docs[full].docs) == 1 && aimsAt(p.docs[full].docs[0].Content, object)
			}
			docs, bad := decode([]byte(text))
			return bad == nil && len(docs) == 1 && aimsAt(docs[0].Content, object)
		}
		before := len(o.k.Patches) + len(o.k.PatchesStrategicMerge)
		o.k.Patches = sift(o, "patches", o.k.Patches, func(_ int, patch types.Patch) bool {
			return patch.Target != nil || !aims(patch.Path, patch.Patch)
		})
		o.k.PatchesStrategicMerge = sift(o, "patchesStrategicMerge", o.k.PatchesStrategicMerge, func(_ int, patch types.PatchStrategicMerge) bool {
			if isInline(string(patch)) {
				return !aims("", string(patch))
			}
			return !aims(string(patch), "")
		})
		done = done || len(o.k.Patches)+len(o.k.PatchesStrategicMerge) < before
	}
	return done
}

// withoutMerge takes out the generators that merge into others: what they would merge
// into is missing, or may be.
func (p *plan) withoutMerge() bool {
	done := false
	drop := func(kind string, args types.GeneratorArgs) bool {
		if args.Behavior != "merge" && args.Behavior != "replace" {
			return true
		}
		p.spoiled = append(p.spoiled, ref{kind: kind, name: args.Name})
		done = true
		return false
	}
	for _, o := range p.order {
		o.k.ConfigMapGenerator = sift(o, "configMapGenerator", o.k.ConfigMapGenerator, func(_ int, args types.ConfigMapArgs) bool {
			return drop("ConfigMap", args.GeneratorArgs)
		})
		o.k.SecretGenerator = sift(o, "secretGenerator", o.k.SecretGenerator, func(_ int, args types.SecretArgs) bool {
			return drop("Secret", args.GeneratorArgs)
		})
	}
	return done
}

// withoutReplacements takes out all replacements and vars; then no text is certain.
func (p *plan) withoutReplacements() bool {
	done := false
	for _, o := range p.order {
		if len(o.k.Replacements)+len(o.k.Vars) > 0 {
			o.k.Replacements, o.k.Vars = nil, nil
			o.changed, done = true, true
		}
	}
	if done {
		p.taints(unknown(p.root(), model.WhyUnsupported, "all sources of the replacements"))
	}
	return done
}

// aimsAt reports whether a patch names the object that an error names.
func aimsAt(roots []*yaml.Node, object string) bool {
	if len(roots) == 0 {
		return false
	}
	kind, name := scalar(exact(roots[0], "kind")), scalar(exact(exact(roots[0], "metadata"), "name"))
	return kind != "" && name != "" && strings.HasPrefix(object, kind+".") && strings.Contains(object, "/"+name+".")
}
