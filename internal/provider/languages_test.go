package provider

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/strict"
)

// said gives the messages of problems, one per line.
func said(problems []model.Problem) string {
	var lines []string
	for _, p := range problems {
		line := p.Message
		if p.At.Start.Line > 0 {
			line = p.At.String() + ": " + line
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func document(t *testing.T, text string) any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var doc any
	if err := d.Decode(&doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestPathGet(t *testing.T) {
	doc := document(t, `{"a":{"b":1,"odd name":"x","it's":2},"list":[{"id":"p"},{"id":"q"},{}],"none":null,"deep":[[1,2],[3]]}`)
	for _, c := range []struct {
		path Path
		want string
		ok   bool
	}{
		{"$.a.b", `1`, true},
		{"$.a['odd name']", `"x"`, true},
		{`$.a["it's"]`, `2`, true},
		{"$.list[0].id", `"p"`, true},
		{"$.list[1]['id']", `"q"`, true},
		{"$.list[*].id", `["p","q"]`, true},
		{"$.deep[*][0]", `[1,3]`, true},
		{"$.deep[*][*]", `[1,2,3]`, true},
		{"$.none", `null`, true},
		{"$.a.missing", `null`, false},
		{"$.list[9]", `null`, false},
		{"$.a[0]", `null`, false},
		{"$.list.id", `null`, false},
		{"$.list[*].missing", `null`, false},
		{"", `null`, false},
	} {
		got, ok := c.path.Get(doc)
		text, err := json.Marshal(got)
		if err != nil || string(text) != c.want || ok != c.ok {
			t.Errorf("%s: got %s, %v, want %s, %v", c.path, text, ok, c.want, c.ok)
		}
	}
	if got, ok := Path("$").Get(doc); !ok || !cmp.Equal(got, doc) {
		t.Errorf("$ does not give the document")
	}
}

func TestPathSet(t *testing.T) {
	for _, c := range []struct {
		doc, want, err string
		path           Path
	}{
		{doc: `{}`, path: "$.key", want: `{"key":"v"}`},
		{doc: `null`, path: "$.auth.key", want: `{"auth":{"key":"v"}}`},
		{doc: `{"auth":{"id":1},"x":true}`, path: "$.auth.key", want: `{"auth":{"id":1,"key":"v"},"x":true}`},
		{doc: `{"l":[1,2]}`, path: "$.l[1]", want: `{"l":[1,"v"]}`},
		{doc: `{"l":[1]}`, path: "$.l[1].key", want: `{"l":[1,{"key":"v"}]}`},
		{doc: `null`, path: "$.l[0]", want: `{"l":["v"]}`},
		{doc: `{"a":1}`, path: "$", want: `"v"`},
		{doc: `{"a":1}`, path: "$.a.b", err: `"b" stands in something that is no object`},
		{doc: `{"l":[]}`, path: "$.l[3]", err: "there is no list with a place for element 3"},
		{doc: `{"l":[]}`, path: "$.l[*]", err: "[*] names no single place"},
	} {
		doc := document(t, c.doc)
		got, err := c.path.Set(doc, "v")
		if c.err != "" {
			if err == nil || err.Error() != c.err {
				t.Errorf("%s in %s: got error %v, want %s", c.path, c.doc, err, c.err)
			}
			continue
		}
		text, _ := json.Marshal(got)
		if err != nil || string(text) != c.want {
			t.Errorf("%s in %s: got %s, %v, want %s", c.path, c.doc, text, err, c.want)
		}
		if !cmp.Equal(doc, document(t, c.doc)) {
			t.Errorf("%s in %s: the document given was changed", c.path, c.doc)
		}
	}
}

func TestPathSyntax(t *testing.T) {
	for path, want := range map[Path]string{
		"a.b":                                 "it must start with $",
		"$.":                                  "a name is missing at character 2",
		"$.a..b":                              "a name is missing at character 4",
		"$a":                                  "expected . or [ at character 2",
		"$.a[":                                "expected [0], [*] or ['name'] at character 4",
		"$.a[x]":                              "expected [0], [*] or ['name'] at character 4",
		"$.a[-1]":                             "expected [0], [*] or ['name'] at character 4",
		"$['a":                                "a quoted name does not end at character 2",
		"$['']":                               "a quoted name does not end at character 2",
		"$.a b":                               "expected . or [ at character 4",
		Path(strings.Repeat("$.a", 200)):      "it is too long",
		Path("$" + strings.Repeat("[0]", 41)): "it has too many steps",
	} {
		_, err := path.steps()
		if err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", path, err, want)
		}
	}
}

func lookup(values map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		v, ok := values[name]
		return v, ok
	}
}

func TestTemplate(t *testing.T) {
	variable := lookup(map[string]string{"TENANT": "acme", "EMPTY": "", "lower": "low"})
	part := lookup(map[string]string{"key": "K-CANARY", "client_id": "id1"})
	for _, c := range []struct {
		text               Template
		want               string
		missing, vars, via []string
	}{
		{text: "plain", want: "plain"},
		{text: "/t/${TENANT}/x", want: "/t/acme/x", vars: []string{"TENANT"}},
		{text: "${lower}${EMPTY}", want: "low", vars: []string{"EMPTY", "lower"}},
		{text: "$client_id:$key", want: "id1:K-CANARY", via: []string{"client_id", "key"}},
		{text: "$client_id-x", want: "id1-x", via: []string{"client_id"}},
		{text: "$$5 and $$", want: "$5 and $"},
		{text: "${NO}${TENANT}$nope${NO}", want: "acme", missing: []string{"$nope", "NO"}, vars: []string{"NO", "TENANT"}, via: []string{"nope"}},
	} {
		got, missing := c.text.Expand(variable, part)
		if got != c.want || !cmp.Equal(missing, c.missing) {
			t.Errorf("%s: got %q missing %v, want %q missing %v", c.text, got, missing, c.want, c.missing)
		}
		if diff := cmp.Diff(c.vars, c.text.Variables()); diff != "" {
			t.Errorf("%s: variables: %s", c.text, diff)
		}
		if diff := cmp.Diff(c.via, c.text.Parts()); diff != "" {
			t.Errorf("%s: parts: %s", c.text, diff)
		}
	}
}

func TestBody(t *testing.T) {
	var b Body
	problems := strict.Decode("f.yaml", []byte("query: {userId: \"${ID}\", n: 5, on: true, none: null, f: 1.5, list: [a, $key]}\n"), &b)
	if len(problems) > 0 {
		t.Fatal(said(problems))
	}
	got, missing := b.Expand(lookup(map[string]string{"ID": "u1"}), lookup(map[string]string{"key": "K-CANARY"}))
	want := map[string]any{"query": map[string]any{"userId": "u1", "n": 5, "on": true, "none": nil, "f": 1.5, "list": []any{"a", "K-CANARY"}}}
	if diff := cmp.Diff(want, got); diff != "" || missing != nil {
		t.Errorf("missing %v, %s", missing, diff)
	}
	if diff := cmp.Diff([]string{"ID"}, b.Variables()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"key"}, b.Parts()); diff != "" {
		t.Error(diff)
	}
	if _, missing = b.Expand(lookup(nil), lookup(nil)); !cmp.Equal(missing, []string{"$key", "ID"}) {
		t.Errorf("missing %v", missing)
	}
}

func TestStatuses(t *testing.T) {
	for _, c := range []struct {
		yaml    string
		in, out []int
	}{
		{"200", []int{200}, []int{201, 100}},
		{"[403, 404]", []int{403, 404}, []int{402, 405}},
		{"4xx", []int{400, 499}, []int{399, 500}},
		{`["4xx", 502]`, []int{401, 502}, []int{500}},
	} {
		var s Statuses
		if problems := strict.Decode("f.yaml", []byte(c.yaml), &s); len(problems) > 0 {
			t.Error(said(problems))
		}
		for _, status := range c.in {
			if !s.Contains(status) {
				t.Errorf("%s lacks %d", c.yaml, status)
			}
		}
		for _, status := range c.out {
			if s.Contains(status) {
				t.Errorf("%s has %d", c.yaml, status)
			}
		}
	}
}

func TestDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"14d": 14 * day, "1d12h": 36 * time.Hour, "30s": 30 * time.Second, "1h30m": 90 * time.Minute, "0": 0, "0d": 0, "500ms": time.Second / 2,
	} {
		if got, ok := parseDuration(text); !ok || got != want {
			t.Errorf("%s: got %v, %v, want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "d", "-1d", "1d-1h", "1.5d", "14", "1w", "-5s", "9999999999d", "1d1d", "106752d", "106751d24h"} {
		if got, ok := parseDuration(text); ok {
			t.Errorf("%q: got %v, want a refusal", text, got)
		}
	}
}

func TestMatch(t *testing.T) {
	doc := document(t, `{"s":"key_revoked","n":5,"big":12345678901234567,"f":2.0,"t":true,"z":null,"l":[{"c":"a"},{"c":"b"}],"five":"5","o":{},"nulls":[{"c":null},{"c":null}],"some":[null,1]}`)
	for _, c := range []struct {
		yaml string
		path Path
		want bool
	}{
		{"key_revoked", "$.s", true}, {"key", "$.s", false}, {"KEY_REVOKED", "$.s", false},
		{"5", "$.n", true}, {"5.0", "$.n", true}, {"2", "$.f", true}, {"6", "$.n", false},
		{"5", "$.five", false}, {`"5"`, "$.five", true}, {`"5"`, "$.n", false},
		{"12345678901234567", "$.big", true}, {"12345678901234568", "$.big", false},
		{"true", "$.t", true}, {`"true"`, "$.t", false}, {"false", "$.t", false},
		{"null", "$.z", true}, {"null", "$.missing", false}, {"null", "$.s", false},
		{"{equals: null}", "$.z", true}, {"{equals: 5}", "$.n", true},
		{"{exists: true}", "$.z", false}, {"{exists: true}", "$.o", true}, {"{exists: true}", "$.missing", false},
		{"{absent: true}", "$.missing", true}, {"{absent: true}", "$.z", true}, {"{absent: true}", "$.o", false},
		{"{exists: true}", "$.nulls[*].c", false}, {"{absent: true}", "$.nulls[*].c", true}, {"{exists: true}", "$.some[*]", true}, {"{absent: true}", "$.some[*]", false},
		{"{in: [x, key_revoked]}", "$.s", true}, {"{in: [5, null]}", "$.z", true}, {"{in: [x]}", "$.s", false},
		{"{prefix: key_}", "$.s", true}, {"{prefix: revoked}", "$.s", false}, {"{prefix: '5'}", "$.n", false},
		{"{contains: _rev}", "$.s", true}, {"{contains: x}", "$.s", false},
		{"{regex: '^key_(revoked|expired)$'}", "$.s", true}, {"{regex: '^revoked'}", "$.s", false},
		{"{gt: 4}", "$.n", true}, {"{gt: 5}", "$.n", false}, {"{lt: 5.5}", "$.n", true}, {"{lt: 5}", "$.n", false}, {"{gt: 1}", "$.s", false},
		{"b", "$.l[*].c", true}, {"z", "$.l[*].c", false}, {"{exists: true}", "$.l[*].c", true}, {"{absent: true}", "$.l[*].d", true},
		{"{}", "$.o", false},
	} {
		var m Match
		problems := strict.Decode("f.yaml", []byte(c.yaml), &m)
		if c.yaml == "{}" {
			if len(problems) != 1 {
				t.Errorf("an empty condition was read")
			}
			continue
		}
		if len(problems) > 0 {
			t.Errorf("%s: %s", c.yaml, said(problems))
		}
		if got := m.JSON(doc, c.path); got != c.want {
			t.Errorf("%s at %s: got %v, want %v", c.yaml, c.path, got, c.want)
		}
	}
}

func TestMatchText(t *testing.T) {
	for _, c := range []struct {
		yaml, text string
		present    bool
		want       bool
	}{
		{"0", "0", true, true}, {"0", " 0 ", true, true}, {"0", "1", true, false}, {"0", "", false, false},
		{"required", "required", true, true}, {"required", "required; url", true, false},
		{"{prefix: required}", "required; url", true, true}, {"true", "true", true, true},
		{"{exists: true}", "", true, true}, {"{exists: true}", "", false, false}, {"{absent: true}", "", false, true},
		{"{lt: 1}", "0", true, true}, {"{lt: 1}", "many", true, false}, {"{in: [a, 7]}", "7", true, true},
		{"null", "", true, false}, {"{contains: b}", "abc", true, true}, {"{regex: ^a.c$}", "abc", true, true},
	} {
		var m Match
		if problems := strict.Decode("f.yaml", []byte(c.yaml), &m); len(problems) > 0 {
			t.Errorf("%s: %s", c.yaml, said(problems))
		}
		if got := m.Text(c.text, c.present); got != c.want {
			t.Errorf("%s of %q: got %v, want %v", c.yaml, c.text, got, c.want)
		}
	}
	var body TextMatch
	strict.Decode("f.yaml", []byte("revoked"), &body)
	if !body.Text("the key was revoked", true) {
		t.Error("a plain text is not looked for inside the body")
	}
}

func TestExtract(t *testing.T) {
	from := Source{
		JSON:     document(t, `{"id":"u1","n":42,"on":false,"z":null,"o":{},"l":["a","b"],"same":[{"x":"q"},{"x":"q"}],"msg":"Missing scopes: a.b, c.d. Check","st":"ACTIVE"}`),
		Header:   func(name string) (string, bool) { return "repo, user", name == "X-OAuth-Scopes" },
		Text:     "the app(a1) is disabled",
		Accepted: true,
	}
	for _, c := range []struct {
		yaml, text string
		list       []string
	}{
		{"$.id", "u1", []string{"u1"}},
		{"{json: $.n}", "42", []string{"42"}},
		{"$.on", "false", []string{"false"}},
		{"$.z", "", nil}, {"$.o", "", nil}, {"$.missing", "", nil},
		{"$.l", "", []string{"a", "b"}}, {"$.l[*]", "", []string{"a", "b"}},
		{"$.same[*].x", "q", []string{"q", "q"}},
		{"{header: X-OAuth-Scopes}", "repo, user", []string{"repo, user"}},
		{"{header: X-OAuth-Scopes, split: ','}", "", []string{"repo", "user"}},
		{"{header: X-None}", "", nil},
		{"{const: bot}", "bot", []string{"bot"}},
		{"{json: $.msg, regex: 'scopes: ([a-z., ]+)\\.', split: ','}", "", []string{"a.b", "c.d"}},
		{"{json: $.msg, regex: nothing}", "", nil},
		{"{json: $.st, in: [ACTIVE, WARNING]}", "true", []string{"true"}},
		{"{json: $.id, in: [ACTIVE]}", "false", []string{"false"}},
		{"{json: $.st, map: {ACTIVE: person}}", "person", []string{"person"}},
		{"[$.missing, $.id]", "u1", []string{"u1"}},
		{"[$.missing, {const: c}]", "c", []string{"c"}},
		{"{text: true, regex: 'app\\(([^)]*)\\)'}", "a1", []string{"a1"}},
		{"{json: $.id, map: {ACTIVE: person}}", "u1", []string{"u1"}},
	} {
		var e Extract
		if problems := strict.Decode("f.yaml", []byte(c.yaml), &e); len(problems) > 0 {
			t.Errorf("%s: %s", c.yaml, said(problems))
		}
		text, ok := e.Text(from)
		if text != c.text || ok != (c.text != "") || !cmp.Equal(e.List(from), c.list) {
			t.Errorf("%s: got %q, %v, %q, want %q, %q", c.yaml, text, ok, e.List(from), c.text, c.list)
		}
	}
	from.Accepted = false
	if text, ok := (&Extract{Const: "bot"}).Text(from); ok {
		t.Errorf("a constant was told by a refusal: %q", text)
	}
}

// TestSmallMistakes goes through everything that the small languages refuse.
func TestSmallMistakes(t *testing.T) {
	type all struct {
		Path     Path       `yaml:"path"`
		Template Template   `yaml:"template"`
		Body     *Body      `yaml:"body"`
		Statuses Statuses   `yaml:"statuses"`
		Match    *Match     `yaml:"match"`
		Text     *TextMatch `yaml:"text"`
		Extract  *Extract   `yaml:"extract"`
		Duration Duration   `yaml:"duration"`
		Pattern  Pattern    `yaml:"pattern"`
		Fields   Fields     `yaml:"fields"`
		Reason   Reason     `yaml:"reason"`
	}
	for yaml, want := range map[string]string{
		"path: a.b":                      "f.yaml:1:7: is not a JSON path: it must start with $",
		"path: {a: 1}":                   "f.yaml:1:7: expected text, found a mapping",
		"template: $NAME":                "f.yaml:1:11: a dollar sign that starts no name",
		"template: costs 5$":             "f.yaml:1:11: a dollar sign that starts no name",
		"template: ${NO-PE}":             "f.yaml:1:11: ${ is not followed by the name of a variable and }",
		"template: ${":                   "f.yaml:1:11: ${ is not followed by the name of a variable and }",
		"body: {a: {b: $X}}":             "f.yaml:1:15: a dollar sign that starts no name",
		"body: [1, $]":                   "f.yaml:1:11: a dollar sign that starts no name",
		"body: {d: 2026-01-01}":          "f.yaml:1:11: is a date, which JSON does not have",
		"body: {d: .nan}":                "f.yaml:1:11: is a number that JSON does not have",
		"statuses: 99":                   "f.yaml:1:11: is not an HTTP status",
		"statuses: 600":                  "f.yaml:1:11: is not an HTTP status",
		"statuses: 6xx":                  "f.yaml:1:11: is not an HTTP status",
		"statuses: [200, ok]":            "f.yaml:1:17: is not an HTTP status",
		"statuses: []":                   "f.yaml:1:11: is an empty list",
		"match: {gt: 1, lt: 2}":          "f.yaml:1:8: expected exactly one condition, found 2",
		"match: {prefx: a}":              `f.yaml:1:9: unknown condition "prefx"`,
		"match: [a]":                     "f.yaml:1:8: expected one condition, found a list",
		"match: {in: a}":                 "f.yaml:1:13: expected a list of values",
		"match: {in: []}":                "f.yaml:1:13: expected a list of values",
		"match: {in: [{a: 1}]}":          "f.yaml:1:14: expected a plain value",
		"match: {exists: false}":         "f.yaml:1:17: expected true",
		"match: {absent: maybe}":         "f.yaml:1:17: expected true or false, found text",
		"match: {prefix: ''}":            "f.yaml:1:17: is empty, which every text matches",
		"match: {regex: '('}":            "f.yaml:1:16: is not a regular expression",
		"match: {gt: much}":              "f.yaml:1:13: expected a number, found text",
		"match: 2026-01-01":              "f.yaml:1:8: is a date, which JSON does not have",
		"text: ''":                       "f.yaml:1:7: is empty, which every body contains",
		"extract: id":                    "f.yaml:1:10: is not a JSON path: it must start with $",
		"extract: {split: ','}":          "f.yaml:1:10: expected one source, found 0",
		"extract: {json: $.a, const: b}": "f.yaml:1:10: expected one source, found 2",
		"extract: {text: true}":          "f.yaml:1:10: a whole body is no piece of one",
		"extract: []":                    "f.yaml:1:10: expected 1 to 8 alternatives, found 0",
		"extract: [[$.a]]":               "f.yaml:1:11: expected an alternative, found a list",
		"extract: {jsn: $.a}":            "f.yaml:1:10: expected one source, found 0\nf.yaml:1:11: unknown field \"jsn\"",
		"duration: soon":                 "f.yaml:1:11: is not a duration",
		"duration: [1d]":                 "f.yaml:1:11: is not a duration",
		"pattern: '['":                   "f.yaml:1:10: is not a regular expression",
		"pattern: 'a)|(b'":               "f.yaml:1:10: is not a regular expression",
		"pattern: ''":                    "f.yaml:1:10: is an empty regular expression",
		"fields: {a.b: 1}":               "f.yaml:1:10: is not a JSON path: it must start with $",
		"reason: key_unkown":             `f.yaml:1:9: expected one of 32 words, found "key_unkown"`,
	} {
		got := said(strict.Decode("f.yaml", []byte(yaml), &all{}))
		if got != want {
			t.Errorf("%s:\n got %s\nwant %s", yaml, got, want)
		}
	}
}

func TestAuth(t *testing.T) {
	for _, c := range []struct {
		auth           Auth
		place          Placement
		word           string
		user, password Template
	}{
		{Auth{Scheme: "bearer"}, PlaceScheme, "Bearer", "$key", ""},
		{Auth{Scheme: "token"}, PlaceScheme, "token", "$key", ""},
		{Auth{Scheme: "Bearer"}, PlaceScheme, "Bearer", "$key", ""},
		{Auth{Scheme: "Token"}, PlaceScheme, "Token", "$key", ""},
		{Auth{Scheme: "Bot"}, PlaceScheme, "Bot", "$key", ""},
		{Auth{Scheme: "ApiKey"}, PlaceScheme, "ApiKey", "$key", ""},
		{Auth{Scheme: "SSWS"}, PlaceScheme, "SSWS", "$key", ""},
		{Auth{Scheme: "raw"}, PlaceRaw, "raw", "$key", ""},
		{Auth{Scheme: "none"}, PlaceNone, "none", "$key", ""},
		{Auth{Scheme: "basic"}, PlaceBasic, "basic", "$key", ""},
		{Auth{Scheme: "basic", User: "$id"}, PlaceBasic, "basic", "$id", "$key"},
		{Auth{Scheme: "basic", Password: "$pw"}, PlaceBasic, "basic", "$key", "$pw"},
		{Auth{Scheme: "basic", User: "api", Password: "$key"}, PlaceBasic, "basic", "api", "$key"},
		{Auth{Header: "X-Api-Key", Prefix: "Key "}, PlaceHeader, "", "$key", ""},
		{Auth{Query: "key"}, PlaceQuery, "", "$key", ""},
		{Auth{JSON: "$.key"}, PlaceJSON, "", "$key", ""},
		{Auth{Form: "key"}, PlaceForm, "", "$key", ""},
	} {
		user, password := c.auth.Basic()
		if c.auth.Placement() != c.place || c.auth.Word() != c.word || user != c.user || password != c.password {
			t.Errorf("%+v: got %v %q %q %q", c.auth, c.auth.Placement(), c.auth.Word(), user, password)
		}
		if message, _ := c.auth.mistake(); message != "" {
			t.Errorf("%+v: %s", c.auth, message)
		}
	}
	for _, a := range []Auth{
		{}, {Scheme: "bearer", Header: "X"}, {Query: "k", Form: "k"}, {Scheme: "two words"}, {Scheme: "beerer"}, {Scheme: "bearr"}, {Scheme: "Basic"}, {Scheme: "None"}, {Scheme: "tokne"}, {Scheme: "bearer", User: "$id"},
		{Header: "X: Y"}, {Query: "key", Prefix: "p"}, {Header: "X", Prefix: "a\nb"},
	} {
		if message, fix := a.mistake(); message == "" || fix == "" {
			t.Errorf("%+v passes", a)
		}
	}
}

// TestSchemas keeps every small language describable.
func TestSchemas(t *testing.T) {
	for _, s := range []interface{ JSONSchema() map[string]any }{
		Path(""), Template(""), Body{}, Statuses{}, Match{}, TextMatch{}, Extract{}, Duration(0), Pattern{}, Expression{}, Fields{}, Reason(""), RungList{},
	} {
		schema := s.JSONSchema()
		if _, err := json.Marshal(schema); err != nil || len(schema) == 0 {
			t.Errorf("%T: %v", s, err)
		}
	}
}
