package terraform

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// generator writes modules at random: variables that a file and the environment set, a
// resource of which some attributes are unknown, definitions, a called module, and one
// output for each expression.
type generator struct {
	*rand.Rand
	locals map[kindOfExpr][]string
	names  []string // texts that for expressions name
}

type kindOfExpr string

const (
	text   kindOfExpr = "string"
	number kindOfExpr = "number"
	truthy kindOfExpr = "bool"
	list   kindOfExpr = "list(string)"
	table  kindOfExpr = "map(string)"
	object kindOfExpr = "object({ a = string, b = number, c = list(string) })"
)

func kindsOfExpr() []kindOfExpr { return []kindOfExpr{text, number, truthy, list, table, object} }

func (k kindOfExpr) word() string {
	word, _, _ := strings.Cut(string(k), "(")
	return word
}

// generated is a module with n expressions, each the output e<i> on a line of its own.
func generated(seed uint64, n int) (x trial, expressions []string) {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 5)), locals: map[kindOfExpr][]string{}}
	var main, values strings.Builder
	x = trial{name: fmt.Sprint("seed ", seed), dir: "."}
	main.WriteString("resource \"terraform_data\" \"u\" {}\n")
	fmt.Fprintf(&main, "resource \"terraform_data\" \"o\" { input = { s = %s, n = %s, l = %s } }\n", g.literal(text), g.literal(number), g.literal(list))
	for _, k := range kindsOfExpr() {
		fmt.Fprintf(&main, "variable %q {\n  type = %s\n  default = %s\n}\n", k.word(), k, g.literal(k))
		if g.IntN(2) == 0 {
			fmt.Fprintf(&values, "%s = %s\n", k.word(), g.literal(k))
		} else if k == text || k == number {
			x.env = append(x.env, "TF_VAR_"+k.word()+"="+strings.Trim(g.literal(number), "\""))
		}
		fmt.Fprintf(&main, "module %q {\n  source = \"./m\"\n  %s = %s\n}\n", "m_"+k.word(), k.word(), g.simple(k))
		for i := range 3 {
			name := fmt.Sprintf("%s%d", k.word(), i)
			fmt.Fprintf(&main, "locals { %s = %s }\n", name, g.simple(k))
			g.locals[k] = append(g.locals[k], "local."+name)
		}
		g.locals[k] = append(g.locals[k], "var."+k.word(), "module.m_"+k.word()+".out."+k.word())
	}
	for range n {
		expressions = append(expressions, g.expr(g.kind(), 4))
	}
	called := ""
	for _, k := range kindsOfExpr() {
		called += fmt.Sprintf("variable %q {\n  type = %s\n  default = null\n}\n", k.word(), k)
	}
	called += "output \"out\" { value = { string = var.string, number = var.number, bool = var.bool, list = var.list, map = var.map, object = var.object } }\n"
	x.add("main.tf", main.String())
	x.add("m/main.tf", called)
	x.add("terraform.tfvars", values.String())
	return x, expressions
}

func pick[T any](g *generator, all ...T) T { return all[g.IntN(len(all))] }

func (g *generator) kind() kindOfExpr { return pick(g, kindsOfExpr()...) }

// literal is a value without references, as a file of variables takes it.
func (g *generator) literal(k kindOfExpr) string {
	switch k {
	case text:
		return pick(g, `"a"`, `"B c"`, `""`, `"CANARY"`, `"5"`, `"true"`, `"ü-x"`, `"a,b"`, `"l1\nl2"`, `"$${x}"`, `"k"`)
	case number:
		return pick(g, "0", "1", "2", "-3", "1.5", "1e3", "0.1", "123456789012345678901")
	case truthy:
		return pick(g, "true", "false")
	case list:
		return pick(g, `[]`, `["a"]`, `["b", "a", "b"]`, `["x", "", "5"]`)
	case table:
		return pick(g, `{}`, `{ a = "x" }`, `{ a = "1", k = "v", "b c" = "" }`)
	}
	return fmt.Sprintf(`{ a = %s, b = %s, c = %s }`, g.literal(text), g.literal(number), g.literal(list))
}

// unknown is what only the provider knows, or what went through a resource.
func (g *generator) unknown(k kindOfExpr) string {
	switch k {
	case text:
		return pick(g, "terraform_data.u.id", "terraform_data.u.id", "terraform_data.o.input.s")
	case number:
		return pick(g, "length(terraform_data.u.id)", "terraform_data.o.input.n")
	case truthy:
		return pick(g, `(terraform_data.u.id == "x")`, "(terraform_data.o.input.n > 1)")
	case list:
		return pick(g, `split("-", terraform_data.u.id)`, "[terraform_data.u.id]", "terraform_data.o.input.l")
	case table:
		return pick(g, `{ a = terraform_data.u.id }`, `{ (terraform_data.u.id) = "x" }`)
	}
	return `{ a = terraform_data.u.id, b = 1, c = [terraform_data.u.id, "x"] }`
}

