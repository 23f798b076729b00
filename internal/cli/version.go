package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"ptop/collect"
)

// version is set by the Makefile; a `go run` or `go install` has what the build information says.
var version = ""

// buildVersion is ptop's version, and the commit that it was built from where that is known.
func buildVersion() (tag, commit string) {
	tag = version
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" && len(s.Value) >= 12 {
				commit = s.Value[:12]
			}
		}
		if tag == "" {
			tag = info.Main.Version
		}
	}
	if tag == "" || tag == "(devel)" {
		tag = "dev"
	}
	return tag, commit
}

// versionText is what --version says; with --verbose also what can be read by here.
func (p *program) versionText() string {
	tag, commit := buildVersion()
	if commit != "" {
		commit = " commit " + commit
	}
	text := fmt.Sprintf("ptop %s%s %s %s/%s", tag, commit, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	if !p.opt.verbose {
		return text
	}
	for _, s := range collect.Survey(p.root()) {
		can := "can be used"
		if s.Err != nil {
			can = "can't: " + oneLine(s.Err)
		}
		text += fmt.Sprintf("\n%-9s  %s", s.Source, can)
	}
	return text
}
