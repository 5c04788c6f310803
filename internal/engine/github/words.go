package github

import (
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

// words fills the groups of a command line with inputs. open reports that a text that is not
// known would have to be split into words.
func words(groups [][]string, with []assignment) (out []model.Value, open bool) {
	for _, group := range groups {
		for _, filled := range fill(group, with) {
			out = append(out, filled.words...)
			open = open || filled.open
		}
	}
	return out, open
}

type filled struct {
	words []model.Value
	open  bool
}

// fill gives the copies of a group: none when an input is missing, and one for each line of
// an input that is a list.
func fill(group []string, with []assignment) []filled {
	out := []filled{{}}
	for _, word := range group {
		before, name, ok := strings.Cut(word, "{")
		if !ok {
			for i := range out {
				out[i].words = append(out[i].words, plainWord(word))
			}
			continue
		}
		name, fallback, _ := strings.Cut(strings.TrimSuffix(name, "}"), "|")
		list, split := strings.HasSuffix(name, "*"), strings.HasSuffix(name, "...")
		v, given := input1(with, strings.TrimRight(name, "*."))
		switch {
		case !given && fallback == "":
			return nil
		case !given:
			out[0].words = append(out[0].words, plainWord(fallback))
		case list:
			return perLine(out[0].words, v)
		case split:
			more, open := splitWords(v)
			out[0].words, out[0].open = append(out[0].words, more...), open
		default:
			out[0].words = append(out[0].words, prefixed(before, v))
		}
	}
	return out
}

func plainWord(text string) model.Value {
	return model.KnownText(text, model.Hop{Kind: model.KindCommand, What: "the action's own command line"})
}

func prefixed(before string, v model.Value) model.Value {
	if before == "" {
		return v
	}
	head := plainWord(before)
	return together([]model.Value{head, v}, []model.Trail{head.Trail, v.Trail}, model.Trail{})
}

func perLine(words []model.Value, v model.Value) []filled {
	var out []filled
	for _, line := range lines(v) {
		out = append(out, filled{words: append(append([]model.Value{}, words...), line)})
	}
	return out
}

// lines are the lines of a text without blanks around them, those that are empty left out.
func lines(v model.Value) []model.Value {
	t := stitch(v)
	if t.all != nil {
		return []model.Value{v}
	}
	var out []model.Value
	for at := 0; at < len(t.text); {
		line, next := t.line(at)
		from := at + len(line) - len(strings.TrimLeft(line, " \t\r"))
		to := from + len(strings.TrimSpace(line))
		if to > from {
			out = append(out, t.slice(from, to))
		}
		at = next
	}
	return out
}

// splitWords splits a text at its blanks. Quotes are kept within a word, and taken off.
func splitWords(v model.Value) (out []model.Value, open bool) {
	t := stitch(v)
	if t.all != nil {
		return nil, true
	}
	start, quote := -1, byte(0)
	flush := func(end int) {
		if start >= 0 && end > start {
			out = append(out, unquoted(t, start, end))
		}
		start = -1
	}
	for i := 0; i < len(t.text); i++ {
		c := t.text[i]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			if quote = c; start < 0 {
				start = i
			}
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			flush(i)
		case start < 0:
			start = i
		}
	}
	flush(len(t.text))
	return out, open
}

// unquoted is a word without the quotes in it.
func unquoted(t *stitched, from, to int) model.Value {
	var parts []model.Value
	var trails []model.Trail
	add := func(a, b int) {
		if a < b {
			v := t.slice(a, b)
			parts, trails = append(parts, v), append(trails, v.Trail)
		}
	}
	start, quote := from, byte(0)
	for i := from; i < to; i++ {
		if c := t.text[i]; c == quote || quote == 0 && (c == '"' || c == '\'') {
			add(start, i)
			start = i + 1
			if quote == 0 {
				quote = c
			} else {
				quote = 0
			}
		}
	}
	add(start, to)
	if len(parts) == 1 {
		return parts[0]
	}
	return together(parts, trails, t.near(from))
}
