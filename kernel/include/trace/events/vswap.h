/* SPDX-License-Identifier: GPL-2.0 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM vswap

#if !defined(_TRACE_VSWAP_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_VSWAP_H

#include <linux/tracepoint.h>

/* The enums are in mm/vswap.h, which whoever emits these events includes. */

#define VSWAP_STATES						\
	EM(VSWAP_STATE_FREE,		"free")			\
	EM(VSWAP_STATE_NONE,		"none")			\
	EM(VSWAP_STATE_ZERO,		"zero")			\
	EM(VSWAP_STATE_ZSWAP,		"zswap")		\
	EM(VSWAP_STATE_PHYS,		"phys")			\
	EMe(VSWAP_STATE_POISON,		"poison")

#define VSWAP_REASONS						\
	EM(VSWAP_REASON_ALLOC,		"alloc")		\
	EM(VSWAP_REASON_FREE,		"free")			\
	EM(VSWAP_REASON_STORE,		"store")		\
	EM(VSWAP_REASON_LOAD,		"load")			\
	EM(VSWAP_REASON_ZERO,		"zero")			\
	EM(VSWAP_REASON_FALLBACK,	"fallback")		\
	EM(VSWAP_REASON_WRITEBACK,	"writeback")		\
	EM(VSWAP_REASON_REDIRTY,	"redirty")		\
	EM(VSWAP_REASON_RECLAIM,	"reclaim")		\
	EM(VSWAP_REASON_SWAPOFF,	"swapoff")		\
	EMe(VSWAP_REASON_ERROR,		"error")

#define VSWAP_REJECTS						\
	EM(VSWAP_REJECT_GROW,		"grow")			\
	EM(VSWAP_REJECT_TABLE,		"table")		\
	EM(VSWAP_REJECT_DISALLOWED,	"disallowed")		\
	EM(VSWAP_REJECT_ZSWAP_OFF,	"zswap_off")		\
	EM(VSWAP_REJECT_POOL_LIMIT,	"pool_limit")		\
	EM(VSWAP_REJECT_CGROUP_LIMIT,	"cgroup_limit")		\
	EM(VSWAP_REJECT_INCOMPRESSIBLE,	"incompressible")	\
	EM(VSWAP_REJECT_ZSWAP_NOMEM,	"zswap_nomem")		\
	EM(VSWAP_REJECT_WRITEBACK_OFF,	"writeback_off")	\
	EM(VSWAP_REJECT_PHYS_FULL,	"phys_full")		\
	EM(VSWAP_REJECT_PHYS_FRAG,	"phys_frag")		\
	EMe(VSWAP_REJECT_PHYS_LIMIT,	"phys_limit")

#undef EM
#undef EMe
#define EM(a, b)	TRACE_DEFINE_ENUM(a);
#define EMe(a, b)	TRACE_DEFINE_ENUM(a);

VSWAP_STATES
VSWAP_REASONS
VSWAP_REJECTS

#undef EM
#undef EMe
#define EM(a, b)	{ a, b },
#define EMe(a, b)	{ a, b }

/**
 * vswap_transition - the backing of consecutive virtual slots changed
 * @slot: offset of the first slot on the virtual device
 * @nr: number of slots
 * @from: state before, &enum vswap_state
 * @to: state after
 * @reason: why, &enum vswap_reason
 * @phys_type: swap type of the device concerned, if @from or @to is phys
 * @phys_offset: first slot on that device; the others follow it
 * @bytes: compressed size of all pages together, if @from or @to is zswap
 * @cgroup: inode number of the directory of the cgroup that owns the slots;
 *	0 if none is recorded
 *
 * Emitted under the lock of the cluster, with preemption disabled, once for
 * every run of slots with the same @from, @to, @reason and owner.
 */
