/* SPDX-License-Identifier: MIT */
/* Lines of the kernel's recorder. */
#include <stdlib.h>

#include "core/kernel_line.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = (const char *)data, *end = at + size;

	while (at < end) {
		size_t n = ds_kernel_line_length(at, (size_t)(end - at));
		struct ds_kernel_line line;

		if (n > (size_t)(end - at))
			abort();
		ds_kernel_line_read(at, n, &line);
		/* what it points to lies within the line */
		if (line.text && (line.text < at || line.text + line.text_len > at + n))
			abort();
		if (line.kind == DS_KLINE_EVENT && !ds_kernel_event_name(line.event))
			abort();
		at += n + 1;
	}
	return 0;
}
