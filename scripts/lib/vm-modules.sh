# SPDX-License-Identifier: MIT
# Builds modules for the guest's kernel: in a throw-away Debian root with that release's compiler and headers. What Debian does not
# build (vim2m, vicodec, visl, vimc, vkms) comes from its kernel source package.
# shellcheck shell=bash
: "${repo_root:?}" "${tmp=}" "${kept_log=}"      # set by common.sh and debian.sh

module_suite=trixie
module_packages=make,gcc,xz-utils,linux-headers-amd64,linux-source

# Sets module_root, a directory with compiler, headers and source; makes it when it is missing. Needs root (chroot).
need_module_root() {
	local dir
	module_root=$repo_root/build/vm/module-root-$(hash_of "$module_suite" "$module_packages")
	[[ ! -d $module_root ]] || return 0
	[[ $EUID -eq 0 ]] || die 77 "SKIP: building kernel modules needs root (chroot)"
	need_tools vm mmdebstrap
	note "building a root to compile $module_suite's modules in (about 1 min) ..."
	debian_bootstrap "$module_suite" "$tmp/module-root" "$tmp/module-root.log" --variant=essential --include="$module_packages"
	for dir in "$repo_root"/build/vm/module-root-*; do rm -rf "$dir"; done
	mkdir -p "$repo_root/build/vm"
	mv "$tmp/module-root" "$module_root"
}

module_release() {              # the kernel that the headers are for
	local dir
	for dir in "$module_root"/lib/modules/*; do echo "${dir##*/}"; done | head -n 1
}

# Runs make on a directory inside the root.
module_make() {                 # module_make DIR [ARGUMENT...]
	local dir=$1
	shift
	env -u TMPDIR chroot "$module_root" make -s -j"$(nproc)" -C "/lib/modules/$(module_release)/build" M="$dir" "$@" modules
}

# Only what is built, and the headers beside it: unpacking all of the source would take a minute.
unpack_module_source() {
	local source
	source=$(cd "$module_root/usr/src" && echo linux-source-*.tar.xz)
	rm -rf "$module_root/src"
	mkdir -p "$module_root/src/include/trace"
	xz -dcT0 "$module_root/usr/src/$source" | tar -C "$module_root/src" --strip-components=1 --wildcards -xf - \
		'*/drivers/media/test-drivers' '*/drivers/media/v4l2-core/v4l2-mem2mem.c' '*/drivers/gpu/drm/vkms'
}

write_kbuild() { echo 'obj-m += v4l2-mem2mem.o vim2m.o vicodec/ visl/ vimc/ vkms/' >"$module_root/src/Kbuild"; }

arrange_module_source() {
	local src=$module_root/src drivers=$module_root/src/drivers/media/test-drivers
	cp "$src/drivers/media/v4l2-core/v4l2-mem2mem.c" "$drivers/vim2m.c" "$src/"
	cp -r "$drivers/vicodec" "$drivers/visl" "$drivers/vimc" "$src/drivers/gpu/drm/vkms" "$src/"
	write_kbuild
}

test_module_names=(v4l2-mem2mem vim2m vicodec visl vimc vkms)

# build/vm/modules-RELEASE-HASH: the modules that the guest loads with insmod. Prints its path.
build_test_modules() {
	local name result
	need_module_root
	result=$repo_root/build/vm/modules-$(module_release)-$(hash_of "${test_module_names[*]}" \
		"$(declare -f unpack_module_source write_kbuild arrange_module_source module_make)")
	[[ ! -d $result ]] || { echo "$result"; return; }
	note "building vim2m, vicodec, visl, vimc and vkms (about 1 min) ..."
	unpack_module_source
	arrange_module_source
	# visl's trace headers name themselves by a path from include/trace
	module_make /src KCFLAGS=-I/src/include/trace CONFIG_VIDEO_VICODEC=m CONFIG_VIDEO_VISL=m CONFIG_VIDEO_VIMC=m CONFIG_DRM_VKMS=m \
		>"$tmp/modules.log" 2>&1 </dev/null || { keep_log "$tmp/modules.log"; die 70 "the test modules do not build (log: $kept_log)"; }
	mkdir "$tmp/modules"
	for name in "${test_module_names[@]}"; do
		find "$module_root/src" -name "$name.ko" -exec cp {} "$tmp/modules/" \;
		[[ -e $tmp/modules/$name.ko ]] || die 70 "$name.ko was not built"
		strip --strip-debug "$tmp/modules/$name.ko"
	done
	rm -rf "$repo_root"/build/vm/modules-*
	mv "$tmp/modules" "$result"
	echo "$result"
}
