package discover

import (
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/config"
)

// kustomizations are the names of the file.
var kustomizations = []string{"kustomization.yaml", "kustomization.yml", "Kustomization"}

// forEnvironments are directories that hold one directory for each environment.
var forEnvironments = []string{"overlays", "overlay", "environments", "environment", "envs", "env", "stages"}

// noOverlay are directories beside overlays that are none.
var noOverlay = []string{"base", "bases", "common", "shared", "component", "components", "example", "examples", "template", "templates", "default", "patches", "resources"}

func (d *discovery) isKustomization(dir string) bool {
	return slices.ContainsFunc(kustomizations, d.in[dir].has)
}

// overlays finds the kustomizations of environments: overlays/ENV, and elsewhere those
// whose directory is called like a stage.
func (d *discovery) overlays() {
	for _, dir := range d.dirs {
		name, parent := path.Base(dir), path.Base(path.Dir(dir))
		if dir == "." || !d.isKustomization(dir) || slices.Contains(noOverlay, name) {
			continue
		}
		if !isStage(name) && !slices.Contains(forEnvironments, parent) {
			// services/api under overlays/staging is a part of the overlay
			continue
		}
		if !isEnvironmentName(name) || strings.HasPrefix(name, "_") || d.withinOverlay(dir) {
			continue
		}
		at := d.at(dir)
		d.sources = append(d.sources, source{
			kind: ofOverlays, environment: name, unit: unitOf(dir), from: dir,
			step:    config.Step{At: at.Span, Kustomize: &at},
			objects: func() []string { return d.overlayObjects(dir) },
		})
	}
}

// withinOverlay reports whether a directory above is a kustomization of an environment
// already.
func (d *discovery) withinOverlay(dir string) bool {
	for up := path.Dir(dir); up != "." && up != "/"; up = path.Dir(up) {
		if d.isKustomization(up) && isStage(path.Base(up)) {
			return true
		}
	}
	return false
}
