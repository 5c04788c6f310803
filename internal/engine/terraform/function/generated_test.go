package function_test

import (
	crand "crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"github.com/keyfit/keyfit/internal/engine/terraform/function"
)

// arguments are what generated calls are made of.
func arguments() []string {
	return []string{
		`"a"`, `""`, `"1"`, `"true"`, `"b,a"`, `"%s-%v"`, `"[a-c]+"`, `"aGVsbG8="`, `"10.0.0.0/8"`, `"2026-02-03T04:05:06Z"`, `"1h"`,
		`"{\"a\":[1]}"`, `"files/hello.txt"`, `"files"`, `"*.txt"`, `"UTF-8"`, `"n"`,
		`0`, `1`, `-1`, `2.5`, `10`, `16`, `true`, `null`,
		`[]`, `["a"]`, `["b", "a", "b", ""]`, `[1, 2, 3]`, `[true, false]`, `["a", 1, null]`, `[["a"], ["b", "c"]]`, `[{ a = 1 }, { a = 2 }]`,
		`tolist(["x", "y"])`, `toset(["x", "y"])`, `toset([])`, `tolist([])`,
		`{}`, `{ a = 1, b = "x" }`, `tomap({ a = "1", b = "2" })`, `{ a = ["x"], b = ["y", "x"] }`, `{ n = "v" }`,
		`local.secret`, `local.deep`, `local.hidden`, `local.template`, `local.none`,
		`terraform_data.x.output`, `terraform_data.x.id`, `[terraform_data.x.id, "a"]`, `{ a = terraform_data.x.output }`, `toset([terraform_data.x.id])`,
	}
}

// generated calls every function, whose results do not change, with n lists of arguments.
func generated(n int, seed uint64) []question {
	random := rand.New(rand.NewPCG(seed, 1))
	pool := arguments()
	all := function.All(function.Context{})
	skipped := []string{"bcrypt", "plantimestamp", "timestamp", "uuid", "abspath"}
	var out []question
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if strings.HasPrefix(name, "core::") || slices.Contains(skipped, name) {
			continue
		}
		for range n {
			params := all[name].Params()
			if rest := all[name].VarParam(); rest != nil {
				for range random.IntN(4) {
					params = append(params, *rest)
				}
			}
			var args []string
			for _, p := range params {
				arg := pool[random.IntN(len(pool))]
				for tries := 0; tries < 4 && !fits(arg, p.Type); tries++ {
					arg = pool[random.IntN(len(pool))]
				}
				if random.IntN(8) == 0 {
					arg = "[" + arg + ", " + pool[random.IntN(len(pool))] + "]"
				}
				args = append(args, arg)
			}
			out = append(out, question{text: name + "(" + strings.Join(args, ", ") + ")"})
		}
	}
	return out
}

// fits tells, by its first character, whether an argument may be of a type.
func fits(arg string, want cty.Type) bool {
	switch {
	case want == cty.String:
		return strings.HasPrefix(arg, `"`)
	case want == cty.Number:
		return strings.Contains("-012", arg[:1])
	case want.IsListType():
		return arg[0] == '['
	case want.IsMapType():
		return arg[0] == '{'
	}
	return true
}

// TestGenerated calls functions with arguments at random. What is known here is what the
// tool gives, and what fails here fails there.
func TestGenerated(t *testing.T) {
	bin, ctx := tofu(t), scope(t, "tofu", cty.DynamicVal)
	table := generated(generatedCalls(t), 7)
	dir := module(t, bin)
	want := console(t, bin, dir, table)
	count := map[string]int{}
	for i, q := range table {
		got := ours(ctx, q.text)
		switch {
		case got == want[i]:
			count[kindOf(got)]++
		case got.JSON == pending && want[i] == failed:
			count["unknown where the tool fails"]++
		case got.JSON == pending && want[i].JSON == pending:
			count["unknown with another type or sensitivity"]++
		case got.JSON == pending:
			count["unknown only here"]++
			t.Log(q.text, want[i])
		default:
			t.Errorf("%s\nis here %v\nin tofu %v", q.text, got, want[i])
		}
	}
	t.Log(len(table), "calls:", fmt.Sprint(count))
	if count["known"] < len(table)/10 {
		t.Errorf("only %d calls have a known result: the generator is broken", count["known"])
	}
}

// generatedCalls is how many calls of each function are made.
func generatedCalls(t *testing.T) int {
	if n, err := strconv.Atoi(os.Getenv("KEYFIT_GENERATED")); err == nil {
		return n
	}
	if testing.Short() {
		return 5
	}
	return 15
}

// TestRSADecrypt compares with the tool what a key of its own decrypts.
func TestRSADecrypt(t *testing.T) {
	bin, ctx := tofu(t), scope(t, "tofu", cty.DynamicVal)
	key, err := rsa.GenerateKey(crand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	modern, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	//lint:ignore SA1019 Terraform has no other padding.
	secret, err := rsa.EncryptPKCS1v15(crand.Reader, &key.PublicKey, []byte("CANARY"))
	if err != nil {
		t.Fatal(err)
	}
	var table []question
	for _, block := range []*pem.Block{
		{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}, {Type: "PRIVATE KEY", Bytes: modern},
		{Type: "PRIVATE KEY", Bytes: []byte("x")}, {Type: "RSA PRIVATE KEY", Bytes: modern},
		{Type: "RSA PRIVATE KEY", Headers: map[string]string{"Proc-Type": "4,ENCRYPTED"}, Bytes: x509.MarshalPKCS1PrivateKey(key)},
	} {
		for _, cipher := range []string{base64.StdEncoding.EncodeToString(secret), base64.StdEncoding.EncodeToString(secret[:len(secret)-1]), "?"} {
			table = append(table, question{text: fmt.Sprintf("rsadecrypt(%q, %q)", cipher, pem.EncodeToMemory(block))})
		}
	}
	decrypted := 0
	for i, want := range console(t, bin, module(t, bin), table) {
		got := ours(ctx, table[i].text)
		if got != want {
			t.Errorf("case %d: %v, the tool %v", i, kindOf(got), kindOf(want))
		}
		if got.JSON == `"CANARY"` {
			decrypted++
		}
	}
	if decrypted != 2 {
		t.Errorf("%d decrypted, expected 2", decrypted)
	}
}

func kindOf(a answer) string {
	switch {
	case a == failed:
		return "fails"
	case a.JSON == pending:
		return "unknown"
	}
	return "known"
}
