# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# For tests written as bash scripts: TAP output. Sourced from tests/t/*.

tap_n=0 tap_failed=0

# result STATUS WHAT: one line; what a failure printed goes to stderr by then.
result() {
	tap_n=$((tap_n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $tap_n - $2"
	else
		echo "not ok $tap_n - $2"
		tap_failed=$((tap_failed + 1))
	fi
}

# is GOT WANTED WHAT
is() {
	[ "$1" = "$2" ]
	local rc=$?
	[ $rc = 0 ] || printf '# %s: got "%s", wanted "%s"\n' "$3" "$1" "$2" >&2
	result $rc "$3"
}

# ok WHAT COMMAND...: the command succeeds.  What it prints goes to stderr.
ok() {
	local what=$1 rc=0
	shift
	"$@" >&2 || rc=$?
	[ $rc = 0 ] || printf '# %s: exit status %s of: %s\n' "$what" "$rc" "$*" >&2
	result $rc "$what"
}

# exits STATUS WHAT COMMAND...: the command exits with just that status.
exits() {
	local want=$1 what=$2 rc=0
	shift 2
	"$@" >&2 || rc=$?
	is $rc "$want" "$what"
}

# matches TEXT REGEX WHAT
matches() {
	grep -qE -- "$2" <<<"$1"
	local rc=$?
	[ $rc = 0 ] || printf '# %s: "%s" does not match "%s"\n' "$3" "$1" "$2" >&2
	result $rc "$3"
}

skip() {
	tap_n=$((tap_n + 1))
	echo "ok $tap_n - $1 # SKIP $2"
}

# At the end of every test.
done_testing() {
	echo "1..$tap_n"
	[ $tap_failed = 0 ]
	exit
}
