package report

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// pageLooks are the screens on which pages are looked at.
var pageLooks = []struct {
	name   string
	width  int
	scheme string
}{{"light", 1280, "light"}, {"dark", 1280, "dark"}, {"narrow", 390, "light"}}

// maxPicture is how much of a page is compared, from its top.
const maxPicture = 1700

// TestHTMLInBrowser opens pages in a real browser. One browser serves all parts of the test.
func TestHTMLInBrowser(t *testing.T) {
	b := openBrowser(t)
	stories := htmlStories(t)
	pages := map[string][]byte{}
	for name, d := range stories {
		page := render(t, "html", d, Options{})
		checkHarmless(t, page)
		pages[name] = []byte(page)
	}
	part := func(name string, test func(*testing.T, *browser)) {
		t.Run(name, func(t *testing.T) {
			b.t = t
			defer func() { b.t = nil }()
			test(t, b)
			for _, c := range b.complaints() {
				t.Error(c)
			}
		})
	}
	for _, name := range []string{"all-passed", "cross-tenant", "deactivated-owner", "empty", "hostile", "jenkins-override", "mixed", "unknown"} {
		part("looks/"+name, func(t *testing.T, b *browser) { looks(t, b, name, pages[name]) })
	}
	part("changes are seen", func(t *testing.T, b *browser) { changesAreSeen(t, b, stories["mixed"]) })
	part("measures tell", func(t *testing.T, b *browser) { measuresTell(t, b, pages["mixed"]) })
	part("filters", func(t *testing.T, b *browser) { filters(t, b, pages["mixed"]) })
	part("keyboard", func(t *testing.T, b *browser) { keyboard(t, b, pages["mixed"]) })
	part("hostile filters", func(t *testing.T, b *browser) { hostileFilters(t, b, pages["hostile"]) })
	part("many", many)
	part("without scripts", func(t *testing.T, b *browser) { withoutScripts(t, b, pages["jenkins-override"]) })
	t.Run("policy", func(t *testing.T) {
		b.t = t
		policyHolds(t, b, pages["mixed"])
	})
	b.t = t
}

// looks compares a page with its pictures, and measures what no picture tells.
func looks(t *testing.T, b *browser, name string, page []byte) {
	for _, l := range pageLooks {
		b.look(l.width, maxPicture, l.scheme)
		b.open(page, "")
		if name == "unknown" {
			b.eval(`for (const card of document.querySelectorAll(".card")) card.open = !card.open`, nil)
		}
		goldenPicture(t, name+"."+l.name, picture(t, b.shot(maxPicture)))
		b.eval(`document.getElementById("open-all")?.click()`, nil)
		for what, script := range map[string]string{"contrast": contrastScript, "overlap": overlapScript, "order of headings": headingScript} {
			if found := b.text(script); found != "" {
				t.Errorf("%s, %s: %s", l.name, what, found)
			}
		}
		for _, width := range []int{l.width, min(l.width, 360)} {
			b.look(width, maxPicture, l.scheme)
			if found := b.text(overflowScript); found != "" {
				t.Errorf("wider than %d: %s", width, found)
			}
		}
	}
}

