package provider

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/secret"
	"github.com/keyfit/keyfit/internal/strict"
)

func pattern(t testing.TB, text string) Pattern {
	t.Helper()
	var p Pattern
	if problems := strict.Decode("f.yaml", []byte("'"+text+"'"), &p); len(problems) > 0 {
		t.Fatal(said(problems))
	}
	return p
}

func own(t testing.TB, id, text string) (*Provider, []model.Problem) {
	t.Helper()
	p := &Provider{}
	if problems := strict.Decode("keyfit.yaml", []byte(text), p); len(problems) > 0 {
		t.Fatal(said(problems))
	}
	return p, p.Adopt(id, pos.Span{}, Catalogue())
}

const gateway = `
names: ["PAYMENT_*KEY"]
forms: [{pattern: 'pay_[a-z]+_[A-Z0-9]{6,}', kind: key}]
hosts: {staging: http://localhost:1, default: https://payments.example.com/}
probe:
  request: {method: POST, path: /path, auth: {scheme: bearer}, headers: {X-Tenant: "${TENANT_ID}"}, json: {query: {userId: "${PAYMENT_USER_ID}"}}}
  verdicts:
    - {when: {status: 200, json: {$.user.id: {exists: true}}}, reason: ok}
`

const enterprise = `
extends: github
hosts: {default: https://github.example.com/api/v3}
names: [GHE_TOKEN]
probe:
  request: {headers: {X-Team: platform}}
  verdicts: [{when: {status: 403, json: {$.message: Suspended here}}, reason: owner_disabled}]
  identity: {tenant: $.company}
`

func TestAdopt(t *testing.T) {
	p, problems := own(t, "payments-gateway", gateway)
	if len(problems) > 0 {
		t.Fatal(said(problems))
	}
	if p.Probe.Request.Method != "POST" || p.Probe.Effect != "read" || p.Probe.Control != "once" || p.Siblings != "on-reject" || p.Name != "payments-gateway" {
		t.Errorf("defaults: %+v", p.Probe)
	}
	if base, ok := p.Hosts.For("production"); !ok || base.Value != "https://payments.example.com" {
		t.Errorf("host %q, %v", base.Value, ok)
	}
	if diff := cmp.Diff([]string{"PAYMENT_USER_ID", "TENANT_ID"}, p.Probe.Request.Variables()); diff != "" {
		t.Error(diff)
	}
}

// TestOwnFormsWithoutABeginning: what any text may look like confirms, and recognises nothing.
func TestOwnFormsWithoutABeginning(t *testing.T) {
	p, problems := own(t, "acme", strings.Replace(gateway, "pay_[a-z]+_[A-Z0-9]{6,}", "[A-Z]{10,}", 1))
	if len(problems) > 0 || !p.Forms[0].Weak {
		t.Fatalf("not weak; %s", said(problems))
	}
	text := secret.New("CANARYCANARY")
	if got, _, strength := Catalogue().Recognise("X", text, p); got != nil {
		t.Errorf("recognised, %v", strength)
	}
	if got, form, strength := Catalogue().Recognise("PAYMENT_API_KEY", text, p); got != p || form == nil || strength != ByNameAndForm {
		t.Errorf("not recognised by the name, %v", strength)
	}
}

func TestPrefix(t *testing.T) {
	for expression, want := range map[string]string{
		"sk_live_[a-z]+": "sk_live_", "(sk)(_x)[a-z]": "sk_x", "abc": "abc", "(a|b)c": "", "a?bc": "", "(?i)abc": "", "[a]bc": "abc", "ab{2}": "a", "xoxe\\.x-.*": "xoxe.x-",
	} {
		if got := pattern(t, expression).Prefix(); got != want {
			t.Errorf("%s: got %q, want %q", expression, got, want)
		}
	}
	if (Pattern{}).Prefix() != "" || !pattern(t, "a").Equal(pattern(t, "a")) || pattern(t, "a").Equal(pattern(t, "b")) {
		t.Error("patterns are not compared by their expressions")
	}
}

