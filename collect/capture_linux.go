package collect

import (
	"archive/tar"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"ptop/internal/bounded"
	"ptop/pcb"
)

// What a capture takes: the files that a reading uses. The environment is never among them.
var (
	systemFiles = []string{
		"stat", "meminfo", "loadavg", "uptime", "version", "pressure/cpu", "pressure/io", "pressure/memory",
		"sys/kernel/pid_max", "sys/kernel/threads-max", "sys/kernel/osrelease", "sys/kernel/hostname",
		"sys/kernel/arch", "sys/kernel/random/boot_id",
	}
	processFiles = []string{"status", "schedstat", "sched", "comm", "cgroup"}
	threadFiles  = []string{"status", "schedstat", "comm"}
	// An exec that does not end lets whoever reads these wait.
	slowFiles       = []string{"stat", "io", "wchan", "syscall"}
	slowLinks       = []string{"exe", "cwd", "fd/0", "fd/1", "fd/2"}
	slowThreadFiles = []string{"stat", "wchan", "syscall"}
	// A locked memory map lets whoever reads these wait.
	memoryFiles = []string{"cmdline"}
)

// slowWait is how long a capture waits for one file that can block.
const slowWait = 250 * time.Millisecond

// capturer writes one capture.
type capturer struct {
	root   string
	opt    CaptureOptions
	out    *tar.Writer
	at     time.Time
	slow   bounded.Pool
	memory bounded.Pool
	dirs   map[string]bool
}

// Capture writes a tar archive of the files below root, a /proc, that a reading uses. Unpacked it is a directory for
// Options.Root. It holds whole files only; processes that end meanwhile and files that can't be read are left out.
func Capture(ctx context.Context, root string, w io.Writer, o CaptureOptions) error {
	if root == "" {
		root = "/proc"
	}
	c := &capturer{
		root: root, opt: o, out: tar.NewWriter(w), at: time.Now(),
		slow: bounded.Pool{Max: stuckMax}, memory: bounded.Pool{Max: readersMax}, dirs: map[string]bool{},
	}
	pids, err := c.processes()
	if err != nil {
		return err
	}
	err = c.meta()
	for _, file := range systemFiles {
		if text, readErr := os.ReadFile(filepath.Join(root, file)); readErr == nil && err == nil {
			err = c.file(file, text)
		}
	}
	for _, pid := range pids {
		if err == nil {
			err = ctx.Err()
		}
		if err == nil {
			err = c.process(pid)
		}
	}
	if err == nil {
		err = c.out.Close()
	}
	if err != nil {
		return fmt.Errorf("collect: capturing %s: %w", root, err)
	}
	return nil
}

// processes gives the pids to capture, in order.
func (c *capturer) processes() ([]int32, error) {
	all, err := numberedEntries(c.root)
	if err != nil {
		return nil, fmt.Errorf("collect: listing %s: %w", c.root, err)
	}
	if len(c.opt.PIDs) == 0 {
		return all, nil
	}
	var pids []int32
	for _, pid := range c.opt.PIDs {
		if !slices.Contains(all, pid) {
			return nil, fmt.Errorf("collect: capturing process %d: there is none in %s", pid, c.root)
		}
		for pid > 0 && slices.Contains(all, pid) && !slices.Contains(pids, pid) {
			pids = append(pids, pid)
			pid = c.parent(pid)
		}
	}
	slices.Sort(pids)
	return pids, nil
}

func (c *capturer) parent(pid int32) int32 {
	text, err := os.ReadFile(filepath.Join(c.root, strconv.Itoa(int(pid)), "status"))
	if err != nil {
		return 0
	}
	var line statusLine
	parseStatus(text, &pcb.Process{}, &line)
	return line.ppid
}

// numberedEntries lists the entries of a directory that are pids or thread IDs.
func numberedEntries(dir string) ([]int32, error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	names, err := d.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	var out []int32
	for _, name := range names {
		if n, err := strconv.ParseInt(name, 10, 32); err == nil && n > 0 {
			out = append(out, int32(n))
		}
	}
	slices.Sort(out)
	return out, nil
}

// meta writes what no file of /proc tells. A capture of a capture keeps that of the first.
func (c *capturer) meta() error {
	meta := readMeta(c.root)
	if meta.Time.IsZero() {
		meta = c.measure()
	}
	c.at = meta.Time.Truncate(time.Second) // what the archive can hold
	text, err := json.MarshalIndent(meta, "", "  ")
	if err != nil {
		return err
	}
	return c.file(metaFile, append(text, '\n'))
}

