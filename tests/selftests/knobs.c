// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Global switches that tests turn: the layer's, zswap's, large folios, fault injection.
 * The runner puts all of them back after every test.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>

#include "harness.h"

#define FAULTS "/sys/kernel/debug"

static const char *const fault_attrs[] = {
	"failslab", "fail_page_alloc", "fail_make_request", "fail_io_timeout",
};

void knob_vswap(const char *word)
{
	if (vst_have_vswap)
		vst_set(VSWAP_SYSFS "/enabled", "%s", word);
}

void knob_zswap_param(const char *name, const char *val)
{
	char path[128];

	snprintf(path, sizeof(path), ZSWAP_PARAMS "/%s", name);
	vst_set(path, "%s", val);
}

void knob_zswap(bool on)
{
	knob_zswap_param("enabled", on ? "Y" : "N");
}

/* No large folio unless a test asks for one. */
static void thp_reset(void)
{
	struct dirent *d;
	char path[400];
	DIR *dir = opendir(THP_SYSFS);

	if (!dir)
		return;
	while ((d = readdir(dir))) {
		if (strncmp(d->d_name, "hugepages-", 10))
			continue;
		snprintf(path, sizeof(path), THP_SYSFS "/%s/enabled", d->d_name);
		vst_write(path, "never");
		snprintf(path, sizeof(path), THP_SYSFS "/%s/shmem_enabled", d->d_name);
		vst_write(path, "never");
	}
	closedir(dir);
	vst_write(THP_SYSFS "/shmem_enabled", "never");
	vst_write(THP_SYSFS "/enabled", "madvise");
	vst_write(THP_SYSFS "/defrag", "always");
}

void knobs_reset(void)
{
	knob_vswap("auto");
	knob_zswap_param("compressor", "lzo");
	knob_zswap_param("max_pool_percent", "20");
	knob_zswap_param("accept_threshold_percent", "90");
	knob_zswap_param("shrinker_enabled", "N");
	knob_zswap(true);
	thp_reset();
	vst_write("/sys/kernel/mm/ksm/run", "0");
	vst_write("/proc/sys/vm/page-cluster", "3");
	vst_write("/proc/sys/vm/swappiness", "60");
	vst_write("/proc/sys/vm/overcommit_memory", "0");
	vst_write("/proc/sys/vm/memory_failure_early_kill", "0");
}

/* ---- fault injection ---------------------------------------------------------------- */

/*
 * Settings go through the allocator that is being made to fail, so a write may take more
 * than one attempt while failures are on for everybody.
 */
static int fault_write(const char *path, const char *val)
{
	int err, tries = 0;

	do {
		err = vst_write(path, val);
	} while (err == -ENOMEM && ++tries < 10000);
	return err;
}

static void fault_set(const char *attr, const char *file, const char *val)
{
	char path[128];
	int err;

	snprintf(path, sizeof(path), FAULTS "/%s/%s", attr, file);
	err = fault_write(path, val);
	if (err)
		FAIL("write \"%s\" to %s: %s", val, path, strerror(-err));
}

static void fault_set_if(const char *attr, const char *file, const char *val)
{
	char path[128];

	snprintf(path, sizeof(path), FAULTS "/%s/%s", attr, file);
	if (vst_exists(path))
		fault_set(attr, file, val);
}

void inject(const char *attr, unsigned int percent, long times, bool task_filter)
{
	char val[32];

	fault_set(attr, "verbose", "0");
	fault_set(attr, "interval", "1");
	fault_set(attr, "space", "0");
	snprintf(val, sizeof(val), "%ld", times);
	fault_set(attr, "times", val);
	fault_set(attr, "task-filter", task_filter ? "Y" : "N");
	/* By default only allocations that cannot sleep fail, and only large ones. */
	fault_set_if(attr, "ignore-gfp-wait", "N");
	fault_set_if(attr, "ignore-gfp-highmem", "N");
	fault_set_if(attr, "min-order", "0");
	snprintf(val, sizeof(val), "%u", percent);
	fault_set(attr, "probability", val);
}

/* The compiler may have added something like ".isra.0". */
static bool names_symbol(const char *name, const char *symbol)
{
	size_t len = strlen(symbol);

	return !strncmp(name, symbol, len) && (!name[len] || name[len] == '.');
}

/* From where to where the code of @symbol lies. */
static void symbol_range(const char *symbol, unsigned long *start, unsigned long *end)
{
	char line[300], name[200];
	unsigned long addr;
	FILE *f = fopen("/proc/kallsyms", "r");

	*start = 0;
	*end = ~0UL;
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%lx %*c %199s", &addr, name) == 2 && names_symbol(name, symbol))
			*start = addr;
	if (!f || !*start)
		FAIL("%s is not in kallsyms", symbol);
	rewind(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%lx", &addr) == 1 && addr > *start && addr < *end)
			*end = addr;
	fclose(f);
}

static void fault_filter(const char *attr, unsigned long start, unsigned long end)
{
	char val[32];

	snprintf(val, sizeof(val), "%#lx", start);
	fault_set(attr, "require-start", val);
	snprintf(val, sizeof(val), "%#lx", end);
	fault_set(attr, "require-end", val);
}

void inject_in(const char *attr, const char *symbol, long times)
{
	unsigned long start, end;
	char path[128];

	snprintf(path, sizeof(path), FAULTS "/%s/require-start", attr);
	if (!vst_exists(path))
		SKIP("fault injection without the filter by stack trace");
	symbol_range(symbol, &start, &end);
	fault_set(attr, "stacktrace-depth", "32");
	fault_filter(attr, start, end);
	inject(attr, 100, times, false);
}

long inject_left(const char *attr)
{
	char path[128], buf[32];
	ssize_t n;
	int tries = 0;

	snprintf(path, sizeof(path), FAULTS "/%s/times", attr);
	do {
		n = vst_read(path, buf, sizeof(buf));
	} while (n == -ENOMEM && ++tries < 10000);
	if (n <= 0)
		FAIL("%s: %s", path, strerror(-n));
	return strtol(buf, NULL, 0);
}

void inject_off(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fault_attrs); i++) {
		fault_set_if(fault_attrs[i], "probability", "0");
		fault_set_if(fault_attrs[i], "require-start", "0");
		fault_set_if(fault_attrs[i], "require-end", "0xffffffffffffffff");
	}
	if (vst_exists("/proc/self/make-it-fail"))
		inject_me(false);
}

/*
 * The file is opened before allocations fail, and kept: opening takes some. It is that of
 * the process that opened it, so a child opens its own.
 */
void inject_me(bool on)
{
	static int fd = -1;
	static pid_t owner;
	int tries = 0;

	if (owner != getpid()) {
		do {
			fd = open("/proc/self/make-it-fail", O_WRONLY | O_CLOEXEC);
		} while (fd < 0 && errno == ENOMEM && ++tries < 10000);
		owner = getpid();
	}
	if (pwrite(fd, on ? "1" : "0", 1, 0) != 1)
		FAIL("/proc/self/make-it-fail: %s", strerror(errno));
}
