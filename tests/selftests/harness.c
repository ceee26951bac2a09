// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The runner: finds the tests asked for, runs each in a process of its own under a time
 * limit, and checks afterwards what must hold after every test.
 */
#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <getopt.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include "harness.h"

bool vst_have_vswap;
bool vst_debug_kernel;
bool vst_cgroup_v1;
bool vst_have_memcg;

static struct vst_test *tests, **tests_tail = &tests;
/* Those with T_LAST, appended to the others before anything runs. */
static struct vst_test *last_tests, **last_tail = &last_tests;
static unsigned int time_limit = 60;
static int kmsg_fd = -1;

void vst_register(struct vst_test *t)
{
	struct vst_test ***tail = t->flags & T_LAST ? &last_tail : &tests_tail;

	**tail = t;
	*tail = &t->next;
}

/* ---- messages ------------------------------------------------------------------- */

static void vprint(const char *fmt, va_list ap)
{
	char line[900];
	int n = snprintf(line, sizeof(line), "# ");

	n += vsnprintf(line + n, sizeof(line) - n - 2, fmt, ap);
	if ((size_t)n > sizeof(line) - 2)
		n = sizeof(line) - 2;
	line[n++] = '\n';
	if (write(STDOUT_FILENO, line, n) < 0)
		_exit(VST_FAIL);
}

void vst_note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprint(fmt, ap);
	va_end(ap);
}

void vst_fail(const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	vst_note("FAIL at %s:%d (pid %d):", file, line, getpid());
	va_start(ap, fmt);
	vprint(fmt, ap);
	va_end(ap);
	_exit(VST_FAIL);
}

void vst_skip(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprint(fmt, ap);
	va_end(ap);
	_exit(VST_SKIP);
}

/* ---- time and processors ---------------------------------------------------------- */

double vst_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

void vst_msleep(unsigned int ms)
{
	struct timespec ts = { ms / 1000, (ms % 1000) * 1000000L };

	nanosleep(&ts, NULL);
}

int vst_cpus(void)
{
	return sysconf(_SC_NPROCESSORS_ONLN);
}

void vst_pin(int cpu)
{
	int i, again = 100;
	cpu_set_t set;

	CPU_ZERO(&set);
	if (cpu >= 0)
		CPU_SET(cpu, &set);
	else
		for (i = 0; i < CPU_SETSIZE; i++)
			CPU_SET(i, &set);
	/*
	 * The kernel says EINVAL too if a CPU came or went during the call (it reads the cpuset
	 * twice, and cannot tell this from a change that leaves the caller none of its CPUs).
	 */
	while (sched_setaffinity(0, sizeof(set), &set)) {
		if (errno != EINVAL || !again--)
			FAIL("sched_setaffinity to CPU %d: %s", cpu, strerror(errno));
		vst_msleep(10);
	}
}

/* ---- processes -------------------------------------------------------------------- */

pid_t vst_spawn(void (*fn)(void *), void *arg)
{
	pid_t pid = MUST(fork());

	if (!pid) {
		fn(arg);
		_exit(VST_PASS);
	}
	return pid;
}

int vst_wait(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			FAIL("waitpid: %s", strerror(errno));
	return status;
}

