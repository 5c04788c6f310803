package canary

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strings"
	"testing"
)

func TestFind(t *testing.T) {
	key := "sk_test_CANARY0123456789"
	leaks := map[string]string{
		"clear":     "the key is " + key,
		"hex":       hex.EncodeToString([]byte(key)),
		"HEX":       strings.ToUpper(hex.EncodeToString([]byte(key))),
		"query":     "https://example.com/?k=" + url.QueryEscape(key),
		"mask tail": "::add-mask::x\n" + key,
	}
	for shift := range 6 {
		leaks["base64 "+strings.Repeat("+", shift)] = base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + key))
		leaks["base64url "+strings.Repeat("+", shift)] = base64.URLEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + key))
	}
	for name, output := range leaks {
		if Find([]byte(output)) == "" {
			t.Errorf("%s: the leak was not found", name)
		}
	}
	for _, output := range []string{"", "nothing here", "::add-mask::" + key + "\nfine\n", "kf:1f0c9a"} {
		if form := Find([]byte(output)); form != "" {
			t.Errorf("found %s in harmless output", form)
		}
	}
}
