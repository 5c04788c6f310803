package cli

import (
	"cmp"
	"context"
	"path"
	"slices"

	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/discover"
	"github.com/keyfit/keyfit/internal/order"
	"github.com/keyfit/keyfit/internal/repo"
)

// despiteMistake is the answer where the configuration is broken. A mistake that the push brings
// stops it. One that was there before does not, and hides no key in plain text either: what can
// be read of the configuration, and what is discovered, is looked through for those.
func (h *hook) despiteMistake(ctx context.Context, one *head, now state) (state, []found, int, error) {
	for i := range one.bases {
		base, err := h.judge(ctx, &one.bases[i], view{offline: true})
		if err != nil {
			return now, nil, 0, err
		}
		if base.mistake == nil || base.mistake.Error() != now.mistake.Error() {
			continue
		}
		h.tell("keyfit.yaml was broken before already, so only keys in plain text were looked for; `keyfit config validate` says what is wrong")
		lenient := view{offline: true, lenient: true}
		rest, err := h.judge(ctx, &one.side, lenient)
		if err != nil {
			return now, nil, 0, err
		}
		rest.found = inPlain(rest.found)
		news, older, err := h.compare(ctx, one, rest, lenient)
		return rest, news, older, err
	}
	return now, nil, 0, now.mistake
}

// configureLeniently takes what can be read of a broken configuration, with what is discovered.
// It is for finding places alone: nothing may be sent anywhere by it.
func (a *app) configureLeniently(w *workspace, start string) {
	file := &config.File{Environments: map[string]*config.Environment{}, Keys: map[string]*config.Key{}}
	w.config, w.dir = file, start
	if name, found := a.configPath(w, start); found {
		w.dir = configDir(name)
		read, _ := config.Load(w.files, name, config.LoadOptions{Catalog: w.catalogue})
		file.Path = read.Path
		for variable, key := range read.Keys {
			if key != nil {
				file.Keys[variable] = &config.Key{At: key.At}
			}
		}
		for name, env := range read.Environments {
			if env != nil && len(env.Deploy) > 0 {
				file.Environments[name] = &config.Environment{Deploy: env.Deploy, At: env.At}
			}
		}
	}
	for name, env := range discover.Environments(w.files, w.dir).Config.Environments {
		if file.Environments[name] == nil {
			file.Environments[name] = env
		}
	}
}

// configs picks the files of configuration, in the order of their paths.
func (h *hook) configs(objects []repo.Object) []repo.Object {
	var out []repo.Object
	for _, o := range objects {
		if h.isConfig(o.Path) {
			out = append(out, o)
		}
	}
	order.By(out, func(a, b repo.Object) int { return cmp.Compare(a.Path, b.Path) })
	return out
}

func (h *hook) isConfig(name string) bool {
	base := path.Base(name)
	return base == "keyfit.yaml" || base == ".keyfit.yaml" || h.flags.config != "" && base == path.Base(h.flags.config)
}

func sameObject(a, b repo.Object) bool { return a.Path == b.Path && a.ID == b.ID }

// withConfig replaces the configuration among some files by that of others.
func (h *hook) withConfig(objects, others []repo.Object) []repo.Object {
	rest := slices.DeleteFunc(slices.Clone(objects), func(o repo.Object) bool { return h.isConfig(o.Path) })
	return append(rest, h.configs(others)...)
}