void vst_join(pid_t pid)
{
	int status = vst_wait(pid);

	if (WIFEXITED(status) && WEXITSTATUS(status) == VST_SKIP)
		_exit(VST_SKIP);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != VST_PASS)
		FAIL("child %d: %s %d", pid,
		     WIFSIGNALED(status) ? "killed by signal" : "exit status",
		     WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

void vst_kill(pid_t pid)
{
	kill(pid, SIGKILL);
	vst_wait(pid);
}

void *vst_shared(size_t bytes)
{
	void *p = mmap(NULL, (bytes + PG - 1) / PG * PG, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		FAIL("mmap: %s", strerror(errno));
	/* Locked, so that the layer under test never moves it. */
	MUST(mlock(p, bytes));
	return p;
}

static sigjmp_buf probe_env;

static void probe_signal(int sig)
{
	siglongjmp(probe_env, sig);
}

int vst_probe(const volatile void *p, unsigned char *val)
{
	struct sigaction sa = { .sa_handler = probe_signal }, bus, segv;
	int sig;

	sigaction(SIGBUS, &sa, &bus);
	sigaction(SIGSEGV, &sa, &segv);
	sig = sigsetjmp(probe_env, 1);
	if (!sig)
		*val = *(const volatile unsigned char *)p;
	sigaction(SIGBUS, &bus, NULL);
	sigaction(SIGSEGV, &segv, NULL);
	return sig;
}

/* ---- small files ------------------------------------------------------------------ */

int vst_write(const char *path, const char *val)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;
	int err = 0;

	if (fd < 0)
		return -errno;
	n = write(fd, val, strlen(val));
	if (n < 0)
		err = -errno;
	close(fd);
	return err;
}

void vst_set(const char *path, const char *fmt, ...)
{
	char val[512];
	va_list ap;
	int err;

	va_start(ap, fmt);
	vsnprintf(val, sizeof(val), fmt, ap);
	va_end(ap);
	err = vst_write(path, val);
	if (err)
		FAIL("write \"%s\" to %s: %s", val, path, strerror(-err));
}

ssize_t vst_read(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n;

	if (fd < 0)
		return -errno;
	while (len < size - 1 && (n = read(fd, buf + len, size - 1 - len)) != 0) {
		if (n < 0) {
			n = -errno;
			close(fd);
			return n;
		}
		len += n;
	}
	close(fd);
	buf[len] = 0;
	return len;
}

uint64_t vst_read_u64(const char *path)
{
	char buf[64], *end;
	ssize_t n = vst_read(path, buf, sizeof(buf));
	uint64_t v;

	if (n < 0)
		FAIL("read %s: %s", path, strerror(-n));
	v = strtoull(buf, &end, 0);
	if (end == buf)
		FAIL("%s: no number in \"%s\"", path, buf);
	return v;
}

bool vst_key(const char *path, const char *key, uint64_t *val)
{
	static char buf[32768];
	size_t klen = strlen(key);
	ssize_t n = vst_read(path, buf, sizeof(buf));
	char *line;

	if (n < 0)
		return false;
	for (line = buf; line && *line; line = strchr(line, '\n'), line += !!line) {
		if (strncmp(line, key, klen) || (line[klen] != ' ' && line[klen] != ':'))
			continue;
		*val = strtoull(line + klen + 1, NULL, 0);
		return true;
	}
	return false;
}

uint64_t vst_meminfo(const char *key)
{
	uint64_t kb;

	if (!vst_key("/proc/meminfo", key, &kb))
		FAIL("/proc/meminfo: no %s", key);
	return kb * 1024 / PG;
}

void vst_vmstat_refresh(void)
{
	vst_set("/proc/sys/vm/stat_refresh", "1");
}

bool vst_exists(const char *path)
{
	/* A lookup that was made to fail says nothing about the file. */
	return access(path, F_OK) == 0 || errno == ENOMEM;
}

/* ---- the kernel log --------------------------------------------------------------- */

/*
 * What no test may cause. "Call Trace" is not among them: the OOM killer prints one.
 */
static const char *const log_bad[] = {
	"WARNING:", "BUG:", "BUG at", "KASAN", "KFENCE", "UBSAN", "Oops",
	"possible circular locking", "possible recursive locking",
	"inconsistent lock state", "suspicious RCU usage", "held lock freed",
	"possible irq lock inversion", "lock held when returning", "bad unlock balance",
	"INFO: task", "blocked for more than", "general protection fault",
	"Bad page", "scheduling while atomic", "sleeping function called",
	"soft lockup", "rcu_preempt self-detected", "detected stalls",
	"refcount_t:", "list_add corruption", "list_del corruption", "Bad swap",
	"swap_info_get", "vswap: bug", "page_counter underflow", "bad swap offset",
	"Unused swap", "workqueue lockup",
};

void vst_log_open(void)
{
	kmsg_fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (kmsg_fd >= 0)
		lseek(kmsg_fd, 0, SEEK_END);
}

/* Read what the kernel said since the last call; number of records that are bad. */
int vst_log_check(unsigned int flags)
{
	char rec[2048], *text;
	ssize_t n;
	size_t i;
	int bad = 0, show = 0;

	for (;;) {
		n = read(kmsg_fd, rec, sizeof(rec) - 1);
		if (n < 0 && errno == EPIPE)
			continue;	/* overwritten meanwhile: go on with the next */
		if (n <= 0)
			return bad;
		rec[n] = 0;
		text = strchr(rec, ';');
		text = text ? text + 1 : rec;
		text[strcspn(text, "\n")] = 0;
		for (i = 0; i < ARRAY_SIZE(log_bad); i++)
			if (strstr(text, log_bad[i]))
				break;
		if (i < ARRAY_SIZE(log_bad) ||
		    (!(flags & T_ALLOC_FAIL) && strstr(text, "page allocation failure"))) {
			bad++;
			show = 48;
		}
		if (show > 0) {
			vst_note("kernel: %s", text);
			show--;
		}
	}
}

/* ---- after a test ------------------------------------------------------------------ */

uint64_t vst_processes_swapped(void)
{
	char path[300];
	uint64_t kb, sum = 0;
	struct dirent *d;
	DIR *dir = opendir("/proc");

	if (!dir)
		return 0;
	while ((d = readdir(dir))) {
		if (d->d_name[0] < '0' || d->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%s/status", d->d_name);
		if (vst_key(path, "VmSwap", &kb))
			sum += kb / 4;
	}
	closedir(dir);
	return sum;
}

/*
 * With the test's processes gone, a slot may still be in use only because somebody who
 * lives on (a shell, say) has been swapped out too, or has its page in the swap cache.
 */
bool vst_slots_leaked(void)
{
	double end = vst_now() + 5;
	uint64_t used, cached = 0, owned;

	for (;;) {
		vst_vmstat_refresh();
		used = vst_sysfs_slots("used");
		owned = vst_processes_swapped();
		vst_key("/proc/meminfo", "SwapCached", &cached);
		if (used <= owned + cached / 4)
			return false;
		if (vst_now() > end)
			break;
		vst_msleep(20);
	}
	vst_note("%llu slots in use, but processes have %llu pages swapped and %llu cached",
		 (unsigned long long)used, (unsigned long long)owned,
		 (unsigned long long)cached / 4);
	return true;
}

static void snap_rest(void *arg)
{
	struct snap s;

	(void)arg;
	snap_take(&s);
	vst_check_sysfs();
}

/* Put the system back and look whether the test left a trace; true if all is well. */
static bool aftermath(const struct vst_test *t)
{
	bool ok = true;

	inject_off();
	cg_cleanup();
	knobs_reset();
	trace_cleanup();
	/* what is wrong with the slots of a device is gone after swapoff */
	if (vst_have_vswap && !vst_verify())
		ok = false;
	if (!dev_cleanup())
		ok = false;
	if (vst_have_vswap) {
		if (vst_slots_leaked())
			ok = false;
		if (!vst_verify())
			ok = false;
		if (vst_wait(vst_spawn(snap_rest, NULL)))
			ok = false;
	}
	if (vst_log_check(t->flags)) {
		vst_note("the kernel log has complaints");
		ok = false;
	}
	return ok;
}

/* Show where the processes of a test that hangs are. */
static void show_stacks(pid_t group)
{
	char path[300], buf[2000];
	struct dirent *d;
	DIR *dir = opendir("/proc");

	while (dir && (d = readdir(dir))) {
		pid_t pid = atoi(d->d_name);

		if (pid <= 0 || getpgid(pid) != group)
			continue;
		snprintf(path, sizeof(path), "/proc/%d/stack", pid);
		if (vst_read(path, buf, sizeof(buf)) > 0) {
			char *line, *save = NULL;

			vst_note("stack of %d:", pid);
			for (line = strtok_r(buf, "\n", &save); line;
			     line = strtok_r(NULL, "\n", &save))
				vst_note("  %s", line);
		}
	}
	if (dir)
		closedir(dir);
}

/* That it came is enough: waitpid() ends. */
static void on_alarm(int sig)
{
	(void)sig;
}

/* Every @ms from now on; 0: never again. */
static void alarm_every(unsigned int ms)
{
	const struct timeval tv = { .tv_usec = ms * 1000 };
	const struct itimerval it = { tv, tv };

	MUST(setitimer(ITIMER_REAL, &it, NULL));
}

/* Wait until @pid ends, and look at its trace meanwhile; false if it does not in @seconds. */
static bool wait_for_test(pid_t pid, int *status, unsigned int seconds)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	double end = vst_now() + seconds;
	bool ended;

	sigaction(SIGALRM, &sa, NULL);
	alarm_every(TRACE_LOOK_MS);
	while (!(ended = waitpid(pid, status, 0) == pid) && vst_now() < end)
		trace_look();
	alarm_every(0);
	return ended;
}

/* Themes that are about devices have their own. */
static bool brings_devices(const struct vst_test *t)
{
	static const char *const themes[] = {
		"phys", "writeback", "tiers", "device", "swapoff", "error", "account",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(themes); i++)
		if (!strcmp(t->theme, themes[i]))
			return true;
	return false;
}

/* The base kernel swaps nothing without a device. */
static void base_device(void *arg)
{
	struct dev d;

	(void)arg;
	dev_brd(&d, 15, 0);
	dev_swapon(&d, -1, 0);
}

/*
 * The body of a test, with its events recorded unless it declines. The test may have left
 * its process in a cgroup with limits, where there is no room for so many events.
 */
static void run_body(const struct vst_test *t)
{
	struct snap before, after;
	struct trace tr;

	/* that of the test before this one, if it failed */
	trace_watch(NULL);
	if (t->flags & T_NO_EVENTS) {
		t->fn();
		return;
	}
	snap_take(&before);
	if (t->flags & T_MANY_EVENTS)
		trace_buffer_kb = TRACE_BUFFER_MANY_KB;
	trace_start(&tr);
	trace_watch(&tr);
	t->fn();
	snap_take(&after);
	cg_leave();
	trace_watch(NULL);
	trace_stop(&tr);
	vst_note("%zu events, a buffer was %u %% full", tr.nr, tr.fill);
	trace_check(&tr, &before, &after);
}

static int run_test(const struct vst_test *t)
{
	unsigned int limit = time_limit * (t->flags & T_LONG ? 4 : 1);
	int status;
	pid_t pid;

	if (!vst_have_vswap && !brings_devices(t) && vst_wait(vst_spawn(base_device, NULL)))
		return VST_FAIL;
	pid = fork();
	if (pid < 0)
		return VST_FAIL;
	if (!pid) {
		setpgid(0, 0);
		/* the victim of choice, never the runner */
		vst_write("/proc/self/oom_score_adj", "1000");
		vst_pin(0);
		/* only what the test maps itself takes part, so that counts are exact */
		mlockall(MCL_CURRENT);
		run_body(t);
		_exit(VST_PASS);
	}
	setpgid(pid, pid);
	if (!wait_for_test(pid, &status, limit)) {
		vst_note("still running after %u s", limit);
		show_stacks(pid);
		kill(-pid, SIGKILL);
		waitpid(pid, &status, 0);
		return VST_FAIL;
	}
	/* what a failed test left behind; the zombies are init's */
	kill(-pid, SIGKILL);
	if (WIFSIGNALED(status)) {
		vst_note("killed by signal %d", WTERMSIG(status));
		return VST_FAIL;
	}
	return WEXITSTATUS(status);
}

/* ---- command line ------------------------------------------------------------------- */

static bool selected(const struct vst_test *t, char **pat, int nr, bool *named)
{
	char full[100];
	bool any = false, yes = false;
	int i;

	snprintf(full, sizeof(full), "%s.%s", t->theme, t->name);
	*named = false;
	for (i = 0; i < nr; i++) {
		const char *p = pat[i];
		bool neg = *p == '!';

		p += neg;
		if (!neg)
			any = true;
		if (strcmp(p, t->theme) && fnmatch(p, full, 0))
			continue;
		if (neg)
			return false;
		if (!strcmp(p, full))
			*named = true;
		yes = true;
	}
	if (t->flags & T_MANUAL)
		return *named;
	return any ? yes : true;
}

static const char *unfit(const struct vst_test *t)
{
	if ((t->flags & T_INJECT) && !vst_exists("/sys/kernel/debug/failslab"))
		return "kernel without fault injection";
	if (!(t->flags & T_ANY_CGROUP) && !vst_have_memcg)
		return "no memory controller";
	if (!(t->flags & T_ANY_CGROUP) && !!(t->flags & T_V1) != vst_cgroup_v1)
		return vst_cgroup_v1 ? "memory controller is on cgroup v1" :
				       "memory controller is on cgroup v2";
	if ((t->flags & T_SMP) && vst_cpus() < 2)
		return "one CPU only";
	return NULL;
}

static void usage(FILE *f, const char *prog)
{
	fprintf(f, "usage: %s [-bl] [-t SECONDS] [THEME|THEME.NAME|!PATTERN]...\n"
		"  -b  base kernel: data is checked, the layer's counters are not\n"
		"  -l  list the tests\n"
		"  -t  limit for one test\n", prog);
}

void vst_detect(void)
{
	char path[240];

	vst_have_vswap = vst_exists(VSWAP_SYSFS "/enabled");
	vst_debug_kernel = vst_exists("/sys/kernel/debug/failslab");
	vst_cgroup_v1 = strcmp(cg_root(), CGROUP2) != 0;
	/* the file of the root cgroup of either hierarchy */
	snprintf(path, sizeof(path), "%s/memory.stat", cg_root());
	vst_have_memcg = vst_exists(path);
}

int vst_main(int argc, char **argv)
{
	unsigned int nr = 0, i = 0, pass = 0, fail = 0, skip = 0;
	bool list = false, base = false, named;
	struct vst_test *t;
	int c;

	setvbuf(stdout, NULL, _IONBF, 0);
	while ((c = getopt(argc, argv, "blt:h")) != -1) {
		switch (c) {
		case 'b': base = true; break;
		case 'l': list = true; break;
		case 't': time_limit = atoi(optarg); break;
		case 'h': usage(stdout, argv[0]); return 0;
		default: usage(stderr, argv[0]); return 2;
		}
	}
	*tests_tail = last_tests;
	for (t = tests; t; t = t->next)
		nr += selected(t, argv + optind, argc - optind, &named);
	if (list) {
		for (t = tests; t; t = t->next)
			if (selected(t, argv + optind, argc - optind, &named))
				printf("%s.%s\n", t->theme, t->name);
		return 0;
	}
	if (!nr) {
		fprintf(stderr, "%s: no such test\n", argv[0]);
		return 2;
	}
	vst_detect();
	if (!vst_have_vswap && !base) {
		printf("Bail out! no " VSWAP_SYSFS "/enabled: not a kernel with vswap\n");
		return 1;
	}
	if (base)
		vst_have_vswap = false;
	/* The runner itself must not be part of what is swapped. */
	mlockall(MCL_CURRENT | MCL_FUTURE);
	trace_watch_init();
	vst_log_open();
	knobs_reset();
	printf("TAP version 13\n1..%u\n", nr);
	for (t = tests; t; t = t->next) {
		const char *why;
		double start;
		int res;

		if (!selected(t, argv + optind, argc - optind, &named))
			continue;
		i++;
		why = unfit(t);
		if (why) {
			printf("ok %u - %s.%s # SKIP %s\n", i, t->theme, t->name, why);
			skip++;
			continue;
		}
		start = vst_now();
		res = run_test(t);
		if (!aftermath(t))
			res = VST_FAIL;
		if (res == VST_SKIP) {
			printf("ok %u - %s.%s # SKIP see above\n", i, t->theme, t->name);
			skip++;
			continue;
		}
		printf("%sok %u - %s.%s # %.1f s\n", res ? "not " : "", i, t->theme, t->name,
		       vst_now() - start);
		if (res)
			fail++;
		else
			pass++;
	}
	printf("# Totals: pass:%u fail:%u xfail:0 xpass:0 skip:%u error:0\n", pass, fail,
	       skip);
	return fail ? 1 : 0;
}
