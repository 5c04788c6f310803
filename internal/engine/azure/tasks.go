package azure

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/pipeline/tree"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/strict"
)

// task says what a task of the marketplace does that matters here.
type task struct {
	names []string
	// follow follows it; nil for one that receives nothing and sets nothing.
	follow  func(a *agent, ctx context.Context, s *stepRun) error
	deploys bool
}

// tasks are those that are known (pipelines/tasks/reference/<name>; what they call was read
// in their sources, azure-pipelines-tasks).
func tasks() []task {
	return []task{
		{names: []string{"CmdLine", "Bash", "PowerShell"}, follow: (*agent).scriptTask},
		{names: []string{"ShellScript"}, follow: (*agent).shellScript},
		{names: []string{"AzureCLI"}, follow: (*agent).azureCLI},
		{names: []string{"AzurePowerShell"}, follow: (*agent).azurePowerShell},
		{names: []string{"AzureKeyVault"}, follow: (*agent).keyVault},
		{names: []string{"AzureWebApp", "AzureRmWebAppDeployment", "AzureWebAppContainer", "AzureAppServiceSettings"}, follow: webApp("webapp"), deploys: true},
		{names: []string{"AzureFunctionApp", "AzureFunctionAppContainer"}, follow: webApp("functionapp"), deploys: true},
		{names: []string{"AzureContainerApps"}, follow: (*agent).containerApp, deploys: true},
		{names: []string{"HelmDeploy"}, follow: (*agent).helm, deploys: true},
		{names: []string{"KubernetesManifest"}, follow: (*agent).manifest, deploys: true},
		{names: []string{"Kubernetes"}, follow: (*agent).kubectl, deploys: true},
		{names: []string{"Docker"}, follow: (*agent).docker},
		{names: []string{"DockerCompose"}, follow: (*agent).compose},
		{names: []string{"TerraformTaskV1", "TerraformTaskV2", "TerraformTaskV3", "TerraformTaskV4", "TerraformTask", "TerraformCLI", "Terraform"}, follow: (*agent).terraform, deploys: true},
		{names: []string{"replacetokens", "qetza.replacetokens.replacetokens-task.replacetokens", "FileTransform", "MagicChunks"}, follow: (*agent).replacesFiles},
		{names: []string{"DownloadSecureFile"}, follow: (*agent).secureFile},
		{names: []string{
			"UseNode", "NodeTool", "UsePythonVersion", "UseDotNet", "UseRubyVersion", "GoTool", "JavaToolInstaller", "KubectlInstaller", "HelmInstaller", "kubeloginInstaller",
			"TerraformInstaller", "DockerInstaller", "PublishBuildArtifacts", "DownloadBuildArtifacts", "PublishPipelineArtifact", "DownloadPipelineArtifact", "CopyFiles",
			"DeleteFiles", "ArchiveFiles", "ExtractFiles", "PublishTestResults", "PublishCodeCoverageResults", "Npm", "npmAuthenticate", "NuGetCommand", "NuGetAuthenticate",
			"NuGetToolInstaller", "DotNetCoreCLI", "Maven", "Gradle", "VSBuild", "VSTest", "MSBuild", "Cache", "Delay", "ManualValidation", "SonarQubePrepare", "SonarQubeAnalyze",
			"SonarQubePublish", "SonarCloudPrepare", "SonarCloudAnalyze", "SonarCloudPublish", "Go", "PipAuthenticate", "AzureResourceManagerTemplateDeployment", "AzureFileCopy",
		}},
	}
}

// taskOf finds what is known of a task; a publisher in front of its name does not matter.
func taskOf(name string) (task, bool) {
	short := name[strings.LastIndexByte(name, '.')+1:]
	for _, t := range tasks() {
		if slices.ContainsFunc(t.names, func(n string) bool { return strings.EqualFold(n, name) || strings.EqualFold(n, short) }) {
			return t, true
		}
	}
	return task{}, false
}

// taskStep follows a task.
func (a *agent) taskStep(ctx context.Context, s *stepRun) error {
	t, ok := taskOf(s.task)
	switch {
	case ok && t.follow != nil:
		return t.follow(a, ctx, s)
	case !ok && !a.quiet:
		a.unknownTask(s)
	}
	return nil
}

