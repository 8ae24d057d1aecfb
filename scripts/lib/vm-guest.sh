#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs in the guest as its first process after the initramfs: runs the command of scripts/vm, hands its results to the host, powers off.

share=/vm/share                 # files in: command, host_root; files out: booted, out.tar, status
out_port=$(echo /dev/vport*p1)
err_port=$(echo /dev/vport*p2)

power_off() {
	echo s >/proc/sysrq-trigger
	echo o >/proc/sysrq-trigger
	sleep 60
}
trap power_off EXIT

# what udev makes elsewhere; bash's <(...) needs /dev/fd
for link in fd:/proc/self/fd stdin:/proc/self/fd/0 stdout:/proc/self/fd/1 stderr:/proc/self/fd/2; do
	[[ -e /dev/${link%%:*} ]] || ln -s "${link#*:}" "/dev/${link%%:*}"
done

set_environment() {
	export HOME=/root TMPDIR=/tmp VM_OUT=/vm/out XDG_RUNTIME_DIR=/run LANG=C.UTF-8 TERM=dumb
	export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
	# Made with the image; without the update check a first start costs no scan.
	export GST_REGISTRY=/var/cache/gstreamer-registry.bin GST_REGISTRY_UPDATE=no
}

# Absolute paths of the host's tree, as debug information has them, stay valid.
link_host_path() {
	local host_root
	host_root=$(<"$share/host_root")
	[[ -e $host_root ]] && return
	mkdir -p "${host_root%/*}" && ln -s /repo "$host_root"
}

# Pipes, not the ports themselves: a port opens only once, and a program may open its /dev/stdout again.
run_command() {
	local command status=0 out err
	mapfile -d '' -t command <"$share/command"
	mkfifo /vm/stdout /vm/stderr
	cat /vm/stdout >"$out_port" & out=$!
	cat /vm/stderr >"$err_port" & err=$!
	"${command[@]}" </dev/null >/vm/stdout 2>/vm/stderr || status=$?
	kill_leftovers "$out" "$err"
	wait "$out" "$err"
	return "$status"
}

# A process that outlives the command would hold its output open, and the guest with it.
kill_leftovers() {              # kill_leftovers PID_TO_SPARE...
	local dir pid
	for dir in /proc/[0-9]*; do
		pid=${dir#/proc/}
		[[ -e $dir/exe && " 1 $* " != *" $pid "* ]] && kill -KILL "$pid" 2>/dev/null
	done
}

main() {
	local status=0
	set_environment
	link_host_path
	cd /repo || exit
	echo 7 >/proc/sys/kernel/printk # now that booting is over, the log costs nothing
	: >"$share/booted"
	run_command || status=$?
	if tar -C /vm/out -cSf "$share/out.tar" .; then echo "$status" >"$share/status"; else echo lost >"$share/status"; fi
}

main
