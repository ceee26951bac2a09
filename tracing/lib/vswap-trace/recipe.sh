# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# shellcheck disable=SC2034 # much here is for the recipes
#
# What the recipes vswap-trace-* share: options, a trace instance of their own that
# is removed whatever happens, time or a command as the bound, names of cgroups,
# losses. Sourced; POSIX sh, and an awk of any kind.
#
# A recipe sets RECIPE (a word) before it sources this, and LACKS to those of the common
# options that mean nothing to it (of: cgroup lines json), and defines usage(). It may
# define own_option() for options of its own: it sets "took" to the number of words
# taken, or returns 1.
#
# Exit status of all recipes: see common_usage().

TRACING=${VSWAP_TRACING:-/sys/kernel/tracing}
STAT=${VSWAP_DEBUGFS:-/sys/kernel/debug}/vswap/stat

seconds='' json='' buffer_kb='' owner='' lines=20 took=0
instance='' triggers='' synthetic='' work='' child='' recorder='' stopped='' lost=0
child_signal=TERM

say() { printf '%s: %s\n' "vswap-trace-$RECIPE" "$*" >&2; }

# fail STATUS WORD...
fail() {
	fail_status=$1
	shift
	say "$@"
	exit "$fail_status"
}

die() { fail 1 "$@"; }

bad_usage() { fail 2 "$* (--help tells)"; }

# number OPTION VALUE: a positive whole number that any shell can compute with, or wrong usage.
number() {
	case $2 in
	'' | *[!0-9]* | 0* | ??????????*) bad_usage "$1 wants a number from 1 to 999999999, not \"$2\"" ;;
	esac
}

# word OPTION VALUE: something, or wrong usage; say from a variable that is not set.
word() { [ -n "$2" ] || bad_usage "$1 wants an argument that is not empty"; }

# number_option SHORT LONG VARIABLE WORD...: the whole of own_option() for a recipe that has
# one option of its own, with a number.
number_option() {
	[ "$4" = "$1" ] || [ "$4" = "$2" ] || return 1
	[ $# -gt 4 ] || bad_usage "$4 wants an argument"
	number "$4" "$5"
	eval "$3=\$5"
	took=2
}

# between OPTION VALUE LOW HIGH: a number in these bounds, or wrong usage.
between() {
	if [ "${#2}" -gt 9 ] || [ "$2" -lt "$3" ] || [ "$2" -gt "$4" ]; then
		bad_usage "$1 takes $3 to $4"
	fi
}

# has OPTION: does this recipe have that one of the common options?
has() {
	case " $LACKS " in
	*" $1 "*) return 1 ;;
	esac
}

# common_usage BUFFER [JSON]: the options that recipes have in common, for usage(): what
# is to be said about the buffer, and about the output for programs.
common_usage() {
	cat <<'END'
  -t, --time SECONDS   watch that long (default 10); without it and with a
                       COMMAND, until that ends
END
	! has cgroup || cat <<'END'
  -c, --cgroup PATH    only slots that belong to this cgroup (a directory, or a
                       path below the root of cgroups), not to those below it
END
	cat <<END
  -b, --buffer KB      size of the trace buffer per processor
                       (here: $1)
END
	! has lines || echo "  -n, --lines N        at most N lines per table (default $lines)"
	! has json || echo "  -J, --json           for programs: JSON, ${2:-an object}"
	cat <<'END'
  -h, --help
^C ends watching early; the report is printed all the same.
Exit status: 0 done, 1 cannot, 2 usage, 3 no virtual swap in this kernel,
4 figures are too low because something was lost (the report says how much, and
what to do), 5 not root, 6 tracefs or debugfs is not there, 7 a program is
missing.
END
}

