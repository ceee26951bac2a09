#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs in the guest: fills slots of every backing from several processes, cgroups,
# compressors and devices, and writes down in /host/rec what it did and what the kernel
# counts. The processes stay.  usage: guest.sh (with fill beside it)
set -eu

here=$(dirname "$0")
rec=/host/rec
vs=/sys/kernel/mm/vswap
cg=/sys/fs/cgroup
run=/run/fill

# fill CGROUP NAME KIND PAGES [TOUCH]: in the background, in that cgroup
start() {
	group=$1
	shift
	mkdir -p "$cg/$group"
	(sh -c 'echo $PPID' >"$cg/$group/cgroup.procs"
	 cd $run && exec "$here/fill" "$@") </dev/null >"$run/$1.log" 2>&1 &
	i=0
	while [ ! -e "$run/$1.ready" ]; do
		i=$((i + 1))
		[ $i -lt 300 ] || { echo "fill $1 is not ready"; cat "$run/$1.log"; exit 1; }
		usleep 100000
	done
	cat "$run/$1.log" >&2
}

mkdir -p $run
echo 0 >/proc/sys/vm/swappiness
for d in vda vdb; do mkswap /dev/$d >/dev/null; done
"$here/fill" swapon /dev/vda 5
"$here/fill" swapon /dev/vdb 3
echo 100 >/proc/sys/vm/swappiness
echo always >$vs/enabled
echo 1 >/sys/module/zswap/parameters/enabled
echo 50 >/sys/module/zswap/parameters/max_pool_percent
echo +memory >$cg/cgroup.subtree_control

mkdir -p $cg/comp
echo +memory >$cg/comp/cgroup.subtree_control

# one process for each compressor the kernel has; old pools stay while they are used
n=101
for c in lzo-rle lzo lz4 lz4hc zstd deflate 842; do
	echo $c >/sys/module/zswap/parameters/compressor 2>/dev/null || continue
	[ "$(cat /sys/module/zswap/parameters/compressor)" = $c ] || continue
	start "comp/$c" "$c-text" text $n
	start "comp/$c" "$c-runs" runs $((n + 6))
	start "comp/$c" "$c-half" half $((n - 12))
	start "comp/$c" "$c-tiny" tiny 41
	n=$((n + 8))
done
start zero zero zero 307
start mix mixed mixed 149
start rand rand rand 53
# without room in zswap for this group, pages go to the devices
mkdir -p $cg/disk
echo 0 >$cg/disk/memory.zswap.max
start disk disk text 211
start disk disk-zero zero 37
# let go of what was written: it is on the device only
echo 64M >$cg/disk/memory.reclaim 2>/dev/null || true
# a device that breaks, and is taken away: what was on it is lost
"$here/fill" linear bad /dev/vdc
mkswap /dev/mapper/bad >/dev/null
"$here/fill" swapon /dev/mapper/bad 9
mkdir -p $cg/lost
echo 0 >$cg/lost/memory.zswap.max
start lost lost text 67
echo 64M >$cg/lost/memory.reclaim 2>/dev/null || true
"$here/fill" error bad /dev/vdc
"$here/fill" swapoff /dev/mapper/bad -
# pages that come back: nothing backs them but the swap cache, until they are freed
start touch touch text 83 29

# at rest: let what was queued finish, then take the figures
sync
sleep 2
rm -rf $rec
mkdir $rec
cp $run/* $rec/
cp /sys/kernel/debug/vswap/stat $rec/stat
cp /sys/kernel/debug/vswap/transitions $rec/transitions
cat /sys/kernel/debug/vswap/verify >$rec/verify
cat /proc/swaps >$rec/swaps
for f in used none zero zswap phys poison; do
	echo "$f $(cat $vs/slots_$f)"
done >$rec/slots
(cd $cg && find . -type d | while read -r d; do
	echo "/${d#./} $(stat -c %i "$d") $(sed -n 's/^vswap //p' "$d/memory.stat" 2>/dev/null)"
done) >$rec/cgroups
grep -i zswap /proc/meminfo >$rec/meminfo
# once more, to know that nothing moved meanwhile
for f in used none zero zswap phys poison; do
	echo "$f $(cat $vs/slots_$f)"
done | cmp -s - $rec/slots || { echo 'the system is not at rest'; exit 1; }
sync
