package schema

import (
	"encoding/json"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// numeral is a number as it would be written; "" when it is none.
func numeral(v any) string {
	switch v := v.(type) {
	case json.Number:
		return v.String()
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return ""
		}
		return strconv.FormatFloat(v, 'g', -1, 64)
	case int64:
		return strconv.FormatInt(v, 10)
	case int:
		return strconv.Itoa(v)
	}
	return ""
}

// exact is the exact value of a number; nil when it is none, or has too many digits.
func exact(v any) *big.Rat {
	text := numeral(v)
	if text == "" || len(text) > maxDigits {
		return nil
	}
	if at := strings.IndexAny(text, "eE"); at >= 0 {
		if e, err := strconv.Atoi(text[at+1:]); err != nil || e > maxDigits || e < -maxDigits {
			return nil
		}
	}
	out, ok := new(big.Rat).SetString(text)
	if !ok {
		return nil
	}
	return out
}

// count is a number that says how many; nil when v is none.
func count(v any) *int {
	n := exact(v)
	if n == nil || !n.IsInt() {
		return nil
	}
	out := math.MaxInt
	if n.Num().IsInt64() && n.Num().Int64() < math.MaxInt32 {
		out = int(n.Num().Int64())
	}
	return &out
}
