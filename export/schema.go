package export

import (
	"encoding/json"
	"slices"

	"ptop/internal/column"
	"ptop/internal/life"
	"ptop/pcb"
)

// Schema is docs/schema/ptop.schema.json: the JSON Schema of what Writer.JSON writes.
func Schema() string {
	text, err := json.MarshalIndent(schema(), "", "  ")
	if err != nil {
		panic("export: " + err.Error()) // maps and texts only
	}
	return string(text) + "\n"
}

// node is a part of a JSON Schema.
type node = map[string]any

func typed(kind, what string) node { return node{"type": kind, "description": what} }

func integer(what string) node { return typed("integer", what) }
func figure(what string) node  { return typed("number", what) }
func words(what string) node   { return typed("string", what) }
func truth(what string) node   { return typed("boolean", what) }

func moment(what string) node {
	return node{"type": "string", "format": "date-time", "description": what}
}

func oneOf(what string, values ...string) node {
	return node{"type": "string", "enum": values, "description": what}
}

func listOf(what string, items node) node {
	return node{"type": "array", "description": what, "items": items}
}

func ref(name string) node { return node{"$ref": "#/$defs/" + name} }

// member is one key of an object.
type member struct {
	name     string
	schema   node
	required bool
}

func always(name string, schema node) member    { return member{name, schema, true} }
func sometimes(name string, schema node) member { return member{name, schema, false} }

// object describes an object. Keys beside its members may come with later versions of ptop.
func object(what string, members ...member) node {
	properties := node{}
	required := []string{}
	for _, m := range members {
		properties[m.name] = m.schema
		if m.required {
			required = append(required, m.name)
		}
		for _, twin := range twins(m) {
			properties[twin.name] = twin.schema
		}
	}
	slices.Sort(required)
	return node{"type": "object", "description": what, "properties": properties, "required": required}
}

// twins gives the member that holds the true bytes of a text that is not valid UTF-8.
func twins(m member) []member {
	what := "the true bytes of " + m.name + ", base64; only when they are not valid UTF-8"
	items, _ := m.schema["items"].(node)
	switch {
	case m.schema["type"] == "string" && m.schema["format"] == nil && m.schema["enum"] == nil:
		return []member{{m.name + "_base64", words(what), false}}
	case items["type"] == "string":
		return []member{{m.name + "_base64", listOf(what, node{"type": "string"}), false}}
	}
	return nil
}

func schema() node {
	root := object("One reading of the machine by ptop, and what is sick in it. An absent key means that the value is unknown. A byte of a "+
		"text that is not UTF-8 stands as \\xHH, and the key with _base64 appended holds the true bytes.",
		always("schema_version", node{"const": schemaVersion, "description": "changes only when a key is removed or changes its meaning"}),
		always("ptop", object("the program", always("version", words("its version")))),
		always("host", hostSchema()),
		always("sample", sampleSchema()),
		always("system", systemSchema()),
		always("events", eventsSchema()),
		sometimes("processes", listOf("the processes; absent with --findings and --group-by", ref("process"))),
		sometimes("groups", listOf("with --group-by, instead of processes", ref("group"))),
		always("findings", listOf("what is sick, the most severe first", ref("finding"))),
	)
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["title"] = "ptop --json"
	root["$defs"] = node{
		"id":      node{"type": "string", "pattern": "^[0-9]+:[0-9]+$", "description": "identity of a process: pid:start, start in clock ticks since boot on Linux; never reused"},
		"process": processSchema(), "thread": threadSchema(), "group": groupSchema(),
		"finding": findingSchema(), "subject": subjectSchema(),
		"pressure": pressureSchema(), "explanation": explanationSchema(), "event": eventSchema(), "radius": radiusSchema(),
	}
	return root
}

// radiusSchema describes --dry-run with --json.
func radiusSchema() node {
	return object("what --dry-run --json writes: what an action would reach",
		always("schema_version", node{"const": schemaVersion}),
		always("would", words("the action")),
		sometimes("signal", words("the signal; the first of a graceful stop")),
		sometimes("grace_seconds", figure("of a graceful stop: how long after it SIGKILL goes to those who are left")),
		sometimes("nice", integer("the nice value")),
		always("scope", oneOf("whom it goes to beside those that are named: nobody, all descendants, all in their process groups", "process", "subtree", "group")),
		always("reached", listOf("the processes that it would go to", object("one", always("pid", integer("process ID")), always("id", ref("id")), always("name", words("name"))))),
		always("points", listOf("what there is to know before, the gravest first", object("one",
			always("kind", words("what it is about: pid_1, self, own_ancestor, container_pid_1, session_leader, listening, restart, caveat …")),
			always("weight", oneOf("how much it matters", "note", "caution", "danger")),
			sometimes("id", ref("id")), always("text", words("in words"))))))
}

