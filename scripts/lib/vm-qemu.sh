# SPDX-License-Identifier: MIT
# Starts QEMU on the guest's disks, watches it, and brings the command's output, files and status back.
# shellcheck shell=bash
: "${repo_root:?}" "${tmp=}"                                                    # set by common.sh
: "${vm_dir:?}" "${mem:?}" "${cpus:?}" "${tick=}" "${timeout:?}" "${append=}" "${out_dir:?}" # set by scripts/vm
: "${arch:?}" "${qemu=}" "${machine=}" "${console=}"                              # set by scripts/vm
: "${root_image=}" "${kernel_dir=}" "${initrd=}"                                  # set by vm-image.sh

boot_limit=180                  # seconds until the command must have started; emulation on a busy machine is slow
probe_limit=15

# /dev/kvm may be there and hang the guest before its first output, so only a boot that came through counts. The answer is kept for this machine.
choose_accel() {                # sets accel
	local file=$vm_dir/accel key known
	accel=tcg
	[[ $arch == "$(uname -m)" ]] || return 0
	key=$(hash_of "$(uname -rm)" "$(qemu-system-x86_64 --version)" "$(stat -c '%a %u %g' /dev/kvm 2>/dev/null)")
	if [[ -e $file ]] && read -r known accel <"$file" && [[ $known == "$key" ]]; then return; fi
	accel=tcg
	if [[ -r /dev/kvm && -w /dev/kvm ]]; then
		note "testing KVM (at most $probe_limit s) ..."
		if probe_kvm; then accel=kvm; else note "KVM does not work here: the guest is emulated"; fi
	fi
	echo "$key $accel" >"$tmp/accel"
	mv "$tmp/accel" "$file"
}

probe_kvm() {
	local log=$tmp/probe.log
	run_child timeout -k 2 "$probe_limit" qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot \
		-accel kvm -cpu host -m 512 -kernel "$kernel_dir/vmlinux" -initrd "$initrd" \
		-append "console=ttyS0 quiet panic=-1 vm_probe" -serial file:"$log" </dev/null >"$tmp/probe.err" 2>&1
	grep -q vm_probe_ok "$log" 2>/dev/null
}

# Several TCG threads make QEMU 7.2 guests panic at random.
accel_options() {
	[[ -z $tick ]] || accel=tcg
	case $accel in
	kvm) printf '%s\n' -accel kvm -cpu host ;;
	tcg) [[ $arch == x86_64 ]] || { printf '%s\n' -accel tcg -cpu cortex-a72; return; }
		printf '%s\n' -accel tcg,thread=single -cpu max,la57=off ;;
	esac
	[[ -z $tick ]] || printf '%s\n' -icount "shift=$tick,sleep=off"
}

qemu_quote() { printf '%s' "${1//,/,,}"; } # a comma ends an option's value

share_options() {               # share_options NAME PATH [EXTRA]
	printf '%s\n' -fsdev "local,id=$1,path=$(qemu_quote "$2"),security_model=none,multidevs=remap${3-}" \
		-device "virtio-9p-pci,fsdev=$1,mount_tag=$1"
}

# Own changes to the root disk go to a temporary file, so that guests can share the image.
disk_options() {                # disk_options FILE EXTRA
	printf '%s\n' -drive "file=$(qemu_quote "$1"),format=raw,if=virtio,$2"
}

port_options() {                # port_options NUMBER FIFO
	printf '%s\n' -chardev "file,id=port$1,path=$(qemu_quote "$2")" -device "virtserialport,nr=$1,chardev=port$1"
}

# Debian packs this device apart from QEMU on some releases; without it only modprobe virtio-gpu finds nothing.
gpu_options() {
	local devices
	devices=$("$qemu" -device help 2>/dev/null)
	[[ $devices != *'"virtio-gpu-pci"'* ]] || printf '%s\n' -device virtio-gpu-pci
}

qemu_options() {
	printf '%s\n' -nodefaults -no-user-config -display none -no-reboot -M "$machine" -m "$mem" -smp "$cpus"
	accel_options
	printf '%s\n' -kernel "$kernel_dir/vmlinux" -initrd "$initrd" -append "$(kernel_arguments)"
	disk_options "$root_image" snapshot=on
	disk_options "$kernel_dir/modules.ext4" readonly=on
	share_options repo "$repo_root" ,readonly=on
	share_options share "$run_dir/share"
	printf '%s\n' -device virtio-serial-pci
	port_options 1 "$run_dir/stdout"
	port_options 2 "$run_dir/stderr"
	gpu_options
	printf '%s\n' -serial "file:$(qemu_quote "$run_dir/console.log")"
}

