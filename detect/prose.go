package detect

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"ptop/pcb"
)

// Prose is rendered here alone, from typed evidence and the templates of the causes, so that every finding reads the
// same in the screens, the text, the JSON and the documentation.

// inGeneral fills a template for the documentation.
var inGeneral = strings.NewReplacer("{culprit}", "the culprit", "{pid}", "PID", "{zombie}", "the zombie", "{other}", "another process")

// fill gives the replacer for one finding's templates.
func (f *Finding) fill(other string) *strings.Replacer {
	culprit := f.Culprit
	if culprit == nil {
		culprit = &f.Subject
	}
	return strings.NewReplacer("{culprit}", culprit.label(), "{pid}", pid(culprit.PID), "{zombie}", f.Subject.label(), "{other}", other)
}

// label is how prose names a process: name (pid).
func (s *Subject) label() string { return s.Name + " (" + pid(s.PID) + ")" }

func pid(n int32) string { return strconv.Itoa(int(n)) }

// know adds a fact. A figure that could not be told is none.
func (f *Finding) know(key string, value any, source string) {
	if v, ok := value.(float64); ok && math.IsNaN(v) {
		return
	}
	f.Evidence = append(f.Evidence, Evidence{key, value, source})
}

// because gives the finding its cause: the reason with the evidence, and the remedy.
func (f *Finding) because(c *Cause, r *strings.Replacer) {
	f.Cause = c.ID
	f.Why = r.Replace(c.Why) + ". " + f.proof()
	if c.Do != "" {
		f.Remedies = append(f.Remedies, Remedy{Do: r.Replace(c.Do), Risk: r.Replace(c.Risk)})
	}
}

// proof says the evidence, after how sure it makes: "Proved: oldest dead 7.6 s, exit 0; …".
func (f *Finding) proof() string {
	var said []string
	for i := range f.Evidence {
		if words := f.Evidence[i].words(); words != "" {
			said = append(said, words)
		}
	}
	return capital(f.Confidence.String()) + ": " + strings.Join(said, "; ")
}

// phrase is how a fact reads. %s stands for the value; a bool reads as yes or no, and empty is not said.
type phrase struct{ yes, no string }