// The scripts that measure answer with what they found; nothing is good.
const (
	contrastScript = `(() => {
		const parse = (c) => { const n = c.match(/[\d.]+/g).map(Number); return { rgb: n.slice(0, 3), a: n.length > 3 ? n[3] : 1 }; };
		const light = ([r, g, b]) => { const f = (v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; return 0.2126 * f(r) + 0.7152 * f(g) + 0.0722 * f(b); };
		const under = (e) => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c.a === 1) return c.rgb; } return [255, 255, 255]; };
		const bad = new Set();
		const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
		while (walk.nextNode()) {
			const e = walk.currentNode.parentElement;
			if (!walk.currentNode.data.trim() || e.closest("script, style, option, .sr, .skip") || !e.getClientRects().length) continue;
			const [x, y] = [light(parse(getComputedStyle(e).color).rgb), light(under(e))];
			const ratio = (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
			if (ratio < 4.5) bad.add(e.tagName + "." + e.className + " " + ratio.toFixed(2));
		}
		return [...bad].join(", ");
	})()`
	overlapScript = `(() => {
		const bad = [];
		const area = (a, b) => Math.max(0, Math.min(a.right, b.right) - Math.max(a.left, b.left) - 1) * Math.max(0, Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) - 1);
		for (const e of document.querySelectorAll("header, header *, main, main *")) {
			if (e.nextElementSibling === null || e.closest("svg, .sr, .lights *, i")) continue;
			const [a, b] = [e, e.nextElementSibling];
			const placed = (n) => ["absolute", "sticky"].includes(getComputedStyle(n).position) || getComputedStyle(n).display === "inline";
			if (placed(a) || placed(b)) continue;
			if (area(a.getBoundingClientRect(), b.getBoundingClientRect()) > 0) bad.push(a.className + " and " + b.className);
		}
		return bad.slice(0, 5).join(", ");
	})()`
	headingScript = `(() => {
		let last = 0;
		for (const h of document.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
			const level = Number(h.tagName[1]);
			if (level > last + 1) return h.tagName + " behind a heading of level " + last;
			last = level;
		}
		return last === 0 ? "no heading" : "";
	})()`
	overflowScript = `(() => {
		const room = document.documentElement.clientWidth;
		if (document.documentElement.scrollWidth <= room) return "";
		return [...document.body.querySelectorAll("*")].filter((e) => e.getBoundingClientRect().right > room + 1 && !e.closest(".scroll, .skip")).slice(0, 5).map((e) => e.tagName + "." + e.className).join(", ") || "something";
	})()`
)

// changesAreSeen proves that the comparison sees what matters: each change has to differ
// from the golden picture.
func changesAreSeen(t *testing.T, b *browser, d Document) {
	b.look(1280, maxPicture, "light")
	golden := readPicture(t, "testdata/html/mixed.light.png")
	light := d
	light.Slots = slices.Clone(d.Slots)
	for i := range light.Slots {
		if light.Slots[i].Variable == "NPM_TOKEN" && light.Slots[i].Environment == "staging" {
			light.Slots[i].Rungs.Linked = "unverified"
		}
	}
	b.open([]byte(render(t, "html", light, Options{})), "")
	if why := pictureDifference(golden, picture(t, b.shot(maxPicture))); why == "" {
		t.Error("one light of another colour is not seen")
	}
	page := []byte(render(t, "html", d, Options{}))
	for what, rule := range map[string]string{
		"a column that vanishes": ".matrix tr > :nth-child(3) { display: none }",
		"text over text":         ".cell .words { margin-left: -40px }",
		"a mark that is gone":    ".same { visibility: hidden }",
	} {
		b.open(page, "")
		b.eval("document.styleSheets[0].insertRule(`"+rule+"`, document.styleSheets[0].cssRules.length)", nil)
		if why := pictureDifference(golden, picture(t, b.shot(maxPicture))); why == "" {
			t.Errorf("%s is not seen", what)
		}
	}
}

// visibleKeys lists the keys that are shown, as environment and variable.
const visibleKeys = `[...document.querySelectorAll(".card:not([hidden])")].map((c) => c.querySelector(".name span").textContent.split(" · ")[0] + " " + c.querySelector(".name b").textContent).join(", ")`

const shownText = `document.getElementById("shown").textContent`

