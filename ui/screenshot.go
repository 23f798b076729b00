package ui

import (
	"context"
	"errors"
	"time"

	"github.com/gdamore/tcell/v2"

	"ptop/internal/blast"
	"ptop/internal/life"
	"ptop/internal/monitor"
	"ptop/internal/view"
	"ptop/pcb"
)

// Shot is a picture of the screen to be made.
type Shot struct {
	Frames  []*monitor.Frame // shown one after the other; the last one is in the picture
	Options Options
	Keys    []string // strokes as docs/keys.md names them, pressed one after the other
	W, H    int
	Detail  *pcb.Detail    // what a page of the drill-down reads; nil for an error
	Known   blast.Evidence // what an action would reach beside the Frame
	Before  *pcb.Detail    // the reading of it before, for what a page tells of two; nil for none
}

// Screenshot draws the screen without a terminal, and gives its cells line by line. What is read is read at once, and
// "now" is the time of the last Frame, so that the same Shot always gives the same picture.
func Screenshot(s Shot) ([]tcell.SimCell, error) {
	a, err := newApp(still{s.Detail, &s.Known}, s.Options)
	if err != nil {
		return nil, err
	}
	a.now = func() time.Time {
		if len(s.Frames) == 0 {
			return time.Time{}
		}
		return s.Frames[len(s.Frames)-1].Snap.Time
	}
	a.spawn = func(work func(context.Context) func()) {
		if then := work(context.Background()); then != nil {
			then()
		}
	}
	screen := tcell.NewSimulationScreen("UTF-8")
	if err := screen.Init(); err != nil {
		return nil, err
	}
	defer screen.Fini()
	screen.SetSize(s.W, s.H)
	for _, f := range s.Frames {
		a.mail.mail.frame = f
		a.mail.mail.events = f.Events
		a.receive()
		screen.Clear()
		a.draw(screen, s.W, s.H)
	}
	for _, k := range s.Keys {
		a.press(keyEvent(k))
		screen.Clear()
		a.draw(screen, s.W, s.H)
	}
	if s.Before != nil {
		a.detail.before = s.Before
		a.detail.write()
		screen.Clear()
		a.draw(screen, s.W, s.H)
	}
	screen.Show()
	cells, _, _ := screen.GetContents()
	return cells, nil
}

// keyEvent is the key press that strokeOf names.
func keyEvent(stroke string) *tcell.EventKey {
	for k, name := range namedKeys {
		if name == stroke && k != tcell.KeyBackspace {
			return tcell.NewEventKey(k, 0, tcell.ModNone)
		}
	}
	if stroke == "Space" {
		return tcell.NewEventKey(tcell.KeyRune, ' ', tcell.ModNone)
	}
	for k := tcell.KeyF1; k <= tcell.KeyF12; k++ {
		if strokeOf(tcell.NewEventKey(k, 0, tcell.ModNone)) == stroke {
			return tcell.NewEventKey(k, 0, tcell.ModNone)
		}
	}
	if len(stroke) == len("Ctrl-A") && stroke[:5] == "Ctrl-" {
		return tcell.NewEventKey(tcell.KeyCtrlA+tcell.Key(stroke[5]-'A'), 0, tcell.ModCtrl)
	}
	return tcell.NewEventKey(tcell.KeyRune, []rune(stroke)[0], tcell.ModNone)
}

// still is a machine of which only one reading is left.
type still struct {
	detail *pcb.Detail
	known  *blast.Evidence
}

func (still) Frames() <-chan *monitor.Frame { return nil }
func (still) SetDelay(time.Duration)        {}
func (still) ReadThreads(bool)              {}
func (still) Refresh()                      {}
func (still) Follow(pcb.ID)                 {}
func (still) Attend([]int32)                {}
func (still) ActionsOff() string            { return "" }

func (still) SaveSettings(context.Context, []Setting) (string, error) {
	return "", errors.New("there is no configuration file here")
}

func (s still) Detail(context.Context, pcb.ID, pcb.Dear) (*pcb.Detail, error) {
	if s.detail == nil {
		return nil, errors.New("only one reading is left of that machine")
	}
	return s.detail, nil
}

func (s still) Smaps(context.Context, pcb.ID) (*pcb.Smaps, error) {
	return nil, errors.New("a picture reads nothing")
}

func (s still) Bind(context.Context, []pcb.ID, pcb.Scope) (pcb.Target, []pcb.Outcome) {
	return noTarget{}, nil
}

func (s still) Scout(context.Context, *blast.Plan) *blast.Evidence { return s.known }

var errStill = errors.New("a picture of a screen writes no file")

func (still) Report(*life.Incident) (string, error)            { return "", errStill }
func (still) Export(_, _ string, _ view.Shown) (string, error) { return "", errStill }
func (still) Record(string) (Recording, error)                 { return nil, errStill }

func (still) Present(context.Context, pcb.ID, pcb.SettingKind) (pcb.Present, error) {
	return pcb.Present{}, errors.New("only one reading is left of that machine")
}

// noTarget reaches nobody.
type noTarget struct{}

func (noTarget) Signal(pcb.Signal, ...pcb.ID) []pcb.Outcome { return nil }
func (noTarget) Set(pcb.Setting) []pcb.Outcome              { return nil }
func (noTarget) Look() pcb.Members                          { return nil }
func (noTarget) Extend() pcb.Members                        { return nil }
func (noTarget) Close()                                     {}
