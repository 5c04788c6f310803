package ci

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/secret"
)

// MaskSwitch is the variable that forbids masks when it is "false"; see [Runner.Mask].
const MaskSwitch = "KEYFIT_MASK"

// Limits of masking.
const (
	minMask  = 8      // characters: shorter masks would blot out ordinary words
	maxMask  = 64_000 // bytes: a secret of GitHub has at most 48 KB
	maxMasks = 200    // values
	maxForms = 64     // lines of one value that are masked each
)

// Mask asks the runner to blot the texts out of its log from here on, in every form in
// which a later step might print them. It must run before anything else is printed.
// It reports how many texts it masked.
//
// This is the one place where keyfit writes a key, and the only way in which GitHub
// takes a mask: a line ::add-mask::KEY on the step's standard output, which the runner
// swallows. The line is swallowed only if it reaches the runner, and keyfit cannot see
// from inside whether it does: `keyfit check --format github | tee log` would keep the
// key in a file. So masks are written only on GitHub Actions, only by the format that
// speaks to the runner, and not at all with KEYFIT_MASK=false, for those who pipe it.
// keyfit prints no key in any case: masks protect from what the steps after it print.
//
// Of a text with several lines each line is masked by itself, because the runner does
// the same and would take a line such as "}" for a mask that ruins the log; lines of
// fewer than eight characters are left out.
func (r *Runner) Mask(texts []secret.Text) (int, error) {
	if !r.OnGitHub() || r.env[MaskSwitch] == "false" {
		return 0, nil
	}
	var done []secret.Text
	for _, t := range texts {
		if len(done) == maxMasks {
			break
		}
		if !maskable(t) || slices.ContainsFunc(done, t.Equal) {
			continue
		}
		done = append(done, t)
		for _, form := range forms(t.Reveal()) {
			r.action.AddMask(form)
		}
	}
	return len(done), r.out.err
}

func maskable(t secret.Text) bool {
	text := strings.TrimSpace(t.Reveal())
	return utf8.RuneCountInString(text) >= minMask && len(text) <= maxMask
}

// forms lists what a log may show of a text: itself or its lines, what it becomes in
// JSON, in a URL, in hexadecimal, in both alphabets of base64, and as the user or the
// password of a Basic header. The runner itself adds the base64 forms at every offset.
func forms(text string) []string {
	list := lines(text)
	quoted, _ := json.Marshal(text) // a string always has a JSON form
	raw := []byte(text)
	list = append(list,
		string(quoted[1:len(quoted)-1]),
		url.QueryEscape(text), url.PathEscape(text),
		hex.EncodeToString(raw),
		base64.StdEncoding.EncodeToString(raw), base64.URLEncoding.EncodeToString(raw),
		base64.StdEncoding.EncodeToString([]byte(text+":")), base64.StdEncoding.EncodeToString([]byte(":"+text)),
	)
	var distinct []string
	for _, form := range list {
		if !slices.Contains(distinct, form) {
			distinct = append(distinct, form)
		}
	}
	return distinct
}

func lines(text string) []string {
	var list []string
	for line := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '\n' || r == '\r' }) {
		line = strings.TrimSpace(line)
		if utf8.RuneCountInString(line) >= minMask && len(list) < maxForms {
			list = append(list, line)
		}
	}
	return list
}

// Maskable lists the texts of the known values that are worth a mask: those that did
// not come from the environment of the process, where the runner has masked its own
// secrets already.
func Maskable(values []model.Value) []secret.Text {
	var texts []secret.Text
	for _, v := range values {
		if v.State == model.Known && v.Trail.Origin().Kind != model.KindProcess {
			texts = append(texts, v.Text)
		}
	}
	return texts
}
