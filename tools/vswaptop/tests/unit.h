/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unit.h - what the files of the unit tests share
 */
#ifndef VSWAPTOP_UNIT_H
#define VSWAPTOP_UNIT_H

#include <stdbool.h>
#include <stdint.h>

/** check - print the result of one test */
void check(bool ok, const char *name);

/** check_eq - as check(), of two numbers that must be the same */
void check_eq(uint64_t got, uint64_t want, const char *name);

/** test_live - the parts that read a live system; files go below @tmp */
void test_live(const char *tmp);

#endif
