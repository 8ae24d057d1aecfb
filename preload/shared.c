/* SPDX-License-Identifier: MIT */
/* This process's words in the table that all processes of a run share. */
#include "preload/shared.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/resource.h>
#include <time.h>

#include "preload/options.h"
#include "preload/recorder.h"
#include "preload/sys.h"
#include "preload/text.h"

static struct ds_shared_table *table;
static struct ds_shared_table *mapping; /* the same, also when the table is not used any more */
static struct ds_shared_proc *place;	/* ours, NULL = not taken yet */
static uint32_t generation;

/* ---- the file ---- */

/* Give the file its size and its blocks; what is there stays. */
static int grow(int fd)
{
	struct rlimit limit;
	struct stat st;
	long r = ds_sys_fstat(fd, &st);

	if (r || (uint64_t)st.st_size >= sizeof(*table))
		return (int)r;
	/* past RLIMIT_FSIZE the kernel sends SIGXFSZ to the program */
	if (!DS_SYS(prlimit64, 0, RLIMIT_FSIZE, 0, &limit) && sizeof(*table) > limit.rlim_cur)
		return -EFBIG;
	r = DS_SYS(fallocate, fd, 0, 0, sizeof(*table));
	return r == -EOPNOTSUPP ? (int)DS_SYS(ftruncate, fd, sizeof(*table)) : (int)r;
}

