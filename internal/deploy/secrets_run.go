package deploy

import (
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/strict"
)

// runner is a tool that fetches secrets and runs a command with them.
type runner struct {
	names    []string
	verb     string // the first word; empty when there is none
	values   []string
	bools    []string
	source   []string // flags that name the environment, config or service
	variable string   // of the process, that names it as well
	fallback string   // what the tool takes when nothing names it; empty when that is not known
	command  []string // flags that hold a command line for the shell
	kept     []string // variables that the tool never replaces
	pristine []string // flags with which the command gets nothing but the secrets
}

func runners() []runner {
	return []runner{
		{
			names: []string{"doppler"}, verb: "run", variable: "DOPPLER_CONFIG",
			values: []string{"-p", "--project", "-c", "--config", "-t", "--token", "--fallback", "--passphrase", "--mount", "--mount-format", "--mount-template",
				"--mount-max-reads", "--name-transformer", "--command", "--only-secrets", "--scope", "--configuration", "--api-host", "--timeout", "--attempts", "--format"},
			bools: []string{"--preserve-env", "--no-exit-on-write-failure", "--fallback-only", "--fallback-readonly", "--no-fallback", "--no-cache", "--forward-signals",
				"--silent", "--debug", "--json", "--no-check-version", "--no-read-env", "--no-verify-tls", "--watch", "--exit-on-missing-only-secrets"},
			source: []string{"-c", "--config"}, command: []string{"--command"},
		},
		{
			names: []string{"infisical"}, verb: "run", fallback: "dev",
			values: []string{"-e", "--env", "--token", "--projectId", "--watch-interval", "-c", "--command", "-t", "--tags", "--path", "--project-config-dir", "--domain", "-l", "--log-level"},
			bools:  []string{"--expand", "--include-imports", "--recursive", "--secret-overriding", "--watch", "--silent"},
			source: []string{"-e", "--env"}, command: []string{"-c", "--command"},
			kept: []string{"HOME", "PATH", "PS1", "PS2", "PWD", "EDITOR", "XAUTHORITY", "USER", "TERM", "TERMINFO", "SHELL", "MAIL"},
		},
		{names: []string{"teller"}, verb: "run", values: []string{"-c", "--config"}, bools: []string{"-r", "--reset", "-s", "--shell"}, pristine: []string{"-r", "--reset"}},
		{names: []string{"envkey-source"}, bools: []string{"-f", "--force", "--cache", "--memcache"}},
		{names: []string{"berglas"}, verb: "exec", bools: []string{"--local"}},
		{names: []string{"phase"}, verb: "run", values: []string{"--env", "--app", "--app-id", "--path", "--tags"}, source: []string{"--env"}},
	}
}

func secretRunAdapters() []Adapter {
	out := []Adapter{
		{Names: []string{"sops"}, Read: readSops},
		{Names: []string{"op"}, Read: readOp},
		{Names: []string{"aws-vault"}, Read: readAWSVault},
		{Names: []string{"chamber"}, Read: readChamber},
		{Names: []string{"vault", "bao"}, Read: readVault},
	}
	for _, u := range runners() {
		out = append(out, Adapter{Names: u.names, Read: u.read})
	}
	return out
}

func (u runner) read(call Call) (Delivery, bool) {
	r := wrapping(call, u.names[0])
	words, skip := r.words(), 0
	if u.verb != "" {
		if u.names[0] == "doppler" && len(words) > 1 && words[0].is("secrets") && words[1].is("set") {
			return readDopplerSet(call)
		}
		if len(words) == 0 || !words[0].is(u.verb) {
			return Delivery{}, false
		}
		skip = 1
	}
	l := r.line(grammar{values: u.values, bools: u.bools, stop: true, short: true}, words[skip:])
	r.strict(l)
	r.d.Sources = append(r.d.Sources, u.named(r, l))
	env := u.env(r, l)
	if line, ok := l.last(u.command...); ok && len(u.command) > 0 {
		return r.script(line, env, false, nil)
	}
	if r.idle(l) {
		return Delivery{}, false
	}
	return r.start(skip+l.from, env, nil)
}

// named is the environment that the command reads from.
func (u runner) named(r *reading, l line) Source {
	s := Source{At: r.call.At, Tool: u.names[0]}
	if w, ok := l.last(u.source...); ok && len(u.source) > 0 {
		s.Name = w.value()
		return s
	}
	s.Default = true
	if u.names[0] == "infisical" {
		if v, ok := r.infisicalDefault(l); ok {
			s.Name = v
			return s
		}
	}
	if u.variable != "" {
		if v := r.call.Env.Get(u.variable); v.State != model.Absent {
			s.Name, s.Default = v, false
			return s
		}
	}
	s.Name = model.UnknownBecause(model.WhyRemoteState, "the setup of "+u.names[0], model.Trail{})
	if u.fallback != "" {
		s.Name = plain(u.fallback).value()
	}
	return s
}

