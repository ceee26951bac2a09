/* SPDX-License-Identifier: GPL-2.0-or-later */
/* version.h - the version that --version, JSON and the manual page carry */
#ifndef VSWAPTOP_VERSION_H
#define VSWAPTOP_VERSION_H

#define VSWAPTOP_VERSION "1.0"

#endif
