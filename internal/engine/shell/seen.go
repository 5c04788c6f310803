package shell

import (
	"maps"

	"github.com/keyfit/keyfit/internal/model"
)

// maxSights bounds for how many states of the files it is kept what was in them.
const maxSights = 500

// Seen is what one command of an [Outcome] finds besides its environment.
type Seen struct {
	// Printers are the commands, by their place in Commands, of which standard input holds
	// just what they print, in this order; nil when it holds anything else.
	Printers []int
	// Perhaps says that the command is only started if an undecided choice of the script
	// falls that way.
	Perhaps bool
	sight   *sight
	place   map[int]int // record → place in Commands
}

// Written is a file that the script had written, or removed, before a command started.
type Written struct {
	Value    model.Value // unknown content: unknown; removed: absent. With its Parts.
	Printers []int       // as of Seen
}

// sight is what stood in the files of the script at one moment.
type sight struct{ files map[string]*file }

// look keeps what stands in the files now. It gives nil when there were too many changes.
func (m *machine) look(st *state) *sight {
	if n := len(m.records); n > 1 {
		if last := m.records[n-2].saw; last != nil && maps.Equal(last.files, st.files) {
			return last
		}
	}
	if m.sights++; m.sights > maxSights {
		return nil
	}
	return &sight{files: maps.Clone(st.files)}
}

func (m *machine) seenList() []Seen {
	place := map[int]int{}
	var out []Seen
	for i, r := range m.records {
		if !r.script {
			place[i+1] = len(out)
			out = append(out, Seen{sight: r.saw, Printers: printersOf(r.stdin), Perhaps: r.perhaps, place: place})
		}
	}
	for i := range out {
		out[i].Printers = out[i].placed(out[i].Printers)
	}
	return out
}

// IsSure reports whether it is known which files the script had written by then.
func (s Seen) IsSure() bool { return s.sight != nil }

// Same reports whether two commands certainly saw the same files.
func (s Seen) Same(t Seen) bool { return s.sight != nil && s.sight == t.sight }

// Files gives what the script had written by then, by path within the repository.
func (s Seen) Files() map[string]Written {
	out := map[string]Written{}
	if s.sight == nil {
		return out
	}
	for name, f := range s.sight.files {
		if outside(name) {
			continue
		}
		w := Written{Value: toWord(f.text), Printers: s.placed(printersOf(f.text))}
		if f.gone {
			w = Written{Value: model.Value{State: model.Absent}}
		}
		out[name] = w
	}
	return out
}

func (s Seen) placed(records []int) []int {
	var out []int
	for _, r := range records {
		at, ok := s.place[r]
		if !ok {
			return nil
		}
		out = append(out, at)
	}
	return out
}

// printersOf lists the records of which a text is all that they print, blank lines aside;
// nil for any other text.
func printersOf(s sym) []int {
	var out []int
	for _, p := range s {
		switch {
		case p.unk == nil && isBlankText(p.text):
		case p.unk == nil || p.unk.prints == nil || p.unk.prints.doubtful:
			return nil
		default:
			out = append(out, p.unk.prints.record)
		}
	}
	return out
}

func isBlankText(text string) bool {
	for i := range len(text) {
		if text[i] != '\n' && text[i] != ' ' {
			return false
		}
	}
	return true
}
