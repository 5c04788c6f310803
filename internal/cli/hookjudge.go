package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/report"
	"github.com/keyfit/keyfit/internal/resolve"
)

// onLaptop is the app as the hook needs it. The deploy runs elsewhere: what this process's
// environment holds is nothing of its, and is read only to ask the APIs.
func (a *app) onLaptop(o hookOptions) *app {
	own := *a
	own.env = maps.Clone(a.env)
	if own.env["KEYFIT_FINGERPRINT_KEY"] == "" { // one for all states that are compared
		own.env["KEYFIT_FINGERPRINT_KEY"] = rand.Text()
	}
	if !o.online {
		own.Environ = nil
	}
	own.StderrTerminal = false // no progress: a hook that has nothing against it says nothing
	return &own
}

// process is the environment that every deploy path starts with.
func (a *app) process() model.Env {
	env := resolve.Process(a.Environ)
	if a.openEnded {
		return env.WithRest(model.UnknownBecause(model.WhyCISecret, "the environment of the job that deploys", model.Trail{}))
	}
	return env
}

// state is what one state of the repository came to.
type state struct {
	document report.Document
	found    []found
	ignored  []found
	read     []string // the files that it was read from
	mistake  error    // of the configuration
}

// view says how a state of the files is judged.
type view struct {
	config  *side // whose configuration counts; nil: its own
	lenient bool  // what can be read of a broken configuration counts
	offline bool
	open    bool // the environment of the job that deploys may hold anything
}

// judgeAll judges every head and blocks on what it brings.
func (h *hook) judgeAll(ctx context.Context, heads []head) error {
	var blocked report.Document
	var older int
	var names []string
	told, trees := map[string]bool{}, map[string]bool{} // two refs may bring the same
	for i := range heads {
		one := &heads[i]
		now, news, old, err := h.news(ctx, one)
		if err != nil {
			return err
		}
		news = untold(news, told)
		if !trees[one.tree] {
			older += old
		}
		trees[one.tree] = true
		if len(news) > 0 {
			blocked.Findings = append(blocked.Findings, findings(news)...)
			names = append(names, one.commit)
		}
		if err := h.unverified(now); err != nil && len(news) == 0 {
			return err
		}
		one.files = nil // they are many
	}
	if len(blocked.Findings) == 0 {
		return nil
	}
	return h.block(blocked, older, names)
}

// untold leaves out what was told already, and notes the rest.
func untold(list []found, told map[string]bool) []found {
	return slices.DeleteFunc(list, func(f found) bool {
		id := f.rule() + f.At.String() + strings.Join(f.about, "")
		before := told[id]
		told[id] = true
		return before
	})
}

func findings(list []found) []report.Finding {
	var out []report.Finding
	for _, f := range list {
		out = append(out, f.Finding)
	}
	return out
}

// list lets git list the files of a side, once.
func (h *hook) list(ctx context.Context, s *side) error {
	if s.listed {
		return nil
	}
	files, err := h.git.list(ctx, s.tree)
	if err != nil {
		return usage("cannot read the files of this repository")
	}
	s.files, s.listed = files, true
	return nil
}

// judge is `check` over one state of the files.
func (h *hook) judge(ctx context.Context, s *side, v view) (state, error) {
	v.offline = v.offline || h.options.check.offline
	key := fmt.Sprint(s.tree, " ", v.lenient, v.offline, v.open)
	if v.config != nil {
		key += " " + v.config.tree
	}
	if done, ok := h.states[key]; ok && s.tree != "" {
		return done, nil
	}
	out, err := h.judgeNow(ctx, s, v)
	if err == nil {
		if h.states == nil {
			h.states = map[string]state{}
		}
		h.states[key] = out
	}
	return out, err
}

