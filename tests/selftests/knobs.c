// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Global switches that tests turn: the layer's, zswap's, large folios, fault injection.
 * The runner puts all of them back after every test.
 */
#include <dirent.h>
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

static void fault_set(const char *attr, const char *file, long val)
{
	char path[128];

	snprintf(path, sizeof(path), FAULTS "/%s/%s", attr, file);
	vst_set(path, "%ld", val);
}

void inject(const char *attr, unsigned int percent, long times, bool task_filter)
{
	char path[128];

	fault_set(attr, "verbose", 0);
	fault_set(attr, "interval", 1);
	fault_set(attr, "space", 0);
	fault_set(attr, "times", times);
	snprintf(path, sizeof(path), FAULTS "/%s/task-filter", attr);
	vst_set(path, "%s", task_filter ? "Y" : "N");
	/* By default only allocations that cannot sleep fail, and only large ones. */
	snprintf(path, sizeof(path), FAULTS "/%s/ignore-gfp-wait", attr);
	if (vst_exists(path))
		vst_set(path, "N");
	snprintf(path, sizeof(path), FAULTS "/%s/ignore-gfp-highmem", attr);
	if (vst_exists(path))
		vst_set(path, "N");
	snprintf(path, sizeof(path), FAULTS "/%s/min-order", attr);
	if (vst_exists(path))
		vst_set(path, "0");
	fault_set(attr, "probability", percent);
}

void inject_off(void)
{
	char path[128];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fault_attrs); i++) {
		snprintf(path, sizeof(path), FAULTS "/%s/probability", fault_attrs[i]);
		if (vst_exists(path))
			vst_write(path, "0");
	}
	if (vst_exists("/proc/self/make-it-fail"))
		vst_write("/proc/self/make-it-fail", "0");
}

void inject_me(bool on)
{
	vst_set("/proc/self/make-it-fail", "%d", on);
}
