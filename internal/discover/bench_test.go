package discover_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/keyfit/keyfit/internal/discover"
	"github.com/keyfit/keyfit/internal/repo"
)

// large makes a repository of about 20,000 files: 50 services with sources, charts and
// overlays, and a pipeline that deploys each of them to two environments.
func large(b *testing.B) *repo.Tree {
	b.Helper()
	root := b.TempDir()
	write := func(name, text string) {
		full := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	var steps strings.Builder
	steps.WriteString("pipelines:\n  branches:\n    main:\n")
	for s := range 50 {
		service := fmt.Sprintf("services/service-%02d", s)
		for d := range 10 {
			for f := range 39 {
				write(fmt.Sprintf("%s/src/package-%d/file-%d.go", service, d, f), "package p\n")
			}
		}
		write(service+"/chart/Chart.yaml", "apiVersion: v2\nname: x\nversion: 1.0.0\n")
		for _, environment := range []string{"dev", "qa", "uat"} {
			write(service+"/chart/values-"+environment+".yaml", "a: 1\n")
			write(service+"/k8s/overlays/"+environment+"/kustomization.yaml", "resources: []\n")
		}
		write(service+"/chart/templates/deployment.yaml", "kind: Deployment\nmetadata:\n  name: "+fmt.Sprint("s", s)+"\n")
		for _, environment := range []string{"staging", "production"} {
			fmt.Fprintf(&steps, "      - step: {name: %s %d, deployment: %s, script: [./deploy.sh]}\n", environment, s, environment)
		}
	}
	write("bitbucket-pipelines.yml", steps.String())
	files, err := repo.Open(root)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = files.Close() })
	return files
}

// BenchmarkLarge discovers in a repository of 20,000 files.
func BenchmarkLarge(b *testing.B) {
	under := large(b)
	for b.Loop() {
		files, err := repo.Open(under.Dir()) // nothing is kept from the last turn
		if err != nil {
			b.Fatal(err)
		}
		found := discover.Environments(files, ".")
		_ = files.Close()
		if len(found.Config.Environments) != 5 || len(found.Config.Environments["staging"].Deploy) != 50 {
			b.Fatalf("%d environments", len(found.Config.Environments))
		}
	}
}
