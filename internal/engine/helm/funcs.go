package helm

import (
	"text/template"

	"github.com/Masterminds/sprig/v3"
)

// functions are Helm's template functions without those that need the set of templates:
// "include", "tpl", "required" and "fail". The random ones, and those that ask the clock,
// give fixed texts: see [standIns].
func functions() template.FuncMap {
	f := sprig.TxtFuncMap()
	delete(f, "env")
	delete(f, "expandenv")
	for name, fn := range formats() {
		f[name] = fn
	}
	for name, fn := range standIns() {
		f[name] = fn
	}
	f["typeOf"] = typeOf
	f["typeIs"] = func(want string, v any) bool { return want == typeOf(v) }
	f["typeIsLike"] = func(want string, v any) bool { return want == typeOf(v) || "*"+want == typeOf(v) }
	return f
}
