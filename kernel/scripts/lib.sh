# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the kernel scripts share: where things are kept, how errors are told,
# and how two runs are kept apart. Sourced, never run.

# Exit codes. Each kind of failure has its own, so that callers and tests can
# tell them apart without reading the message.
# shellcheck disable=SC2034 # used by the scripts that source this file
{
	E_USAGE=2       # wrong arguments
	E_NETWORK=10    # no kernel source: not cached, and none could be fetched
	E_CHECKSUM=11   # a source that is not what it should be
	E_PATCH=12      # a patch does not apply to the base tree
	E_SPACE=13      # not enough room in the cache
	E_KIND=14       # no such kernel kind
	E_BUILD=16      # the kernel does not build
	E_CONFIG=17     # an option that was asked for did not get into .config
}

# A failure inside $(...) is a failure.
shopt -s inherit_errexit

PROG=${0##*/}

# Progress goes to stderr: stdout is for results that other scripts read.
say() { printf '%s: %s\n' "$PROG" "$*" >&2; }

# die CODE MESSAGE: one line, and out.
die() {
	local code=$1
	shift
	say "$*"
	exit "$code"
}

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck disable=SC2034
KDIR=$TOP/kernel
CACHE=${VSWAP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/vswap}
DL=$CACHE/dl
# The two source trees. The patched one hard-links what it does not change. Who works in
# one for long has a patched one by another name, which no other checkout changes.
# shellcheck disable=SC2034
BASE_TREE=$CACHE/tree/base
# shellcheck disable=SC2034
VSWAP_TREE=$CACHE/tree/${VSWAP_TREE_NAME:-vswap}
# shellcheck disable=SC2034
IMAGES=$CACHE/images
# Release series that the patches are made for.
# shellcheck disable=SC2034
SERIES=7.3
# shellcheck disable=SC2034
KINDS='guest debug off base generic'
# With this set, the patched tree is that of "generic": the patches of the series that
# come before the layer, and so are all a kernel without it can gain from.
GENERIC=${GENERIC:-}
[ -z "$GENERIC" ] || VSWAP_TREE=$CACHE/tree/generic

mkdir -p "$CACHE" "$DL" 2>/dev/null || die "$E_SPACE" "cannot create $CACHE"

# need_space MIB WHAT: stop early with a clear line instead of late with a
# half-written tree.
need_space() {
	local have
	have=$(df -Pm "$CACHE" | awk 'NR == 2 { print $4 }')
	[ "$have" -ge "$1" ] ||
		die "$E_SPACE" "$2 needs $1 MiB in $CACHE, only $have MiB are free"
}

# with_lock NAME MODE COMMAND...: run COMMAND holding a lock of the cache.
# MODE is "ex" (changes something) or "sh" (reads it for longer than a moment).
# Deliberately without "||": under one, set -e would not work inside COMMAND.
with_lock() {
	local file=$CACHE/.lock-$1 flag=--exclusive fd
	[ "$2" = ex ] || flag=--shared
	shift 2
	exec {fd}>"$file"
	flock --nonblock $flag "$fd" || {
		say "waiting for another run (${file##*/})"
		flock $flag "$fd"
	}
	"$@"
	exec {fd}>&-
}

# sha256 of a file, bare.
sha256() { sha256sum -- "$1" | cut -d' ' -f1; }

# Directories under kernel/ that hold new kernel source, and so belong into a
# patched tree at the same path. Everything else there is infrastructure.
new_files() {
	[ -z "$GENERIC" ] || return 0
	(cd "$KDIR" && find . -type f \
		! -path './scripts/*' ! -path './configs/*' ! -path './patches/*' \
		! -name '.*' ! -name '*~' ! -name '*.orig' ! -name '*.rej' \
		-printf '%P\n' | LC_ALL=C sort)
}

patch_files() {
	[ -d "$KDIR/patches" ] || return 0
	find "$KDIR/patches" -maxdepth 1 -name '[0-9]*' | LC_ALL=C sort |
		while read -r f; do
			case $f in
			*.patch) echo "$f" ;;
			# The first commit of new files is the layer.
			*.new) [ -z "$GENERIC" ] || break ;;
			esac
		done
}

# What the patched tree is made of, as one hash.
content_id() {
	{
		cat "$BASE_TREE/.vswap-base"
		patch_files | while read -r f; do sha256 "$f"; done
		new_files | while read -r f; do
			printf '%s %s\n' "$f" "$(sha256 "$KDIR/$f")"
		done
	} | sha256sum | cut -c1-16
}
