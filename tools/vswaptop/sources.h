/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sources.h - what fills struct model from a live system or a captured tree
 */
#ifndef VSWAPTOP_SOURCES_H
#define VSWAPTOP_SOURCES_H

#include "model.h"

/** struct access - what could be read at the last attempt */
struct access {
	bool vswap;	/* /sys/kernel/mm/vswap is there */
	bool counters;	/* debugfs stat and transitions were read */
	int err;	/* an errno: whether it is there cannot be told */
};

/** counters_probe - find out what this kernel and our rights offer */
void counters_probe(struct access *acc);

/** counters_read - read every system-wide figure */
void counters_read(struct model *md, struct access *acc);

/** matrix_read - read the transition counters alone; true when they were read */
bool matrix_read(struct model *md);

/** devices_read - read the swap devices; after the events of the sample */
void devices_read(struct model *md);

/**
 * cgroups_scan - refresh the cgroup table
 * @budget_ns: stop after this long and go on in the next call; 0: no limit
 *
 * Reading memory.stat makes the kernel sum up per-CPU statistics, so a machine
 * with thousands of cgroups is swept over several samples.
 */
void cgroups_scan(struct model *md, uint64_t budget_ns);

/** cgroups_root - mount point of the memory cgroup hierarchy, or NULL */
const char *cgroups_root(void);

/** cgroups_v2 - the hierarchy is the unified one */
bool cgroups_v2(void);

/** procs_scan - refresh the process table, with a budget as cgroups_scan() */
void procs_scan(struct model *md, uint64_t budget_ns);

/**
 * procs_of_thread - the process a thread belongs to
 * @tid: thread id as the kernel's events carry it
 *
 * Return: its row (a row named after the thread when it has exited already),
 * or NULL when the table is full.
 */
struct task_row *procs_of_thread(struct model *md, int tid);

/** procs_note_thread - remember whose thread it is, in case it exits before its events are read */
void procs_note_thread(int tid, int pid);

#endif
