/* SPDX-License-Identifier: MIT */
/* x86-64: syscall instruction, page-fault error code, trap flag. */
#include "preload/arch/arch.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>

const char ds_arch_name[] = "x86_64";

/* page-fault error code: bit 1 = write, bit 4 = instruction fetch (Intel SDM vol. 3, 4.7) */
#define ERR_WRITE 2
#define ERR_FETCH 16
#define FLAG_TRAP 0x100

long ds_arch_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

int (*ds_arch_vfork_next)(void);

__asm__(".text\n"
	".globl vfork\n"
	".type vfork, @function\n"
	"vfork:\n"
	"	endbr64\n"
	"	movb $1, ds_pid_unsure(%rip)\n"
	"	cmpq $0, ds_arch_vfork_next(%rip)\n"
	"	jne 1f\n"
	"	subq $8, %rsp\n" /* called before our constructor: look it up now */
	"	call ds_real_init\n"
	"	addq $8, %rsp\n"
	"1:	jmp *ds_arch_vfork_next(%rip)\n"
	".size vfork, . - vfork\n");

/* Variables lie below the thread pointer, which points at itself (ELF TLS ABI, variant 2). */
#define TCB_BYTES 4096

static __thread char here;

size_t ds_arch_tls_bytes(void)
{
	uintptr_t tp, libc = (uintptr_t)&errno, own = (uintptr_t)&here;

	__asm__ volatile("mov %%fs:0, %0" : "=r"(tp));
	return tp - (libc < own ? libc : own) + TCB_BYTES;
}

void *ds_arch_tls_make(void *memory, size_t bytes)
{
	char *tp = (char *)memory + bytes - TCB_BYTES;

	((void **)(void *)tp)[0] = tp; /* what %fs:0 and glibc's THREAD_SELF read */
	((void **)(void *)tp)[2] = tp;
	return tp;
}

extern const char ds_arch_probe_bad[] __attribute__((visibility("hidden")));

__asm__(".text\n"
	".globl ds_arch_probe\n"
	".hidden ds_arch_probe\n"
	".type ds_arch_probe, @function\n"
	"ds_arch_probe:\n"
	"	movb (%rdi), %al\n"
	"	movl $1, %eax\n"
	"	ret\n"
	".globl ds_arch_probe_bad\n"
	".hidden ds_arch_probe_bad\n"
	"ds_arch_probe_bad:\n"
	"	xorl %eax, %eax\n"
	"	ret\n"
	".size ds_arch_probe, . - ds_arch_probe\n");

bool ds_arch_probe_failed(ucontext_t *uc)
{
	if (uc->uc_mcontext.gregs[REG_RIP] != (greg_t)(uintptr_t)ds_arch_probe)
		return false;
	uc->uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)ds_arch_probe_bad;
	return true;
}

enum ds_fault ds_arch_fault(const ucontext_t *uc)
{
	greg_t err = uc->uc_mcontext.gregs[REG_ERR];

	if (err & ERR_FETCH)
		return DS_FAULT_EXEC;
	return err & ERR_WRITE ? DS_FAULT_WRITE : DS_FAULT_READ;
}

bool ds_arch_can_step(void)
{
	return true;
}

void ds_arch_set_step(ucontext_t *uc, bool on)
{
	if (on)
		uc->uc_mcontext.gregs[REG_EFL] |= FLAG_TRAP;
	else
		uc->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)FLAG_TRAP;
}

/*
 * Debuggers know a signal frame by these very instructions, and gdb by the name that libc gives them.
 * Unwinders read where the kernel has saved the registers: the stack pointer is at a ucontext here.
 */
#define TEXT_OF(x)  TEXT_OF_(x)
#define TEXT_OF_(x) #x
/* DW_OP_breg7 (the stack pointer) plus an offset of two bytes, which LEB128 holds in seven bits each */
#define AT(offset) "0x77, (" TEXT_OF(offset) " & 0x7f) | 0x80, " TEXT_OF(offset) " >> 7\n"
/* DW_CFA_expression: a register by its DWARF number */
#define SAVED(number, offset) ".cfi_escape 0x10, " #number ", 3, " AT(offset)

/* clang-format off */
__asm__(".text\n\t"
	".balign 16\n"
	".cfi_startproc\n"
	".cfi_signal_frame\n"
	/* DW_CFA_def_cfa_expression: the interrupted stack pointer, read (DW_OP_deref) */
	".cfi_escape 0x0f, 4, 0x77, (160 & 0x7f) | 0x80, 160 >> 7, 0x06\n"
	SAVED(0, 144) SAVED(1, 136) SAVED(2, 152) SAVED(3, 128)
	SAVED(4, 112) SAVED(5, 104) SAVED(6, 120) SAVED(7, 160)
	SAVED(8, 40)  SAVED(9, 48)  SAVED(10, 56) SAVED(11, 64)
	SAVED(12, 72) SAVED(13, 80) SAVED(14, 88) SAVED(15, 96)
	SAVED(16, 168)
	"nop\n" /* some look one byte before a return address */
	"__restore_rt:\n\t"
	"movq $15, %rax\n\t"
	"syscall\n"
	".cfi_endproc\n\t"
	".previous");
