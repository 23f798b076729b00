package cli

import (
	"fmt"
	"io"
	"strings"

	"ptop/export"
	"ptop/internal/view"
	"ptop/ui"
)

// Export writes the rows that are shown into a new file, in one of ui.ExportForms.
func (b *backend) Export(form, path string, shown view.Shown) (where string, err error) {
	path, err = b.p.env.expand(path)
	if err != nil {
		return "", err
	}
	fill, err := exportForm(form, shown)
	if err != nil {
		return "", err
	}
	b.files.busy.RLock()
	defer b.files.busy.RUnlock()
	return writeNew(path, fill)
}

// exportForm is what writes one form of what is shown.
func exportForm(form string, shown view.Shown) (func(io.Writer) error, error) {
	tag, _ := buildVersion()
	query := shown.Query
	if form == "tree" {
		query.Tree, query.GroupBy = true, nil
	}
	options := export.Options{Version: tag, Columns: shown.Columns, Query: &query}
	write := map[string]func(*export.Writer) error{
		"json": func(w *export.Writer) error { return w.JSON(shown.Frame) },
		"csv":  func(w *export.Writer) error { return w.CSV(shown.Frame) },
		"text": func(w *export.Writer) error { return w.Table(shown.Frame) },
		"tree": func(w *export.Writer) error { return w.Table(shown.Frame) },
	}[form]
	if write == nil {
		return nil, fmt.Errorf("no form %q to export: want %s", form, strings.Join(ui.ExportForms, ", "))
	}
	return func(out io.Writer) error { return write(export.NewWriter(out, options)) }, nil
}
