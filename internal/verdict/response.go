package verdict

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"slices"
	"strings"
	"time"

	"github.com/keyfit/keyfit/internal/provider"
)

// Response is one answer, or the failure to get one.
type Response struct {
	Status int
	Header map[string][]string // names in any case
	Body   []byte              // as much as was read
	// Truncated says that the body goes on after what was read.
	Truncated bool
	// Failure is set when no answer came: network_dns, network_connect, network_tls,
	// network_proxy, network_timeout or any other reason of what could not be verified.
	Failure provider.Reason
	// Part gives the parts of the credential that may be shown, Shows reports whether a masked
	// text, such as sk-…abcd, shows the key, and Is whether a text is the key; any may be nil.
	Part  func(role string) (string, bool)
	Shows func(hint string) bool
	Is    func(text string) bool
}

// answer is a Response looked at once, for all rules.
type answer struct {
	Response
	json   any
	isJSON bool
	twice  []string // names that an object of the JSON holds more than once
	page   bool     // an HTML page
	media  string   // the media type in small letters, without parameters
	picked bool     // the JSON is the item of a list that was asked for
}

func read(r Response) answer {
	a := answer{Response: r}
	a.media = mediaType(a.header("Content-Type"))
	if !r.Truncated {
		a.json, a.isJSON = decode(r.Body)
	}
	if a.isJSON {
		a.twice = repeated(r.Body)
	}
	a.page = !a.isJSON && isPage(a.media, r.Body)
	return a
}

func mediaType(text string, ok bool) string {
	if !ok {
		return ""
	}
	if media, _, err := mime.ParseMediaType(text); err == nil {
		return media
	}
	text, _, _ = strings.Cut(text, ";")
	return strings.ToLower(strings.TrimSpace(text))
}

// decode reads exactly one JSON object or list. A bare text or number is no vendor's
// envelope: "OK" in quotes is as likely to come from a load balancer.
func decode(body []byte) (any, bool) {
	d := newDecoder(body)
	d.UseNumber()
	var doc any
	if err := d.Decode(&doc); err != nil {
		return nil, false
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, false
	}
	switch doc.(type) {
	case map[string]any, []any:
		return doc, true
	}
	return nil, false
}

func newDecoder(body []byte) *json.Decoder {
	return json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(body, []byte("\ufeff"))))
}

// repeated lists the names that some object of a JSON document holds more than once.
// Which of the values counts is anyone's guess: readers take the first, or the last. The
// document is known to be sound, so that looking at its marks is enough.
func repeated(body []byte) []string {
	var out, names []string // names: of all objects around, the innermost one's last
	var open []int          // where each object's names begin; aList for a list
	isName := false         // whether the next text is a name
	text := string(body)
	for i := 0; i < len(text); i++ {
		last := len(open) - 1
		switch text[i] {
		case '{':
			open, isName = append(open, len(names)), true
		case '[':
			open, isName = append(open, aList), false
		case '}', ']':
			if last < 0 {
				return out
			}
			if from := open[last]; from != aList {
				out = appendRepeated(out, names[from:])
				names = names[:from]
			}
			open, isName = open[:last], false
		case ',':
			isName = last >= 0 && open[last] != aList
		case '"':
			end := i + quotedLength(text[i:])
			if isName {
				names, isName = append(names, unquote(text[i:end])), false
			}
			i = end - 1
		}
	}
	return out
}

const aList = -1

// quotedLength is the length of the JSON text at the start, with its quotes.
func quotedLength(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}

func unquote(quoted string) string {
	if strings.Contains(quoted, `\`) {
		var text string
		if json.Unmarshal([]byte(quoted), &text) == nil {
			return text
		}
	}
	return strings.Trim(quoted, `"`)
}

func appendRepeated(out, names []string) []string {
	slices.Sort(names)
	for i := 1; i < len(names); i++ {
		if names[i] == names[i-1] {
			out = append(out, names[i])
		}
	}
	return out
}

// isPage reports whether a body that is no JSON is a page for people.
func isPage(media string, body []byte) bool {
	start := bytes.TrimSpace(bytes.TrimPrefix(body[:min(len(body), 4096)], []byte("\ufeff")))
	start = bytes.ToLower(start)
	if media == "text/html" || media == "application/xhtml+xml" {
		return len(start) == 0 || bytes.ContainsRune(start, '<')
	}
	for _, tag := range []string{"<!doctype html", "<html", "<head", "<body", "<title", "<script", "<center", "<h1", "<meta"} {
		if bytes.HasPrefix(start, []byte(tag)) {
			return true
		}
	}
	return bytes.HasPrefix(start, []byte("<")) && bytes.Contains(start, []byte("<html"))
}

// header gives a header's values joined by a comma.
func (a answer) header(name string) (string, bool) {
	values, ok := a.values(name)
	return strings.Join(values, ", "), ok
}

// values looks a header up in any case. Two spellings of one name are joined in order.
func (a answer) values(name string) ([]string, bool) {
	var names []string
	for given, values := range a.Header {
		if len(values) > 0 && strings.EqualFold(given, name) {
			names = append(names, given)
		}
	}
	slices.Sort(names)
	var out []string
	for _, given := range names {
		out = append(out, a.Header[given]...)
	}
	return out, len(out) > 0
}

// retryAfter reads how long the vendor asks to wait; zero when it does not say. A date
// is measured against the answer's own date, so that no clock is needed.
func (a answer) retryAfter() time.Duration {
	text, ok := a.header("Retry-After")
	if !ok {
		return 0
	}
	if d, err := time.ParseDuration(strings.TrimSpace(text) + "s"); err == nil {
		return clampWait(d)
	}
	now, ok := a.header("Date")
	until, err1 := time.Parse(httpDate, text)
	from, err2 := time.Parse(httpDate, now)
	if !ok || err1 != nil || err2 != nil {
		return 0
	}
	return clampWait(until.Sub(from))
}

const httpDate = "Mon, 02 Jan 2006 15:04:05 GMT"

func clampWait(d time.Duration) time.Duration { return max(0, min(d, 24*time.Hour)) }
