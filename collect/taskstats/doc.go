// Package taskstats asks the kernel over generic netlink for what it has counted of many processes, in a few calls: context
// switches, time on a CPU and time of waiting for one, each summed over the threads of a process. It is Linux's alone.
//
// What the kernel answers was found out on 6.18, and in the source of older ones:
//
//   - Asked for a thread group (TGID, any thread's id will do) it sums up the threads that have not ended, and adds what it kept of
//     those that have. Of these it keeps the times; the switches since 2026 only, which Open finds out (see Ended).
//   - It keeps something of threads that end beside others only. A dead process that was never more than its main thread is all
//     zeros therefore, and is asked for once more as a task (PID), which gives all four figures as /proc does. One that had several is
//     right as a thread group, dead or not, its main thread living or not; as a task it is the main thread's part alone.
//   - What a thread does while it ends (freeing memory, closing files) is kept of no thread but that of a dead process that
//     had one. The CPU clock of the process has it.
//   - A thread that is in the middle of its end counts twice, where others are or were beside it: its part is kept already, and it is
//     still among the living. With a gigabyte to free that was seen for 0.1 s. So figures can rise by a thread's whole past
//     and fall again; and where the switches of ended threads are lost, they fall with each. A fall is no rate.
//   - Of a thread that runs right now the time is that of the last tick, which lets RunTime be late by up to 10 ms for each CPU.
//     A wait for a CPU counts when it is over.
//   - Pids are those of the namespace of the thread that asks; what is outside is not found. A network namespace of one's own
//     does not matter here, while older kernels answer in the first one alone. It takes CAP_NET_ADMIN in the first user namespace.
package taskstats
