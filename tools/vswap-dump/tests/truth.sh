# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
#
# Compares what vswap-dump says with what guest.sh recorded. Sourced by tests/t/50-*,
# after tests/lib/tap.sh, with $tool, $vmlinux, $rec (the record) and $tmp set.

vd() {	# DUMP ARGUMENT...
	local dump=$1
	shift
	"$tool" -s "$vmlinux" "$@" "$dump"
}

# Names of the processes in the record.
processes() {
	local f
	for f in "$rec"/*.pid; do basename "$f" .pid; done
}

# The listing of one process: address and slot of each swapped page, in order.
compare_task() {	# DUMP NAME
	local pid
	pid=$(cat "$rec/$2.pid")
	# the process has other memory, too: only what it wrote down
	vd "$1" --task "$pid" --noheadings -o ADDRESS,DEVICE,SLOT,BACKING 2>>"$tmp/err" |
		awk 'NR == FNR { mine[$1] = 1; next }
			$1 in mine { print $1, $4 == "direct" ? "direct" : $3 }' "$rec/$2.rec" - >"$tmp/got"
	awk -v v="$vtype" '$2 == "swap" { print $1, $3 == v ? $4 : "direct" }' "$rec/$2.rec" >"$tmp/want"
	cmp "$tmp/got" "$tmp/want" >&2
}

# Every page of a process that has a file in $tmp/pages equals the record. Counts the
# pages in $compared, and those that are legitimately elsewhere in $elsewhere.
compare_pages() {	# NAME
	local i=-1 st type slot bad=0
	while read -r _ st type slot; do
		i=$((i + 1))
		[ "$st $type" = "swap $vtype" ] || continue
		if [ ! -e "$tmp/pages/$slot.page" ]; then
			elsewhere=$((elsewhere + 1))
		elif cmp -s -n 4096 -i 0:$((i * 4096)) "$tmp/pages/$slot.page" "$rec/$1.mem"; then
			compared=$((compared + 1))
		else
			echo "# $1 page $i, slot $slot: other content" >&2
			bad=1
		fi
	done <"$rec/$1.rec"
	return $bad
}

# What a process's pages have to be backed by, where that is certain.
compare_backing() {	# FORMAT DUMP
	local name backing bad=0 pid
	while read -r name backing; do
		pid=$(cat "$rec/$name.pid")
		vd "$2" --task "$pid" --noheadings -o ADDRESS,BACKING |
			awk 'NR == FNR { mine[$1] = 1; next } $1 in mine { print $2 }' \
				"$rec/$name.rec" - | sort | uniq -c | tr -s ' ' >"$tmp/got"
		echo " $(grep -c swap "$rec/$name.rec") $backing" >"$tmp/want"
		cmp "$tmp/got" "$tmp/want" >&2 || { cat "$tmp/got" "$tmp/want" >&2; bad=1; }
	done <<-END
		zero zero
		disk-zero zero
		rand zswap
		disk phys
		lost poison
		touch zswap
	END
	result $bad "$1: each process's pages are backed by what they should be"
}

# Figures of the summary: from its table, "NAME SLOTS KERNEL DIFF".
compare_summary() {	# FORMAT DUMP
	local rc=0 name want
	vd "$2" --bytes >"$tmp/summary" 2>"$tmp/err" || rc=$?
	is $rc 0 "$1: summary is complete"
	while read -r name want; do
		[ "$name" = used ] && name=total
		is "$(awk -v n="$name" '$1 == n { print $2, $5, $6; exit }' "$tmp/summary")" \
			"$want $want 0" "$1: $name slots: walk, counters and record agree"
	done <"$rec/slots"
	# the record has KiB per device
	while read -r dev _ _ used prio; do
		is "$(awk -v d="$dev" '$NF == d && $2 ~ /^-?[0-9]+$/ { print $2, $4 * 4; exit }' "$tmp/summary")" \
			"$prio $used" "$1: $dev: priority and use"
	done < <(tail -n +2 "$rec/swaps")
}

# Slots of each cgroup: the record has bytes of virtual slots; a parent's include
# those of its children, the tool's do not.
compare_cgroups() {	# FORMAT DUMP
	local bad=0 path ino bytes got
	vd "$2" --slots --noheadings -o CGID,CGROUP,BACKING >"$tmp/slots" 2>>"$tmp/err"
	while read -r path ino bytes; do
		case $path in / | /comp | /.) continue ;; esac
		got=$(awk -v i="$ino" -v p="$path" '$1 == i && $2 == p' "$tmp/slots" | wc -l)
		[ "$((got * 4096))" = "${bytes:-0}" ] ||
			{ echo "# $path: $got slots, record ${bytes:-0} bytes" >&2; bad=1; }
	done <"$rec/cgroups"
	result $bad "$1: slots of each cgroup equal memory.stat"
}

compare_rest() {	# FORMAT DUMP
	local rc=0 line phys slot
	vd "$2" --check >"$tmp/check" 2>&1 || rc=$?
	is "$rc $(grep -c '^violation' "$tmp/check")" '0 0' "$1: check finds nothing wrong" ||
		head -n 20 "$tmp/check" >&2
	line=$(vd "$2" --slots --backing phys --noheadings -o SLOT,DEVICE,OFFSET | sed -n 7p)
	read -r slot type off <<<"$line"
	phys=$(vd "$2" --phys "$type:$off" -J | tr -d ' ,' | sed -n 's/^"slot"://p' | grep -v '{')
	is "$phys" "$slot" "$1: reverse look-up of a physical slot"
	slot=$(vd "$2" --slots --backing zswap --noheadings -o SLOT | sed -n '3{s/ //g;p}')
	vd "$2" --slot "$slot" --raw | cmp - "$tmp/pages/$slot.page" >&2
	result $? "$1: one page, raw"
}

compare_all() {	# FORMAT DUMP
	local name compared=0 elsewhere=0 bad=0 bad_pages=0
	vtype=$(awk '$2 == "swap" { print $3; exit }' "$rec/zero.rec")
	is "$(cat "$rec/verify")" ok "$1: the kernel's own verify"
	compare_summary "$1" "$2"
	compare_cgroups "$1" "$2"
	rm -rf "$tmp/pages"
	vd "$2" --extract "$tmp/pages" >&2
	result $? "$1: extraction is complete"
	for name in $(processes); do
		compare_task "$2" "$name" || { echo "# $name: listing differs" >&2; bad=1; }
		compare_pages "$name" || bad_pages=1
	done
	result $bad "$1: swapped pages of $(processes | wc -l) processes, by address"
	result $bad_pages "$1: $compared pages equal the record byte for byte"
	is "$elsewhere" "$(cat "$rec/disk.rec" "$rec/lost.rec" | grep -c swap)" \
		"$1: and those on a device are all of the others"
	[ $compared -gt 2000 ]
	result $? "$1: enough was compared"
	for comp in lzo-rle lzo lz4 lz4hc zstd deflate 842; do
		[ -e "$rec/$comp-text.pid" ] || { skip "$1: $comp" 'not in this kernel'; continue; }
		[ "$(awk -v c=$comp '$1 == c { print $2; exit }' "$tmp/summary")" -gt 100 ]
		result $? "$1: $comp was among them"
	done
	compare_backing "$1" "$2"
	compare_rest "$1" "$2"
}

# A dump from which pages were left out, wanted or not: whatever is said is true, and
# what cannot be said is counted. At least MIN pages must be had.
compare_partial() {	# FORMAT DUMP MIN
	local rc=0 compared=0 elsewhere=0 bad=0 name missing listed unknown
	vtype=$(awk '$2 == "swap" { print $3; exit }' "$rec/zero.rec")
	vd "$2" --check >"$tmp/check" 2>&1 || rc=$?
	if [ $rc = 1 ] && [ "$3" = 0 ]; then
		# even the table of devices may be gone
		matches "$(cat "$tmp/check")" 'not have|cannot be read|lacks' "$1: says what is missing"
		return
	fi
	missing=$(sed -n 's/.* \([0-9]*\) not checkable.*/\1/p' "$tmp/check")
	is "$(grep -c '^violation' "$tmp/check") $rc" "0 $([ "${missing:-1}" = 0 ] && echo 0 || echo 4)" \
		"$1: nothing is wrong; what could not be checked is in the exit status" ||
		head -n 20 "$tmp/check" >&2
	rm -rf "$tmp/pages"
	vd "$2" --extract "$tmp/pages" 2>&1 | tee "$tmp/log" >&2
	for name in $(processes); do
		compare_pages "$name" || bad=1
	done
	[ $compared -ge "$3" ] || bad=1
	result $bad "$1: $compared pages equal the record byte for byte"
	listed=$(($(wc -l <"$tmp/pages/index.tsv") - 1))
	unknown=$(sed -n 's/.* \([0-9]*\) slots in use are unknown.*/\1/p' "$tmp/log" |
		awk '{ n += $1 } END { print n + 0 }')
	is $((listed + unknown)) "$(awk '$1 == "used" { print $2 }' "$rec/slots")" \
		"$1: every slot is in the index, or counted as unknown"
	awk -F '\t' 'NR > 1 && ($3 ~ /^(cache|zero|zswap)$/) != ($5 == "") {
		print "# " $0; bad = 1 } END { exit bad }' "$tmp/pages/index.tsv" >&2
	result $? "$1: a slot without a page has a reason"
}

