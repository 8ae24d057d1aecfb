#!/bin/busybox sh
# SPDX-License-Identifier: MIT
# First program of the guest: loads the boot modules, mounts the root disk and the shares, starts scripts/lib/vm-guest.sh.
# shellcheck shell=dash

bb=/bin/busybox
fail() { echo "initramfs: $*" >/dev/console; $bb poweroff -f; }

$bb mount -t devtmpfs dev /dev
exec </dev/console >/dev/console 2>&1
for module in /mod/*; do $bb insmod "$module" || echo "initramfs: cannot load $module"; done

# The probe for a working accelerator needs no disk: to come this far is the answer.
case " $($bb mount -t proc proc /proc; $bb cat /proc/cmdline) " in
*" vm_probe "*) echo vm_probe_ok; $bb poweroff -f ;;
esac
$bb umount /proc

new=/new
# Disks appear a moment after their driver.
tries=50
until [ -b /dev/vdb ] || [ $tries = 0 ]; do $bb sleep 0.1; tries=$((tries - 1)); done
$bb mount -t ext4 -o noatime /dev/vda $new || fail "no root disk"
$bb mkdir -p $new/usr/lib/modules $new/repo $new/vm
$bb mount -t ext4 -o ro /dev/vdb $new/usr/lib/modules || fail "no module disk"

$bb mount -t proc proc $new/proc
$bb mount -t sysfs sys $new/sys
$bb mount -t devtmpfs dev $new/dev
$bb mkdir -p $new/dev/pts $new/dev/shm
$bb mount -t devpts -o ptmxmode=666 devpts $new/dev/pts
for dir in dev/shm tmp run vm; do $bb mount -t tmpfs -o mode=1777 tmpfs $new/$dir; done
$bb mount -t debugfs debugfs $new/sys/kernel/debug
$bb mount -t tracefs tracefs $new/sys/kernel/tracing
$bb mount -t bpf bpf $new/sys/fs/bpf
$bb mount -t cgroup2 cgroup2 $new/sys/fs/cgroup
$bb ifconfig lo 127.0.0.1 up

# The host may go on working in its tree: the guest reads it and keeps its own changes in memory.
$bb mkdir -p $new/vm/share $new/vm/host $new/vm/upper $new/vm/work $new/vm/out
$bb mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,cache=loose,ro repo $new/vm/host || fail "no repository share"
$bb mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000 share $new/vm/share || fail "no result share"
$bb mount -t overlay -o lowerdir=$new/vm/host,upperdir=$new/vm/upper,workdir=$new/vm/work overlay $new/repo || fail "no overlay"

$bb umount -l /dev
# The console stays open from before: the guest's own start and end messages go to the kernel log's console.
exec $bb switch_root $new /bin/bash /repo/scripts/lib/vm-guest.sh
