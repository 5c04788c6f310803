package function

import (
	"math/big"
	"net/netip"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/gocty"

	"github.com/keyfit/keyfit/internal/model"
)

// addresses are the functions of IP networks.
func addresses() map[string]function.Function {
	bits := param("newbits", cty.Number)
	return map[string]function.Function{
		"cidrhost":     define(cty.String, cidrhost, text("prefix"), param("hostnum", cty.Number)),
		"cidrnetmask":  define(cty.String, cidrnetmask, text("prefix")),
		"cidrsubnet":   define(cty.String, cidrsubnet, text("prefix"), bits, param("netnum", cty.Number)),
		"cidrcontains": define(cty.Bool, cidrcontains, text("containing_prefix"), text("contained_ip_or_prefix")),
		"cidrsubnets": function.New(&function.Spec{
			Params: []function.Parameter{text("prefix")}, VarParam: &bits,
			Type: function.StaticReturnType(cty.List(cty.String)),
			Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) { return cidrsubnets(args) },
		}),
	}
}

// network reads a prefix. As Terraform does, it takes 010.0.0.0 for 10.0.0.0.
func network(v cty.Value) (netip.Prefix, error) {
	addr, bits, ok := strings.Cut(v.AsString(), "/")
	ip, err := address(addr)
	if len(bits) > 1 {
		bits = strings.TrimLeft(bits[:len(bits)-1], "0") + bits[len(bits)-1:]
	}
	p, wrong := netip.ParsePrefix(ip.String() + "/" + bits)
	if err != nil || wrong != nil || !ok || ip.Zone() != "" {
		return netip.Prefix{}, complaint("expected a network as in 10.0.0.0/8")
	}
	return p.Masked(), nil
}

func address(s string) (netip.Addr, error) {
	head, tail := "", s
	if i := strings.LastIndexByte(s, ':'); i >= 0 {
		head, tail = s[:i+1], s[i+1:]
	}
	if strings.Contains(tail, ".") {
		parts := strings.Split(tail, ".")
		for i, p := range parts {
			if len(p) > 1 {
				parts[i] = strings.TrimLeft(p[:len(p)-1], "0") + p[len(p)-1:]
			}
		}
		tail = strings.Join(parts, ".")
	}
	ip, err := netip.ParseAddr(head + tail)
	if err != nil || ip.Zone() != "" {
		return netip.Addr{}, complaint("expected an address or a network")
	}
	return ip, nil
}

func whole64(v cty.Value) (*big.Int, error) {
	n, accuracy := v.AsBigFloat().Int(nil)
	if n == nil || accuracy != big.Exact {
		return nil, complaint("expected a whole number")
	}
	return n, nil
}

func small(v cty.Value) (int, error) {
	var n int
	if err := gocty.FromCtyValue(v, &n); err != nil {
		return 0, complaint("expected a whole number")
	}
	return n, nil
}

// numbered is the address n behind the beginning of a network; before its end, when n is
// negative. Each counts in steps of 2 to the power of shift.
func numbered(p netip.Prefix, n *big.Int, free, shift int) (netip.Addr, error) {
	size := new(big.Int).Lsh(big.NewInt(1), uint(max(free, 0)))
	if n.Sign() < 0 {
		n = new(big.Int).Add(n, size)
	}
	if free < 0 || n.Sign() < 0 || n.Cmp(size) >= 0 {
		return netip.Addr{}, complaint("expected a number that the network has room for")
	}
	at := new(big.Int).SetBytes(p.Addr().AsSlice())
	at.Add(at, new(big.Int).Lsh(n, uint(shift)))
	ip, ok := netip.AddrFromSlice(at.FillBytes(make([]byte, p.Addr().BitLen()/8)))
	if !ok {
		return netip.Addr{}, complaint("expected a number that the network has room for")
	}
	return ip, nil
}

// odd stands for what the real tool computes of numbers that make no sense, instead of
// refusing them.
func odd(t cty.Type) cty.Value {
	return unknown(t, model.WhyUnsupported, "a number of bits or of a network that is not negative, and no IPv4 address written as IPv6")
}