# one_line STATUS REGEX WHAT DUMP ARGUMENT...: ends so, with one line that matches
one_line() {
	local want=$1 regex=$2 what=$3 rc=0
	shift 3
	vd "$@" >/dev/null 2>"$tmp/err" || rc=$?
	matches "$rc $(wc -l <"$tmp/err") $(cat "$tmp/err")" "^$want 1 .*$regex" "$what"
}

# The same report, whatever tells the tool where things are.
same() {	# WHAT DUMP ARGUMENT...
	local what=$1
	shift
	vd "$@" --bytes 2>"$tmp/err" | grep -v '^Symbols:' >"$tmp/got"
	grep -q '^total' "$tmp/got" && cmp "$tmp/got" "$tmp/summary" >&2
	result $? "$what"
}

# What can be told on the command line: ELF dump of a kernel that was moved.
compare_overrides() {	# DUMP
	local kaslr phys id real=$vmlinux
	vd "$1" --bytes | grep -v '^Symbols:' >"$tmp/summary"
	kaslr=$(sed -n 's/.*moved by \(0x[0-9a-f]*\)).*/\1/p' "$tmp/summary")
	strings -a "$1" | awk '/^OSRELEASE=/ { on = 1 } on && !/=/ { exit } on' >"$tmp/info"
	phys=$(sed -n 's/^NUMBER(phys_base)=//p' "$tmp/info")
	grep -v -e KERNELOFFSET -e _stext "$tmp/info" >"$tmp/info.moved"
	same '--kaslr' "$1" --kaslr "$kaslr"
	same '--phys-base' "$1" --phys-base "$(printf %x "$phys")"
	same '--vmcoreinfo' "$1" --vmcoreinfo "$tmp/info"
	same '--kaslr where VMCOREINFO does not tell' "$1" --vmcoreinfo "$tmp/info.moved" --kaslr "$kaslr"
	one_line 1 'see --kaslr' 'a wrong --kaslr' "$1" --kaslr "$(printf %#x $((kaslr + 0x200000)))"
	# page tables are found in other ways, too: then it does no harm
	phys=$(printf %x $((phys + 0x200000)))
	if vd "$1" --phys-base "$phys" >/dev/null 2>&1; then
		same 'a wrong --phys-base does no harm' "$1" --phys-base "$phys"
	else
		one_line 1 'see --kaslr, --phys-base' 'a wrong --phys-base' "$1" --phys-base "$phys"
	fi
	one_line 1 'see --kaslr' 'a VMCOREINFO that does not tell' "$1" --vmcoreinfo "$tmp/info.moved"

	# QEMU without its device for VMCOREINFO: there is no such note, but the text is in memory
	cp --reflink=auto "$1" "$tmp/dump.bad" && chmod u+w "$tmp/dump.bad"
	perl -e 'open F, "+<", shift or die; read F, $b, 1 << 16; $n = $b =~ s/VMCOREINFO\0/XMCOREINFO\0/g;
		seek F, 0, 0; print F $b; close F or die; exit($n != 1)' "$tmp/dump.bad"
	result $? 'a dump without VMCOREINFO is made'
	vd "$tmp/dump.bad" --bytes | tee "$tmp/log" | sed 's/, VMCOREINFO found in memory//' |
		grep -v '^Symbols:' | cmp - "$tmp/summary" >&2
	result $? 'VMCOREINFO is found in memory'
	grep -q ', VMCOREINFO found in memory' "$tmp/log"
	result $? 'and the report says that it was'
	rm -f "$tmp/dump.bad"

	# another build: the same kernel with another id
	id=$(sed -n 's/^BUILD-ID=//p' "$tmp/info")
	cp "$real" "$tmp/vmlinux" && chmod u+w "$tmp/vmlinux"
	ID=$id perl -0777 -pi -e '$i = pack("H*", $ENV{ID}); s/\Q$i\E/~$i/ge' "$tmp/vmlinux"
	vmlinux=$tmp/vmlinux
	one_line 1 'another build.*build id differs' 'a kernel of another build' "$1"
	same '--force' "$1" --force
	# debug information in a file of its own
	objcopy --only-keep-debug "$real" "$tmp/debug"
	objcopy --strip-debug "$real" "$tmp/vmlinux"
	one_line 1 'no DWARF' 'a kernel without debug information' "$1"
	same '--debug-file' "$1" --debug-file "$tmp/debug"
	vmlinux=$real
	rm -f "$tmp/vmlinux" "$tmp/debug"
	# found beside the dump, without -s
	ln -s "$real" "$(dirname "$1")/vmlinux"
	"$tool" --bytes "$1" 2>"$tmp/err" | grep -v '^Symbols:' >"$tmp/got"
	grep -q '^total' "$tmp/got" && cmp "$tmp/got" "$tmp/summary" >&2
	result $? 'vmlinux beside the dump is found'
	rm "$(dirname "$1")/vmlinux"
}

