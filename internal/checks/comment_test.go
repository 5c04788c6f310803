package checks

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/canary"
	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/verdict"
)

const good = "keyfit: ignore[K105] until 2027-01-31: why"

// TestCommentOn: only the exact form is taken; what is nearly right is told.
func TestCommentOn(t *testing.T) {
	for line, want := range map[string]string{
		"# " + good:                          "K105 alone",
		"\t  #" + good + "  ":                "K105 alone",
		"## " + good:                         "K105 alone",
		"export A=1 # " + good:               "K105",
		"- # " + good:                        "K105 alone",
		"// " + good:                         "K105 alone",
		"sh 'x' // " + good:                  "K105",
		"/* " + good + " */":                 "K105 alone",
		"/** " + good + " */":                "K105 alone",
		"a = b /* " + good + " */ + c":       "K105",
		"/* " + good + " */ a = b":           "K105",
		"{{/* " + good + " */}}":             "K105 alone",
		"  {{- /* " + good + " */ -}}":       "K105 alone",
		"k: {{ .x }} {{/* " + good + " */}}": "K105",
		"<!-- " + good + " -->":              "K105 alone",
		"<# " + good + " #>":                 "K105 alone",
		"-- " + good:                         "K105 alone",
		":: " + good:                         "K105 alone",
		"REM " + good:                        "K105 alone",
		"@rem " + good:                       "K105 alone",
		"set A=1 & rem " + good:              "K105",
		"echo keyfit # " + good:              "K105",
		"# keyfit: ignore[K105, K106]  until 2027-01-31:  why: because ]": "K105,K106 alone",
		"# keyfit: ignore[K106,K105,K105] until 2027-01-31: why":          "K105,K106 alone",

		"echo x#" + good:             "none",
		"curl https://" + good:       "none",
		"theorem " + good:            "none",
		good:                         "none",
		"KEY=\"" + good + "\"":       "none",
		"# see keyfit: ignore[K105]": "none",
		"# keyfit ignores nothing":   "none",
		"# keyfit: ignored":          "none",
		"# keyfit finds it":          "none",
		"# keyfit: allow it":         "none",

		"# keyfit:ignore[K105] until 2027-01-31: why":            "wrong alone",
		"# keyfit ignore[K105] until 2027-01-31: why":            "wrong alone",
		"# Keyfit: ignore[K105] until 2027-01-31: why":           "wrong alone",
		"# keyfit: Ignore[K105] until 2027-01-31: why":           "wrong alone",
		"# keyfit-ignore: K105":                                  "wrong alone",
		"# keyfit: ignore":                                       "wrong alone",
		"# keyfit: ignore[K105]":                                 "wrong alone",
		"# keyfit: ignore[K105] why":                             "wrong alone",
		"# keyfit: ignore[K105] until 2027-01-31":                "wrong alone",
		"# keyfit: ignore[K105] until 2027-01-31:":               "wrong alone",
		"# keyfit: ignore[K105] until 2027-01-31:  ":             "wrong alone",
		"# keyfit: ignore[K105] until 2027-13-31: why":           "wrong alone",
		"# keyfit: ignore[K105] until 2027-02-30: why":           "wrong alone",
		"# keyfit: ignore[K105] until 31.1.2027: why":            "wrong alone",
		"# keyfit: ignore[K105] until tomorrow: why":             "wrong alone",
		"# keyfit: ignore[] until 2027-01-31: why":               "wrong alone",
		"# keyfit: ignore[K105,] until 2027-01-31: why":          "wrong alone",
		"# keyfit: ignore[k105] until 2027-01-31: why":           "wrong alone",
		"# keyfit: ignore[K999] until 2027-01-31: why":           "wrong alone",
		"# keyfit: ignore[*] until 2027-01-31: why":              "wrong alone",
		"# keyfit: ignore K105 until 2027-01-31: why":            "wrong alone",
		"/* keyfit: ignore[K105] until 2027-01-31: */":           "wrong alone",
		"x: y # keyfit: disable=K105":                            "wrong",
		"# keyfit: ignore-next-line[K105] until 2027-01-31: why": "wrong alone",
	} {
		c, alone, ok := commentOn(line)
		got := strings.Join(c.ids, ",")
		if c.wrong != "" {
			got = "wrong"
		}
		if alone {
			got += " alone"
		}
		if !ok {
			got = "none"
		}
		if got != want {
			t.Errorf("%s\n  is %q, want %q (%s)", line, got, want, c.wrong)
		}
		if c.wrong == "" && ok && !strings.HasPrefix(c.reason, "why") {
			t.Errorf("%s\n  has the reason %q", line, c.reason)
		}
	}
}

// TestManualComments: the comment that a manual page shows has the form that has an effect.
func TestManualComments(t *testing.T) {
	for _, check := range All() {
		shown := commentsIn("x", []byte(Manual(check)))
		if len(shown) != 1 || !slices.Equal(shown[0].ids, []string{check.ID}) {
			t.Errorf("%s shows %+v", check.ID, shown)
		}
	}
}