// explanationSchema describes --explain with --json.
func explanationSchema() node {
	relative := object("a relative", always("id", ref("id")), always("pid", integer("process ID")), always("name", words("name")))
	text := node{"type": "string"}
	return object("what --explain --json writes: one process in depth",
		always("schema_version", node{"const": schemaVersion}),
		always("ptop", object("the program", always("version", words("its version")))),
		always("host", hostSchema()), always("sample", sampleSchema()),
		always("process", ref("process")),
		always("state_in_words", words("its state")), always("origin", words("what made it")),
		sometimes("orphan", words("whether it is an orphan, or why it is none")),
		always("ancestry", listOf("its parent, that one's parent and so on", relative)),
		always("children", listOf("its children", relative)),
		always("life", lifeSchema()),
		always("findings", listOf("what was found about it", ref("finding"))),
		always("detail", object("what was read for it",
			always("args", listOf("argument vector", text)),
			sometimes("exe", words("executable")), sometimes("cwd", words("working directory")), sometimes("root", words("root directory")),
			sometimes("wchan", words("kernel function it sleeps in")), sometimes("syscall", words("system call it sleeps in")),
			always("stack", listOf("kernel stack, innermost first", text)), always("cgroup", listOf("lines of /proc/PID/cgroup", text)),
			sometimes("oom_score", integer("/proc/PID/oom_score")), sometimes("oom_score_adj", integer("/proc/PID/oom_score_adj")),
			sometimes("login_uid", integer("/proc/PID/loginuid")), sometimes("session_id", integer("/proc/PID/sessionid")),
			always("cgroup_figures", typed("object", "figures of its cgroup by file, with _ for .")),
			always("files_total", integer("open descriptors")),
			always("files", listOf("open descriptors that were read", object("one", always("fd", integer("descriptor")), always("target", words("what it refers to")),
				sometimes("kind", words("file, socket, pipe …")), sometimes("flags", words("r, w, rw …")), always("position", integer("offset"))))),
			always("sockets", listOf("sockets", object("one", always("fd", integer("descriptor")), always("protocol", words("tcp, udp, unix …")),
				sometimes("local", words("address")), sometimes("remote", words("address")), sometimes("state", words("LISTEN …")), always("inode", integer("inode"))))),
			sometimes("maps", object("memory maps", always("count", integer("maps")), always("size_bytes", integer("address space")),
				sometimes("rss_bytes", integer("resident")), sometimes("pss_bytes", integer("proportional share")), sometimes("swap_bytes", integer("swapped out")))),
			always("limits", listOf("resource limits", object("one", always("name", words("its name")), sometimes("soft", integer("soft limit")), sometimes("hard", integer("hard limit")),
				sometimes("soft_unlimited", truth("there is none")), sometimes("hard_unlimited", truth("there is none")), sometimes("unit", words("its unit")), sometimes("used", integer("current use"))))),
			always("namespaces", listOf("namespaces", object("one", always("kind", words("pid, net …")), always("inode", integer("its identity")), always("own", truth("differs from ptop's"))))),
			always("problems", typed("object", "why a part is missing")))))
}

// eventSchema describes a line of --findings --json with -n other than 1.
func eventSchema() node {
	return object("a line of the stream of events (--findings --json -n 0): a finding that appeared, changed or cleared, with its members", append([]member{
		always("schema_version", node{"const": schemaVersion}),
		always("ptop", object("the program", always("version", words("its version")))),
		always("host", hostSchema()),
		always("time", moment("of the reading that showed it")),
		always("event", oneOf("what happened; changed is another severity, cause or confidence, or at least twice the count", "appeared", "changed", "cleared")),
		sometimes("lasted_seconds", figure("how long it has been so; of a cleared one, how long it was")),
	}, findingMembers()...)...)
}

// lifeSchema describes what life.Of says.
func lifeSchema() node {
	var list []member
	for _, fact := range life.Facts {
		schema := typed(fact.Kind, fact.Help)
		if fact.Kind == "list" {
			schema = listOf(fact.Help, node{"type": "string"})
		}
		list = append(list, sometimes(fact.Key, schema))
	}
	line := object("a line", sometimes("section", words("life, now, signals, resources; none for what stands at the top")),
		always("label", words("what it is about")), always("text", words("what is said")))
	return object("how it lives, as facts and in words", append(list, always("words", listOf("what the text of --explain says", line)))...)
}