func (h *hook) judgeNow(ctx context.Context, s *side, v view) (state, error) {
	files, objects, err := h.open(ctx, s, v)
	if err != nil {
		return state{}, err
	}
	w := &workspace{files: files, catalogue: provider.Catalogue()}
	defer w.close()
	in := *h.app
	in.openEnded = v.open
	if v.lenient {
		in.configureLeniently(w, h.rel)
	} else if err := in.configure(w, h.rel); err != nil {
		return state{mistake: err}, nil
	}
	in.tellNotes(w)
	o := h.options.check
	o.noSources = true // that would read every source file out of git
	o.offline = v.offline
	result, err := in.pipeline(ctx, w, o)
	if own := (*exit)(nil); errors.As(err, &own) && own.code == exitUsage {
		return state{mistake: err}, nil
	}
	if err != nil {
		return state{}, err
	}
	out := state{document: result.document, read: files.FilesRead()}
	out.found = append(foundIn(out.document, out.document.Findings), h.inEnvFiles(w, objects)...)
	for _, i := range out.document.Ignored {
		out.ignored = append(out.ignored, foundIn(out.document, []report.Finding{i.Finding})...)
	}
	return out, nil
}

// open gives the files of a side to read, with what git keeps of them.
func (h *hook) open(ctx context.Context, s *side, v view) (*repo.Tree, []repo.Object, error) {
	if s.onDisk {
		files, err := repo.Open(h.git.dir)
		if err != nil {
			return nil, nil, usage("cannot read the files of this repository")
		}
		return files, nil, nil
	}
	if err := h.list(ctx, s); err != nil {
		return nil, nil, err
	}
	objects := s.files
	if v.config != nil {
		if err := h.list(ctx, v.config); err != nil {
			return nil, nil, err
		}
		objects = h.withConfig(objects, v.config.files)
	}
	return h.git.snapshot(ctx, objects), objects, nil
}

// news lists the findings of a head that none of its bases has, and counts the others.
func (h *hook) news(ctx context.Context, one *head) (now state, news []found, older int, err error) {
	if one.same {
		news, err = h.inHistory(ctx, one, nil)
		return state{}, news, 0, err
	}
	if now, err = h.judge(ctx, &one.side, view{}); err != nil {
		return now, nil, 0, err
	}
	if now.mistake != nil {
		now, news, older, err = h.despiteMistake(ctx, one, now)
	} else {
		news, older, err = h.compare(ctx, one, now, view{})
	}
	if err != nil {
		return now, nil, 0, err
	}
	earlier, err := h.inHistory(ctx, one, news)
	return now, append(news, earlier...), older, err
}

// compare holds what a head came to against its bases.
func (h *hook) compare(ctx context.Context, one *head, now state, v view) (news []found, older int, err error) {
	all, err := h.missingAnywhere(ctx, h.blocking(now.found), &one.side, v)
	if err != nil {
		return nil, 0, err
	}
	news = all
	var dropped []found
	for i := range one.bases {
		if len(news) > 0 {
			base, err := h.base(ctx, one, &one.bases[i], v)
			if err != nil {
				return nil, 0, err
			}
			news = without(news, base.found)
		}
		more, err := h.underOldConfig(ctx, one, &one.bases[i], now, v)
		if err != nil {
			return nil, 0, err
		}
		dropped = append(dropped, more...)
	}
	older = len(all) - len(news)
	return append(news, dropped...), older, nil
}

// base judges what the remote holds, offline: what an API says is not the push's doing. Where
// its configuration was broken, that of the head counts.
func (h *hook) base(ctx context.Context, one *head, base *side, v view) (state, error) {
	v.offline = true
	out, err := h.judge(ctx, base, v)
	if err == nil && out.mistake != nil {
		v.config = &one.side
		out, err = h.judge(ctx, base, v)
	}
	return out, err
}

// underOldConfig finds the keys in plain text that the head brings as the base's configuration
// sees it: a push that takes an environment out of the configuration takes no key out of a file.
func (h *hook) underOldConfig(ctx context.Context, one *head, base *side, now state, v view) ([]found, error) {
	if h.options.check.failOn == never || v.lenient || one.onDisk {
		return nil, nil
	}
	if err := errors.Join(h.list(ctx, &one.side), h.list(ctx, base)); err != nil {
		return nil, err
	}
	if slices.EqualFunc(h.configs(one.files), h.configs(base.files), sameObject) {
		return nil, nil
	}
	before, err := h.judge(ctx, base, view{offline: true})
	if err != nil || before.mistake != nil {
		return nil, err
	}
	after, err := h.judge(ctx, &one.side, view{offline: true, config: base})
	if err != nil {
		return nil, err
	}
	seen := slices.Concat(now.found, now.ignored)
	return slices.DeleteFunc(without(inPlain(after.found), before.found), func(f found) bool {
		return slices.ContainsFunc(seen, func(s found) bool { return s.ID == f.ID && s.At == f.At })
	}), nil
}

