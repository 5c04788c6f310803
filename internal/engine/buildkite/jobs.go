package buildkite

import (
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/pipeline/tree"
	"github.com/keyfit/keyfit/internal/repo"
)

// saysWhere are variables by which people tell a deploy where it goes.
var saysWhere = []string{
	"ENVIRONMENT", "DEPLOY_ENV", "DEPLOY_ENVIRONMENT", "DEPLOYMENT_ENVIRONMENT", "TARGET_ENV", "TARGET_ENVIRONMENT", "APP_ENV", "ENV_NAME", "STAGE", "ENV",
}

var (
	fieldOfWhere = lazy.Regexp(`(?i)(?:^|[-_])(?:env|environment|stage|target)(?:$|[-_])`)
	metaData     = lazy.Regexp(`\$\(\s*buildkite-agent\s+meta-data\s+get\s+["']?([A-Za-z0-9_./-]+)["']?(?:\s+--default[= ]["']?([A-Za-z0-9_./-]*)["']?)?\s*\)`)
	secretGet    = lazy.Regexp(`\$\(\s*buildkite-agent\s+secret\s+get\s+["']?([A-Za-z0-9_]+)["']?\s*\)`)
	matrixToken  = lazy.Regexp(`\{\{\s*matrix(?:\.([A-Za-z0-9_-]+))?\s*\}\}`)
)

// Jobs lists the steps that deploy, or may deploy.
func Jobs(files repo.Files, name string) ([]pipeline.Job, []model.Problem) {
	doc, problems := read(files, name)
	var jobs []pipeline.Job
	for _, s := range doc.steps {
		jobs = append(jobs, doc.jobsOf(s)...)
	}
	return jobs, problems
}

// jobsOf are the deployments that a step makes: one for each environment that it tells.
// Buildkite has no word for environments, so a variable of the step says where it goes, the
// cell of its matrix, or what somebody chooses before it.
func (d document) jobsOf(s *step) []pipeline.Job {
	job := pipeline.Job{Name: s.name(), At: s.at, Branch: s.onlyBranch(), Deploys: s.deploys()}
	if s.trigger != nil {
		job.Unsure = "it starts another pipeline"
	}
	environment, variable := d.environmentOf(s)
	cells := matrixOf(s.node.Get("matrix"))
	switch {
	case environment != "" && matrixToken().MatchString(environment):
		return cellJobs(job, cells, environment)
	case strings.Contains(environment, "$"):
		job.Unsure = "what says where it deploys is put together when it is uploaded"
	case environment != "":
		job.Environment, job.Deploys = environment, true
		job.Unsure = "only its variable " + variable + " says where it deploys"
	case job.Deploys:
		if chosen := d.chosen(s, job); len(chosen) > 0 {
			return chosen
		}
		if job.Environment = s.spoken(); job.Environment != "" {
			job.Unsure = "only its command says where it deploys"
		}
	}
	if !job.Deploys {
		return nil
	}
	if job.Name == "" {
		job.Unsure = "it has neither a key nor a label"
	}
	return []pipeline.Job{job}
}

func (d document) environmentOf(s *step) (text, variable string) {
	for _, name := range saysWhere {
		if v := s.node.Get("env", name).Text(); v != "" && s.deploys() {
			return v, name
		}
	}
	return "", ""
}

// spoken is the one environment that the command of a step speaks of, as in `deploy.sh production`,
// where its name speaks of none.
func (s *step) spoken() string {
	if tree.OfJob(s.key) != "" || tree.OfJob(s.plainLabel()) != "" || s.trigger != nil {
		return ""
	}
	found := ""
	for word := range strings.FieldsFuncSeq(s.text(), func(c rune) bool { return strings.ContainsRune(" \t\n=\"'", c) }) {
		if !slices.Contains(tree.Environments(), word) || word == found {
			continue
		}
		if found != "" {
			return ""
		}
		found = word
	}
	return found
}

