// Command gendocs writes the documents that follow from what the code declares: columns, detectors, keys, flags, the
// JSON Schema and the README's sample; and with --screen the README's pictures.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"ptop/detect"
	"ptop/export"
	"ptop/internal/cli"
	"ptop/internal/column"
	"ptop/ui"
)

// documents gives every generated document by its path from root, the top of the repository.
func documents(root string) (map[string]string, error) {
	readme, err := readme(root)
	return map[string]string{
		"README.md":                    readme,
		"docs/columns.md":              column.Markdown(),
		"docs/detectors.md":            detect.Markdown(),
		"docs/keys.md":                 ui.KeysMarkdown(),
		"docs/flags.md":                cli.FlagsMarkdown(),
		"docs/schema/ptop.schema.json": export.Schema(),
	}, err
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "gendocs:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 1 && args[0] == "--pool" {
		workInThreads()
	}
	if len(args) == 1 && args[0] == "--screen" {
		return pictures(context.Background())
	}
	documents, err := documents(".")
	if err != nil {
		return err
	}
	for path, text := range documents {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
