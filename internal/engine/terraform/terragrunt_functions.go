package terraform

import (
	"errors"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/keyfit/keyfit/internal/model"
)

// errNoFile is the failure of a look-up, which `try` may catch.
var errNoFile = errors.New("no such file in the folders above")

// functions are those of Terraform with Terragrunt's own. Whatever else Terragrunt has is
// unknown.
func (f *gruntFile) functions() map[string]function.Function {
	g := f.g
	out := maps.Clone(g.e.functions())
	for name, run := range map[string]func(args []cty.Value) (cty.Value, error){
		"find_in_parent_folders":                g.above,
		"get_env":                               g.env,
		"read_terragrunt_config":                g.config,
		"get_terragrunt_dir":                    func([]cty.Value) (cty.Value, error) { return g.absolute(g.dir), nil },
		"get_original_terragrunt_dir":           func([]cty.Value) (cty.Value, error) { return g.absolute(g.dir), nil },
		"get_parent_terragrunt_dir":             f.parent,
		"get_repo_root":                         g.repository,
		"path_relative_to_include":              f.relative,
		"get_terraform_command":                 g.opaque("the command that is run"),
		"basename":                              g.basename(out["basename"]),
		"run_cmd":                               g.opaque("the output of a command"),
		"sops_decrypt_file":                     g.opaque("the decrypted file"),
		"get_aws_account_id":                    g.opaque("the account of the deploy"),
		"get_aws_account_alias":                 g.opaque("the account of the deploy"),
		"get_aws_caller_identity_arn":           g.opaque("the account of the deploy"),
		"get_platform":                          g.opaque("the platform of the deploy"),
		"get_path_to_repo_root":                 g.opaque("the path to the repository's root"),
		"get_path_from_repo_root":               g.opaque("the path from the repository's root"),
		"path_relative_from_include":            g.opaque("the path from the included file"),
		"get_working_dir":                       g.opaque("the working directory"),
		"get_terraform_commands_that_need_vars": commandsWithVars,
	} {
		out[name] = loose(run)
	}
	return out
}

// loose is a function that takes any arguments and looks after marks itself.
func loose(run func(args []cty.Value) (cty.Value, error)) function.Function {
	return function.New(&function.Spec{
		VarParam: &function.Parameter{Name: "arguments", Type: cty.DynamicPseudoType, AllowNull: true, AllowUnknown: true, AllowDynamicType: true, AllowMarked: true},
		Type: func(args []cty.Value) (cty.Type, error) {
			v, err := run(args)
			return v.Type(), err
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) { return run(args) },
	})
}

func commandsWithVars([]cty.Value) (cty.Value, error) {
	return cty.ListVal([]cty.Value{cty.StringVal("apply"), cty.StringVal("plan"), cty.StringVal("destroy"), cty.StringVal("console"),
		cty.StringVal("import"), cty.StringVal("push"), cty.StringVal("refresh")}), nil
}

func (g *grunt) opaque(needs string) func([]cty.Value) (cty.Value, error) {
	return func([]cty.Value) (cty.Value, error) {
		return cty.DynamicVal.Mark(g.e.newMark(model.UnknownBecause(model.WhyCommandOutput, needs, model.Trail{}))), nil
	}
}

// repository is the root of the repository. That it is keyfit's own root too is likely but
// not certain, so only files are found by it.
func (g *grunt) repository([]cty.Value) (cty.Value, error) { return g.absolute("."), nil }

// above is find_in_parent_folders: a file in a directory above the one that is deployed.
func (g *grunt) above(args []cty.Value) (cty.Value, error) {
	name := gruntName
	if len(args) > 0 {
		v := valueOf(args[0])
		if v.State != model.Known {
			return g.e.unknownFrom(v), nil
		}
		name = v.Text.Reveal()
	}
	for dir := g.dir; dir != "." && dir != "/"; {
		dir = path.Dir(dir)
		found := path.Join(dir, name)
		if _, err := g.e.in.Files.Stat(found); err == nil {
			return g.absolute(found), nil
		}
	}
	if len(args) > 1 {
		return args[1], nil
	}
	return cty.NilVal, errNoFile
}

// env is get_env: a variable of the environment, or the default.
func (g *grunt) env(args []cty.Value) (cty.Value, error) {
	if len(args) == 0 {
		return cty.NilVal, errors.New("get_env takes the name of a variable")
	}
	name := valueOf(args[0])
	if name.State != model.Known {
		return g.e.unknownFrom(name), nil
	}
	switch v := g.e.in.Env.Get(name.Text.Reveal()); {
	case v.State == model.Unknown:
		return g.e.unknownFrom(v), nil
	case v.State == model.Known:
		return cty.StringVal(v.Text.Reveal()).Mark(g.e.newMark(v)), nil
	case len(args) > 1:
		return args[1], nil
	}
	return cty.NilVal, errors.New("the variable is not set and has no default")
}

// config is read_terragrunt_config: the locals and inputs of another file.
func (g *grunt) config(args []cty.Value) (cty.Value, error) {
	if len(args) == 0 {
		return cty.NilVal, errors.New("read_terragrunt_config takes a path")
	}
	name, ok := g.path(args[0])
	switch {
	case !ok && valueOf(args[0]).State == model.Unknown:
		return g.e.unknownFrom(valueOf(args[0])), nil
	case !ok && len(args) > 1:
		return args[1], nil
	case !ok:
		return cty.NilVal, errNoFile
	}
	if g.depth++; g.depth > maxModuleNest {
		return g.e.limited("files that read each other less deep"), nil
	}
	defer func() { g.depth-- }()
	f := g.read(name)
	if f.incomplete || len(f.includes) > 0 {
		return g.e.unknown(model.WhyUnsupported, "a "+name+" that can be read without its includes", g.e.here), nil
	}
	out := f.exposed().AsValueMap()
	out[sentinel] = g.e.unknown(model.WhyUnsupported, "all of "+name, g.e.here)
	return cty.ObjectVal(out), nil
}