# JSON says what the tables say; an entry leads to the same page as its slot.
compare_json() {	# DUMP
	local name want bad=0 pte slot
	vd "$1" -J >"$tmp/json"
	while read -r name want; do
		[ "$name" = used ] && want="$want $(jq .slots_used "$tmp/json")" ||
			want="$want $(jq ".backing.$name.slots" "$tmp/json")"
		[ "${want% *}" = "${want#* }" ] || { echo "# $name: $want" >&2; bad=1; }
	done <"$rec/slots"
	result $bad 'JSON: the summary has the record'\''s figures'
	vd "$1" --slots --noheadings -o SLOT,BACKING,CGROUP | tr -s ' ' | sed 's/^ //; s/ $//' >"$tmp/want"
	[ -s "$tmp/want" ] && vd "$1" --slots -J |
		jq -r '.rows[] | "\(.slot) \(.backing) \(.cgroup // "-")"' | cmp - "$tmp/want" >&2
	result $? 'JSON: every slot, as in the table'
	for name in --check '--slot 600' "--task $(cat "$rec/mixed.pid")" '--phys 1:1'; do
		# shellcheck disable=SC2086 # several words
		vd "$1" -J $name | jq -es 'length == 1 and (.[0] | .schema == 1 and .report and .release)' >/dev/null
		result $? "JSON: ${name% *}"
	done
	vd "$1" --task "$(cat "$rec/mixed.pid")" --noheadings -o PTE,SLOT,BACKING |
		awk '$3 == "zswap"' | sed -n '5p;20p;40p' >"$tmp/ptes"
	bad=0
	while read -r pte slot _; do
		vd "$1" --entry "$pte" --raw | cmp - "$tmp/pages/$slot.page" >&2 || bad=1
	done <"$tmp/ptes"
	[ "$(wc -l <"$tmp/ptes")" = 3 ] || bad=1
	result $bad 'page table entries lead to the pages of their slots'
}

