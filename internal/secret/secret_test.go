package secret_test

import (
	"bytes"
	"encoding"
	"encoding/base64"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"expvar"
	"fmt"
	htmltemplate "html/template"
	"log"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"testing"
	"text/template"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/secret"
)

const key = "sk_test_CANARY_9f8e7d6c5b4a"

// searched are the forms of the key that no output may hold. Parts of it are searched
// too, since an encoder may cut or wrap.
func searched() []string {
	return []string{
		key, strings.ToLower(key), strings.ToUpper(key), "CANARY", "canary",
		hex.EncodeToString([]byte(key)), strings.ToUpper(hex.EncodeToString([]byte(key))),
		hex.EncodeToString([]byte("CANARY")),
		base64.StdEncoding.EncodeToString([]byte(key))[:16], base64.URLEncoding.EncodeToString([]byte(key))[:16],
		url.QueryEscape(key), fmt.Sprint([]byte(key))[1:20], fmt.Sprintf("% x", key)[:20], fmt.Sprintf("%#v", []byte("CANARY"))[7:20],
	}
}

// mustHide fails when out holds any form of the key. It does not show out.
func mustHide(t *testing.T, what, out string) {
	t.Helper()
	for i, form := range searched() {
		if strings.Contains(out, form) {
			t.Errorf("%s shows form %d of the key in an output of %d bytes", what, i, len(out))
			return
		}
	}
}

// mustRedact is mustHide for outputs that must say [redacted] besides.
func mustRedact(t *testing.T, what, out string) {
	t.Helper()
	mustHide(t, what, out)
	if !strings.Contains(out, "redacted") {
		t.Errorf("%s gives %q, expected it to say %q", what, out, secret.Redacted)
	}
}

type exported struct {
	Name string
	Text secret.Text
}

type hidden struct {
	name string
	text secret.Text
}

type embedded struct{ secret.Text }

type deep struct {
	List  []secret.Text
	Map   map[string]secret.Text
	Keys  map[*secret.Text]int
	Ptr   *secret.Text
	Any   any
	Array [2]secret.Text
	Func  func() secret.Text
	Chan  chan secret.Text
	Inner *deep
}

// containers are all the ways to hold a Text that the tests below try.
func containers() map[string]any {
	text := secret.New(key)
	channel := make(chan secret.Text, 1)
	channel <- text
	d := deep{
		List: []secret.Text{text}, Map: map[string]secret.Text{"a": text}, Keys: map[*secret.Text]int{&text: 1},
		Ptr: &text, Any: text, Array: [2]secret.Text{text, text}, Func: func() secret.Text { return text }, Chan: channel,
	}
	d.Inner = &deep{Ptr: &text, Any: &text}
	return map[string]any{
		"value": text, "pointer": &text, "exported field": exported{"n", text}, "pointer to exported field": &exported{"n", text},
		"unexported field": hidden{"n", text}, "pointer to unexported field": &hidden{"n", text},
		"embedded": embedded{text}, "pointer to embedded": &embedded{text},
		"slice": []secret.Text{text}, "slice of pointers": []*secret.Text{&text}, "array": [1]secret.Text{text},
		"map": map[string]secret.Text{"a": text}, "map by pointer": map[*secret.Text]string{&text: "a"},
		"slice of any": []any{text, &text}, "map of any": map[string]any{"a": text},
		"func": func() secret.Text { return text }, "map of funcs": map[string]func() secret.Text{"a": func() secret.Text { return text }},
		"channel": channel, "map of channels of funcs": map[string]chan func() secret.Text{"a": make(chan func() secret.Text)},
		"deep": d, "pointer to deep": &d, "reflect.Value": reflect.ValueOf(text), "reflect.Value of a field": reflect.ValueOf(hidden{"n", text}).Field(1),
	}
}

