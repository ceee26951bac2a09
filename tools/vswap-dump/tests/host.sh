#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What vswap-dump does on the host: exit codes and messages for bad input, reading of
# debug information, fuzzing for a bounded time.  usage: host.sh SRC OUT FUZZ_SECONDS
# Prints TAP without numbers; "make check" runs it after the unit tests.
set -u

src=$1 out=$2 fuzz=$3
tool=$out/vswap-dump
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
failed=0

ok() {
	if [ "$1" = 0 ]; then echo "ok - $2"; else echo "not ok - $2"; failed=1; fi
}

# gives STATUS REGEX WHAT COMMAND...: exit status, and one line on stderr that matches
gives() {
	local want=$1 regex=$2 what=$3 rc=0
	shift 3
	timeout 20 "$@" >"$tmp/stdout" 2>"$tmp/stderr" || rc=$?
	if [ $rc = "$want" ] && grep -qE -- "$regex" "$tmp/stderr" &&
	   ! grep -qE 'Sanitizer|runtime error' "$tmp/stderr"; then
		ok 0 "$what"
	else
		echo "# $what: status $rc, wanted $want; stderr:"
		sed 's/^/# /' "$tmp/stderr"
		ok 1 "$what"
	fi
}

one_line() {
	[ "$(wc -l <"$tmp/stderr")" = 1 ]
	ok $? "$1: one line"
}

# --- usage
gives 2 'which dump' 'no dump named' "$tool"
gives 2 'only one thing' 'two reports' "$tool" --slots --check x
gives 2 'unknown column' 'an unknown column' "$tool" --slots -o SLOT,NOPE x
gives 2 'more than' 'more columns than there are' "$tool" --slots -o "$(printf 'SLOT,%.0s' {1..18})" x
gives 2 'not TYPE:OFFSET' 'a malformed --phys' "$tool" --phys 3 x
gives 2 'unknown backing' 'an unknown backing' "$tool" --slots --backing disk x
gives 2 'not a range' 'clusters the wrong way round' "$tool" --slots --cluster 9-3 x
gives 2 'filters go with' 'a filter without a list' "$tool" --cgroup / x
gives 2 'not a slot number' 'a negative slot' "$tool" --slot -1 x
gives 2 '.' 'an unknown option' "$tool" --frobnicate x
"$tool" --help >"$tmp/stdout"; ok $? '--help'
grep -q COMP "$tmp/stdout"; ok $? '--help lists the columns'

# --- help, manual page and completion know the same options and columns
"$tool" --help | grep -oE '(^|[ ,])--?[a-zA-Z][a-z-]*' | tr -d ' ,' | sort -u >"$tmp/opts"
sed -n '/^Columns:/,/^$/p' "$tmp/stdout" | awk 'NR > 1 && $1 ~ /^[A-Z]+$/ { print $1 }' >"$tmp/cols"
[ "$(wc -l <"$tmp/opts")" -gt 20 ] && [ "$(wc -l <"$tmp/cols")" -gt 10 ]
ok $? '--help names options and columns'
bad=0
while read -r opt; do
	case $opt in --help | --version | -h | -V) continue ;; esac
	grep -qE "Fl -?${opt#-}( |$)|Fl .* -?${opt#-}( |$)" "$src/vswap-dump.8" ||
		{ echo "# not in the manual page: $opt"; bad=1; }
done <"$tmp/opts"
while read -r col; do
	grep -qE "^\.It (.* )?$col( |$)" "$src/vswap-dump.8" || { echo "# not in the manual page: $col"; bad=1; }
