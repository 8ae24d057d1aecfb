/* SPDX-License-Identifier: MIT */
/* arm64: svc, the ESR record of the signal frame; user space cannot single-step itself. */
#include "preload/arch/arch.h"

#include <asm/sigcontext.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>

const char ds_arch_name[] = "aarch64";

/* ESR_ELx (Arm ARM D24): exception class in bits 26..31, WnR in bit 6 of a data abort */
#define ESR_CLASS(esr)	 ((esr) >> 26 & 0x3f)
#define CLASS_DATA_ABORT 0x24
#define CLASS_INSN_ABORT 0x20
#define ESR_WRITE	 (1u << 6)
#define ESR_CACHE_OP	 (1u << 8)

long ds_arch_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc #0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
}

int (*ds_arch_vfork_next)(void);

__asm__(".text\n"
	".globl vfork\n"
	".type vfork, %function\n"
	"vfork:\n"
	"	hint #34\n" /* bti c */
	"	adrp x9, ds_pid_unsure\n"
	"	mov w10, #1\n"
	"	strb w10, [x9, #:lo12:ds_pid_unsure]\n"
	"	adrp x9, ds_arch_vfork_next\n"
	"	ldr x9, [x9, #:lo12:ds_arch_vfork_next]\n"
	"	cbnz x9, 1f\n"
	"	stp x29, x30, [sp, #-16]!\n" /* called before our constructor: look it up now */
	"	bl ds_real_init\n"
	"	ldp x29, x30, [sp], #16\n"
	"	adrp x9, ds_arch_vfork_next\n"
	"	ldr x9, [x9, #:lo12:ds_arch_vfork_next]\n"
	"1:	mov x16, x9\n"
	"	br x16\n"
	".size vfork, . - vfork\n");

/* Variables lie above the thread pointer (ELF TLS ABI, variant 1); glibc's own words lie below. */
#define TCB_BYTES 8192

static __thread char here;

size_t ds_arch_tls_bytes(void)
{
	uintptr_t tp, libc = (uintptr_t)&errno, own = (uintptr_t)&here;

	__asm__ volatile("mrs %0, tpidr_el0" : "=r"(tp));
	return (libc > own ? libc : own) - tp + TCB_BYTES;
}

void *ds_arch_tls_make(void *memory, size_t bytes)
{
	(void)bytes;
	return (char *)memory + TCB_BYTES;
}

/* The record of a kind in a frame's list (<asm/sigcontext.h>); NULL: none. */
static const void *find_record(const ucontext_t *uc, uint32_t magic)
{
	const unsigned char *p = (const unsigned char *)uc->uc_mcontext.__reserved;
	const unsigned char *end = p + sizeof(uc->uc_mcontext.__reserved);

	while (p + sizeof(struct _aarch64_ctx) <= end) {
		const struct _aarch64_ctx *head = (const void *)p;

		if (head->magic == magic)
			return p;
		if (!head->magic || !head->size)
			break;
		p += head->size;
	}
	return NULL;
}

extern const char ds_arch_probe_bad[] __attribute__((visibility("hidden")));

__asm__(".text\n"
	".globl ds_arch_probe\n"
	".hidden ds_arch_probe\n"
	".type ds_arch_probe, %function\n"
	"ds_arch_probe:\n"
	"	ldrb w0, [x0]\n"
	"	mov w0, #1\n"
	"	ret\n"
	".globl ds_arch_probe_bad\n"
	".hidden ds_arch_probe_bad\n"
	"ds_arch_probe_bad:\n"
	"	mov w0, #0\n"
	"	ret\n"
	".size ds_arch_probe, . - ds_arch_probe\n");

bool ds_arch_probe_failed(ucontext_t *uc)
{
	if (uc->uc_mcontext.pc != (uintptr_t)ds_arch_probe)
		return false;
	uc->uc_mcontext.pc = (uintptr_t)ds_arch_probe_bad;
	return true;
}

enum ds_fault ds_arch_fault(const ucontext_t *uc)
{
	const struct esr_context *esr = find_record(uc, ESR_MAGIC);