func TestEveryVerbOfFmtHides(t *testing.T) {
	flags := []string{"", "+", "#", "-", " ", "0", "+#", "#+ ", "40", ".3", "-40.2", "#40.2"}
	verbs := "vTtbcdoOqxXUeEfFgGspwZ%"
	for name, value := range containers() {
		for _, flag := range flags {
			for _, verb := range verbs {
				format := "%" + flag + string(verb)
				mustHide(t, name+" as "+format, fmt.Sprintf(format, value))
				mustHide(t, name+" in an error as "+format, fmt.Errorf(format, value).Error())
			}
		}
		mustHide(t, name+" printed", fmt.Sprint(value)+fmt.Sprintln(value, value))
		for _, mistaken := range []string{"x", "%*d", "%.*d", "%[3]v", "%[1]", "%!", "%v %v", "%[1]*.[1]*[1]f"} {
			mustHide(t, name+" as the mistaken "+mistaken, fmt.Sprintf(mistaken, value))
		}
	}
}

func TestEveryVerbGivesTheSameForEmptyAndFull(t *testing.T) {
	for _, verb := range "vtbcdoOqxXUeEfFgGs" {
		for _, flag := range []string{"", "+", "#", "40", ".3"} {
			format := "%" + flag + string(verb)
			full, empty := fmt.Sprintf(format, secret.New(key)), fmt.Sprintf(format, secret.Text{})
			if full != secret.Redacted || empty != secret.Redacted {
				t.Errorf("%s gives %q for a full and %q for an empty text, expected %q for both", format, full, empty, secret.Redacted)
			}
		}
	}
	zero, full := exported{Name: "n"}, exported{"n", secret.New(key)}
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if a, b := fmt.Sprintf(format, zero), fmt.Sprintf(format, full); a != b {
			t.Errorf("%s tells an empty text from a full one: %q and %q", format, a, b)
		}
	}
}

type failing struct {
	text  secret.Text
	cause error
}

func (f *failing) Error() string { return fmt.Sprintf("the key %v is bad: %v", f.text, f.cause) }
func (f *failing) Unwrap() error { return f.cause }

func TestErrorsHide(t *testing.T) {
	text := secret.New(key)
	inner := &failing{text, errors.New("inner")}
	wrapping := "bad %w" // wrongly: a Text is no error
	mustHide(t, "Errorf %w", fmt.Errorf(wrapping, text).Error())
	for name, err := range map[string]error{
		"Errorf %v": fmt.Errorf("bad %v", text),
		"own error": inner, "wrapped": fmt.Errorf("a: %w", fmt.Errorf("b: %w", inner)), "joined": errors.Join(inner, fmt.Errorf("%s", text)),
	} {
		mustRedact(t, name, err.Error())
		mustRedact(t, name+" as %+v", fmt.Sprintf("%+v", err))
		mustHide(t, name+" as %#v", fmt.Sprintf("%#v", err))
	}
}

func TestRecoveredPanicsHide(t *testing.T) {
	text := secret.New(key)
	for name, thrown := range map[string]any{"text": text, "pointer": &text, "struct": exported{"n", text}, "error": &failing{text, nil}} {
		func() {
			defer func() { mustRedact(t, name, fmt.Sprint(recover())) }()
			panic(thrown)
		}()
	}
}

// TestMain lets the test binary die of a panic, as its own child.
func TestMain(m *testing.M) {
	text := secret.New("sk_test_" + "CANARY_9f8e7d6c5b4a")
	switch os.Getenv("KEYFIT_TEST_DIE") {
	case "":
		os.Exit(m.Run())
	case "text":
		panic(text)
	case "pointer":
		panic(&text)
	case "struct":
		panic(hidden{"n", text})
	case "error":
		panic(&failing{text, errors.New("inner")})
	case "any":
		var anything any = exported{"n", text}
		_ = anything.(fmt.Stringer).String()
	case "log":
		log.Fatalf("%v %+v", text, hidden{"n", text})
	}
}

func TestDyingPrograms(t *testing.T) {
	for _, how := range []string{"text", "pointer", "struct", "error", "any", "log"} {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "KEYFIT_TEST_DIE="+how, "GOTRACEBACK=all")
		out, err := cmd.CombinedOutput()
		if err == nil || len(out) == 0 {
			t.Errorf("dying of %s: expected a failure with output, got %d bytes and %v", how, len(out), err)
		}
		mustHide(t, "dying of "+how, string(out))
	}
}

