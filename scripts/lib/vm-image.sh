# SPDX-License-Identifier: MIT
# Builds the guest's disks: root file system, kernel with its modules, initramfs. Each is named by a hash of what it is made from.
# shellcheck shell=bash
: "${repo_root:?}" "${vm_dir:?}" "${tmp=}" "${packages=}"      # set by common.sh and scripts/vm

root_suite=trixie
root_packages=(
	bash coreutils findutils diffutils file grep sed tar util-linux procps kmod
	v4l-utils ffmpeg gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad
	libcamera-tools libcamera-ipa gstreamer1.0-libcamera libdrm-tests
	pipewire wireplumber gstreamer1.0-pipewire weston libgl1-mesa-dri libgles2
	bpftrace jq strace ltrace uftrace valgrind gdb stress-ng python3
	libunwind8 liblzma5 libdw1t64 libelf1t64 libjansson4 libasan8 libubsan1
)

# On arm64 packages are unpacked and nothing of them is run, since this machine cannot: what needs no set-up.
arm64_packages=(
	bash dash coreutils findutils diffutils file grep sed mawk tar util-linux procps kmod v4l-utils jq
	libunwind8 liblzma5 libdw1t64 libelf1t64 libjansson4
)
# shellcheck disable=SC2016 # for mmdebstrap
arm64_hook='ln -sf mawk "$1/usr/bin/awk"'

# What stands between the kernel and the root file system, the repository and the output ports. What a kernel has built in is skipped.
boot_modules=(virtio_pci virtio_blk ext4 9pnet_virtio 9p overlay virtio_console)

# GStreamer would look into every plugin at each boot's first start. The file is made in the image and named by the guest's environment.
gst_registry=/var/cache/gstreamer-registry.bin
root_hook="chroot \"\$1\" env GST_REGISTRY=$gst_registry gst-inspect-1.0 >/dev/null 2>&1"

# One row for each kernel: suite and package. All of them run under the same root file system.
kernel_row() {                  # kernel_row ARCH KERNEL
	case $1/$2 in
	x86_64/bookworm) echo bookworm linux-image-amd64 ;;
	x86_64/trixie) echo trixie linux-image-amd64 ;;
	x86_64/sid) echo sid linux-image-amd64 ;;
	x86_64/*) die 2 "unknown kernel '$2' (one of: bookworm trixie sid)" ;;
	arm64/trixie) echo trixie linux-image-arm64 ;;
	arm64/*) die 2 "unknown kernel '$2' for arm64 (one of: trixie)" ;;
	*) die 2 "unknown architecture '$1' (one of: x86_64 arm64)" ;;
	esac
}

# What decides an image's name: its list and the functions that make it (as bash sees them, so that a comment changes nothing).
# Called once. Sets root_image (below root_vm_dir), kernel_dir and initrd, the finished files of this combination, whether they exist or not.
name_images() {                 # name_images ARCH KERNEL
	local row root_key kernel_key initrd_key
	row=$(kernel_row "$1" "$2") || exit
	# shellcheck disable=SC2206 # one name a word
	root_packages+=($packages)
	root_vm_dir=$vm_dir${packages:+/more} # the usual image is not replaced by one with more in it
	if [[ $1 == arm64 ]]; then
		# shellcheck disable=SC2206 # one name a word
		root_packages=("${arm64_packages[@]}" $packages)
		root_hook=$arm64_hook
	fi
	root_key=$(hash_of "$1" "$root_suite" "${root_packages[*]}" "$root_hook" "$(declare -f build_root tar_to_ext4 dir_to_ext4)")
	kernel_key=$(hash_of "$row" "$(declare -f build_kernel unpack_kernel dir_to_ext4)")
	initrd_key=$(hash_of "$kernel_key" "${boot_modules[*]}" "$(<"$repo_root/scripts/lib/vm-initramfs.sh")" \
		"$(declare -f build_initrd boot_module_files unpack_module)")
	root_image=$root_vm_dir/$1/root-$root_key.ext4
	kernel_dir=$vm_dir/$1/kernel-$2-$kernel_key
	initrd=$vm_dir/$1/initrd-$2-$initrd_key
}

build_images() {                # build_images ARCH KERNEL
	name_images "$1" "$2"
	[[ -e $root_image && -e $kernel_dir && -e $initrd ]] && return
	need_tools vm mmdebstrap mke2fs depmod cpio xz zstd
	[[ $EUID -eq 0 ]] || need_tools vm newuidmap
	lock_images
	# Another process may have built them while this one waited.
	mkdir -p "${root_image%/*}"
	[[ -e $root_image ]] || vm_dir=$root_vm_dir build_root "$1"
	[[ -e $kernel_dir ]] || build_kernel "$1" "$2"
	[[ -e $initrd ]] || build_initrd "$1" "$2"
	exec {lock_fd}>&-
}

lock_images() {
	exec {lock_fd}>"$vm_dir/lock"
	flock -n "$lock_fd" && return
	note "waiting for another build of the image ..."
	flock "$lock_fd"
}

# Only for files that the image's own root must own; needs no privilege of the caller.
as_image_root() {
	if [[ $EUID -eq 0 ]]; then run_child "$@"; else run_child mmdebstrap --unshare-helper "$@"; fi
}

build_root() {                  # build_root ARCH
	local start=$SECONDS variant=essential
	[[ $1 != arm64 ]] || variant=extract
	note "building $root_suite root file system (1 to 2 min) ..."
	debian_bootstrap "$root_suite" "$tmp/root.tar" "$tmp/root.log" --variant=$variant --arch="$(debian_arch "$1")" \
		--include="${root_packages[*]}" --customize-hook="$root_hook" \
		--dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright'
	note "writing its disk image ($((SECONDS - start)) s so far) ..."
	tar_to_ext4 "$tmp/root.tar" "$tmp/root.ext4" 2048
	publish "$tmp/root.ext4" "$root_image" "$vm_dir/$1"/root-*
	note "root file system ready after $((SECONDS - start)) s"
}

dir_to_ext4() {                 # dir_to_ext4 DIR IMAGE SIZE_MB
	: >"$2"                 # mke2fs tells of every file that it makes itself
	mke2fs -q -t ext4 -O ^has_journal -d "$1" "$2" "$3M"
}

# The image is sparse; SPARE is what a guest may write before its disk is full.
tar_to_ext4() {                 # tar_to_ext4 TAR IMAGE SPARE_MB
	local size=$(($(stat -c %s "$1") * 5 / 4 / 1048576 + $3))
	: >"$2"
	chmod 666 "$2"
	chmod 755 "$tmp"
	export -f dir_to_ext4
	# shellcheck disable=SC2016 # for the inner shell
	as_image_root bash -c 'set -e; dir=$(mktemp -d); trap "rm -rf $dir" EXIT
		tar -C "$dir" -xpf "$1" --exclude="./dev/*"; dir_to_ext4 "$dir" "$2" "$3"' - "$1" "$2" "$size"
	chmod 644 "$2"
}

build_kernel() {                # build_kernel ARCH KERNEL
	local suite package
	read -r suite package < <(kernel_row "$1" "$2")
	note "fetching the $suite kernel (about 15 s) ..."
	debian_bootstrap "$suite" "$tmp/kernel.tar" "$tmp/kernel.log" --variant=extract --arch="$(debian_arch "$1")" --include="$package,busybox-static"
	mkdir -p "$tmp/extract" "$tmp/kernel/base/lib"
	tar -C "$tmp/extract" -xf "$tmp/kernel.tar" --exclude='./dev/*'
	# Releases differ in where these lie.
	unpack_kernel "$1" "$(find "$tmp/extract" \( -path '*/boot/vmlinuz-*' -o -path '*/modules/*/vmlinuz' \) -print -quit)" "$tmp/kernel/vmlinux"
	find "$tmp/extract" -path '*/bin/busybox' -exec cp {} "$tmp/kernel/busybox" \;
	find "$tmp/extract" -path '*/lib/modules' -exec mv {} "$tmp/kernel/base/lib/" \; -prune
	depmod -b "$tmp/kernel/base" "$(kernel_release "$tmp/kernel")"
	dir_to_ext4 "$tmp/kernel/base/lib/modules" "$tmp/kernel/modules.ext4" "$(($(du -sm "$tmp/kernel/base" | cut -f1) * 3 / 2 + 32))"
	publish "$tmp/kernel" "$kernel_dir" "$vm_dir/$1/kernel-$2"-*
}

