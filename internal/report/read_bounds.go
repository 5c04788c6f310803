package report

import "fmt"

// Limits of a saved report. They keep a file that was made for the purpose from taking up
// the machine; the largest reports of fleets are far below.
const (
	maxReport  = 128 << 20 // bytes
	maxEntries = 100_000   // of one of its lists
	maxObjects = 4_000_000 // in all
	maxValues  = 8_000_000 // members and elements, in all
	maxString  = 64 << 10  // bytes of one text as it is written; Clean leaves 4096 characters of it
	maxSpoken  = 1_000_000 // findings, each as often as it speaks of a slot
)

// MaxReport is how many bytes a saved report may have.
const MaxReport = maxReport

// bounded counts what is in the file before anything is made of it. It goes by the bytes: a
// file that is no JSON fails later.
func (r reader) bounded() error {
	if len(r.data) > maxReport {
		return fmt.Errorf("%s: the report is larger than %d MB", r.name, maxReport>>20)
	}
	depth, objects, values, entries := 0, 0, 0, 0
	for i := 0; i < len(r.data); i++ {
		switch r.data[i] {
		case '"':
			start := i
			if i = endOfString(r.data, i); i-start > maxString {
				return r.fail(int64(start), "the text is longer than %d KB", maxString>>10)
			}
		case '{', '[':
			depth++
			objects++
			if depth == 2 {
				entries = 0
			}
		case '}', ']':
			depth--
		case ',':
			values++
			if depth == 2 {
				entries++
			}
		}
		if entries >= maxEntries || objects > maxObjects || values > maxValues {
			return r.fail(int64(i), "the report has too many entries: %d of one list are the most", maxEntries)
		}
	}
	return nil
}

// endOfString is where the quote stands that closes the one at i.
func endOfString(data []byte, i int) int {
	for i++; i < len(data) && data[i] != '"'; i++ {
		if data[i] == '\\' {
			i++
		}
	}
	return i
}

// spoken keeps a file from saying much of each of many slots: most formats tell it at each.
func (r reader) spoken(d *Document) error {
	x, sum := newIndex(d), 0
	for i := range d.Findings {
		if sum += len(x.slotsOf(&d.Findings[i])); sum > maxSpoken {
			return r.fail(r.locate([]any{"findings", i}), "the findings speak of slots more than %d times", maxSpoken)
		}
	}
	for i := range d.Ignored {
		if sum += len(x.slotsOf(&d.Ignored[i].Finding)); sum > maxSpoken {
			return r.fail(r.locate([]any{"ignored", i}), "the findings speak of slots more than %d times", maxSpoken)
		}
	}
	return nil
}
