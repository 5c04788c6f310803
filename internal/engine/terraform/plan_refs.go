package terraform

import (
	"strings"
)

// maxCalls bounds modules within modules of a plan's configuration.
const maxCalls = 32

// configured lists the expressions of a plan's configuration by the address of their
// resource, without indices.
func configured(module *tree) map[string]*tree {
	out := map[string]*tree{}
	if module != nil {
		configuredIn(out, module, "", 0)
	}
	return out
}

func configuredIn(out map[string]*tree, module *tree, prefix string, depth int) {
	if depth > maxCalls {
		return
	}
	for _, x := range module.all("resources") {
		if address, ok := x.get("address").text(); ok {
			out[prefix+address] = x.get("expressions")
		}
	}
	calls := module.get("module_calls")
	if calls == nil {
		return
	}
	for _, name := range calls.names {
		if inner := calls.members[name].get("module"); inner.there() {
			configuredIn(out, inner, prefix+"module."+name+".", depth+1)
		}
	}
}

// refers is the one resource that the configuration of an argument names.
func (p *planned) refers(r applied, path string) string {
	if path == "" {
		return ""
	}
	e := p.configuration[bareAddress(r.Address)].at(path)
	if e == nil {
		return ""
	}
	found := ""
	for _, x := range e.all("references") {
		name, ok := x.text()
		if !ok || isNoResource(name) {
			continue
		}
		if found == "" {
			found = name
		} else if !strings.HasPrefix(found, name) {
			return ""
		}
	}
	if found == "" {
		return ""
	}
	if r.Module != "" {
		return r.Module + "." + found
	}
	return found
}

func isNoResource(reference string) bool {
	for _, root := range []string{"var.", "local.", "each.", "count.", "path.", "terraform.", "module.", "self.", "data."} {
		if strings.HasPrefix(reference, root) {
			return true
		}
	}
	return !strings.Contains(reference, ".")
}

// bareAddress is an address without its indices, which may be texts with brackets and dots.
func bareAddress(address string) string {
	var b strings.Builder
	depth, quoted := 0, false
	for i := 0; i < len(address); i++ {
		c := address[i]
		switch {
		case quoted && c == '\\':
			i++
		case c == '"' && depth > 0:
			quoted = !quoted
		case quoted:
		case c == '[':
			depth++
		case c == ']':
			depth--
		case depth == 0:
			b.WriteByte(c)
		}
	}
	return b.String()
}
