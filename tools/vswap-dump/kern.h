/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kern.h - the swap subsystem of the dumped kernel
 */
#ifndef VSWAP_DUMP_KERN_H
#define VSWAP_DUMP_KERN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "arch.h"
#include "dump.h"
#include "kstruct.h"
#include "layout.h"

/** Most slots a cluster may have; 2 MiB clusters have 512, 64 KiB pages 8192. */
#define MAX_CLUSTER	8192
/** Pools of different compressors that are remembered. */
#define MAX_POOLS	64
/** Private ids of cgroups are below this. */
#define NR_CGROUP_IDS	65536

/** A swap device of the dumped kernel. */
struct swapdev {
	bool used;		/**< there is a device with this number */
	bool complete;		/**< its descriptor could be read */
	bool is_virtual;
	unsigned int type;
	uint64_t addr;		/**< struct swap_info_struct */
	uint64_t flags;
	int prio;
	uint64_t max;		/**< slots, including reserved ones */
	uint64_t pages;		/**< usable slots */
	int64_t inuse;		/**< allocated slots, as the kernel counts */
	uint64_t cluster_info;	/**< array of descriptors */
	uint64_t nclusters;	/**< of them, bounded by what memory can hold */
	bool max_absurd;	/**< max is more than memory can describe: nothing is walked */
	char path[256];		/**< of the device or file, or empty */
	bool on_bdev;		/**< it is, or lies on, a block device */
	char bdev[48];		/**< name of that, a partition's with its number, or empty */
	unsigned int major, minor;
};

/** A zswap pool. */
struct pool {
	uint64_t addr;		/**< struct zswap_pool */
	uint64_t zs;		/**< struct zs_pool, 0 if unreadable */
	char comp[32];		/**< compressor, or empty */
	bool listed;		/**< on the kernel's list of pools; see kern_list_pools() */
	uint64_t entries;	/**< zswap entries seen in it by this walk */
	uint64_t bytes;		/**< and their compressed bytes */
};

/** A control group by private id. */
struct cgroup {
	uint64_t memcg;		/**< struct mem_cgroup, 0 if there is none */
	uint64_t ino;		/**< inode number of its directory, 0 if unknown */
	char *path;		/**< below the mount point, or NULL if unreadable */
};

/** The dumped kernel. */
struct kern {
	struct dump *d;
	const struct layout *l;
	const struct arch *arch;
	unsigned int page_shift;
	uint64_t page_size;
	unsigned int cluster;	/**< slots per cluster */
	struct swapdev dev[SWP_MAX_DEVICES];
	int vtype;		/**< number of the virtual device, -1 if none */
	unsigned int ncpus;	/**< possible CPUs */
	unsigned int nodes;	/**< NUMA nodes */
	struct pool pool[MAX_POOLS];
	unsigned int npools;
	bool pools_unknown;	/**< the list of pools cannot be read to its end */
	struct cgroup **cg;	/**< by private id, filled on demand */
	uint64_t cpu_mask[1024];/**< possible CPUs as a bit mask */
	bool tty;		/**< show progress on standard error */
};

/** A zswap entry as it stands in memory. */
struct zentry {
	enum rd rd;		/**< how reading it went; the rest if RD_OK */
	uint64_t swpentry;
	uint64_t length;
	uint64_t pool;
	uint64_t handle;
	uint64_t objcg;
	uint64_t lru_next, lru_prev;
	uint64_t lru;		/**< address of its list node */
};

/**
 * kern_init - find the devices of the kernel
 *
 * Return: 0, 1 on failure, 3 if there is no virtual device.
 */
int kern_init(struct kern *k, struct dump *d, const struct layout *l,
	      char *err, size_t errlen);

void kern_free(struct kern *k);

/** The pool at @addr, reading it if it is new; NULL if there are too many. */
struct pool *kern_pool(struct kern *k, uint64_t addr);

/** Walk the kernel's list of pools and mark them; all, if it cannot be read. */
void kern_list_pools(struct kern *k);

/** The cgroup with private id @id; never NULL for ids above 0. */
const struct cgroup *kern_cgroup(struct kern *k, unsigned int id);

/** Private id of the cgroup an obj_cgroup belongs to, 0 if unknown. */
unsigned int kern_objcg_id(struct kern *k, uint64_t objcg);

/** Path of the cgroup, or "-" for none and "?" when it cannot be read. */
const char *kern_cgroup_path(struct kern *k, unsigned int id);

/** Read the zswap entry at @addr. */
void kern_zentry(struct kern *k, uint64_t addr, struct zentry *e);

/** Element @index of the xarray at @xa (0 if it is empty there). */
enum rd kern_xa_load(struct kern *k, uint64_t xa, uint64_t index, uint64_t *val);

/** zswap entry of a slot of a physical device, 0 if there is none. */
enum rd kern_zswap_tree(struct kern *k, unsigned int type, uint64_t off, uint64_t *val);

/**
 * kern_counters - the kernel's own transition counters, summed over CPUs
 * @trans: entered[from][to]
 *
 * Return: false if the dump does not have them (all of them).
 */
bool kern_counters(struct kern *k, uint64_t trans[VS_NR][VS_NR]);

/**
 * kern_array - an array of integers
 * @out: receives @n integers of @width bytes (2, 4 or 8) in this machine's byte order
 */
enum rd kern_array(struct kern *k, uint64_t addr, void *out, unsigned int n, unsigned int width);

/** Is the spinlock at @addr held? */
bool kern_held(struct kern *k, uint64_t addr);

/** A signed or unsigned long variable of the kernel. */
bool kern_long(struct kern *k, enum ksymbol_id id, uint64_t *val);

/**
 * kern_location - where on its device a slot lies
 * @sector: receives the 512-byte sector of the block device, as named in @dev
 *
 * Return: false if it is on none, or the dump does not tell.
 */
bool kern_location(struct kern *k, const struct swapdev *dev, uint64_t off,
		   uint64_t *sector);

extern const char * const vs_names[VS_NR_ALL];

#endif
