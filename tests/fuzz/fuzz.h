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

struct ds_run;

/*
 * Path of a directory, always the same one, in which the file `name` now has these bytes; files of
 * other names (four in all) stay as they are.
 */
const char *fuzz_directory(const char *name, const uint8_t *data, size_t size);

/* Write the report of an analysed run in one format: `which` of those that there are, counted round. */
void fuzz_reports(const struct ds_run *run, unsigned which);

#endif
