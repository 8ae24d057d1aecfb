/* SPDX-License-Identifier: MIT */
/*
 * Fuzz targets: one file each, one function.  With clang's -fsanitize=fuzzer they explore (`make
 * fuzz`); with replay.c they read the corpus again in every test run.
 */
#ifndef DS_FUZZ_FUZZ_H
#define DS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Path of a file with these bytes, the same path each time; the file is replaced by the next call. */
const char *fuzz_file(const uint8_t *data, size_t size);

/* Path of a directory whose only file is `name` with these bytes. */
const char *fuzz_directory(const char *name, const uint8_t *data, size_t size);

#endif
