package gitlab

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// need finds a tool, or skips; in CI it has to be there.
func need(t testing.TB, name string) string {
	t.Helper()
	found, err := exec.LookPath(name)
	if err == nil {
		return found
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is not installed: run scripts/install/gitlab-ci-local.sh", name)
	}
	t.Skipf("%s is not installed: run scripts/install/gitlab-ci-local.sh", name)
	return ""
}

// psych reads texts as Ruby's YAML reader does: it prints null, or the class and the text.
const psych = `
require "yaml"; require "json"; require "date"
scanner = Psych::ScalarScanner.new(Psych::ClassLoader.new)
puts JSON.generate(JSON.parse(STDIN.read).map { |s|
  begin
    v = scanner.tokenize(s)
    case v
    when nil then nil
    when Date, Time then ["dated", s]
    else [v.class.to_s, v.to_s]
    end
  rescue ArgumentError
    ["String", s]
  end
})`

// TestScalarsAsRubyReadsThem compares with the YAML reader that GitLab uses.
func TestScalarsAsRubyReadsThem(t *testing.T) {
	ruby := need(t, "ruby")
	texts := scalars()
	in, _ := json.Marshal(texts)
	cmd := exec.Command(ruby, "-e", psych)
	cmd.Stdin = bytes.NewReader(in)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var truth [][]string
	if err := json.Unmarshal(out, &truth); err != nil || len(truth) != len(texts) {
		t.Fatalf("%d answers for %d texts: %v", len(truth), len(texts), err)
	}
	classes := map[class]string{textual: "String", integer: "Integer", float: "Float", symbol: "Symbol", dated: "dated"}
	wrong := 0
	for i, s := range texts {
		got, c, ok := plain(s)
		want := truth[i]
		name := classes[c]
		if c == boolean {
			name = "TrueClass"
			if got == "false" {
				name = "FalseClass"
			}
		}
		if ok != (want != nil) || ok && (got != want[1] || name != want[0]) {
			if wrong++; wrong < 30 {
				t.Errorf("%q: %s %q (%v), Ruby says %q", s, name, got, ok, want)
			}
		}
	}
	t.Logf("%d scalars, %d differ", len(texts), wrong)
}

// scalars are texts that are likely to be something else than text.
func scalars() []string {
	out := strings.Fields(`012345 089 0 -0 +0 00 0x1F 0xfg 0b101 0b102 1_000 1,000 1_ 1__0 1.10 1. .5 . -. +. 1e3 1.0e3 1.0e+3 1.5E-7 1.0e+16 123456789012345678.0
		1e+400 1.0e+400 .inf -.inf +.Inf .NaN nan yes Yes YES no on off y n true TRUE False null Null NULL ~ 1:30 1:30:59 1:60 -1:30 1:30.5 190:20:30 2020-01-01 2020-1-1 2020-13-01
		2020-02-30 2020-01-01T10:00:00Z :sym :"sym" : :: 1.2.3 v1 -a --- 0o17 07_7 0777 08 0xFF_FF 10e5 1,2,3 99999999999999999999 -012 +012 0.1 0.0001 0.00001 100000000000000000.0 1.
		-1_0 5% @x =x !x 3.14.15 +1.5 1_0.5 1,0.5 .5e+3 sk_live_1 0x 0b 1: tru yess`)
	random := rand.New(rand.NewPCG(1, 2))
	const letters = "0123456789_,.:-+eExobytrufalsn~T Z"
	for range 20000 {
		var b strings.Builder
		for range 1 + random.IntN(9) {
			b.WriteByte(letters[random.IntN(len(letters))])
		}
		if s := strings.TrimSpace(b.String()); s != "" {
			out = append(out, s)
		}
	}
	return out
}
