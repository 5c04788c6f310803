package checks

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/keyfit/keyfit/internal/provider"
)

// supabaseKey is a legacy key of such a role; its id shifts the role within the base64.
func supabaseKey(role, ref string) string {
	claims := base64.RawURLEncoding.EncodeToString([]byte(`{"iss":"supabase","ref":"` + ref + `","role":"` + role + `","iat":1,"exp":2}`))
	return "eyJhbGciOiJIUzI1NiJ9." + claims + ".CANARYsignature"
}

// TestPublicKeys holds K106 to keys that not everybody may read.
func TestPublicKeys(t *testing.T) {
	google := "AIza" + "CANARY" + strings.Repeat("x", 29)
	cases := []struct {
		variable, text string
		fires          string // "", K106, or K106 with a word on browsers
	}{
		{"STRIPE_PUBLISHABLE_KEY", "pk_live_CANARY0123456789", ""},
		{"STRIPE_API_KEY", "pk_live_CANARY0123456789", ""},
		{"NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY", "pk_live_CANARY0123456789", ""},
		{"STRIPE_API_KEY", "sk_live_CANARY0123456789", "K106"},
		{"STRIPE_WEBHOOK_SECRET", "whsec_CANARY0123456789abcdef", "K106"},
		{"NEXT_PUBLIC_STRIPE_SECRET_KEY", "sk_live_CANARY0123456789", "K106 browsers"},
		{"VITE_STRIPE_API_KEY", "rk_live_CANARY0123456789", "K106 browsers"},
		{"NEXT_PUBLIC_SUPABASE_KEY", "sb_publishable_CANARY0123456789abcdef", ""},
		{"SUPABASE_KEY", "sb_publishable_CANARY0123456789abcdef", ""},
		{"NEXT_PUBLIC_SUPABASE_KEY", "sb_secret_CANARY0123456789abcdef", "K106 browsers"},
		{"NEXT_PUBLIC_SUPABASE_ANON_KEY", supabaseKey("anon", strings.Repeat("a", 20)), ""},
		{"NEXT_PUBLIC_SUPABASE_ANON_KEY", supabaseKey("anon", strings.Repeat("a", 19)), ""},
		{"NEXT_PUBLIC_SUPABASE_ANON_KEY", supabaseKey("anon", strings.Repeat("a", 18)), ""},
		{"NEXT_PUBLIC_SUPABASE_ANON_KEY", supabaseKey("service_role", strings.Repeat("a", 20)), "K106 browsers"},
		{"NEXT_PUBLIC_SUPABASE_ANON_KEY", supabaseKey("service_role", strings.Repeat("a", 19)), "K106 browsers"},
		{"NEXT_PUBLIC_SUPABASE_ANON_KEY", supabaseKey("service_role", strings.Repeat("a", 18)), "K106 browsers"},
		{"NEXT_PUBLIC_FIREBASE_API_KEY", google, ""},
		{"VITE_GOOGLE_MAPS_API_KEY", google, ""},
		{"GOOGLE_MAPS_API_KEY", google, "K106"},
		{"VITE_GEMINI_API_KEY", google, "K106 browsers"},
	}
	for _, c := range cases {
		t.Run(c.variable+" "+c.text[:6], func(t *testing.T) {
			v := at("values-production.yaml", 4, "helm-values", c.text)
			p, _, strength := catalogue.Recognise(c.variable, v.Text)
			if strength == provider.NotRecognised {
				t.Fatal("nobody knows whose key this is")
			}
			one := key(undeclared, named(c.variable), by(p), receives(v), in("eu-west-1"))
			f, fires := hardCoded(one)
			got := ""
			if fires {
				got = "K106"
			}
			if strings.Contains(f.Message, "handed to browsers") {
				got += " browsers"
			}
			if got != c.fires {
				t.Errorf("%q, expected %q: %s", got, c.fires, f.Message)
			}
		})
	}
}

// TestPublicKeyOfTheOtherMode is a publishable key of the wrong mode: it is public, and wrong.
func TestPublicKeyOfTheOtherMode(t *testing.T) {
	v := at("values-production.yaml", 4, "helm-values", "pk_test_CANARY0123456789")
	p, _, _ := catalogue.Recognise("STRIPE_PUBLISHABLE_KEY", v.Text)
	f, fires := modeMismatch(key(undeclared, named("STRIPE_PUBLISHABLE_KEY"), by(p), receives(v), in("production")))
	if !fires || !strings.Contains(f.Fix, "put the live key") {
		t.Errorf("%v: %s; %s", fires, f.Message, f.Fix)
	}
}
