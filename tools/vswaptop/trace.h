/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace.h - the live trace instance
 */
#ifndef VSWAPTOP_TRACE_H
#define VSWAPTOP_TRACE_H

#include "events.h"

/** trace_clean_stale - remove instances of vswaptop processes that are dead */
void trace_clean_stale(void);

/**
 * trace_start - make an instance and switch the vswap events on
 * @buffer_kb: buffer per CPU
 * @why: what went wrong, in a few words
 *
 * The instance holds nothing back: a full buffer drops events and counts them.
 *
 * Return: 0, or a negative errno with @why filled.
 */
int trace_start(struct model *md, unsigned int buffer_kb, char *why, size_t why_size);

/** trace_active - events are being read */
bool trace_active(void);

/** trace_poll_add - put the per-CPU files into an epoll set */
void trace_poll_add(int epfd);

/** trace_drain - read and count everything that is in the buffers */
void trace_drain(struct model *md, const struct ev_filter *flt);

/** trace_read_losses - take the kernel's own count of lost events */
void trace_read_losses(struct model *md);

/**
 * trace_filter - put cgroup and process filters into the kernel
 * @cg_prefix: cgroup path; it and everything below; "" for all
 * @pid: process whose threads are traced, 0 for all
 * @flt: set to what must still be checked for each event
 *
 * Cheap to call once per sample: the kernel is only told about changes.
 *
 * Return: 0; 1 when there were too many cgroups or threads for a kernel filter
 * and the check is left to @flt.
 */
int trace_filter(struct model *md, const char *cg_prefix, int pid, struct ev_filter *flt);

/** trace_stop - remove the instance; 0 or, when it stays, a negative errno; safe to call at any time, more than once */
int trace_stop(void);

/** trace_emergency_stop - the same from a signal handler of a crash */
void trace_emergency_stop(void);

#endif
