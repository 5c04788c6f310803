package provider

import (
	"strings"
	"testing"
)

func TestSameStage(t *testing.T) {
	for names, want := range map[string]bool{
		"":                            false,
		"staging":                     true,
		"api-staging web-staging":     true,
		"prod-eu prod-us":             true,
		"staging production":          false,
		"api-dev api-staging":         false,
		"api web":                     false,
		"web-staging preprod-staging": true,
		"prod preprod":                false,
	} {
		if got := SameStage(strings.Fields(names)); got != want {
			t.Errorf("%s: got %t, want %t", names, got, want)
		}
	}
}
