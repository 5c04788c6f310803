package gitlab

import (
	"sort"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/strict"
)

// session is the text of one shell session: the lines of before_script and script, as the
// runner writes them one below the other.
type session struct {
	text    string
	at      pos.Span
	starts  []int        // offsets in text at which the commands begin
	places  []commandMap // of each command
	unknown bool         // a command is not known
}

// commandMap turns offsets of one command into places.
type commandMap struct {
	node *node
	// lines are offsets in the command, and where these stand in the file; nil when the text
	// does not stand there letter by letter.
	lines, offsets []int
}

// sessionOf joins the commands of some lists.
func (c *config) sessionOf(lists ...*node) session {
	var s session
	var b strings.Builder
	for _, l := range lists {
		for _, n := range l.flat(maxNested) {
			switch {
			case n.kind != scalar:
				c.report(n.at(), "expected a command, found a mapping", "put the line in single quotes: it holds a colon with a space behind it")
				s.unknown = true
				continue
			case n.value != nil:
				c.report(n.at(), "is a command that is not known, because an input in it is not", "give the input")
				s.unknown = true
				continue
			case n.class != textual:
				c.report(n.at(), "expected a command, found a number or a boolean, which GitLab refuses", "put it in quotes")
			}
			if b.Len()+len(n.text) > maxText {
				c.report(n.at(), "is more than a script may hold", "write less, or call a script")
				s.unknown = true
				break
			}
			s.add(&b, n)
		}
	}
	s.text = b.String()
	return s
}

func (s *session) add(b *strings.Builder, n *node) {
	text := strings.TrimSpace(n.text)
	skipped := strings.Index(n.text, text)
	if b.Len() > 0 {
		b.WriteByte('\n')
	}
	if !s.at.IsValid() {
		s.at = n.at()
	}
	m := commandMap{node: n}
	if lines, offsets := n.lines(); lines != nil {
		for i, at := range lines {
			switch {
			case at >= skipped:
				m.lines, m.offsets = append(m.lines, at-skipped), append(m.offsets, offsets[i])
			case i+1 == len(lines) || lines[i+1] > skipped:
				m.lines, m.offsets = append(m.lines, 0), append(m.offsets, offsets[i]+skipped-at)
			}
		}
	}
	s.starts, s.places = append(s.starts, b.Len()), append(s.places, m)
	b.WriteString(text)
}

// lines are the offsets at which the lines of a scalar begin in its text and in the file;
// nil when the text does not stand there as it is.
func (n *node) lines() (lines, offsets []int) {
	if n.src == nil || n.yaml == nil || n.hops != nil || n.text != n.yaml.Value {
		return nil, nil
	}
	start := n.src.index.Offset(n.yaml.Line, n.yaml.Column)
	end := strict.ScalarEnd(n.src.text, start, n.yaml)
	switch {
	case n.yaml.Style&yaml.LiteralStyle != 0:
		return blockLines(n.src.text, start, end, n.text)
	case n.yaml.Style&yaml.FoldedStyle != 0 || strings.Contains(n.text, "\n"):
		return nil, nil
	}
	source := n.src.text[min(start, len(n.src.text)):min(end, len(n.src.text))]
	i := strings.Index(source, n.text)
	if i < 0 || n.text == "" {
		return nil, nil
	}
	return []int{0}, []int{start + i}
}

// blockLines finds the lines of a literal block in the file.
func blockLines(source string, start, end int, text string) (lines, offsets []int) {
	header := strings.IndexByte(source[start:end], '\n')
	if header < 0 {
		return nil, nil
	}
	at, offset := start+header+1, 0
	for _, line := range strings.SplitAfter(text, "\n") {
		bare := strings.TrimSuffix(line, "\n")
		if line == "" {
			break
		}
		stop := strings.IndexByte(source[at:], '\n')
		if stop < 0 {
			stop = len(source) - at
		}
		written := strings.TrimSuffix(source[at:at+stop], "\r")
		skip := len(written) - len(bare)
		if bare == "" {
			skip = 0
		} else if skip < 0 || written[skip:] != bare {
			return nil, nil
		}
		lines, offsets = append(lines, offset), append(offsets, at+skip)
		offset += len(line)
		at = min(at+stop+1, len(source))
	}
	return lines, offsets
}

// positions gives the place of a stretch of the session.
func (s session) positions(start, end int) pos.Span {
	if len(s.starts) == 0 {
		return s.at
	}
	i := max(sort.SearchInts(s.starts, start+1)-1, 0)
	m := s.places[i]
	if m.lines == nil {
		return m.node.at()
	}
	limit := len(s.text)
	if i+1 < len(s.starts) {
		limit = s.starts[i+1] - 1
	}
	from, to := m.offset(start-s.starts[i]), m.offset(min(max(end, start), limit)-s.starts[i])
	return m.node.src.index.Span(m.node.src.name, from, to)
}

func (m commandMap) offset(at int) int {
	i := max(sort.SearchInts(m.lines, at+1)-1, 0)
	return m.offsets[i] + max(at-m.lines[i], 0)
}

// small are images that have no bash: the runner takes the first shell that it finds, and
// there it finds sh.
var small = lazy.Regexp(`(?i)(?:alpine|busybox|(?:^|/)docker(?::|$|@)|kaniko|hashicorp/(?:terraform|vault|packer)|opentofu/opentofu|curlimages/curl|mikefarah/yq)`)

// shellOf is the shell that the runner takes in an image: bash where there is one.
func shellOf(image string) string {
	if small().MatchString(image) {
		return "sh"
	}
	return "bash"
}

// flags are the options that the runner sets in front of every script. It asks sh whether it
// has pipefail; since not every one has, it is left out there.
func flags(shell string) []string {
	if shell == "sh" {
		return []string{"-e"}
	}
	return []string{"-e", "-o", "pipefail"}
}
