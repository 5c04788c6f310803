package github

import (
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/strict"
)

// export sets what an action leaves to later steps.
func (r *stepRun) export(a action, with []assignment) {
	hop := r.hop("exported by " + called(r.name))
	remote := model.UnknownBecause(model.WhyRemoteState, "what the action "+strict.Path(a.uses)+" sets", model.Trail{}.Append(hop))
	var sets []assignment
	switch a.exports {
	case exportsNames:
		for _, name := range a.names {
			name, with1, conditional := strings.Cut(name, "?")
			if _, given := input1(with, with1); given || !conditional {
				sets = append(sets, assignment{name: name, value: remote})
			}
		}
	case exportsInputs:
		sets = exportedInputs(a.names, with, remote, hop)
	case exportsOnePassword:
		sets = r.onePassword(with, hop)
	case exportsVault:
		sets = r.vault(with, hop)
	case exportsAWSSecrets:
		sets = r.awsSecrets(with, hop)
	case exportsAnything:
		r.mayExport("the action " + strict.Path(a.uses))
	}
	r.global = overlay(r.global, sets)
}

// exportedInputs are variables that take the texts of inputs.
func exportedInputs(names []string, with []assignment, remote model.Value, hop model.Hop) []assignment {
	var out []assignment
	for _, entry := range names {
		name, from, _ := strings.Cut(entry, "=")
		from, unless, _ := strings.Cut(from, "!")
		v, given := input1(with, from)
		_, instead := input1(with, unless)
		switch {
		case instead:
			out = append(out, assignment{name: name, value: remote})
		case given:
			out = append(out, assignment{name: name, value: v.Via(hop)})
		}
	}
	return out
}

// onePassword exports the variables of the step that are references.
func (r *stepRun) onePassword(with []assignment, hop model.Hop) []assignment {
	if v, ok := input1(with, "export-env"); !ok || v.State == model.Known && v.Text.Reveal() != "true" {
		return nil
	}
	var out []assignment
	for name, v := range r.env.All() {
		if v.State != model.Known || !strings.HasPrefix(v.Text.Reveal(), "op://") {
			continue
		}
		u := model.UnknownBecause(model.WhyRemoteState, "the entry of 1Password that it refers to", v.Trail.Append(hop))
		u.Ref = onePasswordRef(v.Text.Reveal())
		out = append(out, assignment{name: name, value: u})
	}
	if r.env.Has("OP_ENV_FILE") {
		r.mayExport("the action 1password/load-secrets-action")
	}
	return out
}

func onePasswordRef(ref string) model.Ref {
	parts := strings.SplitN(strings.TrimPrefix(ref, "op://"), "/", 3)
	out := model.Ref{Store: "1password", Name: parts[0]}
	if len(parts) > 1 {
		out.Path = parts[1]
	}
	if len(parts) > 2 {
		out.Property = parts[2]
	}
	return out
}

// vault exports `path key | NAME ;` entries.
func (r *stepRun) vault(with []assignment, hop model.Hop) []assignment {
	if v, ok := input1(with, "exportEnv"); ok && v.State == model.Known && v.Text.Reveal() == "false" {
		return nil
	}
	list, ok := input1(with, "secrets")
	if !ok || list.State != model.Known {
		r.mayExport("the action hashicorp/vault-action")
		return nil
	}
	var out []assignment
	for entry := range strings.SplitSeq(list.Text.Reveal(), ";") {
		source, name, named := strings.Cut(entry, "|")
		words := strings.Fields(source)
		if len(words) < 2 {
			continue
		}
		key := strings.Join(words[1:], " ")
		if name = strings.TrimSpace(name); !named {
			name = strings.ToUpper(strings.Map(letterOrLine, key))
		}
		if key == "*" || name == "" {
			r.mayExport("the action hashicorp/vault-action")
			continue
		}
		u := model.UnknownBecause(model.WhyRemoteState, "the entry of Vault that it is read from", list.Trail.Append(hop))
		u.Ref = model.Ref{Store: "vault", Path: words[0], Property: key}
		out = append(out, assignment{name: name, value: u})
	}
	return out
}

func letterOrLine(c rune) rune {
	if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' {
		return c
	}
	return '_'
}

// awsSecrets exports `NAME, secret` entries.
func (r *stepRun) awsSecrets(with []assignment, hop model.Hop) []assignment {
	list, ok := input1(with, "secret-ids")
	parse, _ := input1(with, "parse-json-secrets")
	if !ok || list.State != model.Known || parse.State == model.Unknown || parse.Text.Reveal() == "true" {
		r.mayExport("the action aws-actions/aws-secretsmanager-get-secrets")
		return nil
	}
	var out []assignment
	for line := range strings.Lines(list.Text.Reveal()) {
		name, id, aliased := strings.Cut(strings.TrimSpace(line), ",")
		if !aliased {
			name, id = "", name
		}
		id = strings.TrimSpace(id)
		switch {
		case id == "":
			continue
		case strings.HasSuffix(id, "*") || strings.HasPrefix(id, "arn:") && name == "":
			r.mayExport("the action aws-actions/aws-secretsmanager-get-secrets")
			continue
		case name == "":
			name = strings.ToUpper(strings.Map(letterOrLine, id))
			if name[0] >= '0' && name[0] <= '9' {
				name = "_" + name
			}
		}
		u := model.UnknownBecause(model.WhyRemoteState, "the entry of AWS Secrets Manager that it is read from", list.Trail.Append(hop))
		u.Ref = model.Ref{Store: "aws-secretsmanager", Path: id}
		out = append(out, assignment{name: strings.TrimSpace(name), value: u})
	}
	return out
}
