package verdict

import (
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/keyfit/keyfit/internal/provider"
)

// Bounds of what is taken out of an answer.
const (
	maxText   = 300
	maxScopes = 500
)

func (a answer) source(accepted bool) provider.Source {
	from := provider.Source{JSON: a.json, Header: a.header, Accepted: accepted, Part: a.Part}
	if !a.page && !a.Truncated {
		from.Text = string(a.Body)
	}
	return from
}

// identity reads whose key it is. What an answer does not tell stays empty.
func (a answer) identity(p *provider.Provider, accepted bool) Identity {
	from := a.source(accepted)
	text := func(e *provider.Extract) string {
		t, _ := e.Text(from)
		return printable(t)
	}
	want := &p.Probe.Identity
	id := Identity{
		User: text(want.User), Name: text(want.Name), Kind: text(want.Kind),
		Active: yesNo(text(want.Active)),
		Tenant: text(want.Tenant), Account: text(want.Account), Mode: text(want.Mode),
		Scopes:  scopes(want.Scopes, from),
		Expires: moment(text(want.Expires)), Created: moment(text(want.Created)),
	}
	id.Endless = id.Expires.IsZero() && (want.Expires.SaysNever(from) || isNever(text(want.Expires)))
	if admin := yesNo(text(want.Admin)); admin != nil {
		id.Admin = *admin
	}
	return id
}

// scopes lists what a key may do. One text of several words is split at spaces and
// commas, as OAuth and most vendors write it.
func scopes(e *provider.Extract, from provider.Source) []string {
	list := e.List(from)
	if len(list) == 1 && e.Split == "" {
		list = strings.FieldsFunc(list[0], func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
	}
	var out []string
	for _, s := range list[:min(len(list), maxScopes)] {
		if s = printable(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

func yesNo(text string) *bool {
	b, err := strconv.ParseBool(strings.ToLower(text))
	if err != nil {
		return nil
	}
	return &b
}

// isNever reports whether a text says that a key has no end.
func isNever(text string) bool {
	switch strings.ToLower(text) {
	case "0", "-1", "never", "none", "null":
		return true
	}
	return false
}

// printable drops what could disturb a terminal or a report and bounds the length.
func printable(text string) string {
	var b strings.Builder
	count := 0
	for _, r := range text {
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			continue
		}
		if count++; count > maxText {
			break
		}
		b.WriteRune(r)
	}
	return strings.TrimSpace(b.String())
}

// moment reads a time as vendors write it: RFC 3339, a date, seconds or milliseconds
// since 1970, or GitHub's two forms. What cannot be read is the zero time.
func moment(text string) time.Time {
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		return epoch(seconds)
	}
	for _, layout := range []string{
		time.RFC3339Nano, "2006-01-02 15:04:05 UTC", "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05 Z07:00",
		"2006-01-02T15:04:05-0700", "2006-01-02", time.RFC1123, time.RFC1123Z,
	} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// epoch takes numbers beyond the year 5138 for milliseconds. Zero and less stand for
// "never" at those who write times so.
func epoch(n float64) time.Time {
	const milliseconds, tooFar = 1e11, 1e14
	switch {
	case !(n > 0) || n >= tooFar:
		return time.Time{}
	case n >= milliseconds:
		return time.UnixMilli(int64(n)).UTC()
	}
	return time.Unix(int64(n), 0).UTC()
}