// simple never fails.
func (g *generator) simple(k kindOfExpr) string {
	switch g.IntN(6) {
	case 0:
		return g.unknown(k)
	case 1:
		return fmt.Sprintf("(%s ? %s : %s)", pick(g, "true", "false", g.unknown(truthy)), g.literal(k), g.literal(k))
	case 2:
		if k == text {
			return fmt.Sprintf(`"x-${%s}"`, g.unknown(text))
		}
	}
	return g.literal(k)
}

func (g *generator) expr(k kindOfExpr, depth int) string {
	if depth == 0 || g.IntN(7) == 0 {
		return g.atom(k)
	}
	e := func(k kindOfExpr) string { return g.expr(k, depth-1) }
	switch g.IntN(12) {
	case 0:
		return fmt.Sprintf("(%s ? %s : %s)", e(truthy), e(k), e(k))
	case 1:
		return fmt.Sprintf("try(%s, %s)", e(k), e(k))
	case 2:
		return fmt.Sprintf("[%s, %s][%s]", e(k), e(k), pick(g, "0", "1", "0", e(number)))
	case 3:
		return fmt.Sprintf("{ a = %s, b = %s }.%s", e(k), e(g.kind()), pick(g, "a", "a", "b"))
	case 4:
		return fmt.Sprintf("jsondecode(jsonencode(%s))", e(k))
	}
	switch k {
	case text:
		return g.text(e)
	case number:
		return g.number(e)
	case truthy:
		return g.truth(e)
	case list:
		return g.list(e)
	case table:
		return g.table(e)
	}
	return g.object(e)
}

func (g *generator) atom(k kindOfExpr) string {
	switch {
	case k == text && len(g.names) > 0 && g.IntN(2) == 0:
		return pick(g, g.names...)
	case g.IntN(3) == 0:
		return g.literal(k)
	case g.IntN(4) == 0:
		return g.unknown(k)
	case g.IntN(25) == 0:
		return "null"
	}
	return pick(g, g.locals[k]...)
}

type expand func(kindOfExpr) string

func (g *generator) any(e expand) string { return e(g.kind()) }

func (g *generator) text(e expand) string {
	switch g.IntN(16) {
	case 0:
		return fmt.Sprintf(`"%s${%s}-${%s}"`, pick(g, "", "x ", "$${y}"), e(text), e(pick(g, text, number, truthy)))
	case 1:
		return fmt.Sprintf(`%s(%s)`, pick(g, "upper", "lower", "trimspace", "title", "strrev", "base64encode", "sha1", "urlencode", "chomp", "nonsensitive"), e(text))
	case 2:
		// Versions disagree on how null is formatted.
		return fmt.Sprintf(`format("%%s-%%v|%%5s", "x${%s}", [%s], "y${%s}")`, e(text), g.any(e), e(text))
	case 3:
		return fmt.Sprintf(`join(%s, %s)`, g.literal(text), e(list))
	case 4:
		return fmt.Sprintf(`coalesce(%s, %s)`, e(text), e(text))
	case 5:
		return fmt.Sprintf(`lookup(%s, %s, %s)`, e(table), pick(g, `"a"`, `"k"`, e(text)), e(text))
	case 6:
		return fmt.Sprintf(`%s[%s]`, e(list), pick(g, "0", "1", e(number)))
	case 7:
		return fmt.Sprintf(`%s["a"]`, e(table))
	case 8:
		return e(object) + ".a"
	case 9:
		return fmt.Sprintf(`jsonencode(%s)`, g.any(e))
	case 10:
		return fmt.Sprintf(`yamlencode(%s)`, g.any(e))
	case 11:
		return fmt.Sprintf(`replace(%s, %s, %s)`, e(text), pick(g, `"a"`, `"/[a-z]+/"`), e(text))
	case 12:
		return fmt.Sprintf(`substr(%s, %s, %s)`, e(text), pick(g, "0", "1", "-1"), pick(g, "1", "-1", "3"))
	case 13:
		return fmt.Sprintf(`tostring(%s)`, e(pick(g, number, truthy, text)))
	case 14:
		return fmt.Sprintf(`"%%{ if %s }%s%%{ else }${%s}%%{ endif }"`, e(truthy), pick(g, "yes", " y "), e(text))
	}
	return fmt.Sprintf(`"a %%{ for x in %s ~} ${x}, %%{ endfor ~} z"`, e(list))
}