func TestExtends(t *testing.T) {
	base, _ := Catalogue().Get("github")
	p, problems := own(t, "ghe", enterprise)
	if len(problems) > 0 {
		t.Fatal(said(problems))
	}
	r := &p.Probe.Request
	if r.Path != "/user" || r.Auth.Scheme != "bearer" || r.Headers["X-Team"] != "platform" || r.Headers["Accept"] == "" || r.Method != "GET" {
		t.Errorf("request %+v", r)
	}
	if len(p.Probe.Verdicts) != len(base.Probe.Verdicts)+1 || p.Probe.Verdicts[0].Reason != OwnerDisabled {
		t.Error("the own rule does not come before those inherited")
	}
	if p.Probe.Identity.Tenant == nil || p.Probe.Identity.User == nil || base.Probe.Identity.Tenant != nil {
		t.Error("the identity is not merged, or the catalogue was changed")
	}
	if len(p.Forms) != len(base.Forms) || p.Probe.Control != "once" || !cmp.Equal(p.Names, []string{"GHE_TOKEN"}) {
		t.Errorf("forms %d, control %s, names %v", len(p.Forms), p.Probe.Control, p.Names)
	}
	if host, _ := p.Hosts.For("any"); host.Value != "https://github.example.com/api/v3" {
		t.Errorf("host %s", host.Value)
	}
	if len(base.Hosts) != 0 || len(base.Sites) == 0 || base.Sites[0].URL != "https://api.github.com" || len(base.Probe.Request.Headers) != 2 {
		t.Error("the catalogue was changed")
	}
}

func TestExtendsMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"extends: githb\nhosts: {default: https://a.example}": `keyfit.yaml:1:1: "extends" names no provider of the catalogue`,
		"extends: apipark": "keyfit.yaml:1:1: the provider has no host\nthe request has no path",
		"extends: apipark\nhosts: {default: https://a.example}": "keyfit.yaml:1:1: the request has no path",
		"hosts: {default: https://a.example}": "keyfit.yaml:1:1: no rule has the reason ok, so no key could ever pass\n" +
			"keyfit.yaml:1:1: the request does not say where the key goes\nkeyfit.yaml:1:1: the request has no path",
	} {
		_, problems := own(t, "mine", text)
		got := said(problems)
		if text == "extends: apipark" {
			got = strings.ReplaceAll(got, "\nkeyfit.yaml:1:1: ", "\n")
		}
		if got != want {
			t.Errorf("%s:\n got %s\nwant %s", text, got, want)
		}
	}
	p, problems := own(t, "gw", "extends: apipark\nhosts: {default: https://a.example}\nprobe: {request: {path: /v1, auth: {header: X-Token}}}")
	if len(problems) > 0 || p.Probe.Request.Auth.Placement() != PlaceHeader {
		t.Errorf("%s", said(problems))
	}
}

func TestRecognise(t *testing.T) {
	c := Catalogue()
	pay, _ := own(t, "payments-gateway", gateway)
	ghe, _ := own(t, "ghe", enterprise)
	long := strings.Repeat("CANARY", 6)
	for _, k := range []struct {
		name, text     string
		provider, kind string
		want           Strength
	}{
		{"PAYMENT_API_KEY", "pay_stag_CANARY1", "payments-gateway", "key", ByForm},
		{"WHATEVER", "pay_stag_CANARY1", "payments-gateway", "key", ByForm},
		{"PAYMENT_API_KEY", "free text CANARY", "payments-gateway", "", ByName},
		{"PAYMENT_API_KEY", "", "payments-gateway", "", ByName},
		{"payment_api_key", "", "payments-gateway", "", ByName},
		{"PAYMENT_API_KEY", "sk_test_51" + long + long, "stripe", "secret key", ByForm},
		{"PAYMENT_API_KEY", "sk_test_" + long, "stripe", "secret key", ByForm},
		{"X", "sk_live_51" + long + long, "stripe", "secret key", ByForm},
		{"X", "sk_live_" + long, "stripe", "secret key", ByForm}, // PayMongo's look the same: see below
		{"PAYMONGO_SECRET_KEY", "sk_live_" + long, "", "", NotRecognised},
		{"PAYMONGO_SECRET_KEY", "sk_live_51" + long + long, "", "", NotRecognised},
		{"PAYSTACK_SECRET_KEY", "sk_live_" + strings.Repeat("5", 40), "", "", NotRecognised},
		{"STRIPE_SECRET_KEY", "sk_live_" + long, "stripe", "secret key", ByForm},
		{"X", "rk_live_" + long, "stripe", "restricted key", ByForm},
		{"X", "whsec_" + long, "stripe", "webhook signing secret", ByForm},
		{"MY_STRIPE_SECRET_KEY_2", "", "stripe", "", ByName},
		{"STRIPE_PRICE_ID", "price_CANARY", "", "", NotRecognised},
		{"X", "sk-proj-" + long, "openai", "project key", ByForm},
		{"X", "sk-admin-" + long, "openai", "admin key", ByForm},
		{"X", "sk-" + long, "", "", NotRecognised},
		{"OPENAI_API_KEY", "sk-" + long, "openai", "API key", ByNameAndForm},
		{"OPENAI_API_KEY", "sk-ant-api03-" + long, "anthropic", "API key", ByForm},
		{"X", "ghp_" + long, "github", "personal access token (classic)", ByForm},
		{"GHE_TOKEN", "ghp_" + long, "ghe", "personal access token (classic)", ByForm},
		{"GITHUB_TOKEN", "", "github", "", ByName},
		{"X", strings.Repeat("0123456789", 4), "", "", NotRecognised},
		{"GH_TOKEN", strings.Repeat("0123456789", 4), "github", "personal access token (old form)", ByNameAndForm},
		{"X", "xoxb-" + long, "slack", "bot token", ByForm},
		{"APIPARK_KEY", "anything CANARY", "apipark", "", ByName},
		{"HOME", "/root", "", "", NotRecognised},
		{"X", strings.Repeat("x", maxKey+1), "", "", NotRecognised},
	} {
		p, f, strength := c.Recognise(k.name, secret.New(k.text), ghe, pay)
		id, kind := "", ""
		if p != nil {
			id = p.ID
		}
		if f != nil {
			kind = f.Kind
		}
		if id != k.provider || kind != k.kind || strength != k.want {
			t.Errorf("%s: got %q %q %v, want %q %q %v", k.name, id, kind, strength, k.provider, k.kind, k.want)
		}
	}
	if p, f := c.ByForm(secret.New("sk_test_51"+long+long), pay); p == nil || p.ID != "stripe" || f.Mode != "test" {
		t.Error("a form alone does not give the provider")
	}
	for name, refuses := range map[string]bool{"X": true, "": true, "STRIPE_SECRET_KEY": false} {
		if p, f, _ := c.Recognise(name, secret.New("sk_test_"+long)); p == nil || p.ID != "stripe" || f.Mode != "test" || (f.Refuse != "") != refuses {
			t.Errorf("%q: a form that several vendors have: %+v", name, f)
		}
	}
	if p, _ := c.ByForm(secret.New("sk-" + long)); p != nil {
		t.Errorf("a weak form gives %s", p.ID)
	}
}

