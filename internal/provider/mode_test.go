package provider

import (
	"strings"
	"testing"
)

func TestUsualMode(t *testing.T) {
	for want, names := range map[string]string{
		"live": "prod production prd live PROD Production prod1 prod2 production2 prod-2 prodeu prodEU prod-eu eu-prod euprod eu.prd prodfra prod-eu-west-1 live-eu live2 liveeu " +
			"prod-dr prod-blue production/eu customer-acme-prod shop_production",
		"test": "dev dev2 development devel deveu dev-eu-west-1 test test1 testing tst qa qa3 stage stag stg staging staging2 staging-eu eustaging sandbox sbx preview preview/123 " +
			"review/feature-x pr-12 local ci e2e shop-e2e E2E demo uat integration acceptance perf nightly " +
			"preprod pre-prod PreProd preProd pre_production preproduction nonprod non-prod nonProd non-production not-production prelive pre-live eu-preprod preprod2 nonprod-eu",
		"": "eu-west-1 us-east-1 customer-acme blue green dr main master trunk default release canary beta pilot eu a 1 - " +
			"perf-prod prod-test test-live staging-live prod-like prodlike production-copy " +
			"product products product-catalog producer prodigy reproduction liverpool deliver olive livestream devon device devops testament testimonials latest contest " +
			"qatar backstage locale city pressure international accounts",
	} {
		for name := range strings.FieldsSeq(names) {
			if got := UsualMode(name); got != want {
				t.Errorf("%s: %q, expected %q", name, got, want)
			}
		}
	}
	if got := UsualMode(""); got != "" {
		t.Errorf("no name: %q", got)
	}
}
