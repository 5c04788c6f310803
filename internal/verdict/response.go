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
}

// answer is a Response looked at once, for all rules.
type answer struct {
	Response
	json   any
	isJSON bool
	twice  []string // names that an object of the JSON holds more than once
	page   bool     // an HTML page
	media  string   // the media type in small letters, without parameters
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
// Which of the values counts is anyone's guess: readers take the first, or the last.
func repeated(body []byte) []string {
	var out []string
	var open []map[string]bool // the names seen so far in each object around; nil for a list
	isName := false            // whether the next text of the innermost object is a name
	for d := newDecoder(body); ; {
		token, err := d.Token()
		if err != nil {
			return out
		}
		switch token {
		case json.Delim('{'):
			open, isName = append(open, map[string]bool{}), true
			continue
		case json.Delim('['):
			open, isName = append(open, nil), false
			continue
		case json.Delim('}'), json.Delim(']'):
			open = open[:len(open)-1]
		default:
			if name, ok := token.(string); ok && isName {
				if names := open[len(open)-1]; names[name] {
					out = append(out, name)
				} else {
					names[name] = true
				}
				isName = false
				continue
			}
		}
		isName = len(open) > 0 && open[len(open)-1] != nil
	}
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