# no_timer_check: on a busy host an emulated timer ticks too late for the check at boot, which then panics.
kernel_arguments() { echo "console=$console loglevel=4 panic=-1 no_timer_check mitigations=off cryptomgr.notests $append"; }

prepare_run() {                 # prepare_run COMMAND...
	run_dir=$tmp
	mkdir "$run_dir/share" "$run_dir/out"
	mkfifo "$run_dir/stdout" "$run_dir/stderr"
	printf '%s\0' "$@" >"$run_dir/share/command"
	echo "$repo_root" >"$run_dir/share/host_root"
	: >"$run_dir/console.log"
}

# When our own reader has gone (as "| head" does), the guest's output must still go somewhere, or its command would wait for ever.
pass_on() { cat "$1" || cat "$1" >/dev/null; }

# Each pipe is also held open here until QEMU is gone: nobody waits for the other side, and a QEMU that dies early hangs nothing.
start_guest() {
	local options
	mapfile -t options < <(qemu_options)
	exec {out_fd}<>"$run_dir/stdout" {err_fd}<>"$run_dir/stderr"
	pass_on "$run_dir/stdout" {out_fd}>&- {err_fd}>&- & out_pid=$!
	pass_on "$run_dir/stderr" >&2 {out_fd}>&- {err_fd}>&- & err_pid=$!
	"$qemu" "${options[@]}" </dev/null >"$run_dir/qemu.log" 2>&1 {out_fd}>&- {err_fd}>&- & qemu_pid=$!
	children+=("$qemu_pid" "$out_pid" "$err_pid")
}

# Sets failure to what went wrong, if QEMU had to be ended.
watch_guest() {
	local end=$((SECONDS + timeout)) boot_end=$((SECONDS + boot_limit))
	failure=
	while kill -0 "$qemu_pid" 2>/dev/null; do
		if ((SECONDS >= end)); then
			failure="the command did not end within $timeout s"
		elif ((SECONDS >= boot_end)) && [[ ! -e $run_dir/share/booted ]]; then
			failure="the guest did not start the command within $boot_limit s"
		fi
		[[ -z $failure ]] || { kill "$qemu_pid"; break; }
		sleep 0.1 || true # ends early when an interruption reaches it first
	done
	wait "$qemu_pid" || true
	forget_child "$qemu_pid"
}

pass_rest_of_output() {
	exec {out_fd}>&- {err_fd}>&-
	wait "$out_pid" "$err_pid" || true
	forget_child "$out_pid"
	forget_child "$err_pid"
}

# The results of an earlier run must not be taken for this one's.
collect_results() {
	mv -f "$run_dir/console.log" "$vm_dir/console.log"
	rm -rf "$out_dir"
	mkdir -p "$(dirname "$out_dir")"
	if [[ -e $run_dir/share/status ]]; then
		tar -C "$run_dir/out" --no-same-owner -xf "$run_dir/share/out.tar" || failure="the guest's \$VM_OUT could not be unpacked"
	fi
	mv "$run_dir/out" "$out_dir"
}

guest_status() {                # prints the command's status, or fails with failure set
	[[ -z $failure ]] || return 1
	if [[ ! -e $run_dir/share/status ]]; then
		failure="the guest stopped before the command ended"
		[[ -e $run_dir/share/booted ]] || failure="the guest did not come up"
		grep -q 'Kernel panic' "$vm_dir/console.log" && failure="the guest's kernel panicked"
		[[ ! -s $run_dir/qemu.log ]] || failure+=" ($(tail -n 1 "$run_dir/qemu.log"))"
		return 1
	fi
	status=$(<"$run_dir/share/status")
	[[ $status != lost ]] || { failure="the guest could not hand over \$VM_OUT"; return 1; }
}

run_guest() {                   # run_guest COMMAND...: exits with its status
	prepare_run "$@"
	start_guest
	watch_guest
	pass_rest_of_output
	collect_results
	guest_status || die 70 "$failure; console log: $vm_dir/console.log"
	exit "$status"
}
