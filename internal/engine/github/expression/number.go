package expression

import (
	"math"
	"strconv"
	"strings"
	"unicode"
)

// parseNumber reads a text as a number, as the runner does: what is none is NaN, what is
// blank is 0.
func parseNumber(text string) float64 {
	text = strings.TrimFunc(text, unicode.IsSpace)
	if text == "" {
		return 0
	}
	if isDecimal(text) {
		f, err := strconv.ParseFloat(text, 64)
		if err != nil && !math.IsInf(f, 0) {
			return math.NaN()
		}
		return f
	}
	if digits, ok := strings.CutPrefix(text, "0x"); ok {
		return wrapped(digits, 16)
	}
	if digits, ok := strings.CutPrefix(text, "0o"); ok {
		return wrapped(digits, 8)
	}
	return infinity(text)
}

// isDecimal reports whether text is digits with a sign, a point and an exponent, each of
// them optional.
func isDecimal(text string) bool {
	text = strings.TrimLeft(text[:1], "+-") + text[1:]
	whole := strings.TrimLeft(text, "0123456789")
	digits := len(text) - len(whole)
	if rest, ok := strings.CutPrefix(whole, "."); ok {
		whole = strings.TrimLeft(rest, "0123456789")
		digits += len(rest) - len(whole)
	}
	if digits == 0 || whole == "" {
		return digits > 0
	}
	if whole[0] != 'e' && whole[0] != 'E' {
		return false
	}
	exponent := whole[1:]
	if exponent != "" && (exponent[0] == '+' || exponent[0] == '-') {
		exponent = exponent[1:]
	}
	return exponent != "" && strings.Trim(exponent, "0123456789") == ""
}

// wrapped reads digits as a number of 32 bits, the highest of which is its sign.
func wrapped(digits string, base int) float64 {
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil {
		return math.NaN()
	}
	return float64(int32(n))
}

func infinity(text string) float64 {
	switch strings.ToLower(text) {
	case "infinity", "+infinity":
		return math.Inf(1)
	case "-infinity":
		return math.Inf(-1)
	}
	return math.NaN()
}

// digits is how many digits of a number are written.
const digits = 15

// formatNumber writes a number as the runner does. It is not sure of a negative zero, whose
// sign some versions write, and of what lies exactly between two roundings.
func formatNumber(f float64) (text string, sure bool) {
	switch {
	case f == 0:
		return "0", !math.Signbit(f)
	case math.IsNaN(f):
		return "NaN", true
	case math.IsInf(f, 1):
		return "Infinity", true
	case math.IsInf(f, -1):
		return "-Infinity", true
	}
	if whole := math.Trunc(f); whole == f && math.Abs(f) < 1e15 {
		return strconv.FormatInt(int64(f), 10), true
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'e', digits-1, 64), "e")
	power, _ := strconv.Atoi(exponent)
	sign, figures := "", strings.Replace(mantissa, ".", "", 1)
	if figures[0] == '-' {
		sign, figures = "-", figures[1:]
	}
	figures = strings.TrimRight(figures, "0")
	return sign + placed(figures, power), !isTie(f)
}

// placed puts the point into figures, of which the first counts 10 to the power.
func placed(figures string, power int) string {
	switch {
	case power >= digits || power < -4:
		mark := "+"
		if power < 0 {
			mark, power = "-", -power
		}
		if len(figures) > 1 {
			figures = figures[:1] + "." + figures[1:]
		}
		exponent := strconv.Itoa(power)
		return figures + "E" + mark + strings.Repeat("0", max(0, 2-len(exponent))) + exponent
	case power < 0:
		return "0." + strings.Repeat("0", -power-1) + figures
	case len(figures) <= power+1:
		return figures + strings.Repeat("0", power+1-len(figures))
	}
	return figures[:power+1] + "." + figures[power+1:]
}

// isTie reports whether the digits behind those that are written are just a 5.
func isTie(f float64) bool {
	mantissa, _, _ := strings.Cut(strconv.FormatFloat(math.Abs(f), 'e', 60, 64), "e")
	rest := mantissa[digits+1:] // one for the point
	return strings.TrimRight(rest, "0") == "5"
}
