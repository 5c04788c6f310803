package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/keyfit/keyfit/internal/keys"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/probe"
	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/secret"
	"github.com/keyfit/keyfit/internal/verdict"
)

// ask puts the questions and gives the verdicts in the order of the slots.
func (a *app) ask(ctx context.Context, w *workspace, slots []keys.Slot, part portion, o checkOptions) ([]verdict.Verdict, error) {
	client, err := a.client(o, part.neighbours(slots))
	if err != nil {
		return nil, err
	}
	defer client.Close()
	untrusted := a.mistrust(o)
	foreignHead := o.policy != "" && !o.trustConfig && a.untrustedConfig() != ""
	shared := standForSeveral(slots)
	verdicts := make([]verdict.Verdict, len(slots))
	var questions []probe.Question
	var asked []int
	for i, slot := range slots {
		switch {
		case part.aside(i): // its shard asks
		case slot.Value.State != model.Known:
			verdicts[i] = verdict.Verdict{Reason: provider.Unresolved}
		case slot.Stranger != nil:
			verdicts[i] = foreign()
		case untrusted != "":
			verdicts[i] = notSent(untrusted)
		case shared[i] != "":
			verdicts[i] = notTold(shared[i])
		case foreignHead && slot.Provider != nil && !a.mayFollowHead(slot):
			verdicts[i] = chosenByHead()
		default:
			questions = append(questions, question(slot))
			asked = append(asked, i)
		}
	}
	if o.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, o.timeout, errTimeout)
		defer cancel()
	}
	for n, v := range client.Ask(ctx, questions) {
		verdicts[asked[n]] = v
	}
	a.askControlKeys(ctx, w, client, slots, verdicts)
	if ctx.Err() != nil && context.Cause(ctx) != errTimeout {
		return nil, ctx.Err()
	}
	return verdicts, nil
}

var errTimeout = usage("the time for all requests together is over")

func notSent(why string) verdict.Verdict {
	return verdict.Verdict{
		Reason:   provider.NotProbeable,
		Evidence: verdict.Evidence{Failure: "not sent: " + why + ", and what is checked and where keys go with it (--policy FILE takes both from the base, --trust-config from here)"},
	}
}

// standForSeveral finds the slots of several environments that are all shown one variable of
// keyfit's own process, although each environment has a host of its own: the key can be only one
// environment's, and would go to the hosts of all. It gives the variable by the slot's index.
func standForSeveral(slots []keys.Slot) map[int]string {
	type shown struct{ variable, provider string }
	groups := map[shown][]int{}
	for i, s := range slots {
		if origin := s.Value.Trail.Origin(); origin.Kind == model.KindProcess && s.Provider != nil && s.Value.State == model.Known {
			at := shown{origin.What, s.Provider.ID}
			groups[at] = append(groups[at], i)
		}
	}
	out := map[int]string{}
	for at, group := range groups {
		hosts := map[string]bool{}
		for _, i := range group {
			host, _ := slots[i].Provider.Hosts.For(slots[i].Environment)
			hosts[host.Value] = true
		}
		for _, i := range group {
			if len(hosts) > 1 {
				out[i] = at.variable
			}
		}
	}
	return out
}

func notTold(variable string) verdict.Verdict {
	return verdict.Verdict{
		Reason:   provider.NotProbeable,
		Evidence: verdict.Evidence{Failure: fmt.Sprintf("not sent: the variable %q of this process would stand for the keys of several environments, and each has a host of its own (choose one with -e, or bind each under `inputs` in keyfit.yaml)", variable)},
	}
}

// mayFollowHead reports whether a question may be put in a run on foreign code, under the hosts of
// --policy. The head of such a run can hand another secret of the job to a known host, or name a
// tenant of its own as a part of that host. So a secret of the job goes along under its own name
// only, and then what completes the host is the job's too.
func (a *app) mayFollowHead(slot keys.Slot) bool {
	process := a.process()
	own := func(variable string, v model.Value) bool {
		held := process.Get(variable)
		return v.State != model.Known || held.State == model.Known && held.Text.Equal(v.Text)
	}
	literal := func(v model.Value) bool { return v.State != model.Known || !sharesText(v.Text, process) }
	for _, companions := range []map[string]keys.Companion{slot.Parts, slot.Slots} {
		for role, c := range companions {
			if !own(c.Variable, c.Value) && (!literal(c.Value) || slot.Provider.CompletesHost(role) && !literal(slot.Value)) {
				return false
			}
		}
	}
	return own(slot.Variable, slot.Value) || literal(slot.Value)
}

// sharedLength is how much of a variable of the job makes a text one that holds a part of it.
const sharedLength = 8

// sharesText reports whether a text has a longer stretch in common with any variable of the job.
func sharesText(text secret.Text, process model.Env) bool {
	for _, v := range process.All() {
		if v.State == model.Known && v.Text.Shares(text, sharedLength) {
			return true
		}
	}
	return false
}

func chosenByHead() verdict.Verdict {
	return verdict.Verdict{
		Reason:   provider.NotProbeable,
		Evidence: verdict.Evidence{Failure: "not sent: in a run on foreign code only what the job itself holds under the variable's own name is, and what arrives here was chosen by the files that are checked (--trust-config sends it all the same)"},
	}
}

// foreign is the verdict on another vendor's key: it is not sent.
func foreign() verdict.Verdict {
	v := verdict.Verdict{Reason: provider.Malformed}
	v.Rungs[provider.Format] = verdict.Fail
	v.Evidence.Failure = "the key is another service's by its form, and is not sent to this one"
	return v
}

func (a *app) client(o checkOptions, neighbours []probe.Question) (*probe.Client, error) {
	options := probe.Options{
		Neighbours: neighbours,
		Offline:    o.offline,
		UserAgent:  "keyfit/" + a.version(),
		Environ:    a.env,
		Now:        a.Now,
		Progress:   a.counter(),
	}
	if o.caFile != "" {
		pem, err := a.readFile("--ca-file", o.caFile)
		if err != nil {
			return nil, err
		}
		options.CAFile = pem
	}
	client, err := probe.New(options)
	if err != nil {
		return nil, usage("%s", err)
	}
	return client, nil
}

// counter shows on a terminal how many questions are answered, on one line that the
// report then takes the place of. Elsewhere there is nothing to show: it is nil.
func (a *app) counter() func(done, total int) {
	if !a.StderrTerminal || a.flags.quiet {
		return nil
	}
	return func(done, total int) {
		line := fmt.Sprintf("keyfit: %d of %d keys answered", done, total)
		if done == total {
			line = strings.Repeat(" ", len(line)) + "\r"
		}
		fmt.Fprint(a.Stderr, "\r"+line)
	}
}

// question is what a slot asks its provider. What is not known is left out, and the
// probe then sends nothing.
func question(slot keys.Slot) probe.Question {
	return probe.Question{
		Provider:    slot.Provider,
		Form:        slot.Form,
		Environment: slot.Environment,
		Key:         slot.Value.Text,
		Parts:       knownTexts(slot.Parts),
		Variables:   knownTexts(slot.Slots),
	}
}

func knownTexts(companions map[string]keys.Companion) map[string]secret.Text {
	texts := make(map[string]secret.Text, len(companions))
	for name, c := range companions {
		if c.Value.State == model.Known {
			texts[name] = c.Value.Text
		}
	}
	return texts
}
