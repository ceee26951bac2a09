# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The series as git commits, without a work tree: the base tree is put into a bare
# repository once, patches are applied to an index.

REPO=$CACHE/series.git
# Names that go into commits made here; authors are those of the patches.
export GIT_COMMITTER_NAME=vswap GIT_COMMITTER_EMAIL=vswap@localhost
export GIT_COMMITTER_DATE='2026-01-01T00:00:00Z'

sg() {
	git --git-dir="$REPO" -c core.compression=1 -c core.abbrev=12 -c diff.noprefix=false \
		-c diff.mnemonicPrefix=false -c core.autocrlf=false -c gc.auto=0 "$@"
}

# The repository with the tag "base", made anew when the base tree is another.
series_repo() {
	local id
	id=$(cat "$BASE_TREE/.vswap-base")
	[ "$(cat "$REPO/vswap-base" 2>/dev/null)" != "$id" ] || return 0
	need_space 1500 'the series repository'
	say "putting the base tree into git (once)"
	rm -rf "$REPO"
	git init -q --bare "$REPO"
	# Forced: Debian's package ships a .gitignore that hides everything.
	(cd "$BASE_TREE" && find . -maxdepth 1 -mindepth 1 ! -name 'o-*' ! -name '.vswap-*' -print0 |
		GIT_DIR=$REPO GIT_WORK_TREE=. xargs -0 git add -f --)
	sg update-ref refs/tags/base "$(GIT_AUTHOR_NAME=vswap GIT_AUTHOR_EMAIL=vswap@localhost \
		GIT_AUTHOR_DATE=$GIT_COMMITTER_DATE \
		sg commit-tree -m "Linux ${id%% *}" "$(sg write-tree)")"
	rm -f "$REPO/index"
	echo "$id" >"$REPO/vswap-base"
}

# commit_file FILE PARENT: one .patch or .new as a commit; prints its hash. The index
# in $GIT_INDEX_FILE is that of PARENT before and the new commit's after.
commit_file() {
	local file=$1 parent=$2 work=$3 path mode
	sed '/^File: /d' "$file" | git mailinfo -b "$work/msg" "$work/diff" >"$work/info" ||
		die "$E_PATCH" "${file##*/} is not in mail format"
	case $file in
	*.patch)
		sg apply --cached "$file" 2>"$work/err" ||
			die "$E_PATCH" "${file##*/} does not apply: $(head -n 1 "$work/err")"
		;;
	*.new)
		sed -n 's/^File: //p' "$file" | while read -r path; do
			[ -f "$KDIR/$path" ] || die "$E_PATCH" "${file##*/} names kernel/$path, which is not there"
			mode=100644
			[ ! -x "$KDIR/$path" ] || mode=100755
			sg update-index --add --cacheinfo \
				"$mode,$(sg hash-object -w "$KDIR/$path"),$path"
		done
		;;
	esac
	{
		info Subject "$work/info"
		echo
		cat "$work/msg"
	} | git stripspace >"$work/commit-msg"
	GIT_AUTHOR_NAME=$(info Author "$work/info") GIT_AUTHOR_EMAIL=$(info Email "$work/info") \
		GIT_AUTHOR_DATE=$(info Date "$work/info") \
		sg commit-tree -p "$parent" -F "$work/commit-msg" "$(sg write-tree)"
}

info() { sed -n "s/^$1: //p" "$2"; }

series_files() {
	find "$KDIR/patches" -maxdepth 1 \( -name '[0-9]*.patch' -o -name '[0-9]*.new' \) 2>/dev/null |
		LC_ALL=C sort
}

# Every new file must belong to a commit, or the series lacks it.
check_new_files() {
	local f
	new_files | while read -r f; do
		grep -qsxF "File: $f" "$KDIR"/patches/[0-9]*.new ||
			die "$E_PATCH" "kernel/$f belongs to no commit (no \"File: $f\" in kernel/patches/*.new)"
	done
}

# The whole series as commits on the branch "series"; prints how many.
series_commits() {
	local work head n=0 f
	series_repo
	check_new_files
	work=$(mktemp -d)
	head=$(sg rev-parse base)
	export GIT_INDEX_FILE=$work/index
	sg read-tree base
	while read -r f; do
		head=$(commit_file "$f" "$head" "$work")
		n=$((n + 1))
	done < <(series_files)
	unset GIT_INDEX_FILE
	sg update-ref refs/heads/series "$head"
	rm -rf "$work"
	echo $n
}
