package jenkins

import (
	"context"
	"path"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/repo"
)

// Run follows the stages of a Jenkinsfile that deploy. The stages before them are followed
// as well, for what they leave. The error is that of ctx or of the host.
func Run(ctx context.Context, in pipeline.Step, host pipeline.Host) (pipeline.Result, error) {
	m := newMachine(ctx, in, host)
	m.guarded()
	if m.failure != nil {
		return pipeline.Result{}, m.failure
	}
	if err := ctx.Err(); err != nil {
		return pipeline.Result{}, err
	}
	return pipeline.Result{Consumers: m.consumers, Problems: model.SortProblems(m.problems), Doubt: m.doubt}, nil
}

func newMachine(ctx context.Context, in pipeline.Step, host pipeline.Host) *machine {
	return &machine{
		ctx: ctx, in: in, host: host, st: newState(), binding: newScope(nil), secrets: map[string]bool{},
		loads: map[string]*script{}, params: map[string]value{}, told: map[string]bool{}, frame: &frame{},
	}
}

// guarded runs the pipeline with a net below it: a mistake of keyfit's own must not end the
// program, and must not pass for an answer either.
func (m *machine) guarded() {
	defer func() {
		if recover() != nil { // what was recovered may hold a value, so it is not shown
			m.problem(m.in.File.Span, "keyfit failed while it followed the pipeline", "please report it with the Jenkinsfile, without its keys")
			m.doubts(model.UnknownBecause(model.WhyUnsupported, "a keyfit without this mistake", model.Trail{}))
		}
	}()
	name := path.Clean(m.in.File.Value)
	m.main = m.load(name, m.in.File.Span)
	if m.main == nil {
		return
	}
	m.plan = newPlan(m.main.root)
	m.at.dir = "."
	m.at.loud = m.in.Job.Value == "" && (len(m.plan.stages) == 0 || !m.plan.any(m.in.Environment))
	m.startVars()
	sc := newScope(nil)
	sc.home = m.main
	m.block(m.main.root.kids, sc)
	m.notFound()
}

// Finds lists the Jenkinsfiles in a directory, and in those below it where they are kept.
func Finds(files repo.Files, dir string) []string {
	var out []string
	for _, sub := range []string{".", "jenkins", ".jenkins", "ci", ".ci", "pipelines"} {
		at := path.Join(dir, sub)
		list, err := files.List(at)
		if err != nil {
			continue
		}
		for _, info := range list {
			if !info.Dir && isJenkinsfile(info.Name) {
				out = append(out, path.Join(at, info.Name))
			}
		}
	}
	return out
}

// isJenkinsfile knows Jenkinsfile, Jenkinsfile.deploy, deploy.Jenkinsfile, Jenkinsfile-prod.
func isJenkinsfile(name string) bool {
	folded := strings.ToLower(name)
	for _, other := range []string{".md", ".txt", ".bak", ".orig", ".yml", ".yaml", ".json"} {
		if strings.HasSuffix(folded, other) {
			return false
		}
	}
	return folded == "jenkinsfile" || strings.HasSuffix(folded, ".jenkinsfile") ||
		strings.HasPrefix(folded, "jenkinsfile.") || strings.HasPrefix(folded, "jenkinsfile-") || strings.HasPrefix(folded, "jenkinsfile_")
}