func hostSchema() node {
	return object("the machine",
		sometimes("hostname", words("its name")),
		sometimes("boot_id", words("identifies the boot")),
		sometimes("os", words("operating system: linux, darwin, freebsd, windows")),
		sometimes("kernel", words("release of the kernel")),
		sometimes("arch", words("architecture")),
		sometimes("cpus", integer("number of CPUs")),
		always("uptime_seconds", figure("time since boot, suspend included")),
		sometimes("pid_max", integer("highest process ID and one more")),
	)
}

func sampleSchema() node {
	return object("the reading",
		always("time", moment("wall clock when it began")),
		sometimes("interval_seconds", figure("time since the reading before, to which rates refer; 0 for a single one, which has no rates")),
		sometimes("slowed_by_budget", truth("readings come more seldom than was asked, because they would cost more than --budget")),
		sometimes("budget_percent", figure("when slowed: the budget, percent of one CPU")),
		sometimes("interval_asked_seconds", figure("when slowed: the time between two readings that was asked for")),
		sometimes("interval_slowed_seconds", figure("when slowed: what it is instead")),
		sometimes("reading_cost_seconds", figure("when slowed: CPU time that a reading costs, with all that is done for it")),
		always("scan_seconds", figure("how long reading the processes took")),
		always("source", words("which reader: proc, gopsutil")),
		sometimes("fallback_reason", words("why a better source was not used")),
		sometimes("problem", words("why this is an older reading shown again")),
		sometimes("foreign", truth("read from another /proc than this kernel's own")),
		sometimes("foreign_why", words("why it counts as such")),
		always("coverage", object("what the reading could not see",
			always("listed", integer("process IDs found")),
			always("read", integer("of those, read")),
			always("vanished", integer("gone before they could be read")),
			always("denied_fields", integer("groups of fields refused, over all processes")),
			always("denied_processes", integer("processes with at least one refused group")),
			always("blocked", integer("processes left alone because they block their readers")),
			always("hidepid", truth("/proc hides others' processes")),
			always("subset_pid", truth("/proc is mounted with subset=pid and tells nothing of the machine as a whole")),
			sometimes("pid_namespace", oneOf("init, or child when only a nested namespace is seen", "init", "child")))),
		always("self", object("what ptop itself costs",
			sometimes("pid", integer("its process ID")),
			sometimes("cpu_percent", figure("its CPU time, percent of one CPU")),
			always("cpu_time_seconds", figure("its CPU time since it started")),
			sometimes("rss_bytes", integer("its resident memory")),
			sometimes("nice", integer("its nice value, which it raises where it may")))),
	)
}

func systemSchema() node {
	bytes := func(names ...string) []member {
		var list []member
		for _, name := range names {
			list = append(list, always(name+"_bytes", integer(name)))
		}
		return list
	}
	cpu := object("how the CPUs spent their time; empty on a single reading",
		append(shares(), sometimes("cpus", listOf("each CPU", object("one CPU", append(shares(), always("cpu", integer("its number")))...))))...)
	tasks := []member{always("total", integer("processes"))}
	for _, phase := range pcb.Phases {
		tasks = append(tasks, always(phase.String(), integer("processes in this phase")))
	}
	tasks = append(tasks, sometimes("unknown", integer("processes whose state could not be read")), always("zombie", integer("dead, not yet waited for")),
		always("threads", integer("threads of all processes")), always("kernel_threads", integer("kernel threads")))
	return object("the machine as a whole",
		sometimes("load", node{"type": "array", "items": node{"type": "number"}, "minItems": 3, "maxItems": 3, "description": "load averages over 1, 5 and 15 minutes"}),
		always("cpu", cpu),
		sometimes("memory", object("main memory", bytes("total", "used", "available", "free", "buffers", "cached", "shared", "slab")...)),
		sometimes("swap", object("swap space", bytes("total", "free")...)),
		always("pressure", object("stall information", sometimes("cpu", ref("pressure")), sometimes("io", ref("pressure")), sometimes("memory", ref("pressure")))),
		always("tasks", object("processes by phase", tasks...)),
		sometimes("ctx_switches_per_s", figure("context switches a second")),
		sometimes("forks_per_s", figure("forks a second, threads included")),
		sometimes("ctx_switches", integer("context switches since boot")),
		sometimes("forks", integer("forks since boot, threads included")),
		sometimes("threads_max", integer("limit of threads")),
	)
}