func TestEncodersHide(t *testing.T) {
	encoders := map[string]func(any) ([]byte, error){
		"json": json.Marshal,
		"xml":  xml.Marshal,
		"yaml": yaml.Marshal,
		"gob": func(v any) ([]byte, error) {
			var b bytes.Buffer
			err := gob.NewEncoder(&b).Encode(v)
			return b.Bytes(), err
		},
		"json indented": func(v any) ([]byte, error) { return json.MarshalIndent(v, "", " ") },
	}
	for encoder, encode := range encoders {
		for name, value := range containers() {
			out, err := encodeSafely(encode, value)
			mustHide(t, encoder+" of "+name, string(out))
			if err != nil {
				mustHide(t, encoder+" error of "+name, err.Error())
			}
		}
	}
}

// encodeSafely turns an encoder's panic (yaml panics on functions) into an error.
func encodeSafely(encode func(any) ([]byte, error), value any) (out []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panicked: %v", r)
		}
	}()
	return encode(value)
}

func TestEncodersSayRedacted(t *testing.T) {
	text := secret.New(key)
	type places struct {
		XMLName xml.Name    `json:"-" yaml:"-"`
		Attr    secret.Text `xml:"attr,attr"`
		Element secret.Text `xml:"element"`
		Ptr     *secret.Text
	}
	type chardata struct {
		Text secret.Text `xml:",chardata"`
	}
	type cdata struct {
		Text secret.Text `xml:",cdata"`
	}
	value := places{Attr: text, Element: text, Ptr: &text}
	cases := []struct {
		name string
		make func() ([]byte, error)
		want string
	}{
		{"json", func() ([]byte, error) { return json.Marshal(text) }, `"[redacted]"`},
		{"json pointer", func() ([]byte, error) { return json.Marshal(&text) }, `"[redacted]"`},
		{"json zero", func() ([]byte, error) { return json.Marshal(secret.Text{}) }, `"[redacted]"`},
		{"json field", func() ([]byte, error) { return json.Marshal(exported{"n", text}) }, `{"Name":"n","Text":"[redacted]"}`},
		{"json map", func() ([]byte, error) { return json.Marshal(map[string]secret.Text{"a": text}) }, `{"a":"[redacted]"}`},
		{"json map key", func() ([]byte, error) { return json.Marshal(map[*secret.Text]int{&text: 1}) }, `{"[redacted]":1}`},
		{"json embedded", func() ([]byte, error) { return json.Marshal(embedded{text}) }, `"[redacted]"`},
		{"xml", func() ([]byte, error) { return xml.Marshal(value) }, `<places attr="[redacted]"><element>[redacted]</element><Ptr>[redacted]</Ptr></places>`},
		{"xml alone", func() ([]byte, error) { return xml.Marshal(text) }, `<Text>[redacted]</Text>`},
		{"xml character data", func() ([]byte, error) { return xml.Marshal(chardata{text}) }, `<chardata>[redacted]</chardata>`},
		{"xml cdata", func() ([]byte, error) { return xml.Marshal(cdata{text}) }, `<cdata><![CDATA[[redacted]]]></cdata>`},
		{"yaml", func() ([]byte, error) { return yaml.Marshal(text) }, "'[redacted]'\n"},
		{"yaml field", func() ([]byte, error) { return yaml.Marshal(exported{"n", text}) }, "name: \"n\"\ntext: '[redacted]'\n"},
		{"text", func() ([]byte, error) { return encoding.TextMarshaler(text).MarshalText() }, secret.Redacted},
	}
	for _, c := range cases {
		out, err := c.make()
		if err != nil || string(out) != c.want {
			mustHide(t, c.name, string(out))
			t.Errorf("%s: expected %s without an error, got %d bytes and %v", c.name, c.want, len(out), err)
		}
	}
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(exported{"n", text}); err != nil {
		t.Errorf("gob: %v", err)
	}
	mustRedact(t, "gob", b.String())
}

func TestDecodingIntoATextDoesNotRepeatIt(t *testing.T) {
	var into exported
	for name, err := range map[string]error{
		"json": json.Unmarshal([]byte(`{"Text":"`+key+`"}`), &into),
		"yaml": yaml.Unmarshal([]byte("text: "+key), &into),
	} {
		if err == nil {
			t.Errorf("%s: decoding into a Text succeeded, expected an error", name)
			continue
		}
		if name == "json" { // yaml.v3 repeats the scalar: nothing is decoded into a Text with it
			mustHide(t, name, err.Error())
		}
	}
}

