package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/gdamore/tcell/v2"

	"ptop/collect"
	"ptop/collect/detail"
	"ptop/detect"
	"ptop/internal/blast"
	"ptop/internal/container"
	"ptop/internal/monitor"
	"ptop/internal/shot"
	"ptop/internal/view"
	"ptop/pcb"
	"ptop/ui"
)

const (
	pictureWidth, pictureHeight = 126, 28
	pictureTime                 = 12 * time.Second
	pictureScale                = 0.1 // of the detectors' ages and holds
)

// picture is a file's name below docs/screens, and the keys that lead to the view.
type picture struct {
	name string
	keys []string
	of   int // the patient of whom a page of the drill-down is; -1 for none
}

// pictured is every picture. to gives the keys that move the cursor to a patient.
func pictured(to func(patient int) []string) []picture {
	return []picture{
		{"first", nil, -1},
		{"tree", []string{"t"}, -1},
		{"findings", append(to(agent), "f"), -1},
		{"pcb", append(to(agent), "Enter"), agent},
		{"explain", append(to(agent), "Enter", "2"), agent},
		{"threads", append(to(pool), "Enter", "4"), pool},
		{"signal", append(to(agent), "k", "Home", "Enter", "s"), -1},
		{"containers", []string{"g", "c", "Enter"}, -1},
	}
}

// pictures runs the real program over this machine and draws what it shows of the patients.
func pictures(ctx context.Context) error {
	w, err := admit(ctx)
	defer w.discharge()
	if err != nil {
		return err
	}
	frames, err := watch(ctx)
	if err != nil {
		return err
	}
	known := evidence(ctx, frames[len(frames)-1].Snap, w.pids[agent])
	to := func(patient int) []string {
		return append(append([]string{":"}, strings.Split("goto "+strconv.Itoa(int(w.pids[patient])), "")...), "Enter")
	}
	for _, p := range pictured(to) {
		s := ui.Shot{
			Frames: frames, Keys: p.keys, W: pictureWidth, H: pictureHeight,
			Known:   known,
			Options: ui.Options{Delay: 2 * time.Second, Query: view.Query{PIDs: w.pids, Descendants: true, HideKernel: true}},
		}
		if p.of >= 0 {
			if s.Before, s.Detail, err = details(ctx, frames[len(frames)-1].Snap, w.pids[p.of]); err != nil {
				return err
			}
		}
		cells, err := ui.Screenshot(s)
		if err != nil {
			return err
		}
		if err := draw("docs/screens/"+p.name+".svg", cells); err != nil {
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

// details reads a process in depth, twice, with the time between that a page leaves.
func details(ctx context.Context, snap *pcb.Snapshot, pid int32) (before, now *pcb.Detail, err error) {
	i := snap.Index(pid)
	if i < 0 {
		return nil, nil, fmt.Errorf("the patient %d has ended", pid)
	}
	reader := detail.New("/proc")
	if before, err = reader.Read(ctx, snap.Procs[i].ID, pcb.Dear{Maps: true}); err != nil {
		return nil, nil, err
	}
	time.Sleep(2 * time.Second)
	now, err = reader.Read(ctx, snap.Procs[i].ID, pcb.Dear{Maps: true})
	return before, now, err
}

// evidence is what the dialog reads of whom an action would reach.
func evidence(ctx context.Context, snap *pcb.Snapshot, pid int32) blast.Evidence {
	i := snap.Index(pid)
	if i < 0 {
		return blast.Evidence{}
	}
	want := []pcb.ProbeRequest{{ID: snap.Procs[i].ID, Kinds: pcb.ProbeFiles}}
	return blast.Evidence{Probes: detail.NewProber("/proc").Probe(ctx, snap, want)}
}
