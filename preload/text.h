/* SPDX-License-Identifier: MIT */
/* Strings of the trace that are read from the system, and small formatting without stdio. */
#ifndef DS_PRELOAD_TEXT_H
#define DS_PRELOAD_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* Slot of a new STRING record with this text; 0 when empty or lost. */
uint32_t ds_text_copy(const char *text);

/* Slot of the exporter's name of a dma-buf descriptor (fdinfo), 0 = unknown. */
uint32_t ds_text_exporter(int fd);

/* The name itself; "" = unknown. */
void ds_exporter(int fd, char *buf, size_t size);

/* Slot of the path behind a descriptor (/proc/self/fd). */
uint32_t ds_text_fd_path(int fd);

/* Append text or a decimal number at *at, never past end; always terminated. */
void ds_put_text(char **at, const char *end, const char *text);
void ds_put_number(char **at, const char *end, uint64_t n);

/* Read a small file whole; bytes read, or -errno.  Terminated. */
long ds_read_file(const char *path, char *buf, size_t size);

#endif