# The worked case of the manual page is what the tool says today, but for the figures.
compare_manual() {	# DUMP
	local pid pte bad=0
	figures() { sed -E 's/0x[0-9a-f]+|[0-9]+(\.[0-9]+)?[KMG%]?/N/g; s/(swapped out:).*/\1/; s/ +/ /g'; }
	pid=$(cat "$rec/lost.pid")
	pte=$(vd "$1" --task "$pid" --noheadings -o PTE,BACKING | awk '$2 == "poison" { print $1; exit }')
	{
		vd "$1" | grep -E '^(BACKING|(none|zero|zswap|phys|poison|total) +[0-9]|No anom|Kernel|Dump|Symbols)'
		vd "$1" --slots --backing poison --noheadings -o CGROUP | sort | uniq -c
		vd "$1" --task "$pid" | tail -n 1
		vd "$1" --entry "$pte"
		vd "$1" --check
	} | figures >"$tmp/got"
	# a line that is continued is one line
	sed -e ':a' -e '/\\e$/{N;s/\\e\n//;ba' -e '}' "$src/vswap-dump.8" | figures |
		while read -r line; do
			[ "$line" != '' ] && grep -qxF -e "$line" -e " $line" "$tmp/got" && echo "$line"
		done | sort -u >"$tmp/manual"
	sed 's/^ //' "$tmp/got" | sort -u | diff - "$tmp/manual" >&2 || bad=1
	[ "$(wc -l <"$tmp/manual")" -gt 15 ] || bad=1
	result $bad 'the worked case of the manual page is what the tool says'
}

