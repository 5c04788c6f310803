package discover

import (
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/order"
	"github.com/keyfit/keyfit/internal/strict"
)

// spellings makes one name of the spellings of one environment: prod and production, or
// Staging and staging. Where one kind of file uses two of them, they mean two environments.
func (d *discovery) spellings() {
	byStage := map[string][]string{} // spellings in the order of their sources
	order.By(d.sources, func(a, b source) int { return int(a.kind) - int(b.kind) })
	for _, s := range d.sources {
		if same := sameAs(s.environment); !slices.Contains(byStage[same], s.environment) {
			byStage[same] = append(byStage[same], s.environment)
		}
	}
	var stages []string
	for same := range byStage {
		stages = append(stages, same)
	}
	slices.Sort(stages)
	for _, same := range stages {
		if names := byStage[same]; len(names) > 1 {
			d.oneSpelling(names)
		}
	}
}

func (d *discovery) oneSpelling(names []string) {
	var shown []string
	for _, name := range names {
		shown = append(shown, strict.Name(name))
	}
	all := strings.Join(shown, ", ")
	if d.apartIn(names) {
		d.note("%s are taken for different environments, since files of one kind use more than one of these names", all)
		return
	}
	d.note("%s are taken for one environment, which is called %s here", all, shown[0])
	for i := range d.sources {
		if slices.Contains(names, d.sources[i].environment) {
			d.sources[i].environment = names[0]
		}
	}
}

// apartIn reports whether files of one kind use two of the names.
func (d *discovery) apartIn(names []string) bool {
	uses := map[kind]string{}
	for _, s := range d.sources {
		if !slices.Contains(names, s.environment) {
			continue
		}
		if used, ok := uses[s.kind]; ok && used != s.environment {
			return true
		}
		uses[s.kind] = s.environment
	}
	return false
}
