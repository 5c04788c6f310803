package keys

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
)

// identify gives every slot of an environment an ID. Names alone do not tell slots apart: a
// command may be started twice with two keys, and a Deployment stand in two namespaces.
func identify(slots []Slot) {
	seen := map[string]int{}
	for i := range slots {
		id := slots[i].fingerprint()
		seen[id]++
		if n := seen[id]; n > 1 {
			id += "-" + strconv.Itoa(n)
		}
		slots[i].ID = id
	}
}

// fingerprint is a digest of what a slot is called, where its consumer stands and which way its
// value came: of nothing that is secret.
func (s Slot) fingerprint() string {
	c, h := s.Consumer, sha256.New()
	add := func(texts ...string) {
		for _, text := range texts {
			h.Write(strconv.AppendInt(nil, int64(len(text)), 10))
			h.Write([]byte(":" + text))
		}
	}
	add(s.Environment, s.Variable, strconv.FormatBool(s.File), c.Kind, c.Namespace, Label(c), c.Container, c.At.String())
	for _, hop := range s.Value.Trail.Hops() {
		add(hop.At.String(), hop.Kind, hop.What)
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
}
