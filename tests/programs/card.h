/* SPDX-License-Identifier: MIT */
/* DRM cards by what they are. */
#ifndef TESTS_PROGRAMS_CARD_H
#define TESTS_PROGRAMS_CARD_H

#include "common.h"

/* Is the card driven by `driver` (NULL = any)? */
bool card_is(int card, const char *driver);

/* A descriptor of the first card that fits, -1 = there is none. */
int card_open(bool (*fits)(int card, void *arg), void *arg);

#endif
