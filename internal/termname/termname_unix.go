//go:build unix

// Package termname takes TERM out of ptop's environment before tview sees it.
//
// tview asks tcell about TERM as soon as it is linked, in every mode of ptop, and tcell runs infocmp from PATH for a name
// that it does not know. Of the packages that are ready Go initialises the first by import path: this one, which needs
// nothing but os, comes before regexp, which tview needs.
package termname

import "os"

// Name is the kind of terminal that the environment named.
var Name = take()

func take() string {
	name := os.Getenv("TERM")
	os.Unsetenv("TERM")
	return name
}
