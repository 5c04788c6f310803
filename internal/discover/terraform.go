package discover

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/strict"
)

// rootsOf are directories that hold a root module for each environment.
var rootsOf = []string{"envs", "env", "environments", "environment", "live", "stages", "stacks", "accounts", "deployments"}

// tfvarsBelow are directories of a root module that hold its files of variables.
var tfvarsBelow = []string{"envs", "env", "environments", "environment", "vars", "tfvars", "config", "variables"}

// terraform finds root modules of environments: envs/ENV/*.tf, and ENV.tfvars beside or
// below the *.tf files.
func (d *discovery) terraform() {
	for _, dir := range d.dirs {
		if !d.isModule(dir) {
			continue
		}
		name, parent := path.Base(dir), path.Base(path.Dir(dir))
		if slices.Contains(rootsOf, parent) && !slices.Contains(noOverlay, name) && isEnvironmentName(name) && (isStage(name) || parent != "live" && parent != "stacks" && parent != "accounts" && parent != "deployments") {
			d.module(name, dir, "")
			continue
		}
		d.tfvars(dir)
	}
}

func (d *discovery) isModule(dir string) bool {
	return slices.ContainsFunc(d.in[dir].files, func(file string) bool { return path.Ext(file) == ".tf" })
}

// tfvars makes an environment of each file of variables that is called like a stage.
func (d *discovery) tfvars(dir string) {
	var found []values
	add := func(at string, files []string) {
		for _, file := range files {
			name, ok := strings.CutSuffix(strings.TrimSuffix(file, ".json"), ".tfvars")
			if ok && isStage(name) && isEnvironmentName(name) && !strings.HasSuffix(name, ".auto") {
				found = append(found, values{name, path.Join(at, file)})
			}
		}
	}
	add(dir, d.in[dir].files)
	for _, below := range d.in[dir].dirs {
		if inner := d.in[path.Join(dir, below)]; inner != nil && slices.Contains(tfvarsBelow, below) && !d.isModule(path.Join(dir, below)) {
			add(path.Join(dir, below), inner.files)
		}
	}
	if len(found) == 0 {
		return
	}
	if file := d.asksWorkspace(); file != "" {
		d.note("the files of variables in %q are left out: %q asks for the workspace, and nothing says which one belongs to which; write `terraform:` with `workspace:` in keyfit.yaml", dir, file)
		return
	}
	for _, v := range found {
		d.module(v.environment, dir, v.file)
	}
}

// maxModuleFiles bounds how many files are searched for the workspace.
const maxModuleFiles = 500

// asksWorkspace names a file that asks for the name of the workspace; empty without one.
func (d *discovery) asksWorkspace() string {
	read := 0
	for _, dir := range d.dirs {
		for _, file := range d.in[dir].files {
			if path.Ext(file) != ".tf" {
				continue
			}
			if read++; read > maxModuleFiles {
				return path.Join(dir, file)
			}
			data, err := d.files.Read(path.Join(d.dir, dir, file))
			if err != nil || bytes.Contains(data, []byte("terraform.workspace")) {
				return path.Join(dir, file)
			}
		}
	}
	return ""
}

func (d *discovery) module(environment, dir, vars string) {
	at := d.at(dir)
	step := config.Step{At: at.Span, Terraform: &config.Terraform{Dir: at, At: at.Span}}
	from := dir
	if vars != "" {
		file := d.at(vars)
		// Files of variables are named as on the command line: from the module.
		file.Value = strings.TrimPrefix(vars, dir+"/")
		if dir == "." {
			file.Value = vars
		}
		step.At, from = file.Span, vars
		step.Terraform.VarFiles = []strict.At[string]{file}
	}
	d.sources = append(d.sources, source{kind: ofTerraform, environment: environment, unit: unitOf(dir), step: step, from: from})
}
