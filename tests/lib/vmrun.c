// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vmrun: process 1 of the test guest once everything is mounted.
 *
 * Runs the command from /cmd (NUL-separated arguments), carries its standard output
 * and error to the host over virtio ports, byte for byte, and on a third one says
 * "start" before and "exit N" after. It goes through pipes of its own rather than
 * giving the ports to the command, because a port can be opened only once and tests do
 * open /dev/stdout. Before the status it writes a record to the kernel's log: once that
 * is on the console, so is all that the kernel said before. It stays alive afterwards
 * until the host says "off", so that memory can be dumped with everything in place.
 *
 * "vmrun -i" just runs the command, or a shell, where it stands.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_ARGS 4096

static char *args[MAX_ARGS + 1];
static volatile sig_atomic_t child_event;

static void on_child(int sig)
{
	(void)sig;
	child_event = 1;
}

/* Read /cmd into args[]. Leaves args empty if there is none. */
static void read_command(void)
{
	static char buf[128 * 1024];
	int fd = open("/cmd", O_RDONLY), n = 0;
	ssize_t len, pos = 0;

	if (fd < 0)
		return;
	len = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	while (pos < len && n < MAX_ARGS) {
		args[n++] = buf + pos;
		pos += strlen(buf + pos) + 1;
	}
}

/* Open the virtio port called @name: its device number is known to sysfs only. */
static int open_port(const char *name)
{
	static const char class[] = "/sys/class/virtio-ports";
	char path[300], got[64];
	struct dirent *e;
	DIR *d = opendir(class);
	int fd = -1;

	while (d && fd < 0 && (e = readdir(d))) {
		FILE *f;

		snprintf(path, sizeof(path), "%s/%s/name", class, e->d_name);
		f = fopen(path, "r");
		if (!f)
			continue;
		if (fgets(got, sizeof(got), f)) {
			got[strcspn(got, "\n")] = '\0';
			snprintf(path, sizeof(path), "/dev/%s", e->d_name);
			if (!strcmp(got, name))
				fd = open(path, O_RDWR | O_CLOEXEC);
		}
		fclose(f);
	}
	if (d)
		closedir(d);
	return fd;
}

static void write_all(int fd, const char *buf, size_t len)
{
	while (len) {
		ssize_t n = write(fd, buf, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		buf += n;
		len -= n;
	}
}

/* Carry over what is there. Returns 0 when the other end is closed. */
static int pump(int from, int to)
{
	static char buf[32768];

	for (;;) {
		ssize_t n = read(from, buf, sizeof(buf));

		if (n > 0)
			write_all(to, buf, n);
		else if (n == 0)
			return 0;
		else if (errno != EINTR)
			return errno == EAGAIN;
	}
}

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, text, strlen(text));
	close(fd);
	return n < 0 ? -1 : 0;
}

/*
 * The last record of the kernel's log that the host looks at, on the console whatever its
 * level. tests/vm knows the words. The command may have left failing allocations behind.
 */
static void mark_log(void)
{
	int tries = 50;

	while (write_file("/dev/kmsg", "<0>vmrun: the command has ended\n") && --tries)
		usleep(10000);
}

/*
 * What the host says: "off", or "sysrq X" to have the kernel tell on the console
 * what hangs, when the time is up.
 */
static void host_command(int ctl)
{
	char buf[256], *line, *save = NULL;
	ssize_t n = read(ctl, buf, sizeof(buf) - 1);

	if (n <= 0)
		return;
	buf[n] = '\0';
	for (line = strtok_r(buf, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char key[2] = "";

		if (!strcmp(line, "off"))
			reboot(RB_POWER_OFF);
		if (sscanf(line, "sysrq %1c", key) == 1)
			write_file("/proc/sysrq-trigger", key);
	}
}

static void run_child(int out, int err)
{
	int null = open("/dev/null", O_RDONLY);

	signal(SIGCHLD, SIG_DFL);
	setsid();
	dup2(null, 0);
	dup2(out, 1);
	dup2(err, 2);
	if (chdir("/root"))
		_exit(126);
	execvp(args[0], args);
	fprintf(stderr, "%s: %s\n", args[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

/* Reap everything that ended; returns 1 and the status when @main_pid did. */
static int reap(pid_t main_pid, int *status)
{
	pid_t pid;
	int s, found = 0;

	child_event = 0;
	while ((pid = waitpid(-1, &s, WNOHANG)) > 0) {
		if (pid != main_pid)
			continue;
		*status = s;
		found = 1;
	}
	return found;
}

static void report(int ctl, int status)
{
	char line[32];
	int code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);

	sync();
	mark_log();
	snprintf(line, sizeof(line), "exit %d\n", code);
	write_all(ctl, line, strlen(line));
}

/* Serve the pipes and the host until the end of the world. */
static void serve(pid_t pid, int in[2], int to[2], int ctl)
{
	struct pollfd p[3] = {
		{ .fd = in[0], .events = POLLIN },
		{ .fd = in[1], .events = POLLIN },
		{ .fd = ctl, .events = POLLIN },
	};
	sigset_t none, chld;
	int status;

	sigemptyset(&none);
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, NULL);
	for (;;) {
		int done;

		if (!child_event)
			ppoll(p, 3, NULL, &none);
		/* Status first, output second: nothing written before the exit is lost. */
		done = reap(pid, &status);
		for (int i = 0; i < 2; i++) {
			if (p[i].fd >= 0 && !pump(p[i].fd, to[i]))
				p[i].fd = -1;
		}
		if (p[2].revents & POLLIN)
			host_command(ctl);
		if (p[2].revents & POLLHUP)
			sleep(1);
		if (done)
			report(ctl, status);
	}
}

static int interactive(void)
{
	char *shell[] = { "sh", NULL };

	if (!args[0])
		execvp(shell[0], shell);
	execvp(args[0], args);
	perror(args[0]);
	return 127;
}

int main(int argc, char **argv)
{
	int out[2], err[2], to[2], in[2], ctl;
	struct sigaction sa = { .sa_handler = on_child };
	pid_t pid;

	read_command();
	if (argc > 1 && !strcmp(argv[1], "-i"))
		return interactive();
	to[0] = open_port("vswap.stdout");
	to[1] = open_port("vswap.stderr");
	ctl = open_port("vswap.ctl");
	if (to[0] < 0 || to[1] < 0 || ctl < 0 || !args[0]) {
		fprintf(stderr, "vmrun: no ports or no command\n");
		return 1;
	}
	if (pipe(out) || pipe(err))
		return 1;
	sigaction(SIGCHLD, &sa, NULL);
	write_all(ctl, "start\n", 6);
	pid = fork();
	if (pid == 0)
		run_child(out[1], err[1]);
	close(out[1]);
	close(err[1]);
	/* Not before the fork: the command must not inherit it. */
	mlockall(MCL_CURRENT | MCL_FUTURE);
	in[0] = out[0];
	in[1] = err[0];
	fcntl(in[0], F_SETFL, O_NONBLOCK);
	fcntl(in[1], F_SETFL, O_NONBLOCK);
	fcntl(in[0], F_SETFD, FD_CLOEXEC);
	fcntl(in[1], F_SETFD, FD_CLOEXEC);
	serve(pid, in, to, ctl);
}
