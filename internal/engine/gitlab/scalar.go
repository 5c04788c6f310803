package gitlab

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/keyfit/keyfit/internal/lazy"
)

// class is what Ruby makes of a scalar.
type class uint8

const (
	textual class = iota
	integer
	float
	boolean
	symbol
	dated // a date or a time, which GitLab refuses
)

// The forms that Psych, the YAML reader of Ruby, looks for in a scalar without quotes.
var (
	wordLike    = lazy.Regexp(`^[^\d.:-]?[\p{L}\p{M}_\s!@#$%^&*(){}<>|/\\~;=]+`)
	shortWord   = lazy.Regexp(`(?i)^[^ytonf~]`)
	yes         = lazy.Regexp(`(?i)^(?:yes|true|on)$`)
	no          = lazy.Regexp(`(?i)^(?:no|false|off)$`)
	nullWord    = lazy.Regexp(`(?i)^null$`)
	timeLike    = lazy.Regexp(`^-?\d{4}-\d{1,2}-\d{1,2}(?:[Tt]|\s+)\d{1,2}:\d\d:\d\d(?:\.\d*)?(?:\s*(?:Z|[-+]\d{1,2}:?(?:\d\d)?))?$`)
	dateLike    = lazy.Regexp(`^\d{4}-(?:1[012]|0\d|\d)-(?:[12]\d|3[01]|0\d|\d)$`)
	infinite    = lazy.Regexp(`(?i)^\+?\.inf$`)
	minusInf    = lazy.Regexp(`(?i)^-\.inf$`)
	notANumber  = lazy.Regexp(`(?i)^\.nan$`)
	sexagesimal = lazy.Regexp(`^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9]){1,2}$`)
	sexaFloat   = lazy.Regexp(`^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9]){1,2}\.[0-9_]*$`)
	floatLike   = lazy.Regexp(`^(?:[-+]?(?:[0-9][0-9_,]*)?\.[0-9]*(?:[eE][+-][0-9]+)?)$`)
	onlyAPoint  = lazy.Regexp(`^[-+]?\.$`)
	integerLike = lazy.Regexp(`^(?:[-+]?0b[01_,]+|[-+]?0[0-7_,]+|[-+]?0|[-+]?[1-9](?:[0-9]|,[0-9]|_[0-9])*|[-+]?0x[0-9a-fA-F_,]+)$`)
	loosePoint  = lazy.Regexp(`\.([Ee]|$)`)
)

// plain gives what Ruby makes of a scalar without quotes, and how it prints it. A text of
// no other class is itself. ok is false for what means null.
func plain(s string) (text string, c class, ok bool) {
	switch {
	case s == "":
		return "", textual, false
	case wordLike().MatchString(s) || strings.Contains(s, "\n"):
		return word(s)
	case timeLike().MatchString(s):
		return s, dated, true
	case dateLike().MatchString(s) && isDate(s):
		return s, dated, true
	case infinite().MatchString(s):
		return "Infinity", float, true
	case minusInf().MatchString(s):
		return "-Infinity", float, true
	case notANumber().MatchString(s):
		return "NaN", float, true
	case len(s) > 1 && s[0] == ':':
		return symbolic(s[1:]), symbol, true
	case sexagesimal().MatchString(s):
		return sixties(s), integer, true
	case sexaFloat().MatchString(s):
		return sixtiesFloat(s), float, true
	case floatLike().MatchString(s) && !onlyAPoint().MatchString(s):
		return rubyFloat(s)
	case integerLike().MatchString(s):
		return rubyInteger(s)
	}
	return s, textual, true
}

// word is a scalar that reads like a word: it may still be null or a boolean.
func word(s string) (text string, c class, ok bool) {
	switch {
	case len([]rune(s)) > 5 || shortWord().MatchString(s):
		return s, textual, true
	case s == "~" || nullWord().MatchString(s):
		return "", textual, false
	case yes().MatchString(s):
		return "true", boolean, true
	case no().MatchString(s):
		return "false", boolean, true
	}
	return s, textual, true
}

// symbolic is the name of a symbol such as :name or :"name".
func symbolic(s string) string {
	if len(s) > 1 && (s[0] == '"' || s[0] == '\'') {
		if end := strings.LastIndexByte(s[1:], s[0]); end >= 0 {
			return strings.TrimPrefix(s[1:end+1], ":")
		}
	}
	return s
}

func isDate(s string) bool {
	_, err := time.Parse("2006-1-2", s)
	return err == nil
}

// sixties is a number to the base of 60, such as 1:30, as Psych counts: of two digits the
// first one counts as much as of three.
func sixties(s string) string {
	total := new(big.Int)
	for i, digits := range strings.Split(s, ":") {
		n, _ := new(big.Int).SetString(leading(strings.ReplaceAll(digits, "_", "")), 10)
		if n == nil {
			n = new(big.Int)
		}
		power := int64(1)
		for range max(i-2, 2-i) {
			power *= 60
		}
		total.Add(total, n.Mul(n, big.NewInt(power)))
	}
	return total.String()
}

func sixtiesFloat(s string) string {
	total := 0.0
	for i, digits := range strings.Split(s, ":") {
		f, _ := strconv.ParseFloat(strings.TrimSuffix(strings.ReplaceAll(digits, "_", ""), "."), 64)
		total += f * math.Pow(60, math.Abs(float64(i-2)))
	}
	return printFloat(total)
}

func leading(s string) string { return strings.TrimPrefix(s, "+") }

// rubyInteger reads 0x, 0b and octal numbers as Ruby's Integer() does.
func rubyInteger(s string) (string, class, bool) {
	n, ok := new(big.Int).SetString(octal(leading(strings.NewReplacer("_", "", ",", "").Replace(s))), 0)
	if !ok {
		return s, textual, true
	}
	return n.String(), integer, true
}

// octal writes a number such as 012 as 0o12.
func octal(s string) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	if len(s) > 1 && s[0] == '0' && s[1] >= '0' && s[1] <= '9' {
		s = "0o" + s[1:]
	}
	return sign + s
}

func rubyFloat(s string) (string, class, bool) {
	f, err := strconv.ParseFloat(loosePoint().ReplaceAllString(strings.NewReplacer("_", "", ",", "").Replace(s), "$1"), 64)
	if err != nil && !math.IsInf(f, 0) {
		return s, textual, true
	}
	return printFloat(f), float, true
}

// printFloat prints as Ruby does: 1.0, 100.0, 1.0e+16, 1.0e-05.
func printFloat(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case f == 0:
		return strconv.FormatFloat(f, 'f', 1, 64)
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'e', -1, 64), "e")
	e, _ := strconv.Atoi(exponent)
	if e >= -4 && e < 16 {
		out := strconv.FormatFloat(f, 'f', -1, 64)
		if !strings.Contains(out, ".") {
			out += ".0"
		}
		return out
	}
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	return mantissa + "e" + exponent
}