# Asking for what is not there, or for the wrong thing.
compare_absent() {	# DUMP
	one_line 4 'no such process' 'a process that does not exist' "$1" --task 999999
	one_line 4 'there is no cgroup /nope$' 'a cgroup that does not exist' "$1" --slots --cgroup /nope
	vd "$1" --slots --cgroup / >"$tmp/got" 2>&1
	is "$? $(wc -l <"$tmp/got")" '0 0' 'a cgroup that owns nothing'
	one_line 4 'does not exist' 'a slot that does not exist' "$1" --slot 999999999999
	one_line 4 'no swap device' 'a device that does not exist' "$1" --phys 29:1
	one_line 4 'has [0-9]+ slots' 'a physical slot that does not exist' "$1" --phys 1:999999999
	one_line 2 'virtual one; use --slot' 'a physical slot of the virtual device' "$1" --phys "$vtype:1"
	one_line 2 'empty entry' 'an empty page table entry' "$1" --entry 0
	one_line 2 'page in memory' 'the entry of a page in memory' "$1" --entry 8000000012345067
	one_line 0 'kernel thread' 'a kernel thread' "$1" --task 2
	vd "$1" --task 2 -J 2>"$tmp/err" | jq -e '.rows == [] and .comm == "kthreadd" and .count == 0' >/dev/null
	result $? 'a kernel thread, as JSON'
}

# Each kind of damage in a copy of the dump, one at a time: exactly the lines that plant
# says.
plant_all() {	# DUMP
	local what rc want
	cp --reflink=auto "$1" "$tmp/dump.bad" && chmod u+w "$tmp/dump.bad"
	for what in $("$work/plant" list); do
		"$work/plant" undo "$tmp/dump.bad" || break
		if ! "$work/plant" "$vmlinux" "$tmp/dump.bad" "$what" >"$tmp/want" 2>"$tmp/err"; then
			cat "$tmp/err" >&2
			result 1 "planted: $what"
			continue
		fi
		rc=0
		vd "$tmp/dump.bad" --check 2>>"$tmp/err" | grep -E '^(violation|in flight)' >"$tmp/got"
		rc=${PIPESTATUS[0]}
		want=0
		! grep -q '^violation' "$tmp/want" || want=4
		diff <(sort "$tmp/want") <(sort "$tmp/got") >&2 && [ "$rc" = $want ]
		result $? "planted: $what"
	done
	"$work/plant" undo "$tmp/dump.bad" && cmp "$1" "$tmp/dump.bad" >&2
	result $? 'all damage was undone'
	rm -f "$tmp"/dump.bad*
}

