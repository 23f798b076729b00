package export

import (
	"fmt"
	"strings"
	"time"

	"ptop/detect"
)

// finding writes the members of a finding.
func (e *encoder) finding(f *detect.Finding) {
	e.text("finding_id", f.ID())
	e.text("detector", f.Detector)
	e.known("cause", f.Cause)
	e.text("severity", f.Severity.String())
	e.text("confidence", f.Confidence.String())
	if !f.Since.IsZero() {
		e.time("since", f.Since)
	}
	e.key("subject")
	e.subject(&f.Subject)
	if f.Culprit != nil {
		e.key("culprit")
		e.subject(f.Culprit)
	}
	e.array("members")
	for _, id := range f.Members {
		e.comma()
		e.id(id)
	}
	e.close(']')
	e.int("count", int64(f.Count))
	e.text("summary", f.Summary)
	e.known("why", f.Why)
	e.known("so", f.So)
	e.evidence(f.Evidence)
	e.remedies(f.Remedies)
	if len(f.Missing) > 0 {
		e.list("missing", strings.Join(f.Missing, "\x00"))
	}
}

func (e *encoder) subject(s *detect.Subject) {
	e.open('{')
	e.int("pid", int64(s.PID))
	e.key("id")
	e.id(s.ID)
	e.text("name", s.Name)
	e.known("user", s.User)
	e.known("cmdline", strings.TrimRight(s.Cmdline, "\x00"))
	e.known("unit", s.Unit)
	e.known("container", s.Container)
	e.close('}')
}

// evidence writes the facts under their keys, and beside them where each was read.
func (e *encoder) evidence(facts []detect.Evidence) {
	e.object("evidence")
	for i := range facts {
		e.fact(facts[i].Key, facts[i].Value)
	}
	e.close('}')
	e.object("evidence_sources")
	for i := range facts {
		e.known(facts[i].Key, facts[i].Source)
	}
	e.close('}')
}

func (e *encoder) fact(key string, value any) {
	switch v := value.(type) {
	case bool:
		e.bool(key, v)
	case int:
		e.int(key, int64(v))
	case int32:
		e.int(key, int64(v))
	case int64:
		e.int(key, v)
	case uint64:
		e.uint(key, v)
	case float64:
		e.float(key, v)
	case time.Duration:
		e.seconds(key, v)
	case time.Time:
		e.time(key, v)
	case string:
		e.text(key, v)
	case []string:
		e.list(key, strings.Join(v, "\x00"))
	default:
		e.text(key, fmt.Sprint(v))
	}
}

func (e *encoder) remedies(list []detect.Remedy) {
	e.array("remedies")
	for i := range list {
		r := &list[i]
		e.open('{')
		e.text("do", r.Do)
		e.known("command", r.Command)
		e.known("risk", r.Risk)
		e.bool("never", r.Never)
		if r.Act != nil {
			e.object("act")
			e.text("kind", r.Act.Kind.String())
			if r.Act.Kind == detect.ActRenice {
				e.int("nice", int64(r.Act.Nice))
			} else {
				e.text("signal", r.Act.Signal.String())
			}
			e.bool("until_gone", r.Act.UntilGone)
			e.text("scope", r.Act.Scope.String())
			e.key("target")
			e.id(r.Act.Target)
			e.close('}')
		}
		e.close('}')
	}
	e.close(']')
}
