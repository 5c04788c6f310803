package checks

import "fmt"

func openEndpoint() Check {
	return Check{
		ID: "K310", Name: "open-endpoint", Severity: Error, Run: open,
		Page: Page{
			Summary: "The API accepts a random key too, so its answer proves nothing.",
			Why: "Either the request that was chosen for the probe needs no key, and every key would pass, wrong ones included. Or the gateway has stopped checking keys, and everybody on the network can use the API. " +
				"Both are worth knowing before a deploy relies on them.",
			Bad: `# keyfit.yaml: a health page answers 200 to everybody
providers:
  payments-gateway:
    probe:
      request: {path: /health}
      verdicts: [{when: {status: 200}, reason: ok}]`,
			Good: `# keyfit.yaml: a page that says whose key it is
providers:
  payments-gateway:
    probe:
      request: {path: /whoami}
      verdicts: [{when: {status: 200, json: {$.user.id: {exists: true}}}, reason: ok}]`,
			Fix:    "Probe a path that needs a key and says whose it is. If the path does need one, have the gateway looked at: it lets everybody in.",
			Limits: "One random key is sent once per host, after a real one was accepted, and only to APIs that `keyfit.yaml` declares; `control: never` switches it off. What such an API says about whose key it is counts for nothing and is not used by other findings.",
			See:    []string{"K301", "K401"},
		},
	}
}

func open(c *Case) (Finding, bool) {
	if !c.Verdict.Open || !c.arrives() {
		return Finding{}, false
	}
	f := Finding{
		At:      c.at(),
		Message: fmt.Sprintf("%s cannot be judged: %s%s accepts a random key too", c.subject(), c.service(), c.asked()),
		Fix:     fmt.Sprintf("probe a path of %s that needs a key, or have it closed", c.service()),
	}
	if p := c.Slot.Provider; p != nil && p.Custom && p.At.IsValid() {
		f.Related = []Related{{At: f.At, Message: "the key comes from here"}}
		f.At = p.At
	}
	return f, true
}

// asked names the request that was made, without its query.
func (c *Case) asked() string {
	e := c.Verdict.Evidence
	if e.Host == "" {
		return ""
	}
	return fmt.Sprintf(" (%s %s%s)", word(e.Method), e.Host, e.Path)
}
