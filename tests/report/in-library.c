/* SPDX-License-Identifier: MIT */
/*
 * Around a defect program: with it in a library, the one function that the library exports; with
 * CALLER, the program that calls it; and in a rebuilt program, code that moves everything else.
 */
int run_defect(void);

#ifdef CALLER

int main(void)
{
	return run_defect();
}

#else
#ifdef main
int main(void); /* the defect program's, under another name */
#else
static int main_stub(void)
{
	return 0;
}
#define main main_stub
#endif

__attribute__((visibility("default"))) int run_defect(void)
{
	return main();
}

#endif