// unknownTask tells of a task that receives the environment, with its inputs.
func (a *agent) unknownTask(s *stepRun) {
	given := map[string]model.Value{}
	env := a.env(s)
	for name := range s.inputs {
		if key := "INPUT_" + environmentName(name); !env.Has(key) {
			given[key] = a.input(s, name).Value(a.hop(s.at, "input "+shown(name)))
		}
	}
	a.out.Consumers = append(a.out.Consumers, model.Consumer{
		Kind: model.ConsumerCIStep, Workload: a.label + "/" + s.label, At: s.at, Env: env.WithAll(given),
	})
	a.doubt(model.UnknownBecause(model.WhyUnsupported, "what the task "+strict.Name(s.task)+" does", model.Trail{}.Append(a.hop(s.at, "task"))))
}

// line follows a command line that a task starts. Each piece of a word is an argument of its
// own that the line puts together, so that what is not known of a word stays apart.
func (a *agent) line(ctx context.Context, s *stepRun, words ...tree.Text) error {
	var args []model.Value
	var line strings.Builder
	for _, w := range words {
		line.WriteString(` "`)
		pieces := w.Values(model.Hop{At: s.at, Kind: model.KindCommand, What: "task " + strict.Name(s.task)})
		for i, v := range pieces {
			if v.InRepo == "." && i == 0 && len(pieces) > 1 && strings.HasPrefix(pieces[1].Text.Reveal(), "/") {
				line.WriteString(up(a.directory(s))) // the same file, named from where the step runs
				continue
			}
			if v.InRepo == "." {
				line.WriteString(rootVariable)
				continue
			}
			args = append(args, v)
			fmt.Fprintf(&line, "${%d}", len(args))
		}
		line.WriteByte('"')
	}
	return a.follow(ctx, s, pipeline.Script{At: s.at, Shell: "bash"}, tree.Pasted(strings.TrimSpace(line.String()), s.at), args)
}

// up is the way from a directory of the checkout to its root.
func up(dir string) string {
	if dir = path.Clean(dir); dir == "." {
		return "."
	}
	return strings.TrimSuffix(strings.Repeat("../", strings.Count(dir, "/")+1), "/")
}

// plainWords are words of a command line that the task itself writes.
func plainWords(at pos.Span, words ...string) []tree.Text {
	var out []tree.Text
	for _, w := range words {
		out = append(out, tree.Pasted(w, at))
	}
	return out
}

// words splits arguments as the tasks do: at blanks, outside of double quotes, with \" for a
// quote. A text that is not known is taken to hold neither.
func words(t tree.Text) []tree.Text {
	s := t.String()
	var out []tree.Text
	var word []tree.Text
	quoted, inWord, from := false, false, 0
	flush := func(to int) {
		if to > from {
			word = append(word, t.Slice(from, to))
		}
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s) && s[i+1] == '"':
			flush(i)
			from, inWord = i+1, true
			i++
		case c == '"':
			flush(i)
			from, inWord, quoted = i+1, true, !quoted
		case !quoted && strings.IndexByte(" \t\r\n", c) >= 0:
			flush(i)
			if inWord || len(word) > 0 {
				out = append(out, tree.Join(word...))
			}
			word, from, inWord = nil, i+1, false
		default:
			inWord = true
		}
	}
	flush(len(s))
	if inWord || len(word) > 0 {
		out = append(out, tree.Join(word...))
	}
	return out
}

// lines are the entries of an input that holds one on each line.
func lines(t tree.Text) []tree.Text {
	var out []tree.Text
	s, from := t.String(), 0
	for i := 0; i <= len(s); i++ {
		if i == len(s) || s[i] == '\n' {
			if one := t.Slice(from, i).Trim(); one.String() != "" {
				out = append(out, one)
			}
			from = i + 1
		}
	}
	return out
}

func (a *agent) scriptTask(ctx context.Context, s *stepRun) error {
	inline := strings.EqualFold(a.input(s, "targetType").String(), "inline") || s.task == "CmdLine"
	if inline {
		return a.script(ctx, s, s.inputs["script"])
	}
	if s.task == "PowerShell" {
		return a.follow(ctx, s, pipeline.Script{At: s.at, Shell: "pwsh"}, a.input(s, "filePath"), nil)
	}
	line := tree.Join(tree.Pasted("exec bash '", s.at), a.input(s, "filePath").Paste(), tree.Pasted("' ", s.at), a.input(s, "arguments").Paste())
	return a.follow(ctx, s, pipeline.Script{At: s.at, Shell: "bash"}, line, nil)
}

func (a *agent) shellScript(ctx context.Context, s *stepRun) error {
	all := append(plainWords(s.at, "bash"), a.input(s, "scriptPath"))
	return a.line(ctx, s, append(all, words(a.input(s, "args"))...)...)
}

