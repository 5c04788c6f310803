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