func TestLoggersHide(t *testing.T) {
	text := secret.New(key)
	var b bytes.Buffer
	for _, handler := range []slog.Handler{
		slog.NewTextHandler(&b, &slog.HandlerOptions{AddSource: true, Level: slog.LevelDebug}),
		slog.NewJSONHandler(&b, &slog.HandlerOptions{Level: slog.LevelDebug}),
	} {
		logger := slog.New(handler).With("with", text).WithGroup("group")
		for name, value := range containers() {
			logger.Info("message", name, value, slog.Group("g", "k", value), slog.Any("any", value))
		}
		logger.Info(fmt.Sprint(text), "error", fmt.Errorf("bad: %v", text))
	}
	old := log.New(&b, "", log.LstdFlags)
	for _, value := range containers() {
		old.Print(value)
		old.Printf("%+v %#v", value, value)
		old.Println(value)
	}
	mustRedact(t, "the logs", b.String())
}

func TestTemplatesHide(t *testing.T) {
	const source = `{{.}} {{printf "%s %q %x %#v" . . . .}} {{print .}} {{html .}} {{js .}} {{urlquery .}} {{slice (printf "%v" .) 0 3}}`
	const page = `<a href="/?k={{.}}" title="{{.}}" onclick="f({{.}})" style="color: {{.}}">{{.}}</a><script>var k = {{.}}; var s = "{{.}}"</script><!-- {{.}} --><style>a{b:{{.}}}</style>`
	values := containers()
	delete(values, "reflect.Value of a field") // text/template panics on any unexported field given as its data
	for name, value := range values {
		var b bytes.Buffer
		if err := template.Must(template.New("").Parse(source)).Execute(&b, value); err != nil {
			mustHide(t, "the text template's error on "+name, err.Error())
		}
		if err := htmltemplate.Must(htmltemplate.New("").Parse(page)).Execute(&b, value); err != nil {
			mustHide(t, "the HTML template's error on "+name, err.Error())
		}
		mustHide(t, "the templates on "+name, b.String())
	}
}

func TestDiffsHideAndCompare(t *testing.T) {
	a, b, same := exported{"n", secret.New(key)}, exported{"n", secret.New(key + "CANARY2")}, exported{"n", secret.New(key)}
	if diff := cmp.Diff(a, same); diff != "" {
		t.Error("equal texts differ for go-cmp")
	}
	diff := cmp.Diff(a, b)
	if diff == "" {
		t.Error("different texts are equal for go-cmp")
	}
	mustHide(t, "the diff", diff)
	mustHide(t, "the diff of slices", cmp.Diff([]secret.Text{a.Text}, []secret.Text{b.Text, a.Text}))
	mustHide(t, "the diff of pointers", cmp.Diff(&a, &b))
	mustHide(t, "the diff of maps", cmp.Diff(map[string]any{"a": a}, map[string]any{"a": "other"}))
}

func TestExpvarHides(t *testing.T) {
	text := secret.New(key)
	mustRedact(t, "expvar", expvar.Func(func() any { return text }).String())
	mustRedact(t, "String", text.String())
	mustRedact(t, "GoString", text.GoString())
	mustRedact(t, "LogValue", text.LogValue().String())
}

// TestReflectionFindsNothing walks every value that reflection can reach from a Text,
// and calls every method that it can call except the one that is made for it.
func TestReflectionFindsNothing(t *testing.T) {
	for name, value := range containers() {
		var found []string
		walk(reflect.ValueOf(value), map[uintptr]bool{}, &found, 0)
		mustHide(t, "reflection over "+name, strings.Join(found, " "))
	}
}

func walk(v reflect.Value, seen map[uintptr]bool, found *[]string, depth int) {
	if !v.IsValid() || depth > 20 {
		return
	}
	switch v.Kind() {
	case reflect.String:
		*found = append(*found, v.String())
	case reflect.Pointer:
		if !v.IsNil() && !seen[v.Pointer()] {
			seen[v.Pointer()] = true
			walk(v.Elem(), seen, found, depth+1)
		}
	case reflect.Interface:
		walk(v.Elem(), seen, found, depth+1)
	case reflect.Struct:
		for i := range v.NumField() {
			walk(v.Field(i), seen, found, depth+1)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			walk(v.Index(i), seen, found, depth+1)
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			walk(k, seen, found, depth+1)
			walk(v.MapIndex(k), seen, found, depth+1)
		}
	case reflect.Func:
		*found = append(*found, fmt.Sprint(v))
	}
}

