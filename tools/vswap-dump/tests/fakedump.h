/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fakedump.h - a dump made of a buffer, in place of dump.c and layout.c
 */
#ifndef VSWAP_DUMP_FAKEDUMP_H
#define VSWAP_DUMP_FAKEDUMP_H

#include "../dump.h"
#include "../layout.h"

/** Slots per cluster of the invented kernel. */
#define FAKE_CLUSTER	16

/** An invented layout; the code under test takes the real one from DWARF. */
void fake_layout(struct layout *l);

/** A dump whose memory is @p; one at a time. */
struct dump *fake_dump(const struct layout *l, const unsigned char *p, size_t n);

/** Let that memory be followed by zeroes, so that it has @ram bytes. */
void fake_ram(uint64_t ram);

#endif
