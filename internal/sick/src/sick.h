/* What the cases share. */
#ifndef SICK_H
#define SICK_H

#define _GNU_SOURCE
#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* die ends a case that could not be made, with the reason. */
void die(const char *what);

/* child forks; in the child it returns 0. Every process ends by itself after a while, should the test be killed. */
pid_t child(void);

/* dead_child forks a child that exits with code, and returns when it is a zombie. */
pid_t dead_child(int code);

/* say tells the test that a pid has a role; the role "main" is what the case is about. */
void say(const char *role, pid_t pid);

/* ready tells the test that the case is as it should be. */
void ready(void);

/* park sleeps until a signal ends the process. */
void park(void);

/* state gives the letter of a process's state, 0 when it is gone; await waits for one. */
char state(pid_t pid);
void await(pid_t pid, char want);

/* parent gives the parent of a process, find_child a child of pid in a state, or 0. */
pid_t parent(pid_t pid);
pid_t find_child(pid_t pid, char want);

/* await_adoption waits until a process has another parent. */
void await_adoption(pid_t pid, pid_t lost);

/* await_sleep waits until a process has become a sleep, and sleeps. */
void await_sleep(pid_t pid);

void pause_ms(int ms);

/* reap_on_sigchld installs a handler that reaps all there are. */
void reap_on_sigchld(void);

/* lose starts a process by a session leader that then dies: killed, or after its work. It gives the process. */
pid_t lose(void (*become)(void), int by_kill);

/* adopt makes a process lose who made it, which has this name and exit code, to its grandparent, a subreaper. */
void adopt(const char *name, int code);

/* spin computes for ever; spin_ms for a while. */
void spin(void);
void spin_ms(int ms);

/* A case by its name. */
struct sick_case {
	const char *name;
	void (*make)(void);
};

extern const struct sick_case zombies[], orphans[], hogs[], stuck[];
extern const struct sick_case catalogue[], guards[], limits[];
extern const struct sick_case leaks[];
extern const struct sick_case lock_cases[], old_files[];
extern const struct sick_case churners[];

#endif
