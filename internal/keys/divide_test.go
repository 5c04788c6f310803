package keys

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/secret"
)

// many makes slots of several environments and workloads, some of which share a text.
func many(n, texts int) []Slot {
	slots := make([]Slot, 0, n)
	for i := range n {
		s := Slot{Environment: fmt.Sprintf("env-%d", i%3), Variable: fmt.Sprintf("KEY_%d", i%7), Consumer: model.Consumer{Kind: "kubernetes", Workload: fmt.Sprintf("Deployment/app-%03d", i)}}
		if i%5 != 0 {
			s.Value = model.Value{State: model.Known, Text: secret.New(fmt.Sprintf("CANARY%d", i%texts))}
		}
		slots = append(slots, s)
	}
	return slots
}

func TestDivide(t *testing.T) {
	slots := many(200, 60)
	for n := 1; n <= 9; n++ {
		d := Divide(slots, n, "")
		where := map[string]int{}
		load := map[int]map[string]bool{}
		for i, s := range slots {
			part := d.Parts[i]
			if part < 1 || part > n {
				t.Fatalf("%d parts: slot %d is in part %d", n, i, part)
			}
			if s.Value.State != model.Known {
				continue
			}
			text := s.Value.Text.Reveal()
			if had, seen := where[text]; seen && had != part {
				t.Fatalf("%d parts: one key is in part %d and in part %d", n, had, part)
			}
			where[text] = part
			if load[part] == nil {
				load[part] = map[string]bool{}
			}
			load[part][text] = true
		}
		for part := 1; part <= n; part++ {
			if got := len(load[part]); got < len(where)/n || got > len(where)/n+1 {
				t.Errorf("%d parts: part %d has %d of %d keys", n, part, got, len(where))
			}
		}
	}
}

// TestDivideGoesByNames: other texts of the same pattern, and another order of the slots, give
// the same parts; another pattern gives another plan.
func TestDivideGoesByNames(t *testing.T) {
	slots := many(100, 30)
	want := Divide(slots, 4, "")
	others := slices.Clone(slots)
	for i := range others {
		if v := &others[i].Value; v.State == model.Known {
			v.Text = secret.New("CANARYother" + v.Text.Reveal())
		}
	}
	if got := Divide(others, 4, ""); !slices.Equal(got.Parts, want.Parts) || got.Plan != want.Plan {
		t.Error("the parts depend on the texts")
	}
	order := rand.New(rand.NewPCG(1, 2)).Perm(len(slots))
	shuffled := make([]Slot, len(slots))
	for to, from := range order {
		shuffled[to] = slots[from]
	}
	got := Divide(shuffled, 4, "")
	for to, from := range order {
		if got.Parts[to] != want.Parts[from] {
			t.Fatal("the parts depend on the order of the slots")
		}
	}
	if got.Plan != want.Plan {
		t.Error("the plan depends on the order of the slots")
	}
	if Divide(many(100, 29), 4, "").Plan == want.Plan || Divide(slots, 5, "").Plan == want.Plan {
		t.Error("another division has the same plan")
	}
}

// TestPlanTellsStatesApart: the parts of one plan are of one commit, and their values come from
// the same places.
func TestPlanTellsStatesApart(t *testing.T) {
	slots := many(10, 3)
	want := Divide(slots, 2, "abc").Plan
	if Divide(slots, 2, "abc").Plan != want || Divide(slots, 2, "abd").Plan == want {
		t.Error("the plan does not go by the commit")
	}
	for name, change := range map[string]func(*Slot){
		"another place": func(s *Slot) {
			s.Value.Trail = model.Trail{}.Append(model.Hop{Kind: "dotenv", What: "KEY", At: pos.Span{File: ".env", Start: pos.Pos{Line: 2, Column: 1}}})
		},
		"no value": func(s *Slot) { s.Value.State = model.Absent },
	} {
		changed := slices.Clone(slots)
		change(&changed[0]) // its value is not known, so that the parts stay
		if Divide(changed, 2, "abc").Plan == want {
			t.Errorf("%s: the plan is the same", name)
		}
	}
	longer := slices.Clone(slots)
	for i, end := range []int{20, 90} { // the length of a text
		longer[0].Value.Trail = model.Trail{}.Append(model.Hop{At: pos.Span{File: ".env", Start: pos.Pos{Line: 1, Column: 1}, End: pos.Pos{Line: 1, Column: end}}})
		if plan := Divide(longer, 2, "abc").Plan; i == 0 {
			want = plan
		} else if plan != want {
			t.Error("the plan tells how long a text is")
		}
	}
}

func TestDivideKeepsTogetherWhatReportsCannotTellApart(t *testing.T) {
	process := func(variable string, also ...string) Slot {
		s := Slot{Environment: "staging", Variable: variable, Consumer: model.Consumer{Kind: "process", Workload: "./app"}}
		for _, name := range also {
			s.Also = append(s.Also, model.Consumer{Kind: "process", Workload: name})
		}
		return s
	}
	one, two := process("KEY"), process("KEY")
	two.Consumer.Namespace = "other"
	three := process("KEY", "./job")
	three.Consumer.Workload = "./more"
	four := process("KEY")
	four.Consumer.Workload = "./job"
	d := Divide([]Slot{one, two, three, four, process("OTHER")}, 3, "")
	if d.Parts[0] != d.Parts[1] || d.Parts[2] != d.Parts[3] || d.Parts[0] == d.Parts[4] {
		t.Errorf("parts %v", d.Parts)
	}
	if got := Divide(nil, 3, ""); len(got.Parts) != 0 || got.Plan == "" {
		t.Errorf("of nothing: %+v", got)
	}
}

func BenchmarkDivide(b *testing.B) {
	slots := many(25_000, 5_000)
	for b.Loop() {
		Divide(slots, 16, "")
	}
}
