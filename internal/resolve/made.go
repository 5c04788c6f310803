package resolve

import (
	"strings"

	"github.com/keyfit/keyfit/internal/deploy"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
)

// traced gives the values of a delivery that come out of a file which the script itself wrote the
// journey that led there: what stands in such a file was not written by hand.
func traced(d deploy.Delivery) deploy.Delivery {
	files, ok := d.Files.(*view)
	if !ok || len(files.files) == 0 {
		return d
	}
	consumers := make([]model.Consumer, len(d.Consumers))
	for i, c := range d.Consumers {
		c.Env, c.Files = files.tracedEnv(c.Env), files.tracedEnv(c.Files)
		consumers[i] = c
	}
	stored := make([]deploy.Stored, len(d.Store))
	for i, s := range d.Store {
		s.Value = files.traced(s.Value)
		stored[i] = s
	}
	d.Consumers, d.Store = consumers, stored
	return d
}

func (v *view) tracedEnv(env model.Env) model.Env {
	changed := map[string]model.Value{}
	for name, value := range env.All() {
		if before := value.Trail; !before.IsEmpty() {
			if value = v.traced(value); !value.Trail.Equal(before) {
				changed[name] = value
			}
		}
	}
	if len(changed) == 0 {
		return env
	}
	return env.WithAll(changed)
}

// traced puts the journey of what was written in front of a value's own.
func (v *view) traced(value model.Value) model.Value {
	hops := value.Trail.Hops()
	if len(hops) == 0 || !hops[0].Literal || !hops[0].At.IsValid() {
		return value
	}
	file, ok := v.written(hops[0].At.File)
	if !ok {
		return value
	}
	trail, ok := writtenAt(file.Value, hops[0].At)
	if !ok {
		return value
	}
	hops[0].Literal, hops[0].Moves = false, true
	for _, hop := range hops {
		trail = trail.Append(hop)
	}
	value.Trail = trail
	return value
}

// writtenAt joins the journeys of the pieces that stand at a place of a written text: of an
// assignment those of its value.
func writtenAt(text model.Value, at pos.Span) (model.Trail, bool) {
	pieces := text.Parts
	if len(pieces) == 0 {
		pieces = []model.Value{text}
	}
	var whole strings.Builder
	for _, p := range pieces {
		if p.State == model.Unknown {
			return model.Trail{}, false
		}
		whole.WriteString(p.Text.Reveal())
	}
	from, to := at.Start.Byte, at.End.Byte
	if from > to || to > whole.Len() {
		return model.Trail{}, false
	}
	if _, value, found := strings.Cut(whole.String()[from:to], "="); found && value != "" {
		from = to - len(value)
	}
	var trails []model.Trail
	start := 0
	for _, p := range pieces {
		end := start + len(p.Text.Reveal())
		if start < to && end > from {
			trails = append(trails, p.Trail)
		}
		start = end
	}
	out := model.Join(trails...)
	return out, !out.IsEmpty()
}
