package kustomize

//lint:file-ignore SA1019 people still write the deprecated fields, and kustomize still reads them

import (
	"cmp"
	"path"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/api/pkg/util"
	"sigs.k8s.io/kustomize/api/types"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/order"
	"github.com/keyfit/keyfit/internal/pos"
)

// standIn stands for a text that is not known, so that the rest can be built.
const standIn = "keyfit-does-not-know-this-text"

// edit applies the `kustomize edit` commands that ran in the directory of a kustomization.
func (p *plan) edit(o *overlay) {
	for _, e := range p.step.Edits {
		dir, err := behindLinks(p.step.Files, cmp.Or(e.Dir, "."))
		if err != nil || dir != o.dir {
			continue
		}
		o.changed = true
		c := &change{plan: p, o: o, k: &o.k, at: e.At}
		if !c.apply(e.Args) {
			p.problem(e.At, "write it into "+o.file, "this change to %q cannot be followed", o.file)
			p.taints(unknown(e.At, model.WhyUnsupported, "the outcome of kustomize edit in "+o.file))
		}
	}
}

// change is one `kustomize edit`.
type change struct {
	*plan
	o  *overlay
	k  *types.Kustomization
	at pos.Span
}

// apply follows the command; false when that is not possible, or when it would fail.
func (c *change) apply(args []model.Value) bool {
	if len(args) < 3 || text(args[0]) != "edit" {
		return false
	}
	verb, what, rest := text(args[1]), text(args[2]), args[3:]
	if what == "secret" || what == "configmap" {
		return c.generator(verb, what, rest)
	}
	var words []string
	for _, a := range rest {
		if a.State != model.Known || strings.HasPrefix(a.Text.Reveal(), "-") {
			return false
		}
		words = append(words, a.Text.Reveal())
	}
	switch verb {
	case "set":
		return len(words) > 0 && c.set(what, words)
	case "add":
		return len(words) > 0 && c.add(what, words)
	case "remove":
		return len(words) > 0 && c.remove(what, words)
	}
	return false
}

// text is the text of a known word; empty for others.
func text(v model.Value) string {
	if v.State != model.Known {
		return ""
	}
	return v.Text.Reveal()
}

func (c *change) set(what string, words []string) bool {
	switch what {
	case "namespace":
		c.k.Namespace = words[0]
		return len(words) == 1
	case "nameprefix":
		c.k.NamePrefix = words[0]
		return len(words) == 1
	case "namesuffix":
		c.k.NameSuffix = words[0]
		return len(words) == 1
	case "image":
		return c.images(words)
	case "replicas":
		return c.replicas(words)
	case "label":
		return pairs(&c.k.CommonLabels, words, true)
	case "annotation":
		return pairs(&c.k.CommonAnnotations, words, true)
	}
	return false
}

func (c *change) add(what string, words []string) bool {
	switch what {
	case "resource":
		return c.paths(&c.k.Resources, words)
	case "base":
		list := strings.Split(words[0], ",")
		for _, w := range list {
			if slices.Contains(c.k.Resources, w) {
				return false
			}
		}
		return len(words) == 1 && c.paths(&c.k.Resources, list)
	case "component":
		return c.paths(&c.k.Components, words)
	case "label":
		return pairs(&c.k.CommonLabels, words, false)
	case "annotation":
		return pairs(&c.k.CommonAnnotations, words, false)
	}
	return false
}

func (c *change) remove(what string, words []string) bool {
	if what != "resource" {
		return false
	}
	before := len(c.k.Resources)
	c.k.Resources = slices.DeleteFunc(c.k.Resources, func(r string) bool {
		return slices.ContainsFunc(words, func(w string) bool {
			ok, err := path.Match(w, r)
			return err == nil && ok
		})
	})
	c.o.kept["resources"] = nil
	return len(c.k.Resources) < before
}

// pairs adds key:value words to a map.
func pairs(m *map[string]string, words []string, overwrite bool) bool {
	if *m == nil {
		*m = map[string]string{}
	}
	for _, w := range words {
		key, value, _ := strings.Cut(w, ":")
		if l := len(value); l >= 2 && value[0] == '"' && value[l-1] == '"' {
			value = value[1 : l-1]
		}
		if _, there := (*m)[key]; key == "" || there && !overwrite {
			return false
		}
		(*m)[key] = value
	}
	return true
}

// paths adds files that are there. Patterns are not followed.
func (c *change) paths(list *[]string, words []string) bool {
	for _, w := range words {
		if strings.ContainsAny(w, "*?[") && !mayBeRemote(w) {
			return false
		}
		if !mayBeRemote(w) {
			full, err := c.locate(c.o, w)
			if err == nil {
				_, err = c.step.Files.Stat(full)
			}
			if err != nil {
				return false
			}
		}
		if !slices.Contains(*list, w) && w != path.Base(c.o.file) {
			*list = append(*list, w)
		}
	}
	return true
}

func (c *change) images(words []string) bool {
	set := map[string]types.Image{}
	for _, w := range words {
		name, value, renamed := strings.Cut(w, "=")
		if !renamed {
			value = w
		}
		target, tag, digest := util.SplitImageName(value)
		if target == w || strings.Contains(w, "*") {
			return false
		}
		image := types.Image{Name: target, NewTag: tag, Digest: digest}
		if renamed {
			image.Name, image.NewName = name, target
		}
		set[image.Name] = image
	}
	c.k.Images = append(c.k.Images, c.k.ImageTags...)
	c.k.ImageTags = nil
	c.k.Images = slices.DeleteFunc(c.k.Images, func(i types.Image) bool {
		_, ok := set[i.Name]
		return ok
	})
	for _, image := range set {
		c.k.Images = append(c.k.Images, image)
	}
	order.By(c.k.Images, func(a, b types.Image) int { return cmp.Compare(a.Name, b.Name) })
	return true
}

func (c *change) replicas(words []string) bool {
	for _, w := range words {
		name, count, _ := strings.Cut(w, "=")
		n, err := strconv.ParseInt(count, 10, 64)
		if err != nil {
			return false
		}
		c.k.Replicas = slices.DeleteFunc(c.k.Replicas, func(r types.Replica) bool { return r.Name == name })
		c.k.Replicas = append(c.k.Replicas, types.Replica{Name: name, Count: n})
	}
	order.By(c.k.Replicas, func(a, b types.Replica) int { return cmp.Compare(a.Name, b.Name) })
	return true
}
