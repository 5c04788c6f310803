package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/keyfit/keyfit/docs"
	"github.com/keyfit/keyfit/internal/checks"
	manual "github.com/keyfit/keyfit/internal/docs"
	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/strict"
)

func (a *app) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain [TOPIC]",
		Short: "print the manual page of a finding, a reason or a topic, or list them all",
		Long: "Prints one of the pages that stand in docs/: of a finding by its id or name (K205,\n" +
			"wrong-environment), of an API (stripe), of the word in a verdict (owner_disabled) or behind\n" +
			"an unknown value (ci-secret), or a topic such as configuration. Without an argument it lists what there is.",
		Example: "  keyfit explain K205\n  keyfit explain owner_disabled\n  keyfit explain exit-codes",
		Args:    cobra.MaximumNArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return explained(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return a.listPages()
			}
			return a.explain(args[0])
		},
	}
}

func (a *app) listPages() error {
	var b strings.Builder
	for _, c := range checks.All() {
		fmt.Fprintf(&b, "%s  %-20s %-8s %s\n", c.ID, c.Name, c.Severity, c.Page.Summary)
	}
	b.WriteString("\n")
	for _, p := range docs.Pages() {
		fmt.Fprintf(&b, "%-15s %s\n", p.Name, p.Summary)
	}
	_, err := fmt.Fprint(a.Stdout, b.String())
	return err
}

// explain prints the page of a finding, named by its id or its name, a page of docs/, or the
// section about one word; all in any case of letters.
func (a *app) explain(topic string) error {
	text := page(strings.TrimSpace(topic))
	if p, ok := provider.Catalogue().Get(strings.ToLower(strings.TrimSpace(topic))); ok && text == "" {
		text = string(manual.Provider(p))
	}
	if text == "" {
		e := &exit{code: exitUsage, message: "there is no page about this", fix: "list them with `keyfit explain`"}
		if near := strict.Nearest(topic, explained()); near != "" {
			e.fix = fmt.Sprintf("did you mean %q?", near)
		}
		if slices.Contains(commandNames(), topic) {
			e.fix = fmt.Sprintf("a command explains itself: `keyfit %s --help`", topic)
		}
		return e
	}
	_, err := fmt.Fprint(a.Stdout, plain(text))
	return err
}

// page gives the Markdown about a topic; "" when there is none.
func page(topic string) string {
	if c, ok := checks.Find(topic); ok {
		return checks.Manual(c)
	}
	if text := docs.Text(strings.ToLower(topic)); text != "" {
		return text
	}
	for _, name := range []string{"reasons", "unknown"} {
		for _, s := range sections(docs.Text(name)) {
			if strings.EqualFold(s.word, topic) {
				return "# " + s.word + "\n\n" + s.text
			}
		}
	}
	return ""
}

// section is what a page says about one word, which is its heading.
type section struct{ word, text string }

func sections(text string) []section {
	var out []section
	for part := range strings.SplitSeq(text, "\n## ") {
		heading, body, _ := strings.Cut(part, "\n")
		if word, ok := strings.CutPrefix(heading, "`"); ok {
			out = append(out, section{strings.TrimSuffix(word, "`"), strings.TrimSpace(body) + "\n"})
		}
	}
	return out
}

// explained lists all that `keyfit explain` takes.
func explained() []string {
	var out []string
	for _, c := range checks.All() {
		out = append(out, c.ID, c.Name)
	}
	for _, p := range docs.Pages() {
		out = append(out, p.Name)
	}
	for _, s := range slices.Concat(sections(docs.Text("reasons")), sections(docs.Text("unknown"))) {
		out = append(out, s.word)
	}
	return out
}

// commandNames lists the commands.
func commandNames() []string {
	var out []string
	for _, c := range (&app{}).rootCommand().Commands() {
		out = append(out, c.Name())
	}
	return out
}
