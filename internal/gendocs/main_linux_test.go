package main

import (
	"os"
	"testing"
)

// The generated documents are those that the code gives today.
func TestDocumentsAreCurrent(t *testing.T) {
	documents, err := documents("../..")
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range documents {
		got, err := os.ReadFile("../../" + path)
		if err != nil {
			t.Errorf("%s: %v: run make docs", path, err)
		} else if string(got) != want {
			t.Errorf("%s is not what the code gives: run make docs", path)
		}
	}
}
