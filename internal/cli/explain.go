package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/keyfit/keyfit/internal/checks"
	"github.com/keyfit/keyfit/internal/strict"
)

func (a *app) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain ID",
		Short: "print the manual page of a finding, or list them all",
		Args:  cobra.MaximumNArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return findingIDs(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return a.listFindings()
			}
			return a.explain(args[0])
		},
	}
}

func (a *app) listFindings() error {
	for _, c := range checks.All() {
		if _, err := fmt.Fprintf(a.Stdout, "%s  %-20s %-8s %s\n", c.ID, c.Name, c.Severity, c.Page.Summary); err != nil {
			return err
		}
	}
	return nil
}

// explain prints the page of a finding, named by its id or its name, in any case.
func (a *app) explain(word string) error {
	if c, ok := checks.Find(word); ok {
		_, err := fmt.Fprint(a.Stdout, checks.Manual(c))
		return err
	}
	e := &exit{code: exitUsage, message: "this version decides no such finding", fix: "list them with `keyfit explain`"}
	if near := strict.Nearest(word, findingIDs()); near != "" {
		e.fix = fmt.Sprintf("did you mean %q?", near)
	}
	return e
}

func findingIDs() []string {
	var ids []string
	for _, c := range checks.All() {
		ids = append(ids, c.ID, c.Name)
	}
	return ids
}
