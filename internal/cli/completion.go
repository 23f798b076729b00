package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"

	"ptop/detect"
	"ptop/internal/column"
	"ptop/pcb"
	"ptop/ui"
)

// shells are those that there is a completion script for.
var shells = []string{"bash", "zsh", "fish"}

// writeCompletion prints a shell's completion script, made from the flags.
func (f *flags) writeCompletion(w io.Writer, shell string) error {
	script := map[string]func() string{"bash": f.bash, "zsh": f.zsh, "fish": f.fish}[shell]
	_, err := io.WriteString(w, script())
	return err
}

// valueKind is what a flag's value can be completed with.
type valueKind int

const (
	otherValue valueKind = iota
	noValue
	oneWord  // one of words
	wordList // words with commas between them; before each may stand a sign
	halfWord // one of words, behind which more is to be typed
	aFile
	aUser
	aPID
)

type completion struct {
	kind  valueKind
	signs string // "+-" where a word may have one of them before it
	words []string
}

func completionOf(flag *pflag.Flag) completion {
	switch flag.Name {
	case "columns":
		return completion{wordList, "+", columnIDs()}
	case "sort":
		return completion{wordList, "+-", columnIDs()}
	case "group-by":
		return completion{oneWord, "", columnIDs()}
	case "fail-on":
		return completion{wordList, "", detectorIDs()}
	case "set":
		return completion{halfWord, "", assignable()}
	case "signal":
		return completion{oneWord, "", signalNames()}
	case "theme":
		return completion{oneWord, "", ui.ThemeNames()}
	case "colors":
		return completion{oneWord, "", ui.ColorDepths()}
	case "meters":
		return completion{oneWord, "", ui.MeterModes()}
	case "source":
		return completion{oneWord, "", sources}
	case "completion":
		return completion{oneWord, "", shells}
	case "config", "capture", "procfs":
		return completion{kind: aFile}
	case "user":
		return completion{kind: aUser}
	case "pid", "explain", "namespace":
		return completion{kind: aPID}
	}
	if flag.NoOptDefVal != "" {
		return completion{kind: noValue}
	}
	return completion{}
}

func columnIDs() []string {
	var ids []string
	for _, c := range column.All {
		ids = append(ids, c.ID)
	}
	return ids
}

func detectorIDs() []string {
	var ids []string
	for _, d := range detect.All {
		ids = append(ids, d.ID)
	}
	return ids
}

func assignable() []string {
	var names []string
	for _, d := range detect.All {
		for _, p := range d.Params {
			names = append(names, d.ID+"."+p.Name+"=")
		}
	}
	return names
}

func signalNames() []string {
	var names []string
	for _, s := range pcb.Signals {
		names = append(names, s.Name)
	}
	return names
}

// bash's function sees --flag=value as three words. word is what is completed, head what stands before it and stays.
func (f *flags) bash() string {
	var all, cases strings.Builder
	f.all.VisitAll(func(flag *pflag.Flag) {
		all.WriteString(" --" + flag.Name)
		names := "--" + flag.Name
		if flag.Shorthand != "" {
			names += "|-" + flag.Shorthand
		}
		c := completionOf(flag)
		words := strings.Join(c.words, " ")
		do := map[valueKind]string{
			otherValue: ":",
			oneWord:    fmt.Sprintf("_ptop_words '%s'", words),
			wordList:   fmt.Sprintf("_ptop_list '%s' '%s'", c.signs, words),
			halfWord:   fmt.Sprintf("_ptop_words '%s'; compopt -o nospace", words),
			aFile:      `COMPREPLY=($(compgen -f -- "$word"))`,
			aUser:      `COMPREPLY=($(compgen -u -- "$word"))`,
			aPID:       `_ptop_list '' "$(_ptop_pids)"`,
		}[c.kind]
		if do != "" {
			fmt.Fprintf(&cases, "    %s) %s; return ;;\n", names, do)
		}
	})
	return fmt.Sprintf(`_ptop_pids() { (cd /proc && echo [0-9]*); }
_ptop_words() { COMPREPLY=($(compgen -P "$head" -W "$1" -- "$word")); }
_ptop_list() {
  if [[ $word == *,* ]]; then head=${word%%,*},; word=${word##*,}; fi
  if [[ -n $1 && $word == [$1]* ]]; then head+=${word:0:1}; word=${word:1}; fi
  _ptop_words "$2"
}
_ptop() {
  local word=${COMP_WORDS[COMP_CWORD]} flag=${COMP_WORDS[COMP_CWORD-1]} head= given=" ${COMP_WORDS[*]} "
  if [[ $word == = ]]; then word=
  elif [[ $flag == = ]]; then flag=${COMP_WORDS[COMP_CWORD-2]}
  fi
  case $flag in
%s  esac
  if [[ $word != -* && ( $given == *" --stop "* || $given == *" --signal "* || $given == *" --renice "* ) ]]; then _ptop_words "$(_ptop_pids)"
  else _ptop_words '%s'
  fi
}
complete -F _ptop ptop
`, cases.String(), strings.TrimSpace(all.String()))
}

