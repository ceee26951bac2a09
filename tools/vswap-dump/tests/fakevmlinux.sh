#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# C source of an object that has every structure and symbol that kstruct.h names, each
# member a long at the next offset. To test the reading of debug information without a
# kernel.  usage: fakevmlinux.sh KSTRUCT_H [MEMBER-TO-LEAVE-OUT] [SYMBOL-TO-LEAVE-OUT]
set -eu

sed 's,[\\],,g' "$1" | awk -v without="${2:-}" -v nosym="${3:-}" '
	function arg(n, a) { split($0, a, /[(),]/); gsub(/[ \t"]/, "", a[n]); sub(/\|.*/, "", a[n]); return a[n] }
	/^[ \t]*K_STRUCT\(/ { s = arg(2); order[++n] = s }
	/^[ \t]*K_(MEMBER|OPT)\(/ { m = arg(3) }
	/^[ \t]*K_(ALIAS|OPTALIAS)\(/ { m = arg(4) }
	/^[ \t]*K_(MEMBER|OPT|ALIAS|OPTALIAS)\(/ {
		# within an unnamed struct in an unnamed union, as the kernel does it
		if (m == without) next
		if (s == "zspage" && (m == "huge" || m == "class" || m == "magic"))
			body[s] = body[s] "\tstruct { unsigned " m "_pad : 3; unsigned " m " : 5; };\n"
		else if (s == "swap_table" || m == "slots")
			body[s] = body[s] "\tlong " m "[16];\n"
		else
			body[s] = body[s] "\tunion { struct { long " m "; }; char pad_" m "; };\n"
	}
	/^[ \t]*(REQ|OPT)\(/ { syms[++k] = arg(2) }
	END {
		for (i = 1; i <= n; i++) printf "struct %s {\n\tlong first_pad;\n%s};\n", order[i], body[order[i]]
		for (i = 1; i <= n; i++) printf "struct %s v_%s;\n", order[i], order[i]
		for (i = 1; i <= k; i++) if (syms[i] != nosym) printf "long %s[8];\n", syms[i]
		print "enum pageflags { PG_locked = 1, PG_writeback, PG_uptodate, PG_dirty } flags;"
	}'
