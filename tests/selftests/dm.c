// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * As much of the device mapper's ioctl interface as the error tests need: one target
 * per device, replacing the table, messages, removal.
 */
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "harness.h"

#define CONTROL "/dev/mapper/control"
#define PREFIX "vst-"

union dm_buf {
	struct dm_ioctl io;
	char bytes[16384];
};

static void dm_init(union dm_buf *b, const char *name)
{
	memset(b, 0, sizeof(*b));
	b->io.version[0] = DM_VERSION_MAJOR;
	b->io.data_size = sizeof(*b);
	b->io.data_start = sizeof(b->io);
	if (name)
		snprintf(b->io.name, sizeof(b->io.name), PREFIX "%s", name);
}

static int dm_call(unsigned long cmd, union dm_buf *b)
{
	int fd = open(CONTROL, O_RDWR | O_CLOEXEC), ret;

	if (fd < 0)
		return -errno;
	ret = ioctl(fd, cmd, b) ? -errno : 0;
	close(fd);
	return ret;
}

static void dm_must(unsigned long cmd, union dm_buf *b, const char *what)
{
	int err = dm_call(cmd, b);

	if (err)
		FAIL("device mapper: %s %s: %s", what, b->io.name, strerror(-err));
}

static void load_table(const char *name, const char *target, const char *params,
		       uint64_t sectors)
{
	static union dm_buf b;
	struct dm_target_spec *spec = (void *)(b.bytes + sizeof(b.io));

	dm_init(&b, name);
	b.io.target_count = 1;
	spec->length = sectors;
	snprintf(spec->target_type, sizeof(spec->target_type), "%s", target);
	snprintf((char *)(spec + 1), 4096, "%s", params);
	spec->next = sizeof(*spec) + ((strlen(params) + 8) & ~7UL);
	dm_must(DM_TABLE_LOAD, &b, "load table of");
	dm_init(&b, name);
	/* a suspend command without the flag resumes */
	dm_must(DM_DEV_SUSPEND, &b, "resume");
}

void dm_reload(const char *name, const char *target, const char *params, uint64_t sectors)
{
	load_table(name, target, params, sectors);
}

void dm_create(struct dev *d, const char *name, const char *target, const char *params,
	       const char *under)
{
	static union dm_buf b;
	dev_t node;

	if (!vst_exists(CONTROL))
		SKIP("no device mapper");
	dm_init(&b, name);
	dm_must(DM_DEV_CREATE, &b, "create");
	node = makedev((b.io.dev >> 8) & 0xfff, (b.io.dev & 0xff) | ((b.io.dev >> 12) & ~0xffU));
	load_table(name, target, params, dev_bytes(under) / 512);
	snprintf(d->path, sizeof(d->path), "/dev/mapper/" PREFIX "%s", name);
	unlink(d->path);
	MUST(mknod(d->path, S_IFBLK | 0600, node));
	d->prio = -1;
	d->pages = 0;
}

void dm_flaky(struct dev *d, const char *under)
{
	char params[64];

	snprintf(params, sizeof(params), "%s 0", under);
	dm_create(d, "flaky", "linear", params, under);
}

void dm_flaky_break(const char *under)
{
	char params[64];

	snprintf(params, sizeof(params), "%s 0 0 1000 1 error_writes", under);
	dm_reload("flaky", "flakey", params, dev_bytes(under) / 512);
}

void dm_flaky_repair(const char *under)
{
	char params[64];

	snprintf(params, sizeof(params), "%s 0", under);
	dm_reload("flaky", "linear", params, dev_bytes(under) / 512);
}

void dm_slow(struct dev *d, const char *under, int ms)
{
	char params[256];

	snprintf(params, sizeof(params), "%s 0 0 %s 0 %d", under, under, ms);
	dm_create(d, "slow", "delay", params, under);
}

void dm_message(const char *name, const char *msg)
{
	static union dm_buf b;
	struct dm_target_msg *m = (void *)(b.bytes + sizeof(b.io));

	dm_init(&b, name);
	m->sector = 0;
	snprintf(m->message, 1024, "%s", msg);
	dm_must(DM_TARGET_MSG, &b, "message to");
}

void dm_remove_all(void)
{
	static union dm_buf list, b;
	struct dm_name_list *nl = (void *)(list.bytes + sizeof(list.io));
	char path[200];

	dm_init(&list, NULL);
	if (dm_call(DM_LIST_DEVICES, &list) || !nl->dev)
		return;
	for (;;) {
		if (!strncmp(nl->name, PREFIX, strlen(PREFIX))) {
			dm_init(&b, nl->name + strlen(PREFIX));
			if (dm_call(DM_DEV_REMOVE, &b))
				vst_note("device mapper: cannot remove %s", nl->name);
			snprintf(path, sizeof(path), "/dev/mapper/%s", nl->name);
			unlink(path);
		}
		if (!nl->next)
			break;
		nl = (void *)((char *)nl + nl->next);
	}
}
