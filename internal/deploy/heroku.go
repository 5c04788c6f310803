package deploy

const kindHeroku = "heroku"

func herokuAdapter() Adapter { return Adapter{Names: []string{"heroku"}, Read: readHeroku} }

// readHeroku reads `heroku config:set NAME=value… -a app`. A later pair of a name wins.
func readHeroku(call Call) (Delivery, bool) {
	r := newReading(call, "heroku")
	l := r.line(grammar{values: []string{"-a", "--app", "-r", "--remote"}, bools: []string{"--help", "--json"}, short: true, need: 1}, r.words())
	if !l.begins("config:set|config:add") {
		return Delivery{}, false
	}
	r.strict(l)
	t := r.target(kindHeroku, workload(l, "the app of the git remote", "-a", "--app", "-r", "--remote"), "heroku config:set")
	t.keeps()
	for _, w := range l.rest[1:] {
		t.pair(w)
	}
	t.done()
	return r.result()
}
