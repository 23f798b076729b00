//go:build !amd64 && !arm64

package collect

import (
	"context"
	"errors"
	"runtime"

	"ptop/pcb"
)

// iterator is not built for this processor.
type iterator struct{}

type taskEntry struct{}

func openIterator() (*iterator, error) {
	return nil, errors.New("ptop has none for " + runtime.GOARCH)
}

func (*iterator) close() {}

func (*Collector) iterate(context.Context, *pcb.Snapshot) error {
	return errors.New("collect: no task iterator")
}