func shares() []member {
	var list []member
	for _, name := range []string{"busy", "user", "nice", "system", "iowait", "irq", "softirq", "steal", "guest"} {
		list = append(list, sometimes(name+"_percent", figure(name)))
	}
	return list
}

func pressureSchema() node {
	var list []member
	for _, who := range []string{"some", "full"} {
		for _, window := range []string{"10", "60", "300"} {
			list = append(list, always(who+"_avg"+window+"_percent", figure("share of the last "+window+" seconds in which "+who+" tasks waited")))
		}
		list = append(list, always(who+"_total_seconds", figure("time in which "+who+" tasks waited, since boot")))
	}
	return object("pressure stall information of one resource", list...)
}

// columnSchema describes a column's value.
func columnSchema(c *column.Column) node {
	switch c.Kind {
	case column.Int:
		return integer(c.Help)
	case column.Float:
		return figure(c.Help)
	case column.Bool:
		return truth(c.Help)
	case column.Time:
		return moment(c.Help)
	}
	if c.List {
		return listOf(c.Help, node{"type": "string"})
	}
	return words(c.Help)
}

func columnMembers(want func(*column.Column) bool) []member {
	var list []member
	for _, c := range column.All {
		if want(c) {
			list = append(list, sometimes(c.ID, columnSchema(c)))
		}
	}
	return list
}

func processSchema() node {
	list := columnMembers(func(*column.Column) bool { return true })
	return object("a process: its identity, and each column whose value is known", append(list,
		always("id", ref("id")),
		sometimes("context", truth("with --tree: it does not match the query, a descendant does")),
		sometimes("children", listOf("with --tree, its children", ref("process"))),
		sometimes("thread_list", listOf("with --threads, its threads", ref("thread"))))...)
}

func threadSchema() node {
	return object("a thread", columnMembers(func(c *column.Column) bool { return c.PerThread })...)
}

func groupSchema() node {
	list := columnMembers(func(*column.Column) bool { return true }) // sums, and the column grouped by
	return object("processes with a common value; figures are sums over them", append(list,
		always("by", words("ID of the column grouped by")),
		always("name", words("the common value, - when unknown")),
		always("count", integer("number of processes")),
		always("members", listOf("the processes", ref("id"))))...)
}

func subjectSchema() node {
	return object("a process named in a finding",
		always("pid", integer("process ID")), always("id", ref("id")), always("name", words("name")),
		sometimes("user", words("effective user")), sometimes("cmdline", words("command line")),
		sometimes("unit", words("systemd unit")), sometimes("container", words("container")))
}

func findingSchema() node {
	return object("one sickness found", findingMembers()...)
}

func findingMembers() []member {
	return []member{
		always("finding_id", words("its identity over time, the same in all that one run of ptop writes: detector/pid:start, and what tells it apart from another one")),
		always("detector", words("identifier of the detector: zombie, orphan …; --help-detectors lists them")),
		sometimes("cause", words("identifier of the cause")),
		always("severity", oneOf("how bad it is", "info", "warning", "critical")),
		always("confidence", oneOf("how sure the cause is", "unknown", "likely", "proved")),
		sometimes("since", moment("since when it has been so, as far as the kernel tells or ptop watched")),
		always("subject", ref("subject")),
		sometimes("culprit", ref("subject")),
		always("members", listOf("all processes concerned", ref("id"))),
		always("count", integer("how many there are; may exceed the members listed")),
		always("summary", words("what, in one line")),
		sometimes("why", words("why, from the evidence")),
		sometimes("so", words("what follows if nothing is done")),
		always("evidence", typed("object", "facts by name; the name tells the unit")),
		always("evidence_sources", node{"type": "object", "additionalProperties": node{"type": "string"}, "description": "the file or field that each fact is from"}),
		always("remedies", listOf("what can be done", object("one remedy",
			always("do", words("in words")),
			sometimes("command", words("exact command")),
			sometimes("risk", words("what it puts at risk")),
			always("never", truth("this does not work, and is said so that nobody tries")),
			sometimes("act", object("what ptop itself can do",
				always("kind", oneOf("signal: send it; stop: SIGTERM, and SIGKILL after a grace; renice: every thread", "signal", "stop", "renice")),
				sometimes("signal", words("signal to send; of a stop, the first one")), sometimes("nice", integer("nice value to set")),
				always("until_gone", truth("again and again, until the members of the finding are gone")),
				always("scope", oneOf("whom it reaches beside the target: nobody, all descendants, all in its process group", "process", "subtree", "group")),
				always("target", ref("id"))))))),
		sometimes("missing", listOf("evidence that could not be read, and what right would give it", node{"type": "string"})),
	}
}
