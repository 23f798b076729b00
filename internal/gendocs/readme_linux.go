package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"ptop/collect"
	"ptop/collect/detail"
	"ptop/detect"
	"ptop/export"
	"ptop/internal/container"
	"ptop/internal/monitor"
	"ptop/internal/view"
)

// sampleCommand is the line of the README behind which what it prints stands.
const sampleCommand = "    $ ptop --procfs testdata/proc/zombie --findings --delay 0\n"

// sampleWidth is that of the terminal on which the README's sample is printed.
const sampleWidth = 112

// readme is README.md with what ptop says of the zombie in testdata today.
func readme(root string) (string, error) {
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		return "", err
	}
	head, rest, found := strings.Cut(string(text), sampleCommand)
	_, tail, ended := strings.Cut(rest, "\n\n")
	if !found || !ended {
		return "", errors.New("README.md has no sample behind " + strings.TrimSpace(sampleCommand))
	}
	said, err := sample(filepath.Join(root, "testdata/proc/zombie"))
	if err != nil {
		return "", err
	}
	var indented strings.Builder
	for line := range strings.Lines(said) {
		indented.WriteString("    " + line)
	}
	return head + sampleCommand + strings.TrimSuffix(indented.String(), "\n") + "\n\n" + tail, nil
}

func sample(proc string) (string, error) {
	source, err := collect.New(collect.Options{Root: proc, Container: container.Parse, Want: collect.WantUsual})
	if err != nil {
		return "", err
	}
	frame, err := monitor.NewSampler(source, detail.NewProber(proc), detect.NewTracker(detect.NewSettings())).Next(context.Background())
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	writer := export.NewWriter(&out, export.Options{Query: &view.Query{}, Findings: true, Width: sampleWidth})
	if err := writer.Findings(frame); err != nil {
		return "", err
	}
	return strings.TrimSpace(out.String()), nil
}