// cellJobs is a deployment for each cell of the matrix.
func cellJobs(job pipeline.Job, cells []map[string]string, environment string) []pipeline.Job {
	var out []pipeline.Job
	for _, cell := range cells {
		one := job
		one.Matrix, one.Deploys = cell, true
		one.Environment = matrixToken().ReplaceAllStringFunc(environment, func(token string) string {
			return cell[dimension(matrixToken().FindStringSubmatch(token)[1])]
		})
		out = append(out, one)
	}
	return out
}

// chosen is a deployment for each answer to the question that the step asks for.
func (d document) chosen(s *step, job pipeline.Job) []pipeline.Job {
	for _, c := range s.commands {
		for _, m := range metaData().FindAllStringSubmatch(strings.ReplaceAll(c.Text(), "$$", "$"), -1) {
			f, ok := d.fields[m[1]]
			if !ok || !fieldOfWhere().MatchString(m[1]) {
				continue
			}
			var out []pipeline.Job
			for _, option := range f.options {
				one := job
				one.Environment, one.Inputs = option, map[string]string{m[1]: option}
				out = append(out, one)
			}
			return out
		}
	}
	return nil
}

// deploys reports whether the step says that it deploys.
func (s *step) deploys() bool {
	if s.says == nil {
		says := s.lookDeploys()
		s.says = &says
	}
	return *s.says
}

func (s *step) lookDeploys() bool {
	if pipeline.OnlyRunsKeyfit(s.text()) {
		return false
	}
	if strings.Contains(strings.ToLower(s.key+" "+s.label+" "+s.trigger.Text()), "deploy") {
		return true
	}
	for _, c := range s.commands {
		if pipeline.CallsDeployTool(c.Text()) {
			return true
		}
	}
	return slices.ContainsFunc(pluginsOf(s.node), func(p plugin) bool { return strings.Contains(p.short(), "deploy") })
}

// onlyBranch is the one branch that the step runs for; empty when there may be others.
func (s *step) onlyBranch() string {
	if branches := strings.Fields(s.node.Get("branches").Text()); len(branches) == 1 && !strings.ContainsAny(branches[0], "*!") {
		return branches[0]
	}
	if m := oneBranch().FindStringSubmatch(s.node.Get("if").Text()); m != nil {
		return m[1]
	}
	return ""
}

var oneBranch = lazy.Regexp(`^\s*build\.branch\s*==\s*["']([^"'*]+)["']\s*$`)

// anonymous is what the one dimension of a matrix is called that has no name.
const anonymous = "matrix"

func dimension(name string) string {
	if name == "" {
		return anonymous
	}
	return name
}

// maxCells bounds the cells of a matrix.
const maxCells = 256

// matrixOf lists the cells of a matrix; nil without one.
func matrixOf(n *tree.Node) []map[string]string {
	if n.IsNull() {
		return nil
	}
	setup, adjustments := n, (*tree.Node)(nil)
	if n.IsMap() {
		setup, adjustments = n.Get("setup"), n.Get("adjustments")
	}
	cells := []map[string]string{{}}
	add := func(name string, values []*tree.Node) {
		var next []map[string]string
		for _, cell := range cells {
			for _, v := range values {
				if len(next) < maxCells {
					next = append(next, with(cell, name, v.Text()))
				}
			}
		}
		cells = next
	}
	if setup.IsMap() {
		for _, p := range setup.Pairs {
			add(p.Key.Text(), p.Value.Each())
		}
	} else {
		add(anonymous, setup.Each())
	}
	return adjusted(cells, adjustments)
}

// adjusted leaves out the cells that are to be skipped, and adds those that are given.
func adjusted(cells []map[string]string, adjustments *tree.Node) []map[string]string {
	for _, a := range adjustments.Each() {
		cell := map[string]string{}
		if given := a.Get("with"); given.IsMap() {
			for _, p := range given.Pairs {
				cell[p.Key.Text()] = p.Value.Text()
			}
		} else {
			cell[anonymous] = given.Text()
		}
		same := func(c map[string]string) bool { return mapsEqual(c, cell) }
		skip := a.Get("skip")
		switch {
		case !skip.IsNull() && skip.Text() != "false":
			cells = slices.DeleteFunc(cells, same)
		case !slices.ContainsFunc(cells, same) && len(cells) < maxCells:
			cells = append(cells, cell)
		}
	}
	return cells
}
