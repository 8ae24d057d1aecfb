/* SPDX-License-Identifier: MIT */
/* Runs every suite; one line per suite, and the number of tests that passed and failed. */
#include <CUnit/Basic.h>
#include <stdio.h>

#include "tests/unit/unit.h"

static CU_SuiteInfo suites[] = {
	{.pName = "ownership", .pTests = unit_ownership},
	{.pName = "hold", .pTests = unit_hold},
	{.pName = "rules OWN", .pTests = unit_rules_own},
	{.pName = "rules fences", .pTests = unit_rules_fence},
	{.pName = "rules SYN", .pTests = unit_rules_sync},
	{.pName = "rules SYN calls", .pTests = unit_rules_call},
	{.pName = "rules LIF", .pTests = unit_rules_life},
	{.pName = "rules observed", .pTests = unit_rules_observe},
	{.pName = "trace", .pTests = unit_trace},
	{.pName = "trace full disk", .pTests = unit_trace_full},
	{.pName = "trace files", .pTests = unit_trace_file},
	{.pName = "trace threads", .pTests = unit_trace_threads},
	{.pName = "trace hostile", .pTests = unit_trace_hostile},
	{.pName = "token", .pTests = unit_token},
	{.pName = "tables", .pTests = unit_tables},
	{.pName = "ioctl table", .pTests = unit_ioctl},
	{.pName = "strings", .pTests = unit_strings},
	{.pName = "run", .pTests = unit_run},
	{.pName = "processes", .pTests = unit_processes},
	{.pName = "verdict", .pTests = unit_verdict},
	{.pName = "coherency", .pTests = unit_coherency},
	{.pName = "kernel", .pTests = unit_kernel},
	CU_SUITE_INFO_NULL,
};

/* A test fails once, however many of its checks do. */
static bool failed(const CU_Test *test)
{
	for (const CU_FailureRecord *f = CU_get_failure_list(); f; f = f->pNext)
		if (f->pTest == test)
			return true;
	return false;
}

static void report_suite(const CU_Suite *suite, unsigned *passed, unsigned *bad)
{
	unsigned good = 0, tests = 0;

	for (const CU_Test *test = suite->pTest; test; test = test->pNext, tests++)
		good += !failed(test);
	/* a suite without tests is a suite that was not run */
	*passed += good;
	*bad += tests - good + !tests;
	printf("%-4s %-16s %u of %u\n", good == tests && tests ? "ok" : "FAIL", suite->pName, good,
	       tests);
}

int main(void)
{
	unsigned passed = 0, bad = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (CU_initialize_registry() || CU_register_suites(suites)) {
		fprintf(stderr, "unit: %s\n", CU_get_error_msg());
		return 1;
	}
	CU_basic_set_mode(CU_BRM_SILENT);
	CU_basic_run_tests();
	CU_basic_show_failures(CU_get_failure_list());
	putchar('\n');
	for (const CU_Suite *s = CU_get_registry()->pSuite; s; s = s->pNext)
		report_suite(s, &passed, &bad);
	CU_cleanup_registry();
	printf("unit: %u passed, %u failed\n", passed, bad);
	return bad ? 1 : 0;
}
