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
	processFiles = []string{"status", "schedstat", "sched", "comm", "cgroup", "wchan"}
	// slowFiles can wait for a lock of the process: its memory map's, or the one that an exec holds.
	slowFiles       = []string{"cmdline", "io", "syscall"}
	processLinks    = []string{"exe", "cwd", "fd/0", "fd/1", "fd/2"}
	threadFiles     = []string{"stat", "status", "schedstat", "comm", "wchan"}
	slowThreadFiles = []string{"syscall"}
)

// slowWait is how long a capture waits for one file that can block.
const slowWait = 250 * time.Millisecond

// capturer writes one capture.
type capturer struct {
	root string
	opt  CaptureOptions
	out  *tar.Writer
	at   time.Time
	slow bounded.Pool
	dirs map[string]bool
}

// Capture writes a tar archive of the files below root, a /proc, that a reading uses. Unpacked it is a directory for
// Options.Root. It holds whole files only; processes that end meanwhile and files that can't be read are left out.
func Capture(ctx context.Context, root string, w io.Writer, o CaptureOptions) error {
	if root == "" {
		root = "/proc"
	}
	c := &capturer{
		root: root, opt: o, out: tar.NewWriter(w), at: time.Now(),
		slow: bounded.Pool{Max: readersMax}, dirs: map[string]bool{},
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
	text, err := os.ReadFile(filepath.Join(c.root, strconv.Itoa(int(pid)), "stat"))
	var p pcb.Process
	if err != nil || !parseStat(text, &p, &statLine{}) {
		return 0
	}
	return p.PPID
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

// process writes the files of one process: all of them, or none when it ended before its stat was read a second time.
func (c *capturer) process(pid int32) error {
	dir := strconv.Itoa(int(pid))
	stat, err := os.ReadFile(filepath.Join(c.root, dir, "stat"))
	if err != nil {
		return nil
	}
	files := []captured{{name: dir + "/stat", text: stat}}
	files = c.texts(files, dir, processFiles)
	files = c.slowTexts(files, pid, dir, slowFiles)
	for _, link := range processLinks {
		if target, err := os.Readlink(filepath.Join(c.root, dir, link)); err == nil {
			files = append(files, captured{name: dir + "/" + link, target: target})
		}
	}
	tids, _ := numberedEntries(filepath.Join(c.root, dir, "task"))
	for _, tid := range tids {
		task := dir + "/task/" + strconv.Itoa(int(tid))
		files = c.texts(files, task, threadFiles)
		files = c.slowTexts(files, pid, task, slowThreadFiles)
	}
	if again, err := os.ReadFile(filepath.Join(c.root, dir, "stat")); err != nil || !sameStart(stat, again) {
		return nil
	}
	for _, f := range files {
		if err := c.entry(f); err != nil {
			return err
		}
	}
	return nil
}

// sameStart reports whether two stat files are of one process. Those that can't be parsed are taken as they are.
func sameStart(a, b []byte) bool {
	var p, q pcb.Process
	if !parseStat(a, &p, &statLine{}) || !parseStat(b, &q, &statLine{}) {
		return true
	}
	return p.Start == q.Start
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
func (c *capturer) slowTexts(files []captured, pid int32, dir string, names []string) []captured {
	for _, name := range names {
		path := filepath.Join(c.root, dir, name)
		text, err := c.slow.Read(pid, slowWait, func() ([]byte, error) { return os.ReadFile(path) })
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
