package compose

import "slices"

// over is what a service becomes when another definition of it is laid over.
func (v *service) over(base *service) *service {
	out := *base
	out.name, out.at, out.extends, out.from = v.name, v.at, v.extends, v.from
	if out.extends == nil {
		out.extends, out.from = base.extends, base.from
	}
	out.env = map[string]*entry{}
	for name, e := range base.env {
		out.env[name] = e
	}
	for name, e := range v.env {
		out.env[name] = e.over(base.env[name])
	}
	out.listed = base.listed || v.listed || len(base.env) > 0 && len(v.env) > 0
	out.files = slices.Clone(base.files)
	for _, f := range v.files {
		out.addFile(f)
	}
	out.profiles = together(base.profiles, v.profiles)
	out.depends = together(base.depends, v.depends)
	out.mounts = map[string]*mount{}
	for _, from := range []*service{base, v} {
		for target, m := range from.mounts {
			out.mounts[target] = m
		}
	}
	if v.unsure != nil {
		out.unsure = v.unsure
	}
	if v.wild != nil {
		out.wild = v.wild
	}
	return &out
}

// over is an entry that replaces another one, if there is any.
func (e *entry) over(old *entry) *entry {
	if old == nil || old.value == nil || e.value == nil {
		return e
	}
	v := e.value.Over(*old.value)
	return &entry{value: &v, at: e.at}
}

func together(a, b []string) []string {
	out := slices.Clone(a)
	for _, s := range b {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// without is the service without what the paths name: its own fields, or their entries. The whole
// of it is gone when ok is false.
func (v *service) without(paths [][]string) (out *service, ok bool) {
	for _, p := range paths {
		if len(p) < 2 || p[0] != "services" || p[1] != v.name {
			continue
		}
		if len(p) == 2 {
			return nil, false
		}
		changed := *v
		v = &changed
		v.drop(p[2], p[3:])
	}
	return v, true
}

func (v *service) drop(name string, rest []string) {
	switch {
	case name == "environment" && (len(rest) == 0 || !v.listed): // of a list, Compose takes no entry away
		kept := map[string]*entry{}
		for of, e := range v.env {
			if len(rest) > 0 && of != rest[0] {
				kept[of] = e
			}
		}
		v.env = kept
	case name == "env_file" && len(rest) == 0:
		v.files = nil
	case name == "profiles" && len(rest) == 0:
		v.profiles = nil
	case name == "depends_on" && len(rest) == 0:
		v.depends = nil
	case name == "depends_on" && len(rest) == 1:
		v.depends = slices.DeleteFunc(slices.Clone(v.depends), func(s string) bool { return s == rest[0] })
	case name == "secrets" || name == "configs":
		kept := map[string]*mount{}
		for target, m := range v.mounts {
			if m.section != name {
				kept[target] = m
			}
		}
		v.mounts = kept
	case name == "extends":
		v.extends = nil
	}
}
