package sops_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/canary"
	"github.com/keyfit/keyfit/internal/secret"
	"github.com/keyfit/keyfit/internal/sops"
)

const fixtures = "../../testdata/sops"

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(fixtures, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func identity(t testing.TB) sops.Keys {
	return sops.Keys{Age: secret.New(string(fixture(t, "identity.txt")))}
}

// decoded is a file as its readers see it.
func decoded(t *testing.T, name, text string) any {
	t.Helper()
	if filepath.Ext(name) == ".env" {
		var lines []string
		for line := range strings.Lines(text) {
			if !strings.HasPrefix(line, "#") {
				lines = append(lines, line)
			}
		}
		return lines
	}
	var all []any
	in := yaml.NewDecoder(strings.NewReader(text))
	for {
		var v any
		if err := in.Decode(&v); err != nil {
			return all
		}
		all = append(all, v)
	}
}

// What sops 3.9.4 itself made of plain files lies in testdata/sops, and beside each what its
// `sops --decrypt` printed.
func TestOpensWhatSopsOpens(t *testing.T) {
	wants, err := filepath.Glob(filepath.Join(fixtures, "*.want"))
	if err != nil || len(wants) < 10 {
		t.Fatalf("%d fixtures, expected at least 10", len(wants))
	}
	for _, want := range wants {
		name := strings.TrimSuffix(filepath.Base(want), ".want")
		t.Run(name, func(t *testing.T) {
			f, err := sops.Open(name, fixture(t, name), identity(t))
			if err != nil {
				t.Fatal(err)
			}
			w := decoded(t, name, string(fixture(t, name+".want")))
			if !cmp.Equal(w, decoded(t, name, f.Text().Reveal())) {
				t.Error("the text is another one than that of sops")
			}
			if leak := canary.Find(fmt.Appendf(nil, "%v %+v %#v", f, f, *f)); leak != "" {
				t.Errorf("the file prints a text: %s", leak)
			}
		})
	}
}

func TestRefuses(t *testing.T) {
	valid := string(fixture(t, "values.yaml"))
	replaced := func(old, new string) string {
		t.Helper()
		if !strings.Contains(valid, old) {
			t.Fatalf("the fixture has no %q", old)
		}
		return strings.Replace(valid, old, new, 1)
	}
	cipher := func(name string) string {
		_, after, _ := strings.Cut(valid, "\n    "+name+": ")
		text, _, _ := strings.Cut(after, "\n")
		return text
	}
	others := func(kind string) string {
		t.Helper()
		return strings.Replace(replaced("    "+kind+": []", "    "+kind+": [{enc: x}]"), "\n    age:", "\n    nobody:", 1)
	}
	key := string(fixture(t, "identity.txt"))
	cases := []struct {
		name, file, data, key string
		want                  sops.Reason
	}{
		{"no key", "a.yaml", valid, "", sops.NoKey},
		{"no identity", "a.yaml", valid, "CANARY", sops.BadKey},
		{"only a comment", "a.yaml", valid, "# CANARY", sops.BadKey},
		{"another recipient", "a.yaml", string(fixture(t, "other-recipient.yaml")), key, sops.WrongKey},
		{"several groups", "a.yaml", string(fixture(t, "two-groups.yaml")), key, sops.Groups},
		{"PGP", "a.yaml", others("pgp"), key, sops.Recipients},
		{"AWS KMS", "a.yaml", others("kms"), key, sops.Recipients},
		{"no recipients", "a.yaml", replaced("\n    age:", "\n    nobody:"), key, sops.Damaged},
		{"a changed plain value", "a.yaml", replaced("on the table", "under it"), key, sops.Damaged},
		{"a plain value removed", "a.yaml", replaced("plain_unencrypted: on the table\n", ""), key, sops.Damaged},
		{"a plain value for a cipher text", "a.yaml", replaced(cipher("enabled"), "CANARY"), key, sops.Damaged},
		{"a number for a cipher text", "a.yaml", replaced(cipher("enabled"), "5"), key, sops.Damaged},
		{"a cipher text of another place", "a.yaml", replaced(cipher("enabled"), cipher("key")), key, sops.Damaged},
		{"a removed cipher text", "a.yaml", replaced("    enabled: "+cipher("enabled")+"\n", ""), key, sops.Damaged},
		{"another type", "a.yaml", replaced(cipher("retries"), strings.Replace(cipher("retries"), "type:int", "type:bytes", 1)), key, sops.Unsupported},
		{"another time", "a.yaml", replaced(`lastmodified: "20`, `lastmodified: "19`), key, sops.Damaged},
		{"no time", "a.yaml", replaced("lastmodified:", "lost:"), key, sops.Damaged},
		{"no MAC", "a.yaml", replaced("\n    mac: ", "\n    lost: "), key, sops.Damaged},
		{"another rule", "a.yaml", replaced("unencrypted_suffix: _unencrypted", "unencrypted_suffix: _open"), key, sops.Damaged},
		{"two rules", "a.yaml", replaced("unencrypted_suffix: _unencrypted", "unencrypted_suffix: _unencrypted\n    encrypted_regex: a"), key, sops.Damaged},
		{"comment rule", "a.yaml", replaced("unencrypted_suffix: _unencrypted", "encrypted_comment_regex: a"), key, sops.Unsupported},
		{"an alias", "a.yaml", replaced("plain_unencrypted: on the table", "plain_unencrypted: &a on the table\nb_unencrypted: *a"), key, sops.Unsupported},
		{"a name twice", "a.yaml", replaced("plain_unencrypted: on the table", "plain_unencrypted: x\nplain_unencrypted: on the table"), key, sops.Unsupported},
		{"a date", "a.yaml", replaced("on the table", "2026-01-02"), key, sops.Unsupported},
		{"plain YAML", "a.yaml", "a: 1\n", key, sops.Plain},
		{"plain JSON", "a.json", `{"a": 1}`, key, sops.Plain},
		{"plain dotenv", "a.env", "A=1\n", key, sops.Plain},
		{"broken YAML", "a.yaml", "a: [", key, sops.Unsupported},
		{"broken JSON", "a.json", "{", key, sops.Unsupported},
		{"broken dotenv", "a.env", "sops_mac=\nA\n", key, sops.Unsupported},
		{"an unknown format", "a.ini", valid, key, sops.Unsupported},
		{"not UTF-8", "a.yaml", valid + "\xff", key, sops.Unsupported},
		{"too large", "a.yaml", valid + strings.Repeat("#", 17<<20), key, sops.Limit},
		{"too deep", "a.yaml", "sops: {}\na: " + strings.Repeat("[", 300) + strings.Repeat("]", 300), key, sops.Unsupported},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f, err := sops.Open(c.file, []byte(c.data), sops.Keys{Age: secret.New(c.key)})
			var e *sops.Error
			if f != nil || !errors.As(err, &e) || e.Reason != c.want {
				t.Fatalf("got %v, %v, expected the reason %q", f, err, c.want)
			}
			if e.Needs() == "" || canary.Find([]byte(e.Error()+e.Needs())) != "" {
				t.Error("the error says nothing of what is needed, or tells a text")
			}
		})
	}
}