func TestGlob(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"ab", "ab", true}, {"ab", "abc", false}, {"a*", "abc", true}, {"*c", "abc", true}, {"*b*", "abc", true}, {"a*c", "ac", true},
		{"a*a", "a", false}, {"a*b*c", "aXbYc", true}, {"a*b*c", "aXcYb", false}, {"*", "", true}, {"**", "x", true},
	} {
		if got := Glob(c.pattern, c.name); got != c.want {
			t.Errorf("%s %s: %v", c.pattern, c.name, got)
		}
	}
}

// kinds names the defects for the tables.
func kinds(defects []Defect) string {
	names := [...]string{"none", "reference", "placeholder", "outer space", "inner space", "quotes", "newline", "bom", "invisible", "unprintable",
		"scheme", "assignment", "url", "base64", "cut", "long", "form", "file"}
	var out []string
	for _, d := range defects {
		out = append(out, names[d.Kind])
	}
	return strings.Join(out, ", ")
}

func TestInspect(t *testing.T) {
	stripe, _ := Catalogue().Get("stripe")
	openai, _ := Catalogue().Get("openai")
	free, _ := Catalogue().Get("apipark")
	pay := &Provider{Forms: []Form{{Pattern: pattern(t, "pay_[A-Z]{6,8}"), Kind: "key"}}}
	key := "sk_test_51CANARYabcdefghijklmnop"
	encoded := base64.StdEncoding.EncodeToString([]byte(key + "\n"))
	for _, c := range []struct {
		text string
		p    *Provider
		want string
	}{
		{"", stripe, ""}, {key, stripe, ""}, {key, nil, ""}, {"free-CANARY-text", free, ""}, {"xoxb CANARY", nil, "inner space"},
		// nothing replaced it
		{"${STRIPE_KEY}", stripe, "reference"}, {"${STRIPE_KEY:-x}", nil, "reference"}, {"$STRIPE_KEY", stripe, "reference"}, {"$(STRIPE_KEY)", stripe, "reference"},
		{"sk_test_${SUFFIX}", stripe, "reference"}, {"%STRIPE_KEY%", nil, "reference"}, {"{{ .Values.key }}", nil, "reference"}, {"${{ secrets.X }}", stripe, "reference"},
		{"\"${{ secrets.X }}\"", nil, "reference"}, {"{{resolve:secretsmanager:id:SecretString:k}}", nil, "reference"}, {"@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/s)", nil, "reference"},
		{"op://vault/item/field", stripe, "reference"}, {"ref+vault://secret/x#/k", nil, "reference"}, {"secretref+awssecrets://x", nil, "reference"},
		{"vault:secret/data/x#key", nil, "reference"}, {"arn:aws:secretsmanager:eu-west-1:1:secret:n-abcdef", nil, "reference"}, {"arn:aws:ssm:eu-west-1:1:parameter/n", nil, "reference"},
		{"arn:aws-cn:ssm:x:1:parameter/n", nil, "reference"}, {"projects/p/secrets/s/versions/latest", nil, "reference"}, {"projects/p/secrets/s", nil, "reference"},
		{"sm://project/secret", nil, "reference"}, {"berglas://bucket/secret", nil, "reference"}, {"secret://x", nil, "reference"},
		{"ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]", stripe, "reference"}, {"encrypted:BCANARY", nil, "reference"}, {"{cipher}0a1b", nil, "reference"},
		{"$ANSIBLE_VAULT;1.1;AES256", nil, "reference"}, {"__STRIPE_KEY__", nil, "reference"}, {"#{StripeKey}#", nil, "reference"}, {"@stripe.key@", nil, "reference"},
		{"secretref:stripe-key", nil, "reference"}, {"$(cat /run/secrets/k)", nil, "reference"}, {"https://v.vault.azure.net/secrets/s/1", nil, "reference"}, {"$env:KEY", nil, "reference"},
		{"-----BEGIN PGP MESSAGE-----\nx\n-----END PGP MESSAGE-----", nil, "reference"},
		// nobody replaced it
		{"changeme", stripe, "placeholder"}, {"CHANGE_ME", nil, "placeholder"}, {"Change-Me!", nil, "placeholder"}, {"todo", nil, "placeholder"}, {"TODO: set me", nil, "placeholder"},
		{"xxx", nil, "placeholder"}, {"XXXXXXXX", nil, "placeholder"}, {"sk_test_xxxxxxxxxxxxxxxx", stripe, "placeholder"}, {"your-api-key", nil, "placeholder"},
		{"YOUR_STRIPE_API_KEY_HERE", stripe, "placeholder"}, {"<your key>", nil, "placeholder"}, {"<CANARY>", nil, "placeholder"}, {"placeholder", nil, "placeholder"},
		{"dummy-key", nil, "placeholder"}, {"example", nil, "placeholder"}, {"replace-me", nil, "placeholder"}, {"'replaceme'", nil, "placeholder"}, {"null", nil, "placeholder"},
		{"undefined", nil, "placeholder"}, {"None", nil, "placeholder"}, {"insert_key_here", nil, "placeholder"}, {"***", nil, "placeholder"}, {"sk_test_...abcd", stripe, "placeholder"},
		{"[redacted]", nil, "placeholder"}, {"00000000-0000-0000-0000-000000000000", nil, "placeholder"}, {"\"\"", nil, "placeholder"}, {" \n", nil, "placeholder"},
		// words that real keys may have
		{"changeling-CANARY-7", free, ""}, {"todo-app-CANARY-key-1", free, ""}, {"test-key", free, ""}, {"staging-secret", free, ""}, {"none-live", free, ""}, {"N/A", free, ""}, {"password", free, "placeholder"},
		// wrapped
		{" " + key, stripe, "outer space"}, {key + " ", stripe, "outer space"}, {key + "\n", stripe, "newline"}, {key + "\r\n", stripe, "newline"}, {key + "\r", stripe, "newline"},
		{"\"" + key + "\"", stripe, "quotes"}, {"'" + key + "'", stripe, "quotes"}, {"\ufeff" + key, stripe, "bom"}, {key + "\u200b", stripe, "invisible"}, {"\u2060" + key, stripe, "invisible"},
		{key + "\x00", stripe, "unprintable"}, {key + "\x1b[0m", stripe, "unprintable, form"}, {"\xff" + key, stripe, "unprintable"}, {"Bearer " + key, stripe, "scheme"}, {"bearer " + key, nil, "scheme"},
		{"Basic " + key, stripe, "scheme"}, {"Authorization: Bearer " + key, stripe, "scheme"}, {"STRIPE_KEY=" + key, stripe, "assignment"}, {"export STRIPE_KEY=" + key, stripe, "assignment"},
		{"STRIPE_KEY=\"" + key + "\"", stripe, "assignment, quotes"}, {" \"Bearer " + key + "\"\n", stripe, "newline, outer space, quotes, scheme"},
		{key[:12] + " " + key[12:], stripe, "inner space, form"}, {"two words CANARY", nil, "inner space"},
		{"\u00a0" + key, stripe, "outer space"},
		// the path of it
		{"/builds/acme/shop.tmp/PAYMENT_API_KEY", stripe, "file"}, {"/builds/acme/shop.tmp/PAY_FILE", nil, "file"}, {`C:\GitLab-Runner\builds\acme\shop.tmp\PAY_KEY`, stripe, "file"},
		{"/builds/acme/shop/PAYMENT_API_KEY", nil, ""}, {"shop.tmp/PAYMENT_API_KEY", nil, ""}, {"/abc.tmp/CANARY+x=", nil, ""}, {"/.tmp/CANARY", nil, ""},
		// not as it was issued
		{strings.ReplaceAll(key, "_", "%5F"), stripe, "url"}, {encoded, stripe, "base64"}, {strings.TrimRight(encoded, "="), stripe, "base64"}, {encoded, nil, ""},
		{"sk_test_51CAN", stripe, "cut"}, {"sk_test_", stripe, "cut"}, {"sk_test_51CANARY-abcdefghijk", stripe, "form"},
		{"pk_other_CANARY", stripe, "form"}, {"CANARY", stripe, "form"}, {"sk-proj-CANARY", openai, "cut"},
		{`{"type": "service_account", "key": "CANARY"}`, nil, ""}, {"-----BEGIN PRIVATE KEY-----\nCANARY\n-----END PRIVATE KEY-----\n", nil, ""},
		{strings.Repeat("CANARY", maxKey), nil, "long"}, {"pay_CANARYCANARY", pay, "long"}, {"pay_CANA", pay, "cut"}, {"pay_CANARY1", pay, "form"},
	} {
		got := Inspect(secret.New(c.text), c.p)
		if kinds(got) != c.want {
			t.Errorf("%.60q: got %s, want %s", c.text, kinds(got), c.want)
		}
		for _, d := range got {
			if d.What == "" || strings.Contains(d.What, "CANARY") {
				t.Errorf("%.60q: says %q", c.text, d.What)
			}
		}
	}
	if !Reference.Unresolved() || !Placeholder.Unresolved() || CutShort.Unresolved() {
		t.Error("the kinds are not told apart")
	}
}