void ds_shared_open(void)
{
	char path[sizeof(ds_options.dir) + 64], *at = path;
	uint32_t none = 0;
	long fd, p = -1;

	ds_put_text(&at, path + sizeof(path), ds_options.dir);
	ds_put_text(&at, path + sizeof(path), "/" DS_SHARED_NAME);
	fd = ds_sys_open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return;
	if (!grow((int)fd))
		p = DS_SYS(mmap, 0, sizeof(*table), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ds_sys_close((int)fd);
	if (p < 0 && p > -4096)
		return;
	table = mapping = (void *)p;
	if (!atomic_compare_exchange_strong(&table->version, &none, DS_SHARED_VERSION) &&
	    none != DS_SHARED_VERSION)
		table = NULL;
}

bool ds_shared_mend(uintptr_t addr)
{
	if (!mapping || addr - (uintptr_t)mapping >= sizeof(*mapping))
		return false;
	DS_SYS(mmap, mapping, sizeof(*mapping), PROT_READ | PROT_WRITE,
	       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	ds_note_missed(DS_MISSED_TABLE_GONE, 0);
	return true;
}

/* ---- processes ---- */

/* Is the process gone?  One of another name space may look so: it notices, and comes back. */
static bool gone(uint64_t id)
{
	return DS_SYS(kill, DS_SHARED_PID(id), 0) == -ESRCH;
}

static bool take(struct ds_shared_proc *p, uint64_t was, uint64_t id)
{
	if (!atomic_compare_exchange_strong(&p->id, &was, id))
		return false;
	place = p;
	return true;
}

static bool mine(void)
{
	return place && (uint32_t)atomic_load(&place->id) == generation;
}

/* A free place, or that of a process that is gone, or that of this one before it executed anew. */
static bool take_place(void)
{
	uint64_t pid = (uint64_t)DS_SYS(getpid), id;

	place = NULL;
	generation = atomic_fetch_add(&table->generation, 1) + 1;
	if (!generation)
		generation = atomic_fetch_add(&table->generation, 1) + 1;
	id = pid << 32 | generation;
	for (unsigned i = 0; i < DS_SHARED_PROCS; i++) {
		uint64_t was = atomic_load(&table->proc[i].id);

		if (was >> 32 == pid)
			atomic_compare_exchange_strong(&table->proc[i].id, &was, 0);
	}
	for (unsigned pass = 0; pass < 2; pass++) {
		for (unsigned i = 0; i < DS_SHARED_PROCS; i++) {
			uint64_t was = atomic_load(&table->proc[i].id);

			if ((!was || (pass && gone(was))) && take(&table->proc[i], was, id))
				return true;
		}
	}
	return false;
}

void ds_shared_forget_place(void)
{
	place = NULL;
	generation = 0;
}

struct ds_shared_proc *ds_shared_place(void)
{
	return place;
}

/* ---- entries ---- */

static bool empty(struct ds_shared_entry *e)
{
	for (unsigned i = 0; i < DS_SHARED_MEMBERS; i++)
		if (ds_shared_counts(table, atomic_load(&e->member[i])))
			return false;
	return true;
}

/* The entry of an inode in its bucket: the one that has it, else one that nobody needs. */
static struct ds_shared_entry *entry_of(uint64_t inode)
{
	uint32_t first = (uint32_t)(inode * 0x9e3779b97f4a7c15ull >> 40) %
			 (DS_SHARED_ENTRIES / DS_SHARED_WAYS) * DS_SHARED_WAYS;

	for (unsigned tries = 0; tries < 4; tries++) {
		struct ds_shared_entry *spare = NULL;
		uint64_t was = 0;

		for (unsigned i = 0; i < DS_SHARED_WAYS; i++) {
			struct ds_shared_entry *e = &table->entry[first + i];
			uint64_t seen = atomic_load(&e->inode);

			if (seen == inode)
				return e;
			if (!spare && (!seen || empty(e))) {
				spare = e;
				was = seen;
			}
		}
		if (!spare)
			return NULL;
		if (atomic_compare_exchange_strong(&spare->inode, &was, inode))
			return spare;
	}
	return NULL;
}

static struct ds_shared_entry *entry_at(const struct ds_share *s)
{
	return s->entry ? &table->entry[s->entry - 1] : NULL;
}

/* A word of the entry: a free one, or one of a process that is gone. */
static bool take_word(struct ds_share *s, struct ds_shared_entry *e, uint64_t word)
{
	for (unsigned pass = 0; pass < 3; pass++) {
		for (unsigned i = 0; i < DS_SHARED_MEMBERS; i++) {
			uint64_t was = atomic_load(&e->member[i]);
			bool fresh;

			if (was &&
			    (!pass || (ds_shared_counts(table, was) &&
				       (pass < 2 || !gone(table->proc[DS_SHARED_SLOT(was)].id)))))
				continue;
			/* counted first: killed in between, there are fewer words than counted */
			if (!was)
				atomic_fetch_add(&e->joined, 1);
			fresh = !was;
			if (!atomic_compare_exchange_strong(&e->member[i], &was, word)) {
				if (fresh)
					atomic_fetch_sub(&e->joined, 1);
				continue;
			}
			s->member = (uint8_t)i;
			s->word = word;
			return true;
		}
	}
	return false;
}

static uint64_t word_of(const struct ds_buf *b)
{
	struct ds_elsewhere own;

	ds_hold_summary(&b->hold, &own);
	own.born = !b->foreign;
	return DS_SHARED_WORD(place - table->proc, generation,
			      ds_shared_bits(&own, b->first_map != 0));
}

/* Enter the buffer's word anew.  False when there is no room: the others do not see it then. */
static bool enter(struct ds_buf *b, struct ds_share *s)
{
	struct ds_shared_entry *e = NULL;

	s->entry = 0;
	if (mine() || take_place())
		e = entry_of(s->inode);
	if (!e || !take_word(s, e, word_of(b))) {
		ds_note_missed(DS_MISSED_TABLE_FULL, 0);
		s->lost = true;
		return false;
	}
	/* given to another inode meanwhile */
	if (atomic_load(&e->inode) != s->inode) {
		atomic_store(&e->member[s->member], 0);
		return false;
	}
	s->entry = (uint32_t)(e - table->entry) + 1;
	s->seen = ~(uint64_t)0;
	return true;
}

/* ---- telling and asking ---- */

static void wake(struct ds_shared_proc *p)
{
	atomic_fetch_add(&p->wake, 1);
	if (atomic_load(&p->asleep))
		DS_SYS(futex, &p->wake, FUTEX_WAKE, 1);
}

static void note_change(struct ds_shared_entry *e)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	atomic_store(&e->changed_ns, (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec);
	atomic_fetch_add(&e->changes, 1);
}

/*
 * Only those that can touch the buffer need to know now.  Who maps it later says so in its word
 * first and reads ours then, so one of the two sees the other.
 */
static void tell(struct ds_shared_entry *e)
{
	uint32_t left = atomic_load_explicit(&e->joined, memory_order_relaxed);
	bool noted = false;

	for (unsigned i = 0; i < DS_SHARED_MEMBERS && left; i++) {
		uint64_t word = atomic_load(&e->member[i]);

		left -= word != 0;
		if (!(DS_SHARED_BITS(word) & DS_SHARED_MAPPED) || !ds_shared_counts(table, word) ||
		    &table->proc[DS_SHARED_SLOT(word)] == place)
			continue;
		if (!noted)
			note_change(e);
		noted = true;
		wake(&table->proc[DS_SHARED_SLOT(word)]);
	}
}

void ds_shared_join(struct ds_buf *b, uint64_t inode)
{
	struct ds_share *s;

	if (!table || !inode || b->shares == DS_SHARES)
		return;
	s = &b->share[b->shares++];
	*s = (struct ds_share){.inode = inode};
	if (enter(b, s) && atomic_load(&entry_at(s)->joined) > 1)
		tell(entry_at(s));
}

static void publish(struct ds_buf *b, struct ds_share *s)
{
	struct ds_shared_entry *e = entry_at(s);
	uint64_t was = s->word, word;

	if (s->lost || !table)
		return;
	word = mine() ? word_of(b) : 0;
	if (e && word == was)
		return;
	/* a word of ours that is not there was taken by somebody who thought us gone */
	if (!e || !word || !atomic_compare_exchange_strong(&e->member[s->member], &was, word)) {
		if (!enter(b, s))
			return;
		e = entry_at(s);
	}
	s->word = word ? word : s->word;
	if (atomic_load_explicit(&e->joined, memory_order_relaxed) > 1)
		tell(e);
}

void ds_shared_publish(struct ds_buf *b)
{
	for (unsigned i = 0; i < b->shares; i++)
		publish(b, &b->share[i]);
}

static unsigned others(const struct ds_share *s, struct ds_elsewhere *ret)
{
	struct ds_shared_entry *e = entry_at(s);
	uint32_t left = e ? atomic_load_explicit(&e->joined, memory_order_relaxed) : 0;
	unsigned n = 0;

	if (left < 2)
		return 0;
	for (unsigned i = 0; i < DS_SHARED_MEMBERS && left; i++) {
		uint64_t word = atomic_load(&e->member[i]);

		left -= word != 0;
		if (i == s->member || !ds_shared_counts(table, word))
			continue;
		ds_shared_add(ret, DS_SHARED_BITS(word));
		n++;
	}
	return n;
}

void ds_shared_elsewhere(const struct ds_buf *b, struct ds_elsewhere *ret)
{
	unsigned n = 0;

	*ret = (struct ds_elsewhere){0};
	for (unsigned i = 0; i < b->shares; i++)
		n += others(&b->share[i], ret);
	if (n && b->first_map)
		ds_shared_watch(b);
}

bool ds_shared_changed(struct ds_buf *b, uint64_t *ret_ns)
{
	bool changed = false;

	for (unsigned i = 0; i < b->shares; i++) {
		struct ds_shared_entry *e = entry_at(&b->share[i]);
		uint64_t changes = e ? atomic_load(&e->changes) : 0;

		if (!e || b->share[i].seen == changes)
			continue;
		b->share[i].seen = changes;
		*ret_ns = atomic_load(&e->changed_ns);
		changed = true;
	}
	return changed;
}

void ds_shared_leave(struct ds_buf *b)
{
	for (unsigned i = 0; i < b->shares; i++) {
		struct ds_share *s = &b->share[i];
		struct ds_shared_entry *e = entry_at(s);
		uint64_t was = s->word;

		s->entry = 0;
		if (e && atomic_compare_exchange_strong(&e->member[s->member], &was, 0)) {
			if (atomic_fetch_sub(&e->joined, 1) > 1)
				tell(e);
		}
	}
}

void ds_shared_end(void)
{
	struct ds_shared_proc *was = place;

	if (!table || !mine())
		return;
	for (uint32_t i = 1; ds_buf_at(i); i++)
		ds_shared_leave(ds_buf_at(i));
	place = NULL;
	table = NULL; /* the program may go on for a moment: unobserved by the others */
	atomic_store(&was->id, 0);
}
