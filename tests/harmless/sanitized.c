/* SPDX-License-Identifier: MIT */
/* Built with each sanitizer: threads, a fork, and a SIGSEGV that the program mends itself. */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static sigjmp_buf back;
static _Atomic long sum;

static void on_segv(int sig)
{
	siglongjmp(back, sig);
}

static void *add(void *arg)
{
	char *copy = strdup(arg);

	if (!copy)
		abort();
	for (int i = 0; i < 1000; i++)
		sum += (long)strlen(copy);
	free(copy);
	return NULL;
}

int main(void)
{
	struct sigaction act = {.sa_handler = on_segv};
	char *volatile nowhere = NULL;
	pthread_t thread[8];
	int status = 0;
	pid_t pid;

	for (int i = 0; i < 8; i++)
		pthread_create(&thread[i], NULL, add, "dmabuf");
	for (int i = 0; i < 8; i++)
		pthread_join(thread[i], NULL);
	printf("sum %ld\n", sum);
	sigaction(SIGSEGV, &act, NULL);
	if (!sigsetjmp(back, 1))
		*nowhere = 1;
	else
		puts("mended");
	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(7);
	waitpid(pid, &status, 0);
	printf("child %d\n", WEXITSTATUS(status));
	return 3;
}
