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
	"orphans":                   {"", ""},
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
	"peers":                     {"%s processes or threads are alike on that CPU", ""},
	"cpu":                       {"on CPU %s", ""},
	"stopped_by":                {"stopped by %s", ""},
	"stopped_seconds":           {"stopped for %s", ""},
	"sigterm_ignored":           {"SIGTERM is ignored", ""},
	"sigterm_blocked":           {"SIGTERM is blocked", ""},
	"sigterm_pending":           {"SIGTERM is pending", ""},
	"other_run_percent":         {"another runs %s %%", ""},
	"terminal":                  {"it has a terminal", "it has no terminal"},

	// limits: of cgroups, users and the machine
	"cgroup":                      {"", ""},
	"quota_cpus":                  {"the quota is %s CPUs", ""},
	"throttled_percent":           {"%s %% of the periods were cut short", ""},
	"periods":                     {"of %s in which it wanted to run", ""},
	"held_back_s_per_s":           {"held back for %s s a second", ""},
	"lifetime_throttled_percent":  {"%s %% since the group was made", ""},
	"cgroup_cpu_pressure_percent": {"something in it waited for a CPU %s %% of the last 10 s", ""},
	"memory_use_percent":          {"%s %% of the limit in use", ""},
	"memory_used_bytes":           {"%s with page cache", ""},
	"page_cache_bytes":            {"%s of page cache", ""},
	"memory_limit_bytes":          {"the limit is %s", ""},
	"swap_left_bytes":             {"%s of swap left", ""},
	"memory_full_percent":         {"everything waited for memory %s %% of the last 10 s", ""},
	"memory_available_percent":    {"%s %% of the memory are available", ""},
	"oom_kills":                   {"killed for want of memory: %s", ""},
	"killed_first":                {"first in rank is %s", ""},
	"memory_bytes":                {"which has %s", ""},
	"oom_score":                   {"oom_score %s", ""},
	"oom_score_adj":               {"oom_score_adj %s", ""},
	"pids_used":                   {"%s in use", ""},
	"pids_limit":                  {"the limit is %s", ""},
	"user_pid_use_percent":        {"%s %% of the user's pids are in use", ""},
	"zombies_here":                {"zombies among them: %s", ""},
	"zombie_share_percent":        {"which are %s %% of them", ""},
	"children_here":               {"its children: %s", ""},
	"threads":                     {"its threads: %s", ""},
	"time_left_seconds":           {"full in %s", ""},
	// growth over time, and batch jobs
	"anon_bytes":                 {"holds %s of its own", ""},
	"anon_from_bytes":            {"%s when watching began", ""},
	"growth_per_min_bytes":       {"%s more a minute", ""},
	"cgroup_memory_use_percent":  {"%s %% of the cgroup's memory are in use", ""},
	"machine_memory_use_percent": {"%s %% of the machine's memory are in use", ""},
	"fds":                        {"%s are open", ""},
	"fds_from":                   {"%s when watching began", ""},
	"fd_limit":                   {"it may have %s", ""},
	"newest_fds":                 {"the newest are %s", ""},
	"threads_from":               {"%s when watching began", ""},
	"thread_names":               {"they are %s", ""},
	"steady_percent":             {"%s %% of the time it did not fall", ""},
	"time_to_limit_seconds":      {"", ""},
	"batch_program":              {"%s is a program that computes until it is done", ""},
	"run_by":                     {"%s runs it", ""},
	"ci_markers":                 {"a build made it (%s)", ""},
	// locks, hangs and old files
	"lock_cycle":         {"%s", ""},
	"lock_wait_seconds":  {"waiting for %s", ""},
	"threads_queued":     {"", ""},
	"lock_waiter":        {"%s", ""},
	"lock_owner":         {"held by %s", ""},
	"waiter_priority":    {"the waiter is %s", ""},
	"owner_priority":     {"the owner %s", ""},
	"owner_run_percent":  {"which got %s %% of a CPU", ""},
	"owner_wait_percent": {"and was ready and waited %s %% of the time", ""},
	"runs_instead":       {"where %s runs instead", ""},
	"hung_seconds":       {"asleep for %s without a break", ""},
	"hung_in":            {"in %s", ""},
	"hung_call":          {"called by %s", ""},
	"hung_on":            {"on %s", ""},
	"hung_file_system":   {"which is on %s", ""},
	"sigkill_pending":    {"SIGKILL is pending", "no SIGKILL is pending"},
	"sigterm_caught":     {"SIGTERM has a handler", "SIGTERM has no handler"},
	"namespace_pid":      {"it is PID %s of its namespace", ""},
	"exe_deleted":        {"%s was deleted", ""},
	"deleted_libraries":  {"deleted and replaced: %s", ""},
	"replaced_seconds":   {"replaced %s ago", ""},
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
		if value = short(v); strings.Contains(e.Key, "_bytes") {
			value = amount(uint64(max(0, v)))
		}
	case int64:
		if value = strconv.FormatInt(v, 10); strings.Contains(e.Key, "_bytes") {
			value = amount(uint64(max(0, v)))
		}
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