func cidrhost(args []cty.Value) (cty.Value, error) {
	p, err := network(args[0])
	if err != nil {
		return cty.NilVal, err
	}
	n, err := whole64(args[1])
	if err != nil {
		return cty.NilVal, err
	}
	if p.Addr().Is4In6() {
		return odd(cty.String), nil
	}
	ip, err := numbered(p, n, p.Addr().BitLen()-p.Bits(), 0)
	if err != nil {
		return cty.NilVal, err
	}
	return cty.StringVal(ip.Unmap().String()), nil
}

func cidrnetmask(args []cty.Value) (cty.Value, error) {
	p, err := network(args[0])
	if err != nil {
		return cty.NilVal, err
	}
	if !p.Addr().Is4() {
		return cty.NilVal, complaint("expected an IPv4 network")
	}
	mask := ^uint32(0) << (32 - p.Bits())
	return cty.StringVal(netip.AddrFrom4([4]byte{byte(mask >> 24), byte(mask >> 16), byte(mask >> 8), byte(mask)}).String()), nil
}

func cidrsubnet(args []cty.Value) (cty.Value, error) {
	p, err := network(args[0])
	if err != nil {
		return cty.NilVal, err
	}
	more, err := small(args[1])
	if err != nil {
		return cty.NilVal, err
	}
	n, err := whole64(args[2])
	if err != nil {
		return cty.NilVal, err
	}
	left := p.Addr().BitLen() - p.Bits() - more
	if more < 0 || n.Sign() < 0 || p.Addr().Is4In6() {
		return odd(cty.String), nil
	}
	if left < 0 {
		return cty.NilVal, complaint("expected as many bits as the network has left")
	}
	ip, err := numbered(p, n, more, left)
	if err != nil {
		return cty.NilVal, err
	}
	return cty.StringVal(netip.PrefixFrom(ip, p.Bits()+more).String()), nil
}

// cidrsubnets gives networks of several sizes one behind the other, each at the next place
// that is a multiple of its size.
func cidrsubnets(args []cty.Value) (cty.Value, error) {
	p, err := network(args[0])
	if err != nil {
		return cty.NilVal, err
	}
	if p.Addr().Is4In6() {
		return odd(cty.List(cty.String)), nil
	}
	out := []cty.Value{}
	next, end := new(big.Int), new(big.Int).Lsh(big.NewInt(1), uint(p.Addr().BitLen()-p.Bits()))
	for _, arg := range args[1:] {
		more, err := small(arg)
		if err != nil {
			return cty.NilVal, err
		}
		left := p.Addr().BitLen() - p.Bits() - more
		if more < 1 || more > 32 || left < 0 {
			return cty.NilVal, complaint("expected 1 to 32 bits, as far as the network has them left")
		}
		size := new(big.Int).Lsh(big.NewInt(1), uint(left))
		next.Add(next, new(big.Int).Sub(size, big.NewInt(1)))
		n := new(big.Int).Rsh(next, uint(left))
		if next.Add(new(big.Int).Lsh(n, uint(left)), size).Cmp(end) > 0 {
			return cty.NilVal, complaint("expected networks that the network has room for")
		}
		ip, err := numbered(p, n, more, left)
		if err != nil {
			return cty.NilVal, err
		}
		out = append(out, cty.StringVal(netip.PrefixFrom(ip, p.Bits()+more).String()))
	}
	if len(out) == 0 {
		return cty.ListValEmpty(cty.String), nil
	}
	return cty.ListVal(out), nil
}

func cidrcontains(args []cty.Value) (cty.Value, error) {
	outer, err := network(args[0])
	if err != nil {
		return cty.NilVal, err
	}
	inner, err := network(args[1])
	if err != nil {
		ip, wrong := address(args[1].AsString())
		if wrong != nil {
			return cty.NilVal, wrong
		}
		inner = netip.PrefixFrom(ip, ip.BitLen())
	}
	if inner.Addr().Is4In6() || outer.Addr().Is4In6() {
		return odd(cty.Bool), nil
	}
	if inner.Addr().Is4() != outer.Addr().Is4() {
		return cty.NilVal, complaint("expected two addresses of one family")
	}
	return cty.BoolVal(outer.Bits() <= inner.Bits() && outer.Contains(inner.Addr())), nil
}
