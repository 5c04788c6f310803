package report

import (
	"bufio"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
	"strings"
	"sync"
)

// The page's parts. All text of a Document goes through html/template, which escapes it
// for the place where it stands; style and script hold no text of a Document at all, so
// that the page's policy can name them by their hashes and forbid everything else.
var (
	//go:embed html/page.html
	htmlTemplate string
	//go:embed html/page.css
	htmlStyle string
	//go:embed html/page.js
	htmlScript string
)

// htmlTemplates parses the page when it is first used.
var htmlTemplates = sync.OnceValues(func() (*template.Template, error) {
	return template.New("page").Parse(htmlTemplate)
})

// writeHTML is the report as one file without any resource from outside.
func writeHTML(w io.Writer, d Document, _ Options) error {
	t, err := htmlTemplates()
	if err != nil {
		return err
	}
	b := bufio.NewWriterSize(w, 64<<10)
	if err := t.Execute(b, newHTMLPage(d)); err != nil {
		return err
	}
	return b.Flush()
}

// htmlFrame is what stands around the report.
type htmlFrame struct {
	Policy string
	Style  template.HTML
	Script template.HTML
}

// newHTMLFrame marks style and script as safe: both are part of the program.
func newHTMLFrame() htmlFrame {
	style, script := squeeze(htmlStyle), squeeze(htmlScript)
	return htmlFrame{
		Policy: strings.Join([]string{
			"default-src 'none'", "style-src " + sourceHash(style), "script-src " + sourceHash(script),
			"img-src data:", "base-uri 'none'", "form-action 'none'",
		}, "; "),
		Style:  template.HTML("<style>" + style + "</style>"),
		Script: template.HTML("<script>" + script + "</script>"),
	}
}

// squeeze drops indentation, empty lines and lines that are a comment.
func squeeze(source string) string {
	var b strings.Builder
	for line := range strings.Lines(source) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "//") || strings.HasPrefix(line, "/*") && strings.HasSuffix(line, "*/") {
			continue
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

// sourceHash names a text for a content security policy.
func sourceHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
