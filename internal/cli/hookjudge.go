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
	mistake  error // of the configuration
}

// judgeAll judges every head and blocks on what it brings.
func (h *hook) judgeAll(ctx context.Context, heads []head) error {
	var blocked report.Document
	var older int
	var names []string
	for _, one := range heads {
		now, err := h.judge(ctx, one.files)
		if err != nil {
			return err
		}
		news, old, err := h.news(ctx, now, one)
		if err != nil {
			return err
		}
		older += old
		if len(news) > 0 {
			blocked.Findings = append(blocked.Findings, news...)
			names = append(names, one.name)
		}
		if err := h.unverified(now); err != nil && len(news) == 0 {
			return err
		}
	}
	if len(blocked.Findings) == 0 {
		return nil
	}
	return h.block(blocked, older, names)
}

// judge is `check` over one state of the files.
func (h *hook) judge(ctx context.Context, files func(context.Context) (*repo.Tree, error)) (state, error) {
	tree, err := files(ctx)
	if err != nil {
		return state{}, usage("cannot read the files of this repository")
	}
	w := &workspace{files: tree, catalogue: provider.Catalogue()}
	defer w.close()
	if err := h.configure(w, h.rel); err != nil {
		return state{mistake: err}, nil
	}
	h.tellNotes(w)
	o := h.options.check
	o.noSources = true // that would read every source file out of git
	result, err := h.pipeline(ctx, w, o)
	if own := (*exit)(nil); errors.As(err, &own) && own.code == exitUsage {
		return state{mistake: err}, nil
	}
	if err != nil {
		return state{}, err
	}
	return state{document: result.document}, nil
}

// news lists the findings that none of the bases has, and counts the others.
func (h *hook) news(ctx context.Context, now state, one head) (news []report.Finding, older int, err error) {
	all, err := h.missingAnywhere(ctx, h.blocking(now.document), now.document, one)
	if err != nil {
		return nil, 0, err
	}
	news = all
	for _, tree := range one.bases {
		if len(news) == 0 && now.mistake == nil {
			break
		}
		base, err := h.base(ctx, tree)
		if err != nil {
			return nil, 0, err
		}
		if now.mistake != nil && base.mistake != nil && now.mistake.Error() == base.mistake.Error() {
			return nil, 0, nil
		}
		if base.mistake == nil {
			news = without(news, now.document, base.document)
		}
	}
	return news, len(all) - len(news), now.mistake
}

// missingAnywhere leaves out what is missing only as long as the environment of the job that
// deploys supplies nothing: it may.
func (h *hook) missingAnywhere(ctx context.Context, findings []report.Finding, d report.Document, one head) ([]report.Finding, error) {
	slots := slotsOf(d)
	absent := func(f report.Finding) bool { return slots[placeOf(f)].State == "absent" }
	if !slices.ContainsFunc(findings, absent) {
		return findings, nil
	}
	open := *h
	own := *h.app
	own.openEnded = true
	open.app, open.options.check.offline = &own, true
	supplied, err := open.judge(ctx, one.files)
	if err != nil {
		return nil, err
	}
	remains := map[string]bool{}
	for _, f := range supplied.document.Findings {
		remains[f.ID+placeOf(f)] = true
	}
	return slices.DeleteFunc(findings, func(f report.Finding) bool { return absent(f) && !remains[f.ID+placeOf(f)] }), nil
}

// blocking lists the findings that stop a push: those at or above --fail-on, and a key in
// plain text whatever it weighs elsewhere, since a push cannot be taken back.
func (h *hook) blocking(d report.Document) []report.Finding {
	failOn, _ := report.ParseFailOn(h.options.check.failOn)
	var out []report.Finding
	for _, f := range d.Findings {
		if failOn.Covers(f) || f.ID == "K106" && failOn != report.FailNever {
			out = append(out, f)
		}
	}
	return out
}

// base judges what the remote holds, offline: what an API says is not the push's doing.
func (h *hook) base(ctx context.Context, tree string) (state, error) {
	offline := *h
	offline.app = h.onLaptop(hookOptions{online: h.options.online})
	offline.options.check.offline = true
	return offline.judge(ctx, func(ctx context.Context) (*repo.Tree, error) { return h.git.snapshot(ctx, tree) })
}

// without leaves out the findings that the old document has too, each as often as it is there.
func without(findings []report.Finding, now, old report.Document) []report.Finding {
	there := map[string]int{}
	slots := slotsOf(old)
	for _, f := range old.Findings {
		there[identity(f, slots)]++
	}
	slots = slotsOf(now)
	var out []report.Finding
	for _, f := range findings {
		id := identity(f, slots)
		if there[id]--; there[id] < 0 {
			out = append(out, f)
		}
	}
	return out
}

// identity is what makes two findings one: the same rule about the same value of the same
// slot. Lines move, so they do not count.
func identity(f report.Finding, slots map[string]report.Slot) string {
	place := placeOf(f)
	s := slots[place]
	words := []string{f.ID, f.Severity, place, f.At.File, s.State, s.Fingerprint, s.Reason, s.ValueReason}
	if f.Variable == "" {
		words = append(words, f.Message)
	}
	return strings.Join(words, "\x01")
}

func placeOf(f report.Finding) string {
	return strings.Join([]string{f.Environment, f.Consumer, f.Container, f.Variable}, "\x00")
}

func slotsOf(d report.Document) map[string]report.Slot {
	out := map[string]report.Slot{}
	for _, s := range d.Slots {
		out[strings.Join([]string{s.Environment, s.Consumer, s.Container, s.Variable}, "\x00")] = s
	}
	return out
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
	message := fmt.Sprintf("this %s is stopped: it brings %s", what, counted(len(d.Findings), "finding"))
	if older > 0 {
		message += fmt.Sprintf("; %s that was there before does not count", counted(older, "finding"))
	}
	return &exit{code: exitFindings, message: message, fix: h.judged(names) + "\n  = fix: " + h.howToSkip()}
}

func counted(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

// judged says which state of the files was looked at, since it need not be that on the disk.
func (h *hook) judged(names []string) string {
	switch {
	case h.options.kind == preCommit:
		return "mend it and stage it: what is staged was judged"
	case names[0] == "":
		return "mend it: the files on the disk were judged, since git did not say what is pushed"
	}
	for i, name := range names {
		names[i] = name[:min(len(name), 10)]
	}
	return "mend it and commit it: what was judged is " + strings.Join(slices.Compact(names), ", ") + ", not the files on the disk"
}

func (h *hook) howToSkip() string {
	return "to skip this once, set SKIP=keyfit or use --no-verify"
}
