package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/probe"
	"github.com/keyfit/keyfit/internal/report"
)

// evidence writes the packet for the vendor's support, and says on standard error which slots
// its cases are about: their names are not in it.
func (a *app) evidence(w *workspace, d report.Document, o checkOptions) error {
	if o.evidence == "" {
		return nil
	}
	client, err := probe.New(probe.Options{Environ: a.env})
	if err != nil {
		return usage("%s", err)
	}
	packet, slots := report.BuildEvidence(report.EvidenceInput{
		Document: d, All: o.evidenceAll, API: w.apiName, Via: func(host string) bool { return client.Via(host) != "" },
		OwnCA: o.caFile != "" || a.env["SSL_CERT_FILE"] != "" || a.env["SSL_CERT_DIR"] != "",
	})
	var buffer bytes.Buffer
	if err := report.WriteEvidence(&buffer, packet, strings.EqualFold(filepath.Ext(o.evidence), ".json")); err != nil {
		return err
	}
	if err := writePrivate(a.resolvePath(o.evidence), buffer.Bytes()); err != nil {
		return usage("--evidence: cannot write %q", o.evidence)
	}
	a.tellEvidence(o.evidence, slots)
	return nil
}

func (a *app) tellEvidence(path string, slots [][]string) {
	if a.flags.quiet {
		return
	}
	cases := "1 case"
	if len(slots) != 1 {
		cases = fmt.Sprintf("%d cases", len(slots))
	}
	fmt.Fprintf(a.Stderr, "keyfit: wrote %s for the vendor's support to %s\n", cases, report.Clean(path))
	for i, titles := range slots {
		titles = slices.Compact(titles)
		more := ""
		if n := len(titles) - 3; n > 0 {
			titles, more = titles[:3], fmt.Sprintf(" and %d more", n)
		}
		fmt.Fprintf(a.Stderr, "  %d is %s%s\n", i+1, strings.Join(titles, ", "), more)
	}
}

// apiName is how the vendor calls an API, and its page. One's own API is called by its host.
func (w *workspace) apiName(id string) (name, docs string) {
	p := findProvider(w.config, w.catalogue, id)
	if p == nil {
		return "", ""
	}
	if p.Custom {
		return "", p.Docs
	}
	return p.Name, p.Docs
}

// writePrivate writes a file that only its owner may read, whole or not at all.
func writePrivate(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".keyfit-*") // with mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