debian_arch() { case $1 in x86_64) echo amd64 ;; *) echo "$1" ;; esac; }

# QEMU starts an unpacked kernel a second sooner than one that unpacks itself under emulation. The x86 boot header says where it lies:
# setup sectors at 0x1f1, payload offset and length at 0x248; the payload ends with its size in four bytes.
unpack_kernel() {               # unpack_kernel ARCH IMAGE RESULT
	local sectors offset length start
	[[ $1 == x86_64 ]] || { cp "$2" "$3"; return; }
	shift
	sectors=$(od -An -t u1 -j $((0x1f1)) -N 1 "$1")
	read -r offset length < <(od -An -t u4 -j $((0x248)) -N 8 "$1")
	start=$(((sectors + 1) * 512 + offset))
	dd if="$1" of="$2.packed" bs=1M iflag=skip_bytes,count_bytes skip="$start" count=$((length - 4)) status=none
	if ! zstd -dcq "$2.packed" >"$2" 2>/dev/null && ! xz -dc "$2.packed" >"$2" 2>/dev/null; then cp "$1" "$2"; fi
	rm "$2.packed"
}

kernel_release() { ls "$1/base/lib/modules"; }

# Modules go in unpacked: busybox cannot read every compression, and the list fixes the order so that nothing is resolved at boot.
build_initrd() {                # build_initrd ARCH KERNEL
	local dir=$tmp/initrd name file files n=100
	files=$(boot_module_files) || exit
	mkdir -p "$dir"/{bin,mod,dev,proc,new}
	cp "$kernel_dir/busybox" "$dir/bin/busybox"
	install -m 755 "$repo_root/scripts/lib/vm-initramfs.sh" "$dir/init"
	while read -r file; do
		name=$(basename "${file%%.ko*}")
		unpack_module "$file" >"$dir/mod/$n-$name.ko"
		n=$((n + 1))
	done <<<"$files"
	(cd "$dir" && find . | cpio -o -H newc -R 0:0 --quiet) >"$tmp/initrd.cpio"
	publish "$tmp/initrd.cpio" "$initrd" "$vm_dir/$1/initrd-$2"-*
}

boot_module_files() {
	local name
	for name in "${boot_modules[@]}"; do
		modprobe -d "$kernel_dir/base" -S "$(kernel_release "$kernel_dir")" --show-depends "$name" ||
			die 70 "the kernel has no module $name"
	done | sed -n 's/^insmod //p' | awk '!seen[$1]++ { print $1 }'
}

unpack_module() {
	case $1 in
	*.xz) xz -dc "$1" ;;
	*.zst) zstd -dcq "$1" ;;
	*) cat "$1" ;;
	esac
}

# Gives a finished file its name in one step and removes what it replaces; a running guest keeps its open disks.
publish() {                     # publish BUILT NAME REPLACED...
	local built=$1 name=$2
	shift 2
	chmod a+rX "$built"
	mv "$built" "$name"
	local old
	for old in "$@"; do
		[[ $old == "$name" ]] || rm -rf "$old"
	done
}
