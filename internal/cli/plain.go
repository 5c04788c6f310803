package cli

import (
	"strings"
	"unicode/utf8"

	"github.com/keyfit/keyfit/internal/lazy"
)

// pageWidth is how wide the text of a page is set on a terminal.
const pageWidth = 80

var (
	markdownLink  = lazy.Regexp(`\[([^\]]*)\]\(([^)]*)\)`)
	markdownNote  = lazy.Regexp(`(?s)<!--.*?-->\n*`)
	markdownBold  = lazy.Regexp(`\*\*([^*]+)\*\*`)
	markdownSplit = lazy.Regexp(`(?:^|[^\\])\|`)
)

// plain sets the Markdown of keyfit's own pages for a terminal: paragraphs are filled, tables
// become lists where they are too wide, and marks that only a renderer needs are left out.
func plain(text string) string {
	p := &setter{}
	lines := strings.Split(markdownNote().ReplaceAllString(text, ""), "\n")
	for i := 0; i < len(lines); {
		i += p.set(lines[i:])
	}
	p.flush()
	return strings.TrimSpace(p.out.String()) + "\n"
}

type setter struct {
	out       strings.Builder
	paragraph []string
}

// set puts down what begins at the first line, and says how many lines that were.
func (p *setter) set(lines []string) int {
	line := lines[0]
	switch {
	case strings.HasPrefix(line, "```"):
		p.flush()
		return p.fence(lines)
	case strings.HasPrefix(line, "|"):
		p.flush()
		return p.table(lines)
	case strings.HasPrefix(line, "#"):
		p.flush()
		p.heading(line)
	case strings.TrimSpace(line) == "":
		p.flush()
	case strings.HasPrefix(line, "- ") || isNumbered(line):
		p.flush()
		p.paragraph = []string{line}
		n := 1
		for n < len(lines) && strings.HasPrefix(lines[n], "  ") {
			p.paragraph = append(p.paragraph, lines[n])
			n++
		}
		p.item()
		if n >= len(lines) || strings.TrimSpace(lines[n]) == "" {
			p.out.WriteString("\n")
		}
		return n
	default:
		p.paragraph = append(p.paragraph, line)
	}
	return 1
}

func isNumbered(line string) bool {
	return len(line) > 2 && line[0] >= '1' && line[0] <= '9' && line[1] == '.' && line[2] == ' '
}

// flush sets the paragraph that was gathered.
func (p *setter) flush() {
	if len(p.paragraph) > 0 {
		fill(&p.out, inline(strings.Join(p.paragraph, " ")), "", "")
		p.out.WriteString("\n")
	}
	p.paragraph = nil
}

func (p *setter) item() {
	first := strings.IndexByte(p.paragraph[0], ' ') + 1
	fill(&p.out, inline(strings.Join(p.paragraph, " ")[first:]), p.paragraph[0][:first], strings.Repeat(" ", first))
	p.paragraph = nil
}

func (p *setter) heading(line string) {
	title := inline(strings.TrimLeft(line, "# "))
	under := map[bool]string{true: "=", false: "-"}[strings.HasPrefix(line, "# ")]
	p.out.WriteString(title + "\n" + strings.Repeat(under, utf8.RuneCountInString(title)) + "\n\n")
}

// fence copies a block of code, indented.
func (p *setter) fence(lines []string) int {
	for i, line := range lines[1:] {
		if strings.HasPrefix(line, "```") {
			p.out.WriteString("\n")
			return i + 2
		}
		p.out.WriteString(strings.TrimRight("    "+line, " ") + "\n")
	}
	return len(lines)
}

// table sets columns where they fit, and else one row below the other.
func (p *setter) table(lines []string) int {
	var rows [][]string
	n := 0
	for ; n < len(lines) && strings.HasPrefix(lines[n], "|"); n++ {
		if n != 1 { // the line between head and body
			rows = append(rows, cells(lines[n]))
		}
	}
	widths := make([]int, len(rows[0]))
	total := 0
	for i := range widths {
		for _, row := range rows {
			if i < len(row) {
				widths[i] = max(widths[i], utf8.RuneCountInString(row[i]))
			}
		}
		total += widths[i] + 2
	}
	switch {
	case total <= pageWidth:
		p.columns(rows, widths)
	case len(widths) > 1 && total-widths[len(widths)-1] <= pageWidth/2:
		p.hanging(rows, widths)
	default:
		p.list(rows)
	}
	p.out.WriteString("\n")
	return n
}

func cells(line string) []string {
	line = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(line), "|"), "|")
	var out []string
	for at := 0; ; {
		end := markdownSplit().FindStringIndex(line[at:])
		if end == nil {
			return append(out, cellText(line[at:]))
		}
		out = append(out, cellText(line[at:at+end[1]-1]))
		at += end[1]
	}
}

func cellText(text string) string {
	return inline(strings.ReplaceAll(strings.TrimSpace(text), `\|`, "|"))
}

func (p *setter) columns(rows [][]string, widths []int) {
	for _, row := range rows {
		var b strings.Builder
		for i, text := range row {
			b.WriteString(text + strings.Repeat(" ", max(0, widths[min(i, len(widths)-1)]-utf8.RuneCountInString(text))+2))
		}
		p.out.WriteString(strings.TrimRight(b.String(), " ") + "\n")
	}
}

// hanging fills the last column only.
func (p *setter) hanging(rows [][]string, widths []int) {
	last := len(widths) - 1
	for _, row := range rows {
		var b strings.Builder
		for i, text := range row[:min(last, len(row))] {
			b.WriteString(text + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(text)+2))
		}
		head := b.String()
		fill(&p.out, row[len(row)-1], head, strings.Repeat(" ", utf8.RuneCountInString(head)))
	}
}

// list sets a row as its first cell with the others below.
func (p *setter) list(rows [][]string) {
	for _, row := range rows[1:] {
		p.out.WriteString(row[0] + "\n")
		for i, text := range row[1:] {
			if text != "" && i+1 < len(rows[0]) {
				fill(&p.out, text, "    "+rows[0][i+1]+": ", "      ")
			}
		}
	}
}

// inline takes the marks of links and of bold type out. What stands in backquotes stays marked.
func inline(text string) string {
	text = markdownLink().ReplaceAllStringFunc(text, func(link string) string {
		m := markdownLink().FindStringSubmatch(link)
		if strings.HasPrefix(m[2], "http") && m[1] != m[2] {
			return m[1] + " (" + m[2] + ")"
		}
		return m[1]
	})
	return markdownBold().ReplaceAllString(text, "$1")
}

// fill breaks a text into lines of the page's width.
func fill(out *strings.Builder, text, first, rest string) {
	line, used := first, utf8.RuneCountInString(first)
	fresh := true
	for word := range strings.FieldsSeq(text) {
		n := utf8.RuneCountInString(word)
		if !fresh && used+1+n > pageWidth {
			out.WriteString(strings.TrimRight(line, " ") + "\n")
			line, used, fresh = rest, utf8.RuneCountInString(rest), true
		}
		if !fresh {
			line, used = line+" ", used+1
		}
		line, used, fresh = line+word, used+n, false
	}
	out.WriteString(strings.TrimRight(line, " ") + "\n")
}
