/* SPDX-License-Identifier: MIT */
/* The set of strings, and the hashes under it. */
#include <stdio.h>
#include <string.h>

#include "core/hash.h"
#include "core/strings.h"
#include "tests/unit/unit.h"

static void test_equal_text(void)
{
	struct ds_strings *s = ds_strings_create();
	char text[] = "vivid";
	const char *a = ds_strings_add(s, text), *b;

	CU_ASSERT_STRING_EQUAL(a, "vivid");
	CU_ASSERT_PTR_NOT_EQUAL(a, text);
	text[0] = 'V';
	CU_ASSERT_STRING_EQUAL(a, "vivid");
	b = ds_strings_add(s, text);
	CU_ASSERT_PTR_NOT_EQUAL(a, b);
	CU_ASSERT_PTR_EQUAL(ds_strings_add(s, "vivid"), a);
	ds_strings_destroy(s);
}

static void test_nothing(void)
{
	struct ds_strings *s = ds_strings_create();

	CU_ASSERT_STRING_EQUAL(ds_strings_add(s, NULL), "");
	CU_ASSERT_STRING_EQUAL(ds_strings_add(s, ""), "");
	ds_strings_destroy(s);
	ds_strings_destroy(NULL);
}

/* Pointers stay where they are while the set grows. */
static void test_many(void)
{
	enum { N = 5000 };
	static const char *first[N];
	struct ds_strings *s = ds_strings_create();
	unsigned same = 0, right = 0;
	char text[32];

	for (int i = 0; i < N; i++) {
		snprintf(text, sizeof(text), "string %d", i);
		first[i] = ds_strings_add(s, text);
	}
	for (int i = 0; i < N; i++) {
		snprintf(text, sizeof(text), "string %d", i);
		same += ds_strings_add(s, text) == first[i];
		right += !strcmp(first[i], text);
	}
	CU_ASSERT_EQUAL(same, N);
	CU_ASSERT_EQUAL(right, N);
	ds_strings_destroy(s);
}

/* Published values of FNV-1a, 64 bits. */
static void test_hash(void)
{
	CU_ASSERT_EQUAL(ds_hash_bytes(DS_HASH_INIT, "", 0), 0xcbf29ce484222325ull);
	CU_ASSERT_EQUAL(ds_hash_bytes(DS_HASH_INIT, "a", 1), 0xaf63dc4c8601ec8cull);
	CU_ASSERT_EQUAL(ds_hash_bytes(DS_HASH_INIT, "foobar", 6), 0x85944171f73967e8ull);
}

static void test_hash_of_texts(void)
{
	uint64_t a = ds_hash_text(ds_hash_text(DS_HASH_INIT, "a"), "bc");
	uint64_t b = ds_hash_text(ds_hash_text(DS_HASH_INIT, "ab"), "c");

	CU_ASSERT_NOT_EQUAL(a, b);
	CU_ASSERT_EQUAL(a, ds_hash_bytes(DS_HASH_INIT, "a\0bc\0", 5));
	CU_ASSERT_NOT_EQUAL(ds_hash_text(DS_HASH_INIT, ""), DS_HASH_INIT);
}

CU_TestInfo unit_strings[] = {
	{"equal text is stored once", test_equal_text},
	{"no text", test_nothing},
	{"many", test_many},
	{"hash", test_hash},
	{"hash of texts", test_hash_of_texts},
	CU_TEST_INFO_NULL,
};
