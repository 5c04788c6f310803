package kube

import (
	"encoding/base64"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.yaml.in/yaml/v3"
)

// Kubernetes reads YAML 1.1, turns it into JSON, and refuses a number or a bool where a
// text is expected. The kinds of a scalar are those of JSON.
type scalarKind uint8

const (
	otherTag scalarKind = iota // with a tag of some program
	textScalar
	boolScalar
	numberScalar
	nullScalar
)

func (k scalarKind) String() string {
	return [...]string{"a value with a YAML tag", "text", "true or false", "a number", "nothing"}[k]
}

// kindOf says what a scalar is to Kubernetes.
func kindOf(n *yaml.Node) scalarKind {
	if n.Style&yaml.TaggedStyle != 0 {
		switch n.ShortTag() {
		case "!!str":
			return textScalar
		case "!!bool", "!!int", "!!float", "!!null":
			kind, _ := resolve11(n.Value)
			return kind
		case "!!binary":
			if _, err := base64.StdEncoding.DecodeString(n.Value); err == nil {
				return textScalar
			}
		}
		if strings.HasPrefix(n.ShortTag(), "!!") {
			return otherTag
		}
		return textScalar // tags of programs are left alone
	}
	if n.Style != 0 {
		return textScalar
	}
	kind, _ := resolve11(n.Value)
	return kind
}

// scalarText is the text of a scalar that is one, or of nothing.
func scalarText(n *yaml.Node) string {
	switch {
	case kindOf(n) == nullScalar:
		return ""
	case n.Style&yaml.TaggedStyle != 0 && n.ShortTag() == "!!binary":
		if data, err := base64.StdEncoding.DecodeString(n.Value); err == nil {
			return string(data)
		}
	}
	return n.Value
}

var yamlFloat = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`)
})

// resolve11 gives the kind of a plain scalar, and the text it has as the name of a field.
func resolve11(s string) (kind scalarKind, name string) {
	switch s {
	case "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON":
		return boolScalar, "true"
	case "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF":
		return boolScalar, "false"
	case "", "~", "null", "Null", "NULL":
		return nullScalar, ""
	case ".nan", ".NaN", ".NAN":
		return numberScalar, ".nan"
	case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF":
		return numberScalar, ".inf"
	case "-.inf", "-.Inf", "-.INF":
		return numberScalar, "-.inf"
	}
	switch {
	case s[0] == '.':
		if f, err := strconv.ParseFloat(s, 64); err == nil {
			return numberScalar, floatName(f)
		}
	case s[0] == '+' || s[0] == '-' || s[0] >= '0' && s[0] <= '9':
		if !isTimestamp(s) {
			return number11(strings.ReplaceAll(s, "_", ""), s)
		}
	}
	return textScalar, s
}

func number11(plain, s string) (scalarKind, string) {
	if i, err := strconv.ParseInt(plain, 0, 64); err == nil {
		return numberScalar, strconv.FormatInt(i, 10)
	}
	if u, err := strconv.ParseUint(plain, 0, 64); err == nil {
		return numberScalar, strconv.FormatUint(u, 10)
	}
	if yamlFloat().MatchString(plain) {
		if f, err := strconv.ParseFloat(plain, 64); err == nil {
			return numberScalar, floatName(f)
		}
	}
	if digits, ok := strings.CutPrefix(plain, "0b"); ok {
		if i, err := strconv.ParseInt(digits, 2, 64); err == nil { // 0b+1 is a number as well
			return numberScalar, strconv.FormatInt(i, 10)
		}
	}
	if digits, ok := strings.CutPrefix(plain, "-0b"); ok {
		if i, err := strconv.ParseInt("-"+digits, 2, 64); err == nil {
			return numberScalar, strconv.FormatInt(i, 10)
		}
	}
	return textScalar, s
}

func floatName(f float64) string {
	switch s := strconv.FormatFloat(f, 'g', -1, 32); s {
	case "+Inf":
		return ".inf"
	case "-Inf":
		return "-.inf"
	case "NaN":
		return ".nan"
	default:
		return s
	}
}

// isTimestamp reports whether a plain scalar is a date. Dates stay texts.
func isTimestamp(s string) bool {
	if len(s) < 5 || s[4] != '-' || strings.Trim(s[:4], "0123456789") != "" {
		return false
	}
	formats := []string{"2006-1-2T15:4:5.999999999Z07:00", "2006-1-2t15:4:5.999999999Z07:00", "2006-1-2 15:4:5.999999999", "2006-1-2"}
	return slices.ContainsFunc(formats, func(format string) bool {
		_, err := time.Parse(format, s)
		return err == nil
	})
}
