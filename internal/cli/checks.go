package cli

import (
	"fmt"
	"os/user"
	"strconv"

	"ptop/detect"
	"ptop/export"
	"ptop/internal/column"
	"ptop/internal/filter"
	"ptop/internal/view"
	"ptop/pcb"
)

// What refuses the texts that flags and configuration give; each is read again where it is used.

func checkFailOn(text string) error {
	_, err := export.ParseFailOn(text, detect.All)
	return err
}

func checkID(text string) error {
	_, _, err := pcb.ParseID(text)
	return err
}

func checkSignal(text string) error {
	_, err := pcb.ParseSignal(text)
	return err
}

func checkFilter(text string) error {
	if filter.Named(text) { // what is saved may yet follow
		return nil
	}
	_, err := filter.Compile(text)
	return err
}

func checkSort(text string) error {
	_, err := view.ParseSort(text)
	return err
}

func checkColumns(text string) error {
	_, err := column.Parse(text)
	return err
}

func checkGroupBy(text string) error {
	if _, ok := column.ByID(text); !ok {
		return column.Unknown(text)
	}
	return nil
}

// checkUser refuses a name that no user has: it would select nothing, silently. A uid needs no name.
func checkUser(name string) error {
	if _, err := strconv.ParseUint(name, 10, 32); err == nil {
		return nil
	}
	if _, err := user.Lookup(name); err != nil {
		return fmt.Errorf("no such user")
	}
	return nil
}