// filters reads a view from its address, and writes the address of a view.
func filters(t *testing.T, b *browser, page []byte) {
	b.look(1280, 900, "light")
	for fragment, want := range map[string]string{
		"outcome=unverified":                      "staging DATADOG_API_KEY, production SLACK_BOT_TOKEN",
		"environment=production&outcome=failed":   "production PAYMENT_API_KEY, production STRIPE_SECRET_KEY",
		"provider=github&environment=staging":     "staging GITHUB_TOKEN",
		"finding=K303":                            "production SENTRY_AUTH_TOKEN",
		"q=usr_dana":                              "production PAYMENT_API_KEY",
		"q=LIVE+deploy.sh":                        "production PAYMENT_API_KEY",
		"q=nobody+has+this":                       "",
		"consumer=Deployment%2Fapi&finding=K302":  "staging OPENAI_API_KEY",
		"environment=nowhere&finding=K302&x=y&=%": "staging OPENAI_API_KEY",
	} {
		b.open(page, fragment)
		if got := b.text(visibleKeys); got != want {
			t.Errorf("#%s shows %q, expected %q", fragment, got, want)
		}
	}
	b.open(page, "")
	if got := b.text(shownText); got != "" {
		t.Errorf("without a filter it says %q", got)
	}
	b.eval(`(() => { const s = document.getElementById("f-outcome"); s.value = "failed"; s.dispatchEvent(new Event("change")); })()`, nil)
	if got := b.text(shownText); got != "3 of 35 keys" {
		t.Errorf("it says %q", got)
	}
	if got := b.text(`location.hash`); got != "#outcome=failed" {
		t.Errorf("the address is %q", got)
	}
	b.eval(`document.querySelector(".cell.failed").click()`, nil)
	if got := b.text(`location.hash`); got != "#outcome=failed&key=0" {
		t.Errorf("the address is %q", got)
	}
	b.eval(`document.getElementById("clear").click()`, nil)
	if got := b.text(`location.hash + "|" + document.querySelectorAll(".card[hidden]").length`); got != "#key=0|0" {
		t.Errorf("cleared, it is %q", got)
	}
	b.open(page, "key=4")
	if got := b.text(`String(document.getElementById("s4").open)`); got != "true" {
		t.Error("the address of a key does not open it")
	}
}

// keyboard goes through the page without a mouse.
func keyboard(t *testing.T, b *browser, page []byte) {
	b.look(1280, 900, "light")
	b.open(page, "")
	b.press("/", "Slash")
	b.call("Input.insertText", object{"text": "revoked"}, nil)
	deadline := time.Now().Add(10 * time.Second)
	for b.text(shownText) == "" && time.Now().Before(deadline) {
		time.Sleep(20 * time.Millisecond)
	}
	if got := b.text(visibleKeys + ` + " " + location.hash`); got != "staging OPENAI_API_KEY #q=revoked" {
		t.Errorf("the search shows %q", got)
	}
	b.press("Escape", "Escape")
	if got := b.text(`document.getElementById("q").value + document.querySelectorAll(".card[hidden]").length`); got != "0" {
		t.Errorf("Escape leaves %q", got)
	}
	b.eval(`document.getElementById("close-all").click(); document.querySelector(".cell").focus()`, nil)
	for _, key := range []string{"ArrowRight", "ArrowDown", "ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"} {
		b.press(key, key)
	}
	if got := b.text(`document.activeElement.getAttribute("aria-label")`); !strings.HasPrefix(got, "production, STRIPE_SECRET_KEY: failed, K201 wrong-mode, K202 shared-key, same key A, format pass") {
		t.Errorf("the arrows lead to %q", got)
	}
	if got := b.text(`String(document.querySelectorAll(".cell.twin").length)`); got != "2" {
		t.Errorf("%s cells are marked as the same key", got)
	}
	b.press("Enter", "Enter")
	if got := b.text(`document.activeElement.tagName + " " + document.activeElement.closest("details").querySelector(".name b").textContent + " " + document.activeElement.closest("details").open`); got != "SUMMARY STRIPE_SECRET_KEY true" {
		t.Errorf("Enter leads to %q", got)
	}
	b.eval(`document.getElementById("theme").click(); document.getElementById("theme").click()`, nil)
	if got := b.text(`document.documentElement.dataset.theme + " " + getComputedStyle(document.body).backgroundColor`); got != "dark rgb(14, 18, 23)" {
		t.Errorf("the switch leads to %q", got)
	}
	b.eval(`localStorage.clear()`, nil)
}

// hostileFilters: a name that is made of markup is a choice like any other.
func hostileFilters(t *testing.T, b *browser, page []byte) {
	b.look(1280, 900, "light")
	b.open(page, "")
	b.eval(`for (const s of document.querySelectorAll("select")) { s.selectedIndex = 1; s.dispatchEvent(new Event("change")); }`, nil)
	if got := b.text(shownText); got != "1 of 1 key" {
		t.Errorf("it says %q", got)
	}
	fragment := strings.TrimPrefix(b.text(`location.hash`), "#")
	b.open(page, fragment)
	if got := b.text(shownText); got != "1 of 1 key" {
		t.Errorf("from its address it says %q", got)
	}
}

