/* SPDX-License-Identifier: MIT */
/* Baseline files. */
#include "core/baseline.h"
#include "core/suppress.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ds_file_error err;
	struct ds_baseline b;

	if (!ds_baseline_read(&b, fuzz_file(data, size), &err))
		ds_baseline_finish(&b);
	return 0;
}
