package detect

import (
	"strings"
	"sync"

	"ptop/pcb"
)

// builders are the programs that make other programs: they start many processes and compute as much as they are given.
var builders = namesOf(
	"make gmake ninja samu cmake ctest meson scons bazel buck2 gradle mvn ant sbt cargo rustc rustdoc go ghc cabal stack zig swiftc swift-build " +
		"gcc g++ c++ cc cpp cc1 cc1plus cc1obj lto1 collect2 lto-wrapper clang clang++ flang gfortran f951 gnat1 as ld ld.bfd ld.gold ld.lld lld mold wild " +
		"ccache sccache distcc distccd icecc javac kotlinc scalac dotnet msbuild csc tsc esbuild webpack rollup dpkg-buildpackage rpmbuild makepkg")

// computers are the other programs that are run for their result: they take a CPU for as long as it takes.
var computers = namesOf(
	"ffmpeg ffprobe x264 x265 SvtAv1EncApp aomenc rav1e HandBrakeCLI lame flac oggenc opusenc cwebp cjxl avifenc convert magick mogrify " +
		"gzip pigz bzip2 pbzip2 lbzip2 xz pixz zstd pzstd lz4 lzma lzip brotli 7z 7za 7zr zip rar mksquashfs " +
		"md5sum sha1sum sha256sum sha512sum b2sum b3sum borg restic updatedb.plocate mandb")

// goTools are the commands of the Go tool chain, by names that others may have too: their path tells, until they exit.
var goTools = namesOf("compile link asm cgo vet")

// nameSet is a set of programs' names, made when it is first asked: it is of no use to most runs of ptop.
type nameSet func() map[string]bool

func namesOf(names string) nameSet {
	return sync.OnceValue(func() map[string]bool {
		m := map[string]bool{}
		for name := range strings.FieldsSeq(names) {
			m[name] = true
		}
		return m
	})
}

// buildTool reports whether a process is a compiler, a linker or what runs them, by its name.
func buildTool(q *pcb.Process) bool {
	name := q.Name()
	if goTools()[name] {
		path, _, _ := strings.Cut(q.Cmdline, "\x00")
		return path == "" || strings.Contains(path, "/pkg/tool/")
	}
	return oneOf(builders, name)
}

// batchJob reports whether a process is known to compute for as long as its task takes: a build tool, an encoder, a
// compressor, by its name.
func batchJob(q *pcb.Process) bool { return buildTool(q) || oneOf(computers, q.Name()) }

// runByBuild reports whether a build tool runs a process, such as a linter or a test, which ends when it is done. The
// finding says which.
func (p *Pass) runByBuild(i int32, f *Finding) bool {
	parent := p.parent(i)
	if parent == nil || !buildTool(parent) {
		return false
	}
	s := p.subject(parent)
	f.know("run_by", s.label(), procFile(p.proc(i).ID, "stat")+" ppid")
	return true
}

// computes reports whether a process is meant to compute until it is done: it is known as a batch job, or of a build. The
// finding says which.
func (p *Pass) computes(i int32, f *Finding) bool {
	q := p.proc(i)
	probe := p.Probes[q.ID]
	switch {
	case batchJob(q):
		f.know("batch_program", q.Name(), procFile(q.ID, "comm"))
	case p.runByBuild(i, f):
	case ofBuild(probe):
		f.know("ci_markers", set(probe.Env, ciMarks), procFile(q.ID, "environ"))
	default:
		if probe != nil && probe.Denied&pcb.ProbeEnv != 0 {
			f.Missing = append(f.Missing, procFile(q.ID, "environ")+whyUnread(probe, pcb.ProbeEnv)+"; whether a build made it is not known")
		}
		return false
	}
	return true
}

// oneOf looks a name up, also without its version and what it is made for: x86_64-linux-gnu-gcc-13 is gcc.
func oneOf(set nameSet, name string) bool {
	names, plain := set(), strings.TrimRight(name, "0123456789.")
	if plain = strings.TrimSuffix(plain, "-"); plain == name || names[name] {
		plain = name
	}
	return names[plain] || names[plain[strings.LastIndexByte(plain, '-')+1:]]
}
