/* SPDX-License-Identifier: MIT */
/* Media requests of vivid. */
#ifndef TESTS_PROGRAMS_REQUEST_H
#define TESTS_PROGRAMS_REQUEST_H

#include "common.h"

int media_open(const struct video *v);
int request_alloc(int media);
void request_add(const struct video *v, unsigned int index, int request);

#endif
