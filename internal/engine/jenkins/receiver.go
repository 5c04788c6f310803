package jenkins

import (
	"github.com/keyfit/keyfit/internal/model"
)

// method calls a method of a value.
func (m *machine) method(recv value, c *invocation) value {
	switch recv.kind {
	case kindNull:
		if c.name == "toString" {
			return textValue(derived("null", c.node))
		}
		return m.unknownCall(c, m.ofNothing(c.node).why)
	case kindText, kindNumber, kindBool:
		return m.textMethod(recv, c)
	case kindList:
		return m.listMethod(recv, c)
	case kindMap:
		return m.mapMethod(recv, c)
	case kindClosure:
		return m.closureMethod(recv, c)
	case kindObject:
		return m.objectMethod(recv, c)
	}
	if c.name == "each" || c.body() != nil {
		return m.unknownCall(c, recv.why)
	}
	out := unknownValue(recv.why)
	out.secret = recv.secret
	return out
}

func (m *machine) closureMethod(recv value, c *invocation) value {
	switch c.name {
	case "call", "run":
		return m.invoke(recv.fn, m.handed(c), c.node)
	case "curry", "rcurry", "memoize", "trampoline", "rehydrate", "clone", "dehydrate":
		if c.name == "clone" || c.name == "dehydrate" || c.name == "rehydrate" {
			return recv
		}
	}
	return m.unknownCall(c, model.UnknownBecause(model.WhyUnsupported, "a simpler call", m.trail(c.node)))
}

func (m *machine) objectMethod(recv value, c *invocation) value {
	o := recv.object
	switch o.name {
	case objectSteps:
		if f := m.function(m.home(c.scope), c.name, m.handed(c)); f != nil {
			return m.invoke(f, m.handed(c), c.node)
		}
		if c.name == "getProperty" {
			return m.propertyByName(recv, c)
		}
		return m.run(c)
	case objectScript:
		if f := m.function(o.script, c.name, m.handed(c)); f != nil {
			return m.invoke(f, m.handed(c), c.node)
		}
		return m.run(c)
	case objectEnv:
		return m.envMethod(recv, c)
	case objectParams:
		return m.paramsMethod(recv, c)
	case objectDocker, objectImage:
		return m.dockerMethod(o, c)
	case objectBuild, objectScm:
		return m.unsupported(c.node, "the run of the pipeline")
	case objectClass:
		return m.classMethod(o, c)
	}
	return m.foreign(c, o.about+"."+c.name)
}

func (m *machine) propertyByName(recv value, c *invocation) value {
	name, ok := c.arg(0).words()
	if !ok {
		return unknownValue(m.undecidedBy(c.arg(0), c.node))
	}
	return m.objectProperty(recv.object, name, c.node)
}

func (m *machine) envMethod(recv value, c *invocation) value {
	switch c.name {
	case "getProperty", "get", "getAt":
		return m.propertyByName(recv, c)
	case "setProperty", "putAt", "put":
		m.put(recv, c.arg(0), c.arg(1), c.node)
		return nullValue()
	case "getEnvironment":
		return m.unsupported(c.node, "the variables one by one")
	}
	return m.unknownCall(c, model.UnknownBecause(model.WhyUnsupported, "a simpler call", m.trail(c.node)))
}

func (m *machine) paramsMethod(recv value, c *invocation) value {
	switch c.name {
	case "get", "getAt", "getOrDefault":
		v := m.propertyByName(recv, c)
		if v.kind == kindNull && len(c.args) > 1 {
			return c.args[1]
		}
		return v
	case "containsKey":
		name, ok := c.arg(0).words()
		if _, declared := m.params[name]; ok && declared {
			return boolValue(true, c.node)
		}
	}
	return m.unknownCall(c, model.UnknownBecause(model.WhyInput, "the parameters of the run", m.trail(c.node)))
}

func (m *machine) classMethod(o object, c *invocation) value {
	first := c.arg(0)
	switch o.about + "." + c.name {
	case "String.valueOf":
		return textValue(m.asText(first, c.node))
	case "Integer.parseInt", "Integer.valueOf", "Long.parseLong":
		return m.toNumber(first, c.node)
	case "Boolean.parseBoolean", "Boolean.valueOf":
		if s, ok := first.words(); ok {
			return boolValue(equalFold(s, "true"), c.node, first.text)
		}
		return m.tainted(first, nullValue(), c.node)
	case "String.format":
		return m.format(first, c.args[min(1, len(c.args)):], c.node)
	case "String.join":
		if len(c.args) == 2 && c.args[1].kind == kindList {
			return m.joinList(c.args[1], first, c.node)
		}
	}
	return m.unknownCall(c, model.UnknownBecause(model.WhyUnsupported, "a simpler expression", m.trail(c.node)))
}