func TestDecrypt(t *testing.T) {
	data := fixture(t, "values.yaml")
	f, err := sops.Open("values.yaml", data, identity(t))
	if err != nil {
		t.Fatal(err)
	}
	var values struct {
		Payment map[string]any `yaml:"payment"`
	}
	if err := yaml.Unmarshal(data, &values); err != nil {
		t.Fatal(err)
	}
	cipher := func(name string) string { return values.Payment[name].(string) }
	cases := []struct {
		name   string
		path   []string
		cipher string
		text   string
		kind   sops.Kind
	}{
		{"text", []string{"payment", "key"}, cipher("key"), "sk_test_51CANARYsops0123456789abcdef", sops.String},
		{"number", []string{"payment", "retries"}, cipher("retries"), "3", sops.Int},
		{"fraction", []string{"payment", "rate"}, cipher("rate"), "0.25", sops.Float},
		{"truth", []string{"payment", "enabled"}, cipher("enabled"), "True", sops.Bool},
		{"item of a list", []string{"payment", "list"}, values.Payment["list"].([]any)[0].(string), "CANARY one", sops.String},
		{"elsewhere", []string{"payment", "other"}, cipher("key"), "", ""},
		{"where nothing is encrypted", []string{"a_unencrypted"}, cipher("key"), "", ""},
		{"no cipher text", []string{"payment", "key"}, "CANARY", "", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			text, kind, err := f.Decrypt(c.path, c.cipher)
			if text.Reveal() != c.text || kind != c.kind || (err != nil) != (c.kind == "") {
				t.Errorf("got another text, or %q, %v", kind, err)
			}
			if err != nil && canary.Find([]byte(err.Error())) != "" {
				t.Error("the error tells a text")
			}
		})
	}
}

