package deploy

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/keyfit/keyfit/internal/model"
)

const kindSSH = "ssh"

func sshAdapter() Adapter { return Adapter{Names: []string{"ssh"}, Read: readSSH} }

func readSSH(call Call) (Delivery, bool) {
	r := newReading(call, "ssh")
	g := grammar{short: true, stop: true}
	for _, c := range "BbcDEeFIiJLlmOoPpQRSWw" {
		g.values = append(g.values, "-"+string(c))
	}
	for _, c := range "46AaCfGgKkMNnqsTtVvXxYy" {
		g.bools = append(g.bools, "-"+string(c))
	}
	words := r.words()
	l := g.read(words)
	if len(l.rest) == 0 || l.has("-N", "-G", "-V", "-Q", "-O", "-W") {
		return Delivery{}, false
	}
	if l.open != nil && l.rest[0].head() == "" && l.strange == "" {
		l.open = nil // the host: were it a flag, there would be no host
	}
	if l.open != nil {
		r.doubt(*l.open, "an argument of ssh is not known and may be a flag, expected a text that is known", "")
	}
	r.strict(l)
	host := l.rest[0]
	behind := g.read(l.rest[1:]) // flags may also follow the host
	line := joined(behind.rest)
	if line.is("") && call.Stdin.State == model.Absent {
		return Delivery{}, false // somebody types
	}
	if remoteShell(line) {
		line = wordOf(r.stdin())
	}
	return r.remoteLine(host, line)
}

// remoteShell reports whether the line only starts a shell, which reads the script from
// its standard input.
func remoteShell(line word) bool {
	return line.is("", "sh", "bash", "sh -s", "bash -s", "sh -e", "bash -e", "bash -se", "bash -es", "bash -l", "bash -ls", "/bin/sh", "/bin/bash", "bash -s --", "sh -s --")
}

// remoteLine says what the commands of a line find on another machine: nothing of the
// environment here, only what the line itself sets.
func (r *reading) remoteLine(host, line word) (Delivery, bool) {
	name, ok := host.known()
	if !ok {
		name = "a host that is not known"
	}
	elsewhere := r.remote(model.WhyRemoteState, "the environment of the host")
	if u := line.mayHold("\"'\\$`;&|<>(){}#=*?[]~! \t\r\n"); u != nil {
		r.doubt(*u, "a text in a command line for another machine is not known and may change what stands around it, expected one that is known", "bind its value under `inputs`")
	}
	p := &remoteScript{reading: r, line: line, host: name, elsewhere: elsewhere, exported: map[string]model.Value{}}
	if p.follow() {
		return r.result()
	}
	r.d.Consumers = nil
	if text, known := line.known(); known && r.open == nil {
		env := model.Env{}.WithRest(elsewhere)
		r.d.Inner = append(r.d.Inner, Inner{Line: text, Parts: line.pieces(), Dir: r.call.Dir, Env: env, At: r.call.At, Host: name, Stdin: r.call.Stdin})
		return r.result()
	}
	t := r.target(kindSSH, plain(name), "ssh")
	t.wild(elsewhere)
	t.done()
	return r.result()
}

// remoteScript follows the plainest of scripts: assignments, exports and commands, one
// behind the other.
type remoteScript struct {
	*reading
	line      word
	host      string
	elsewhere model.Value
	exported  map[string]model.Value
}

func (p *remoteScript) follow() bool {
	f, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(p.line.text), "")
	if err != nil || len(f.Stmts) == 0 {
		return false
	}
	for _, s := range f.Stmts {
		if !p.stmt(s) {
			return false
		}
	}
	return true
}

func (p *remoteScript) stmt(s *syntax.Stmt) bool {
	if s.Negated || s.Background || s.Coprocess {
		return false
	}
	switch c := s.Cmd.(type) {
	case *syntax.BinaryCmd:
		return c.Op == syntax.AndStmt && p.stmt(c.X) && p.stmt(c.Y)
	case *syntax.DeclClause:
		return c.Variant.Value == "export" && p.export(c)
	case *syntax.CallExpr:
		return p.command(c)
	}
	return false
}

func (p *remoteScript) export(c *syntax.DeclClause) bool {
	for _, a := range c.Args {
		if a.Name == nil || a.Naked || a.Append || a.Array != nil {
			return false
		}
		p.exported[a.Name.Value] = p.text(a.Value)
	}
	return true
}

func (p *remoteScript) command(c *syntax.CallExpr) bool {
	if len(c.Args) == 0 {
		return false // a variable of the shell only
	}
	name := c.Args[0].Lit()
	switch name {
	case "export", "set", "eval", "exec", ".", "source", "unset", "alias", "trap", "env", "sudo", "sh", "bash", "exit", "return", "":
		return false
	case "cd", "echo", "mkdir", "true", ":":
		return len(c.Assigns) == 0
	}
	if slices.Contains(Tools(), path.Base(name)) {
		return false // another adapter reads on
	}
	t := p.target(kindSSH, plain(p.host), "ssh")
	t.consumer.Container = name
	t.wild(p.elsewhere)
	for n, v := range p.exported {
		t.set(n, v)
	}
	for _, a := range c.Assigns {
		if a.Append || a.Array != nil {
			return false
		}
		t.set(a.Name.Value, p.text(a.Value))
	}
	t.done()
	return true
}

// text is the value of a word that is plain or quoted; expansions happen elsewhere.
func (p *remoteScript) text(w *syntax.Word) model.Value {
	var out word
	if w == nil {
		return out.value()
	}
	unsure := false
	take := func(from, to syntax.Pos, text string) {
		piece := p.line.slice(int(from.Offset()), int(to.Offset()))
		unsure = unsure || piece.text != text || strings.Contains(text, `\`)
		for _, q := range piece.parts {
			out.add(q.value)
		}
	}
	for i, part := range w.Parts {
		switch x := part.(type) {
		case *syntax.Lit:
			take(x.Pos(), x.End(), x.Value)
			unsure = unsure || i == 0 && strings.HasPrefix(x.Value, "~") || strings.Contains(x.Value, ":~")
		case *syntax.SglQuoted:
			start := int(x.Left.Offset()) + 1
			piece := p.line.slice(start, int(x.Right.Offset()))
			unsure = unsure || x.Dollar || piece.text != x.Value
			for _, q := range piece.parts {
				out.add(q.value)
			}
		case *syntax.DblQuoted:
			for _, in := range x.Parts {
				if lit, ok := in.(*syntax.Lit); ok {
					take(lit.Pos(), lit.End(), lit.Value)
				} else {
					unsure = true
				}
			}
			unsure = unsure || x.Dollar
		default:
			unsure = true
		}
	}
	if unsure {
		return model.UnknownBecause(model.WhyRemoteState, "what the host makes of it", out.value().Trail)
	}
	return out.value()
}