# Every report of a tool built with sanitizers: it may say anything, but it ends, in
# time, and touches nothing that is not its own.
survives() {	# TOOL DUMP
	local what rc pid
	pid=$(cat "$rec/mixed.pid")
	for what in '' --check --slots "--slots -J" "--task $pid" "--extract $tmp/pages" -J '--slot 600'; do
		rc=0
		# shellcheck disable=SC2086 # several words
		ASAN_OPTIONS=detect_leaks=0 timeout 60 "$1" -s "$vmlinux" $what "$2" \
			>/dev/null 2>"$tmp/err" || rc=$?
		case $rc in 0 | 1 | 3 | 4) ;; *) echo "# ${what:-summary}: status $rc" >&2; cat "$tmp/err" >&2; return 1 ;; esac
		! grep -E 'Sanitizer|runtime error' "$tmp/err" >&2 || return 1
	done
}

noise_all() {	# TOOL DUMP ROUNDS
	local i bad=0
	cp --reflink=auto "$2" "$tmp/dump.bad" && chmod u+w "$tmp/dump.bad"
	for ((i = 1; i <= $3; i++)); do
		# damage adds up for a while; where nothing can be found any more, start afresh
		if [ $((i % 5)) = 1 ] || ! "$work/plant" "$vmlinux" "$tmp/dump.bad" $i 2>>"$tmp/err"; then
			"$work/plant" undo "$tmp/dump.bad" || bad=1
			"$work/plant" "$vmlinux" "$tmp/dump.bad" $i || bad=1
		fi
		survives "$1" "$tmp/dump.bad" || { bad=1; echo "# seed $i" >&2; }
	done
	rm -f "$tmp"/dump.bad*
	result $bad "$3 dumps with noise in their structures: no crash, no hang, no wild access"
}

# The file itself damaged: some bytes, more, and very many.
corrupt_all() {	# TOOL DUMP ROUNDS
	local i n bad=0
	for ((i = 1; i <= $3; i++)); do
		cp --reflink=auto "$2" "$tmp/dump.bad" && chmod u+w "$tmp/dump.bad"
		n=$((2 * 10 ** (1 + i % 3)))
		perl -e 'srand shift; my ($n, $f) = @ARGV; open F, "+<", $f or die; my $size = -s F;
			for (1 .. $n) { seek F, 65536 + int rand($size - 65536), 0; print F chr int rand 256 }
			close F or die' $i $n "$tmp/dump.bad" || bad=1
		survives "$1" "$tmp/dump.bad" || { bad=1; echo "# seed $i" >&2; }
	done
	rm -f "$tmp/dump.bad"
	result $bad "$3 files with other bytes in them: no crash, no hang, no wild access"
}

# The dump cut short: what is lost is missing, and nothing is wrong or zero because of it.
truncate_all() {	# DUMP
	local size part rc name bad compared elsewhere all=0
	size=$(stat -c %s "$1")
	vtype=$(awk '$2 == "swap" { print $3; exit }' "$rec/zero.rec")
	for part in 95 80 60 30 2; do
		head -c $((size * part / 100)) "$1" >"$tmp/dump.bad"
		rc=0
		vd "$tmp/dump.bad" --check >"$tmp/check" 2>&1 || rc=$?
		[ "$rc" = 4 ] || [ "$rc" = 1 ]
		result $? "cut at $part %: missing pages or cannot be opened"
		! grep '^violation' "$tmp/check" >&2
		result $? "cut at $part %: nothing is wrong because of it"
		[ "$rc" = 4 ] || continue
		rm -rf "$tmp/pages"
		vd "$tmp/dump.bad" --extract "$tmp/pages" >"$tmp/log" 2>&1
		is $? 4 "cut at $part %: the extraction is incomplete"
		bad=0 compared=0 elsewhere=0
		for name in $(processes); do
			compare_pages "$name" || bad=1
		done
		result $bad "cut at $part %: $compared pages, equal to the record"
		all=$((all + compared))
	done
	[ $all -gt 100 ]
	result $? 'what is left of a dump that was cut is of use'
	rm -f "$tmp/dump.bad"
}