// FuzzInspect: never a panic, never any of the text in what is said, and a key of the
// provider's own form has no defect of form.
func FuzzInspect(f *testing.F) {
	for _, seed := range []string{"${X}", " \"Bearer sk_test_51CANARYabcdefghijklmnop\"\n", "c2tfdGVzdF9DQU5BUlk=", "%41%ZZ", "\ufeff\u200b", "{", "<>", "''", "A=", "changeme"} {
		f.Add(seed)
	}
	stripe, _ := Catalogue().Get("stripe")
	said := map[string]bool{}
	for _, k := range what {
		said[k] = true
	}
	for _, r := range references {
		said[r.what] = true
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, p := range []*Provider{nil, stripe} {
			for _, d := range Inspect(secret.New(text), p) {
				if d.Kind == NoDefect || d.Kind > NotTheForm || d.What == "" {
					t.Fatalf("a defect of no kind: %d", d.Kind)
				}
				fixed := said[d.What] || d.Kind == Placeholder || d.Kind >= CutShort
				if !fixed || len(d.What) > 200 {
					t.Fatalf("kind %d says something that is no fixed text", d.Kind)
				}
				if p == stripe && d.Kind > Placeholder && stripe.FormOf(secret.New(text)) != nil {
					t.Fatalf("kind %d on a text of the provider's form", d.Kind)
				}
			}
		}
	})
}

