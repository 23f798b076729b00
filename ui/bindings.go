package ui

import (
	"slices"
	"strconv"

	"ptop/pcb"
)

// Groups of bindings, in the order of the help.
const (
	groupLeave   = "Leaving and help"
	groupMove    = "Moving"
	groupFind    = "Finding"
	groupShow    = "What is shown"
	groupSort    = "Order"
	groupAct     = "Acting"
	groupDetail  = "One process in depth"
	groupHeader  = "Header and settings"
	groupFinding = "Findings"
)

// headCommands is the heading under which the help lists the commands of the command line.
const headCommands = "Command line"

// bindings is every key of ptop. Within one stroke the first that holds wins. It is a function because what the
// keys do refers to the help, which shows them.
func bindings() []*binding {
	return slices.Concat(generalBindings(), pageBindings(), actionBindings())
}

// pageBindings are the number keys of the drill-down's first ten pages.
func pageBindings() []*binding {
	var list []*binding
	for i, p := range pages()[:10] {
		list = append(list, &binding{
			keys: []string{strconv.Itoa((i + 1) % 10)}, group: groupDetail, help: p.title + ": " + p.help,
			where: inDetail, do: func(a *app) { a.detail.goTo(i) },
		})
	}
	return list
}

func generalBindings() []*binding {
	return []*binding{
		{keys: []string{"F1", "?", "h"}, group: groupLeave, short: "Help", help: "this help", where: anywhere &^ inHelp, do: (*app).openHelp},
		{keys: []string{"q"}, group: groupLeave, help: "back from the help", where: inHelp, do: (*app).back},
		{keys: []string{"Esc"}, group: groupLeave, short: "Back", help: "back to where you came from", where: anywhere &^ inTable, do: (*app).back},
		{keys: []string{"Esc"}, group: groupLeave, help: "give up finding, an opened group, tags, the filter: one at a time", where: inTable, do: (*app).giveUp},
		{keys: []string{"q", "F10", "Ctrl-C"}, group: groupLeave, short: "Quit", help: "quit", where: anywhere, do: (*app).stop},
		{keys: []string{"Ctrl-Z"}, group: groupLeave, help: "suspend; the shell's fg comes back", where: anywhere, do: (*app).suspend},
		{keys: []string{"Ctrl-L"}, group: groupLeave, help: "draw the screen anew", where: anywhere, do: (*app).redraw},

		{keys: []string{"Up"}, vim: []string{"k"}, group: groupMove, help: "up", where: anywhere, do: moving(moveUp)},
		{keys: []string{"Down"}, vim: []string{"j"}, group: groupMove, help: "down", where: anywhere, do: moving(moveDown)},
		{keys: []string{"PgUp", "Ctrl-B"}, group: groupMove, help: "a page up", where: anywhere, do: moving(movePageUp)},
		{keys: []string{"PgDn", "Ctrl-F"}, group: groupMove, help: "a page down", where: anywhere, do: moving(movePageDown)},
		{keys: []string{"Home"}, vim: []string{"g"}, group: groupMove, help: "to the top", where: anywhere, do: moving(moveTop)},
		{keys: []string{"End"}, vim: []string{"G"}, group: groupMove, help: "to the end", where: anywhere, do: moving(moveEnd)},
		{keys: []string{"Left"}, vim: []string{"h"}, group: groupMove, help: "scroll the line back; at its beginning, fold the branch", where: inTable, do: func(a *app) { a.table.left() }},
		{keys: []string{"Right"}, vim: []string{"l"}, group: groupMove, help: "unfold the branch; without one, scroll the line on", where: inTable, do: func(a *app) { a.table.right() }},
		{keys: []string{"Left"}, vim: []string{"h"}, group: groupMove, help: "scroll to the left", where: inFindings | inDetail | inHelp, do: moving(moveLeft)},
		{keys: []string{"Right"}, vim: []string{"l"}, group: groupMove, help: "scroll to the right", where: inFindings | inDetail | inHelp, do: moving(moveRight)},
		{keys: []string{"J"}, group: groupMove, help: "to the parent", where: inTable | inDetail, do: (*app).toParent},

		{keys: []string{"/", "F4", "\\"}, group: groupFind, short: "Filter", help: "filter: a word, or an expression such as state == \"Z\" or cpu_percent > 50; what does not match is hidden (Tab completes columns)", where: inTable, do: (*app).openFilter},
		{keys: []string{"F3"}, group: groupFind, help: "find: jump to what contains a word", where: inTable, do: (*app).openFind},
		{keys: []string{"n"}, group: groupFind, help: "the next one found", where: inTable, when: (*app).searching, do: func(a *app) { a.findNext(1) }},
		{keys: []string{"N"}, group: groupFind, help: "the one found before (while finding; Esc ends it)", where: inTable, when: (*app).searching, do: func(a *app) { a.findNext(-1) }},

		{keys: []string{"f"}, group: groupFinding, short: "Findings", help: "findings: what is sick, why, and what to do about it", where: anywhere &^ inFindings, do: (*app).openFindings},
		{keys: []string{"f"}, group: groupFinding, help: "back from the findings", where: inFindings, do: (*app).back},
		{keys: []string{"Enter"}, group: groupFinding, short: "Process", help: "go to the process that the finding is about", where: inFindings, do: (*app).findingJump},
		{keys: []string{"x"}, group: groupFinding, short: "Remedy", acts: true, help: "start a remedy, after a confirmation; what it does to the finding is told", where: inFindings | inDetail, do: (*app).openRemedies},
		{keys: []string{"Tab"}, group: groupFinding, short: "Scroll", help: "scroll the explanation instead of the list, and back", where: inFindings, do: func(a *app) { a.findings.inPane = !a.findings.inPane }},
		{keys: []string{"c"}, group: groupFinding, short: "Cleared", help: "also show what has cleared in this session", where: inFindings, do: (*app).toggleCleared},
		{keys: []string{"w"}, group: groupFinding, help: "write an incident report of what is on the screen: Markdown and JSON, in the current directory", where: inLists | inDetail, do: (*app).writeReport},

		{keys: []string{"t", "F5"}, group: groupShow, short: "Tree", help: "tree of parents and children, or list", where: inTable, do: (*app).toggleTree},
		{keys: []string{"-"}, group: groupShow, help: "fold the branch", where: inTable, do: func(a *app) { a.table.fold(true) }},
		{keys: []string{"+", "="}, group: groupShow, help: "unfold the branch, or a row that stands for several zombies", where: inTable, do: func(a *app) { a.table.fold(false) }},
		{keys: []string{"*"}, group: groupShow, help: "fold or unfold every branch", where: inTable, do: func(a *app) { a.table.foldAll() }},
		{keys: []string{"D"}, group: groupShow, help: "what is below: a filter shows the descendants of what matches, too", where: inTable, do: (*app).toggleBelow},
		{keys: []string{"H"}, group: groupShow, help: "threads as rows of their own", where: inTable, do: (*app).toggleThreads},
		{keys: []string{"K"}, group: groupShow, help: "kernel threads", where: inTable, do: (*app).toggleKernel},
		{keys: []string{"u"}, group: groupShow, help: "only one user's processes", where: inTable, do: (*app).openUsers},
		{keys: []string{"g"}, group: groupShow, help: "group by container, unit, user, name or state", where: inTable, do: (*app).openGroups},
		{keys: []string{"p"}, group: groupShow, help: "the whole command line of the selected process", where: inTable, do: (*app).openCommandLine},
		{keys: []string{"F"}, group: groupShow, help: "follow the selected process: it stays in the middle, and its end is told", where: inTable, do: (*app).toggleFollow},
		{keys: []string{"Z"}, group: groupShow, help: "pause: hold what is shown", where: anywhere &^ inHelp, do: (*app).togglePause},

		{keys: []string{"F6"}, group: groupSort, short: "Sort", help: "sort by: choose the column", where: inTable, do: (*app).openSort},
		{keys: []string{"<"}, group: groupSort, help: "sort by the column to the left", where: inTable, do: func(a *app) { a.table.sortStep(-1) }},
		{keys: []string{">"}, group: groupSort, help: "sort by the column to the right", where: inTable, do: func(a *app) { a.table.sortStep(1) }},
		{keys: []string{"P"}, group: groupSort, help: "sort by CPU, the busiest on top", where: inTable, do: sorting("cpu_percent")},
		{keys: []string{"M"}, group: groupSort, help: "sort by memory, the largest on top", where: inTable, do: sorting("rss_bytes")},
		{keys: []string{"T"}, group: groupSort, help: "sort by CPU time, the most on top", where: inTable, do: sorting("cpu_time_seconds")},
		{keys: []string{"N"}, group: groupSort, help: "sort by pid, the lowest on top", where: inTable, do: sorting("pid")},
		{keys: []string{"I"}, group: groupSort, help: "turn the order round", where: inTable, do: func(a *app) { a.table.invert() }},

		{keys: []string{"<"}, group: groupSort, help: "on the threads page: sort by the column to the left", where: inDetail, when: (*app).onThreads, do: func(a *app) { a.detail.sortThreadsStep(-1) }},
		{keys: []string{">"}, group: groupSort, help: "on the threads page: sort by the column to the right", where: inDetail, when: (*app).onThreads, do: func(a *app) { a.detail.sortThreadsStep(1) }},
		{keys: []string{"P"}, group: groupSort, help: "on the threads page: sort by CPU, the busiest on top", where: inDetail, when: (*app).onThreads, do: func(a *app) { a.detail.sortThreads("cpu_percent") }},
		{keys: []string{"T"}, group: groupSort, help: "on the threads page: sort by CPU time, the most on top", where: inDetail, when: (*app).onThreads, do: func(a *app) { a.detail.sortThreads("cpu_time_seconds") }},
		{keys: []string{"N"}, group: groupSort, help: "on the threads page: sort by thread, the lowest on top", where: inDetail, when: (*app).onThreads, do: func(a *app) { a.detail.sortThreads("tid") }},
		{keys: []string{"I"}, group: groupSort, help: "on the threads page: turn the order round", where: inDetail, when: (*app).onThreads, do: func(a *app) { a.detail.invertThreads() }},

		{keys: []string{"Enter"}, group: groupDetail, short: "Details", help: "the process in depth; a group opens into its members", where: inTable, do: (*app).openSelected},
		{keys: []string{"e"}, group: groupDetail, help: "its environment", where: inTable | inDetail, do: (*app).openEnviron},
		{keys: []string{"l"}, group: groupDetail, help: "its open files and sockets", where: inTable | inDetail, do: (*app).openFiles},
		{keys: []string{"Tab"}, group: groupDetail, short: "Next page", help: "the next page", where: inDetail, do: func(a *app) { a.detail.turn(1) }},
		{keys: []string{"Shift-Tab"}, group: groupDetail, help: "the page before", where: inDetail, do: func(a *app) { a.detail.turn(-1) }},
		{keys: []string{"s"}, group: groupDetail, short: "Each map", help: "on the memory page: read what each map holds (smaps), for which the kernel walks every page of the process", where: inDetail, when: (*app).onMemory, do: func(a *app) { a.detail.readSmaps() }},
		{keys: []string{"m"}, group: groupDetail, short: "Secrets", help: "on the environment page: show masked secrets, and mask them again", where: inDetail, when: (*app).onEnviron, do: func(a *app) { a.detail.toggleSecrets() }},
		{keys: []string{"Enter"}, group: groupDetail, help: "on the tree page: open the process under the cursor", where: inDetail, do: (*app).openLinked},
	}
}

