# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for vswap-dump

_vswap_dump()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local columns='TASK ADDRESS PTE SLOT CLUSTER BACKING COUNT CACHED PFN LENGTH COMP
		DEVICE OFFSET CGID CGROUP ENTRY NOTE'
	local backings='none zero zswap phys poison unknown invalid'
	local prefix word list=()

	case $prev in
	-o | --output | --backing)
		# a list: complete what follows the last comma, or the plus of -o +LIST
		prefix=
		[[ $prev == --backing || $cur != +* ]] || prefix=+
		[[ $cur != *,* ]] || prefix=${cur%,*},
		[[ $prev == --backing ]] || backings=$columns
		for word in $backings; do list+=("$prefix$word"); done
		mapfile -t COMPREPLY < <(compgen -W "${list[*]}" -- "$cur")
		compopt -o nospace
		return
		;;
	--extract)
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return
		;;
	--slot | --phys | --entry | --task | --cgroup | --cluster | --device | --kaslr | --phys-base)
		return
		;;
	esac
	if [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W '--slots --slot --raw --phys --entry --task
			--extract --check --backing --cgroup --cluster --device --json --output
			--bytes --noheadings --symbols --debug-file --vmcoreinfo --kaslr
			--phys-base --force --help --version' -- "$cur")
	else
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		compopt -o filenames
	fi
}
complete -F _vswap_dump vswap-dump
