// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Hibernation: the virtual device is nothing that an image could be written to, and what
 * an image refers to on a real device is still there when it is resumed.
 *
 * These freeze the whole machine, and so run only if they are named.
 */
#include "harness.h"

#include <fcntl.h>
#include <linux/suspend_ioctls.h>
#include <sys/ioctl.h>

static void set_up(void)
{
	if (!vst_exists("/sys/power/disk"))
		SKIP("no hibernation");
	/* as small as it can be */
	vst_set("/sys/power/image_size", "0");
}

/* No device, and slots in use: an error, and everything goes on. */
TEST(hibernate, without_device, T_MANUAL)
{
	const size_t n = 499;
	struct snap s, b;
	struct area a;
	int err;

	set_up();
	area_map(&a, n, PAT_CZ, 0);
	area_fill(&a);
	area_pageout(&a);
	snap_take(&s);
	vst_set("/sys/power/disk", "shutdown");
	err = vst_write("/sys/power/state", "disk");
	vst_note("hibernation without a device: %s", strerror(-err));
	CHECK_LT(err, 0);
	snap_take(&b);
	CHECK_EQ(b.slots_used, s.slots_used);
	CHECK_EQ(area_swapped(&a), n);
	CHECK(!vst_have_vswap || vst_verify());
	area_check(&a);
	area_pageout(&a);
	area_check(&a);
	area_free(&a);
}

/*
 * An image is written to the device that backs slots, and resumed at once: pages that were
 * out, on the device or in zswap, that were in the swap cache, and that were in memory.
 */
TEST(hibernate, write_and_resume, T_MANUAL | T_LONG)
{
	const size_t n = 997;
	struct area phys, comp, mapped;
	struct snap s, b;
	struct dev d;
	struct cg g;

	set_up();
	fix_disk(&g, &d, 0);
	area_out(&phys, &g, n, PAT_RAND, 0);
	area_check_range(&phys, 0, n / 4);
	area_advise(&phys, n / 4, n / 4, MADV_WILLNEED);
	knob_zswap(true);
	area_make(&comp, n, PAT_CZ, 0);
	area_pageout(&comp);
	area_make(&mapped, n, PAT_RAND, 4);
	snap_take(&s);
	CHECK_EQ(dev_used(&d), n);
	vst_set("/sys/power/disk", "test_resume");
	vst_set("/sys/power/state", "disk");
	CHECK(!vst_have_vswap || vst_verify());
	snap_take(&b);
	/* nothing that the image refers to was given up while it was written */
	if (vst_have_vswap)
		CHECK_EQ(b.gauge[ST_POISON], 0);
	vst_note("phys %llu before, %llu after", (unsigned long long)s.gauge[ST_PHYS],
		 (unsigned long long)b.gauge[ST_PHYS]);
	area_check(&phys);
	area_check(&comp);
	area_check(&mapped);
	area_pageout(&phys);
	area_check(&phys);
	CHECK_EQ(dev_swapoff(&d), 0);
	area_check(&phys);
	area_check(&comp);
	area_free(&phys);
	area_free(&comp);
	area_free(&mapped);
	cg_leave();
}

static void snapshot_ioctl(int fd, unsigned long cmd, const char *name, void *arg)
{
	if (ioctl(fd, cmd, arg))
		FAIL("/dev/snapshot: %s: %s", name, strerror(errno));
}

/*
 * While there is an image, its page tables refer to slots of the device: none is given up,
 * although pages are read back and the device is more than half full. Afterwards they are.
 */
TEST(hibernate, image_keeps_slots, T_MANUAL)
{
	const size_t n = 601, room = 701;
	size_t used;
	struct snap s, b;
	struct area a;
	struct dev d;
	struct cg g;
	int fd, in_suspend = 0;

	set_up();
	fix_disk(&g, &d, room);
	fd = open("/dev/snapshot", O_RDONLY);
	if (fd < 0)
		SKIP("/dev/snapshot: %s", strerror(errno));
	area_out(&a, &g, n, PAT_RAND, 0);
	CHECK_EQ(dev_used(&d), n);
	snapshot_ioctl(fd, SNAPSHOT_FREEZE, "FREEZE", NULL);
	snapshot_ioctl(fd, SNAPSHOT_CREATE_IMAGE, "CREATE_IMAGE", &in_suspend);
	CHECK_EQ(in_suspend, 1);
	/* to make room for the image, pages of others may have gone out as well */
	used = dev_used(&d);
	CHECK_GE(used, n);
	snap_take(&s);
	area_check(&a);
	snap_take(&b);
	CHECK_EQ(dev_used(&d), used);
	CHECK_GE(b.pswpin - s.pswpin, n);
	NO_MOVES(&s, &b);
	snapshot_ioctl(fd, SNAPSHOT_FREE, "FREE", NULL);
	snapshot_ioctl(fd, SNAPSHOT_UNFREEZE, "UNFREEZE", NULL);
	close(fd);
	area_push(&a, &g);
	CHECK_GE(dev_used(&d), n);
	area_check(&a);
	CHECK_EQ(dev_used(&d), room / 2);
	area_free(&a);
	CHECK_EQ(dev_swapoff(&d), 0);
	cg_leave();
}
