package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// browser is a headless Chromium that is spoken to through its DevTools protocol, over a
// pipe. Names of hosts lead nowhere in it.
type browser struct {
	t       *testing.T
	command *exec.Cmd
	in      *os.File
	out     chan message
	session string
	next    int
	events  []message
}

// message is an answer or an event.
type message struct {
	ID     int             `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error"`
}

type object = map[string]any

// patience is how long the browser may take for one answer on a busy machine.
const patience = 60 * time.Second

// openBrowser starts the browser and opens a page. Without one the test fails in CI, and
// is skipped elsewhere.
func openBrowser(t *testing.T) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("chromium is missing: run scripts/install/chromium.sh")
		}
		t.Skip("chromium is missing: run scripts/install/chromium.sh")
	}
	toIn, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, toOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	b := &browser{t: t, in: in, out: make(chan message, 1024)}
	b.command = exec.Command(path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe",
		"--user-data-dir="+home, "--host-resolver-rules=MAP * ~NOTFOUND", "--no-first-run", "--disable-extensions",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
		"--force-color-profile=srgb", "--font-render-hinting=none", "--disable-lcd-text", "--lang=en-GB", "about:blank")
	b.command.Env = append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+home, "XDG_CACHE_HOME="+home)
	b.command.ExtraFiles = []*os.File{toIn, toOut}
	if err := b.command.Start(); err != nil {
		t.Fatal(err)
	}
	toIn.Close()
	toOut.Close()
	go b.listen(out)
	t.Cleanup(b.close)
	b.attach()
	return b
}

// close asks the browser to end, and ends it when it does not.
func (b *browser) close() {
	b.session = ""
	b.send("Browser.close", nil)
	b.in.Close()
	done := make(chan error, 1)
	go func() { done <- b.command.Wait() }()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		b.command.Process.Kill()
		<-done
	}
}

func (b *browser) listen(out *os.File) {
	defer out.Close()
	defer close(b.out)
	r := bufio.NewReader(out)
	for {
		raw, err := r.ReadBytes(0)
		if err != nil {
			return
		}
		var m message
		if json.Unmarshal(bytes.TrimSuffix(raw, []byte{0}), &m) == nil {
			b.out <- m
		}
	}
}

func (b *browser) attach() {
	b.t.Helper()
	var target struct{ TargetID string }
	b.call("Target.createTarget", object{"url": "about:blank"}, &target)
	var session struct{ SessionID string }
	b.call("Target.attachToTarget", object{"targetId": target.TargetID, "flatten": true}, &session)
	b.session = session.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		b.call(domain+".enable", nil, nil)
	}
}

func (b *browser) send(method string, params object) int {
	b.next++
	m := object{"id": b.next, "method": method}
	if params != nil {
		m["params"] = params
	}
	if b.session != "" {
		m["sessionId"] = b.session
	}
	raw, err := json.Marshal(m)
	if err != nil {
		b.t.Error(err)
	}
	b.in.Write(append(raw, 0))
	return b.next
}

func (b *browser) call(method string, params object, result any) {
	b.t.Helper()
	id := b.send(method, params)
	m := b.wait(method, func(m message) bool { return m.ID == id })
	if m.Error != nil {
		b.t.Fatalf("%s: %s", method, m.Error.Message)
	}
	if result != nil {
		if err := json.Unmarshal(m.Result, result); err != nil {
			b.t.Fatalf("%s: %v", method, err)
		}
	}
}

// wait reads until a message is the wanted one, and keeps the events in between.
func (b *browser) wait(what string, wanted func(message) bool) message {
	b.t.Helper()
	late := time.After(patience)
	for {
		select {
		case m, ok := <-b.out:
			if !ok {
				b.t.Fatalf("the browser ended while it was asked for %s", what)
			}
			if wanted(m) {
				return m
			}
			b.events = append(b.events, m)
		case <-late:
			b.t.Fatalf("the browser did not answer %s", what)
		}
	}
}

// look sets the width and the theme that the system asks for.
func (b *browser) look(width, height int, scheme string) {
	b.t.Helper()
	b.call("Emulation.setDeviceMetricsOverride", object{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}, nil)
	b.call("Emulation.setEmulatedMedia", object{"features": []object{
		{"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": "reduce"},
	}}, nil)
}

// picturable makes pictures of a page comparable: the fonts are those that are installed for
// it, and what is out of sight is laid out too.
var picturable = []string{
	`.card { content-visibility: visible !important }`,
	`body { font-family: "DejaVu Sans" !important }`,
	`:root { --mono: "DejaVu Sans Mono" !important }`,
}