func (g *generator) number(e expand) string {
	switch g.IntN(7) {
	case 0:
		return fmt.Sprintf(`(%s %s %s)`, e(number), pick(g, "+", "-", "*", "/", "%"), e(number))
	case 1:
		return fmt.Sprintf(`length(%s)`, e(pick(g, text, list, table, object)))
	case 2:
		return fmt.Sprintf(`%s(%s, %s)`, pick(g, "max", "min"), e(number), e(number))
	case 3:
		return fmt.Sprintf(`%s(%s)`, pick(g, "floor", "ceil", "abs", "signum"), e(number))
	case 4:
		return fmt.Sprintf(`try(tonumber(%s), %s)`, e(text), e(number))
	case 5:
		return e(object) + ".b"
	}
	return "-" + e(number)
}

func (g *generator) truth(e expand) string {
	switch g.IntN(8) {
	case 0:
		return fmt.Sprintf(`(%s %s %s)`, e(number), pick(g, "<", "<=", ">", ">=", "==", "!="), e(number))
	case 1:
		k := g.kind()
		return fmt.Sprintf(`(%s %s %s)`, e(k), pick(g, "==", "!="), e(k))
	case 2:
		return fmt.Sprintf(`!%s`, e(truthy))
	case 3:
		// Versions disagree on operands that fail, or are null, and are not needed.
		return fmt.Sprintf(`(%s %s can(%s))`, g.simple(truthy), pick(g, "&&", "||"), g.any(e))
	case 4:
		// Versions disagree on whether null can be looked for.
		return fmt.Sprintf(`contains(%s, "${%s}.")`, e(list), e(text))
	case 5:
		return fmt.Sprintf(`can(%s)`, g.any(e))
	case 6:
		return fmt.Sprintf(`startswith(%s, %s)`, e(text), e(text))
	}
	return fmt.Sprintf(`(%s == null)`, g.any(e))
}

func (g *generator) within(names string, e expand, k kindOfExpr) string {
	before := g.names
	g.names = append(append([]string{}, before...), strings.Fields(names)...)
	defer func() { g.names = before }()
	return e(k)
}

func (g *generator) list(e expand) string {
	switch g.IntN(13) {
	case 0:
		return fmt.Sprintf(`[%s, %s]`, e(text), e(text))
	case 1:
		return fmt.Sprintf(`split(%s, %s)`, pick(g, `","`, `"-"`), e(text))
	case 2:
		return fmt.Sprintf(`concat(%s, %s)`, e(list), e(list))
	case 3:
		return fmt.Sprintf(`[for x in %s : %s]`, e(list), g.within("x", e, text))
	case 4:
		return fmt.Sprintf(`[for x in %s : %s if %s]`, e(list), g.within("x", e, text), g.within("x", e, truthy))
	case 5:
		return fmt.Sprintf(`[for k, v in %s : %s]`, e(pick(g, table, list)), g.within("k v", e, text))
	case 6:
		return fmt.Sprintf(`keys(%s)`, e(pick(g, table, object)))
	case 7:
		return fmt.Sprintf(`values(%s)`, e(table))
	case 8:
		return fmt.Sprintf(`%s(%s)`, pick(g, "distinct", "compact", "sort", "reverse", "tolist", "toset"), e(list))
	case 9:
		return fmt.Sprintf(`flatten([%s, %s])`, e(list), e(list))
	case 10:
		return fmt.Sprintf(`[for x in [%s, %s] : x.a]`, e(object), e(object))
	case 11:
		return fmt.Sprintf(`[%s, %s][*].a`, e(object), e(object))
	}
	return e(object) + ".c"
}

func (g *generator) table(e expand) string {
	switch g.IntN(7) {
	case 0:
		return fmt.Sprintf(`{ a = %s, "k" = %s }`, e(text), e(text))
	case 1:
		return fmt.Sprintf(`merge(%s, %s)`, e(table), e(table))
	case 2:
		return fmt.Sprintf(`{ for k, v in %s : upper(k) => %s }`, e(table), g.within("k v", e, text))
	case 3:
		return fmt.Sprintf(`{ for x in %s : x => %s... }`, e(list), g.within("x", e, text))
	case 4:
		return fmt.Sprintf(`zipmap(%s, %s)`, e(list), e(list))
	case 5:
		return fmt.Sprintf(`tomap(%s)`, e(table))
	}
	return fmt.Sprintf(`{ (%s) = %s }`, e(text), e(text))
}

func (g *generator) object(e expand) string {
	switch g.IntN(3) {
	case 0:
		return fmt.Sprintf(`{ a = %s, b = %s, c = %s }`, e(text), e(number), e(list))
	case 1:
		return fmt.Sprintf(`merge(%s, { b = %s })`, e(object), e(number))
	}
	return g.atom(object)
}
