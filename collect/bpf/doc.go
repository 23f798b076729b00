// Package bpf reads the whole process table in one go, by a program of ours that the kernel runs for each of its tasks.
package bpf