// open shows a report. The fragment is what stands behind # in its address.
func (b *browser) open(page []byte, fragment string) {
	b.t.Helper()
	b.openAsIs(page, fragment)
	for _, rule := range picturable {
		b.eval("document.styleSheets[0].insertRule(`"+rule+"`, document.styleSheets[0].cssRules.length)", nil)
	}
}

// openAsIs leaves out of sight what the page does not lay out before it is seen.
func (b *browser) openAsIs(page []byte, fragment string) {
	b.t.Helper()
	path := filepath.Join(b.t.TempDir(), "report.html")
	if err := os.WriteFile(path, page, 0o600); err != nil {
		b.t.Fatal(err)
	}
	b.events = nil
	url := "file://" + path
	if fragment != "" {
		url += "#" + fragment
	}
	id := b.send("Page.navigate", object{"url": url})
	loaded, answered := false, false
	b.wait("the page", func(m message) bool {
		loaded = loaded || m.Method == "Page.loadEventFired"
		answered = answered || m.ID == id
		return loaded && answered
	})
}

// eval runs a script in the page and reads its value.
func (b *browser) eval(script string, value any) {
	b.t.Helper()
	var r struct {
		Result struct {
			Value json.RawMessage `json:"value"`
		}
		ExceptionDetails *struct {
			Text      string
			Exception struct{ Description string }
		}
	}
	b.call("Runtime.evaluate", object{"expression": script, "returnByValue": true, "awaitPromise": true}, &r)
	if e := r.ExceptionDetails; e != nil {
		b.t.Fatalf("%s: %s", e.Text, e.Exception.Description)
	}
	if value != nil && r.Result.Value != nil {
		if err := json.Unmarshal(r.Result.Value, value); err != nil {
			b.t.Fatal(err)
		}
	}
}

// text evaluates a script that gives a text.
func (b *browser) text(script string) string {
	b.t.Helper()
	var s string
	b.eval(script, &s)
	return s
}

// press types one key.
func (b *browser) press(key, code string) {
	b.t.Helper()
	down := object{"type": "keyDown", "key": key, "code": code}
	switch {
	case key == "Enter":
		down["text"], down["windowsVirtualKeyCode"] = "\r", 13
	case len(key) == 1:
		down["text"] = key
	}
	b.call("Input.dispatchKeyEvent", down, nil)
	b.call("Input.dispatchKeyEvent", object{"type": "keyUp", "key": key, "code": code}, nil)
}

// shot is the page as it looks, from its top, no longer than limit.
func (b *browser) shot(limit int) []byte {
	b.t.Helper()
	var size struct{ Width, Height int }
	b.eval(`new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(0))))`, nil)
	b.eval(`({width: innerWidth, height: Math.ceil(document.body.getBoundingClientRect().height)})`, &size)
	var shot struct{ Data []byte }
	b.call("Page.captureScreenshot", object{
		"format": "png", "captureBeyondViewport": true,
		"clip": object{"x": 0, "y": 0, "width": size.Width, "height": min(limit, size.Height), "scale": 1},
	}, &shot)
	return shot.Data
}

// complaints are errors of the page, and requests to anywhere but the page itself.
func (b *browser) complaints() []string {
	var out []string
	for _, m := range b.events {
		var p struct {
			Type    string
			Entry   struct{ Level, Text string }
			Request struct{ URL string }
		}
		if m.Params != nil && json.Unmarshal(m.Params, &p) != nil {
			continue
		}
		switch m.Method {
		case "Runtime.exceptionThrown":
			out = append(out, "exception: "+string(m.Params))
		case "Runtime.consoleAPICalled":
			out = append(out, "console: "+string(m.Params))
		case "Log.entryAdded":
			out = append(out, fmt.Sprintf("log: %s: %s", p.Entry.Level, p.Entry.Text))
		case "Network.requestWillBeSent":
			if !strings.HasPrefix(p.Request.URL, "file:///") && !strings.HasPrefix(p.Request.URL, "data:image/svg+xml,") {
				out = append(out, "request: "+p.Request.URL)
			}
		}
	}
	return out
}

// used is the time that the page's thread has worked.
func (b *browser) used() time.Duration {
	b.t.Helper()
	var r struct {
		Metrics []struct {
			Name  string
			Value float64
		}
	}
	b.call("Performance.getMetrics", nil, &r)
	for _, m := range r.Metrics {
		if m.Name == "TaskDuration" {
			return time.Duration(m.Value * float64(time.Second)).Round(time.Millisecond)
		}
	}
	b.t.Fatal("the browser does not tell how long the page worked")
	return 0
}