// missingAnywhere leaves out what is missing only as long as the environment of the job that
// deploys supplies nothing: it may.
func (h *hook) missingAnywhere(ctx context.Context, list []found, s *side, v view) ([]found, error) {
	if !slices.ContainsFunc(list, func(f found) bool { return f.absent }) {
		return list, nil
	}
	v.offline, v.open = true, true
	supplied, err := h.judge(ctx, s, v)
	if err != nil {
		return nil, err
	}
	remains := map[string]bool{}
	for _, f := range supplied.found {
		remains[f.ID+placeOf(f.Finding)] = true
	}
	return slices.DeleteFunc(list, func(f found) bool { return f.absent && !remains[f.ID+placeOf(f.Finding)] }), nil
}

// never is the level that nothing reaches.
const never = "never"

// blocking lists the findings that stop a push: those at or above --fail-on, and a key in
// plain text whatever it weighs elsewhere, since a push cannot be taken back.
func (h *hook) blocking(list []found) []found {
	failOn, _ := report.ParseFailOn(h.options.check.failOn)
	var out []found
	for _, f := range list {
		if failOn.Covers(f.Finding) || f.ID == inPlainText && failOn != report.FailNever {
			out = append(out, f)
		}
	}
	return out
}

// tell says what has to be known of the answer, once.
func (h *hook) tell(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if h.flags.quiet || h.told[text] {
		return
	}
	if h.told == nil {
		h.told = map[string]bool{}
	}
	h.told[text] = true
	fmt.Fprintf(h.Stderr, "keyfit: %s\n", text)
}

// unverified follows --on-unverified, which by default lets everything pass.
func (h *hook) unverified(now state) error {
	onUnverified, _ := report.ParseOnUnverified(h.options.check.onUnverified)
	if report.ExitCode(now.document, report.FailNever, onUnverified) != exitUnverified {
		return nil
	}
	return &exit{
		code: exitUnverified, message: "a key could not be verified, and --on-unverified is fail",
		fix: "`keyfit check` says which; " + h.howToSkip(),
	}
}

// block tells, on one screen, what the push or the commit breaks.
func (h *hook) block(d report.Document, older int, names []string) error {
	look := h.reportOptions(h.Stderr) // where people look for what a hook says; standard output is git's
	look.Color = h.color()
	if err := report.WriteBrief(h.Stderr, d, look); err != nil {
		return err
	}
	what := map[string]string{prePush: "push", preCommit: "commit"}[h.options.kind]
	return &exit{code: exitFindings, message: fmt.Sprintf("this %s is stopped: it brings %s", what, counted(len(d.Findings), "finding")) + leftOut(older), fix: h.judged(d, names) + "\n  = fix: " + h.howToSkip()}
}

// leftOut says how many findings stop nobody, since the remote has them already.
func leftOut(older int) string {
	switch older {
	case 0:
		return ""
	case 1:
		return "; 1 finding that was there before does not count"
	}
	return fmt.Sprintf("; %s that were there before do not count", counted(older, "finding"))
}

func counted(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

// judged says which state of the files was looked at, since it need not be that on the disk, and
// how to mend it. What another commit mends stays in the history.
func (h *hook) judged(d report.Document, names []string) string {
	switch {
	case h.options.kind == preCommit:
		return "mend it and stage it: what is staged was judged"
	case names[0] == "":
		return "mend it: the files on the disk were judged, since git did not say what is pushed"
	}
	for i, name := range names {
		names[i] = short(name)
	}
	what := strings.Join(slices.Compact(names), ", ") + ", not the files on the disk"
	if slices.ContainsFunc(d.Findings, func(f report.Finding) bool { return f.ID == inPlainText }) {
		return "amend the commit that brings the key (`git commit --amend`, or `git rebase -i` for an earlier one): a further commit keeps the key in the history\n" +
			"  = note: what was judged is " + what
	}
	return "mend it and commit it: what was judged is " + what
}

// short is a commit as people write it.
func short(id string) string { return id[:min(len(id), 10)] }

func (h *hook) howToSkip() string {
	return "to skip this once, set SKIP=keyfit or use --no-verify"
}