	if (!esr)
		return DS_FAULT_UNKNOWN;
	if ((ESR_CLASS(esr->esr) & ~1u) == CLASS_INSN_ABORT)
		return DS_FAULT_EXEC;
	if ((ESR_CLASS(esr->esr) & ~1u) != CLASS_DATA_ABORT)
		return DS_FAULT_UNKNOWN;
	/* cache maintenance by address reports itself as a write and touches nothing */
	if (esr->esr & ESR_CACHE_OP)
		return DS_FAULT_READ;
	return esr->esr & ESR_WRITE ? DS_FAULT_WRITE : DS_FAULT_READ;
}

bool ds_arch_can_step(void)
{
	return false;
}

void ds_arch_set_step(ucontext_t *uc, bool on)
{
	(void)uc;
	(void)on;
}

void (*const ds_arch_restorer)(void) = NULL;

void ds_arch_pause(void)
{
	__asm__ volatile("isb"); /* as long as x86's pause; `yield` is no delay on most of them */
}

uint64_t ds_arch_pc(const ucontext_t *uc)
{
	return (uint64_t)uc->uc_mcontext.pc;
}

uintptr_t ds_arch_sp(const ucontext_t *uc)
{
	return (uintptr_t)uc->uc_mcontext.sp;
}

/* chkfeat x16: bit 0 comes back clear where the thread has a guarded control stack. */
bool ds_arch_shadow_stack(void)
{
	register unsigned long x16 __asm__("x16") = 1;

	__asm__ volatile("hint #40" : "+r"(x16));
	return !x16;
}

/*
 * The kernel's frame begins with the siginfo (arch/arm64/kernel/signal.c).  The handler returns to
 * the trampoline of the vDSO, which unwinders know by its address.  x16: the one register by which
 * a jump may enter a function of a program with branch protection (BTI).
 */
void ds_arch_deliver(void *handler, int sig, siginfo_t *info, ucontext_t *uc, void *trampoline)
{
	register long x0 __asm__("x0") = sig;
	register void *x1 __asm__("x1") = info;
	register void *x2 __asm__("x2") = uc;
	register void *x3 __asm__("x3") = trampoline;
	register unsigned long long x4 __asm__("x4") = uc->uc_mcontext.regs[29];
	register void *x16 __asm__("x16") = handler;

	__asm__ volatile("mov sp, x1\n\t"
			 "mov x29, x4\n\t"
			 "mov x30, x3\n\t"
			 "br x16"
			 :
			 : "r"(x0), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x16)
			 : "memory");
	__builtin_unreachable();
}

void ds_arch_return(ucontext_t *uc)
{
	/* the frame begins at the siginfo, right below the context */
	register long x8 __asm__("x8") = SYS_rt_sigreturn;

	__asm__ volatile("mov sp, %0\n\t"
			 "svc #0"
			 :
			 : "r"((char *)uc - sizeof(siginfo_t)), "r"(x8)
			 : "memory");
	__builtin_unreachable();
}

/*
 * The records that do not fit (SVE with long vectors, SME) follow the frame; the kernel wants them at
 * the address that the frame names, so a copy names its own.
 */
void ds_arch_move_frame(siginfo_t **info, ucontext_t **uc)
{
	const struct extra_context *extra = find_record(*uc, EXTRA_MAGIC);
	uintptr_t from = (uintptr_t)*info, end = (uintptr_t)(*uc + 1), sp;

	if (extra && extra->datap + extra->size > end)
		end = extra->datap + extra->size;
	sp = (ds_arch_sp(*uc) - (end - from)) & ~(uintptr_t)15;
	memcpy((void *)sp, (const void *)from, end - from);
	if (extra)
		((struct extra_context *)(sp + ((uintptr_t)extra - from)))->datap += sp - from;
	*info = (siginfo_t *)sp;
	*uc = (ucontext_t *)(sp + ((uintptr_t)*uc - from));
}

void ds_arch_on_stack(void *top, void (*fn)(void *arg), void *arg)
{
	register void *x0 __asm__("x0") = arg;

	__asm__ volatile("mov x19, sp\n\t"
			 "mov sp, %1\n\t"
			 "blr %2\n\t"
			 "mov sp, x19"
			 : "+r"(x0)
			 : "r"(top), "r"(fn)
			 : "x19", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10",
			   "x11", "x12", "x13", "x14", "x15", "x16", "x17", "x18", "x30", "v0",
			   "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v16", "v17", "v18", "v19",
			   "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29",
			   "v30", "v31", "memory", "cc");
}