func (c *capturer) measure() captureMeta {
	clocks := newClocks(c.root, findPlace(c.root).live)
	host := readHost(c.root)
	meta := captureMeta{Arch: host.Arch, PageSize: host.PageSize, ExecStart: map[int32]time.Duration{}, Reader: ownRights()}
	clocks.beginScan()
	meta.Time, _, meta.Boot = clocks.now()
	var sys pcb.System
	if r, err := newSystemReader(c.root); err == nil {
		r.stat(&sys)
	}
	for _, cpu := range sys.CPUs {
		if at, ok := clocks.execStart(int32(cpu.ID)); ok {
			meta.ExecStart[int32(cpu.ID)] = at
		}
	}
	return meta
}

// captured is one file of a process, held until all of them were read.
type captured struct {
	name   string
	text   []byte
	target string // of a symbolic link
}

// process writes the files of one process: all that could be read, or none when it ended meanwhile.
func (c *capturer) process(pid int32) error {
	dir := strconv.Itoa(int(pid))
	held, err := unix.Open(filepath.Join(c.root, dir), unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	defer unix.Close(held)
	files := c.texts(nil, dir, processFiles)
	files = c.slowTexts(files, &c.slow, pid, dir, slowFiles)
	files = c.links(files, pid, dir)
	files = c.slowTexts(files, &c.memory, pid, dir, memoryFiles)
	tids, _ := numberedEntries(filepath.Join(c.root, dir, "task"))
	for _, tid := range tids {
		task := dir + "/task/" + strconv.Itoa(int(tid))
		files = c.texts(files, task, threadFiles)
		files = c.slowTexts(files, &c.slow, pid, task, slowThreadFiles)
	}
	// All was read by path. As the process whose directory is held is still there, it had the pid all the time.
	if unix.Faccessat(held, "status", unix.F_OK, 0) != nil {
		return nil
	}
	for _, f := range files {
		if err := c.entry(f); err != nil {
			return err
		}
	}
	return nil
}

func (c *capturer) texts(files []captured, dir string, names []string) []captured {
	for _, name := range names {
		if text, err := os.ReadFile(filepath.Join(c.root, dir, name)); err == nil {
			files = append(files, captured{name: dir + "/" + name, text: text})
		}
	}
	return files
}

// slowTexts reads files that can block. Once one of a process has, the others of it are not tried.
func (c *capturer) slowTexts(files []captured, pool *bounded.Pool, pid int32, dir string, names []string) []captured {
	for _, name := range names {
		path := filepath.Join(c.root, dir, name)
		text, err := pool.Read(pid, slowWait, func() ([]byte, error) { return os.ReadFile(path) })
		if err != nil {
			continue
		}
		if name == "cmdline" && c.opt.RedactTexts {
			text = redactArgs(text)
		}
		files = append(files, captured{name: dir + "/" + name, text: text})
	}
	return files
}

func (c *capturer) links(files []captured, pid int32, dir string) []captured {
	for _, link := range slowLinks {
		path := filepath.Join(c.root, dir, link)
		target, err := c.slow.Read(pid, slowWait, func() ([]byte, error) {
			target, err := os.Readlink(path)
			return []byte(target), err
		})
		if err == nil {
			files = append(files, captured{name: dir + "/" + link, target: string(target)})
		}
	}
	return files
}

func (c *capturer) entry(f captured) error {
	if f.target == "" {
		return c.file(f.name, f.text)
	}
	if err := c.parents(f.name); err != nil {
		return err
	}
	return c.out.WriteHeader(&tar.Header{Typeflag: tar.TypeSymlink, Name: f.name, Linkname: f.target, Mode: 0o777, ModTime: c.at})
}

func (c *capturer) file(name string, text []byte) error {
	if err := c.parents(name); err != nil {
		return err
	}
	err := c.out.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: int64(len(text)), Mode: 0o644, ModTime: c.at})
	if err != nil {
		return err
	}
	_, err = c.out.Write(text)
	return err
}

// parents writes the directories that a file lies in.
func (c *capturer) parents(name string) error {
	dir := filepath.Dir(name)
	if dir == "." || c.dirs[dir] {
		return nil
	}
	c.dirs[dir] = true
	if err := c.parents(dir); err != nil {
		return err
	}
	return c.out.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: dir + "/", Mode: 0o755, ModTime: c.at})
}
