/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kdfile.h - the fields of a kdump-compressed file that are looked at here
 *
 * Offsets of the 64-bit layout, all numbers little-endian; makedumpfile's IMPLEMENTATION
 * and diskdump_mod.h describe them. The header is the first block, the sub-header begins
 * with the second; two bitmaps follow (pages of the machine, pages in the file), then a
 * descriptor for each page in the file.
 */
#ifndef VSWAP_DUMP_KDFILE_H
#define VSWAP_DUMP_KDFILE_H

#define KD_SIGNATURE	"KDUMP   "
#define KD_VERSION	8
#define KD_STATUS	424
#define KD_BLOCK_SIZE	428
#define KD_SUBHDR	432	/* blocks of the sub-header */
#define KD_BITMAP	436	/* blocks of both bitmaps */
#define KD_MAX_MAPNR	440
#define KD_HEAD		464	/* bytes */
#define KD_INCOMPLETE	0x8	/* in the status: no space was left for all pages */

#define KS_LEVEL	8	/* which kinds of pages were left out */
#define KS_SPLIT	12	/* a part of a split dump */
#define KS_START	16	/* its page frames */
#define KS_END		24
#define KS_VMCOREINFO	32	/* offset and size */
#define KS_NOTE		48
#define KS_START_64	80	/* since version 6 these count */
#define KS_END_64	88
#define KS_MAX_MAPNR_64	96
#define KS_HEAD		104	/* bytes */

#define KP_OFFSET	0
#define KP_SIZE		8
#define KP_FLAGS	12
#define KP_BYTES	24
#define KP_COMPRESSED	(1u | 2u | 4u | 32u)	/* zlib, lzo, snappy, zstd */

#endif
