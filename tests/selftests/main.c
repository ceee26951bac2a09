// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness.h"

int main(int argc, char **argv)
{
	return vst_main(argc, argv);
}
