package jenkins

import (
	"context"
	"os"
	"testing"

	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/repo"
)

// BenchmarkParse reads every pipeline of the tests; one operation is one file.
func BenchmarkParse(b *testing.B) {
	all := stories(b)
	size := 0
	for _, s := range all {
		size += len(s.text)
	}
	b.SetBytes(int64(size / len(all)))
	for i := 0; b.Loop(); i++ {
		parse(newSource("Jenkinsfile", []byte(all[i%len(all)].text)))
	}
}

// BenchmarkRun follows them, scripts aside.
func BenchmarkRun(b *testing.B) {
	all := stories(b)
	var steps []pipeline.Step
	for _, s := range all {
		files := map[string]string{"Jenkinsfile": s.text}
		for name, text := range s.files {
			files[name] = text
		}
		s.in.Files, s.in.File.Value = lay(b, files), "Jenkinsfile"
		steps = append(steps, s.in)
	}
	for i := 0; b.Loop(); i++ {
		s := all[i%len(all)]
		if _, err := Run(context.Background(), steps[i%len(all)], &fake{files: s.files, inputs: s.binds, outputs: s.prints}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkJobs looks for the stages that deploy, as discovery does.
func BenchmarkJobs(b *testing.B) {
	dir := b.TempDir()
	var names []string
	for _, s := range stories(b) {
		if err := os.WriteFile(dir+"/"+s.name, []byte(s.text), 0o600); err != nil {
			b.Fatal(err)
		}
		names = append(names, s.name)
	}
	tree, err := repo.Open(dir)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = tree.Close() }()
	for i := 0; b.Loop(); i++ {
		Jobs(tree, names[i%len(names)])
	}
}
