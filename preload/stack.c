/* SPDX-License-Identifier: MIT */
/*
 * Stacks in the trace: each distinct one is stored once, and found again by its hash.
 *
 * Unwinding takes locks of libunwind and of the loader.  A fork while another thread has one would
 * leave it locked for ever in the child, so a fork waits for those who unwind (the gate below).
 */
#include <linux/futex.h>
#include <stdatomic.h>
#include <sys/single_threaded.h>
#include <time.h>

#include "core/hash.h"
#include "core/trace.h"
#include "preload/lock.h"
#include "preload/options.h"
#include "preload/real.h"
#include "preload/recorder.h"
#include "preload/seen.h"
#include "preload/sys.h"

/* ---- forks and unwinding do not overlap ---- */

#define STRIPES 64

/*
 * Threads count themselves in different cache lines.  In the upper half of the word is a generation:
 * who is given up while inside, and comes out all the same, takes nothing from the next one's count.
 */
static struct {
	_Atomic uint64_t word;
} __attribute__((aligned(64))) stripe[STRIPES];
static __thread struct {
	uint32_t generation, count;
} mine __attribute__((tls_model("initial-exec")));
static _Atomic uint32_t forking; /* the thread that forks, 0 = none */
static unsigned depth;		 /* forks of that thread inside each other; under the lock */
static bool unsure;		 /* it forks though somebody still unwinds */
static bool shut;		 /* the child of such a fork: locks may be taken for ever */

/* Neither waits for ever: a handler may have left its unwinding, or forks, by siglongjmp(). */
static const struct timespec patience = {.tv_nsec = 100000000};
#define LOOKS	1000
#define LOOK_NS 50000

#define GENERATION(word) ((uint32_t)((word) >> 32))
#define COUNT(word)	 ((uint32_t)(word))

/* By its own storage, not by its id: the same in a forked child. */
static _Atomic uint64_t *my_word(void)
{
	return &stripe[(uintptr_t)&mine * 0x9e3779b97f4a7c15ull >> 58].word;
}

struct pass {
	_Atomic uint64_t *word; /* NULL: no other thread that could fork */
	uint32_t generation;
};

static void count_me(struct pass *p)
{
	p->word = my_word();
	p->generation = GENERATION(atomic_fetch_add(p->word, 1));
	if (mine.generation != p->generation)
		mine.count = 0;
	mine.generation = p->generation;
	mine.count++;
}

static void gate_leave(const struct pass *p)
{
	uint64_t now;

	if (!p->word)
		return;
	/* first: a handler that forks in between rather waits for us */
	if (mine.generation == p->generation)
		mine.count--;
	now = atomic_load(p->word);
	while (GENERATION(now) == p->generation &&
	       !atomic_compare_exchange_weak(p->word, &now, now - 1))
		;
}

/* False: a fork goes on and on, or left this process unsure: unwind nothing, ask the loader nothing. */
static bool gate_enter(struct pass *p)
{
	p->word = NULL;
	if (DS_UNLIKELY(shut))
		return false;
	if (__libc_single_threaded)
		return true;
	for (unsigned tries = 0; tries < 2; tries++) {
		uint32_t by;

		count_me(p);
		by = atomic_load(&forking);
		if (DS_LIKELY(!by || by == ds_tid()))
			return true;
		gate_leave(p);
		DS_SYS(futex, &forking, FUTEX_WAIT_PRIVATE, by, &patience);
	}
	return false;
}

static bool others_inside(void)
{
	const _Atomic uint64_t *own = my_word();

	for (unsigned i = 0; i < STRIPES; i++) {
		uint64_t word = atomic_load(&stripe[i].word);
		bool has_me = &stripe[i].word == own && GENERATION(word) == mine.generation;

		if (COUNT(word) > (has_me ? mine.count : 0))
			return true;
	}
	return false;
}

static void forget_all(void)
{
	for (unsigned i = 0; i < STRIPES; i++) {
		uint64_t now = atomic_load(&stripe[i].word);

		atomic_store(&stripe[i].word, (uint64_t)(GENERATION(now) + 1) << 32);
	}
}

void ds_stacks_before_fork(void)
{
	static const struct timespec look = {.tv_nsec = LOOK_NS};
	const uint32_t me = ds_tid();

	if (depth++)
		return;
	unsure = false;
	atomic_store(&forking, me);
	for (unsigned i = 0; others_inside(); i++) {
		if (i == LOOKS) { /* it has left by a jump, or has no processor to come out with */
			unsure = true;
			forget_all();
			break;
		}
		DS_SYS(futex, &forking, FUTEX_WAIT_PRIVATE, me, &look); /* nobody wakes it */
	}
}

void ds_stacks_in_parent(void)
{
	if (--depth)
		return;
	atomic_store(&forking, 0);
	if (!__libc_single_threaded)
		DS_SYS(futex, &forking, FUTEX_WAKE_PRIVATE, INT32_MAX);
}

void ds_stacks_after_fork(void)
{
	depth = 0;
	shut |= unsure;
	atomic_store(&forking, 0);
	forget_all();
}

bool ds_stacks_shut(void)
{
	return shut;
}