done <"$tmp/cols"
ok $bad 'the manual page has them all'
# listed SECTION FROM: the words of the lists of a section, behind the first line with FROM
listed() {
	awk -v sec=".Sh $1" -v from="$2" '/^\.Sh / { on = $0 == sec; hot = 0 } on && index($0, from) { hot = 1 }
		on && hot && /^\.It / { seen = 1; for (i = 2; i <= NF; i++) if ($i != ",") print $i }
		on && hot && seen && /^\.El/ { exit }' "$src/vswap-dump.8" | sort
}
# every call names one: as many words as calls
perl -0777 -ne 'while (/\bsay\(ck,.*?"([a-z]+)",/gs) { print "$1\n" }' "$src/check.c" >"$tmp/kinds"
[ "$(wc -l <"$tmp/kinds")" = "$(grep -c 'say(ck' "$src/check.c")" ] &&
	listed 'KINDS OF VIOLATIONS' '' | diff - <(sort -u "$tmp/kinds") | sed 's/^/# /' | { ! grep .; }
ok $? 'the manual page has exactly the kinds of violations'
# keys FILE FUNCTION...: what they put into a row
keys() {
	local file=$1 f
	shift
	for f; do sed -n "/^[a-z].*\<$f(.*[^;]\$/,/^}/p" "$src/$file"; done |
		grep -oE '\(o, "[a-z_]+"' | tr -dc 'a-z_\n' | sed 's/^o//' | sort -u
}
for f in 'slots out.c json_slot row_json' 'check check.c say'; do
	# shellcheck disable=SC2046,SC2086 # several words
	set -- $f
	what=$1
	shift
	keys "$@" >"$tmp/keys"
	[ "$(wc -l <"$tmp/keys")" -ge 4 ] && listed 'ROWS IN JSON' "Fl -$what" | diff - "$tmp/keys" | sed 's/^/# /' | { ! grep .; }
	ok $? "and the keys of the rows of --$what"
done
# complete WORD...: what completion offers for the last word
complete_for() {
	bash -c 'compopt() { :; }; . "$0"; shift 0
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _vswap_dump; printf "%s\n" "${COMPREPLY[@]}"' \
		"$src/vswap-dump.bash" vswap-dump "$@" | sort
}
complete_for - | cmp -s - <(grep '^--' "$tmp/opts")
ok $? 'completion offers exactly the options'
complete_for --slots -o '' | cmp -s - <(sort "$tmp/cols")
ok $? 'and exactly the columns'
[ "$(complete_for --slots -o SLOT,COU)" = SLOT,COUNT ]
ok $? 'also behind a comma'
[ "$(complete_for -o +COU) $(complete_for --output +CGID,COU)" = '+COUNT +CGID,COUNT' ]
ok $? 'and behind the plus of what is added'
[ "$(complete_for --backing zero,p | xargs)" = 'zero,phys zero,poison' ]
ok $? 'and the backings'

# --- kstruct.h: each structure names its source, and nothing stands there for nothing
awk '/K_STRUCT\(/ && !/#define/ && !/^ \* / { if (comment !~ /[a-z]\.[ch]: /) { print "# no source:", $0; bad = 1 } n++ }
	/#define/ { comment = "" }
	/^[ \t]*K_/ { comment = "" } /^[ \t]*(\/)?\*/ { comment = comment $0 }
	END { exit bad || n < 30 }' "$src/kstruct.h"
ok $? 'kstruct.h names the source of each structure'
bad=0
while read -r word; do
	grep -qw "$word" "$src"/*.c || { echo "# not used: $word"; bad=1; }
done < <(sed -nE 's/.*[^#_]K_(MEMBER|PART|OPT|OPTALIAS|OPTPART)\(([a-z_]+), ([a-z_0-9]+).*/KM_\2_\3/p
	s/^	(REQ|OPT)\(([a-z_0-9]+)\).*/KSYM_\2/p' "$src/kstruct.h")
ok $bad 'and has nothing that is not used'

