package docs

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/checks"
	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/keys"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/verdict"
)

// TestEveryReasonIsOnThePage counts what the page must not forget.
func TestEveryReasonIsOnThePage(t *testing.T) {
	var shown []provider.Reason
	for _, group := range order {
		shown = append(shown, group.reasons...)
	}
	slices.Sort(shown)
	if diff := cmp.Diff(provider.Reasons(), shown); diff != "" {
		t.Errorf("the page has other reasons than there are (-there are +page):\n%s", diff)
	}
	for _, r := range shown {
		text := aboutReason(r)
		if _, advice, _ := strings.Cut(text, "**What to do.** "); len(advice) < 10 {
			t.Errorf("%s says not what to do: %s", r, text)
		}
	}
}

// TestReasonsAreReportedAsThePageSays asks the checks.
func TestReasonsAreReportedAsThePageSays(t *testing.T) {
	p, ok := provider.Catalogue().Get("stripe")
	if !ok {
		t.Fatal("the catalogue has no stripe")
	}
	for _, r := range provider.Reasons() {
		c := &checks.Case{Slot: keys.Slot{
			Environment: "staging", Variable: "STRIPE_API_KEY", Provider: p, Declared: &config.Key{},
			Consumer: model.Consumer{Kind: model.ConsumerProcess, Workload: "./serve"},
			Value:    model.KnownText("sk_test_CANARY0123456789abcdefghijkl", model.Hop{Kind: model.KindDotenv}),
		}}
		c.Verdict.Reason = r
		if rung, refused := r.FailedRung(); refused {
			c.Verdict.Rungs[rung] = verdict.Fail
		}
		run := &checks.Run{Cases: []*checks.Case{c}, Now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
		c.Run = run
		var ids []string
		for _, f := range checks.Judge(run).Findings {
			ids = append(ids, f.ID)
		}
		if want := reported[r]; want != "" && !slices.Contains(ids, want) || want == "" && len(ids) > 0 {
			t.Errorf("%s is reported as %q, the page says %q", r, ids, want)
		}
	}
}
