package keys

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/resolve"
	"github.com/keyfit/keyfit/internal/strict"
)

func known(kind, text string) model.Value {
	return model.KnownText(text, model.Hop{At: pos.Span{File: "f", Start: pos.Pos{Line: 1, Column: 1}}, Kind: kind, What: "X"})
}

func unknown() model.Value {
	return model.UnknownBecause(model.WhyCommandOutput, "a run", model.Trail{})
}

func consumer(workload string, vars map[string]model.Value) model.Consumer {
	return model.Consumer{Kind: model.ConsumerProcess, Workload: workload, Env: model.NewEnv(vars)}
}

type vars = map[string]model.Value

const stripeKey = "sk_test_51CANARY0123456789abcdefghij0123456789abcdefghij0123456789abcdefghij"

// show writes a slot the way a reader would say it.
func show(s Slot) string {
	p := "nobody"
	if s.Provider != nil {
		p = s.Provider.ID
	}
	out := fmt.Sprintf("%s/%s/%s %s %s", s.Environment, s.Consumer.Workload, s.Variable, s.Value.State, p)
	for _, c := range s.Also {
		out += " +" + c.Workload
	}
	return out
}

// TestFiles: a mounted file is a slot when a declared key is called like it, or when its
// text has the form of a key; and it stands for the variable that is then not missing.
func TestFiles(t *testing.T) {
	pod := func(namespace, workload, container string, env, files vars) model.Consumer {
		return model.Consumer{
			Kind: model.ConsumerKubernetes, Namespace: namespace, Workload: workload, Container: container,
			Env: model.NewEnv(env), Files: model.NewEnv(files),
		}
	}
	api := pod("shop", "Deployment/api", "web", vars{"PAYMENT_API_USER": known("manifest", "u")}, vars{
		"/etc/keys/payment-api-key.txt": known("manifest", "k-CANARY"),
		"/etc/keys/other":               known("manifest", stripeKey),
		"/etc/keys/notes":               known("manifest", "hello"),
		"/etc/keys/stripe-secret-key":   unknown(),
		"/etc/keys/crm.key":             unknown(),
	})
	tests := []struct {
		name string
		keys map[string]*config.Key
		want []string
	}{
		{name: "by form alone", want: []string{"staging/Deployment/api//etc/keys/other known stripe"}},
		{
			name: "declared",
			keys: map[string]*config.Key{"PAYMENT_API_KEY": {}, "STRIPE_SECRET_KEY": {}, "CRM_KEY": {}, "GONE": {}},
			want: []string{
				"staging/Deployment/api//etc/keys/crm.key unknown nobody",
				"staging/Deployment/api//etc/keys/other known stripe",
				"staging/Deployment/api//etc/keys/payment-api-key.txt known nobody",
				"staging/Deployment/api//etc/keys/stripe-secret-key unknown stripe",
				"staging/Deployment/api/GONE absent nobody",
			},
		},
		{
			name: "for another namespace",
			keys: map[string]*config.Key{"PAYMENT_API_KEY": {Consumers: []string{"billing/Deployment/api"}}},
			want: []string{"staging/Deployment/api//etc/keys/other known stripe", "staging/billing/Deployment/api/PAYMENT_API_KEY absent nobody"},
		},
		{
			name: "for the container",
			keys: map[string]*config.Key{"PAYMENT_API_KEY": {Consumers: []string{"Deployment/api/web", "shop/Deployment/*", "*/web"}}},
			want: []string{"staging/Deployment/api//etc/keys/other known stripe", "staging/Deployment/api//etc/keys/payment-api-key.txt known nobody"},
		},
	}
	api.Env = api.Env.WithRest(model.UnknownBecause(model.WhyRemoteState, model.ImageSets, model.Trail{}))
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			slots := Select(Input{
				Environments: []resolve.Environment{{Name: "staging", Consumers: []model.Consumer{api}}},
				Config:       &config.File{Keys: test.keys}, Catalogue: provider.Catalogue(),
			})
			var got []string
			for _, s := range slots {
				got = append(got, show(s))
				if s.File != strings.HasPrefix(s.Variable, "/") {
					t.Errorf("%s is a file: %v", s.Variable, s.File)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestNobodyStarts: a declared key that nothing could receive is missing all the same.
// TestPairsAreNotMixed: of two pairs, each secret goes with the id that is called like it.
func TestPairsAreNotMixed(t *testing.T) {
	names := []string{"AWS_ACCESS_KEY_ID", "BACKUP_AWS_ACCESS_KEY_ID", "PAYPAL_LIVE_CLIENT_ID", "PAYPAL_SANDBOX_CLIENT_ID"}
	same := func(name string) string { return name }
	for _, c := range []struct {
		variable, want string
		globs          []string
	}{
		{"AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID", []string{"*AWS_ACCESS_KEY_ID*"}},
		{"BACKUP_AWS_SECRET_ACCESS_KEY", "BACKUP_AWS_ACCESS_KEY_ID", []string{"*AWS_ACCESS_KEY_ID*"}},
		{"PAYPAL_SANDBOX_SECRET", "PAYPAL_SANDBOX_CLIENT_ID", []string{"*PAYPAL*CLIENT_ID*"}},
		{"PAYPAL_LIVE_SECRET", "PAYPAL_LIVE_CLIENT_ID", []string{"*PAYPAL*CLIENT_ID*"}},
		{"PAYPAL_LIVE_CLIENT_ID", "PAYPAL_SANDBOX_CLIENT_ID", []string{"*PAYPAL*CLIENT_ID*"}},
		{"PAYPAL_SECRET", "PAYPAL_LIVE_CLIENT_ID", []string{"*PAYPAL*CLIENT_ID*"}},
		{"STRIPE_KEY", "", []string{"*STRIPE*ID"}},
	} {
		if got := likest(c.variable, names, c.globs, same); got != c.want {
			t.Errorf("%s goes with %q, want %q", c.variable, got, c.want)
		}
	}
}

func TestNobodyStarts(t *testing.T) {
	lost := model.UnknownBecause(model.WhyMissingFile, "the chart", model.Trail{})
	other := consumer("app", vars{"OTHER": known("dotenv", "hello")})
	for _, test := range []struct {
		name string
		env  resolve.Environment
		want string
	}{
		{"nobody", resolve.Environment{Name: "staging"}, "staging//GONE absent nobody, staging/Deployment/api/NAMED absent nobody"},
		{"not all is known", resolve.Environment{Name: "staging", Lost: &lost}, "staging//GONE unknown nobody, staging/Deployment/api/NAMED unknown nobody"},
		{"another may receive it", resolve.Environment{Name: "staging", Lost: &lost, Consumers: []model.Consumer{other}}, "staging//GONE unknown nobody, staging/Deployment/api/NAMED unknown nobody"},
	} {
		var got []string
		for _, slot := range Select(Input{
			Environments: []resolve.Environment{test.env},
			Config:       &config.File{Keys: map[string]*config.Key{"GONE": {}, "NAMED": {Consumers: []string{"Deployment/api"}}}}, Catalogue: provider.Catalogue(),
		}) {
			got = append(got, show(slot))
		}
		if diff := cmp.Diff(test.want, strings.Join(got, ", ")); diff != "" {
			t.Errorf("%s (-want +got)\n%s", test.name, diff)
		}
	}
}

func TestSelect(t *testing.T) {
	gateway := &provider.Provider{ID: "gateway", Custom: true}
	tests := []struct {
		name      string
		consumers []model.Consumer
		keys      map[string]*config.Key
		want      []string
	}{
		{
			name:      "recognised by form, whatever the name",
			consumers: []model.Consumer{consumer("app", vars{"ODD": known("dotenv", stripeKey), "OTHER": known("dotenv", "hello")})},
			want:      []string{"staging/app/ODD known stripe"},
		},
		{
			name:      "a form that several vendors have",
			consumers: []model.Consumer{consumer("app", vars{"ODD": known("dotenv", stripeKey[:34]), "PAYMONGO_SECRET_KEY": known("dotenv", stripeKey[:34])})},
			want:      []string{"staging/app/ODD known stripe"}, // and not sent
		},
		{
			name:      "recognised by name, even when unknown",
			consumers: []model.Consumer{consumer("app", vars{"STRIPE_SECRET_KEY": unknown()})},
			want:      []string{"staging/app/STRIPE_SECRET_KEY unknown stripe"},
		},
		{
			name:      "without declared keys, those of the process count",
			consumers: []model.Consumer{consumer("app", vars{"STRIPE_SECRET_KEY": known("process", stripeKey)})},
			want:      []string{"staging/app/STRIPE_SECRET_KEY known stripe"},
		},
		{
			name:      "with declared keys, the job's other credentials are not the deploy's",
			consumers: []model.Consumer{consumer("app", vars{"STRIPE_SECRET_KEY": known("process", stripeKey), "K": known("process", "k-CANARY")})},
			keys:      map[string]*config.Key{"K": {Provider: strict.At[string]{Value: "gateway"}}},
			want:      []string{"staging/app/K known gateway"},
		},
		{
			name:      "with declared keys, a key that a file brings counts all the same",
			consumers: []model.Consumer{consumer("app", vars{"STRIPE_SECRET_KEY": known("dotenv", stripeKey), "K": known("process", "k-CANARY")})},
			keys:      map[string]*config.Key{"K": {Provider: strict.At[string]{Value: "gateway"}}},
			want:      []string{"staging/app/K known gateway", "staging/app/STRIPE_SECRET_KEY known stripe"},
		},
		{
			name:      "commands that receive the same in the same way are one",
			consumers: []model.Consumer{consumer("docker", vars{"K": known("shell", "k-CANARY")}), consumer("helm", vars{"K": known("shell", "k-CANARY")})},
			keys:      map[string]*config.Key{"K": {}},
			want:      []string{"staging/docker/K known nobody +helm"},
		},
		{
			name:      "commands that receive different values are not",
			consumers: []model.Consumer{consumer("docker", vars{"K": known("shell", "k-CANARY-1")}), consumer("helm", vars{"K": known("shell", "k-CANARY-2")})},
			keys:      map[string]*config.Key{"K": {}},
			want:      []string{"staging/docker/K known nobody", "staging/helm/K known nobody"},
		},
		{
			name:      "a declared key that nobody supplies",
			consumers: []model.Consumer{consumer("app", nil)},
			keys:      map[string]*config.Key{"K": {}},
			want:      []string{"staging/app/K absent nobody"},
		},
		{
			name:      "one receiver is enough when nobody in particular is named",
			consumers: []model.Consumer{consumer("a", nil), consumer("b", vars{"K": known("shell", "k-CANARY")})},
			keys:      map[string]*config.Key{"K": {}},
			want:      []string{"staging/b/K known nobody"},
		},
		{
			name:      "no receiver of several is one missing key",
			consumers: []model.Consumer{consumer("a", nil), consumer("b", nil)},
			keys:      map[string]*config.Key{"K": {}},
			want:      []string{"staging//K absent nobody"},
		},
		{
			name:      "named consumers must each receive it, and exist",
			consumers: []model.Consumer{consumer("web-1", nil), consumer("web-2", vars{"K": known("shell", "k-CANARY")}), consumer("x", vars{"K": known("shell", "k-CANARY")})},
			keys:      map[string]*config.Key{"K": {Consumers: []string{"web-*", "worker"}}},
			want:      []string{"staging/web-1/K absent nobody", "staging/web-2/K known nobody", "staging/worker/K absent nobody"},
		},
		{
			name: "something unknown may have set it",
			consumers: []model.Consumer{{
				Kind: model.ConsumerProcess, Workload: "app", Env: model.Env{}.WithRest(unknown()),
			}},
			keys: map[string]*config.Key{"K": {}},
			want: []string{"staging/app/K unknown nobody"},
		},
		{
			name: "something unknown may have set it, for one of several",
			consumers: []model.Consumer{consumer("a", nil), {
				Kind: model.ConsumerProcess, Workload: "b", Env: model.Env{}.WithRest(unknown()),
			}},
			keys: map[string]*config.Key{"K": {}},
			want: []string{"staging//K unknown nobody"},
		},
		{
			name:      "a variable that is unset on the way",
			consumers: []model.Consumer{consumer("app", vars{"K": {State: model.Absent}, "STRIPE_API_KEY": {State: model.Absent}})},
			keys:      map[string]*config.Key{"K": {}},
			want:      []string{"staging/app/K absent nobody"},
		},
		{
			name:      "not needed in this environment",
			consumers: []model.Consumer{consumer("app", vars{"K": known("shell", "k-CANARY")})},
			keys:      map[string]*config.Key{"K": {Environments: []strict.At[string]{{Value: "production"}}}},
			want:      nil,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			slots := Select(Input{
				Environments: []resolve.Environment{{Name: "staging", Consumers: tt.consumers}},
				Config:       &config.File{Keys: tt.keys, Providers: map[string]*provider.Provider{"gateway": gateway}},
				Catalogue:    provider.Catalogue(),
			})
			var got []string
			for _, s := range slots {
				got = append(got, show(s))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("slots (-want +got):\n%s", diff)
			}
		})
	}
}

func TestStranger(t *testing.T) {
	c := provider.Catalogue()
	stripe, _ := c.Get("stripe")
	gateway := &provider.Provider{ID: "gateway", Custom: true}
	like := &provider.Provider{ID: "mine", Custom: true, Extends: "stripe"}
	tests := []struct {
		name string
		slot Slot
		want string
	}{
		{"a Stripe key for the gateway", Slot{Provider: gateway, Value: known("dotenv", stripeKey)}, "stripe"},
		{"the gateway's own key", Slot{Provider: gateway, Value: known("dotenv", "k-CANARY")}, ""},
		{"a Stripe key for Stripe", Slot{Provider: stripe, Form: &stripe.Forms[0], Value: known("dotenv", stripeKey)}, ""},
		{"an API that takes Stripe's keys", Slot{Provider: like, Value: known("dotenv", stripeKey)}, ""},
		{"nobody's slot", Slot{Value: known("dotenv", stripeKey)}, ""},
		{"nothing known", Slot{Provider: gateway, Value: unknown()}, ""},
	}
	for _, tt := range tests {
		got := ""
		if p := Stranger(tt.slot, c, nil); p != nil {
			got = p.ID
		}
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestNoTextInSlots: whatever is printed of a slot, its text is not.
func TestNoTextInSlots(t *testing.T) {
	s := Slot{Variable: "K", Value: known("dotenv", "k-CANARY"), Slots: map[string]Companion{"U": {Value: known("dotenv", "u-CANARY")}}}
	if out := fmt.Sprintf("%v %+v %#v", s, s, s); strings.Contains(out, "CANARY") {
		t.Error("a slot printed its text")
	}
}

// TestTokenOfTheRun: what a CI system makes for one run is a slot only where it is declared.
func TestTokenOfTheRun(t *testing.T) {
	env := resolve.Environment{Name: "staging", Consumers: []model.Consumer{
		consumer("api", vars{"GITHUB_TOKEN": model.UnknownBecause(model.WhyCISecret, model.RunToken, model.Trail{})}),
	}}
	for name, tt := range map[string]struct {
		keys map[string]*config.Key
		want int
	}{
		"recognised": {want: 0},
		"declared":   {keys: map[string]*config.Key{"GITHUB_TOKEN": {}}, want: 1},
	} {
		slots := Select(Input{Environments: []resolve.Environment{env}, Config: &config.File{Keys: tt.keys}, Catalogue: provider.Catalogue()})
		if len(slots) != tt.want {
			t.Errorf("%s: %d slots, want %d", name, len(slots), tt.want)
		}
	}
}

// TestLackingBehindTools: a declared key that only keyfit and a tool receive, whose line names the
// variables that it hands on, is missing where it should arrive.
func TestLackingBehindTools(t *testing.T) {
	place := pos.Span{File: "deploy.sh", Start: pos.Pos{Line: 1, Column: 1}}
	own, tool, app := consumer("keyfit", vars{"PAYMENT_KEY": known("workflow", stripeKey)}), consumer("docker", vars{"PAYMENT_KEY": known("workflow", stripeKey)}), consumer("app", vars{})
	own.Self, tool.StandsIn, tool.Unshown, tool.At, app.At = true, true, model.NotNamed, place, place
	env := resolve.Environment{Name: "staging", Consumers: []model.Consumer{own, tool, app}}
	slots := Select(Input{Environments: []resolve.Environment{env}, Config: &config.File{Keys: map[string]*config.Key{"PAYMENT_KEY": {}}}, Catalogue: provider.Catalogue()})
	if len(slots) != 1 || slots[0].Consumer.Workload != "app" || slots[0].Value.State != model.Absent {
		t.Errorf("got %v, want the key that the app lacks", slots)
	}
}

// TestProxies: keyfit's own step counts only where nothing else receives a variable of the name, a
// tool that stands for what it deploys only where nothing else receives the same, and a tool that
// starts a container with the variables that its line names hands on no other.
func TestProxies(t *testing.T) {
	good := known("workflow", stripeKey)
	bad := model.KnownText("sk_test_51CANARYother0123456789abcdef", model.Hop{At: pos.Span{File: "f", Start: pos.Pos{Line: 2, Column: 1}}, Kind: "workflow", What: "X"})
	unknown := model.UnknownBecause(model.WhyCISecret, "x", model.Trail{})
	own := func(v model.Value) model.Consumer {
		c := consumer("keyfit", vars{"STRIPE_SECRET_KEY": v})
		c.Self = true
		return c
	}
	app := func(v model.Value) model.Consumer { return consumer("app", vars{"STRIPE_SECRET_KEY": v}) }
	at := func(c model.Consumer, line int) model.Consumer {
		c.At = pos.Span{File: "deploy.sh", Start: pos.Pos{Line: line, Column: 1}}
		return c
	}
	tool := func(v model.Value, line int) model.Consumer {
		c := at(consumer("docker", vars{"STRIPE_SECRET_KEY": v}), line)
		c.StandsIn, c.Unshown = true, model.NotNamed
		return c
	}
	unfollowed := func(c model.Consumer) model.Consumer {
		c.Unshown = "what it deploys is not followed"
		return c
	}
	login := func(c model.Consumer) model.Consumer {
		c.Logins = []string{"STRIPE_SECRET_KEY"}
		return c
	}
	for name, tt := range map[string]struct {
		consumers []model.Consumer
		want      string
	}{
		"the same":                 {[]model.Consumer{own(good), app(good)}, "app"},
		"another key":              {[]model.Consumer{own(bad), app(good)}, "app"},
		"the deploy's is unknown":  {[]model.Consumer{own(good), app(unknown)}, "app"},
		"both are unknown":         {[]model.Consumer{own(unknown), app(unknown)}, "app"},
		"its own alone is unknown": {[]model.Consumer{own(unknown), app(good)}, "app"},
		"nothing else":             {[]model.Consumer{own(good)}, "keyfit"},
		"the others lack it":       {[]model.Consumer{own(good), consumer("app", vars{"OTHER": bad})}, "app keyfit"},
		"they find it absent":      {[]model.Consumer{own(good), app(model.Value{State: model.Absent})}, "keyfit"},
		"a tool of the cluster":    {[]model.Consumer{own(good), tool(bad, 1)}, "docker"},
		"a tool beside an app":     {[]model.Consumer{tool(bad, 1), app(good)}, "app docker"},
		"what a line hands on":     {[]model.Consumer{own(bad), tool(bad, 1), at(app(good), 1)}, "app"},
		"what no line hands on":    {[]model.Consumer{own(bad), tool(bad, 1), at(consumer("app", vars{}), 1)}, ""},
		"another line of the tool": {[]model.Consumer{tool(bad, 1), tool(bad, 2), at(app(good), 1)}, "app"},
		"a file that nobody reads": {[]model.Consumer{unfollowed(tool(bad, 1)), at(app(good), 1)}, "app docker"},
		"its login":                {[]model.Consumer{login(tool(bad, 1)), at(app(good), 1)}, "app docker"},
	} {
		slots := Select(Input{Environments: []resolve.Environment{{Name: "staging", Consumers: tt.consumers}}, Config: &config.File{}, Catalogue: provider.Catalogue()})
		var got []string
		for _, s := range slots {
			got = append(got, s.Consumer.Workload)
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}
