/* SPDX-License-Identifier: MIT */
/* A set of strings that live as long as a result; equal text is stored once. */
#ifndef DS_CORE_STRINGS_H
#define DS_CORE_STRINGS_H

struct ds_strings;

struct ds_strings *ds_strings_create(void);
void ds_strings_destroy(struct ds_strings *s);

/* The stored copy of `text` ("" for NULL or without memory). */
const char *ds_strings_add(struct ds_strings *s, const char *text);

#endif