// parent is the directory of the file that is included.
func (f *gruntFile) parent(args []cty.Value) (cty.Value, error) {
	i := f.included(args)
	if i == nil {
		return f.g.absolute(f.g.dir), nil
	}
	return f.g.absolute(path.Dir(i.name)), nil
}

// included is the one file that is included, or the one of the name given.
func (f *gruntFile) included(args []cty.Value) *gruntFile {
	child := f.g.files[path.Join(f.g.dir, gruntName)]
	label := ""
	if len(args) > 0 {
		label = valueOf(args[0]).Text.Reveal()
	}
	for _, i := range child.includes {
		if i.file != nil && (i.file == f || label != "" && i.label == label || label == "" && len(child.includes) == 1) {
			return i.file
		}
	}
	return nil
}

// relative is path_relative_to_include: from the included file to the one deployed.
func (f *gruntFile) relative(args []cty.Value) (cty.Value, error) {
	i := f.included(args)
	if i == nil {
		return cty.StringVal("."), nil
	}
	rel, err := filepath.Rel(path.Dir(i.name), f.g.dir)
	if err != nil {
		return f.g.e.unknown(model.WhyUnsupported, "the path to the included file", f.g.e.here), nil
	}
	return cty.StringVal(filepath.ToSlash(rel)), nil
}

// basename knows the last element also of a path that is not known wholly.
func (g *grunt) basename(otherwise function.Function) func([]cty.Value) (cty.Value, error) {
	return func(args []cty.Value) (cty.Value, error) {
		if len(args) == 1 {
			v := valueOf(args[0])
			if text, ok := g.located(v); ok && v.State == model.Unknown {
				if name := path.Clean(strings.TrimPrefix(text, anchored)); name != "." && !strings.HasPrefix(name, "..") {
					return cty.StringVal(path.Base(name)), nil
				}
			}
		}
		return otherwise.Call(args)
	}
}

// arguments adds what extra_arguments hand to terraform, in front of the command's own.
func (g *grunt) arguments(f *gruntFile) *model.Value {
	type owned struct {
		*hcl.Block
		by *gruntFile
	}
	var all []owned
	for _, i := range f.includes {
		for _, b := range i.file.extra {
			all = append(all, owned{b, i.file})
		}
	}
	for _, b := range f.extra {
		all = append(all, owned{b, f})
	}
	var args []Arg
	for _, b := range all {
		content, _, _ := b.Body.PartialContent(&hcl.BodySchema{
			Attributes: attributes("commands", "arguments", "required_var_files", "optional_var_files", "env_vars"),
		})
		more, ok := g.extra(b.by, content)
		if !ok {
			return doubtOf("extra_arguments that are written out")
		}
		args = append(args, more...)
	}
	g.e.in.Args = append(args, g.e.in.Args...)
	return nil
}

func (g *grunt) extra(f *gruntFile, content *hcl.BodyContent) ([]Arg, bool) {
	list := func(name string) ([]model.Value, bool) {
		a := content.Attributes[name]
		if a == nil {
			return nil, true
		}
		v, _ := f.value(a.Expr).Unmark()
		if !v.IsKnown() || v.IsNull() || !v.CanIterateElements() {
			return nil, false
		}
		var out []model.Value
		for it := v.ElementIterator(); it.Next(); {
			_, el := it.Element()
			out = append(out, valueOf(el))
		}
		return out, true
	}
	commands, ok := list("commands")
	if !ok {
		return nil, false
	}
	if !slices.ContainsFunc(commands, func(v model.Value) bool {
		return v.State != model.Known || v.Text.Reveal() == "apply" || v.Text.Reveal() == "plan"
	}) {
		return nil, true
	}
	if content.Attributes["env_vars"] != nil {
		return nil, false
	}
	var out []Arg
	for _, name := range []string{"required_var_files", "optional_var_files"} {
		files, ok := list(name)
		if !ok {
			return nil, false
		}
		for _, v := range files {
			text, ok := g.located(v)
			if !ok {
				return nil, false
			}
			file, found := g.path(cty.StringVal(text))
			if !found && name == "required_var_files" {
				return nil, false
			}
			if found {
				out = append(out, Arg{Flag: "var-file", Text: known(anchored + file)})
			}
		}
	}
	words, ok := list("arguments")
	if !ok {
		return nil, false
	}
	more, ok := g.words(words)
	return append(out, more...), ok
}

// words reads -var and -var-file of a list of arguments.
func (g *grunt) words(words []model.Value) ([]Arg, bool) {
	var out []Arg
	for i := 0; i < len(words); i++ {
		text, ok := g.located(words[i])
		if !ok {
			return nil, false
		}
		flag, value, joined := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(text, "-"), "-"), "=")
		if flag != "var" && flag != "var-file" {
			continue
		}
		v := words[i]
		if !joined {
			if i++; i >= len(words) {
				return nil, false
			}
			if v = words[i]; flag == "var-file" {
				if value, ok = g.located(v); !ok {
					return nil, false
				}
			}
		}
		switch {
		case flag == "var-file":
			file, found := g.path(cty.StringVal(value))
			if !found {
				return nil, false
			}
			v = known(anchored + file)
		case joined:
			v.Text, v.Parts = known(value).Text, nil
		}
		out = append(out, Arg{Flag: flag, Text: v})
	}
	return out, true
}
