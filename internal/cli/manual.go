package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Commands gives the manual of every command as Markdown, out of what `--help` says.
func Commands() []byte {
	a := &app{Process: Process{Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard}}
	root := a.rootCommand()
	root.InitDefaultCompletionCmd()
	var b strings.Builder
	b.WriteString("# Commands\n\n" + strings.Split(root.Long, "\n\n")[0] + "\n\n`keyfit` alone is `keyfit check`. The report goes to standard output, everything else to standard error.\n\n" +
		"## Everywhere\n\n" + flagTable(root.PersistentFlags()))
	for _, c := range root.Commands() {
		document(&b, c)
	}
	return []byte(b.String())
}

func document(b *strings.Builder, c *cobra.Command) {
	if c.Hidden || c.Name() == "help" {
		return
	}
	path := strings.TrimPrefix(c.CommandPath(), "keyfit ")
	fmt.Fprintf(b, "\n## %s\n\n", path)
	about := c.Long
	if about == "" || c.Parent().Name() == "completion" || c.Name() == "completion" {
		about = strings.ToUpper(c.Short[:1]) + c.Short[1:] + "."
	}
	paragraph, rest, _ := strings.Cut(about, "\n\n")
	fmt.Fprintf(b, "%s\n\n```text\n%s\n```\n", paragraph, strings.TrimSuffix(c.UseLine(), " [flags]"))
	if rest != "" && !strings.Contains(rest, "```") {
		fmt.Fprintf(b, "\n```text\n%s\n```\n", strings.TrimRight(rest, "\n"))
	}
	if table := flagTable(c.NonInheritedFlags()); table != "" {
		b.WriteString("\n" + table)
	}
	if c.Name() == "completion" {
		return // one line says which shells there are
	}
	for _, sub := range c.Commands() {
		document(b, sub)
	}
}

func flagTable(flags *pflag.FlagSet) string {
	var b strings.Builder
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		if b.Len() == 0 {
			b.WriteString("| flag | default | meaning |\n|---|---|---|\n")
		}
		name := "`--" + f.Name + "`"
		if f.Shorthand != "" {
			name = "`-" + f.Shorthand + "`, " + name
		}
		value := f.DefValue
		if value == "[]" || value == "false" {
			value = ""
		}
		if value != "" {
			value = "`" + value + "`"
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", name, value, strings.ReplaceAll(f.Usage, "|", `\|`))
	})
	return b.String()
}
