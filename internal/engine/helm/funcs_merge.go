package helm

// merge fills the first map with what the others hold and it does not; or, over, with all
// that they hold. It changes the first map, as sprig's does.
func (e *eval) merge(args []*val, over bool) *val {
	if len(args) == 0 {
		return nil
	}
	if args[0].v == nil {
		args = append([]*val{{v: map[string]any{}}}, args[1:]...)
	}
	dst, ok := tableIn(args[0])
	if !ok {
		if e.anyUnknown(args...) {
			return e.vague(args)
		}
		return nil
	}
	out := &val{v: dst, src: args[0].src, by: args[0].by}
	for _, a := range args[1:] {
		src, ok := tableIn(a)
		if e.anyUnknown(a) {
			e.doubtAll("a template that merges values that are not known")
		}
		if !ok {
			if a.v == nil || e.anyUnknown(a) {
				continue
			}
			return nil
		}
		e.mergeInto(dst, src, a, over)
		out = out.plus(a.src, a.by)
	}
	return out
}

func (e *eval) mergeInto(dst, src map[string]any, from *val, over bool) {
	e.step()
	e.deeper()
	defer func() { e.deep-- }()
	e.asOpen(dst, src)
	for key, item := range src {
		s := from.child(item)
		held, has := dst[key]
		d := raw(held)
		if s.v == nil && len(e.unknowns(s.src)) == 0 {
			if over {
				e.changing(dst)
				dst[key] = item
			}
			continue
		}
		sm, sIsMap := tableIn(s)
		dm, dIsMap := tableIn(d)
		if sIsMap && dIsMap {
			e.mergeInto(dm, sm, s, over)
		}
		_, sIsList := s.v.([]any)
		if su := e.unknowns(s.src); dIsMap && !over && len(su) > 0 {
			e.changing(dst)
			dst[key] = d.plus(su, nil)
			continue
		}
		if has && e.truth(d) && (sIsList && !over || sIsMap && dIsMap) {
			continue
		}
		u := e.undecided(d)
		switch {
		case over || !has || !e.truth(d) && len(u) == 0:
			e.changing(dst)
			dst[key] = keep(item, s)
		case len(u) > 0:
			e.changing(dst)
			dst[key] = d.plus(u, s.all())
		}
	}
}

// keep gives what goes into a map: the same container as before, where nothing was added.
func keep(item any, v *val) any {
	if len(v.src) == 0 && len(v.by) == 0 && len(v.p) == 0 {
		return item
	}
	return v.settled()
}
