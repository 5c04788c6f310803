package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/keyfit/keyfit/internal/docs"
)

func (a *app) providersCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "providers [NAME]",
		Short: "the catalogue: what is sent where, and what is read from the answer",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			w, err := a.open()
			if err != nil {
				return err
			}
			defer w.close()
			if len(args) == 0 {
				return a.listProviders(w)
			}
			p := findProvider(w.config, w.catalogue, args[0])
			if p == nil {
				return unknownProvider(w, args[0])
			}
			_, err = fmt.Fprint(a.Stdout, plain(string(docs.Provider(p))))
			return err
		},
	}
}

func (a *app) listProviders(w *workspace) error {
	all := append(w.config.Own(), w.catalogue.All()...)
	width := 0
	for _, p := range all {
		width = max(width, len(p.ID))
	}
	for _, p := range all {
		origin := ""
		if p.Custom {
			origin = "  (" + w.config.Path + ")"
		}
		if _, err := fmt.Fprintf(a.Stdout, "%-*s  %s%s\n", width, p.ID, p.Name, origin); err != nil {
			return err
		}
	}
	return nil
}