# --- files that are no dump
for f in elf kdump flat; do "$out/mkdump" $f "$tmp/$f" || ok 1 "mkdump $f"; done
: >"$tmp/empty"
head -c 5000 /dev/urandom >"$tmp/noise"
gives 1 'No such file' 'a missing dump' "$tool" -s "$tmp/noise" "$tmp/none"
one_line 'a missing dump'
gives 1 'directory' 'a directory' "$tool" -s "$tmp/noise" "$tmp"
gives 1 'empty' 'an empty dump' "$tool" -s "$tmp/noise" "$tmp/empty"
gives 1 'neither ELF' 'noise' "$tool" -s "$tmp/noise" "$tmp/noise"
one_line 'noise'
gives 1 'not a core dump' 'a program' "$tool" -s "$tmp/noise" /bin/sh
gives 1 'gzip' 'a gzipped dump' sh -c "gzip -c '$tmp/elf' >'$tmp/z.gz'; exec '$tool' -s x '$tmp/z.gz'"
printf 'QEVM\0\0\0\003 and what follows' >"$tmp/saved"
gives 1 'memory-only' 'a saved machine' "$tool" -s "$tmp/noise" "$tmp/saved"
cp "$tmp/elf" "$tmp/sections" && printf '\0\010' | dd of="$tmp/sections" bs=1 seek=60 conv=notrunc status=none
gives 1 'corrupt ELF header' 'sections of no size' "$tool" -s "$tmp/noise" "$tmp/sections"
# 64 TiB in a file of 9 kB, and no note: only what the file has is searched for one
sed 's/VMCOREINFO/VMCOREINF0/' "$tmp/elf" >"$tmp/claims"
for at in 152 160; do
	printf '\0\0\0\0\0\100\0\0' | dd of="$tmp/claims" bs=1 seek=$at conv=notrunc status=none
done
gives 1 'none: No such file' 'a segment of absurd size' "$tool" -s "$tmp/none" "$tmp/claims"
# no note to tell the size of pages, on machines of which the library does not know it;
# then notes that tell a wrong one
for machine in 267:aarch64 060:H8S; do
	sed 's/VMCOREINFO/VMCOREINF0/; s/CORE\x00/C0RE\x00/' "$tmp/elf" >"$tmp/machine"
	printf '%b' "\\0${machine%:*}" | dd of="$tmp/machine" bs=1 seek=18 conv=notrunc status=none
	gives 1 'none: No such file' "no note and no size of pages: ${machine#*:}" \
		"$tool" -s "$tmp/none" "$tmp/machine"
done
sed 's/PAGESIZE=4096/PAGESIZE=0000/; s/ffffffff82000000/ffffffff80000000/' "$tmp/elf" >"$tmp/pages0"
gives 1 'no vmlinux found for 7.3.4-tiny' 'no vmlinux' "$tool" "$tmp/elf"
gives 1 'not an ELF file' 'a vmlinux that is none' "$tool" -s "$tmp/noise" "$tmp/elf"
one_line 'a vmlinux that is none'

# --- debug information: DWARF 4 and 5, in the file and beside it
build() {	# OUTPUT FLAGS... (source on stdin)
	local o=$1
	shift
	cc -x c -c -g "$@" -o "$o" - || ok 1 "building $o"
}
for v in 4 5; do
	sh "$src/tests/fakevmlinux.sh" "$src/kstruct.h" | build "$tmp/vm$v" -gdwarf-$v
	timeout 20 "$out/showlayout" "$tmp/vm$v" >"$tmp/layout$v"
	ok $? "DWARF $v is read"
done
cmp -s "$tmp/layout4" "$tmp/layout5"; ok $? 'DWARF 4 and 5 say the same'
# the second member of a structure without bit fields is at two times eight
grep -qx 'struct zswap_entry member length 16 8 1 0 0' "$tmp/layout5"
ok $? 'offsets are those of the compiler'
grep -qx 'struct zspage member class 12 1 1 3 5' "$tmp/layout5"
ok $? 'bit fields, too'
grep -qx 'struct swap_table member entries 8 128 16 0 0' "$tmp/layout5"
ok $? 'and array lengths'
# four unnamed members of a type that has four of another, and so on: without a bound it
# takes a minute, and with two levels more the compiler does, too
{
	echo 'struct s0 { };'
	for i in {1..14}; do
		echo "struct s$i { struct s$((i - 1)); struct s$((i - 1)); struct s$((i - 1)); struct s$((i - 1)); };"
	done
	sh "$src/tests/fakevmlinux.sh" "$src/kstruct.h" | sed 's/^struct swap_cluster_info {/&\n\tstruct s14;/'
} | build "$tmp/nested" -fms-extensions
rc=0
timeout 20 "$out/showlayout" "$tmp/nested" >"$tmp/stdout" 2>&1 || rc=$?
[ $rc = 1 ]
ok $? 'types nested without end are given up'
objcopy --only-keep-debug "$tmp/vm5" "$tmp/vm5.debug" &&
	objcopy --strip-debug "$tmp/vm5" "$tmp/vm5.bare"
