package arch

import (
	"go/ast"
	"go/token"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestNoPatternIsCompiledAtStart keeps `keyfit version` quick: a pattern of a package is
// compiled when it is first used, by lazy.Regexp.
func TestNoPatternIsCompiledAtStart(t *testing.T) {
	for _, s := range sources(t) {
		for _, value := range packageValues(s.file) {
			eachCallAtStart(value, func(pkg, name string, _ *ast.CallExpr) {
				if pkg == "regexp" && strings.Contains(name, "Compile") {
					t.Errorf("%s compiles a pattern when the program starts; use lazy.Regexp", s.name)
				}
			})
		}
	}
}

// TestLazyPatternsCompile says in a test what would otherwise show at first use.
func TestLazyPatternsCompile(t *testing.T) {
	seen := 0
	for _, s := range sources(t) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || qualified(call) != "lazy.Regexp" {
				return true
			}
			text, constant := literal(call.Args[0])
			if !constant {
				return true
			}
			seen++
			if _, err := regexp.Compile(text); err != nil {
				t.Errorf("%s: %v", s.name, err)
			}
			return true
		})
	}
	if seen < 100 {
		t.Errorf("found only %d patterns: the search is broken", seen)
	}
}

// packageValues are the values that the variables of a package start with.
func packageValues(file *ast.File) []ast.Expr {
	var out []ast.Expr
	for _, decl := range file.Decls {
		if g, ok := decl.(*ast.GenDecl); ok && g.Tok == token.VAR {
			for _, spec := range g.Specs {
				out = append(out, spec.(*ast.ValueSpec).Values...)
			}
		}
	}
	return out
}

// eachCallAtStart calls f for every pkg.Name(…) in an expression, outside the bodies of
// functions, which run later.
func eachCallAtStart(e ast.Expr, f func(pkg, name string, call *ast.CallExpr)) {
	ast.Inspect(e, func(n ast.Node) bool {
		if _, later := n.(*ast.FuncLit); later {
			return false
		}
		if call, ok := n.(*ast.CallExpr); ok {
			if pkg, name, ok := strings.Cut(qualified(call), "."); ok {
				f(pkg, name, call)
			}
		}
		return true
	})
}

func qualified(call *ast.CallExpr) string {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	x, ok := sel.X.(*ast.Ident)
	if !ok {
		return ""
	}
	return x.Name + "." + sel.Sel.Name
}

// literal is the text of literals that are put together with +.
func literal(e ast.Expr) (text string, ok bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, err == nil
	case *ast.BinaryExpr:
		left, ok1 := literal(e.X)
		right, ok2 := literal(e.Y)
		return left + right, ok1 && ok2
	}
	return "", false
}
