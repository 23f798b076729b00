/* load IDLE ZOMBIES BUSY: makes that many processes that sleep, that are dead and not waited for, and that spin. Says
 * "ready" when they are so, and ends them when its standard input does: with whoever started it, whatever ends that. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t *made;
static int count;

static void end_all(void)
{
	for (int i = 0; i < count; i++)
		kill(made[i], SIGKILL);
	while (wait(NULL) > 0 || errno == EINTR)
		;
}

/* child forks one that does not outlive this process. */
static pid_t child(void)
{
	pid_t parent = getpid();
	pid_t pid = fork();
	if (pid < 0) {
		printf("fork: %s after %d processes\n", strerror(errno), count);
		fflush(stdout);
		end_all();
		exit(1);
	}
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(0);
		close(STDIN_FILENO);
		close(STDOUT_FILENO);
		return 0;
	}
	made[count++] = pid;
	return pid;
}

static void idle(void)
{
	if (child() == 0)
		for (;;)
			pause();
}

static void zombie(void)
{
	siginfo_t info;
	pid_t pid = child();
	if (pid == 0)
		_exit(0);
	while (waitid(P_PID, pid, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR)
		;
}

static void busy(void)
{
	if (child() == 0)
		for (volatile unsigned long n = 0;; n++)
			;
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	int sleeping = atoi(argv[1]), dead = atoi(argv[2]), spinning = atoi(argv[3]);
	made = calloc(sleeping + dead + spinning + 1, sizeof *made);
	if (made == NULL)
		return 1;
	for (int i = 0; i < sleeping; i++)
		idle();
	for (int i = 0; i < dead; i++)
		zombie();
	for (int i = 0; i < spinning; i++)
		busy();
	puts("ready");
	fflush(stdout);
	char byte;
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	end_all();
	return 0;
}