func (a *agent) azureCLI(ctx context.Context, s *stepRun) error {
	shell := "bash"
	if kind := strings.ToLower(a.input(s, "scriptType").String()); kind != "bash" && kind != "" {
		shell = map[string]string{"pscore": "pwsh", "ps": "powershell", "batch": "cmd"}[kind]
	}
	if strings.EqualFold(a.input(s, "scriptLocation").String(), "inlineScript") {
		var own func(string) bool
		if shell == "bash" {
			own = ownCommands(s.inputs["inlinescript"].String())
		}
		body, _ := a.replaced(s.inputs["inlinescript"].Trim(), own)
		return a.follow(ctx, s, pipeline.Script{At: place(s.node.get("inputs", "inlineScript"), s.at), Shell: shell}, body, nil)
	}
	if shell != "bash" {
		return a.follow(ctx, s, pipeline.Script{At: s.at, Shell: shell}, a.input(s, "scriptPath"), nil)
	}
	line := tree.Join(tree.Pasted("bash '", s.at), a.input(s, "scriptPath").Paste(), tree.Pasted("' ", s.at), a.input(s, "scriptArguments", "arguments").Paste())
	return a.follow(ctx, s, pipeline.Script{At: s.at, Shell: "bash"}, line, nil)
}

func (a *agent) azurePowerShell(ctx context.Context, s *stepRun) error {
	return a.follow(ctx, s, pipeline.Script{At: s.at, Shell: "pwsh"}, a.input(s, "Inline", "InlineScript", "ScriptPath"), nil)
}

// keyVault sets the secrets of a vault as secret variables.
func (a *agent) keyVault(_ context.Context, s *stepRun) error {
	vault := a.input(s, "KeyVaultName").Value(a.hop(s.at, "key vault"))
	filter := a.input(s, "SecretsFilter").String()
	if filter == "" || filter == "*" {
		a.vault = &vault
		return nil
	}
	for _, name := range strings.Split(filter, ",") {
		name, _, _ = strings.Cut(strings.TrimSpace(name), "/")
		if !macroName().MatchString(name) {
			continue
		}
		v := a.vaultSecret(name, vault)
		lower := strings.ToLower(name)
		if old, ok := a.vars[lower]; ok {
			v = v.Over(old.value)
			if s.perhaps != nil {
				v = model.Ambiguous(s.perhaps.Needs, old.value, v)
			}
		}
		a.vars[lower] = given(name, v, yes)
	}
	return nil
}

// vaultSecret is a secret of a key vault: what is bound to its name, or the place of it.
func (a *agent) vaultSecret(name string, vault model.Value) model.Value {
	hop := a.hop(vault.Trail.Last().At, "secret "+shown(name)+" of a key vault")
	if v := a.host.Input(name); v.State == model.Known {
		return v.Via(hop)
	}
	v := model.UnknownBecause(model.WhyRemoteState, "the secret "+shown(name)+" of the key vault, or a value under `inputs` in keyfit.yaml", model.Trail{}.Append(hop))
	v.Ref = model.Ref{Store: "azure-keyvault", Path: name}
	if vault.State == model.Known {
		v.Ref.Name = vault.Text.Reveal()
	}
	return v
}

// replacesFiles is a task that rewrites files of the checkout.
func (a *agent) replacesFiles(_ context.Context, s *stepRun) error {
	if !a.quiet {
		a.fail(s.at, "write the values where the file is read, such as in a values file", "this task rewrites files of the repository, and what it writes is not followed")
		a.doubt(model.UnknownBecause(model.WhyUnsupported, "what the task "+strict.Name(s.task)+" writes into files", model.Trail{}.Append(a.hop(s.at, "task"))))
	}
	return nil
}

func (a *agent) secureFile(_ context.Context, s *stepRun) error {
	if s.name != "" {
		a.vars[strings.ToLower(s.name)+".securefilepath"] = given(s.name+".secureFilePath", a.ofRun("the path of a secure file", s.at), no)
	}
	return nil
}

var (
	dashSetting = lazy.Regexp(`^-([A-Za-z_][\w:.-]*)$`)
	jsonObject  = lazy.Regexp(`\{[^{}]*\}`)
	jsonName    = lazy.Regexp(`"name"\s*:\s*"([^"\\]*)"`)
	jsonValue   = lazy.Regexp(`"value"\s*:\s*(?:"((?:[^"\\]|\\.)*)"|([\w.+-]+))`)
)
