package deploy

import (
	"path"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
)

// maxStages bounds the stages of a Dockerfile that are looked at.
const maxStages = 100

// stage is one stage of a Dockerfile: what ENV sets in it, and the names that ARG declares.
type stage struct {
	env  map[string]model.Value
	args map[string]bool
}

// dockerfile takes what the Dockerfile of a build sets in the image, as far as that may be a key:
// its text where it stands there plainly, and else that it is not known.
func (t *target) dockerfile(l flagLine) {
	context, ok := l.word(0).known()
	name := path.Join(context, "Dockerfile")
	if files := l.all("file"); len(files) > 0 {
		name, ok = files[len(files)-1].known()
	}
	if !ok || context == "-" || strings.Contains(name, ":/") || len(l.operands) == 0 {
		return
	}
	data, at, err := t.r.file(name)
	if err != nil {
		return
	}
	wanted := ""
	if targets := l.all("target"); len(targets) > 0 {
		wanted, _ = targets[len(targets)-1].known()
	}
	t.what = t.r.tool
	for name, v := range t.stages(path.Clean(at), data, wanted).env {
		t.set(name, v)
	}
}

// stages reads a Dockerfile up to the stage that is built: the last one, or the one of that name.
func (t *target) stages(file string, data []byte, wanted string) stage {
	index := pos.NewIndex(data)
	named := map[string]stage{}
	var now stage
	var own string
	start, line, heredoc := 0, "", ""
	for at, n := 0, 0; at < len(data) && n < maxStages; {
		text, _, _ := strings.Cut(string(data[at:]), "\n")
		if line == "" {
			start = at
		}
		at += len(text) + 1
		text = strings.TrimSpace(text)
		switch {
		case heredoc != "":
			if text == heredoc {
				heredoc = ""
			}
			continue
		case strings.HasPrefix(text, "#") && strings.Contains(text, "escape="):
			return stage{} // another language
		case strings.HasPrefix(text, "#"), line != "" && text == "":
			continue
		}
		if rest, more := strings.CutSuffix(text, "\\"); more {
			line += rest + " "
			continue
		}
		words := strings.Fields(line + text)
		span := index.Span(file, start, min(at-1, len(data)))
		line = ""
		if len(words) < 2 {
			continue
		}
		switch strings.ToUpper(words[0]) {
		case "RUN", "COPY", "ADD":
			for _, w := range words {
				if name, ok := strings.CutPrefix(w, "<<"); ok && heredoc == "" {
					heredoc = strings.Trim(name, "-'\"")
				}
			}
		case "FROM":
			if n++; own != "" && own == wanted {
				return now
			}
			now, own = stage{env: map[string]model.Value{}, args: map[string]bool{}}, ""
			for i, w := range words[1:] {
				for name, v := range named[strings.ToLower(w)].env {
					now.env[name] = v
				}
				if strings.EqualFold(w, "as") && i+2 < len(words) {
					own = strings.ToLower(words[i+2])
				}
			}
		case "ARG":
			for _, w := range words[1:] {
				name, _, _ := strings.Cut(w, "=")
				if now.args != nil {
					now.args[name] = true
				}
			}
		case "ENV":
			t.envLine(now, words[1:], span)
		}
		named[own] = now
	}
	return now
}

// envLine reads ENV NAME=text … or the old ENV NAME text.
func (t *target) envLine(now stage, words []string, at pos.Span) {
	if now.env == nil {
		return
	}
	if !strings.Contains(words[0], "=") {
		words = []string{words[0] + "=" + strings.Join(words[1:], " ")}
	}
	for _, w := range words {
		name, text, ok := strings.Cut(w, "=")
		if !ok {
			continue // a part of a text in quotes
		}
		if mayBeKey(name, text) {
			now.env[name] = t.imageText(now, name, text, at)
		} else {
			delete(now.env, name)
		}
	}
}

// imageText is the text of a variable of an image: as it is written, or that of an argument.
func (t *target) imageText(now stage, name, text string, at pos.Span) model.Value {
	hop := model.Hop{At: at, Kind: model.KindFile, What: "ENV " + name}
	of := strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(text, "$"), "{"), "}")
	if given, ok := t.vars[of]; ok && now.args[of] && (text == "$"+of || text == "${"+of+"}") {
		return given.Via(hop)
	}
	if n := len(text); n > 1 && (text[0] == '"' || text[0] == '\'') && text[n-1] == text[0] {
		text = text[1 : n-1]
	}
	if strings.ContainsAny(text, "$\\\"' \t") || text == "" {
		return model.UnknownBecause(model.WhyUnsupported, "what the Dockerfile puts together for "+name, model.Trail{}.Append(hop))
	}
	hop.Literal = true
	return model.KnownText(text, hop)
}

// mayBeKey reports whether a variable of an image looks like a key, by its name or its length.
func mayBeKey(name, text string) bool {
	name = strings.ToUpper(name)
	for _, word := range []string{"KEY", "TOKEN", "SECRET", "PASSW", "CREDENTIAL", "DSN"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return len(text) >= 20 && !strings.ContainsAny(text, "/ :,")
}