// infisicalDefault is what .infisical.json says.
func (r *reading) infisicalDefault(l line) (model.Value, bool) {
	dir := "."
	if w, ok := l.last("--project-config-dir"); ok {
		if dir, ok = w.known(); !ok {
			return unknownLike(*w.unknown()), true
		}
	}
	data, name, err := r.file(path.Join(dir, ".infisical.json"))
	if err != nil {
		return model.Value{}, false
	}
	text := string(data)
	t, err := readJSON(text, fileSource(name, text, "defaultEnvironment"))
	branches := t.get("gitBranchToEnvironmentMapping")
	if err != nil || branches != nil && len(branches.names) > 0 {
		return model.UnknownBecause(model.WhyUnsupported, "the environment of the git branch", model.Trail{}), true
	}
	v := t.get("defaultEnvironment")
	if given, ok := v.string(); !ok || given == "" {
		return model.Value{}, false
	}
	return v.value, true
}

// env is what the command finds: any variable may come from the store.
func (u runner) env(r *reading, l line) model.Env {
	secrets := r.remote(model.WhyRemoteState, "the secrets of "+u.names[0])
	if len(u.pristine) > 0 && l.has(u.pristine...) {
		return model.Env{}.WithRest(secrets)
	}
	preserved, all := []string{}, false
	for _, use := range l.uses {
		if use.flag != "--preserve-env" {
			continue
		}
		all = use.bare
		for _, w := range use.words {
			all = w.is("true")
			if t, ok := w.known(); ok && !w.is("true", "false") {
				preserved = strings.Split(t, ",")
			}
		}
	}
	return overlaid(r.call.Env, secrets, func(name string) bool {
		return all || slices.Contains(preserved, name) || slices.Contains(u.kept, name)
	})
}

// readDopplerSet reads `doppler secrets set NAME=value…`.
func readDopplerSet(call Call) (Delivery, bool) {
	r := newReading(call, "doppler")
	l := r.line(grammar{
		values: []string{"-p", "--project", "-c", "--config", "-t", "--token", "--scope", "--type", "--visibility"},
		bools:  []string{"--no-interactive", "--raw", "--silent", "--debug", "--json", "--no-file"},
		short:  true, need: 3,
	}, r.words())
	r.strict(l)
	pairs := l.rest[2:]
	name := func() word { return workload(l, "", "-c", "--config") }
	if len(pairs) > 0 && len(pairs) < 3 && !strings.Contains(pairs[0].text, "=") {
		key, ok := pairs[0].known()
		v := r.stdin()
		if len(pairs) == 2 {
			v = pairs[1].value()
		} else if v.State == model.Known {
			v = r.trimmedInput()
		}
		if !ok {
			r.unsupported("a name that is not known")
		}
		r.store("doppler", name(), key, v)
		return r.result()
	}
	for _, w := range pairs {
		key, value, ok := w.cut("=")
		if !ok {
			r.unsupported("a name that is not known")
			continue
		}
		r.store("doppler", name(), key, value.value())
	}
	return r.result()
}

// readSops reads `sops exec-env FILE 'command'`. The names stand in the file as they are;
// the texts are encrypted.
func readSops(call Call) (Delivery, bool) {
	r := wrapping(call, "sops")
	words := r.words()
	if len(words) == 0 || !words[0].is("exec-env") {
		return Delivery{}, false
	}
	l := r.line(grammar{values: []string{"--user", "--input-type", "--filename", "--config"}, bools: []string{"--background", "--pristine", "--same-process", "--ignore-mac", "--verbose"}}, words[1:])
	r.strict(l)
	if l.open == nil && len(l.rest) != 2 {
		return Delivery{}, false
	}
	if r.open != nil {
		return r.result()
	}
	env := call.Env
	if l.has("--pristine") {
		env = model.Env{}
	}
	return r.script(l.rest[1], r.sopsEnv(env, l.rest[0]), true, nil)
}

func (r *reading) sopsEnv(env model.Env, file word) model.Env {
	all := r.remote(model.WhyEncrypted, "the decrypted file")
	path, ok := file.known()
	if !ok {
		return overlaid(env, all, nil)
	}
	data, name, err := r.file(path)
	if err != nil {
		r.problem("the encrypted file "+strict.Path(path)+" cannot be read, expected one in the repository", "commit it")
		return overlaid(env, all, nil)
	}
	all.Needs = "the decrypted file " + strict.Path(name)
	var names []string
	if strings.HasSuffix(name, ".env") {
		for line := range strings.Lines(string(data)) {
			if n, _, ok := strings.Cut(line, "="); ok && isName(n) && !strings.HasPrefix(n, "sops_") {
				names = append(names, n)
			}
		}
		return laid(env, names, all)
	}
	t, err := readYAML(name, string(data), "sops")
	if err != nil || t.kind != 'o' {
		return overlaid(env, all, nil)
	}
	for _, n := range t.names {
		if n != "sops" {
			names = append(names, n)
		}
	}
	return laid(env, names, all)
}

