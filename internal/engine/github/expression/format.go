package expression

import (
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/secret"
)

// format puts arguments into a text. Arguments that the text does not ask for are not
// evaluated, as the runner does.
func (r *run) format(args []*node) Value {
	pattern := r.eval(args[0])
	if pattern.fault != nil {
		return pattern
	}
	return r.lift1(pattern, func(pattern Value) Value {
		if pattern.kind == KindUnknown {
			return Unknown(derived(pattern), KindString)
		}
		text := asText(pattern)
		if text.kind != KindString {
			return text
		}
		pieces, err := readFormat(text.text.Text.Reveal(), len(args)-1)
		if err != nil {
			return Value{fault: err, text: failed("").text, may: anyKind}
		}
		return r.filled(text.text, pieces, args[1:])
	})
}

// piece is a stretch of a format: a text, or the number of an argument.
type piece struct {
	text     string
	argument int // -1 for a text
}

// filled evaluates the arguments and puts them between the texts.
func (r *run) filled(pattern model.Value, pieces []piece, args []*node) Value {
	values := make([]Value, len(args))
	used := make([]bool, len(args))
	for _, p := range pieces {
		if p.argument >= 0 && !used[p.argument] {
			v := r.eval(args[p.argument])
			if v.fault != nil {
				return v
			}
			values[p.argument], used[p.argument] = v, true
		}
	}
	return r.filledWith(pattern, pieces, values)
}

// filledWith splits the values with several candidates, as far as that stays few.
func (r *run) filledWith(pattern model.Value, pieces []piece, values []Value) Value {
	combinations := 1
	for _, v := range values {
		if combinations *= v.count(); combinations > maxOptions {
			break
		}
	}
	for i, v := range values {
		if combinations <= maxOptions && v.count() > 1 {
			return r.lift1(v, func(v Value) Value {
				chosen := append([]Value(nil), values...)
				chosen[i] = v
				return r.filledWith(pattern, pieces, chosen)
			})
		}
	}
	out := make([]model.Value, 0, len(pieces))
	for _, p := range pieces {
		m := withText(pattern, p.text)
		if p.argument >= 0 {
			m = values[p.argument].Model()
		}
		if out = append(out, m); !r.spend(len(m.Text.Reveal())) {
			return tooMuch()
		}
	}
	return compose(out)
}

func withText(v model.Value, text string) model.Value {
	v.Text, v.Parts = secret.New(text), nil
	return v
}

// readFormat splits a format into its pieces. count is how many arguments there are.
func readFormat(format string, count int) ([]piece, error) {
	var out []piece
	for format != "" {
		at := strings.IndexAny(format, "{}")
		if at < 0 {
			return append(out, piece{format, -1}), nil
		}
		brace, rest := format[at], format[at+1:]
		text := format[:at]
		if rest != "" && rest[0] == brace { // twice stands for itself
			out = append(out, piece{text + string(brace), -1})
			format = rest[1:]
			continue
		}
		if brace == '}' {
			return nil, failed(`expected a format in which "}" closes an argument or is written twice`).fault
		}
		argument, behind, err := readArgument(rest, count)
		if err != nil {
			return nil, err
		}
		out = append(out, piece{text, -1}, piece{"", argument})
		format = behind
	}
	return out, nil
}

// readArgument reads the number of an argument, behind its opening brace.
func readArgument(text string, count int) (argument int, behind string, err error) {
	number, behind, ok := strings.Cut(text, "}")
	n, bad := strconv.ParseUint(number, 10, 8)
	switch {
	case !ok || bad != nil:
		return 0, "", failed(`expected a format in which "{" opens the number of an argument or is written twice`).fault
	case int(n) >= count:
		return 0, "", failed("expected a format with at most %d arguments, as many as are given", count).fault
	}
	return int(n), behind, nil
}
