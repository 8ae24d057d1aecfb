/* SPDX-License-Identifier: MIT */
/* Suppression files, and their patterns at work. */
#include "core/suppress.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ds_suppressions list = {0};
	struct ds_file_error err;

	if (!ds_suppressions_read(&list, fuzz_file(data, size), size & 1, &err))
		for (unsigned i = 0; i < list.entries; i++)
			ds_glob(list.entry[i]->label,
				"v4l2_dequeue_buffer_aaaaaaaaaaaaaaaaaaaaaaaaa");
	ds_suppressions_finish(&list);
	return 0;
}
