package probe

import (
	"net/url"

	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/verdict"
)

// throughPlainProxy is said of every answer that a proxy could read and change.
const throughPlainProxy = "the answer came through a plain-text proxy, which may have taken the key out or answered itself"

// distrust takes back what a verdict says of a key when a proxy without TLS from end to
// end stood on the way: an API that got no key refuses it in good faith, and a proxy can
// write any JSON. What went wrong on the way keeps its own name.
func (c *Client) distrust(v verdict.Verdict, u *url.URL) verdict.Verdict {
	if v.Reason.Class() == provider.Unverifiable || !c.isPlainlyProxied(u) {
		return v
	}
	out := unsent(provider.NetworkProxy, throughPlainProxy)
	out.Says = throughPlainProxy
	failure := out.Evidence.Failure
	out.Evidence = v.Evidence
	out.Evidence.Failure = failure
	return out
}

func (c *Client) isPlainlyProxied(u *url.URL) bool {
	if u.Scheme == "https" {
		return false // through a proxy's tunnel
	}
	via, err := c.proxy(u)
	return err != nil || via != nil
}
