package probe

import (
	"net/url"
	"strings"
)

// ProxySetting is one variable that leads requests through a proxy, or past it.
type ProxySetting struct {
	Name  string
	Value string // of a proxy: scheme and host alone; of NO_PROXY: the list
	Bad   bool   // it is not the URL of a proxy
}

// ProxySettings lists the variables about proxies that a check would heed.
func ProxySettings(environ map[string]string) []ProxySetting {
	var out []ProxySetting
	for _, name := range []string{"HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"} {
		written := name
		value := environ[name]
		if value == "" {
			written, value = strings.ToLower(name), environ[strings.ToLower(name)]
		}
		switch {
		case value == "":
		case name == "NO_PROXY":
			out = append(out, ProxySetting{Name: written, Value: value})
		case !isProxyURL(value):
			out = append(out, ProxySetting{Name: written, Bad: true})
		default:
			out = append(out, ProxySetting{Name: written, Value: proxyHost(value)})
		}
	}
	return out
}

// proxyHost takes the user and the password out of a proxy's URL.
func proxyHost(text string) string {
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host}).String()
}
