package gitlab

import (
	"slices"
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
)

// deploy follows the jobs that are asked for, in their order.
func (r *run) deploy() {
	jobs := r.selected()
	if r.inferBranch(jobs) {
		r.decideWorkflow()
		jobs = r.selected()
	}
	if len(jobs) == 0 && r.in.Job.Value == "" {
		r.nothing()
	}
	for _, i := range jobs {
		if len(jobs) == 1 || r.in.Job.Value != "" {
			i.perhaps = nil // the deploy that goes on is the one that is asked about
		}
		if r.err != nil || r.ctx.Err() != nil {
			r.err = cmpErr(r.err, r.ctx.Err())
			return
		}
		r.follow(i)
	}
}

func cmpErr(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// nothing says that no job deploys to the environment.
func (r *run) nothing() {
	elsewhere := slices.ContainsFunc(r.cfg.jobs, (*job).isTrigger) && r.result.Doubt != nil
	if r.depth > 0 || r.followed > 0 || elsewhere || len(r.result.Problems) > 0 && r.cfg.partial != nil {
		return
	}
	var names []string
	for _, j := range r.cfg.jobs {
		if n := j.environmentNode(); n.isText() && isName(n.text) {
			names = append(names, quoted(n.text))
		}
	}
	fix := "name the job under `gitlab:`"
	if len(names) > 0 {
		fix = "name the job under `gitlab:`; the environments here are " + strings.Join(compact(names), ", ")
	}
	r.report(r.in.At, "no job of the pipeline deploys to "+quoted(r.in.Environment), fix)
}

// follow follows the scripts of one job, and what they leave.
func (r *run) follow(i *instance) {
	r.followed++
	r.bound(pipeline.Names(r.files, r.texts(i)))
	if stage, at := i.job.stage(); at < 0 && r.cfg.partial == nil {
		r.report(i.job.at(), i.job.what()+" is in the stage "+quoted(stage)+", which `stages:` does not list", "add the stage to `stages:`")
	}
	left := r.taken(i)
	if r.err != nil {
		return
	}
	vars := r.handed(i, &left.reports)
	r.services(i, vars)
	restore := r.lay(left.files)
	r.scripts(i, vars, false, nil)
	restore()
}

// texts are the scripts of a job.
func (r *run) texts(i *instance) []string {
	var out []string
	for _, n := range []*node{i.job.field("hooks").get("pre_get_sources_script"), i.job.field("before_script"), i.job.node.get("script"), i.job.field("after_script")} {
		out = append(out, n.words()...)
	}
	return out
}

// scripts hands the sessions of a job to the host: the hook, the script, and what comes
// behind it in a shell of its own. It gives what the script left.
func (r *run) scripts(i *instance, vars collection, quiet bool, files []string) pipeline.After {
	j := i.job
	env := environment(vars)
	var after pipeline.After
	for _, part := range []struct {
		name   string
		lists  []*node
		wanted []string
	}{
		{"pre_get_sources_script", []*node{j.field("hooks").get("pre_get_sources_script")}, nil},
		{"script", []*node{j.field("before_script"), j.node.get("script")}, files},
		{"after_script", []*node{j.field("after_script")}, files},
	} {
		s := j.cfg.sessionOf(part.lists...)
		if strings.TrimSpace(s.text) == "" || quiet && part.name == "after_script" && len(files) == 0 {
			continue
		}
		if part.name == "after_script" {
			env = env.With("CI_JOB_STATUS", model.KnownText("success", runHop(j.at(), "the script succeeds")))
		}
		script := pipeline.Script{
			Text: s.text, At: s.at, Positions: s.positions, Shell: shellOf(i.image()), Flags: flags(shellOf(i.image())), Env: env, Dir: ".",
			Root: []string{"CI_PROJECT_DIR"}, Channels: []string{"GITLAB_ENV"}, Files: part.wanted, Label: label(i, part.name), Job: i.machine(), Quiet: quiet, Perhaps: i.perhaps,
		}
		out, err := r.host.Follow(r.ctx, script)
		if err != nil {
			r.err = cmpErr(r.err, err)
			return after
		}
		for name, v := range after.Files {
			if _, ok := out.Files[name]; !ok && out.Files != nil {
				out.Files[name] = v
			}
		}
		after = out
		env = written(env, out.Channels["GITLAB_ENV"])
	}
	if !j.node.has("script") && !j.isTrigger() {
		r.noScript(j)
	}
	return after
}

// noScript says that a job has nothing to run here.
func (r *run) noScript(j *job) {
	if j.node.has("run") {
		r.report(j.node.keyAt("run"), "runs steps of GitLab, which keyfit does not follow", "write the job with `script:`")
		v := model.UnknownBecause(model.WhyUnsupported, "a job with `script:`", model.Trail{}.Append(model.Hop{At: j.at(), Kind: model.KindGitLab, What: "run of " + j.what()}))
		r.doubt(&v)
		return
	}
	if j.cfg.partial == nil {
		r.report(j.at(), j.what()+" has no script", "add `script:`, or `extends:` a job that has one")
		return
	}
	r.report(j.at(), "the script of "+j.what()+" is not in this repository", "include it from the repository, or deploy with a step of its own in keyfit.yaml")
	r.doubt(j.cfg.partial)
}

// label names a script for people.
func label(i *instance, part string) string {
	name := i.job.name
	if !isName(name) {
		name = "job"
	}
	switch {
	case isName(i.cell.name):
		name = i.cell.name
	case i.cell.index > 0:
		name += " " + strconv.Itoa(i.cell.index)
	}
	return name + "/" + part
}

// machine tells the job's machine from those of other jobs.
func (i *instance) machine() string {
	return i.job.at().String() + " " + i.job.name + " " + strconv.Itoa(i.cell.index)
}

// environment is what a script finds: the variables, and the machine's own.
func environment(vars collection) model.Env {
	env := vars.env()
	add := map[string]model.Value{}
	for _, name := range machine {
		if !env.Has(name) {
			add[name] = unset("the machine of the runner")
		}
	}
	for _, name := range startsShell() {
		if !env.Has(name) {
			add[name] = absent()
		}
	}
	return env.WithAll(add)
}

// services are consumers of their own: each gets the variables of the file, and its own.
func (r *run) services(i *instance, vars collection) {
	for _, s := range i.job.field("services").flat(1) {
		if s.kind != mapping || s.get("variables") == nil {
			continue
		}
		given := collection{rest: absent()}
		for _, it := range vars.items {
			if !it.hidden {
				given.items = append(given.items, item{key: it.key, value: it.value, raw: true})
			}
		}
		all := collection{items: append([]item{}, vars.items...), rest: vars.rest}
		for k := range all.items {
			all.items[k].raw = true // they are expanded
		}
		own := len(all.items)
		for _, v := range i.job.cfg.variables(s.get("variables"), "a service of "+i.job.what()) {
			all.items = append(all.items, item{key: v.key, value: v.value, raw: v.raw})
		}
		given.items = append(given.items, all.second().items[own:]...)
		r.result.Consumers = append(r.result.Consumers, model.Consumer{
			Kind: model.ConsumerCIStep, Workload: label(i, "services"), Container: shown(s.get("alias").word(), s.get("name").word()), At: s.at(), Env: given.env(),
		})
	}
}

// shown is the first of the names that may be repeated.
func shown(names ...string) string {
	for _, n := range names {
		if n != "" && isName(n) {
			return n
		}
	}
	return ""
}