# One option off the front of the words; 1 when there is none.
recipe_option() {
	took=0
	[ $# -gt 0 ] || return 1
	case $1 in
	--*=*) joined_option "$@" && return ;;
	-c | --cgroup) has cgroup || bad_usage "there is no $1 here" ;;
	-n | --lines) has lines || bad_usage "there is no $1 here" ;;
	-J | --json) has json || bad_usage "there is no $1 here" ;;
	esac
	case $1 in
	-t | --time | -c | --cgroup | -b | --buffer | -n | --lines)
		[ $# -gt 1 ] || bad_usage "$1 wants an argument"
		;;
	esac
	took=2
	case $1 in
	-t | --time) number "$1" "$2" && seconds=$2 ;;
	-b | --buffer) number "$1" "$2" && buffer_kb=$2 ;;
	-n | --lines) number "$1" "$2" && lines=$2 ;;
	-c | --cgroup) word "$1" "$2" && owner=$2 ;;
	-J | --json) json=1 took=1 ;;
	-h | --help)
		usage
		exit 0
		;;
	*)
		took=0
		own_option "$@" && return
		case $1 in
		--) took=1 && return 2 ;;
		-*) bad_usage "unknown option $1" ;;
		esac
		return 1
		;;
	esac
}

# --option=value is --option value in a single word.
joined_option() {
	recipe_option "${1%%=*}" "${1#*=}"
	[ "$took" = 2 ] || bad_usage "${1%%=*} takes no argument"
	took=1
}

own_option() { return 1; }

#
# Setting up and cleaning up
#

# The pid namespace is part of names: a pid means nothing outside its own.
pid_space() {
	readlink /proc/self/ns/pid 2>/dev/null | tr -cd 0-9
}

