# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for vswaptop

_vswaptop_columns()
{
	# -o takes a list, a leading "+" adds; complete the part after the last comma
	local prefix="" part=$1
	case $part in
	*,*)	prefix=${part%,*},
		part=${part##*,} ;;
	+*)	prefix=+
		part=${part#+} ;;
	esac
	local names
	names=$(vswaptop --list-columns 2>/dev/null | sed 'p; s/.*\.//' | sort -u)
	mapfile -t COMPREPLY < <(compgen -P "$prefix" -W "$names" -- "$part")
	compopt -o nospace
}

_vswaptop_cgroups()
{
	local root=/sys/fs/cgroup
	mapfile -t COMPREPLY < <(cd "$root" 2>/dev/null && compgen -d -S / -- "${1#/}")
	COMPREPLY=("${COMPREPLY[@]/#//}")
	compopt -o nospace
}

_vswaptop()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local panes="transitions cgroups processes devices history counters all"

	COMPREPLY=()
	case $prev in
	-o | --output | --sort)
		_vswaptop_columns "$cur"
		return ;;
	--pane)
		mapfile -t COMPREPLY < <(compgen -W "$panes" -- "$cur")
		return ;;
	--cgroup)
		_vswaptop_cgroups "$cur"
		return ;;
	--pid)
		mapfile -t COMPREPLY < <(compgen -W "$(cd /proc && echo [0-9]*)" -- "$cur")
		return ;;
	--record | --replay | --openmetrics)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		compopt -o filenames
		return ;;
	--sysroot)
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		compopt -o filenames
		return ;;
	-n | --iterations | -d | --delay | --buffer)
		return ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "--batch --json --iterations --delay --output --sort
		--pane --cgroup --pid --bytes --pages --idle --record --replay --openmetrics
		--buffer --no-trace --sysroot --ascii --no-color --list-columns --help
		--version" -- "$cur")
}

complete -F _vswaptop vswaptop
