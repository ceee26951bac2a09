// SPDX-License-Identifier: GPL-2.0-or-later
/* Files, time, the cgroup. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define CGROUP "/sys/fs/cgroup/bench"

void die(const char *fmt, ...)
{
	va_list ap;

	fputs("vswap-bench: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

static bool put_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	bool ok;

	if (fd < 0)
		return false;
	ok = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	if (close(fd) < 0)
		ok = false;
	return ok;
}

void put(const char *text, const char *path, ...)
{
	char name[256];
	va_list ap;

	va_start(ap, path);
	vsnprintf(name, sizeof(name), path, ap);
	va_end(ap);
	if (!put_text(name, text))
		die("cannot write \"%s\" to %s: %s", text, name, strerror(errno));
}

bool try_put(const char *text, const char *path, ...)
{
	char name[256];
	va_list ap;

	va_start(ap, path);
	vsnprintf(name, sizeof(name), path, ap);
	va_end(ap);
	return put_text(name, text);
}

long long lookup(const char *path, const char *key)
{
	FILE *f = fopen(path, "r");
	size_t n = strlen(key);
	long long value = -1;
	char line[512];

	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		if (!strncmp(line, key, n) && strchr(" \t:", line[n])) {
			value = strtoll(line + n + strspn(line + n, " \t:"), NULL, 10);
			break;
		}
	}
	fclose(f);
	return value;
}

long long number(const char *path)
{
	FILE *f = fopen(path, "r");
	long long value = -1;

	if (!f)
		return -1;
	if (fscanf(f, "%lld", &value) != 1)
		value = -1;
	fclose(f);
	return value;
}

uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static pid_t spinner;
static clockid_t spinner_clock;

static void __attribute__((noreturn)) spin(void)
{
	const struct sched_param none = { 0 };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sched_setscheduler(0, SCHED_IDLE, &none);
	for (;;)
		asm volatile("pause");
}

void spin_while_idle(bool on)
{
	if (on) {
		fflush(NULL);
		spinner = fork();
		if (spinner < 0)
			die("fork: %s", strerror(errno));
		if (!spinner)
			spin();
		if (clock_getcpuclockid(spinner, &spinner_clock))
			die("no clock of process %d", spinner);
	} else if (spinner) {
		kill(spinner, SIGKILL);
		waitpid(spinner, NULL, 0);
		spinner = 0;
	}
}

/* What the spinner ran instead of the idle loop, in ns. */
static uint64_t idle(void)
{
	struct timespec t;

	if (!spinner)
		return 0;
	if (clock_gettime(spinner_clock, &t) < 0)
		die("the clock of process %d: %s", spinner, strerror(errno));
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

const char *enter_cgroup(void)
{
	char pid[16];

	if (mkdir(CGROUP, 0755) < 0 && errno != EEXIST)
		die("cannot make %s: %s", CGROUP, strerror(errno));
	snprintf(pid, sizeof(pid), "%d", getpid());
	put(pid, CGROUP "/cgroup.procs");
	return CGROUP;
}

/* Not inlined and with an effect, so that each stays a function with an address. */
__attribute__((noinline)) void profile_begin(void)
{
	asm volatile("" ::: "memory");
}

__attribute__((noinline)) void profile_end(void)
{
	asm volatile("nop" ::: "memory");
}

void clock_start(struct clock *c, bool profiled)
{
	c->idle = idle();
	if (profiled)
		profile_begin();
	c->start = now();
}

uint64_t clock_stop(struct clock *c, bool profiled)
{
	uint64_t ns = now() - c->start;

	if (profiled)
		profile_end();
	return ns - (idle() - c->idle);
}
