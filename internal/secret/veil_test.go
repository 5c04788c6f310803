package secret_test

import (
	"testing"

	"github.com/keyfit/keyfit/internal/secret"
)

func TestVeil(t *testing.T) {
	key := secret.New("sk_test_CANARY0123456789")
	veil := secret.NewVeil([]secret.Text{key, secret.New("staging"), secret.New("charts/shop/values.yaml"), secret.New("CANARY1"), {}})
	for text, want := range map[string]string{
		"":                                 "",
		"staging":                          "staging",
		"the file charts/shop/values.yaml": "the file charts/shop/values.yaml",
		"CANARY1 is short":                 "CANARY1 is short",
		"namespace sk_test_CANARY0123456789-x, twice sk_test_CANARY0123456789": "namespace [redacted]-x, twice [redacted]",
	} {
		if got := veil.Hide(text); got != want {
			t.Errorf("a text of %d bytes was not hidden as expected", len(text))
		}
	}
	if (secret.Veil{}).Hide("sk_test_CANARY0123456789") == "" {
		t.Error("the zero veil changes a text")
	}
}
