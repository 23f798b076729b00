package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"

	"ptop/internal/column"
	"ptop/pcb"
)

// shells are those that there is a completion script for.
var shells = []string{"bash", "zsh", "fish"}

// writeCompletion prints a shell's completion script, made from the flags.
func (f *flags) writeCompletion(w io.Writer, shell string) error {
	var script string
	switch shell {
	case "bash":
		script = f.bash()
	case "zsh": // zsh runs bash's completions
		script = "#compdef ptop\nautoload -U +X bashcompinit && bashcompinit\n" + f.bash()
	case "fish":
		script = f.fish()
	}
	_, err := io.WriteString(w, script)
	return err
}

// flagWords are the values that a flag can be completed with.
func flagWords(name string) []string {
	switch name {
	case "columns", "sort", "group-by":
		var ids []string
		for _, c := range column.All {
			ids = append(ids, c.ID)
		}
		return ids
	case "signal":
		var names []string
		for _, s := range pcb.Signals {
			names = append(names, s.Name)
		}
		return names
	case "completion":
		return shells
	}
	return nil
}

func (f *flags) bash() string {
	var all, cases strings.Builder
	f.all.VisitAll(func(flag *pflag.Flag) {
		all.WriteString(" --" + flag.Name)
		if words := flagWords(flag.Name); words != nil {
			fmt.Fprintf(&cases, "    --%s) COMPREPLY=($(compgen -W %q -- \"$cur\")); return ;;\n", flag.Name, strings.Join(words, " "))
		}
	})
	return fmt.Sprintf(`_ptop() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
  case $prev in
%s    --config|--capture|--procfs) COMPREPLY=($(compgen -f -- "$cur")); return ;;
    --user|-u) COMPREPLY=($(compgen -u -- "$cur")); return ;;
  esac
  COMPREPLY=($(compgen -W %q -- "$cur"))
}
complete -F _ptop ptop
`, cases.String(), strings.TrimSpace(all.String()))
}

func (f *flags) fish() string {
	var b strings.Builder
	b.WriteString("complete -c ptop -f\n")
	f.all.VisitAll(func(flag *pflag.Flag) {
		_, help := pflag.UnquoteUsage(flag)
		fmt.Fprintf(&b, "complete -c ptop -l %s -d '%s'", flag.Name, strings.ReplaceAll(help, "'", ""))
		if flag.Shorthand != "" {
			b.WriteString(" -s " + flag.Shorthand)
		}
		if words := flagWords(flag.Name); words != nil {
			fmt.Fprintf(&b, " -xa '%s'", strings.Join(words, " "))
		} else if flag.NoOptDefVal == "" {
			b.WriteString(" -r")
		}
		b.WriteByte('\n')
	})
	return b.String()
}
