# SPDX-License-Identifier: MIT
# Finds the Debian mirror that this host's apt uses and runs mmdebstrap on it.
# shellcheck shell=bash
: "${repo_root:?}" "${prog:?}" "${tmp=}"      # set by common.sh

# One line for each binary package index in the host's sources; works for both source formats and before the first apt-get update.
apt_targets() {
	# shellcheck disable=SC2016 # apt expands these fields
	apt-get indextargets --no-release-info \
		--format '$(CREATED_BY)|$(COMPONENT)|$(RELEASE)|$(REPO_URI)|$(SIGNED_BY)' 2>/dev/null
}

# The host may follow any release; its mirror has the others beside it. Security and update archives do not.
debian_source() {               # debian_source SUITE: prints one sources.list line
	local suite=$1 kind component release uri key
	while IFS='|' read -r kind component release uri key; do
		[[ $kind == Packages && $component == main && $uri != cdrom:* ]] || continue
		case $release in
		bullseye | bookworm | trixie | forky | sid | oldstable | stable | testing | unstable) ;;
		*) continue ;;
		esac
		# An apt that does not know the field leaves its name.
		[[ $key == /* ]] || key=/usr/share/keyrings/debian-archive-keyring.gpg
		printf 'deb [signed-by=%s] %s %s main\n' "$key" "$uri" "$suite"
		return
	done < <(apt_targets)
	die 2 "apt's sources name no Debian archive (apt-get indextargets lists none)"
}

# mmdebstrap does not read the host's apt.conf; these few settings decide whether the mirror answers at all.
apt_host_options() {
	apt-config dump | grep -iE '^Acquire::(https?::Proxy|Check-Valid-Until|Check-Date) ' || true
}

# Arguments after LOG go to mmdebstrap. A mirror that does not answer is the user's to repair (2), anything else ours (70).
debian_bootstrap() {            # debian_bootstrap SUITE TARGET LOG OPTION...
	local suite=$1 target=$2 log=$3 source line options=()
	shift 3
	source=$(debian_source "$suite") || exit
	while read -r line; do options+=(--aptopt="${line%;}"); done < <(apt_host_options)
	# The system's /tmp may be small; without root it must stay, as the user name space may not get to this one.
	[[ $EUID -ne 0 ]] || export TMPDIR=$tmp
	run_child mmdebstrap "${options[@]}" "$@" "$suite" "$target" "$source" >"$log" 2>&1 </dev/null && return
	keep_log "$log"
	if grep -qiE 'could not resolve|failed to fetch|could not connect|connection (failed|timed out)|unreachable' "$log"; then
		die 2 "the Debian mirror of this host's apt did not deliver $suite (log: $kept_log)"
	fi
	die 70 "mmdebstrap failed for $suite (log: $kept_log)"
}

kept_log=
keep_log() {                    # the scratch directory goes away with this process, the log must not
	kept_log=$repo_root/build/${prog}-build.log
	cp "$1" "$kept_log"
}
