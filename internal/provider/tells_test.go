package provider

import "testing"

func TestPlace(t *testing.T) {
	for _, c := range []struct {
		extract Extract
		want    string
	}{
		{Extract{JSON: "$.tenant"}, "at $.tenant"},
		{Extract{JSON: "$.a", Else: &Extract{Header: "X-Account"}}, `at $.a or in the header "X-Account"`},
		{Extract{Part: "domain"}, `in the part "domain" of the credential`},
		{Extract{Whole: true}, "in its text"},
		{Extract{Const: "service"}, ""},
	} {
		if got := c.extract.Place(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestExtracts(t *testing.T) {
	p := &Provider{}
	tenant := func(i *Identity) *Extract { return i.Tenant }
	if len(p.Extracts(tenant)) != 0 {
		t.Error("tells a tenant without a place")
	}
	p.Probe.Then = []Step{{Identity: Identity{Tenant: &Extract{JSON: "$.tenant"}}}}
	if len(p.Extracts(tenant)) != 1 {
		t.Error("a further request tells the tenant")
	}
}
