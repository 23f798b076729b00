package detail

import (
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"ptop/pcb"
)

const (
	maxExeRead  = 8 << 20 // bytes read of one executable
	maxExeCache = 512     // executables remembered
)

// exeKey is a process and what it runs: exec changes the one, and leaves the other.
type exeKey struct {
	id     pcb.ID
	target string
}

type exeFacts struct{ goBinary, importsWait, importsFork bool }

// readExe finds out what the executable is.
func (s *suspect) readExe() error {
	target, err := os.Readlink(s.path("exe"))
	if err != nil {
		return err
	}
	facts, err := s.executable(exeKey{s.ID, target})
	s.GoBinary, s.ImportsWait, s.ImportsFork = facts.goBinary, facts.importsWait, facts.importsFork
	return err
}

// executable examines what the process runs, unless that was done before.
func (s *suspect) executable(key exeKey) (exeFacts, error) {
	s.mu.Lock()
	facts, known := s.exes[key]
	s.mu.Unlock()
	if known {
		return facts, nil
	}
	facts, err := examine(s.path("exe"))
	if err != nil {
		return exeFacts{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.exes) >= maxExeCache {
		clear(s.exes)
	}
	s.exes[key] = facts
	return facts, nil
}

// examine reads an executable. It is anybody's file: bounded in what is read of it, and what is not as it should be
// is an error.
func examine(path string) (facts exeFacts, err error) {
	file, err := os.Open(path)
	if err != nil {
		return facts, err
	}
	defer file.Close()
	exe, err := elf.NewFile(&budget{file, maxExeRead})
	if err != nil {
		return facts, fmt.Errorf("detail: reading executable: %w", err)
	}
	for _, section := range exe.Sections {
		if section.Flags&elf.SHF_COMPRESSED != 0 && section.Type != elf.SHT_PROGBITS {
			return facts, errors.New("detail: reading executable: its symbols are packed") // and could unpack to any size
		}
	}
	facts.goBinary = exe.Section(".go.buildinfo") != nil
	facts.importsWait, facts.importsFork, err = dealsWithChildren(exe)
	return facts, err
}

// dealsWithChildren reports whether a program calls a function of the wait family itself, and one that makes children;
// or whether that can't be told from its imports: it is static, makes its system calls by number, or uses libraries
// that may do it in its stead.
func dealsWithChildren(exe *elf.File) (waits, forks bool, err error) {
	libraries, err := exe.ImportedLibraries()
	if err != nil || len(libraries) == 0 {
		return true, true, nil
	}
	for _, library := range libraries {
		if name, _, _ := strings.Cut(library, ".so"); !slices.Contains(neverWaiting, name) {
			return true, true, nil
		}
	}
	symbols, err := exe.ImportedSymbols()
	if err != nil {
		return false, false, fmt.Errorf("detail: reading executable: %w", err)
	}
	for _, symbol := range symbols {
		anything := slices.Contains(callingAnything, symbol.Name)
		waits = waits || anything || slices.Contains(waiting, symbol.Name)
		forks = forks || anything || slices.Contains(forking, symbol.Name)
	}
	return waits, forks, nil
}

// waiting are the functions that reap: some of them but the child that they made themselves.
var waiting = []string{"wait", "waitpid", "__waitpid", "wait3", "wait4", "waitid", "pclose", "system", "wordexp"}

// forking are the functions that make a child.
var forking = []string{
	"fork", "__fork", "_Fork", "vfork", "__vfork", "clone", "__clone", "posix_spawn", "posix_spawnp", "pidfd_spawn", "pidfd_spawnp",
	"popen", "system", "wordexp",
}

// callingAnything are the functions by which any other can be called.
var callingAnything = []string{"dlopen", "dlsym", "syscall"}

// neverWaiting are libraries that reap no child unless they are told to.
var neverWaiting = []string{
	"libc", "libm", "libpthread", "libdl", "librt", "libgcc_s", "libatomic", "ld-linux-x86-64", "ld-linux-aarch64",
	"libc.musl-x86_64", "libc.musl-aarch64", "libstdc++", "libselinux", "libcap", "libacl", "libattr", "libz", "libtinfo",
	"libncurses", "libncursesw", "libpcre2-8", "libcrypto", "libgmp",
}

// budget reads a file up to a number of bytes in all.
type budget struct {
	file io.ReaderAt
	left int
}

func (b *budget) ReadAt(p []byte, off int64) (int, error) {
	if b.left -= len(p); b.left < 0 {
		return 0, errors.New("detail: the executable has larger tables than are read")
	}
	return b.file.ReadAt(p, off)
}
