package deploy

import "strings"

const kindNetlify = "netlify"

func netlifyAdapter() Adapter { return Adapter{Names: []string{"netlify", "ntl"}, Read: readNetlify} }

// readNetlify reads `netlify env:set NAME value [--context …]`.
func readNetlify(call Call) (Delivery, bool) {
	r := newReading(call, "netlify")
	l := r.line(grammar{
		values: []string{"--filter", "--auth", "-a", "--site", "--http-proxy"},
		lists:  []string{"-c", "--context", "-s", "--scope"},
		bools:  []string{"--secret", "--json", "--silent", "--debug", "--force"},
		short:  true, need: 3,
	}, r.words())
	if !l.begins("env:set") || len(l.rest) < 2 && r.open == nil {
		return Delivery{}, false
	}
	r.strict(l)
	t := r.target(kindNetlify, plain(contexts(l)), "netlify env:set")
	t.keeps()
	if len(l.rest) != 3 {
		r.unsupported("another number of words than a name and its value")
	} else if name, ok := l.rest[1].known(); ok {
		t.set(name, l.rest[2].value())
	} else {
		t.bad(l.rest[1])
	}
	t.done()
	return r.result()
}

func contexts(l line) string {
	var names []string
	for _, w := range l.each("-c", "--context") {
		name, ok := w.known()
		if !ok {
			name = "a context that is not known"
		}
		names = append(names, name)
	}
	if len(names) == 0 {
		return "all contexts"
	}
	return strings.Join(names, " ")
}