objcopy --compress-debug-sections=zlib "$tmp/vm5" "$tmp/vm5.zlib" &&
	"$out/showlayout" "$tmp/vm5.zlib" | cmp -s - "$tmp/layout5"
ok $? 'debug sections compressed with zlib'
# with zstd it depends on libelf: they are read, or it is said why not
for f in vm5 vm5.debug; do
	if ! objcopy --compress-debug-sections=zstd "$tmp/$f" "$tmp/$f.zstd" 2>/dev/null; then
		echo "ok - debug sections compressed with zstd in $f # SKIP objcopy cannot"
	elif [ $f = vm5 ]; then
		"$out/showlayout" "$tmp/vm5.zstd" >"$tmp/stdout" 2>&1
	else
		"$out/showlayout" "$tmp/vm5.bare" "$tmp/vm5.debug.zstd" >"$tmp/stdout" 2>&1
	fi
	cmp -s "$tmp/stdout" "$tmp/layout5" || grep -qx "$tmp/$f.zstd: .* with zstd.*objcopy.*" "$tmp/stdout"
	ok $? "debug sections compressed with zstd in $f"
done
gives 1 'no DWARF' 'a vmlinux without debug information' "$tool" -s "$tmp/vm5.bare" "$tmp/elf"
one_line 'a vmlinux without debug information'
"$out/showlayout" "$tmp/vm5.bare" "$tmp/vm5.debug" | cmp -s - "$tmp/layout5"
ok $? 'a separate debug file'
# the debug file of another kernel, which has one member more: recognised by its build id,
# also where only one of the two files has one
with_id() {	# OUTPUT ID (source on stdin)
	build "$1.o" -gdwarf-5
	ld -r --build-id="$2" -o "$1" "$1.o" || ok 1 "building $1"
}
sh "$src/tests/fakevmlinux.sh" "$src/kstruct.h" >"$tmp/a.c"
with_id "$tmp/ida" 0x1111aaaa <"$tmp/a.c"
sed 's/^struct swap_cluster_info {/&\n\tlong one_more[3];/' "$tmp/a.c" | with_id "$tmp/idb" 0x2222bbbb
for f in a b; do
	objcopy --only-keep-debug "$tmp/id$f" "$tmp/id$f.debug"
	objcopy --strip-debug "$tmp/id$f" "$tmp/id$f.bare"
	objcopy --remove-section=.note.gnu.build-id "$tmp/id$f.debug" "$tmp/id$f.nameless"
done
"$out/showlayout" "$tmp/ida" >"$tmp/layouta" && "$out/showlayout" "$tmp/idb" >"$tmp/layoutb"
! cmp -s "$tmp/layouta" "$tmp/layoutb"
ok $? 'two kernels with different structures'
"$out/showlayout" "$tmp/ida.bare" "$tmp/ida.debug" | cmp -s - "$tmp/layouta"
ok $? 'a debug file with the build id of the kernel'
for f in idb.debug ida.nameless; do
	gives 1 "$f is of another build than .*ida.bare \(build id differs\)" "$f is not the debug file" \
		"$tool" -s "$tmp/ida.bare" --debug-file "$tmp/$f" "$tmp/elf"
	one_line "$f is not the debug file"
done
gives 1 'idb.debug is of another build .*going on' '--force takes it all the same' \
	"$tool" -s "$tmp/ida.bare" --debug-file "$tmp/idb.debug" --force "$tmp/elf"
