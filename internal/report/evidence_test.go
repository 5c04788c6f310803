package report

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/keyfit/keyfit/internal/checks"
	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/verdict"
)

// supportStory is a key that was refused, with everything that was tried.
func supportStory(text string) Input {
	in := input("staging")
	s := slot("staging", "PAYMENT_API_KEY", key("1", hop("dotenv", "PAYMENT_API_KEY", at(".env.staging", 1, 1))))
	e := evidence(403, text)
	e.At = time.Date(2026, 11, 22, 4, 5, 6, 0, time.UTC)
	e.RequestID, e.Failure = text, text
	in.Cases = []*checks.Case{{Slot: s, Verdict: verdict.Verdict{
		Rungs: rungs("+++-."), Reason: provider.OwnerDisabled, Says: text, Causes: []string{text}, Needs: text, Hint: "sk_test_...1234",
		Identity: verdict.Identity{User: text, Name: text, Account: text, Scopes: []string{text}}, Evidence: e,
		Asked: []verdict.Asked{
			{What: verdict.AskedKey, Reason: provider.OwnerDisabled, Evidence: e},
			{What: verdict.AskedStep, Step: text, Reason: provider.OwnerDisabled, Evidence: e},
			{What: verdict.AskedElsewhere, Environment: "production", Reason: provider.KeyUnknown, Evidence: e},
			{What: verdict.AskedControlRequest, Reason: provider.KeyUnknown, Evidence: e},
		},
		ControlKey: &verdict.ControlKey{State: verdict.ControlPassed, Variable: "CONTROL_KEY", Reason: provider.OK, Evidence: e},
	}}}
	return in
}

func packet(t testing.TB, in Input, asJSON bool) (string, [][]string) {
	t.Helper()
	e, slots := BuildEvidence(EvidenceInput{
		Document: Build(in), API: func(string) (string, string) { return "Stripe", "https://docs.example.com/auth" },
		Via: func(string) bool { return true }, OwnCA: true,
	})
	var b bytes.Buffer
	if err := WriteEvidence(&b, e, asJSON); err != nil {
		t.Fatal(err)
	}
	return b.String(), slots
}

func TestEvidence(t *testing.T) {
	text, slots := packet(t, supportStory("user_off"), false)
	for _, want := range []string{
		"## 1. `Stripe`, secret key: failed\n", "- Asked: `GET api.example.com/v1/account`\n", "- Time: `2026-11-22 04:05:06 UTC`\n",
		"- Answer: `HTTP 403, user_off`\n", "- Error code: `user_off`\n", "- Request id: `user_off`\n", "- Attempts: 1, in 0.120 seconds together\n",
		"- Key: `sk_test_...1234`, as the vendor's own list of keys shows it\n", "through an HTTP proxy", "further ones are trusted", "- Documentation: `https://docs.example.com/auth`\n",
		"| a further request about the key (user\\_off) |", "| the key at another host of the same API |", "| the same request with a random key |",
		"| the same question about another key, which is known to be good |",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the packet lacks %q:\n%s", want, text)
		}
	}
	if len(slots) != 1 || len(slots[0]) != 1 || slots[0][0] != "staging · Deployment/api · api · PAYMENT_API_KEY" {
		t.Errorf("the cases are about %q", slots)
	}
	for _, asJSON := range []bool{false, true} {
		text, _ := packet(t, supportStory("user_off"), asJSON)
		for _, own := range []string{"staging", "production", "Deployment", "PAYMENT_API_KEY", "CONTROL_KEY", "kf:", ".env", canary} {
			if strings.Contains(text, own) {
				t.Errorf("the packet names %q:\n%s", own, text)
			}
		}
	}
}

// One request that many slots share is one case; what was not asked is none.
func TestEvidenceTellsEachRequestOnce(t *testing.T) {
	in := supportStory("user_off")
	twin := *in.Cases[0]
	twin.Slot.Variable = "TWIN"
	silent := *in.Cases[0]
	silent.Slot.Variable, silent.Verdict = "SILENT", verdict.Verdict{Reason: provider.Offline}
	in.Cases = append(in.Cases, &twin, &silent)
	text, slots := packet(t, in, false)
	if len(slots) != 1 || len(slots[0]) != 2 || strings.Contains(text, "## 2.") {
		t.Errorf("the cases are about %q", slots)
	}
	text, slots = packet(t, passedStory(), false)
	if len(slots) != 0 || !strings.Contains(text, "nothing to send") {
		t.Errorf("a key that fits is told: %s", text)
	}
	all, _ := BuildEvidence(EvidenceInput{Document: Build(passedStory()), All: true})
	if len(all.Cases) == 0 || all.Cases[0].API == "" {
		t.Errorf("all keys are %+v", all.Cases)
	}
}

// What an API answers can be anything; the packet stays text, line by line.
func FuzzEvidence(f *testing.F) {
	for _, seed := range []string{hostile, "a##[b", "`|`", "\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", " x ", "*", "![](http://x)", "www.x", "\u2028# x"} {
		f.Add(seed)
	}
	plain, _ := packet(f, supportStory("x"), false)
	lines := strings.Count(plain, "\n")
	f.Fuzz(func(t *testing.T, text string) {
		out, _ := packet(t, supportStory(text), false)
		checkHarmless(t, out)
		if n := strings.Count(out, "\n"); n > lines {
			t.Errorf("%d lines, at most %d are keyfit's own:\n%s", n, lines, out)
		}
		for line := range strings.Lines(out) {
			outside := outsideOfCode(line)
			if i := unescaped(outside, '<'); i >= 0 || strings.Contains(outside, "@") {
				t.Errorf("a tag or a mention is possible: %q", line)
			}
			if strings.HasPrefix(line, "| ") && cells(line) != 7 {
				t.Errorf("%d cell borders: %q", cells(line), line)
			}
		}
		if out, _ := packet(t, supportStory(text), true); strings.ContainsAny(out, "\x1b\x07\x00") {
			t.Errorf("control characters in %q", out)
		}
	})
}

// outsideOfCode takes the code spans out of a line, which hold plain characters alone.
func outsideOfCode(line string) string {
	var b strings.Builder
	code := false
	for i := 0; i < len(line); i++ {
		switch {
		case line[i] == '\\' && !code && i+1 < len(line):
			b.WriteString(line[i : i+2])
			i++
		case line[i] == '`':
			code = !code
		case !code:
			b.WriteByte(line[i])
		}
	}
	return b.String()
}
