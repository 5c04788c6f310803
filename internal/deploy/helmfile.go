package deploy

import (
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/strict"
	"go.yaml.in/yaml/v3"
)

func helmfile() Adapter {
	return Adapter{Names: []string{"helmfile"}, Read: readHelmfile}
}

const (
	helmfileValued   = "b,helm-binary k,kustomize-binary f,file e,environment state-values-set state-values-set-string state-values-file kube-context log-level n,namespace c,chart l,selector"
	helmfileSwitches = "q,quiet debug color no-color allow-no-matching-release i,interactive skip-deps disable-force-update enable-live-output strip-args-values-on-exit-error h,help v,version"
	applyValued      = " set values args concurrency cascade context diff-args post-renderer post-renderer-args output output-dir output-dir-template suppress suppress-output-line-regex sync-args template-args wait-retries kube-version history-max"
	applySwitches    = " create-namespace detailed-exitcode dry-run hide-notes include-crds include-needs include-tests include-transitive-needs no-hooks reset-values retain-values-files reuse-values show-secrets skip-cleanup skip-crds " +
		"skip-diff-on-install skip-needs skip-schema-validation skip-tests suppress-diff suppress-secrets sync-release-labels take-ownership validate wait wait-for-jobs"
)

// maxHelmfiles bounds how many files one command leads to.
const maxHelmfiles = 50

// helmfileRun is one run of helmfile.
type helmfileRun struct {
	*reading
	environment model.Value
	namespace   model.Value
	selectors   []word
	extra       []ValuesArg // of the command line, behind those of the release
	reuse       bool
	files       int
}

// readHelmfile reads helmfile.yaml, as far as its templates only ask for the environment.
func readHelmfile(c Call) (Delivery, bool) {
	r := &reading{call: c, tool: "helmfile"}
	global, name, rest, ok := subcommand(c.arguments(), flagRules{valued: helmfileValued, switches: helmfileSwitches})
	if !ok {
		return r.unreadable(global)
	}
	if !slices.Contains([]string{"apply", "sync", "template", "charts"}, name) {
		return Delivery{}, false
	}
	r.tool += " " + name
	l := readFlags(rest, flagRules{valued: helmfileValued + applyValued, switches: helmfileSwitches + applySwitches})
	r.take(l)
	l.flags = append(slices.Clone(global.flags), l.flags...)
	h := &helmfileRun{reading: r, environment: r.flagOrVariable(l, "environment", "HELMFILE_ENVIRONMENT"), namespace: r.flagOrVariable(l, "namespace", "HELMFILE_NAMESPACE")}
	h.read(l)
	r.d.Printed = name == "template"
	for i := range r.d.Charts {
		r.d.Charts[i].Doubt = r.open
	}
	return r.result()
}

func (h *helmfileRun) read(l flagLine) {
	if h.environment.State == model.Absent || h.environment.State == model.Known && h.environment.Text.IsEmpty() {
		h.environment = model.KnownText("default", model.Hop{At: h.call.At, Kind: model.KindDefault, What: "helmfile"})
	}
	h.selectors = l.all("selector")
	h.reuse = l.has("reuse-values") != no
	for _, o := range l.flags {
		switch o.name {
		case "set", "values":
			for _, v := range h.list(o.value) {
				h.extra = append(h.extra, ValuesArg{Flag: o.name, Text: v})
			}
		case "args", "sync-args", "template-args", "chart":
			h.doubt(model.Value{Why: model.WhyUnsupported, Needs: "helmfile without --" + o.name}, "helmfile with --"+o.name+" is not understood", "write what it adds into helmfile.yaml")
		}
	}
	file := h.flagOrVariable(l, "file", "HELMFILE_FILE_PATH")
	if file.State == model.Absent {
		file = h.defaultFile()
	}
	name, ok := wordOf(file).known()
	if !ok {
		h.doubt(file, "the file of helmfile is not known, expected one in the repository", "write its path out")
		return
	}
	h.file(h.path(name), 0)
}

func (h *helmfileRun) defaultFile() model.Value {
	name := "helmfile.yaml"
	for _, candidate := range []string{"helmfile.yaml.gotmpl", "helmfile.yaml", "helmfile.d"} {
		if h.call.Files != nil {
			if _, err := h.call.Files.Stat(h.path(candidate)); err == nil {
				name = candidate
				break
			}
		}
	}
	return model.KnownText(name, model.Hop{At: h.call.At, Kind: model.KindDefault, What: "helmfile"})
}