// zsh's file may be found by compinit, which runs it for the first completion, or be sourced.
func (f *flags) zsh() string {
	var specs strings.Builder
	f.all.VisitAll(func(flag *pflag.Flag) {
		placeholder, help := pflag.UnquoteUsage(flag)
		help = strings.NewReplacer("'", "", "[", `\[`, "]", `\]`, ":", `\:`).Replace(help)
		c := completionOf(flag)
		long, short := "--"+flag.Name, "-"+flag.Shorthand
		action := ""
		if c.kind != noValue {
			long, short = long+"=", short+"+"
			action = ":" + strings.NewReplacer(":", `\:`, "=", " ").Replace(placeholder) + ":" + zshAction(c)
		}
		if flag.Shorthand == "" {
			fmt.Fprintf(&specs, " \\\n    '%s[%s]%s'", long, help, action)
		} else {
			fmt.Fprintf(&specs, " \\\n    '(-%s --%s)'{%s,%s}'[%s]%s'", flag.Shorthand, flag.Name, short, long, help, action)
		}
	})
	return fmt.Sprintf(`#compdef ptop
_ptop_list() {
  compset -P '*,'
  [[ -n $1 ]] && compset -P "[$1]"
  compadd -S '' -- ${@[2,-1]}
}
_ptop() {
  _arguments -s -S%s \
    '*:process:_pids'
}
if [[ $funcstack[1] == _ptop ]]; then _ptop "$@"; else compdef _ptop ptop; fi
`, specs.String())
}

func zshAction(c completion) string {
	words := strings.Join(c.words, " ")
	switch c.kind {
	case oneWord:
		return "(" + words + ")"
	case halfWord:
		return `{compadd -S "" -- ` + words + `}`
	case wordList:
		return fmt.Sprintf(`{_ptop_list "%s" %s}`, c.signs, words)
	case aFile:
		return "_files"
	case aUser:
		return "_users"
	case aPID:
		return "_pids"
	}
	return " "
}

func (f *flags) fish() string {
	var b strings.Builder
	b.WriteString(`function __ptop_list
    set -l token (commandline -ct | string replace -r -- '^--[^=]*=' '')
    set -l head (string match -r -- '^.*,' $token)
    set -l sign (string match -r -- "^[$argv[1]]" (string replace -r -- '^.*,' '' $token))
    printf '%s\n' "$head$sign"$argv[2..-1]
end
complete -c ptop -f
complete -c ptop -n '__fish_contains_opt stop signal renice' -a '(__fish_complete_pids)'
`)
	f.all.VisitAll(func(flag *pflag.Flag) {
		_, help := pflag.UnquoteUsage(flag)
		fmt.Fprintf(&b, "complete -c ptop -l %s -d '%s'", flag.Name, strings.ReplaceAll(help, "'", ""))
		if flag.Shorthand != "" {
			b.WriteString(" -s " + flag.Shorthand)
		}
		c := completionOf(flag)
		words := strings.Join(c.words, " ")
		b.WriteString(map[valueKind]string{
			otherValue: " -x",
			oneWord:    " -xa '" + words + "'",
			halfWord:   " -xa '" + words + "'",
			wordList:   fmt.Sprintf(` -xa '(__ptop_list ",%s" %s)'`, c.signs, words),
			aFile:      " -rF",
			aUser:      " -xa '(__fish_complete_users)'",
			aPID:       " -xa '(__fish_complete_pids)'",
		}[c.kind])
		b.WriteByte('\n')
	})
	return b.String()
}
