package ci

import (
	"bytes"
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/secret"
)

func masked(t *testing.T, env map[string]string, texts ...string) []string {
	t.Helper()
	var list []secret.Text
	for _, text := range texts {
		list = append(list, secret.New(text))
	}
	var b bytes.Buffer
	n, err := New(&b, env).Mask(list)
	if err != nil {
		t.Fatal(err)
	}
	if (n == 0) != (b.Len() == 0) {
		t.Errorf("%d texts are masked, and %d bytes written", n, b.Len())
	}
	var masks []string
	for line := range strings.Lines(b.String()) {
		data, ok := strings.CutPrefix(strings.TrimRight(line, "\r\n"), "::add-mask::")
		if !ok {
			t.Fatal("a line that is no mask")
		}
		masks = append(masks, unescape(data))
	}
	return masks
}

var allowed = map[string]string{"GITHUB_ACTIONS": "true"}

// TestMaskOnlyForTheRunner: a key is written only to a runner, and not when the step says
// that its output does not go there.
func TestMaskOnlyForTheRunner(t *testing.T) {
	for _, env := range []map[string]string{
		nil,
		{MaskSwitch: "true"},
		{"GITHUB_ACTIONS": "true", MaskSwitch: "false"},
		{"GITHUB_ACTIONS": "false"},
		{"GITLAB_CI": "true"},
	} {
		if got := masked(t, env, "sk_CANARY_0123456789"); len(got) != 0 {
			t.Errorf("%v: %d masks", env, len(got))
		}
	}
}

func TestMaskForms(t *testing.T) {
	key := "sk+CANARY/0123 \"x\""
	got := masked(t, allowed, key, key)
	for name, want := range map[string]string{
		"itself":      key,
		"json":        `sk+CANARY/0123 \"x\"`,
		"query":       "sk%2BCANARY%2F0123+%22x%22",
		"path":        "sk+CANARY%2F0123%20%22x%22",
		"hex":         "736b2b43414e4152592f3031323320227822",
		"base64":      base64.StdEncoding.EncodeToString([]byte(key)),
		"basic user":  base64.StdEncoding.EncodeToString([]byte(key + ":")),
		"basic blank": base64.StdEncoding.EncodeToString([]byte(":" + key)),
	} {
		if !slices.Contains(got, want) {
			t.Errorf("the %s form is not masked", name)
		}
	}
	if sorted := slices.Sorted(slices.Values(got)); len(slices.Compact(sorted)) != len(got) {
		t.Error("a mask is repeated")
	}
}

func TestMaskLines(t *testing.T) {
	got := masked(t, allowed, "{\n  \"type\": \"CANARY\",\r\n  \"key\": \"CANARY-0123456789\"\n}\n")
	for _, want := range []string{`"type": "CANARY",`, `"key": "CANARY-0123456789"`} {
		if !slices.Contains(got, want) {
			t.Errorf("the line %d characters long is not masked", len(want))
		}
	}
	for _, mask := range got {
		if strings.ContainsAny(mask, "\r\n") {
			t.Error("a mask of several lines: the runner would take each of them for a mask")
		}
		if len(mask) < minMask {
			t.Errorf("a mask of %d characters ruins the log", len(mask))
		}
	}
}

func TestMaskSkips(t *testing.T) {
	if got := masked(t, allowed, "", "true", "1234567", "   short   ", strings.Repeat("x", maxMask+1)); len(got) != 0 {
		t.Errorf("%d masks", len(got))
	}
	var many []string
	for i := range 300 {
		many = append(many, "CANARY-"+strings.Repeat("x", i+1))
	}
	var b bytes.Buffer
	var list []secret.Text
	for _, text := range many {
		list = append(list, secret.New(text))
	}
	if n, err := New(&b, allowed).Mask(list); err != nil || n != maxMasks {
		t.Errorf("%d masked, %v", n, err)
	}
	if _, err := New(broken{}, allowed).Mask(list); err == nil {
		t.Error("the error of the writer is lost")
	}
}

func TestMaskable(t *testing.T) {
	file := model.Hop{Kind: model.KindDotenv, At: pos.Span{File: ".env"}}
	process := model.Hop{Kind: model.KindProcess}
	got := Maskable([]model.Value{
		model.KnownText("CANARY-file", file),
		model.KnownText("CANARY-process", process).Via(file),
		model.KnownText("CANARY-input", model.Hop{Kind: model.KindInput, Literal: true}),
		model.UnknownBecause(model.WhyEncrypted, "", model.Trail{}.Append(file)),
		{State: model.Absent},
	})
	if len(got) != 2 || !got[0].Equal(secret.New("CANARY-file")) || !got[1].Equal(secret.New("CANARY-input")) {
		t.Errorf("%d texts are worth a mask", len(got))
	}
}