# each member that the tool cannot do without: when it is missing, and when it has changed
bad=0 n=0
while read -r kind m; do
	for how in without changed; do
		# an array or a structure may have another size as long as nothing in it is read
		[ "$how-$kind" != changed-part ] ||
			case $m in *.entries | *.slots | *.size_class | *.list | *.lru | swap_cluster_info.lock) ;; *) continue ;; esac
		sh "$src/tests/fakevmlinux.sh" "$src/kstruct.h" $how "$m" | build "$tmp/gone"
		rc=0
		timeout 20 "$tool" -s "$tmp/gone" "$tmp/elf" >/dev/null 2>"$tmp/stderr" || rc=$?
		want="struct ${m%.*} has no member ${m#*.}$"
		[ $how = without ] || want="struct ${m%.*} member ${m#*.} has changed: "
		if [ "$rc $(wc -l <"$tmp/stderr")" != '1 1' ] || ! grep -q "$want" "$tmp/stderr"; then
			bad=1
			echo "# $how $m: status $rc"
			sed 's/^/# /' "$tmp/stderr"
		fi
		n=$((n + 1))
	done
done < <(sh "$src/tests/fakevmlinux.sh" "$src/kstruct.h" list)
[ $n -gt 70 ] || bad=1
ok $bad "one line names the member: $n times one that is missing or has changed"
sh "$src/tests/fakevmlinux.sh" "$src/kstruct.h" nosym vswap_si | build "$tmp/base"
gives 3 'has no vswap' 'a kernel without vswap' "$tool" -s "$tmp/base" "$tmp/elf"
one_line 'a kernel without vswap'
gives 1 'cannot be translated' 'a dump without page tables' "$tool" -s "$tmp/vm5" "$tmp/elf"
gives 1 'translat' 'the same as kdump' "$tool" -s "$tmp/vm5" "$tmp/kdump"
gives 1 'translat' 'the same flattened' "$tool" -s "$tmp/vm5" "$tmp/flat"
gives 1 'cannot be translated' 'pages of size 0' "$tool" -s "$tmp/vm5" "$tmp/pages0"
for size in 0 1 65536 1048576; do
	printf '%s\n' OSRELEASE=7.3.4-tiny PAGESIZE=$size 'NUMBER(pgtable_l5_enabled)=0' 'NUMBER(phys_base)=0' \
		'SYMBOL(swapper_pg_dir)=ffffffff80000000' 'SYMBOL(_stext)=ffffffff81000000' >"$tmp/size"
	gives 1 'cannot be translated' "a VMCOREINFO file with pages of size $size" \
		"$tool" -s "$tmp/vm5" --vmcoreinfo "$tmp/size" "$tmp/elf"
done
gives 1 'not VMCOREINFO' 'a VMCOREINFO file that is none' \
	"$tool" -s "$tmp/vm5" --vmcoreinfo "$tmp/noise" "$tmp/elf"
# pages of 64 KiB take no more memory than others: the cache alone would be 256 MiB
printf 'OSRELEASE=7.3.4-tiny\nPAGESIZE=65536\n' >"$tmp/large-pages"
case $out in
*/san) echo 'ok - large pages in little memory # SKIP the sanitizers need address space' ;;
*)
	gives 1 'translat' 'large pages in little memory' sh -c "ulimit -v $((200 << 10))
		exec '$tool' -s '$tmp/vm5' --vmcoreinfo '$tmp/large-pages' '$tmp/elf'"
	;;
esac
gives 1 'TMPDIR' 'no room to rearrange a flattened dump' env TMPDIR=/proc "$tool" -s "$tmp/vm5" "$tmp/flat"

