package ui

import (
	"context"
	"errors"
	"fmt"

	"ptop/internal/monitor"
)

// recorder writes the readings that come into a file, one at a time: those that come while one is being written are dropped,
// and counted, so that a slow disk holds nothing up.
type recorder struct {
	to      Recording
	busy    bool   // a reading is being written
	ends    bool   // it is the last one
	last    uint64 // number of the newest reading that has come
	written int
	dropped uint64
	size    int64 // bytes
}

// note is what the header says of a recording; nothing of none.
func (r *recorder) note() line {
	if r == nil {
		return nil
	}
	return line{{"REC " + r.words() + "  ", roleCritical}}
}

// words say how much is recorded.
func (r *recorder) words() string {
	text := fmt.Sprintf("%s, %s", plural(r.written, "reading", "readings"), size(uint64(r.size)))
	if r.dropped > 0 {
		text += fmt.Sprintf(", %d dropped", r.dropped)
	}
	return text
}

// commandRecord begins a recording, or ends the one that goes on.
func (a *app) commandRecord(path string) error {
	switch {
	case path == "" && a.recording == nil:
		return errors.New("nothing is being recorded; record FILE begins")
	case path == "":
		a.endRecording()
		return nil
	case a.recording != nil:
		return fmt.Errorf("%s is being recorded; record without a file ends it", a.recording.to.Path())
	case a.ended:
		return errors.New("no further readings come: sampling has ended")
	}
	a.spawn(func(context.Context) func() {
		to, err := a.b.Record(path)
		return func() { a.beginRecording(to, err) }
	})
	return nil
}

func (a *app) beginRecording(to Recording, err error) {
	switch {
	case err != nil:
		a.say(roleCritical, err.Error())
	case a.recording != nil: // two were asked for at once
		a.spawn(func(context.Context) func() { _ = to.Close(); return nil }) // nothing is in it
		a.say(roleCritical, a.recording.to.Path()+" is being recorded already")
	default:
		a.recording = &recorder{to: to}
		a.say(roleInfo, "recording each reading in "+to.Path()+" (:record ends it)")
		a.b.Refresh()
	}
}

// recordReading writes a reading that has come, unless the one before is still being written.
func (a *app) recordReading(f *monitor.Frame) {
	r := a.recording
	if r == nil || r.ends {
		return
	}
	a.b.Attend(a.attended(f))         // also while another reading is held on the screen
	if r.last > 0 && f.Seq > r.last { // those that the screen did not come to
		r.dropped += f.Seq - r.last - 1
	}
	r.last = f.Seq
	if r.busy {
		r.dropped++
		return
	}
	r.busy = true
	f.Keep()
	a.spawn(func(context.Context) func() {
		size, err := r.to.Add(f)
		f.Release()
		return func() { a.recorded(r, size, err) }
	})
}

// recorded takes what became of one reading.
func (a *app) recorded(r *recorder, size int64, err error) {
	r.busy, r.size = false, size
	if err == nil {
		r.written++
	}
	if err != nil || r.ends {
		a.closeRecording(r, err)
	}
}

// endRecording ends the recording. A reading that is being written is written first.
func (a *app) endRecording() {
	r := a.recording
	r.ends = true
	if r.busy {
		a.say(roleInfo, "the recording ends as soon as the reading is written that is under way")
		return
	}
	a.closeRecording(r, nil)
}

// closeRecording closes the file of a recording, and says what is in it; why is what ended it, nil for the user.
func (a *app) closeRecording(r *recorder, why error) {
	if a.recording == r {
		a.recording = nil
	}
	a.spawn(func(context.Context) func() {
		err := r.to.Close()
		return func() {
			if why == nil {
				why = err
			}
			if why != nil {
				a.say(roleCritical, fmt.Sprintf("the recording has ended: %v; what it holds: %s", why, r.words()))
				return
			}
			a.say(roleGood, fmt.Sprintf("recorded in %s: %s", r.to.Path(), r.words()))
		}
	})
}
