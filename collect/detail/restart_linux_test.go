package detail

import (
	"os"
	"path/filepath"
	"testing"
)

func TestRestart(t *testing.T) {
	etc, lib := t.TempDir(), t.TempDir()
	for path, text := range map[string]string{
		lib + "/plain.service":                   "[Unit]\nDescription=x\n[Service]\nRestart=on-failure\n",
		lib + "/silent.service":                  "[Service]\nExecStart=/bin/true\nRestartSec=5\n",
		lib + "/worker@.service":                 "[Service]\nRestart = always\n",
		lib + "/hidden.service":                  "[Service]\nRestart=always\n",
		etc + "/hidden.service":                  "[Service]\nRestart=on-abort\n",
		lib + "/plain2.service":                  "[Service]\nRestart=no\n",
		lib + "/plain2.service.d/10-vendor.conf": "[Service]\nRestart=on-failure\n",
		etc + "/plain2.service.d/20-own.conf":    "[Service]\nRestart=always\n",
		lib + "/plain2.service.d/20-own.conf":    "[Service]\nRestart=on-abort\n", // hidden by the one above
		lib + "/reset.service":                   "[Service]\nRestart=always\n",
		etc + "/reset.service.d/a.conf":          "[Service]\nRestart=\n",
		etc + "/worker@.service.d/a.conf":        "[Service]\nRestart=on-success\n",
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for unit, want := range map[string]string{
		"plain.service": "on-failure", "silent.service": "no", "worker@3.service": "on-success", "hidden.service": "on-abort",
		"plain2.service": "always", "reset.service": "no", "absent.service": "", "../plain.service": "",
	} {
		if got := restart([]string{etc, lib}, unit); got != want {
			t.Errorf("%s: Restart=%s, want %s", unit, got, want)
		}
	}
}
