package report

import (
	"bytes"
	"fmt"
	"io"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
)

// outline is a page without its texts: elements and attributes in order, with those values
// that no text of a report may reach.
func outline(t *testing.T, page string) []string {
	t.Helper()
	var out []string
	for n := range parse(t, page).Descendants() {
		switch n.Type {
		case html.ElementNode:
			names := []string{n.Data}
			for _, a := range n.Attr {
				name := a.Key
				if slices.Contains([]string{"class", "id", "href", "src", "style", "type", "rel", "content"}, a.Key) {
					name += "=" + a.Val
				}
				names = append(names, name)
			}
			out = append(out, strings.Join(names, " "))
		case html.CommentNode:
			out = append(out, "comment")
		}
	}
	return out
}

func parse(t *testing.T, page string) *html.Node {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// filled is a Document with every list and every text set; text says what to.
func filled(text string) Document {
	var d Document
	fillAll(reflect.ValueOf(&d).Elem(), text)
	for i := range d.Slots {
		s := &d.Slots[i]
		s.Outcome, s.State, s.Rungs.Active = []string{Failed, Unsettled}[i], []string{"known", "unknown"}[i], "fail"
		s.Asked[0].What = "step"
	}
	for i := range d.Findings {
		d.Findings[i].Severity, d.Findings[i].ID = "error", "K301"
		d.Ignored[i].Finding.ID = "K301"
	}
	d.Summary = Summary{Environments: 1, Slots: 2, Failed: 1, Unverified: 1, Errors: 1}
	return d
}

// fillAll sets every string to text, and makes every list two long.
func fillAll(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillAll(v.Elem(), text)
	case reflect.Struct:
		for i := range v.NumField() {
			fillAll(v.Field(i), text)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fillAll(v.Index(i), text)
		}
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(3)
	case reflect.String:
		v.SetString(text)
	}
}

var htmlPayloads = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onmouseover='alert(1)`, `" autofocus onfocus="alert(1)`,
	`</style><script>alert(1)</script>`, `</script><script>alert(1)</script>`, `</title></textarea></svg><script>alert(1)</script>`,
	`<!-- `, `-->`, `]]>`, `javascript:alert(1)`, `{{.}}{{template "x"}}`, "`${alert(1)}`", `&lt;b&gt;&quot;&#0;`, `<svg/onload=alert(1)>`,
	`</details></section></main><base href="//evil.example">`, `<meta http-equiv=refresh content=0>`, "\x00\u2028\u202e<b>", `<a href=javascript:alert(1)>`, hostile,
}

// TestHTMLIsInert: whatever a report's texts say, the page has the elements and attributes
// of a page with harmless text.
func TestHTMLIsInert(t *testing.T) {
	for _, payload := range htmlPayloads {
		checkInert(t, payload)
	}
}

func checkInert(t *testing.T, payload string) {
	t.Helper()
	want := outline(t, render(t, "html", filled("harmless"), Options{}))
	got := outline(t, render(t, "html", filled("harmless"+payload), Options{}))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%q changes the page (-harmless +got):\n%s", payload, diff)
	}
}

func FuzzHTML(f *testing.F) {
	for _, payload := range htmlPayloads {
		f.Add(payload)
	}
	f.Fuzz(checkInert)
}

// TestHTMLTellsAll: every text of a report is somewhere on its page.
func TestHTMLTellsAll(t *testing.T) {
	d := Build(fleetStory(true))
	page := render(t, "html", d, Options{})
	text := textOf(parse(t, page))
	for _, s := range d.Slots {
		for _, want := range []string{s.Environment, s.Consumer, s.Variable, s.Provider, s.Fingerprint, s.Identity.Account, s.Request.RequestID, s.ValueNeeds} {
			if !strings.Contains(text, want) {
				t.Errorf("%q of %s is missing", want, s.title())
			}
		}
		for _, h := range s.Trail {
			if !strings.Contains(text, h.At.place()) || !strings.Contains(text, h.What) {
				t.Errorf("a stop of %s is missing: %s %s", s.title(), h.At, h.What)
			}
		}
	}
	for _, f := range d.Findings {
		for _, want := range []string{f.ID, f.Message, f.Fix, f.At.String()} {
			if !strings.Contains(text, want) {
				t.Errorf("%q of %s is missing", want, f.ID)
			}
		}
	}
}

func textOf(root *html.Node) string {
	var b strings.Builder
	for n := range root.Descendants() {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
	}
	return b.String()
}

// TestHTMLPolicy: the page's policy names its style and its script, and nothing in the page
// needs more than that.
func TestHTMLPolicy(t *testing.T) {
	root := parse(t, render(t, "html", Build(fleetStory(true)), Options{}))
	policy, want := "", "default-src 'none'"
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		switch n.Data {
		case "style", "script":
			want += "; " + n.Data + "-src " + sourceHash(n.FirstChild.Data)
		}
		for _, a := range n.Attr {
			if n.Data == "meta" && a.Key == "content" && strings.Contains(a.Val, "default-src") {
				policy = a.Val
			}
			checkAttribute(t, n.Data, a)
		}
	}
	if want += "; img-src data:; base-uri 'none'; form-action 'none'"; policy != want {
		t.Errorf("the policy is %s, expected %s", policy, want)
	}
}

func checkAttribute(t *testing.T, element string, a html.Attribute) {
	t.Helper()
	if a.Key == "style" || a.Key == "src" || a.Key == "srcset" || strings.HasPrefix(a.Key, "on") {
		t.Errorf("%s has the attribute %s", element, a.Key)
	}
	if a.Key != "href" {
		return
	}
	u, err := url.Parse(a.Val)
	if err != nil || u.Scheme != "" && u.Host != "github.com" && u.Scheme != "data" {
		t.Errorf("%s leads to %q", element, a.Val)
	}
}

