/* SPDX-License-Identifier: MIT */
/*
 * What a broken rule does on three kinds of machine, derived from who did what to the buffer.
 *
 * Sources: cache maintenance per direction in arch/arm64/mm/dma-mapping.c and
 * arch/arm/mm/cache-v7.S, the copy directions of kernel/dma/swiotlb.c.
 */
#include "core/rules.h"

static const struct ds_platforms write_while_device_writes = {
	"race: torn data",
	"the dirty line is evicted over the device's data, or the write is lost",
	"the write is lost at the next sync",
};
static const struct ds_platforms write_while_device_reads = {
	"race: the device reads a mixture of old and new data",
	"the device reads old memory; the dirty line reaches memory at some later time",
	"the device never sees the write",
};
static const struct ds_platforms read_while_device_writes = {
	"race: torn data",
	"a stale line stays in the cache after the device has completed",
	"the previous contents are read",
};
static const struct ds_platforms write_unsynced = {
	"works",
	"the device reads old memory; later the dirty line is evicted over its data",
	"the device never sees the write",
};
static const struct ds_platforms read_unsynced = {
	"works",
	"stale lines: stripes of older contents",
	"the whole buffer is old, every time",
};
static const struct ds_platforms write_in_read_bracket = {
	"works",
	"arm64: works by accident; ARMv7: END invalidates the lines and the write is lost",
	"the device never sees the write",
};
static const struct ds_platforms queued_in_bracket = {
	"works, as long as the CPU has stopped writing",
	"the device reads old memory; END then cleans CPU lines over the device's data",
	"the device works on old data; END copies the CPU's data over the result",
};
static const struct ds_platforms resource = {
	"memory or descriptors leak, or a stranger's file is hit",
	"the same",
	"the same; bounce slots stay allocated with the buffer",
};
static const struct ds_platforms useless_end = {
	"a system call for nothing",
	"cache maintenance for nothing",
	"a copy of the whole buffer for nothing, over newer device data",
};

static const struct ds_platforms read_in_write_bracket = {
	"works",
	"stale lines; lines that are written in part then overwrite the device's data at END",
	"what the CPU wrote last is read, not what the device did",
};
static const struct ds_platforms two_devices = {
	"race between the devices: torn or mixed frames",
	"the same; no cache maintenance can help",
	"the same",
};
static const struct ds_platforms gone = {
	"the program crashes, or hits other memory",
	"the same",
	"the same",
};
static const struct ds_platforms tearing = {
	"the picture tears; nothing is corrupted",
	"the same",
	"the same",
};
static const struct ds_platforms not_shown = {
	"the picture is shown late or never on displays that show a copy",
	"the same",
	"the same",
};
static const struct ds_platforms wasted = {
	"system calls for nothing",
	"cache maintenance over the whole buffer for nothing",
	"copies of the whole buffer for nothing",
};
static const struct ds_platforms bounced = {
	"memory bandwidth and latency; nothing is corrupted",
	"the same, besides the maintenance of caches",
	"copies of the whole buffer at each map, unmap and sync",
};
static const struct ds_platforms wrong_sync = {
	"works, unless an IOMMU is there: then a later use of the addresses fails",
	"the wrong lines are cleaned or invalidated: stale data, or a neighbour's writes are lost",
	"the wrong slot is copied, or in the wrong direction: old data",
};
static const struct ds_platforms device_left_behind = {
	"the device keeps access to memory that is somebody else's by now",
	"the same, and lines of the new owner are lost",
	"the slot leaks, and is copied over the new owner's memory",
};
static const struct ds_platforms two_cacheabilities = {
	"works: an x86 CPU keeps such views in step, at a cost",
	"each view misses the other's writes; dirty lines are evicted over them",
	"as for non-coherent caches",
};
static const struct ds_platforms without_effect = {
	"the call does nothing here",
	"the same call cleans and invalidates caches",
	"the same call copies the buffer",
};

struct ds_platforms ds_platforms(unsigned rule, unsigned op, unsigned use)
{
	switch (rule) {
	case DS_RULE_LIF02:
	case DS_RULE_LIF03:
	case DS_RULE_LIF04:
	case DS_RULE_LIF05:
	case DS_RULE_LIF06: return resource;
	case DS_RULE_LIF01: return gone;
	case DS_RULE_OWN04: return two_devices;
	case DS_RULE_OWN06: return tearing;
	case DS_RULE_SYN04: return read_in_write_bracket;
	case DS_RULE_SYN07: return write_in_read_bracket;
	case DS_RULE_ADV01:
	case DS_RULE_ADV02:
	case DS_RULE_ADV03:
	case DS_RULE_ADV04: return wasted;
	case DS_RULE_ADV05: return bounced;
	case DS_RULE_ADV06: return not_shown;
	case DS_RULE_OWN03: return queued_in_bracket;
	case DS_RULE_SYN03: return write_in_read_bracket;
	case DS_RULE_SYN05: return write_unsynced;
	case DS_RULE_SYN06: return useless_end;
	case DS_RULE_OWN01:
		return use & DS_DEVICE_WRITES ? write_while_device_writes
					      : write_while_device_reads;
	case DS_RULE_OWN05:
		if (op == DS_READ)
			return read_while_device_writes;
		return use & DS_DEVICE_WRITES ? write_while_device_writes
					      : write_while_device_reads;
	case DS_RULE_KRN01:
	case DS_RULE_KRN02: return wrong_sync;
	case DS_RULE_KRN03: return device_left_behind;
	case DS_RULE_KRN04: return write_while_device_writes;
	case DS_RULE_KRN05: return resource;
	case DS_RULE_KRN06: return without_effect;
	case DS_RULE_KRN07: return two_cacheabilities;
	case DS_RULE_OWN02: return read_while_device_writes;
	case DS_RULE_OWN07: return op == DS_READ ? read_unsynced : write_unsynced;
	default: return op == DS_WRITE ? write_unsynced : read_unsynced;
	}
}