// many: a page of thousands of keys stays usable. Time is what the page's thread used: a
// busy machine does not count.
func many(t *testing.T, b *browser) {
	page := []byte(render(t, "html", Build(bigStory(2000)), Options{}))
	b.look(1280, 900, "light")
	b.call("Performance.enable", object{"timeDomain": "threadTicks"}, nil)
	defer b.call("Performance.disable", nil, nil)
	b.openAsIs(page, "outcome=failed")
	opened := b.used()
	if got := b.text(shownText); got != "200 of 2000 keys" {
		t.Errorf("it says %q", got)
	}
	b.eval(`(() => { const s = document.getElementById("f-environment"); s.selectedIndex = 2; s.dispatchEvent(new Event("change")); return document.body.offsetHeight; })()`, nil)
	filtered := b.used() - opened
	b.eval(`(() => { location.hash = "#q=service_0042"; return new Promise((done) => setTimeout(() => done(document.body.offsetHeight), 0)); })()`, nil)
	searched := b.used() - opened - filtered
	if got := b.text(shownText); got != "3 of 2000 keys" {
		t.Errorf("it says %q", got)
	}
	t.Logf("%d KB: opened in %v, filtered in %v, searched in %v", len(page)>>10, opened, filtered, searched)
	if opened > 8*time.Second || filtered > time.Second || searched > 2*time.Second {
		t.Error("too slow")
	}
}

// measuresTell proves that what measures a page finds what is wrong with it.
func measuresTell(t *testing.T, b *browser, page []byte) {
	b.look(390, 900, "light")
	for _, c := range []struct{ rule, script string }{
		{".run { color: #9a9a9a }", contrastScript},
		{".cell .words { margin-left: -40px }", overlapScript},
		{".why { width: 600px }", overflowScript},
	} {
		b.open(page, "")
		if found := b.text(c.script); found != "" {
			t.Errorf("before %s: %s", c.rule, found)
		}
		b.eval("document.styleSheets[0].insertRule(`"+c.rule+"`, document.styleSheets[0].cssRules.length)", nil)
		if b.text(c.script) == "" {
			t.Errorf("%s is not found", c.rule)
		}
	}
}

// withoutScripts: everything is there; what only scripts can do is not.
func withoutScripts(t *testing.T, b *browser, page []byte) {
	b.look(1280, 900, "light")
	b.call("Emulation.setScriptExecutionDisabled", object{"value": true}, nil)
	defer b.call("Emulation.setScriptExecutionDisabled", object{"value": false}, nil)
	b.openAsIs(page, "b0")
	if got := b.text(`String([...document.querySelectorAll(".needs-js")].filter((e) => e.getClientRects().length).length)`); got != "0" {
		t.Errorf("%s controls that do nothing are shown", got)
	}
	text := b.text(`document.body.innerText`)
	for _, want := range []string{"The key does not fit", "scripts/build.sh:12:8", "overridden", "K205", "ci-dev"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not shown", want)
		}
	}
}

// policyHolds: even a page into which somebody got an element runs and loads nothing.
func policyHolds(t *testing.T, b *browser, page []byte) {
	b.look(1280, 900, "light")
	b.open(page, "")
	b.eval(`new Promise((done) => {
		window.refused = [];
		document.addEventListener("securitypolicyviolation", (e) => { refused.push(e.effectiveDirective); if (refused.length === 5) done(0); });
		setTimeout(() => done(0), 3000);
		document.body.insertAdjacentHTML("beforeend", '<img src="https://evil.example/x" onerror="window.pwned = true"><p style="color: red"></p>');
		const s = document.createElement("script");
		s.textContent = "window.pwned = true";
		document.body.append(s);
		fetch("https://evil.example/y").catch(() => {});
	})`, nil)
	if got := b.text(`refused.sort().join(" ") + " " + window.pwned`); got != "connect-src img-src script-src-attr script-src-elem style-src-attr undefined" {
		t.Errorf("refused: %q", got)
	}
}
