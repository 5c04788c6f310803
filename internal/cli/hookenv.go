package cli

import (
	"fmt"
	"path"
	"strings"

	"github.com/keyfit/keyfit/internal/engine/dotenv"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/report"
	"github.com/keyfit/keyfit/internal/secret"
)

// The limits of what is looked at in files that only set variables.
const (
	maxEnvFiles = 1000
	maxEnvFile  = 1 << 20
)

// inEnvFiles finds keys in the .env files that git keeps. Elsewhere such a file is where values
// belong; one that is pushed is in the history for good. Only a form that no other
// text has counts, and not that of a key for tests: those are often kept on purpose, and so are
// the addresses of data stores on the developer's machine.
func (h *hook) inEnvFiles(w *workspace, objects []repo.Object) []found {
	var out []found
	seen := 0
	for _, o := range objects {
		if !isEnvFile(o.Path) || !o.Mode.IsRegular() {
			continue
		}
		if seen++; seen > maxEnvFiles {
			h.tell("only the first %d .env files were looked at", maxEnvFiles)
			break
		}
		data, err := w.files.Read(o.Path)
		if err != nil || len(data) > maxEnvFile {
			continue
		}
		for _, a := range dotenv.Parse(o.Path, data, dotenv.Node, nil).Assignments {
			if f, ok := h.inEnvFile(w, a); ok {
				out = append(out, f)
			}
		}
	}
	return out
}

// isEnvFile reports whether a file is one that only sets variables, by its name.
func isEnvFile(name string) bool {
	base := path.Base(name)
	return base == ".env" || strings.HasPrefix(base, ".env.") || strings.HasSuffix(base, ".env")
}

func (h *hook) inEnvFile(w *workspace, a dotenv.Assignment) (found, bool) {
	if a.Value.State != model.Known {
		return found{}, false
	}
	p, form, strength := w.catalogue.Recognise(a.Name, a.Value.Text)
	exposed := strength >= provider.ByNameAndForm && provider.IsExposed(form, a.Name)
	if strength != provider.ByForm && !exposed || provider.IsPublic(form, a.Name) || form.Mode == "test" || p.Probe.Wire != "" {
		return found{}, false
	}
	for _, d := range provider.Inspect(a.Value.Text, p) {
		if d.Kind.Unresolved() {
			return found{}, false
		}
	}
	kind := "key"
	if form.Mode != "" {
		kind = form.Mode + " key"
	}
	message, fix := "a %s of %s stands in plain text under %q, in a file that git keeps", "take the file out of git (`git rm --cached`), name it in .gitignore, and hand the key over from a secret store"
	if exposed {
		message += ", and under this name it is handed to browsers"
		fix = "keep it on the server, under another name and out of git; browsers get the vendor's public key"
	}
	fingerprint := h.fingerprints().Fingerprint(a.Value.Text)
	variable := report.Clean(secret.NewVeil([]secret.Text{a.Value.Text}).Hide(a.Name))
	return found{about: []string{fingerprint}, prints: []string{fingerprint}, Finding: report.Finding{
		ID: inPlainText, Name: "hard-coded-key", Severity: "warning", Variable: variable, Help: report.HelpURL(inPlainText),
		At:      report.At{File: report.Clean(a.NameAt.File), Line: a.NameAt.Start.Line, Column: a.NameAt.Start.Column},
		Message: fmt.Sprintf(message, kind, report.Clean(p.Name), variable),
		Fix:     fix,
	}}, true
}
