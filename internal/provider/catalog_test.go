package provider

import (
	"testing"
)

// TestCatalogue loads every file and allows no complaint.
func TestCatalogue(t *testing.T) {
	c := Catalogue()
	ids := c.IDs()
	if len(ids) < 6 {
		t.Fatalf("only %d providers: %v", len(ids), ids)
	}
	for _, id := range ids {
		data, err := catalogueFiles.ReadFile(catalogueDir + "/" + id + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		p, problems := Load(id+".yaml", data)
		if len(problems) > 0 {
			t.Errorf("%s", said(problems))
		}
		if p.ID != id {
			t.Errorf("%s.yaml has the id %q", id, p.ID)
		}
	}
	if _, ok := c.Get("../provider"); ok {
		t.Error("a name that is no provider's was found")
	}
}
