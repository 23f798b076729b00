package export

// eventsSchema describes births and ends of processes between two readings.
func eventsSchema() node {
	told := []member{
		always("pid", integer("process ID")), sometimes("id", ref("id")),
		sometimes("name", words("as a reading showed it, else as the kernel told it or as it inherited it at its fork")),
	}
	counted := oneOf("proc-connector: all are told by the kernel; proc: only what two readings show", "proc-connector", "proc")
	return object("births and ends of processes since the reading before, or since ptop began to listen. Counts are of processes unless they say threads, "+
		"and absent with source proc",
		always("source", counted),
		sometimes("reason", words("with source proc, why the kernel does not tell, and what would make it")),
		sometimes("span_seconds", figure("the time that the counts cover")),
		sometimes("forks", integer("born")), sometimes("threads", integer("threads born")),
		sometimes("execs", integer("calls of exec")), sometimes("exits", integer("ended")),
		sometimes("lost", integer("events that did not reach ptop; with any the counts are lower bounds")),
		sometimes("short_lived_count", integer("born and ended within the span")),
		sometimes("short_lived", listOf("who made these, the most first; what short-lived ones made counts for who lives longer", object("one who did",
			always("forker", object("who", append(told, always("ended", truth("it has ended itself")))...)),
			always("forks", integer("processes that it made")),
			always("count", integer("of the short-lived")), sometimes("per_s", figure("these a second")),
			always("execs", integer("of these, how many called exec")),
			always("exit_statuses", listOf("how these ended, the most frequent first", object("a status",
				always("wait_status", integer("as wait() gives it")), always("status", words("in words")), always("count", integer("how many"))))),
			always("other_statuses", integer("how many ended with statuses that are not listed")),
			sometimes("names", listOf("of some of these", node{"type": "string"}))))),
		sometimes("short_lived_others", integer("short-lived whose maker is not listed or not known")),
		sometimes("lost_parents", listOf("processes that ended and left children which live on, the latest first", object("one",
			always("parent", object("who", told...)),
			always("wait_status", integer("as wait() gives it")), always("status", words("in words")), always("time", moment("when it ended")),
			always("children", listOf("process IDs of those left", node{"type": "integer"})), always("children_others", integer("further ones"))))),
		sometimes("lost_parents_others", integer("further such ends")),
		sometimes("appeared", integer("processes that only the later reading shows")),
		sometimes("vanished", integer("processes that only the earlier reading shows")),
	)
}
