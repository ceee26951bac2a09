#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# C source of an object that has every structure and symbol that kstruct.h names, each
# member a long at the next offset. To test the reading of debug information without a
# kernel.
#
#   fakevmlinux.sh KSTRUCT_H [without STRUCT.MEMBER | changed STRUCT.MEMBER | nosym SYMBOL]
#   fakevmlinux.sh KSTRUCT_H list    the members that the tool cannot do without: kind, name
#
# "changed": the member is an array of three where it was a number, and a byte where it
# was an array or a structure.
set -eu

sed 's,[\\],,g' "$1" | awk -v what="${2:-}" -v which="${3:-}" '
	function arg(n, a) { split($0, a, /[(),]/); gsub(/[ \t"]/, "", a[n]); sub(/\|.*/, "", a[n]); return a[n] }
	function member(s, m) {
		if (s "." m == which && what == "without") return ""
		if (s "." m == which) return "\t" (part ? "char " m : "long " m "[3]") ";\n"
		if (s == "zspage") return "\tstruct { unsigned " m "_pad : 3; unsigned " m " : 5; };\n"
		if (m == "entries" || m == "slots") return "\tlong " m "[16];\n"
		if (s == "swap_memcg_table") return "\tunsigned short " m "[16];\n"
		if (m == "list" || m == "lru") return "\tstruct list_head " m ";\n"
		# within an unnamed struct in an unnamed union, as the kernel does it
		return "\tunion { struct { long " m "; }; char pad_" m "; };\n"
	}
	/^[ \t]*K_STRUCT\(/ { s = arg(2); order[++n] = s }
	/^[ \t]*K_(MEMBER|PART|OPT|OPTALIAS|OPTPART)\(/ {
		m = arg(/OPTALIAS/ ? 4 : 3)
		part = /PART/
		body[s] = body[s] member(s, m)
		if (what == "list" && !/K_OPT/) print (part ? "part" : "value"), s "." m
	}
	/^[ \t]*(REQ|OPT)\(/ { syms[++k] = arg(2) }
	END {
		if (what == "list") exit
		print "struct list_head;"
		printf "struct list_head {\n\tlong first_pad;\n%s};\n", body["list_head"]
		for (i = 1; i <= n; i++)
			if (order[i] != "list_head")
				printf "struct %s {\n\tlong first_pad;\n%s};\n", order[i], body[order[i]]
		for (i = 1; i <= n; i++) printf "struct %s v_%s;\n", order[i], order[i]
		for (i = 1; i <= k; i++)
			if (what != "nosym" || syms[i] != which) printf "long %s[8];\n", syms[i]
		print "enum pageflags { PG_locked = 1, PG_writeback, PG_uptodate, PG_dirty } flags;"
	}'
