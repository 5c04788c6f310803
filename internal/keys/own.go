package keys

import (
	"slices"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/order"
)

// isProxy reports whether a consumer uses no key itself: keyfit's own step, or a tool that stands
// for what it deploys.
func isProxy(c model.Consumer) bool { return c.Self || c.StandsIn }

// isBystander reports whether a consumer is a command that uses no key of a deploy, though the job
// gives it all of them: it shows nothing about what arrives.
func isBystander(c model.Consumer) bool {
	return c.Kind == model.ConsumerProcess && slices.Contains([]string{
		"apk", "apt", "apt-get", "yum", "dnf", "brew", "pip", "pip3", "pipx", "npm", "pnpm", "yarn", "bun", "corepack", "bundle", "composer",
		"tar", "zip", "unzip", "gzip", "gunzip", "cp", "mv", "rm", "mkdir", "chmod", "ls", "cat", "echo", "printf", "tee", "date", "sleep",
		"sed", "grep", "awk", "jq", "yq", "find", "sort", "base64", "sha256sum", "openssl", "git", "curl", "wget", "ssh-keyscan", "ssh-add", "ssh-agent",
	}, c.Workload)
}

// proxiesLast puts bystanders and proxies behind all others, so that their slots are folded into the
// others' and not the reverse.
func proxiesLast(consumers []model.Consumer) []model.Consumer {
	out := slices.Clone(consumers)
	rank := func(c model.Consumer) int {
		switch {
		case isProxy(c):
			return 2
		case isBystander(c):
			return 1
		}
		return 0
	}
	order.By(out, func(a, b model.Consumer) int { return rank(a) - rank(b) })
	return out
}

// recipients tells which consumers of an environment use what they receive, or stand for those that do.
type recipients struct {
	listed map[string]bool // the names that anything but keyfit itself receives
	shown  map[string]bool // the tools whose command lines show what they hand on, and to whom
}

func recipientsOf(consumers []model.Consumer) recipients {
	r := recipients{listed: map[string]bool{}, shown: map[string]bool{}}
	for _, c := range consumers {
		if c.Self {
			continue
		}
		for _, received := range []model.Env{c.Env, c.Files} {
			for name, v := range received.All() {
				r.listed[name] = r.listed[name] || v.State != model.Absent
			}
		}
		if c.StandsIn && c.Unshown == model.NotNamed && slices.ContainsFunc(consumers, func(d model.Consumer) bool { return !isProxy(d) && d.At.IsValid() && d.At == c.At }) {
			r.shown[c.Workload] = true
		}
	}
	return r
}

// counts reports whether what a consumer receives under a name may be somebody's key. What keyfit's
// own step receives is only where the values come from, as soon as anything else receives the name;
// and a tool that starts a container with the variables that its command line names hands on no other.
func (r recipients) counts(c model.Consumer, name string) bool {
	switch {
	case c.Self:
		return !r.listed[name]
	case c.StandsIn && r.shown[c.Workload]:
		return slices.Contains(c.Logins, name)
	}
	return true
}

// withoutProxies leaves out what such a consumer receives, where what is deployed receives the same
// under the same name, or something that is not known and is reported anyway. Where nothing else
// does, the deploy is one that no file here shows, and the proxy stands for it.
func withoutProxies(slots []Slot) []Slot {
	used := map[string][]model.Value{}
	for i := range slots {
		s := &slots[i]
		if isProxy(s.Consumer) {
			continue
		}
		s.Also = slices.DeleteFunc(s.Also, isProxy)
		if !isBystander(s.Consumer) || slices.ContainsFunc(s.Also, func(c model.Consumer) bool { return !isBystander(c) }) {
			used[s.Variable] = append(used[s.Variable], s.Value)
		}
	}
	return slices.DeleteFunc(slots, func(s Slot) bool {
		return isProxy(s.Consumer) && slices.ContainsFunc(used[s.Variable], func(v model.Value) bool {
			return v.State == model.Unknown || v.State == model.Known && s.Value.State == model.Known && v.Text.Equal(s.Value.Text)
		}) || isProxy(s.Consumer) && slices.ContainsFunc(slots, func(other Slot) bool {
			return !isProxy(other.Consumer) && !isBystander(other.Consumer) && comesFrom(other.Value, s.Value)
		})
	})
}

// handing takes the doubt from what a tool hands on under a name that is no key's, or as a part of
// a text: there it cannot be looked at, and it arrives.
func handing(slots []Slot, consumers []model.Consumer) {
	for i := range slots {
		if s := &slots[i]; s.Consumer.StandsIn && slices.ContainsFunc(consumers, func(c model.Consumer) bool { return !isProxy(c) && !isBystander(c) && holds(c, s.Value) }) {
			s.Consumer.StandsIn = false
		}
	}
}

// holds reports whether a consumer receives something that comes from a value.
func holds(c model.Consumer, v model.Value) bool {
	for _, env := range []model.Env{c.Env, c.Files} {
		for _, other := range env.All() {
			if comesFrom(other, v) {
				return true
			}
		}
	}
	return false
}

// comesFrom reports whether a value was made of another one.
func comesFrom(v, from model.Value) bool {
	last := from.Trail.Last()
	return v.State != model.Absent && last != (model.Hop{}) && slices.Contains(v.Trail.Hops(), last)
}