// FuzzLoad: no text makes the loader panic, and a problem always says something.
func FuzzLoad(f *testing.F) {
	f.Add(good)
	f.Add(gateway)
	f.Add(enterprise)
	f.Fuzz(func(t *testing.T, text string) {
		p, problems := Load("f.yaml", []byte(text))
		for _, problem := range problems {
			if problem.Message == "" {
				t.Fatal("an empty problem")
			}
		}
		for i := range p.Probe.Verdicts {
			r := &p.Probe.Verdicts[i]
			if len(problems) == 0 && failsKnown(r.Reason) && len(r.When.JSON) == 0 && len(r.When.Header) == 0 && r.When.Text == nil {
				t.Fatalf("%s loads without the vendor's words", r.Reason)
			}
		}
	})
}

func BenchmarkCatalogue(b *testing.B) {
	b.Run("ids", func(b *testing.B) {
		for b.Loop() {
			Catalogue().IDs()
		}
	})
	b.Run("all", func(b *testing.B) {
		for b.Loop() {
			Catalogue().All()
		}
	})
	b.Run("recognise", func(b *testing.B) {
		c := Catalogue()
		text := secret.New("xoxb-" + strings.Repeat("CANARY", 6))
		for b.Loop() {
			c.Recognise("X", text)
		}
	})
}
