package cli

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/keys"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/probe"
	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/report"
	"github.com/keyfit/keyfit/internal/secret"
	"github.com/keyfit/keyfit/internal/strict"
	"github.com/keyfit/keyfit/internal/verdict"
)

// maxKeyInput bounds a key read from standard input, in bytes.
const maxKeyInput = 64 << 10

// whoamiOptions are the flags of `keyfit whoami`.
type whoamiOptions struct {
	check       checkOptions
	provider    string
	variable    string
	environment string
	format      string
}

func (a *app) whoamiCommand() *cobra.Command {
	var o whoamiOptions
	cmd := &cobra.Command{
		Use:   "whoami [--provider P] [--env-var NAME | -]",
		Short: "whose key is this? It is read from a variable or from standard input",
		Long: `whoami asks a key's API whose key it is. The key is read from the variable that
--env-var names, or from standard input with -; never from an argument, where every
user of the machine could read it.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 || len(args) == 1 && args[0] != "-" {
				return usage("a key is never an argument: name a variable with --env-var, or pipe it in and say -")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			key, err := a.keyInput(o.variable, len(args) == 1)
			if err != nil {
				return err
			}
			return a.whoami(cmd.Context(), key, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.provider, "provider", "", "whose API to ask; default: told by the form of the key or the variable's name")
	f.StringVar(&o.variable, "env-var", "", "the variable that holds the key")
	f.StringVarP(&o.environment, "environment", "e", "", "which of a provider's hosts to ask")
	f.StringVar(&o.format, "format", "text", "text or json")
	f.BoolVar(&o.check.offline, "offline", false, "look at the form only")
	f.StringVar(&o.check.caFile, "ca-file", "", "also trust the certificates in this PEM file")
	return cmd
}

func (a *app) keyInput(variable string, stdin bool) (secret.Text, error) {
	switch {
	case variable != "" && stdin:
		return secret.Text{}, usage("take --env-var or -, not both")
	case variable != "":
		text, ok := a.env[variable]
		if !ok || text == "" {
			return secret.Text{}, usage("the variable %q is not set", variable)
		}
		return secret.New(text), nil
	case stdin:
		return readKey(a.Stdin)
	}
	return secret.Text{}, &exit{code: exitUsage, message: "no key given", fix: "name a variable with --env-var NAME, or pipe the key in and say `keyfit whoami -`"}
}

func readKey(r io.Reader) (secret.Text, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxKeyInput+1))
	if err != nil || len(data) > maxKeyInput {
		return secret.Text{}, usage("standard input is no key: more than %d bytes, or unreadable", maxKeyInput)
	}
	text := strings.TrimRight(string(data), "\r\n")
	if text == "" {
		return secret.Text{}, usage("standard input is empty")
	}
	return secret.New(text), nil
}

func (a *app) whoami(ctx context.Context, key secret.Text, o whoamiOptions) error {
	w, err := a.open()
	if err != nil {
		return err
	}
	defer w.close()
	p, form, err := whose(w, key, o)
	if err != nil {
		return err
	}
	answer, err := a.askWhose(ctx, w, o, probe.Question{
		Provider: p, Form: form, Environment: o.environment, Key: key, Variables: a.processTexts(p), Parts: a.processParts(p),
	})
	if err != nil {
		return err
	}
	who := report.BuildWho(report.WhoInput{Provider: p, Form: form, Verdict: answer, Fingerprint: a.fingerprints().Fingerprint(key)})
	if err := report.WriteWho(a.Stdout, o.format, who, a.reportOptions(a.Stdout)); err != nil {
		return usage("%s", err)
	}
	switch who.Outcome {
	case report.Passed:
		return nil
	case report.Failed:
		return &exit{code: exitFindings}
	}
	return &exit{code: exitUnverified}
}

// askWhose puts the question, under the same rules as a check: another vendor's key is
// not sent, and none goes to a host that an untrusted configuration names.
func (a *app) askWhose(ctx context.Context, w *workspace, o whoamiOptions, q probe.Question) (verdict.Verdict, error) {
	slot := keys.Slot{Provider: q.Provider, Form: q.Form, Value: model.Value{State: model.Known, Text: q.Key}}
	if keys.Stranger(slot, w.catalogue, w.config.Own()) != nil {
		return foreign(), nil
	}
	if why := a.untrustedConfig(); why != "" && q.Provider.Custom && !o.check.offline {
		return notSent(why), nil
	}
	client, err := a.client(o.check, nil)
	if err != nil {
		return verdict.Verdict{}, err
	}
	defer client.Close()
	return client.Ask(ctx, []probe.Question{q})[0], nil
}

// processParts are the further parts of the credential that this process holds under one of their
// usual names.
func (a *app) processParts(p *provider.Provider) map[string]secret.Text {
	parts := map[string]secret.Text{}
	for role, part := range p.Parts {
		for _, name := range slices.Sorted(maps.Keys(a.env)) {
			usual := slices.ContainsFunc(part.Names, func(glob string) bool { return provider.Glob(glob, name) })
			if usual && !part.Admin && a.env[name] != "" && parts[role].IsEmpty() {
				parts[role] = secret.New(a.env[name])
			}
		}
	}
	return parts
}

// processTexts are the variables that the provider's request takes along, as far as
// this process has them.
func (a *app) processTexts(p *provider.Provider) map[string]secret.Text {
	texts := map[string]secret.Text{}
	for _, name := range p.Variables() {
		if text, ok := a.env[name]; ok {
			texts[name] = secret.New(text)
		}
	}
	return texts
}

// whose finds the provider: the one that was named, or the one that the key tells.
func whose(w *workspace, key secret.Text, o whoamiOptions) (*provider.Provider, *provider.Form, error) {
	if o.provider == "" {
		p, form, _ := w.catalogue.Recognise(o.variable, key, w.config.Own()...)
		if p == nil {
			return nil, nil, &exit{code: exitUsage, message: "nobody knows whose key this is by its form", fix: "name the API with --provider; `keyfit providers` lists them"}
		}
		return p, form, nil
	}
	p := findProvider(w.config, w.catalogue, o.provider)
	if p == nil {
		return nil, nil, unknownProvider(w, o.provider)
	}
	return p, p.FormOf(key), nil
}

// findProvider looks among the user's providers first.
func findProvider(file *config.File, catalogue *provider.Catalog, id string) *provider.Provider {
	if p := file.Providers[id]; p != nil {
		return p
	}
	p, _ := catalogue.Get(id)
	return p
}

func unknownProvider(w *workspace, id string) error {
	var ids []string
	for _, p := range w.config.Own() {
		ids = append(ids, p.ID)
	}
	ids = append(ids, w.catalogue.IDs()...)
	e := &exit{code: exitUsage, message: fmt.Sprintf("there is no provider %q", id), fix: "list them with `keyfit providers`"}
	if near := strict.Nearest(id, ids); near != "" {
		e.fix = fmt.Sprintf("did you mean %q?", near)
	}
	return e
}