// file reads one helmfile, or all in a directory.
func (h *helmfileRun) file(name string, depth int) {
	h.files++
	if h.files > maxHelmfiles || depth > 10 || h.call.Files == nil {
		h.doubt(model.Value{Why: model.WhyLimit, Needs: "fewer helmfiles"}, "helmfile leads to more than 50 files, the limit", "split the deploy")
		return
	}
	if info, err := h.call.Files.Stat(name); err == nil && info.Dir {
		list, _ := h.call.Files.List(name)
		for _, i := range list {
			if !i.Dir && (strings.HasSuffix(i.Name, ".yaml") || strings.HasSuffix(i.Name, ".yaml.gotmpl") || strings.HasSuffix(i.Name, ".yml")) {
				h.file(path.Join(name, i.Name), depth+1)
			}
		}
		return
	}
	data, err := h.call.Files.Read(name)
	if err != nil {
		h.lost(name, "the helmfile", err)
		return
	}
	text := newTemplate(h, name, data)
	text.structure()
	h.documents(text, depth)
}

// documents goes through the parts of the file. Of the releases, those of the last part
// that has any count.
func (h *helmfileRun) documents(t *template, depth int) {
	var releases, defaults *yaml.Node
	decoder := yaml.NewDecoder(strings.NewReader(t.text))
	for range maxHelmfiles {
		var n yaml.Node
		if err := decoder.Decode(&n); err != nil {
			if err.Error() != "EOF" {
				h.doubt(model.Value{Why: model.WhyUnsupported, Needs: "a helmfile that is YAML"}, "the helmfile "+quotedPath(t.file)+" is not valid YAML without running its templates", "keep templates to {{ .Environment.Name }} and {{ requiredEnv \"NAME\" }}")
			}
			break
		}
		if len(n.Content) == 0 {
			continue
		}
		h.refuse(n.Content[0], t)
		if p, ok := strict.Find(n.Content[0], "releases"); ok {
			releases = p.Value
		}
		if p, ok := strict.Find(n.Content[0], "helmDefaults"); ok {
			defaults = p.Value
		}
		if p, ok := strict.Find(n.Content[0], "helmfiles"); ok {
			h.nested(p.Value, t, depth)
		}
	}
	if releases == nil {
		return
	}
	for _, name := range []string{"args", "postRenderer", "postRendererArgs", "values", "set"} {
		if defaults == nil {
			break
		}
		if p, ok := strict.Find(defaults, name); ok {
			h.doubtAt(t, p.Key, "helmDefaults without "+name)
		}
	}
	for _, item := range strict.Items(releases) {
		h.release(item, defaults, t)
	}
}

// refuse says what of a helmfile is not followed.
func (h *helmfileRun) refuse(n *yaml.Node, t *template) {
	if p, ok := strict.Find(n, "bases"); ok {
		h.doubtAt(t, p.Key, "a helmfile without bases")
	}
	if p, ok := strict.Find(n, "environments"); ok && h.environment.State == model.Known {
		name := h.environment.Text.Reveal()
		if _, ok := strict.Find(p.Value, name); !ok && name != "default" {
			h.problemAt(t.span(p.Key), "the helmfile has no environment "+strict.Name(name)+", expected one of those listed", "add it under environments, or correct -e")
		}
	}
}

func (h *helmfileRun) doubtAt(t *template, n *yaml.Node, needs string) {
	h.problemAt(t.span(n), "is not understood here, expected "+needs, "")
	if h.open == nil {
		u := model.UnknownBecause(model.WhyUnsupported, needs, model.Trail{})
		h.open = &u
	}
}

func (h *helmfileRun) nested(n *yaml.Node, t *template, depth int) {
	for _, item := range strict.Items(n) {
		if item.Kind == yaml.MappingNode {
			if names := strict.Names(item); len(names) != 1 || names[0] != "path" {
				h.doubtAt(t, item, "a helmfile that is named by its path alone")
				continue
			}
			p, _ := strict.Find(item, "path")
			item = p.Value
		}
		name, ok := t.word(item, nil).known()
		if !ok || strings.ContainsAny(name, "*?[:") {
			h.doubtAt(t, item, "the path of one helmfile")
			continue
		}
		h.file(joinDir(path.Dir(t.file), name), depth+1)
	}
}
