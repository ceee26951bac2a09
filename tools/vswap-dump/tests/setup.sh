# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
#
# What the tests of vswap-dump in a guest begin with: builds the tool and the programs
# named, finds the kernel, and puts what runs in the guest into $host. Sourced from
# tests/t/5*, after tests/lib/tap.sh.  usage: . setup.sh [PROGRAM]...
src=tools/vswap-dump
vm=${VM:-tests/vm}
kind=${KIND:-guest}
tmp=${TMP:-$(mktemp -d)}
work=$OUT/vswap-dump-test
tool=$work/vswap-dump
host=$tmp/host
rec=$host/rec
mkdir -p "$work" "$host"

# two tests may run at a time
flock "$work" make --no-print-directory -C $src OUT="$work" all "$@" >"$tmp/log" 2>&1 ||
	{ cat "$tmp/log" >&2; exit 1; }
# a kernel that the caller fixed has its vmlinux beside it
var=VSWAP_IMAGE_$kind
image=${!var:-}
[ -n "$image" ] || image=$("$vm" --image -k "$kind") || exit 1
vmlinux=$(dirname "$image")/vmlinux
[ -r "$vmlinux" ] || vmlinux=$("$vm" --vmlinux -k "$kind") || exit 1
cc -static -O2 -o "$host/fill" $src/tests/fill.c || exit 1
cp $src/tests/guest.sh "$host/"
# shellcheck source=tools/vswap-dump/tests/truth.sh
. $src/tests/truth.sh