var phrases = map[string]phrase{
	"zombies":                   {"", ""},
	"oldest_dead_seconds":       {"oldest dead %s", ""},
	"exit_statuses":             {"%s", ""},
	"growth_per_min":            {"%s more a minute", ""},
	"new_per_s":                 {"%s die a second", ""},
	"reaping_seen":              {"it was seen to reap others", ""},
	"sigchld_ignored":           {"SIGCHLD is ignored", "SIGCHLD is not ignored"},
	"sigchld_caught":            {"SIGCHLD has a handler", "no handler"},
	"sigchld_blocked":           {"SIGCHLD is blocked in every thread", "not blocked"},
	"sigchld_pending":           {"SIGCHLD is pending", "not pending"},
	"in_wait":                   {"a thread is in wait", "no thread is in wait"},
	"go_binary":                 {"a Go binary, whose runtime catches every signal", ""},
	"imports_wait":              {"", "its executable imports no wait function"},
	"imports_fork":              {"", "its executable imports no function that forks"},
	"has_reaped":                {"it has reaped others before", "it has never reaped a child"},
	"waits_only_for":            {"a thread waits, but only for %s", ""},
	"reads_from":                {"a thread reads from %s", ""},
	"pipe_held_by":              {"which %s can write to", ""},
	"threads_free":              {"threads that do not wait so: %s", ""},
	"most_at_once":              {"never more than %s at once", ""},
	"adopted":                   {"%s of them were seen to lose their parent and be given to it", ""},
	"frozen_cgroup":             {"frozen is %s", ""},
	"sigchld_blocked_threads":   {"SIGCHLD is blocked in %s", ""},
	"cgroup_pid_use_percent":    {"%s %% of the pids that its cgroup may have are in use", ""},
	"tracer_pid":                {"TracerPid %s", ""},
	"live_threads":              {"threads alive: %s", ""},
	"main_thread_ended_seconds": {"its main thread ended %s ago", ""},
	"parent_state":              {"the parent's state is %s", ""},
	"parent_stopped_by":         {"stopped by %s", ""},
	"parent_wchan":              {"it sleeps in %s", ""},
	"parent_frozen":             {"its cgroup is frozen", ""},
	"parent_is_namespace_1":     {"it is PID 1 of a pid namespace", ""},
	"exit_signals":              {"they signal %s instead of SIGCHLD", ""},
	"waited_for":                {"a thread waits for %s", ""},
	"namespace_init_dying":      {"init %s of a namespace as deep is dying", ""},
	"pid_namespace":             {"it and the zombie are in %s", ""},
	"namespace_init_wchan":      {"it sleeps in %s", ""},
	"pid_use_percent":           {"%s %% of all pids are in use", ""},
	"score":                     {"score %s", ""},
	"reasons":                   {"%s", ""},
	"against":                   {"against it: %s", ""},
	"demand_percent":            {"wants %s %% of a CPU", ""},
	"demand_low_percent":        {"never wanted less than %s %% for a tenth of the time", ""},
	"lifetime_demand_percent":   {"%s %% over its whole life", ""},
	"watched_seconds":           {"watched for %s", ""},
	"age_seconds":               {"it is %s old", ""},
	"cpu_percent":               {"uses %s %% CPU", ""},
	"system_percent":            {"%s %% of that in the kernel", ""},
	"voluntary_per_s":           {"%s voluntary switches a second", ""},
	"involuntary_per_s":         {"%s involuntary ones", ""},
	"hot_thread":                {"in thread %s", ""},
	"nice":                      {"nice %s", ""},
	"policy":                    {"scheduled as %s", ""},
	"cpu_us_per_switch":         {"%s µs of CPU per switch", ""},
	"wait_percent":              {"waits for a CPU %s %% of the time", ""},
	"run_percent":               {"runs %s %%", ""},
	"peers":                     {"%s processes are alike on that CPU", ""},
	"cpu":                       {"on CPU %s", ""},
	"stopped_by":                {"stopped by %s", ""},
	"stopped_seconds":           {"stopped for %s", ""},
	"sigterm_ignored":           {"SIGTERM is ignored", ""},
	"sigterm_blocked":           {"SIGTERM is blocked", ""},
	"sigterm_pending":           {"SIGTERM is pending", ""},
	"other_run_percent":         {"another runs %s %%", ""},
	"terminal":                  {"it has a terminal", "it has no terminal"},

	// events: who makes processes, and who left them
	"lost_parent":             {"", ""},
	"forks_per_s":             {"%s processes a second", ""},
	"machine_forks_per_s":     {"%s a second on the whole machine", ""},
	"short_lived_per_s":       {"%s a second are born and gone between two readings", ""},
	"short_lived_execs_per_s": {"%s of these start a program", ""},
	"short_lived_exits":       {"%s", ""},
	"short_lived_names":       {"among them %s", ""},
	"events_lost":             {"%s events were lost, so that these are lower bounds", ""},
	"forkers":                 {"%s", ""},
	"child_cpu_percent":       {"the children that it waited for used %s %% of a CPU", ""},
	"child_cpu_share_percent": {"which is %s %% of what all such children used", ""},
	"build_marks":             {"marked by a build: %s", ""},
}

// words says a fact, or nothing for one that only the typed evidence shows.
func (e *Evidence) words() string {
	p := phrases[e.Key]
	value := ""
	switch v := e.Value.(type) {
	case bool:
		if !v {
			return p.no
		}
	case time.Duration:
		value = seconds(v)
	case float64:
		value = short(v)
	case []string:
		value = strings.Join(v, ", ")
	default:
		value = fmt.Sprint(v)
	}
	if !strings.Contains(p.yes, "%s") {
		return p.yes
	}
	return fmt.Sprintf(p.yes, value)
}

// seconds says a time span with the precision that matters: 7.6 s, 42 s, 7 min, 3 h, 12 d.
func seconds(d time.Duration) string {
	s := d.Seconds()
	switch {
	case s < 10:
		return short(s) + " s"
	case s < 120:
		return strconv.Itoa(int(s)) + " s"
	case s < 7200:
		return strconv.Itoa(int(s/60)) + " min"
	case s < 2*86400:
		return strconv.Itoa(int(s/3600)) + " h"
	}
	return strconv.Itoa(int(s/86400)) + " d"
}

// short says a figure with at most one decimal.
func short(v float64) string {
	if v >= 100 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0")
}

// amount says bytes shortly.
func amount(bytes uint64) string {
	for _, unit := range []struct {
		size uint64
		name string
	}{{1 << 30, "GiB"}, {1 << 20, "MiB"}} {
		if bytes >= unit.size {
			return short(float64(bytes)/float64(unit.size)) + " " + unit.name
		}
	}
	return short(float64(bytes)/1024) + " KiB"
}

// plural gives "1 zombie", "3 zombies".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// procFile names a file of a process in /proc, as the source of a fact.
func procFile(id pcb.ID, name string) string { return "/proc/" + pid(id.PID) + "/" + name }