/* ---- each stack once ---- */

static uint64_t mix(uint64_t chain, uint64_t frame)
{
	return (chain ^ frame) * 0x9e3779b97f4a7c15ull;
}

static uint64_t turn(uint64_t x, int bits)
{
	return x << bits | x >> (64 - bits);
}

/* Four chains side by side: one would wait for each multiplication before it starts the next. */
static uint64_t hash_frames(const uint64_t *frame, int n)
{
	uint64_t a = DS_HASH_INIT, b = DS_HASH_INIT + 1, c = DS_HASH_INIT + 2, d = (uint64_t)n;

	for (; n >= 4; n -= 4, frame += 4) {
		a = mix(a, frame[0]);
		b = mix(b, frame[1]);
		c = mix(c, frame[2]);
		d = mix(d, frame[3]);
	}
	for (; n > 0; n--)
		a = mix(turn(a, 5), *frame++);
	a ^= turn(b, 16) ^ turn(c, 32) ^ turn(d, 48);
	a = mix(a, a >> 32);
	return a ^ a >> 29;
}

/*
 * Each distinct stack is stored once per trace; where it stands gets lost when its place is crowded.
 * The modules that are new are written before it, by who is inside the gate.
 */
static uint32_t intern_stack(const uint64_t *frame, int n, bool modules)
{
	static struct ds_seen cache[16384];
	uint64_t hash = hash_frames(frame, n), word = 0, first = 0;
	struct ds_event head = {.type = DS_EV_STACK, .a = (uint64_t)n};
	uint32_t start = (uint32_t)(hash >> 50), i = start, now = ds_recorder_epoch(), slot;

	for (unsigned tries = 0; tries < 8; tries++, i = (i + 1) & 16383) {
		slot = ds_seen_get(&cache[i], now, hash, &word);
		if (slot)
			return slot;
		if (!tries)
			first = word;
		if (ds_seen_free(word, now))
			break;
	}
	if (!ds_seen_free(word, now)) {
		i = start;
		word = first;
	}
	if (modules)
		ds_modules_update();
	slot = ds_recorder_put(&head, frame, (size_t)n * sizeof(*frame));
	if (slot)
		ds_seen_put(&cache[i], word, now, hash, slot);
	return slot;
}

static uint32_t stack_in_use; /* of the call that holds the lock */

void ds_stack_use(uint32_t slot)
{
	stack_in_use = slot;
}

/*
 * `own`: how many frames of ours there were at most, here: walking each costs what one of the
 * program's does.  When there are more this time, the far end is missing: once more, and remembered.
 */
static uint32_t take_stack(_Atomic int *own)
{
	uint64_t raw[DS_MAX_FRAMES + DS_OWN_FRAMES];
	int expected, seen, n;
	uint32_t slot;
	struct pass pass;
	bool more;

	if (!gate_enter(&pass))
		return 0;
	do {
		expected = atomic_load_explicit(own, memory_order_relaxed);
		n = ds_unwind_here(raw, ds_options.frames, expected, &seen);
		more = seen > expected && seen <= DS_OWN_FRAMES;
		if (DS_UNLIKELY(more))
			atomic_store_explicit(own, seen, memory_order_relaxed);
	} while (DS_UNLIKELY(more));
	slot = n > 0 ? intern_stack(raw + seen, n, true) : 0;
	gate_leave(&pass);
	return slot;
}

static bool wants_stack(void)
{
	return ds_options.frames && ds_recorder_ready();
}

uint32_t ds_stack_of_call(void)
{
	static _Atomic int own = 1;

	return wants_stack() ? take_stack(&own) : 0;
}

uint32_t ds_stack_here(void)
{
	static _Atomic int own = 4;

	if (stack_in_use && ds_lock_is_mine())
		return stack_in_use;
	return wants_stack() ? take_stack(&own) : 0;
}

/* The interrupted instruction alone. */
static uint32_t pc_of(const ucontext_t *uc, bool modules)
{
	uint64_t pc = ds_arch_pc(uc);

	return intern_stack(&pc, 1, modules);
}

uint32_t ds_stack_of(const ucontext_t *uc)
{
	uint64_t frame[DS_MAX_FRAMES];
	struct pass pass;
	uint32_t slot;
	int n;

	if (!ds_recorder_ready())
		return 0;
	if (!gate_enter(&pass))
		return pc_of(uc, false);
	n = ds_unwind_context(uc, frame, ds_options.frames);
	slot = n > 0 ? intern_stack(frame, n, true) : 0;
	gate_leave(&pass);
	return slot;
}

uint32_t ds_stack_pc(const ucontext_t *uc)
{
	struct pass pass;
	uint32_t slot;

	if (!ds_recorder_ready())
		return 0;
	if (!gate_enter(&pass))
		return pc_of(uc, false);
	slot = pc_of(uc, true);
	gate_leave(&pass);
	return slot;
}

int ds_stack_ours(const ucontext_t *uc, bool in_call)
{
	struct pass pass;
	int r;

	if (!gate_enter(&pass))
		return -1;
	r = ds_unwind_ours(uc, in_call);
	gate_leave(&pass);
	return r;
}
