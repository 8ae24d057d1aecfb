/* SPDX-License-Identifier: MIT */
/* rt_sigaction and rt_sigprocmask through syscall(2), in the kernel's words. */
#include "preload/hooks_sigraw.h"

#include <string.h>
#include <sys/syscall.h>

#include "preload/hooks.h"
#include "preload/sys.h"
#include "preload/trap.h"

#define MASK_BYTES 8

struct kernel_action {
	void (*handler)(int);
	unsigned long flags;
	void (*restorer)(void);
	uint64_t mask;
};

long ds_raw_sigaction(int sig, const void *act, void *old, size_t size)
{
	const struct kernel_action *from = act;
	struct kernel_action *to = old;
	struct sigaction mine = {.sa_flags = 0}, was;

	if (size != MASK_BYTES || !ds_action_owned(sig) || !ds_own_process())
		return ds_real.syscall(SYS_rt_sigaction, sig, (long)act, (long)old, (long)size, 0,
				       0);
	if (from) {
		mine.sa_handler = from->handler;
		mine.sa_flags = (int)from->flags;
		memcpy(&mine.sa_mask, &from->mask, MASK_BYTES);
	}
	ds_action_set(sig, from ? &mine : NULL, &was);
	if (to) {
		to->handler = was.sa_handler;
		to->flags = (unsigned long)was.sa_flags;
		to->restorer = was.sa_restorer;
		memcpy(&to->mask, &was.sa_mask, MASK_BYTES);
	}
	return 0;
}

long ds_raw_sigprocmask(int how, const void *set, void *old, size_t size)
{
	sigset_t mine, was;
	int r;

	if (size != MASK_BYTES || !ds_mask_active())
		return ds_real.syscall(SYS_rt_sigprocmask, how, (long)set, (long)old, (long)size, 0,
				       0);
	sigemptyset(&mine);
	sigemptyset(&was);
	if (set)
		memcpy(&mine, set, MASK_BYTES);
	r = sigprocmask(how, set ? &mine : NULL, &was);
	if (!r && old)
		memcpy(old, &was, MASK_BYTES);
	return r;
}
