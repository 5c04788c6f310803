package sops

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash"
	"strings"
	"testing"

	"filippo.io/age"
	"filippo.io/age/armor"
	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/secret"
)

// sealing encrypts as the format of SOPS says, for tests of what no file at hand shows.
type sealing struct {
	key   []byte
	rules rules
	sum   hash.Hash
}

func (s *sealing) seal(value any, with string) string {
	kinds := map[string]Kind{"string": String, "int": Int, "float64": Float, "bool": Bool}
	text := summed(value)
	if text == "" {
		return ""
	}
	block, _ := aes.NewCipher(s.key)
	gcm, _ := cipher.NewGCMWithNonceSize(block, 32)
	iv := make([]byte, 32)
	_, _ = rand.Read(iv)
	out := gcm.Seal(nil, iv, []byte(text), []byte(with))
	code := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("ENC[AES256_GCM,data:%s,iv:%s,tag:%s,type:%s]", code(out[:len(out)-16]), code(iv), code(out[len(out)-16:]), kinds[fmt.Sprintf("%T", value)])
}

func (s *sealing) walk(n *node, names []string) {
	for i, child := range n.children {
		below := names
		if n.kind == mapping {
			below = append(names[:len(names):len(names)], n.names[i])
		}
		s.walk(child, below)
	}
	if n.kind != leaf || n.value == nil {
		return
	}
	encrypted := s.rules.encrypted(names)
	if encrypted || !s.rules.onlyEncrypted {
		s.sum.Write([]byte(summed(n.value)))
	}
	if encrypted {
		n.value = s.seal(n.value, strings.Join(names, ":")+":")
	}
}

// sealedYAML encrypts YAML for recipients. The rules are lines of the metadata.
func sealedYAML(t testing.TB, text, lines string, recipients ...age.Recipient) string {
	t.Helper()
	var m metadata
	if err := yaml.Unmarshal([]byte(lines), &m); err != nil {
		t.Fatal(err)
	}
	r, failed := m.rules()
	if failed != nil {
		t.Fatal(failed)
	}
	s := &sealing{key: make([]byte, 32), rules: r, sum: sha512.New()}
	_, _ = rand.Read(s.key)
	if r.onlyEncrypted {
		s.sum.Write(onlyEncrypted())
	}
	var n yaml.Node
	if err := yaml.Unmarshal([]byte(text), &n); err != nil {
		t.Fatal(err)
	}
	left := maxNodes
	tree, err := fromYAML(n.Content[0], &left, 0)
	if err != nil {
		t.Fatal(err)
	}
	s.walk(tree, nil)
	body, err := emitYAML([]*node{tree})
	if err != nil {
		t.Fatal(err)
	}
	const at = "2026-01-02T03:04:05Z"
	meta := map[string]any{"lastmodified": at, "mac": s.seal(fmt.Sprintf("%X", s.sum.Sum(nil)), at), "version": "3.9.4", "age": s.forAge(t, recipients)}
	var more map[string]any
	_ = yaml.Unmarshal([]byte(lines), &more)
	for name, v := range more {
		meta[name] = v
	}
	own, err := yaml.Marshal(map[string]any{"sops": meta})
	if err != nil {
		t.Fatal(err)
	}
	return body + string(own)
}

func (s *sealing) forAge(t testing.TB, recipients []age.Recipient) []map[string]any {
	var out []map[string]any
	for _, r := range recipients {
		var b bytes.Buffer
		a := armor.NewWriter(&b)
		w, err := age.Encrypt(a, r)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write(s.key)
		_, _ = w.Close(), a.Close()
		out = append(out, map[string]any{"recipient": fmt.Sprint(r), "enc": b.String()})
	}
	return out
}

// sealedLines encrypts a .env file.
func sealedLines(t testing.TB, lines []string, to age.Recipient) string {
	t.Helper()
	s := &sealing{key: make([]byte, 32), rules: rules{unencryptedSuffix: "_unencrypted"}, sum: sha512.New()}
	_, _ = rand.Read(s.key)
	var b strings.Builder
	for _, line := range lines {
		name, text, _ := strings.Cut(line, "=")
		n := &node{value: strings.ReplaceAll(text, `\n`, "\n")}
		s.walk(n, []string{name})
		fmt.Fprintf(&b, "%s=%s\n", name, n.value)
	}
	const at = "2026-01-02T03:04:05Z"
	key := s.forAge(t, []age.Recipient{to})[0]["enc"].(string)
	fmt.Fprintf(&b, "sops_age__list_0__map_enc=%s\nsops_age__list_0__map_recipient=%s\n", strings.ReplaceAll(key, "\n", `\n`), to)
	fmt.Fprintf(&b, "sops_lastmodified=%s\nsops_mac=%s\nsops_unencrypted_suffix=_unencrypted\nsops_version=3.9.4\n", at, s.seal(fmt.Sprintf("%X", s.sum.Sum(nil)), at))
	return b.String()
}

// sealedJSON encrypts an object whose values are texts and numbers.
func sealedJSON(t testing.TB, names []string, values []any, to age.Recipient) string {
	t.Helper()
	s := &sealing{key: make([]byte, 32), rules: rules{unencryptedSuffix: "_unencrypted"}, sum: sha512.New()}
	_, _ = rand.Read(s.key)
	var b strings.Builder
	for i, name := range names {
		n := &node{value: values[i]}
		s.walk(n, []string{name})
		text, err := json.Marshal(n.value)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%q: %s,\n", name, text)
	}
	const at = "2026-01-02T03:04:05Z"
	own, err := json.Marshal(map[string]any{"age": s.forAge(t, []age.Recipient{to}), "pgp": nil, "lastmodified": at, "mac": s.seal(fmt.Sprintf("%X", s.sum.Sum(nil)), at)})
	if err != nil {
		t.Fatal(err)
	}
	return "{" + b.String() + `"sops": ` + string(own) + "}"
}

func TestFormats(t *testing.T) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	keys := Keys{Age: secret.New("# CANARY\n\n" + id.String() + "\n")}
	lines := []string{`KEY=sk_test_CANARY_1`, `EMPTY=`, `LINES=CANARY one\ntwo`, `QUOTED="CANARY"`, `EQ=a=b`, `open_unencrypted=x`}
	cases := []struct{ name, data, want string }{
		{"a.env", sealedLines(t, lines, id.Recipient()), strings.Join(lines, "\n") + "\n"},
		{"a.json", sealedJSON(t, []string{"key", "n", "f", "odd", "esc", "none", "n_unencrypted", "on"}, []any{"CANARY", 3.0, 0.5, "0123", "<&>\u00e9", nil, 7.0, true}, id.Recipient()),
			"key: CANARY\n\"n\": 3\nf: 0.5\nodd: \"0123\"\nesc: <&>é\nnone: null\nn_unencrypted: 7\n\"on\": true\n"},
		{"two.yaml", sealedYAML(t, "a: CANARY\n", "", other(t), id.Recipient()), "a: CANARY\n"},
		{"group.yaml", strings.Replace(sealedYAML(t, "a: CANARY\n", "", id.Recipient()), "\n    age:", "\n    key_groups:\n      - age:", 1), "a: CANARY\n"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f, err := Open(c.name, []byte(c.data), keys)
			if err != nil {
				t.Fatal(err)
			}
			if f.Text().Reveal() != c.want {
				t.Error("opens with another text")
			}
		})
	}
}

func other(t testing.TB) age.Recipient {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return id.Recipient()
}
