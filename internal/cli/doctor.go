package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/keyfit/keyfit/internal/keys"
	"github.com/keyfit/keyfit/internal/probe"
	"github.com/keyfit/keyfit/internal/report"
	"github.com/keyfit/keyfit/internal/resolve"
	"github.com/keyfit/keyfit/internal/strict"
)

const doctorHelp = `doctor says what this job can see: the configuration, the inputs that the deploy takes
from outside (whether they are there, never what they hold), the pipeline, proxies, CA
certificates, each host that a check would ask, and the clock. No key is sent, nor
anything else that is secret: each host is asked for its front page.

Exit codes: 0 nothing stands in the way of a check, 1 a check will fail, 2 usage or
configuration, 3 a host could not be reached, 130 interrupted.`

func (a *app) doctorCommand() *cobra.Command {
	var o checkOptions
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "what this job can see: inputs, proxy, CA certificates, every host, the clock; sends no key",
		Long:  doctorHelp,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := oneOf("--format", o.format, "text", "json"); err != nil {
				return err
			}
			return a.doctor(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.StringArrayVarP(&o.environments, "environment", "e", nil, "look at this environment only; may be repeated")
	f.StringVar(&o.format, "format", "text", "text or json")
	f.BoolVar(&o.offline, "offline", false, "open no connection")
	f.StringVar(&o.caFile, "ca-file", "", "also trust the certificates in this PEM file")
	return cmd
}

func (a *app) doctor(ctx context.Context, o checkOptions) error {
	d := &diagnosis{app: a, options: o}
	d.report.Tool.Version = a.version()
	d.report.Started = a.Now().UTC().Format("2006-01-02T15:04:05Z07:00")
	err := d.examine(ctx)
	d.report.Complete()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if e := (*exit)(nil); err != nil && (!errors.As(err, &e) || len(e.problems) == 0) {
		return err
	}
	if err := report.WriteDiagnosis(a.Stdout, o.format, d.report, a.reportOptions(a.Stdout)); err != nil {
		return err
	}
	if err != nil {
		return &exit{code: exitUsage}
	}
	if code := d.report.ExitCode(); code != exitOK {
		return &exit{code: code}
	}
	return nil
}

// diagnosis collects facts.
type diagnosis struct {
	*app
	options checkOptions
	report  report.Diagnosis
}

func (d *diagnosis) add(f report.Fact) { d.report.Facts = append(d.report.Facts, f) }

// examine goes through everything. A configuration with mistakes in it is an error that carries
// them; what does not need one is looked at all the same.
func (d *diagnosis) examine(ctx context.Context) error {
	d.pipelineFacts()
	client := d.roadFacts()
	w, err := d.open()
	if err != nil {
		d.mistakes(err)
		return err
	}
	defer w.close()
	d.configurationFacts(w)
	environments, err := d.resolveAll(ctx, w, d.options.environments)
	if err != nil {
		return err
	}
	slots := keys.Select(keys.Input{
		Environments: environments, Config: w.config, Catalogue: w.catalogue, Process: resolve.Process(d.Environ),
	})
	d.environmentFacts(w, environments, slots)
	d.inputFacts(w, environments, slots)
	if client == nil {
		d.add(report.Fact{Section: "hosts", Level: report.FactNote, Message: "no host was asked, because of what is said of the proxy and the certificates"})
		return nil
	}
	defer client.Close()
	d.hostFacts(ctx, client, slots)
	return nil
}

// mistakes notes what is wrong in the configuration.
func (d *diagnosis) mistakes(err error) {
	e := (*exit)(nil)
	if !errors.As(err, &e) {
		return
	}
	for _, p := range e.problems {
		d.add(report.Fact{Section: "configuration", Level: report.FactError, Name: p.At.File, Message: fmt.Sprintf("%s: %s", p.At, p.Message), Fix: p.Fix})
	}
}

func (d *diagnosis) configurationFacts(w *workspace) {
	f := report.Fact{Section: "configuration", Level: report.FactOK, Name: w.config.Path}
	if w.config.Path == "" {
		f.Level = report.FactNote
		f.Message = "there is no keyfit.yaml: environments and keys are discovered"
	} else {
		f.Message = fmt.Sprintf("%s is valid: %s, %s", w.config.Path, counted(len(w.config.Keys), "key"), counted(len(w.config.Providers), "API")+" of your own")
	}
	d.add(f)
}

func (d *diagnosis) environmentFacts(w *workspace, environments []resolve.Environment, slots []keys.Slot) {
	for _, note := range w.notes {
		d.add(report.Fact{Section: "environments", Level: report.FactNote, Message: note})
	}
	if len(slots) == 0 {
		d.add(report.Fact{Section: "environments", Level: report.FactError, Message: "no key is found in any environment: a check ends with exit code 4",
			Fix: "declare the variables that hold keys under `keys` in keyfit.yaml; `keyfit init` writes one"})
	}
	for _, env := range environments {
		n := 0
		for _, s := range slots {
			if s.Environment == env.Name {
				n++
			}
		}
		from := "discovered"
		if c := w.config.Environments[env.Name]; c != nil && c.At.IsValid() {
			from = "from " + c.At.File
			if line := c.At.Start.Line; line > 0 {
				from += fmt.Sprintf(":%d", line)
			}
		}
		f := report.Fact{Section: "environments", Level: report.FactOK, Name: env.Name, Environment: env.Name,
			Message: fmt.Sprintf("%s, %s: %s, %s", env.Name, from, counted(len(env.Consumers), "consumer"), counted(n, "key"))}
		if len(env.Problems) > 0 {
			f.Level = report.FactWarning
			f.Message += "; " + counted(len(env.Problems), "place") + " that could not be understood"
			f.Fix = "`keyfit check -e " + env.Name + "` tells them as K001"
		}
		d.add(f)
	}
}

// pipelineFacts say where keyfit runs, and whether it may send keys there.
func (d *diagnosis) pipelineFacts() {
	f := report.Fact{Section: "pipeline", Level: report.FactNote, Message: "no CI system is seen here"}
	for _, s := range ciSystems() {
		if d.env[s.variable] != "" {
			f.Level, f.Name, f.Message = report.FactOK, s.name, "runs in "+s.name
			break
		}
	}
	d.add(f)
	if why := d.untrustedConfig(); why != "" {
		d.add(report.Fact{Section: "pipeline", Level: report.FactError, Message: "no key is sent from here: " + why,
			Fix: "check the base's own head, or take what decides about keys from the base with --policy FILE"})
	} else if f.Level == report.FactOK {
		d.add(report.Fact{Section: "pipeline", Level: report.FactOK, Message: "what is checked comes from the repository itself, not from a fork"})
	}
}

type ciSystem struct{ name, variable string }

func ciSystems() []ciSystem {
	return []ciSystem{
		{"GitHub Actions", "GITHUB_ACTIONS"}, {"GitLab CI", "GITLAB_CI"}, {"Jenkins", "JENKINS_URL"}, {"CircleCI", "CIRCLECI"},
		{"Azure Pipelines", "TF_BUILD"}, {"Bitbucket Pipelines", "BITBUCKET_BUILD_NUMBER"}, {"Buildkite", "BUILDKITE"}, {"a CI system (CI is set)", "CI"},
	}
}

// roadFacts look at what leads requests out of here: proxies and certificates. Without what a
// check needs of them there is no client.
func (d *diagnosis) roadFacts() *probe.Client {
	d.proxyFacts()
	d.certificateFacts()
	o := d.options
	client, err := d.client(o, nil)
	if err != nil {
		return nil // said above
	}
	return client
}

func (d *diagnosis) proxyFacts() {
	settings := probe.ProxySettings(d.env)
	if len(settings) == 0 {
		d.add(report.Fact{Section: "proxy", Level: report.FactNote, Message: "none: neither HTTPS_PROXY nor HTTP_PROXY is set"})
	}
	for _, s := range settings {
		f := report.Fact{Section: "proxy", Level: report.FactOK, Name: s.Name, Message: s.Name + " is " + s.Value}
		if s.Bad {
			f.Level, f.Message = report.FactError, s.Name+" is not the URL of a proxy"
			f.Fix = "write it like http://proxy.example.com:3128"
		}
		d.add(f)
	}
}

func (d *diagnosis) certificateFacts() {
	if probe.HasSystemRoots() {
		d.add(report.Fact{Section: "certificates", Level: report.FactOK, Name: "system", Message: "the CA certificates of this system are trusted"})
	} else {
		d.add(report.Fact{Section: "certificates", Level: report.FactError, Name: "system", Message: "this system has no CA certificates",
			Fix: "install them (ca-certificates), or name a file with SSL_CERT_FILE or --ca-file"})
	}
	for _, name := range []string{"SSL_CERT_FILE", "SSL_CERT_DIR"} {
		if d.env[name] != "" {
			d.certificateVariable(name)
		}
	}
	if d.options.caFile != "" {
		d.certificateFile("--ca-file", d.options.caFile, d.resolvePath(d.options.caFile))
	}
}

func (d *diagnosis) certificateVariable(name string) {
	if name == "SSL_CERT_FILE" {
		d.certificateFile(name, d.env[name], absolute(d.Dir, d.env[name]))
		return
	}
	d.add(report.Fact{Section: "certificates", Level: report.FactNote, Name: name, Message: name + " names " + strict.Path(d.env[name])})
}
