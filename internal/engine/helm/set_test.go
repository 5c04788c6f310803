package helm

import (
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/strvals"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
)

func base() map[string]any {
	return map[string]any{"a": map[string]any{"b": "x", "n": nil}, "l": []any{"x", map[string]any{"c": "y"}, []any{"z"}, nil}, "n": nil, "t": "x"}
}

// FuzzSet compares the reader of --set with Helm's own, over values that are there already.
func FuzzSet(f *testing.F) {
	for _, seed := range []string{"a.b=1", "l[1].c=2,l[5]=x", "l[2][3]=y", `a={1,b\,c},d=null`, "l[0]", "n.x=1", `t\.x=\`, "a.n.=", "l[3][0]=1", `j={"a":[1,null]} , k= "x"`, "=1,,", "a[0", "ä.ö=ü", "{}", "a={", "l[3].x=", "l[1\xea\xea[5]=x", "a=\xff"} {
		for kind := range 4 {
			f.Add(kind, seed)
		}
	}
	f.Fuzz(func(t *testing.T, kind int, text string) {
		flag := []string{"set", "set-string", "set-json", "set-literal"}[uint(kind)%4]
		want := base()
		var err error
		switch flag {
		case "set":
			err = strvals.ParseInto(text, want)
		case "set-string":
			err = strvals.ParseIntoString(text, want)
		case "set-json":
			err = strvals.ParseJSON(text, want)
		case "set-literal":
			err = strvals.ParseLiteralInto(text, want)
		}
		root := nodeOf(base(), model.Trail{})
		l := &loader{step: Step{At: pos.Span{File: "x"}}}
		l.assign(Arg{Flag: flag, Text: model.KnownText(text, model.Hop{Kind: model.KindShell})}, root)
		if refused := len(l.problems) > 0; refused != (err != nil) {
			t.Fatalf("--%s %q: refused is %v, helm says %v", flag, text, refused, err)
		}
		if got := dump(root.plain()); err == nil && got != dump(any(want)) {
			t.Errorf("--%s %q: %s, expected %s", flag, text, got, dump(any(want)))
		}
	})
}

func TestShownKey(t *testing.T) {
	for key, want := range map[string]string{"apiKey": "apiKey", "PAYMENT_KEY": "PAYMENT_KEY", "a": "a", "sk_live_51H8a9CANARYq2Zx": "…", "x" + strings.Repeat("y", 50): "…"} {
		if got := shownKey(key); got != want {
			t.Errorf("%q is shown as %q", key, got)
		}
	}
}