// readOp reads `op run [--env-file FILE]… -- command`. A text op://… is replaced by the
// secret that it refers to.
func readOp(call Call) (Delivery, bool) {
	r := wrapping(call, "op")
	words := r.words()
	if len(words) == 0 || !words[0].is("run") {
		return Delivery{}, false
	}
	l := r.line(grammar{
		values: []string{"--env-file", "--account", "--session", "--config", "--encoding", "--environment"},
		bools:  []string{"--no-masking", "--debug", "--cache", "--iso-timestamps"},
		stop:   true,
	}, words[1:])
	r.strict(l)
	if r.idle(l) {
		return Delivery{}, false
	}
	vars := map[string]model.Value{}
	for name, v := range call.Env.All() {
		if v.State == model.Known && strings.Contains(v.Text.Reveal(), "op://") {
			v = model.UnknownBecause(model.WhyRemoteState, "the secret that "+name+" refers to", v.Trail)
		}
		vars[name] = v
	}
	env := call.Env.WithAll(vars)
	if l.has("--environment") {
		env = overlaid(env, r.remote(model.WhyRemoteState, "the variables of the 1Password environment"), nil)
	}
	return r.start(1+l.from, env, func(in *Inner) {
		for _, w := range l.each("--env-file") {
			in.Dotenv = append(in.Dotenv, DotenvArg{File: w.value(), Override: true, Dialect: "op", Refs: "op://"})
		}
	})
}

// readAWSVault reads `aws-vault exec PROFILE -- command`.
func readAWSVault(call Call) (Delivery, bool) {
	r := wrapping(call, "aws-vault")
	words := r.words()
	if len(words) == 0 || !words[0].is("exec") {
		return Delivery{}, false
	}
	g := grammar{
		values: []string{"-d", "--duration", "--region", "-t", "--mfa-token", "--backend", "--prompt", "--stdout"},
		bools:  []string{"-n", "--no-session", "-s", "--ec2-server", "--ecs-server", "--server", "--lazy", "--debug", "-j", "--json"},
		stop:   true, short: true,
	}
	l := r.line(g, words[1:])
	r.strict(l)
	if len(l.rest) < 2 {
		return r.start(len(words), call.Env, nil)
	}
	r.d.Sources = []Source{{At: call.At, Tool: "aws-vault", Name: l.rest[0].value()}}
	behind := r.line(g, l.rest[1:])
	r.strict(behind)
	env := laid(call.Env, []string{
		"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION",
		"AWS_CREDENTIAL_EXPIRATION", "AWS_SESSION_EXPIRATION", "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SDK_LOAD_CONFIG",
		"AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_STS_REGIONAL_ENDPOINTS",
	}, r.remote(model.WhyRemoteState, "the credentials of the profile"))
	env = env.With("AWS_VAULT", r.via(l.rest[0].value(), "aws-vault exec"))
	return r.start(1+l.from+1+behind.from, env, nil)
}

// readChamber reads `chamber exec SERVICE… -- command`.
func readChamber(call Call) (Delivery, bool) {
	r := wrapping(call, "chamber")
	words := r.words()
	end := slices.IndexFunc(words, func(w word) bool { return w.is("--") })
	if len(words) == 0 || !words[0].is("exec") || end < 0 || end+1 == len(words) {
		return Delivery{}, false
	}
	l := r.line(grammar{
		values: []string{"--strict-value", "-b", "--backend", "-r", "--retries", "--min-throttle-delay", "--backend-s3-bucket", "--kms-key-alias"},
		bools:  []string{"--pristine", "--strict", "-v", "--verbose", "--preserve-case"},
		short:  true, need: end - 1,
	}, words[1:end])
	r.strict(l)
	for _, w := range l.rest {
		r.d.Sources = append(r.d.Sources, Source{At: call.At, Tool: "chamber", Name: w.value()})
	}
	secrets := r.remote(model.WhyRemoteState, "the parameters of the service")
	env := overlaid(call.Env, secrets, nil)
	if l.has("--pristine") {
		env = model.Env{}.WithRest(secrets)
	}
	return r.start(end+1, env, nil)
}

// readVault reads `vault kv put PATH NAME=value…`. Other uses deliver nothing; what
// `vault kv get` prints is not known.
func readVault(call Call) (Delivery, bool) {
	r := newReading(call, "vault")
	l := r.line(grammar{values: []string{"-mount", "-namespace", "-address"}, bools: []string{"-force", "-non-interactive"}, need: 3}, r.words())
	if !l.begins("kv", "put|patch") || len(l.rest) < 4 {
		return Delivery{}, false
	}
	r.strict(l)
	for _, w := range l.rest[3:] {
		name, value, ok := w.cut("=")
		switch {
		case !ok:
			r.unsupported("data that is no NAME=value")
		case strings.HasPrefix(value.head(), "@"):
			r.store("vault", l.rest[2], name, r.fileOrStdin(value.slice(1, len(value.text)), "a file of data"))
		case value.is("-"):
			r.store("vault", l.rest[2], name, r.stdin())
		default:
			r.store("vault", l.rest[2], name, value.value())
		}
	}
	return r.result()
}
