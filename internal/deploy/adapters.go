package deploy

import (
	"path"
	"slices"

	"github.com/keyfit/keyfit/internal/model"
)

// adapters lists every tool that is known. It is the one place where they are listed.
func adapters() []Adapter {
	return slices.Concat([]Adapter{
		ansibleAdapter(),
		awsAdapter(),
		azAdapter(),
		cfAdapter(),
		flyAdapter(),
		gcloudAdapter(),
		herokuAdapter(),
		makeAdapter(),
		netlifyAdapter(),
		serverlessAdapter(),
		sshAdapter(),
		sudoAdapter(),
		vercelAdapter(),
		compose(),
		docker(),
		helm(),
		helmfile(),
		kubectl(),
		kustomize(),
		terraform(),
		terragrunt(),
	}, dotenvAdapters(), nodeAdapters(), platformAdapters(), secretRunAdapters(), simpleWrappers())
}

// Tools lists the names of all commands that are known, sorted.
func Tools() []string {
	var out []string
	for _, a := range adapters() {
		out = append(out, a.Names...)
	}
	slices.Sort(out)
	return out
}

// name is the command's name without a directory; ok is false when it is not known.
func (c Call) name() (string, bool) {
	if len(c.Args) == 0 || c.Args[0].State != model.Known {
		return "", false
	}
	return path.Base(c.Args[0].Text.Reveal()), true
}