TRACE_EVENT(vswap_transition,

	TP_PROTO(unsigned long slot, unsigned int nr, u8 from, u8 to, u8 reason,
		 u8 phys_type, unsigned long phys_offset, unsigned long bytes,
		 u64 cgroup),

	TP_ARGS(slot, nr, from, to, reason, phys_type, phys_offset, bytes,
		cgroup),

	TP_STRUCT__entry(
		__field(u64,	slot)
		__field(u64,	phys_offset)
		__field(u64,	bytes)
		__field(u64,	cgroup)
		__field(u32,	nr)
		__field(u8,	from)
		__field(u8,	to)
		__field(u8,	reason)
		__field(u8,	phys_type)
	),

	TP_fast_assign(
		__entry->slot		= slot;
		__entry->phys_offset	= phys_offset;
		__entry->bytes		= bytes;
		__entry->cgroup		= cgroup;
		__entry->nr		= nr;
		__entry->from		= from;
		__entry->to		= to;
		__entry->reason		= reason;
		__entry->phys_type	= phys_type;
	),

	TP_printk("slot=%llu nr=%u from=%s to=%s reason=%s phys_type=%u phys_offset=%llu bytes=%llu cgroup=%llu",
		  __entry->slot, __entry->nr,
		  __print_symbolic(__entry->from, VSWAP_STATES),
		  __print_symbolic(__entry->to, VSWAP_STATES),
		  __print_symbolic(__entry->reason, VSWAP_REASONS),
		  __entry->phys_type, __entry->phys_offset, __entry->bytes,
		  __entry->cgroup)
);

/**
 * vswap_swapin - the content of consecutive virtual slots was read
 * @slot: offset of the first slot on the virtual device
 * @nr: number of slots
 * @backing: where it was read from, &enum vswap_state
 * @cgroup: inode number of the directory of the cgroup that owns the slots
 *
 * For zero and zswap the content is there; for phys the read was started; for
 * poison, or none, there is nothing to read.
 */
TRACE_EVENT(vswap_swapin,

	TP_PROTO(unsigned long slot, unsigned int nr, u8 backing, u64 cgroup),

	TP_ARGS(slot, nr, backing, cgroup),

	TP_STRUCT__entry(
		__field(u64,	slot)
		__field(u64,	cgroup)
		__field(u32,	nr)
		__field(u8,	backing)
	),

	TP_fast_assign(
		__entry->slot		= slot;
		__entry->cgroup		= cgroup;
		__entry->nr		= nr;
		__entry->backing	= backing;
	),

	TP_printk("slot=%llu nr=%u backing=%s cgroup=%llu",
		  __entry->slot, __entry->nr,
		  __print_symbolic(__entry->backing, VSWAP_STATES),
		  __entry->cgroup)
);

/**
 * vswap_reject - a virtual slot, or a backing for one, was refused
 * @nr: number of pages
 * @reason: why, &enum vswap_reject
 * @cgroup: inode number of the directory of the cgroup concerned, or 0
 */
TRACE_EVENT(vswap_reject,

	TP_PROTO(unsigned int nr, u8 reason, u64 cgroup),

	TP_ARGS(nr, reason, cgroup),

	TP_STRUCT__entry(
		__field(u64,	cgroup)
		__field(u32,	nr)
		__field(u8,	reason)
	),

	TP_fast_assign(
		__entry->cgroup		= cgroup;
		__entry->nr		= nr;
		__entry->reason		= reason;
	),

	TP_printk("nr=%u reason=%s cgroup=%llu", __entry->nr,
		  __print_symbolic(__entry->reason, VSWAP_REJECTS),
		  __entry->cgroup)
);

/**
 * vswap_grow - the virtual device got more clusters
 * @clusters: how many were added; 0 if there was no memory for them
 * @total: how many there are now
 */
TRACE_EVENT(vswap_grow,

	TP_PROTO(unsigned long clusters, unsigned long total),

	TP_ARGS(clusters, total),

	TP_STRUCT__entry(
		__field(u64,	clusters)
		__field(u64,	total)
	),

	TP_fast_assign(
		__entry->clusters	= clusters;
		__entry->total		= total;
	),

	TP_printk("clusters=%llu total=%llu", __entry->clusters, __entry->total)
);

/**
 * vswap_swapoff - progress of moving virtual slots off a device
 * @type: swap type of the device
 * @moved: slots released so far
 * @poisoned: slots whose content could not be read so far
 * @left: slots of the device still in use, whatever for
 */
TRACE_EVENT(vswap_swapoff,

	TP_PROTO(u8 type, unsigned long moved, unsigned long poisoned,
		 unsigned long left),

	TP_ARGS(type, moved, poisoned, left),

	TP_STRUCT__entry(
		__field(u64,	moved)
		__field(u64,	poisoned)
		__field(u64,	left)
		__field(u8,	type)
	),

	TP_fast_assign(
		__entry->moved		= moved;
		__entry->poisoned	= poisoned;
		__entry->left		= left;
		__entry->type		= type;
	),

	TP_printk("type=%u moved=%llu poisoned=%llu left=%llu", __entry->type,
		  __entry->moved, __entry->poisoned, __entry->left)
);

#endif /* _TRACE_VSWAP_H */

/* This part must be outside protection */
#include <trace/define_trace.h>
