# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Packages from a suite that the machine does not have configured, through the mirror
# that it does have, verified by apt, without touching the machine's own apt state.
# After lib.sh.

KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# The Debian mirrors that this machine's apt is set up with, one per line.
# Security and third-party archives do not carry backports.
mirrors() {
	{
		# shellcheck disable=SC2016 # apt's variables, not the shell's
		apt-get indextargets --format '$(ORIGIN) $(REPO_URI)' 2>/dev/null |
			awk '$1 == "Debian" && $2 !~ /security/ { print $2 }'
		grep -hsE '^URIs:' /etc/apt/sources.list.d/*.sources | tr ' ' '\n' |
			grep -E '^(https?|mirror.*)://.*/debian/?$'
		grep -hsE '^deb ' /etc/apt/sources.list /etc/apt/sources.list.d/*.list |
			tr ' ' '\n' | grep -E '^https?://.*/debian/?$'
	} | sed 's,/*$,/,' | sort -u
}

# private_apt TOOL ARGS...: with lists and cache of its own. The machine's proxy and
# certificate settings in apt.conf still hold; so does what is installed here.
private_apt() {
	local d=$DL/apt tool=$1
	shift
	"$tool" -o Dir::State::lists="$d/lists" -o Dir::Cache="$d/cache" \
		-o Dir::Etc::sourcelist="$d/sources.list" -o Dir::Etc::sourceparts=- \
		-o Dir::Etc::preferences=- -o Dir::Etc::preferencesparts=- \
		-o APT::Sandbox::User=root -o Acquire::Languages=none \
		-o Acquire::Retries=2 -o Acquire::AllowInsecureRepositories=false \
		-o APT::Update::Error-Mode=any "$@"
}

# download_debs SUITE PACKAGE...: into $DL. apt compares a file that is already there
# with the signed index, so a damaged download is noticed and a good one is not
# fetched twice. What was verified is remembered beside it.
download_debs() {
	local suite=$1 mirror
	shift
	command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return 1
	[ -r "$KEYRING" ] || {
		say "no $KEYRING: Debian's packages cannot be verified"
		return 1
	}
	need_space 500 "downloading $1"
	while read -r mirror; do
		say "asking the configured Debian mirror for $* ($suite)"
		! download_from "$mirror" "$suite" "$@" || return 0
	done < <(mirrors)
	grep -hs '^E:' "$DL/apt/log" | head -n 2 >&2
	return 1
}

download_from() {
	local d=$DL/apt mirror=$1 suite=$2 p
	shift 2
	mkdir -p "$d/lists/partial" "$d/cache/archives/partial"
	echo "deb [signed-by=$KEYRING] $mirror $suite main" >"$d/sources.list"
	private_apt apt-get -qq update >&2 2>"$d/log" || return 1
	for p in "$@"; do
		(cd "$DL" && private_apt apt-get -qq download "$p/$suite" >&2 2>>"$d/log") || return 1
		(cd "$DL" && sha256sum "$(newest_deb "$p")" >"$p.sha256")
	done
}

# The newest package file of that name in the cache, if any.
newest_deb() {
	find "$DL" -maxdepth 1 -name "$1_*.deb" -printf '%T@ %f\n' |
		sort -rn | head -n 1 | cut -d' ' -f2- | grep .
}

# cached_deb PACKAGE: the path of a package that was verified when it came, if it is
# still what it was. A damaged one is removed, to be fetched again.
cached_deb() {
	local file
	[ -s "$DL/$1.sha256" ] || return 1
	file=$(awk '{ print $2 }' "$DL/$1.sha256")
	(cd "$DL" && sha256sum --quiet -c "$1.sha256" >/dev/null 2>&1) || {
		say "wrong checksum of $file; fetching it again"
		rm -f "${DL:?}/$file" "$DL/$1.sha256"
		return 1
	}
	echo "$DL/$file"
}
