package github_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/keyfit/keyfit/internal/engine/github"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/strict"
)

// large is a workflow of 20 jobs with 10 steps each, as they come with years.
func large() []byte {
	var b strings.Builder
	b.WriteString("on:\n  push:\n    branches: [main]\nenv:\n  REGION: eu\n  STAGE: ${{ github.ref_name == 'main' && 'live' || 'test' }}\njobs:\n")
	for i := range 20 {
		fmt.Fprintf(&b, "  job%d:\n    runs-on: ubuntu-latest\n    environment: production\n    env:\n      API_KEY: ${{ secrets.API_KEY_%d }}\n", i, i)
		if i > 0 {
			fmt.Fprintf(&b, "    needs: [job%d]\n", i-1)
		}
		b.WriteString("    outputs:\n      tag: ${{ steps.tag.outputs.tag }}\n    steps:\n      - uses: actions/checkout@v4\n      - id: tag\n        run: echo \"tag=${{ github.sha }}\" >> $GITHUB_OUTPUT\n")
		for s := range 8 {
			fmt.Fprintf(&b, "      - name: Step %d\n        if: github.ref == 'refs/heads/main' && success()\n        env:\n          TOKEN: ${{ secrets.TOKEN }}\n          REF: ${{ github.ref_name }}-${{ env.STAGE }}\n"+
				"        run: |\n          helm upgrade --install shop-%d ./chart --set image.tag=${{ steps.tag.outputs.tag }} --set key=\"$API_KEY\"\n          kubectl rollout status deploy/shop\n", s, s)
		}
	}
	return []byte(b.String())
}

// quietHost follows nothing at all.
type quietHost struct{}

func (quietHost) Follow(context.Context, pipeline.Script) (pipeline.After, error) {
	return pipeline.After{}, nil
}

func (quietHost) Input(name string) model.Value {
	return model.KnownText("CANARY", model.Hop{Kind: model.KindInput, What: name})
}

func BenchmarkRun(b *testing.B) {
	files := unpack(b, &txtar.Archive{Files: []txtar.File{{Name: ".github/workflows/deploy.yml", Data: large()}}})
	in := pipeline.Step{Files: files, Environment: "production", File: strict.At[string]{Value: ".github/workflows/deploy.yml"}, Branch: "main"}
	for b.Loop() {
		if _, err := github.Run(context.Background(), in, quietHost{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkJobs(b *testing.B) {
	files := unpack(b, &txtar.Archive{Files: []txtar.File{{Name: ".github/workflows/deploy.yml", Data: large()}}})
	for b.Loop() {
		if jobs, _ := github.Jobs(files, ".github/workflows/deploy.yml"); len(jobs) != 20 {
			b.Fatal("jobs are missing")
		}
	}
}
