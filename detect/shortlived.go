package detect

import (
	"fmt"
	"strings"

	"ptop/pcb"
)

// fewShortLived is from how many on they are told as a rate.
const fewShortLived = 10

// ShortLived says what a process makes that no list of processes shows: "612 short-lived children a second: exit 0 ×600,
// exit 1 ×12". It is empty for one that makes none, or where the kernel does not tell.
func ShortLived(s *pcb.Snapshot, id pcb.ID) string {
	f := s.Events.Forker(id)
	if f == nil || f.ShortLived == 0 {
		return ""
	}
	words := fmt.Sprintf("%s short-lived children a second: %s", short(s.Events.PerSecond(f.ShortLived)), strings.Join(statusWords(f), ", "))
	if f.ShortLived < fewShortLived {
		words = fmt.Sprintf("%s in the last %s: %s", shortLivedChildren(f.ShortLived), seconds(s.Events.Span), strings.Join(statusWords(f), ", "))
	}
	if len(f.Names) > 0 {
		words += "; among them " + strings.Join(f.Names, ", ")
	}
	return words
}

func shortLivedChildren(n uint64) string {
	if n == 1 {
		return "1 short-lived child"
	}
	return fmt.Sprintf("%d short-lived children", n)
}
