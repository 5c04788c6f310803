package verdict

import "github.com/keyfit/keyfit/internal/provider"

// pick takes the one item of a list that is the key's own for the whole document. Without one,
// or with several, the document stays as it is, and only rules for that hold.
func (a *answer) pick(p *provider.Pick) {
	if p == nil || !a.isJSON {
		return
	}
	var found []any
	for _, item := range p.List.Items(a.json) {
		if a.isOwn(p, item) {
			found = append(found, item)
		}
	}
	if len(found) == 1 {
		a.json, a.picked = found[0], true
	}
}

func (a *answer) isOwn(p *provider.Pick, item any) bool {
	if p.Hint != "" {
		hint, ok := p.Hint.Text(item)
		return ok && a.Shows != nil && a.Shows(hint)
	}
	if p.Key != "" {
		key, ok := p.Key.Text(item)
		return ok && a.Is != nil && a.Is(key)
	}
	id, ok := p.ID.Text(item)
	if !ok || a.Part == nil {
		return false
	}
	want, known := a.Part(p.Part)
	return known && id == want
}