// TestHTMLNeverCallsADoubtAPass: what could not be looked at keeps a page from being green.
func TestHTMLNeverCallsADoubtAPass(t *testing.T) {
	missing := Build(passedStory())
	missing.Unverified = append(missing.Unverified, Unverified{Reason: "unresolved", Message: "shard 2 of 2 is missing"})
	for name, d := range map[string]Document{
		"unverified": Build(unverifiedStory()), "empty": Build(emptyStory()), "nothing": Build(input()), "a missing part": missing,
	} {
		p := newHTMLPage(d)
		if p.Outcome == Passed || strings.HasPrefix(p.Sentence, "All") || p.Sentence == "The key fits" {
			t.Errorf("%s: %s: %s", name, p.Outcome, p.Sentence)
		}
		if page := render(t, "html", d, Options{}); !strings.Contains(page, p.Sentence) {
			t.Errorf("%s: the page does not say %q", name, p.Sentence)
		}
	}
	if !strings.Contains(render(t, "html", missing, Options{}), "shard 2 of 2 is missing") {
		t.Error("the page does not say what is missing")
	}
}

// TestHTMLMatrix: consumers that show the same share a row, and so do those of which each
// has an environment of its own.
func TestHTMLMatrix(t *testing.T) {
	in := input("production", "staging")
	ok := rungs("+++++")
	add := func(environment, variable, workload, text string) {
		s := slot(environment, variable, key(text))
		s.Consumer.Workload, s.Consumer.Container = workload, ""
		in.Cases = append(in.Cases, newCase(s, ok))
	}
	for _, e := range in.Environments {
		add(e, "SAME", "Deployment/a", e)
		add(e, "SAME", "Deployment/b", e)
		add(e, "OWN", "job/deploy-"+e, "own"+e)
		add(e, "OTHER", "Deployment/a", "x"+e)
		add(e, "OTHER", "Deployment/b", "y"+e)
	}
	var got []string
	for _, r := range newHTMLPage(Build(in)).Matrix.Rows {
		line := r.Variable + " | " + r.Consumer
		for _, c := range r.Cells {
			for _, entry := range c.Entries {
				line += fmt.Sprintf(" | %s %d %s", c.Environment, 1+strings.Count(entry.Cards, " "), entry.Consumer)
			}
		}
		got = append(got, strings.TrimSpace(line))
	}
	slices.Sort(got)
	want := []string{
		"OTHER | Deployment/a | production 1  | staging 1",
		"OTHER | Deployment/b | production 1  | staging 1",
		"OWN | 2 consumers | production 1 job/deploy-production | staging 1 job/deploy-staging",
		"SAME | 2 consumers | production 2 Deployment/a and 1 more | staging 2 Deployment/a and 1 more",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestHTMLPath: the lines lead from the origin to the consumer, and definitions that lost
// join where they lost.
func TestHTMLPath(t *testing.T) {
	tests := map[string]struct {
		slot Slot
		want []string
	}{
		"nothing": {Slot{State: "absent"}, []string{"end absent"}},
		"overridden": {Slot{
			State: "known", Trail: []Hop{{Kind: "shell"}, {Kind: "manifest"}}, Shadowed: []Definition{{Kind: "dotenv"}, {Kind: "helm-values"}},
		}, []string{"lost", "lost from", "hop down joins", "hop up down", "end up"}},
		"in between": {Slot{
			State: "unknown", Reference: &Reference{Store: "vault"}, Trail: []Hop{{Kind: "dotenv", Literal: true}}, Shadowed: []Definition{{Kind: "dotenv"}},
		}, []string{"store down", "lost up down", "hop up down joins", "end unknown up"}},
		"only lost": {Slot{State: "absent", Shadowed: []Definition{{Kind: "dotenv"}}}, []string{"lost", "end absent joins"}},
	}
	for name, test := range tests {
		got := convert(htmlPathOf(test.slot).Stops, func(s htmlStop) string { return s.Class })
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	long := Slot{State: "known", Trail: make([]Hop, 5000)}
	if got := len(htmlPathOf(long).Stops); got != maxStops+1 {
		t.Errorf("%d stops are drawn", got)
	}
}

// TestHTMLIsBounded: more slots than a browser takes are left out, and that is said.
func TestHTMLIsBounded(t *testing.T) {
	d := Document{Slots: make([]Slot, maxHTMLSlots+5)}
	for i := range d.Slots {
		d.Slots[i] = Slot{Environment: "e", Variable: fmt.Sprint(i), Outcome: Passed}
	}
	d.Slots[len(d.Slots)-1].Outcome = Failed
	p := newHTMLPage(d)
	if len(p.Cards) != maxHTMLSlots || p.LeftOut != 5 || p.Cards[0].Outcome != Failed {
		t.Errorf("%d cards, %d left out, the first %s", len(p.Cards), p.LeftOut, p.Cards[0].Outcome)
	}
}

// TestHTMLIsSmall: what a thousand slots take.
func TestHTMLIsSmall(t *testing.T) {
	var b bytes.Buffer
	if err := writeHTML(&b, Build(bigStory(1000)), Options{}); err != nil {
		t.Fatal(err)
	}
	if kb := b.Len() >> 10; kb > 3500 {
		t.Errorf("%d KB for 1,000 slots", kb)
	}
}

func BenchmarkHTML(b *testing.B) {
	d := Build(bigStory(5000))
	for b.Loop() {
		if err := writeHTML(io.Discard, d, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