# --- truncated everywhere: a message and status 1, never a crash or a hang
for f in elf kdump flat vm5; do
	size=$(stat -c %s "$tmp/$f") bad=0
	for ((at = 1; at < size; at += size / 97 + 1)); do
		head -c "$at" "$tmp/$f" >"$tmp/cut"
		rc=0
		if [ $f = vm5 ]; then
			timeout 20 "$tool" -s "$tmp/cut" "$tmp/elf" >/dev/null 2>"$tmp/stderr" || rc=$?
		else
			timeout 20 "$tool" -s "$tmp/vm5" "$tmp/cut" >/dev/null 2>"$tmp/stderr" || rc=$?
		fi
		[ $rc = 1 ] || [ $rc = 3 ] || { bad=1; echo "# $f cut at $at: status $rc"; }
	done
	ok $bad "$f cut at 97 places"
done

# --- cut while they are read: a message and status 1, and nothing is made up
for f in elf kdump; do
	size=$(stat -c %s "$tmp/$f") bad=0
	for ((at = 0; at < size; at += size / 97 + 1)); do
		cp "$tmp/$f" "$tmp/cut"
		rc=0
		timeout 20 "$out/cutdump" "$tmp/cut" "$at" 2>"$tmp/stderr" || rc=$?
		if [ $rc != 1 ] ||
			[ "$(cat "$tmp/stderr")" != "vswap-dump: $tmp/cut: cut short while it was read" ]; then
			bad=1
			echo "# $f cut at $at: status $rc"
			sed 's/^/# /' "$tmp/stderr"
		fi
	done
	ok $bad "$f cut at 97 places while it is read"
done
case $out in
*/san) echo 'ok - a vmlinux cut while it is read # SKIP the sanitizers map files, too' ;;
*)
	bad=0
	for at in 0 4096 $(($(stat -c %s "$tmp/vm5") / 2)); do
		cp "$tmp/vm5" "$tmp/cut"
		rc=0
		CUT_FILE=$tmp/cut CUT_SIZE=$at LD_PRELOAD=$out/cutfile.so \
			timeout 20 "$tool" -s "$tmp/cut" "$tmp/elf" >/dev/null 2>"$tmp/stderr" || rc=$?
		if [ $rc != 1 ] || [ "$(wc -l <"$tmp/stderr")" != 1 ] ||
			! grep -qx "vswap-dump: $tmp/cut, or its debug file: cut short.*" "$tmp/stderr"; then
			bad=1
			echo "# cut at $at: status $rc"
			sed 's/^/# /' "$tmp/stderr"
		fi
	done
	ok $bad 'a vmlinux cut while it is read'
	;;
esac

# --- fuzzing, bounded; libraries may leak at exit, our own code may not
if [ "$fuzz" != 0 ]; then
	mkdir -p "$tmp/open" "$tmp/layout" "$tmp/comp"
	cp "$tmp/elf" "$tmp/kdump" "$tmp/flat" "$tmp/machine" "$tmp/pages0" "$tmp/open"
	cp "$tmp/vm4" "$tmp/vm5" "$tmp/layout"
	printf 'struct swap_info_struct { long flags; union { int max; struct { unsigned a:3; }; }; }; struct swap_info_struct swap_info[2]; int vswap_si;' | build "$tmp/layout/small"
	"$out/unit" "$tmp/walk"
	for t in walk comp open layout; do
		leaks=0
		case $t in walk | comp) leaks=1 ;; esac
		(cd "$tmp" && ASAN_OPTIONS=detect_leaks=$leaks "$out/fuzz_$t" -max_total_time="$fuzz" -timeout=20 -rss_limit_mb=1024 \
			-max_len=500000 -detect_leaks=$leaks -verbosity=0 "$tmp/$t") >"$tmp/log" 2>&1
		rc=$?
		if [ $rc != 0 ]; then
			# what the sanitizer says, and the input in base64 where it is short
			grep -E 'ERROR|runtime error|SUMMARY|^ *#[0-9]+ |Base64' "$tmp/log" |
				awk 'NR <= 14 || /SUMMARY|Base64/' | cut -c 1-300 | sed 's/^/# /'
			echo "# exit status $rc"
			cp "$tmp"/{crash,timeout,oom,leak}-* "$out" 2>/dev/null
		fi
		ok $rc "fuzzing $t for $fuzz s"
	done
fi
exit $failed
