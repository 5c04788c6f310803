package provider

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestCatalogue loads every file and allows no complaint.
func TestCatalogue(t *testing.T) {
	c := Catalogue()
	ids := c.IDs()
	if len(ids) < 6 {
		t.Fatalf("only %d providers: %v", len(ids), ids)
	}
	for _, id := range ids {
		data, ok := c.Source(id)
		if !ok {
			t.Fatalf("%s has no source", id)
		}
		p, problems := Load(id+".yaml", data)
		if len(problems) > 0 {
			t.Errorf("%s", said(problems))
		}
		if p.ID != id {
			t.Errorf("%s.yaml has the id %q", id, p.ID)
		}
		quick, ok := c.Get(id)
		if !ok {
			t.Fatalf("%s is listed and cannot be had", id)
		}
		// Vectors stand last in a file, so that they can be left out.
		if len(p.Vectors) == 0 || len(quick.Vectors) > 0 || len(quick.Probe.Verdicts) != len(p.Probe.Verdicts) {
			t.Errorf("%s: the vectors do not stand last", id)
		}
		if !cmp.Equal(quick.Verified, p.Verified) || quick.Notes != p.Notes || !cmp.Equal(quick.Names, p.Names) {
			t.Errorf("%s: something stands after the vectors", id)
		}
	}
	for _, id := range []string{"../provider", "nobody", ""} {
		if _, ok := c.Get(id); ok {
			t.Errorf("%q was found", id)
		}
	}
}

// TestOneSource keeps a catalogue's provider the same for everyone who asks.
func TestOneSource(t *testing.T) {
	c := Catalogue()
	first, _ := c.Get("stripe")
	second, _ := c.Get("stripe")
	if first != second || len(c.All()) != len(c.IDs()) {
		t.Error("a provider is parsed again")
	}
}