func actionBindings() []*binding {
	return []*binding{
		{keys: []string{"k", "F9"}, group: groupAct, short: "Signal", acts: true, help: "stop gracefully or send a signal: a menu, then a confirmation that tells what it would reach; there s takes the subtree, too, or the process group", where: inTable | inDetail, do: (*app).openSignals},
		{keys: []string{"r"}, group: groupAct, short: "Renice", acts: true, help: "change the nice value", where: inTable | inDetail, do: setting(pcb.SetNice)},
		{keys: []string{"a"}, group: groupAct, acts: true, help: "CPU affinity: which CPUs it may run on", where: inTable | inDetail, do: setting(pcb.SetAffinity)},
		{keys: []string{"i"}, group: groupAct, acts: true, help: "I/O priority: none, best effort, idle, real time", where: inTable | inDetail, do: setting(pcb.SetIOPriority)},
		{keys: []string{"Y"}, group: groupAct, acts: true, help: "scheduling policy: other, batch, idle, fifo and rr with a real-time priority", where: inTable | inDetail, do: setting(pcb.SetPolicy)},
		{keys: []string{"O"}, group: groupAct, acts: true, help: "OOM score adjustment: who is killed first when memory runs out", where: inTable | inDetail, do: setting(pcb.SetOOMScoreAdj)},
		{keys: []string{"F7"}, group: groupAct, acts: true, help: "one less nice: more CPU, after a confirmation", where: inTable, do: func(a *app) { a.stepNice(-1) }},
		{keys: []string{"F8"}, group: groupAct, acts: true, help: "one nicer: less CPU, after a confirmation", where: inTable, do: func(a *app) { a.stepNice(1) }},
		{keys: []string{"Space"}, group: groupAct, short: "Tag", acts: true, help: "tag the process: signals and settings go to all that are tagged", where: inTable, do: func(a *app) { a.table.tag() }},
		{keys: []string{"c"}, group: groupAct, help: "tag it with all its descendants", where: inTable, do: func(a *app) { a.table.tagSubtree() }},
		{keys: []string{"U"}, group: groupAct, help: "take all tags off", where: inTable, do: func(a *app) { a.table.untag() }},

		{keys: []string{"F2", "S"}, group: groupHeader, short: "Setup", help: "setup: columns with their order and widths, order, meters, theme, colours, delay; s in it saves them in the configuration, for the screen alone", where: inTable, do: (*app).openSetup},
		{keys: []string{"d"}, group: groupHeader, help: "the time between two readings", where: inLists, do: (*app).openDelay},
		{keys: []string{"m"}, group: groupHeader, help: "header: normal, every CPU and more figures, one line, none", where: inLists, do: func(a *app) { a.header.cycle() }},
		{keys: []string{"R"}, group: groupHeader, help: "read now", where: anywhere &^ inHelp, do: func(a *app) { a.b.Refresh() }},
		{keys: []string{":"}, group: groupHeader, help: "command line: a command, or the beginning of one (Tab completes); see " + headCommands, where: inLists | inDetail, do: (*app).openCommand},
	}
}

func moving(m motion) func(*app) {
	return func(a *app) { a.body().move(m) }
}

func sorting(column string) func(*app) {
	return func(a *app) { a.sortBy(column) }
}
