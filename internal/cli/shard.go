package cli

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/keys"
	"github.com/keyfit/keyfit/internal/probe"
	"github.com/keyfit/keyfit/internal/report"
)

const shardHelp = "ask only part `I/N` (such as 2/5), or auto: as GitLab, CircleCI, Buildkite or Azure number the copies of one job; " +
	"the exit code is that of the part alone, and that of keyfit merge is the result"

// maxShards bounds N: more parallel jobs does no CI system start.
const maxShards = 10_000

// shard is which part of the slots a run asks about. The zero value is all of them.
type shard struct{ index, of int }

// numbering is how a CI system numbers the copies of one job. Bitbucket is not among them: it
// numbers the steps of a parallel group, and those are different jobs.
type numbering struct {
	ci, index, total string
	from             int // the number of the first job
}

func numberings() []numbering {
	return []numbering{
		{"GitLab", "CI_NODE_INDEX", "CI_NODE_TOTAL", 1},
		{"CircleCI", "CIRCLE_NODE_INDEX", "CIRCLE_NODE_TOTAL", 0},
		{"Buildkite", "BUILDKITE_PARALLEL_JOB", "BUILDKITE_PARALLEL_JOB_COUNT", 0},
		{"Azure Pipelines", "SYSTEM_JOBPOSITIONINPHASE", "SYSTEM_TOTALJOBSINPHASE", 1},
	}
}

// shard reads the value of --shard. environments are those of --environment.
func (a *app) shard(text string, environments []string) (shard, error) {
	switch text {
	case "":
		return shard{}, nil
	case "auto":
		if len(environments) > 0 {
			return shard{}, &exit{code: exitUsage, message: "--shard auto and --environment cannot be combined: jobs that check an environment each are no parts of one run", fix: "leave out --shard where each job has an environment of its own, else pass the part: --shard 2/5"}
		}
		return a.autoShard()
	}
	index, of, ok := strings.Cut(text, "/")
	s, valid := newShard(index, of, 1)
	if !ok || !valid {
		return shard{}, &exit{code: exitUsage, message: fmt.Sprintf("--shard takes I/N with I from 1 to N, or auto, not %q", report.Clean(text)), fix: "for example --shard 2/5 in the second of five jobs"}
	}
	return s, nil
}

// newShard reads a part's number, which counts from the number of the first, and how many
// parts there are.
func newShard(index, of string, from int) (shard, bool) {
	i, err := strconv.Atoi(index)
	n, err2 := strconv.Atoi(of)
	i += 1 - from
	return shard{i, n}, err == nil && err2 == nil && i >= 1 && i <= n && n <= maxShards
}

// autoShard takes the part from what the CI system says of its parallel jobs.
func (a *app) autoShard() (shard, error) {
	for _, c := range numberings() {
		index, total := a.env[c.index], a.env[c.total]
		switch {
		case index == "" && (total == "" || total == "1"):
			continue
		case index == "" || total == "":
			return shard{}, usage("--shard auto: %s sets %s and %s for parallel jobs, and here is only one of them", c.ci, c.index, c.total)
		}
		s, ok := newShard(index, total, c.from)
		if !ok {
			return shard{}, usage("--shard auto: %s=%q and %s=%q are no part of several", c.index, report.Clean(index), c.total, report.Clean(total))
		}
		return s, nil
	}
	if a.aloneInCI() {
		return shard{1, 1}, nil
	}
	e := &exit{code: exitUsage, message: "--shard auto finds no CI system that numbers parallel jobs", fix: "pass the part: --shard 2/5"}
	switch {
	case a.env["BITBUCKET_BUILD_NUMBER"] != "" || a.env["BITBUCKET_PARALLEL_STEP"] != "":
		e.message = "--shard auto: Bitbucket numbers all steps of a parallel group, which may be different jobs"
		e.fix = "pass the part in each step: --shard 1/3, --shard 2/3 and --shard 3/3"
	case a.env["GITHUB_ACTIONS"] != "":
		e.message = "--shard auto: GitHub does not tell a job which of a matrix it is"
		e.fix = "give the matrix an axis `shard: [1, 2, 3]` and pass --shard ${{ matrix.shard }}/${{ strategy.job-total }}"
	}
	return shard{}, e
}

// aloneInCI reports whether a CI system that numbers parallel jobs runs this one alone: the
// step is then not declared as parallel.
func (a *app) aloneInCI() bool {
	for _, name := range []string{"GITLAB_CI", "CIRCLECI", "BUILDKITE", "TF_BUILD"} {
		if a.env[name] != "" {
			return true
		}
	}
	return false
}

// portion is what a run asks about: all slots, or those of one shard.
type portion struct {
	shard  *report.Shard // nil for all
	others []bool        // by slot: another shard checks it; nil for none
}

// take divides the slots, of a state that a CI system names. A single part is all of them.
func (s shard) take(slots []keys.Slot, state string) portion {
	if s.of <= 1 {
		return portion{}
	}
	division := keys.Divide(slots, s.of, state)
	p := portion{shard: &report.Shard{Index: s.index, Of: s.of, Plan: division.Plan}, others: make([]bool, len(slots))}
	for i, part := range division.Parts {
		p.others[i] = part != s.index
	}
	return p
}

func (p portion) aside(i int) bool { return p.others != nil && p.others[i] }

// neighbours are the questions that other shards ask: their keys may show in no answer here.
func (p portion) neighbours(slots []keys.Slot) []probe.Question {
	var out []probe.Question
	for i, slot := range slots {
		if p.aside(i) {
			out = append(out, question(slot))
		}
	}
	return out
}

// tellEmptyShard says that an empty report is as it should be.
func (a *app) tellEmptyShard(d report.Document) {
	if d.Shard != nil && d.Summary.Slots == 0 && d.Shard.Elsewhere > 0 && !a.flags.quiet {
		fmt.Fprintf(a.Stderr, "keyfit: shard %d of %d has nothing to check; the others check %s\n", d.Shard.Index, d.Shard.Of, counted(d.Shard.Elsewhere, "slot"))
	}
}