// TestCommentsIn: which line a comment is about, and where it stands.
func TestCommentsIn(t *testing.T) {
	text := "\uFEFF# " + good + "\r\nA=1\r\n" + // 1, 2
		"# " + good + "\n# keyfit: ignore[K106] until 2027-01-31: why\n# what A is\nA=1\n" + // 3-6: a comment of another kind is a line like all others
		"é=1 # " + good + "\n" + // 7
		"# " + good + "\nB=2 # keyfit: ignore[K106] until 2027-01-31: why\n" + // 8, 9
		"# " + good // 10: nothing follows
	var got []string
	for _, c := range commentsIn("a.env", []byte(text)) {
		got = append(got, fmt.Sprintf("%s %v for %d", c.at, c.ids, c.line))
	}
	want := []string{
		"a.env:1:3 [K105] for 2", "a.env:3:3 [K105] for 5", "a.env:4:3 [K106] for 5", "a.env:7:7 [K105] for 7",
		"a.env:8:3 [K105] for 9", "a.env:9:7 [K106] for 9", "a.env:10:3 [K105] for 0",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// memory is a repository of texts.
type memory map[string]string

func (m memory) Read(name string) ([]byte, error) {
	if text, ok := m[name]; ok {
		return []byte(text), nil
	}
	return nil, errors.New("no such file")
}
func (memory) Stat(string) (repo.Info, error)   { return repo.Info{}, errors.New("no such file") }
func (memory) List(string) ([]repo.Info, error) { return nil, errors.New("no such directory") }

// commented is a run with files in which comments stand.
func commented(files memory, change func(*Run), cases ...*Case) *Run {
	r := run(&config.File{Path: "keyfit.yaml"}, cases...)
	r.Files = files
	for name := range files {
		r.FilesRead = append(r.FilesRead, name)
	}
	slices.Sort(r.FilesRead)
	if change != nil {
		change(r)
	}
	return r
}

func until(day time.Time) string { return day.Format(time.DateOnly) }

// TestComments judges runs with comments.
func TestComments(t *testing.T) {
	later, soonOver, earlier := until(now.AddDate(0, 2, 0)), until(now.AddDate(0, 0, 7)), until(now.AddDate(0, -1, 0))
	write := func(ids, day string) string { return "# keyfit: ignore[" + ids + "] until " + day + ": known\n" }
	// The key stands in line 3 of .env.staging.
	on := func(line string) memory { return memory{".env.staging": "\n\nKEY=x " + line} }
	above := func(lines ...string) memory {
		return memory{".env.staging": strings.Repeat("\n", 2-len(lines)) + strings.Join(lines, "") + "KEY=x\n"}
	}
	empty := func(options ...option) *Case {
		return key(append([]option{receives(dotenv(".env.staging", 3, ""))}, options...)...)
	}
	production := func(options ...option) *Case {
		return key(append([]option{in("production"), answered(provider.EnvMismatch), acceptedIn("dev", verdict.Identity{})}, options...)...)
	}
	for _, test := range []struct {
		name    string
		run     *Run
		fires   string // ids with severity
		ignored string
	}{
		{"on the line", commented(on(write("K101", later)), nil, empty()), "", "K101"},
		{"above the line", commented(above(write("K101", later)), nil, empty()), "", "K101"},
		{"two above the line", commented(above(write("K102", later), write("K101", later)), nil, empty()), "K001 note", "K101"},
		{"several ids", commented(on(write("K101,K103", later)), nil, empty()), "K001 note", "K101"},
		{"two lines above", commented(above(write("K101", later), "\n"), nil, empty()), "K001 note, K101 error", ""},
		{"another file", commented(memory{"x": write("K101", later) + "\nA"}, nil, empty()), "K001 note, K101 error", ""},
		{"a file that was not read", commented(nil, func(r *Run) { r.Files = on(write("K101", later)) }, empty()), "", "K101"},
		{"another id", commented(on(write("K106", later)), nil, empty()), "K001 note, K101 error", ""},
		{"expired", commented(on(write("K101", earlier)), nil, empty()), "K001 warning, K101 error", ""},
		{"soon over", commented(on(write("K101", soonOver)), nil, empty()), "K001 note", "K101"},
		{"no reason", commented(on("# keyfit: ignore[K101] until "+later+"\n"), nil, empty()), "K001 warning, K101 error", ""},
		{"every consumer", commented(on(write("K101", later)), nil, empty(also("Job/nightly"))), "", "K101"},
		{"an input problem", commented(on(write("K001", later)), nil, problem(model.Problem{At: span(".env.staging", 3, 1), Message: "is broken"})), "", "K001"},
		{"no finding at all", commented(on(write("K101", later)), nil, key()), "K001 note", ""},
		{"no finding, and not all environments", commented(on(write("K101", later)), func(r *Run) { r.Partial = true }, key()), "", ""},
		{"no finding, and the API was not asked", commented(on(write("K301", later)), nil, key()), "", ""},
		{"no finding, and the API has answered", commented(on(write("K301", later)), nil, key(answered(provider.OK))), "K001 note", ""},
		{"no finding, offline", commented(on(write("K202", later)), func(r *Run) { r.Offline = true }, key(answered(provider.OK))), "", ""},
		{"no ignores", commented(on(write("K101", later)), func(r *Run) { r.NoIgnores = true }, empty()), "K101 error", ""},
		{"of the head", commented(on(write("K101", later)), func(r *Run) { r.CommentsFrom = "ignores come from elsewhere" }, empty()), "K001 note, K101 error", ""},
		{"production", commented(on(write("K205", later)), nil, production()), "K001 note, K205 error", ""},
		{"production, allowed", commented(on(write("K205", later)), func(r *Run) { r.Allow = []string{"K205"} }, production()), "", "K205"},
		{"production, another allowed", commented(on(write("K205", later)), func(r *Run) { r.Allow = []string{"K202"} }, production()), "K001 note, K205 error", ""},
		{"live keys by what is expected", commented(on(write("K205", later)), nil, production(in("main"), expects(config.Expect{Mode: "live"}))), "K001 note, K205 error", ""},
		{"not production", commented(on(write("K205", later)), nil, production(in("staging"))), "", "K205"},
		{"one key, also in production", commented(on(write("K202", later)), nil, key(in("dev")), key(in("production"))), "K001 note, K202 error", ""},
		{"one key, not in production", commented(on(write("K202", later)), nil, key(in("dev")), key(in("qa"))), "", "K202"},
	} {
		t.Run(test.name, func(t *testing.T) {
			j := Judge(test.run)
			var fires, ignored []string
			for _, f := range j.Findings {
				if f.ID == "K201" {
					continue // staging's key in production is not what these are about
				}
				fires = append(fires, f.ID+" "+f.Severity.String())
				if canary.Find([]byte(f.Message+f.Fix)) != "" {
					t.Error("a finding shows a key")
				}
			}
			slices.Sort(fires)
			for _, i := range j.Ignored {
				ignored = append(ignored, i.Finding.ID)
				if i.Source != FromComment || i.Reason != "known" || !i.At.IsValid() {
					t.Errorf("it is ignored by %q at %s, because %q", i.Source, i.At, i.Reason)
				}
			}
			if got := strings.Join(fires, ", "); got != test.fires || strings.Join(ignored, " ") != test.ignored {
				t.Errorf("fires %q, want %q; ignored %q, want %q\n%s", got, test.fires, ignored, test.ignored, render(j))
			}
		})
	}
}

// TestGuardedConfig: an entry of keyfit.yaml is bound by the same rule.
func TestGuardedConfig(t *testing.T) {
	file := &config.File{Ignore: []config.Ignore{ignoring("K205", "", now.AddDate(0, 2, 0))}}
	r := run(file, key(in("production"), answered(provider.EnvMismatch), acceptedIn("dev", verdict.Identity{})))
	if j := Judge(r); len(j.Ignored) > 0 || !strings.Contains(render(j), "--allow K205") {
		t.Errorf("a key of another environment in production was ignored:\n%s", render(j))
	}
	r.Allow = []string{"K205"}
	if j := Judge(r); len(j.Ignored) != 1 || j.Ignored[0].Source != FromConfig {
		t.Errorf("--allow has no effect:\n%s", render(j))
	}
}

// TestManyComments: the number of comments is bounded, and that is said.
func TestManyComments(t *testing.T) {
	text := strings.Repeat("# keyfit: ignore[K101] until 2099-01-31: known\n", maxComments+5)
	j := Judge(commented(memory{"a": text}, nil, key()))
	if last := j.Findings[0]; !strings.Contains(last.Message, "more than 1000 comments") {
		t.Errorf("the first finding is %q", last.Message)
	}
}

// FuzzComments: no text makes the reader panic, what silences has the exact form, and nothing
// of the text but an id or a day is repeated.
func FuzzComments(f *testing.F) {
	for _, seed := range []string{"# " + good, "{{/* " + good + " */}}", "é # keyfit:ignore[K105", "REM keyfit ignore", "<!--keyfit: ignore[K1]-->", "\xff\xfe# " + good} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, c := range commentsIn("x", data) {
			switch {
			case c.wrong == "":
				if len(c.ids) == 0 || c.reason == "" || c.expires.IsZero() {
					t.Errorf("%+v silences without ids, a reason or a day", c)
				}
				if line := bytesLine(data, c.at); !strings.Contains(line, "keyfit:") || !strings.Contains(line, "ignore[") || !strings.Contains(line, c.ids[0]) {
					t.Errorf("%+v is not at its line", c)
				}
			case len(c.wrong) > 120:
				t.Errorf("%q repeats the text", c.wrong)
			}
			if c.line != 0 && c.line < c.at.Start.Line {
				t.Errorf("%+v is about an earlier line", c)
			}
		}
	})
}

func bytesLine(data []byte, at pos.Span) string {
	return strings.Split(string(data), "\n")[at.Start.Line-1]
}