/* clang-format on */
#define UC_OFFSET(reg) (offsetof(ucontext_t, uc_mcontext.gregs) + 8 * (reg))
_Static_assert(UC_OFFSET(REG_R8) == 40 && UC_OFFSET(REG_RBP) == 120 && UC_OFFSET(REG_RBX) == 128 &&
		       UC_OFFSET(REG_RSP) == 160 && UC_OFFSET(REG_RIP) == 168,
	       "the offsets above");
extern void restore(void) __asm__("__restore_rt") __attribute__((visibility("hidden")));

void (*const ds_arch_restorer)(void) = restore;

void ds_arch_pause(void)
{
	__asm__ volatile("pause");
}

uint64_t ds_arch_pc(const ucontext_t *uc)
{
	return (uint64_t)uc->uc_mcontext.gregs[REG_RIP];
}

uintptr_t ds_arch_sp(const ucontext_t *uc)
{
	return (uintptr_t)uc->uc_mcontext.gregs[REG_RSP];
}

/* rdsspq leaves the register alone where there is no shadow stack. */
bool ds_arch_shadow_stack(void)
{
	unsigned long ssp = 0;

	__asm__ volatile("rdsspq %0" : "+r"(ssp));
	return ssp != 0;
}

/*
 * The kernel's frame: return address, ucontext, siginfo (arch/x86/include/asm/sigframe.h).  The
 * kernel leaves rbp as it was, and unwinders by frame pointers live from that.
 */
void ds_arch_deliver(void *handler, int sig, siginfo_t *info, ucontext_t *uc, void *trampoline)
{
	(void)trampoline; /* the frame has it */
	__asm__ volatile("movq %0, %%rsp\n\t"
			 "movq %5, %%rbp\n\t"
			 "xorl %%eax, %%eax\n\t"
			 "cld\n\t"
			 "jmp *%1"
			 :
			 : "a"((char *)uc - 8), "c"(handler), "D"((long)sig), "S"(info), "d"(uc),
			   "r"(uc->uc_mcontext.gregs[REG_RBP])
			 : "memory");
	__builtin_unreachable();
}

void ds_arch_return(ucontext_t *uc)
{
	__asm__ volatile("movq %0, %%rsp\n\t"
			 "syscall"
			 :
			 : "r"(uc), "a"((long)SYS_rt_sigreturn)
			 : "memory", "rcx", "r11");
	__builtin_unreachable();
}

#define RED_ZONE     128
#define FXSAVE_BYTES 512
#define SW_RESERVED  464	/* struct _fpx_sw_bytes in it (asm/sigcontext.h) */
#define XSTATE_MAGIC 0x46505853 /* FP_XSTATE_MAGIC1 */

static size_t fpstate_bytes(const char *state)
{
	uint32_t sw[2]; /* magic, size of everything */

	memcpy(sw, state + SW_RESERVED, sizeof(sw));
	return sw[0] == XSTATE_MAGIC ? sw[1] : FXSAVE_BYTES;
}

void ds_arch_move_frame(siginfo_t **info, ucontext_t **uc)
{
	const char *from = (const char *)*uc - 8;
	const char *state = (const char *)(*uc)->uc_mcontext.fpregs;
	size_t bytes = (size_t)((const char *)(*info + 1) - from);
	uintptr_t sp = ds_arch_sp(*uc) - RED_ZONE;
	ucontext_t *copy;

	if (state) {
		size_t n = fpstate_bytes(state);

		sp = (sp - n) & ~(uintptr_t)63;
		state = memcpy((void *)sp, state, n);
	}
	sp = ((sp - bytes) & ~(uintptr_t)15) - 8;
	memcpy((void *)sp, from, bytes);
	copy = (ucontext_t *)(sp + 8);
	copy->uc_mcontext.fpregs = (fpregset_t)(uintptr_t)state;
	*info = (siginfo_t *)(sp + (size_t)((const char *)*info - from));
	*uc = copy;
}

/* By hand, so that an unwinder finds its way from the one stack to the other. */
__asm__(".text\n"
	".globl ds_arch_on_stack\n"
	".hidden ds_arch_on_stack\n"
	".type ds_arch_on_stack, @function\n"
	"ds_arch_on_stack:\n"
	"	.cfi_startproc\n"
	"	endbr64\n"
	"	pushq %rbp\n"
	"	.cfi_def_cfa_offset 16\n"
	"	.cfi_offset %rbp, -16\n"
	"	movq %rsp, %rbp\n"
	"	.cfi_def_cfa_register %rbp\n"
	"	movq %rdi, %rsp\n"
	"	movq %rdx, %rdi\n"
	"	call *%rsi\n"
	"	leave\n"
	"	.cfi_def_cfa %rsp, 8\n"
	"	ret\n"
	"	.cfi_endproc\n"
	".size ds_arch_on_stack, . - ds_arch_on_stack\n");
