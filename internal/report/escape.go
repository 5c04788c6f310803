package report

import (
	"fmt"
	"strings"
	"unicode"
)

// md escapes text for Markdown as GitHub reads it: it shows exactly as it is, and can
// neither start markup, nor a link, nor an HTML tag, nor a table cell, nor call for a
// user's attention.
func md(text string) string {
	var b strings.Builder
	for i, r := range text {
		switch {
		case r == '@':
			b.WriteString("&#64;&#8203;") // the invisible space keeps it from being a mention
			continue
		case r == '.' && !endsInWWW(text[:i]), r == ':' && strings.HasPrefix(text[i+1:]+" ", " "):
		case r < 0x80 && (unicode.IsPunct(r) || unicode.IsSymbol(r)) && !strings.ContainsRune(`,;/()'"-?=%`, r):
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// endsInWWW reports whether a dot behind text would make GitHub see an address.
func endsInWWW(text string) bool {
	return len(text) >= 3 && strings.EqualFold(text[len(text)-3:], "www")
}

// mdCode writes text as code where that is safe, else escaped as plain text: a code
// span has no escapes of its own.
func mdCode(text string) string {
	if text == "" {
		return ""
	}
	for _, r := range text {
		if r >= 0x80 || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_-./: ,=()[]{}$", r) {
			return md(text)
		}
	}
	if strings.HasPrefix(text, " ") || strings.HasSuffix(text, " ") {
		return md(text)
	}
	return "`" + text + "`"
}

// mermaid escapes text for a quoted label of a Mermaid chart: letters, digits and a few
// harmless signs stay, everything else becomes a numbered entity.
func mermaid(text string) string {
	var b strings.Builder
	for _, r := range text {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(" ./:-,_·", r) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "#%d;", r)
		}
	}
	return b.String()
}
