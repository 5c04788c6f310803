package compose

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/model"
)

// TestTable goes through what decides who receives what, one construct at a time, and asks compose-go
// about each.
func TestTable(t *testing.T) {
	base := "services:\n  web:\n    image: x\n"
	env := func(lines string) string {
		return base + "    environment:\n" + strings.ReplaceAll("\n"+lines, "\n", "\n      ")[1:] + "\n"
	}
	cases := []struct {
		name  string
		files map[string]string
		set   sample
		want  string
	}{
		{"a mapping", map[string]string{"compose.yaml": env("A: one\nB: ${B}\nN: 5\nT: true")}, sample{env: map[string]string{"B": "set"}}, "web: A=one B=set N=5 T=true"},
		{"a list", map[string]string{"compose.yaml": env("- A=one\n- B\n- C=$$X\n- A=two")}, sample{env: map[string]string{"B": "set"}}, "web: A=two B=set C=$X"},
		{"a bare name that nobody sets", map[string]string{"compose.yaml": env("A:\nB: ")}, sample{}, "web: A- B-"},
		{"numbers that are written oddly", map[string]string{"compose.yaml": env("A: 0777\nB: 1e3\nC: 1.10\nD: 2024-01-01\nE: True")}, sample{}, "web: A? B? C? D? E?"},
		{"defaults", map[string]string{"compose.yaml": env("A: ${X:-d}\nB: ${E-d}\nC: ${E:-d}\nD: ${X:+s}\nF: ${S:+s}\nG: ${X:-${Y:-z}}!")},
			sample{env: map[string]string{"E": "", "S": "s"}}, "web: A=d B= C=d D= F=s G=z!"},
		{"a required variable", map[string]string{"compose.yaml": env("A: ${X:?is needed}")}, sample{}, "stops"},
		{"no expansion", map[string]string{"compose.yaml": env("A: ${X!}")}, sample{}, "stops"},
		{"the file of variables beside it", map[string]string{"compose.yaml": env("A: ${A}\nB: ${B}"), ".env": "A=file\nB=file\n"},
			sample{env: map[string]string{"B": "process"}}, "web: A=file B=process"},
		{"a file of variables that git ignores", map[string]string{"compose.yaml": env("A: ${A:-d}\nB: ${B:-d}"), ".gitignore": "# local\n*.env\n"},
			sample{env: map[string]string{"B": "process"}}, "web: A? B=process"},
		{"other files of variables", map[string]string{"compose.yaml": env("A: ${A}\nB: ${B}"), ".env": "A=file\nB=file\n", "a.env": "A=a\nB=a\n", "b.env": "B=$A!\n"},
			sample{envFiles: []string{"a.env", "b.env"}}, "web: A=a B=a!"},
		{"a directory below", map[string]string{"deploy/compose.yaml": env("A: ${A}"), ".env": "A=root\n", "deploy/.env": "A=below\n"},
			sample{configs: []string{"deploy/compose.yaml"}}, "web: A=below"},
		{"env_file", map[string]string{"compose.yaml": base + "    env_file: [a.env, {path: b.env, required: false}, {path: none.env, required: false}]\n    environment: {B: own, D: null}\n",
			"a.env": "A=a\nB=a\nC=a\nD=a\n", "b.env": "C=${A}b\n"}, sample{}, "web: A=a B=own C=ab D-"},
		{"env_file sees the process first", map[string]string{"compose.yaml": base + "    env_file: a.env\n    environment: {X: own}\n", "a.env": "A=1\nB=$A\nC=$X\n"},
			sample{env: map[string]string{"A": "outer"}}, "web: A=1 B=outer C=own X=own"},
		{"env_file as it is written", map[string]string{"compose.yaml": base + "    env_file: [{path: a.env, format: raw}]\n", "a.env": "A='q $X'\nB\n"},
			sample{env: map[string]string{"B": "process"}}, "web: A='q $X' B=process"},
		{"files laid over each other", map[string]string{"compose.yaml": env("A: one\nB: one"), "over.yaml": env("- B=two\n- C=two")},
			sample{configs: []string{"compose.yaml", "over.yaml"}}, "web: A=one B=two C=two"},
		{"the override file", map[string]string{"compose.yaml": env("A: one"), "compose.override.yml": env("A: two")}, sample{configs: []string{}}, "web: A=two"},
		{"reset and override", map[string]string{"compose.yaml": env("A: one\nB: one") + "  job:\n    image: x\n    environment: {A: job}\n",
			"over.yaml": "services:\n  web:\n    environment: {A: !reset null, C: two}\n  job:\n    environment: !override {D: four}\n"},
			sample{configs: []string{"compose.yaml", "over.yaml"}}, "job: D=four web: B=one C=two"},
		{"tags within tags", map[string]string{"compose.yaml": env("A: one"), "over.yaml": "services:\n  web:\n    environment: !override {A: !reset null, C: two}\n"},
			sample{configs: []string{"compose.yaml", "over.yaml"}}, "web: C?"},
		{"anchors", map[string]string{"compose.yaml": "x-env: &e {A: shared, B: shared}\nservices:\n  web:\n    image: x\n    environment:\n      <<: *e\n      B: own\n"}, sample{}, "web: A=shared B=own"},
		{"extends", map[string]string{"compose.yaml": base + "    extends: {file: sub/base.yaml, service: app}\n    environment: {B: own}\n",
			"sub/base.yaml": "services:\n  app:\n    extends: root\n    env_file: a.env\n    environment: {B: base, C: base}\n  root:\n    environment: {D: '${X:-root}'}\n", "sub/a.env": "A=sub\n"},
			sample{}, "web: A=sub B=own C=base D=root"},
		{"extends itself", map[string]string{"compose.yaml": base + "    extends: web\n"}, sample{}, "stops"},
		{"include", map[string]string{"compose.yaml": "include: [sub/part.yaml]\n" + env("A: ${A}"), "sub/part.yaml": "services:\n  job:\n    image: x\n    environment: [A, 'B=${A}']\n", "sub/.env": "A=sub\n", ".env": "Z=1\n"},
			sample{}, "job: A=sub B=sub web: A="},
		{"include from elsewhere", map[string]string{"compose.yaml": "include: ['https://example.com/shop.git']\n" + env("A: one")}, sample{}, "web: A=one lost"},
		{"profiles", map[string]string{"compose.yaml": env("A: one") + "  job:\n    image: x\n    profiles: [ops]\n    environment: {B: job}\n"}, sample{}, "web: A=one"},
		{"a profile that is on", map[string]string{"compose.yaml": env("A: one") + "  job:\n    image: x\n    profiles: [ops]\n    environment: {B: job}\n"}, sample{profiles: []string{"ops"}}, "job: B=job web: A=one"},
		{"a profile of the file of variables", map[string]string{"compose.yaml": env("A: one") + "  job:\n    image: x\n    profiles: [ops]\n    environment: {B: job}\n", ".env": "COMPOSE_PROFILES=dev, ops\n"},
			sample{}, "job: B=job web: A=one"},
		{"a service by its name", map[string]string{"compose.yaml": env("A: one") + "    depends_on: [db]\n  db:\n    image: x\n    environment: {C: db}\n  job:\n    image: x\n    environment: {B: job}\n"},
			sample{services: []string{"web"}}, "db: C=db web: A=one"},
		{"the files that a variable names", map[string]string{"other.yaml": env("A: other"), ".env": "COMPOSE_FILE=other.yaml\n"}, sample{configs: []string{}}, "web: A=other"},
		{"a missing env_file", map[string]string{"compose.yaml": env("A: one") + "    env_file: none.env\n"}, sample{}, "web: A=one rest"},
		{"a missing file", map[string]string{}, sample{}, "lost"},
		{"two documents", map[string]string{"compose.yaml": env("A: one") + "---\n" + env("A: two")}, sample{}, "lost"},
		{"a field that stands twice", map[string]string{"compose.yaml": env("A: one") + "    environment: {A: two}\n"}, sample{}, "stops"},
		{"an env_file above", map[string]string{"deploy/compose.yaml": base + "    env_file: ../a.env\n", "a.env": "A=above\n"}, sample{configs: []string{"deploy/compose.yaml"}}, "web: A=above"},
		{"a name in a text", map[string]string{"compose.yaml": env("- ${N}=one")}, sample{env: map[string]string{"N": "NAME"}}, "web: NAME=one"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := c.set
			s.files = c.files
			if s.configs == nil {
				s.configs = []string{"compose.yaml"}
			}
			var sum tally
			s.compare(t, &sum)
			if diff := cmp.Diff(c.want, told(s.run(t, s.write(t)))); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// told writes a result on one line: what is known, what is absent (-) and what is not known (?).
func told(r Result) string {
	var words []string
	for _, p := range r.Problems {
		if p.Stops {
			return "stops"
		}
	}
	for _, c := range r.Consumers {
		words = append(words, c.Workload+":")
		for name, v := range c.Env.All() {
			switch v.State {
			case model.Known:
				name += "=" + v.Text.Reveal()
			case model.Absent:
				name += "-"
			default:
				name += "?"
			}
			words = append(words, name)
		}
		if rest := c.Env.Rest(); rest.State == model.Unknown && rest.Needs != model.ImageSets && r.Lost == nil && !strings.HasSuffix(words[len(words)-1], "?") {
			words = append(words, "rest")
		}
	}
	if r.Lost != nil {
		words = append(words, "lost")
	}
	return strings.Join(words, " ")
}

// TestUnknown: what is not known stays so, with what is known beside it.
func TestUnknown(t *testing.T) {
	s := sample{files: map[string]string{"compose.yaml": "services:\n  web:\n    env_file: a.env\n    environment: {A: '${K}', B: 'x-${K}', C: '${K:-d}', D: '${K:+d}', E: '${E:-e}', F: \"${K:?}\"}\n", "a.env": "G=$K\nH=1\n"}}
	secret := model.UnknownBecause(model.WhyCISecret, "the secret K", model.Trail{})
	dir := s.write(t)
	for name, env := range map[string]model.Env{
		"A? B? C? D? E=e F? G? H=1": model.NewEnv(map[string]model.Value{"K": secret}),
		"A? B? C? D? E? F? G? H=1":  model.Env{}.WithRest(secret),
	} {
		in := s.step(t, dir)
		in.Env = env
		if diff := cmp.Diff("web: "+name, told(Run(in))); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	}
}

// TestOneService: what `run -e` gives wins, for the one service alone.
func TestOneService(t *testing.T) {
	s := sample{files: map[string]string{"compose.yaml": "services:\n  web:\n    environment: {A: one, B: one}\n    depends_on: [db]\n  db:\n    environment: {A: db}\n"}, services: []string{"web"}}
	in := s.step(t, s.write(t))
	vars := model.NewEnv(map[string]model.Value{"B": model.KnownText("flag", model.Hop{}), "C": model.KnownText("flag", model.Hop{})})
	in.Vars = &vars
	if diff := cmp.Diff("db: A=db web: A=one B=flag C=flag", told(Run(in))); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	in.Alone = true
	if diff := cmp.Diff("web: A=one B=flag C=flag", told(Run(in))); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	why := model.UnknownBecause(model.WhyUnsupported, "which way the script goes", model.Trail{})
	in.Doubt = &why
	if diff := cmp.Diff("web: A? B? C?", told(Run(in))); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestWrittenElsewhere: a file that something may have written is no file that is not there.
func TestWrittenElsewhere(t *testing.T) {
	s := sample{files: map[string]string{"compose.yaml": "services: {web: {env_file: [{path: app.env, required: false}], environment: {A: '${A:-d}'}}}\n"}}
	in := s.step(t, s.write(t))
	for unsure, want := range map[string]string{"": "web: A=d", ".env": "web: A?", "app.env": "web: A=d rest"} {
		in.Unsure = []string{unsure}
		if diff := cmp.Diff(want, told(Run(in))); diff != "" {
			t.Errorf("%s (-want +got)\n%s", unsure, diff)
		}
	}
}

// TestJourney: every value says where it comes from, and what it replaced.
func TestJourney(t *testing.T) {
	s := sample{files: map[string]string{
		"compose.yaml": "services:\n  web:\n    env_file: a.env\n    environment:\n      KEY: ${KEY}\n      LITERAL: k-CANARY-text\n    secrets: [pay]\nsecrets:\n  pay: {file: pay.txt}\n",
		".env":         "KEY=k-CANARY-env\n", "a.env": "KEY=k-CANARY-file\n", "pay.txt": "k-CANARY-pay",
	}}
	c := Run(s.step(t, s.write(t))).Consumers[0]
	for name, want := range map[string]string{
		"KEY": ".env:1:1 dotenv KEY, compose.yaml:5:12 compose environment KEY; a.env:1:1", "LITERAL": "compose.yaml:6:16 compose environment LITERAL", "/run/secrets/pay": "pay.txt:1:1 file the whole file, compose.yaml:7:15 compose secrets pay",
	} {
		v := c.Env.Get(name)
		if strings.HasPrefix(name, "/") {
			v = c.Files.Get(name)
		}
		var hops []string
		for _, h := range v.Trail.Hops() {
			hops = append(hops, h.At.String()+" "+h.Kind+" "+h.What)
		}
		got := strings.Join(hops, ", ")
		for _, l := range v.Losers {
			got += "; " + l.At().String()
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}