func TestTheHiddenFunctionCannotBeCalled(t *testing.T) {
	field := reflect.ValueOf(secret.New(key)).Field(0)
	if field.Kind() != reflect.Func || field.CanInterface() {
		t.Fatalf("the field is a %s that can be taken out: %v; expected a function that cannot", field.Kind(), field.CanInterface())
	}
	defer func() {
		if recover() == nil {
			t.Error("reflection could call the hidden function")
		}
	}()
	field.Call(nil)
}

func TestTextItself(t *testing.T) {
	full, empty := secret.New(key), secret.New("")
	if full.Reveal() != key || empty.Reveal() != "" || (secret.Text{}).Reveal() != "" {
		t.Error("Reveal does not give what New took")
	}
	if full.IsEmpty() || !empty.IsEmpty() || !(secret.Text{}).IsEmpty() {
		t.Error("IsEmpty is wrong")
	}
	pairs := []struct {
		a, b secret.Text
		same bool
	}{
		{full, secret.New(key), true}, {full, empty, false}, {empty, secret.Text{}, true},
		{full, secret.New(key + "x"), false}, {secret.New("a"), secret.New("b"), false},
	}
	for i, p := range pairs {
		if p.a.Equal(p.b) != p.same || p.b.Equal(p.a) != p.same {
			t.Errorf("pair %d: Equal is not %v both ways", i, p.same)
		}
	}
}

func TestFingerprints(t *testing.T) {
	a, b := secret.New(key), secret.New(key+"x")
	fixed := secret.NewPrinter(secret.New("one CANARY fingerprint key"))
	again := secret.NewPrinter(secret.New("one CANARY fingerprint key"))
	random, other := secret.NewPrinter(secret.Text{}), secret.NewPrinter(secret.Text{})

	if fixed.Fingerprint(a) != again.Fingerprint(secret.New(key)) {
		t.Error("equal texts under equal keys have different fingerprints")
	}
	if random.Fingerprint(a) != random.Fingerprint(secret.New(key)) {
		t.Error("equal texts of one run have different fingerprints")
	}
	prints := []string{fixed.Fingerprint(a), fixed.Fingerprint(b), fixed.Fingerprint(secret.Text{}), random.Fingerprint(a), other.Fingerprint(a)}
	for i, p := range prints {
		if len(p) != 35 || !strings.HasPrefix(p, "kf:") {
			t.Errorf("fingerprint %d is %q, expected kf: and 32 digits", i, p)
		}
		if _, err := hex.DecodeString(strings.TrimPrefix(p, "kf:")); err != nil {
			t.Errorf("fingerprint %d: %v", i, err)
		}
		for j := range i {
			if prints[j] == p {
				t.Errorf("fingerprints %d and %d are equal", j, i)
			}
		}
	}
	if got, want := fixed.Fingerprint(secret.New("x")), secret.NewPrinter(secret.New("one CANARY fingerprint key")).Fingerprint(secret.New("x")); got != want {
		t.Errorf("fingerprints are not stable: %s and %s", got, want)
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		mustHide(t, "a printed Printer as "+format, fmt.Sprintf(format, fixed)+fmt.Sprintf(format, *fixed))
	}
}

func FuzzTextNeverPrints(f *testing.F) {
	f.Add("sk_live_CANARY123", "%v")
	f.Add("x", "%[1]*.[2]*[3]f")
	f.Fuzz(func(t *testing.T, text, format string) {
		marked := "\x00CANARY" + text
		if strings.Contains(format, "CANARY") {
			return
		}
		out := fmt.Sprintf(format, secret.New(marked), exported{"n", secret.New(marked)})
		if strings.Contains(out, "CANARY") || strings.Contains(out, hex.EncodeToString([]byte("CANARY"))) {
			t.Errorf("format %q shows the text", format)
		}
	})
}
