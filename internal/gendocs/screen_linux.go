package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/gdamore/tcell/v2"

	"ptop/collect"
	"ptop/collect/detail"
	"ptop/detect"
	"ptop/internal/container"
	"ptop/internal/monitor"
	"ptop/internal/shot"
	"ptop/internal/view"
	"ptop/ui"
)

// patient is a process that is made for the picture, with what it starts.
type patient struct {
	uid    uint32
	script string
}

// wwwData is Debian's user of web servers.
const wwwData = 33

// patients are three sick ones: a parent that became another program and never waits for its children, one that spins,
// and a pair that does nothing but hand each other bytes; and some healthy ones beside them.
var patients = []patient{
	{wwwData, "for i in 1 2 3 4 5 6 7; do sleep 0.1 & done; exec -a '/srv/checkout-agent --workers 8' sleep 60"},
	{0, "exec -a 'python3 report.py' sh -c 'while :; do :; done'"},
	{0, "(exec -a 'ingest: reader' yes) | exec -a 'ingest: indexer' cat > /dev/null"},
	{wwwData, "(exec -a 'nginx: worker process' sleep 60) & (exec -a 'nginx: worker process' sleep 60) & exec -a 'nginx: master process' sleep 60"},
	{0, "(exec -a 'postgres: checkpointer' sleep 60) & (exec -a 'postgres: walwriter' sleep 60) & exec -a postgres sleep 60"},
}

const (
	pictureWidth, pictureHeight = 112, 26
	pictureTime                 = 12 * time.Second
	pictureScale                = 0.1 // of the detectors' ages and holds
)

// shots are the pictures: a file's name and the keys that lead to the view.
var shots = []struct {
	name string
	keys []string
}{
	{"screen", nil},
	{"tree", []string{"t"}},
	{"findings", []string{"f"}},
}

// pictures runs the real program over this machine and draws what it shows of the patients.
func pictures(ctx context.Context) error {
	var pids []int32
	for _, p := range patients {
		cmd := exec.CommandContext(ctx, "bash", "-c", p.script)
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: &syscall.Credential{Uid: p.uid, Gid: p.uid}}
		if err := cmd.Start(); err != nil {
			return err
		}
		defer func() {
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
			_ = cmd.Wait()
		}()
		pids = append(pids, int32(cmd.Process.Pid))
	}
	frames, err := watch(ctx)
	if err != nil {
		return err
	}
	options := ui.Options{Delay: 2 * time.Second, Query: view.Query{PIDs: pids, Descendants: true, HideKernel: true}}
	for _, s := range shots {
		cells, err := ui.Screenshot(ui.Shot{Frames: frames, Keys: s.keys, W: pictureWidth, H: pictureHeight, Options: options})
		if err != nil {
			return err
		}
		if err := draw("docs/"+s.name+".svg", cells); err != nil {
			return err
		}
		fmt.Println(shot.Text(cells, pictureWidth))
	}
	return nil
}

func draw(path string, cells []tcell.SimCell) error {
	var picture bytes.Buffer
	if err := shot.SVG(&picture, cells, pictureWidth); err != nil {
		return err
	}
	return os.WriteFile(path, picture.Bytes(), 0o644)
}

func watch(ctx context.Context) ([]*monitor.Frame, error) {
	source, err := collect.New(collect.Options{Container: container.Parse, Want: collect.WantUsual})
	if err != nil {
		return nil, err
	}
	settings := detect.NewSettings()
	settings.TimeScale = pictureScale
	sampler := monitor.NewSampler(source, detail.NewProber("/proc"), detect.NewTracker(settings))
	var frames []*monitor.Frame
	for start := time.Now(); time.Since(start) < pictureTime; {
		frame, err := sampler.After(ctx, 500*time.Millisecond)
		if err != nil {
			return nil, err
		}
		frames = append(frames, frame)
	}
	return frames, nil
}
