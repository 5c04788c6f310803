package helm

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/canary"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/secret"
)

func sopsFixture(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "testdata", "sops", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestEncryptedValues(t *testing.T) {
	yaml, key := sopsFixture(t, "values.yaml"), sopsFixture(t, "identity.txt")
	cases := []struct {
		name, data, key string
		more            map[string]string
		want            map[string]string // path: what describes it
		plain           map[string]string // path: type and value
		problems        int
		doubt           model.Reason
	}{
		{name: "with the key", data: yaml, key: key,
			want: map[string]string{
				"payment.key":         `"sk_test_51CANARYsops0123456789abcdef" helm-values s.yaml:3 payment.key over c/values.yaml:1:16`,
				"payment.list.1":      `"2" helm-values s.yaml:22 payment.list[1]`,
				"payment.list.2.name": `"CANARY three" helm-values s.yaml:23 payment.list[2].name`,
				"plain_unencrypted":   `"on the table" helm-values s.yaml:29 plain_unencrypted`,
				"sops":                "none",
			},
			plain: map[string]string{
				"payment.enabled": "bool true", "payment.retries": "float64 3", "payment.rate": "float64 0.25", "payment.odd": `string "yes"`,
				"payment.number": `string "0123"`, "payment.nothing": "none", "payment.empty": `string ""`, "on": `string "CANARY word"`,
			}},
		{name: "without the key", data: yaml,
			want: map[string]string{
				"payment.key":         `?encrypted helm-values s.yaml:3 payment.key over c/values.yaml:1:16`,
				"payment.list.1":      `?encrypted helm-values s.yaml:22 payment.list[2]`,
				"payment.list.2.name": `?encrypted helm-values s.yaml:23 payment.list[3].name`,
				"plain_unencrypted":   `"on the table" helm-values s.yaml:29 plain_unencrypted`,
				"sops":                "none",
			}},
		{name: "with another key", data: sopsFixture(t, "other-recipient.yaml"), key: key, want: map[string]string{"token_enc": `?encrypted helm-values s.yaml:9 token_enc`}},
		{name: "changed", data: strings.Replace(yaml, "on the table", "under it", 1), key: key, problems: 1, doubt: model.WhyEncrypted,
			want: map[string]string{"plain_unencrypted": `?encrypted helm-values s.yaml:0  over s.yaml:29:20`}},
		{name: "decrypted beside it", data: yaml, key: key, more: map[string]string{"s.yaml.dec": "payment: {key: CANARY}"},
			want: map[string]string{"payment.key": `?encrypted helm-values s.yaml:3 payment.key over c/values.yaml:1:16`}},
		{name: "not encrypted", data: "a: CANARY\n", key: key, want: map[string]string{"a": `"CANARY" helm-values s.yaml:1 a`}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			vc := valuesCase{files: map[string]string{"c/values.yaml": "payment: {key: default}\n", "s.yaml": c.data}}
			for name, text := range c.more {
				vc.files[name] = text
			}
			vc.complete(t)
			dir := t.TempDir()
			vc.layOut(t, dir)
			step := vc.step(t, dir)
			step.Values = []Arg{{Flag: "values", Encrypted: true, Text: knownPiece("s.yaml")}}
			if c.key != "" {
				step.AgeKey = model.Value{State: model.Known, Text: secret.New(c.key)}
			}
			loaded, problems := Load(step)
			if loaded == nil || len(problems) != c.problems || canary.Find(fmt.Append(nil, problems)) != "" {
				t.Fatalf("%d problems, expected %d", len(problems), c.problems)
			}
			if (loaded.Doubt != nil) != (c.doubt != "") || loaded.Doubt != nil && loaded.Doubt.Why != c.doubt {
				t.Errorf("doubt %v, expected %q", loaded.Doubt, c.doubt)
			}
			checkParallel(t, "", loaded.Values, loaded.Origins)
			got := map[string]string{}
			for path := range c.want {
				got[path] = "none"
				if n := loaded.Origins.At(strings.Split(path, ".")...); n != nil {
					got[path] = describe(n.Value)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			for path, want := range c.plain {
				if got := plainAt(loaded.Values, strings.Split(path, ".")); got != want {
					t.Errorf("%s is %s, expected %s", path, got, want)
				}
			}
			if c.name == "with the key" && loaded.Origins.At("payment", "key").Value.Trail.Last().Literal {
				t.Error("a text that is encrypted counts as written in the repository")
			}
		})
	}
}

func plainAt(value any, path []string) string {
	for _, name := range path {
		m, _ := value.(map[string]any)
		if value = m[name]; value == nil {
			return "none"
		}
	}
	if s, ok := value.(string); ok {
		return fmt.Sprintf("string %q", s)
	}
	return fmt.Sprintf("%T %v", value, value)
}
