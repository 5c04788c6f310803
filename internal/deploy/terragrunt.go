package deploy

import (
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

func terragrunt() Adapter {
	return Adapter{Names: []string{"terragrunt"}, Read: readTerragrunt}
}

const (
	terragruntValued = "config download-dir iam-assume-role iam-assume-role-duration iam-assume-role-session-name log-format log-level log-custom-format " +
		"parallelism queue-exclude-dir queue-include-dir queue-include-units-reading queue-excludes-file source source-map strict-control tf-path units-that-include working-dir feature experiment auth-provider-cmd report-file report-format out-dir json-out-dir"
	terragruntSwitches = "all graph help h version v non-interactive no-color no-auto-init no-auto-approve no-auto-retry no-auto-provider-cache-dir provider-cache queue-ignore-errors queue-ignore-dag-order queue-include-external queue-exclude-external " +
		"queue-strict-include source-update tf-forward-stdout log-disable log-show-abs-paths inputs-debug strict-mode experiment-mode backend-bootstrap summary-disable summary-per-unit disable-command-validation no-destroy-dependencies-check fail-fast"
	legacyValued = "terragrunt-config terragrunt-tfpath terragrunt-working-dir terragrunt-download-dir terragrunt-source terragrunt-source-map terragrunt-iam-role terragrunt-include-dir terragrunt-exclude-dir terragrunt-parallelism terragrunt-log-level " +
		"terragrunt-modules-that-include terragrunt-iam-assume-role-duration terragrunt-iam-assume-role-session-name terragrunt-queue-include-units-reading terragrunt-excludes-file"
	legacySwitches = "terragrunt-non-interactive terragrunt-no-auto-init terragrunt-no-auto-retry terragrunt-no-auto-approve terragrunt-source-update terragrunt-ignore-dependency-errors terragrunt-ignore-dependency-order terragrunt-ignore-external-dependencies " +
		"terragrunt-include-external-dependencies terragrunt-strict-include terragrunt-debug terragrunt-log-disable terragrunt-no-color terragrunt-provider-cache terragrunt-forward-tf-stdout terragrunt-disable-log-formatting terragrunt-fetch-dependency-output-from-state"
)

// readTerragrunt reads `terragrunt apply`, `run-all apply` and `run --all -- apply`. Its own
// flags stand anywhere; the rest is handed on to terraform. What terragrunt.hcl adds is
// for the engine to read.
func readTerragrunt(c Call) (Delivery, bool) {
	r := &reading{call: c, tool: "terragrunt"}
	t := terraformCommand{reading: r, tool: "terragrunt", dir: dirOf(c)}
	l := readFlags(withoutDashes(c.arguments()), flagRules{
		valued:   terragruntValued + " " + legacyValued + " " + terraformValued,
		switches: terragruntSwitches + " " + legacySwitches + " " + terraformSwitches,
		single:   true, operands: 0,
	})
	words := l.operands
	t.all = l.has("all") == yes
	for len(words) > 0 && words[0].is("run", "run-all", "apply-all", "plan-all", "destroy-all") {
		if strings.HasSuffix(words[0].text, "-all") {
			t.all = true
		}
		if command, _, ok := strings.Cut(words[0].text, "-"); ok && command != "run" {
			words = append([]word{plain(command)}, words[1:]...)
			break
		}
		words = words[1:]
	}
	if len(words) == 0 {
		return r.unreadable(l)
	}
	if !words[0].is("plan", "apply", "destroy", "refresh") {
		return Delivery{}, false
	}
	r.take(l)
	t.place(l)
	rest := arguments{words: words[1:]}
	d, _ := t.module(words[0].text, t.withVariables(words[0].text, rest))
	return t.handOver(d, l), true
}

// handOver gives the module the variables that were read with terragrunt's own flags.
func (t terraformCommand) handOver(d Delivery, l flagLine) Delivery {
	m := &d.Modules[0]
	for _, o := range l.flags {
		switch o.name {
		case "var", "var-file":
			m.Args = append(m.Args, ValuesArg{Flag: o.name, Text: t.literal(o.value.whole(), o.name)})
		case "out":
			m.Out = l.last("out")
		default:
			m.narrow(o.name)
		}
	}
	return d
}

// withoutDashes leaves out the -- behind `terragrunt run`, which only parts its own
// flags from those of terraform.
func withoutDashes(a arguments) arguments {
	for i, w := range a.words {
		if w.is("--") && (!a.open || i < a.sure) {
			words := append(append([]word{}, a.words[:i]...), a.words[i+1:]...)
			return arguments{words: words, open: a.open, sure: max(0, a.sure-1)}
		}
	}
	return a
}

// place finds the directory that terragrunt works in.
func (t *terraformCommand) place(l flagLine) {
	dir := l.last("working-dir", "terragrunt-working-dir")
	if dir.State == model.Absent {
		dir = t.call.Env.Get("TG_WORKING_DIR")
	}
	if dir.State == model.Absent {
		dir = t.call.Env.Get("TERRAGRUNT_WORKING_DIR")
	}
	switch dir.State {
	case model.Known:
		t.dir = joinDir(t.dir, dir.Text.Reveal())
	case model.Unknown:
		t.doubt(dir, "the directory of terragrunt is not known, expected one in the repository", "write the directory out")
	}
	if len(l.all("config", "terragrunt-config")) > 0 {
		t.doubt(model.Value{Why: model.WhyUnsupported, Needs: "terragrunt without --config"}, "terragrunt with another configuration file is not understood, expected terragrunt.hcl", "run it in the directory of its terragrunt.hcl")
	}
}