// No change of an encrypted file makes it tell another text than the one that was encrypted.
func FuzzOpen(f *testing.F) {
	texts := map[string]string{}
	for _, name := range []string{"values.yaml", "values.json", "secrets.env", "mac-only-encrypted.yaml"} {
		data := fixture(f, name)
		opened, err := sops.Open(name, data, identity(f))
		if err != nil {
			f.Fatal(err)
		}
		texts[name] = opened.Text().Reveal()
		for _, at := range []int{0, 40, len(data) / 2, len(data) - 30} {
			f.Add(name, at, 1, []byte("A"))
			f.Add(name, at, 0, []byte("x: y\n"))
		}
	}
	keys := identity(f)
	f.Fuzz(func(t *testing.T, name string, at, drop int, put []byte) {
		want, ok := texts[name]
		if !ok {
			return
		}
		data := fixture(t, name)
		at = min(max(at, 0), len(data))
		drop = min(max(drop, 0), len(data)-at)
		changed := bytes.Join([][]byte{data[:at], data[at+drop:]}, put)
		opened, err := sops.Open(name, changed, keys)
		if (opened == nil) == (err == nil) {
			t.Fatal("neither a file nor an error")
		}
		if err != nil {
			if canary.Find([]byte(err.Error())) != "" {
				t.Fatal("the error tells a text")
			}
			return
		}
		if got := opened.Text().Reveal(); got != want && !harmless(name, got, want) {
			t.Error("a changed file opens with other texts")
		}
	})
}

// harmless reports whether two texts hold the same values: names of what is not encrypted, and
// what mac_only_encrypted leaves open, are not protected by the format itself.
func harmless(name, got, want string) bool {
	return values(name, got) == values(name, want) || name == "mac-only-encrypted.yaml" && secrets(got) == secrets(want)
}

func values(name, text string) string {
	var b strings.Builder
	if strings.HasSuffix(name, ".env") {
		for line := range strings.Lines(text) {
			_, value, _ := strings.Cut(line, "=")
			b.WriteString(value)
		}
		return strings.ReplaceAll(b.String(), "\n", "")
	}
	var n yaml.Node
	if yaml.Unmarshal([]byte(text), &n) != nil {
		return "broken"
	}
	leaves(&n, &b)
	return b.String()
}

func leaves(n *yaml.Node, b *strings.Builder) {
	for i, child := range n.Content {
		if n.Kind != yaml.MappingNode || i%2 == 1 {
			leaves(child, b)
		}
	}
	if n.Kind == yaml.ScalarNode && n.ShortTag() != "!!null" {
		b.WriteString(n.Value)
	}
}

func secrets(text string) string {
	var all struct {
		Data any `yaml:"data"`
	}
	if yaml.Unmarshal([]byte(text), &all) != nil {
		return "broken"
	}
	return fmt.Sprint(all.Data)
}
