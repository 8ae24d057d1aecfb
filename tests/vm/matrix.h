/* SPDX-License-Identifier: MIT */
/*
 * Nine sequences on one buffer and who sees what afterwards, for each policy: one table for the unit
 * test of core/coherency.c and for the real buffers of the guest.
 */
#ifndef TESTS_VM_MATRIX_H
#define TESTS_VM_MATRIX_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { M_READ = 1, M_WRITE = 2, M_RW = 3, M_SIZE = 65536, M_LINE = 64, M_ROWS = 9 };
/* what the CPU had cached, what the device writes, what the CPU writes */
enum { M_A = 0x11, M_B = 0x55, M_C = 0x99 };

struct matrix {
	volatile uint8_t *cpu; /* the program's mapping */
	volatile uint8_t *dev; /* what the device sees */
	void (*sync)(struct matrix *m, int end, int rights);
};

/*
 * A, B, C: every line; m: A, made unlike itself; two letters: each in about half of the lines.
 * Columns: real, stale, stale7, random, bounce.
 */
static const char *const matrix_expect[M_ROWS][5] = {
	{"B", "A", "A", "A", "A"},	      /* 1 dev B -> cpu */
	{"B", "B", "B", "B", "B"},	      /* 2 and START(R) -> cpu */
	{"C;C", "A;A", "A;A", "A;AC", "A;A"}, /* 3 cpu C -> dev; START(R) -> cpu */
	{"B;B", "m;B", "m;B", "mB;B", "A;A"}, /* 4 dev B, START(W) -> cpu; END(W) -> dev */
	{"A", "A", "A", "A", "A"},	      /* 5 dev B, START(W), store A, END(W) -> dev */
	{"B", "B", "B", "B", "A"},	      /* 6 dev B, START(W), part C, END(W) -> rest of dev */
	{"B", "B", "B", "B", "B"},	      /* 7 the same with START(RW) */
	{"C;C", "C;C", "A;A", "C;C", "A;C"},  /* 8 START(R), C, END(R) -> dev; cpu */
	{"C", "A", "A", "AC", "A"},	      /* 9 START(RW), C, START(RW) -> cpu */
};

static inline int matrix_letter(uint8_t byte)
{
	return byte == M_A	   ? 'A'
	       : byte == M_B	   ? 'B'
	       : byte == M_C	   ? 'C'
	       : (byte ^ M_A) <= 3 ? 'm'
				   : '?';
}

/* The letters of what stands in the lines outside [skip_lo, skip_hi). */
static inline void matrix_look(const volatile uint8_t *p, size_t skip_lo, size_t skip_hi, char *ret)
{
	unsigned count[128] = {0};
	static const char order[] = "mABC?";

	for (size_t at = 0; at < M_SIZE; at += M_LINE) {
		int first = matrix_letter(p[at]);

		if (at >= skip_lo && at < skip_hi)
			continue;
		for (size_t i = 1; i < M_LINE; i++)
			if (p[at + i] != p[at])
				first = '?';
		count[first]++;
	}
	for (const char *c = order; *c; c++) {
		/* a share of far from one half is a damage of another kind */
		if (count[(int)*c])
			*ret++ = *c;
		if (count[(int)*c] && count[(int)*c] != M_SIZE / M_LINE && skip_lo == skip_hi &&
		    (count[(int)*c] < 400 || count[(int)*c] > 624))
			*ret++ = '!';
	}
	*ret = 0;
}

static inline void matrix_fill(volatile uint8_t *p, size_t from, size_t to, uint8_t byte)
{
	for (size_t i = from; i < to; i++)
		p[i] = byte;
}

/* Row 1 to 9 on a fresh buffer: its result in the notation of the table. */
static inline void matrix_row(struct matrix *m, int row, char *ret)
{
	const size_t lo = 1000, hi = 5000, lo_line = 960, hi_line = 5056; /* the edges cut lines */
	char *second = ret;

	m->sync(m, 0, M_RW);
	matrix_fill(m->cpu, 0, M_SIZE, M_A);
	m->sync(m, 1, M_RW);
	if (row != 3 && row != 8 && row != 9)
		matrix_fill(m->dev, 0, M_SIZE, M_B);
	switch (row) {
	case 2: m->sync(m, 0, M_READ); /* fall through */
	case 1: matrix_look(m->cpu, 0, 0, ret); return;
	case 3:
		matrix_fill(m->cpu, 0, M_SIZE, M_C);
		matrix_look(m->dev, 0, 0, ret);
		m->sync(m, 0, M_READ);
		break;
	case 4:
		m->sync(m, 0, M_WRITE);
		matrix_look(m->cpu, 0, 0, ret);
		m->sync(m, 1, M_WRITE);
		break;
	case 5:
		m->sync(m, 0, M_WRITE);
		matrix_fill(m->cpu, 0, M_SIZE, M_A);
		m->sync(m, 1, M_WRITE);
		matrix_look(m->dev, 0, 0, ret);
		return;
	case 6:
	case 7:
		m->sync(m, 0, row == 6 ? M_WRITE : M_RW);
		matrix_fill(m->cpu, lo, hi, M_C);
		m->sync(m, 1, row == 6 ? M_WRITE : M_RW);
		matrix_look(m->dev, lo_line, hi_line, ret);
		return;
	case 8:
		m->sync(m, 0, M_READ);
		matrix_fill(m->cpu, 0, M_SIZE, M_C);
		m->sync(m, 1, M_READ);
		matrix_look(m->dev, 0, 0, ret);
		break;
	default:
		m->sync(m, 0, M_RW);
		matrix_fill(m->cpu, 0, M_SIZE, M_C);
		m->sync(m, 0, M_RW);
		matrix_look(m->cpu, 0, 0, ret);
		return;
	}
	second += strlen(ret);
	*second++ = ';';
	matrix_look(row == 4 ? m->dev : m->cpu, 0, 0, second);
}

#endif
