package deploy

import "github.com/keyfit/keyfit/internal/model"

// serviceCreate reads docker service create.
func (r *reading) serviceCreate(l flagLine) (Delivery, bool) {
	r.take(l)
	r.need(l, 1)
	t := r.target(consumerSwarm, containerName(l), r.tool+" -e")
	t.wild(model.UnknownBecause(model.WhyRemoteState, model.ImageSets, model.Trail{}))
	t.containerEnv("docker", l)
	t.done()
	return r.result()
}

// serviceUpdate reads docker service update. What is removed goes first: a variable that
// is both removed and added is there.
func (r *reading) serviceUpdate(l flagLine) (Delivery, bool) {
	changed := len(l.all("env-add", "env-rm")) > 0
	if !changed && l.doubt == nil && l.has("rollback") == no {
		return Delivery{}, false
	}
	r.take(l)
	r.need(l, 1)
	t := r.target(consumerSwarm, l.word(0), r.tool+" --env-rm")
	t.keeps()
	for _, w := range l.all("env-rm") {
		t.unset(w)
	}
	t.what = r.tool + " --env-add"
	for _, w := range l.all("env-add") {
		t.variable(w, false)
	}
	if l.has("rollback") != no {
		t.lose(model.UnknownBecause(model.WhyRemoteState, "what the service was before", model.Trail{}))
	}
	t.done()
	return r.result()
}

// stackDeploy reads docker stack deploy, which takes the variables of its own process
// and no .env file.
func (r *reading) stackDeploy(l flagLine) (Delivery, bool) {
	r.take(l)
	r.need(l, 1)
	c := Compose{
		At: r.call.At, Stack: true, Command: "up", Dir: r.call.Dir, Env: r.call.Env, Project: l.operand(0),
		ProjectDir: model.Value{State: model.Absent}, Doubt: r.open,
	}
	for _, w := range l.all("compose-file") {
		c.Files = append(c.Files, r.list(w)...)
	}
	r.d.Composes = append(r.d.Composes, c)
	return r.result()
}