# Instances and synthetic events of recipes that were killed the hard way.
remove_stale() {
	for stale in "$TRACING"/instances/vswap-trace-*."$space".*; do
		pid=${stale##*.}
		if [ ! -d "$stale" ] || [ -d "/proc/$pid" ]; then
			continue
		fi
		say "removing what process $pid left behind: ${stale##*/}"
		for stale_event in "$stale"/events/vswap/*/trigger "$stale"/events/synthetic/*/trigger; do
			[ ! -f "$stale_event" ] || remove_triggers "$stale_event"
		done
		rmdir "$stale" 2>/dev/null
	done
	find "${TMPDIR:-/tmp}" -maxdepth 1 -type d -user root -name "vswap-trace.$space.*" 2>/dev/null |
		while IFS= read -r stale; do
			pid=${stale#*"/vswap-trace.$space."}
			[ -d "/proc/${pid%%.*}" ] || rm -rf "$stale"
		done
	[ ! -f "$TRACING/synthetic_events" ] || while read -r old _; do
		case $old in
		vswap_age_"$space"_* | vswap_wb_"$space"_*)
			[ -d "/proc/${old##*_}" ] || echo "!$old" 2>/dev/null >>"$TRACING/synthetic_events"
			;;
		esac
	done <"$TRACING/synthetic_events"
}

# All triggers of an event, those first that refer to others.
remove_triggers() {
	sed -n 's/^hist:/!hist:/p' "$1" | sed 's/ \[[a-z]*\]$//' | sort -r >"$work/stale"
	for try in 1 2 3; do
		while read -r trigger; do
			echo "$trigger" 2>/dev/null >>"$1"
		done <"$work/stale"
	done
	: "$try"
}

# each_deadly FUNCTION: call it with name and number of every signal, but INT, that ends a
# shell. Dash and busybox do not run the trap of EXIT then, as bash does. Left out are KILL,
# and what says that the shell itself is broken: back from a trap it would fault again. The
# numbers are those of most architectures, of use in the exit status only.
each_deadly() {
	for signal in HUP:1 QUIT:3 TRAP:5 ABRT:6 USR1:10 USR2:12 PIPE:13 ALRM:14 TERM:15 16:16 XCPU:24 \
		XFSZ:25 VTALRM:26 PROF:27 IO:29 PWR:30 SYS:31; do
		"$1" "${signal%:*}" "${signal#*:}"
	done
	# those of POSIX's realtime
	signal=34
	while [ "$signal" -le 64 ]; do
		"$1" "$signal" "$signal"
		signal=$((signal + 1))
	done
}

# shellcheck disable=SC2064 # the number is known by now
trap_exit() { trap "exit $((128 + $2))" "$1"; }

trap_nothing() { trap '' "$1"; }

# needs PROGRAM [HINT]
needs() { command -v "$1" >/dev/null || fail 7 "needs $1${2:+ ($2)}"; }

# recipe_check [COMMAND...]: is there anything to trace, and may we?
recipe_check() {
	[ $# = 0 ] || [ -z "$seconds" ] || bad_usage "either --time or a COMMAND"
	[ "$(id -u)" = 0 ] || fail 5 "needs root"
	[ -d "$TRACING/events" ] || fail 6 "no tracefs at $TRACING; mount -t tracefs tracefs $TRACING"
	[ -d "$TRACING/events/vswap" ] ||
		fail 3 "this kernel has no virtual swap: no events vswap in $TRACING"
	trap recipe_end EXIT
	trap interrupted INT
	each_deadly trap_exit
	space=$(pid_space)
	# Not mktemp: a signal could end it when the directory is there and its name not yet here.
	work=${TMPDIR:-/tmp}/vswap-trace.$space.$$.$(od -An -N6 -tx1 /dev/urandom | tr -d ' ')
	mkdir -m 700 "$work" || {
		work=''
		die "no temporary directory"
	}
	remove_stale
	: "${seconds:=10}"
	page_bytes=$(awk '/^KernelPageSize:/ { print $2 * 1024; exit }' /proc/self/smaps)
	cgroup_root=$(awk '$3 == "cgroup2" { v2 = $2 } $3 == "cgroup" && $4 ~ /(^|,)memory(,|$)/ { v1 = $2 }
		END { print v1 != "" ? v1 : v2 }' /proc/mounts)
	owner_id=''
	[ -z "$owner" ] || find_owner
}

# The inode number of --cgroup. A filter takes events of that one only. With those below it,
# it would be as long as there are services, and not know those that come while it watches.
find_owner() {
	[ -n "$cgroup_root" ] || die "no cgroups are mounted"
	dir=$(CDPATH='' cd -P -- "$owner" 2>/dev/null && pwd)
	case $dir in
	"$cgroup_root" | "$cgroup_root"/*) ;;
	*) dir=$(CDPATH='' cd -P -- "$cgroup_root/${owner#/}" 2>/dev/null && pwd) ;;
	esac
	case $dir in
	"$cgroup_root" | "$cgroup_root"/*) ;;
	*) die "no cgroup $owner" ;;
	esac
	# shellcheck disable=SC2012 # a single directory; stat is not everywhere
	owner_id=$(ls -di "$dir" | awk '{ print $1; exit }')
	below=$(($(find "$dir" -type d | wc -l) - 1))
	[ "$below" -le 0 ] || say "only $owner itself counts, not the $below cgroups below it"
}

# recipe_instance KB: a trace instance of our own, with a buffer of that size if --buffer
# says nothing else; "none" if nothing will go through the buffer, which then is small.
recipe_instance() {
	instance=$TRACING/instances/vswap-trace-$RECIPE.$space.$$
	complaint=$(mkdir "$instance" 2>&1) || die "cannot make a trace instance: $complaint"
	kb=4
	[ "$1" = none ] || kb=${buffer_kb:-$1}
	# The braces, for it is the shell that complains of the write.
	{ echo "$kb" >"$instance/buffer_size_kb"; } 2>/dev/null ||
		die "no buffer of $kb KB per processor; use a smaller --buffer"
}

# trigger EVENT TEXT: a trigger in our instance; it goes away at the end.
trigger() {
	# Noted first: a signal may come between the two.
	triggers="$1	$2
$triggers"
	echo "$2" 2>/dev/null >>"$instance/events/$1/trigger" || {
		say "the kernel refuses a trigger on $1: $2"
		tail -n 4 "$TRACING/error_log" >&2
		exit 1
	}
}

# synth NAME FIELDS: a synthetic event; they are global, so the name has our pid.
synth() {
	synthetic="$1 $synthetic"
	echo "$1 $2" >>"$TRACING/synthetic_events" || die "cannot define the synthetic event $1"
}

# An event filter for --cgroup, joined with another condition.
condition() {
	if [ -n "$owner_id" ] && [ -n "$1" ]; then
		echo "($1) && cgroup == $owner_id"
	elif [ -n "$owner_id" ]; then
		echo "cgroup == $owner_id"
	else
		echo "$1"
	fi
}

# if_clause CONDITION: the tail of a trigger.
if_clause() {
	clause=$(condition "$1")
	[ -z "$clause" ] || echo " if $clause"
}

# ^C, or an INT from elsewhere: what we wait for ends, then comes the report.
interrupted() {
	stopped=1
	[ -z "$child" ] || kill -s "$child_signal" "$child" 2>/dev/null
}

# deaf COMMAND...: INT, which ^C sends to all of us, does not end what it consists of. We see
# it afterwards. Sets no variables.
deaf() { (trap '' INT && "$@"); }

# mortal_by SIGNAL: into "mortal", the words before a command that is to get SIGNAL should
# we be killed the hard way.
mortal_by() {
	mortal=''
	# A busybox may come first that knows less.
	for with in setpriv /usr/bin/setpriv; do
		! "$with" --pdeathsig "$1" true 2>/dev/null || {
			mortal="$with --pdeathsig $1"
			return
		}
	done
}

# recorder_start SIGNAL COMMAND...: in the background, out of reach of the terminal's ^C,
# for it is we who end it.
recorder_start() {
	mortal_by "$1"
	shift
	# shellcheck disable=SC2086 # words on purpose
	setsid $mortal "$@" </dev/null &
	recorder=$!
}

recording() { [ -n "$recorder" ] && kill -0 "$recorder" 2>/dev/null; }

# recorder_end SECONDS: trace-cmd and bpftrace write their results, and clean up, after
# an interrupt; one that comes before they are ready for it gets lost, so there is
# another every three seconds. After those seconds with less kindness. Status of "wait".
recorder_end() {
	tries=0
	while recording; do
		if [ "$tries" -gt $(($1 * 5 + 10)) ]; then
			# a session of its own, and so a group
			kill -KILL -- "-$recorder" 2>/dev/null
		elif [ "$tries" -gt $(($1 * 5)) ]; then
			kill "$recorder" 2>/dev/null
		elif [ $((tries % 15)) = 0 ]; then
			kill -INT "$recorder" 2>/dev/null
		fi
		tries=$((tries + 1))
		sleep 0.2
	done
	ended=$recorder
	recorder=''
	wait "$ended"
}

# Runs on every way out.
recipe_end() {
	status=$?
	trap '' INT
	each_deadly trap_nothing
	[ -z "$recorder" ] || recorder_end 5 2>/dev/null
	[ -z "$child" ] || { kill -s "$child_signal" "$child" && wait "$child"; } 2>/dev/null
	if [ -n "$instance" ] && [ -d "$instance" ]; then
		echo 0 >"$instance/tracing_on"
		printf '%s' "$triggers" | while IFS='	' read -r event text; do
			[ -z "$event" ] || echo "!$text" 2>/dev/null >>"$instance/events/$event/trigger"
		done
		for try in 1 2 3 4 5; do
			rmdir "$instance" 2>/dev/null && break
			sleep 0.2
		done
		: "$try"
		[ ! -d "$instance" ] || say "could not remove $instance"
	fi
	for event in $synthetic; do
		echo "!$event" 2>/dev/null >>"$TRACING/synthetic_events"
	done
	[ -z "$work" ] || rm -rf "$work"
	exit "$status"
}

#
# Watching
#

uptime_now() { cut -d' ' -f1 /proc/uptime; }

# since UPTIME DIGITS: seconds from then to now
since() { uptime_now | awk -v b="$1" -v d="$2" '{ printf "%." d "f", $1 - b }'; }

# background COMMAND...: its pid is in "child", also if an interrupt comes right now.
background() {
	"$@" <&0 &
	child=$!
	[ -z "$stopped" ] || interrupted
}

# nap SECONDS: a sleep that a signal ends, or the end of the recorder.
nap() {
	left=$1
	while [ -z "$stopped" ] && [ "$left" -gt 0 ]; do
		[ -z "$recorder" ] || recording || break
		background sleep 1
		wait "$child"
		child=''
		left=$((left - 1))
	done
}

# start COMMAND...: its output is not ours.
start() { background "$@" >&2; }

# Wait for the command; an interrupt has ended it.
finish() {
	rc=0
	while [ -n "$child" ]; do
		if [ -z "$stopped" ]; then
			# An interrupt lets it return early.
			wait "$child" || rc=$?
		else
			sleep 0.2
			interrupted
		fi
		kill -0 "$child" 2>/dev/null || child=''
	done
	[ "$rc" = 0 ] || [ -n "$stopped" ] || say "the command ended with status $rc"
}

# alive: the command still runs, and nobody wants it to end.
alive() { [ -z "$stopped" ] && kill -0 "$child" 2>/dev/null; }

# each_interval FUNCTION SECONDS [COMMAND...]: call it after every so many seconds, and once
# more when the command has ended; or for $seconds. If it fails, so does the recipe.
each_interval() {
	call=$1 every=$2 passed=0
	shift 2
	if [ $# = 0 ]; then
		while [ -z "$stopped" ] && [ "$passed" -lt "$seconds" ]; do
			[ $((seconds - passed)) -ge "$every" ] || every=$((seconds - passed))
			nap "$every"
			passed=$((passed + every))
			"$call" || exit
		done
		return
	fi
	start "$@"
	while alive; do
		tenths=0
		while [ "$tenths" -lt $((every * 10)) ] && alive; do
			sleep 0.1
			tenths=$((tenths + 1))
		done
		! alive || "$call" || exit
	done
	finish
	"$call" || exit
}

# watch [COMMAND...]: until it ends, or for the time given. Sets "elapsed".
watch() {
	began=$(uptime_now)
	if [ $# -gt 0 ]; then
		start "$@"
		finish
	else
		nap "$seconds"
	fi
	elapsed=$(since "$began" 2)
}

# still_starting COMPLAINT: a recorder that has died, or is not ready after a minute, never
# will be.
still_starting() {
	if ! recording || [ "$(since "$begin" 0)" -ge 60 ]; then
		cat "$work/log" >&2
		die "$1"
	fi
}

# record_start FILE KB OPTION...: trace-cmd records into our instance, which it did not
# make. It is ready when this returns: it switches tracing on last.
record_start() {
	record_file=$1 record_kb=$2
	shift 2
	echo 0 >"$instance/tracing_on"
	recorder_start INT trace-cmd record -q -C mono -B "${instance##*/}" -b "$record_kb" "$@" \
		-o "$record_file" >"$work/log" 2>&1
	begin=$(uptime_now)
	until [ "$(cat "$instance/tracing_on")" = 1 ]; do
		[ -z "$stopped" ] || return 0
		sleep 0.1
		still_starting "trace-cmd cannot record"
	done
}

# It writes the file when it is interrupted. What the buffer lost is known before:
# trace-cmd removes the instance in the end.
record_stop() {
	recording || die "trace-cmd stopped recording: $(cat "$work/log")"
	echo 0 >"$instance/tracing_on"
	lost=$(buffer_lost)
	# To write what a large buffer holds can take a while.
	recorder_end 120
	[ -s "$record_file" ] || {
		[ -z "$stopped" ] || die "interrupted before it began"
		cat "$work/log" >&2
		die "trace-cmd recorded nothing"
	}
}

# run_bpftrace [COMMAND...]: $work/program.bt, until the command ends or time is over.
run_bpftrace() {
	# Nobody would read its results if we were gone, the kernel takes back what it has, and a
	# signal that it handles is lost before it is ready for it.
	recorder_start KILL bpftrace -B none ${json:+-f json} "$work/program.bt" >"$work/output" 2>"$work/log"
	# Its timer runs when its probes are there; a moment more for the last of them.
	begin=$(uptime_now)
	until grep -q ready "$work/output" || [ -n "$stopped" ]; do
		sleep 0.2
		still_starting "bpftrace does not get its probes to run"
	done
	[ -n "$stopped" ] || sleep 0.5
	watch "$@"
	rc=0
	recorder_end 30 || rc=$?
	if [ "$rc" != 0 ] && [ -z "$stopped" ]; then
		cat "$work/log" >&2
		die "bpftrace failed"
	fi
	# Lost stacks and full maps are told on stderr.
	grep -i -E 'lost|full|error' "$work/log" >&2 && lost=1
	grep -v -e '^Attaching' -e '^ready$' -e '"ready' -e '^@ready' "$work/output" | awk 'NF || !blank; { blank = !NF }'
	[ "$lost" = 0 ] || exit 4
}

# recipe_done REMEDY: the last word, if something was lost: how much is in "lost".
recipe_done() {
	[ "$lost" = 0 ] || fail 4 "$lost events $1"
}

#
# Names and figures
#

# names EVENT FIELD: lines "VALUE WORD", as the kernel's format of the event has them.
names() {
	awk -v field="$2" '/^print fmt:/ {
		at = index($0, "__print_symbolic(REC->" field ",")
		if (!at)
			exit
		rest = substr($0, at)
		rest = substr(rest, 1, index(rest, ")"))
		while (match(rest, /\{ *[0-9]+ *, *"[^"]*" *\}/)) {
			item = substr(rest, RSTART, RLENGTH)
			rest = substr(rest, RSTART + RLENGTH)
			sub(/^\{ */, "", item)
			value = item
			sub(/[^0-9].*$/, "", value)
			sub(/^[^"]*"/, "", item)
			sub(/".*$/, "", item)
			print value, item
		}
	}' "$TRACING/events/vswap/$1/format"
}

# value EVENT FIELD WORD: the number behind a word.
value() {
	names "$1" "$2" | awk -v w="$3" '$2 == w { print $1; found = 1 } END { exit !found }' ||
		die "this kernel's event $1 has no $2 \"$3\""
}

# Cgroups as they are now, added to those seen before: some live only for a while.
note_cgroups() {
	[ -n "$cgroup_root" ] || return 0
	find "$cgroup_root" -type d -exec ls -di {} + 2>/dev/null | awk -v root="$cgroup_root" '{
		ino = $1
		sub(/^ *[0-9]+ /, "")
		path = substr($0, length(root) + 1)
		print ino, path == "" ? "/" : path
	}' >>"$work/cgroups"
}

# stat_now FILE: the counters.
stat_now() {
	cat "$STAT" >"$1" 2>/dev/null ||
		fail 6 "cannot read $STAT; mount -t debugfs debugfs ${STAT%/vswap/stat}"
}

# Events that the ring buffer of our instance lost.
buffer_lost() {
	cat "$instance"/per_cpu/cpu*/stats | awk '/^(overrun|commit overrun|dropped events):/ { n += $NF }
		END { print n + 0 }'
}

# hist_lost FILE: what did not fit into histogram tables.
hist_lost() {
	awk '/Dropped:/ { n += $2 } END { print n + 0 }' "$1"
}

# Awk functions for reports: jstr(), group(), and reading of histograms.
# shellcheck disable=SC2016 # awk's variables
AWK_LIB='
function jstr(s,    out, i, c) {
	out = "\""
	for (i = 1; i <= length(s); i++) {
		c = substr(s, i, 1)
		if (c == "\"" || c == "\\")
			out = out "\\" c
		else if (c < " ")
			out = out " "
		else
			out = out c
	}
	return out "\""
}
function load_names(file, into,    line, at) {
	while ((getline line < file) > 0) {
		at = index(line, " ")
		into[substr(line, 1, at - 1)] = substr(line, at + 1)
	}
	close(file)
}
# a cgroup for people: its path, its number if it is gone, - for none
function group(id) { return id == "0" ? "-" : (id in cgroups) ? cgroups[id] : "#" id }
# a cgroup for programs
function jgroup(id) {
	return sprintf("\"cgroup\":%s,\"cgroup_id\":%s", (id in cgroups) ? jstr(cgroups[id]) : "null",
		id == "0" ? "null" : id)
}
# the number after "name:" in a line of a histogram; as text, for 64 bits are too many
function num(name,    s) {
	if (!match($0, "(^|[ {,])" name ": *[0-9]+"))
		return ""
	s = substr($0, RSTART, RLENGTH)
	sub(/^.*[^0-9]/, "", s)
	return s
}
# "name [pid]" of a key common_pid.execname
function task(    s) {
	if (!match($0, /common_pid: .*\[ *[0-9]+\]/))
		return ""
	s = substr($0, RSTART + 12, RLENGTH - 12)
	match(s, / *\[ *[0-9]+\]$/)
	task_pid = substr(s, RSTART, RLENGTH)
	gsub(/[^0-9]/, "", task_pid)
	task_name = substr(s, 1, RSTART - 1)
	return task_name "[" task_pid "]"
}
# after a table: what of its n lines was not shown
function more(n) {
	if (n > top)
		printf "... %d more lines; -n shows them\n", n - top
}
# keys of an array, largest value first, into order[1..n]
function rank(a, order,    k, n, i, t, gap) {
	n = 0
	for (k in a)
		order[++n] = k
	for (gap = int(n / 2); gap > 0; gap = int(gap / 2))
		for (i = gap + 1; i <= n; i++) {
			t = order[i]
			for (k = i; k > gap && (a[order[k - gap]] < a[t] || \
			    (a[order[k - gap]] == a[t] && order[k - gap] > t)); k -= gap)
				order[k] = order[k - gap]
			order[k] = t
		}
	return n
}
'
