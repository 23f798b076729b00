package detect

import "strings"

// shellWord is a name as one word of a shell's command line. Names of units and containers are chosen by whoever
// made them, and a remedy's command is there to be copied.
func shellWord(name string) string {
	plain := strings.IndexFunc(name, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-@:/", r))
	}) < 0
	if plain && name != "" && name[0] != '-' {
		return name
	}
	return "'" + strings.ReplaceAll(name, "'", `'\''`) + "'"
}
