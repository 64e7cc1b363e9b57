/*
 * oracle: executes instruction sequences on the host's own processor, for comparison with the simulated one.
 *
 * It reads an image and then records from standard input until the end, and writes one answer for each record. The
 * code of a record runs in user mode with every register as the record says: the state is entered by sigreturn, which
 * can set all of it at once, CS, SS and the FPU included, and left by the signal that the final fault makes. So 64-bit code,
 * 32-bit code (selector 0x23) and segments of a local descriptor table are all within reach without a line of
 * assembler around the code under test.
 *
 *   0x0000_1000_0000  CODE   2 pages  rwx      image pages 0, 1
 *   0x0000_2000_0000  DATA   2 pages  rw-      image pages 2, 3
 *   0x0000_2000_2000  FIXED  1 page   r--      image page 4
 *   0x1234_5678_9000  HIGH   1 page   rw-      image page 5
 *
 * The harness has no C library and no thread-local storage, since FS, GS and every data segment belong to the code
 * under test, and it is linked above 4 GiB, so that 32-bit code cannot reach it. A seccomp filter lets system calls
 * pass only when they come from the harness itself.
 *
 * Build: gcc -O1 -fpie -ffreestanding -mgeneral-regs-only -fno-stack-protector -fcf-protection=none
 *            -nostdlib -static -Wl,-Ttext-segment=0x600000000000 -o oracle oracle.c
 */
#include <asm/ldt.h>
#include <asm/signal.h>
#include <asm/sigcontext.h>
#include <asm/siginfo.h>
#include <asm/ucontext.h>
#include <asm/unistd.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <linux/time.h>

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;

#define PAGE 4096u
#define CODE 0x10000000ul
#define DATA 0x20000000ul
#define HIGH 0x123456789000ul
#define PAGES 6
#define HARNESS_HIGH_WORD 0x6000u /* bits 63:32 of every address of this program's text */
#define FX_USED 416
#define TICK_MICROS 10000
#define TICKS_ALLOWED 3

struct state {
    u64 gpr[16]; /* in the order of their numbers: rax rcx rdx rbx rsp rbp rsi rdi r8..r15 */
    u64 rip, rflags, fs_base, gs_base;
    u16 cs, ss, ds, es, fs, gs;
    u8 reserved[4];
    u8 fx[512]; /* as FXSAVE writes it, the part of the program's own all zeros */
};

struct request {
    struct state state;
    u16 code_length, poke_length;
    u64 code_at, poke_at; /* linear addresses in the writable pages */
    u8 code[512];
    u8 poke[64];
};

struct answer {
    struct state state;
    u16 timed_out, foreign; /* foreign: it tried a system call */
    u64 cr2;
    u32 trap, error;
    u64 changes; /* how many change records follow */
};

struct change { /* one byte of the image that is not what it was */
    u16 offset;
    u8 value, zero;
};

static u8 image[PAGES * PAGE] __attribute__((aligned(4096)));
static u8 wanted[PAGES * PAGE] __attribute__((aligned(4096))); /* image plus the code and poke of the present record */
static u8 alternate_stack[65536] __attribute__((aligned(64)));
static u8 fx[512] __attribute__((aligned(64)));
static u8 output[1 << 20];
static u64 output_length;
static struct request request;
static struct answer answer;
static volatile int running, ticks;
static void *home[5]; /* __builtin_setjmp's buffer */

static const u64 page_at[PAGES] = {CODE, CODE + PAGE, DATA, DATA + PAGE, DATA + 2 * PAGE, HIGH};

static long call6(long n, long a, long b, long c, long d, long e, long f) {
    long result;
    register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}
#define call(n, a, b, c) call6(n, (long)(a), (long)(b), (long)(c), 0, 0, 0)

void *memcpy(void *to, const void *from, u64 n) {
    void *start = to;
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
    return start;
}

void *memset(void *to, int value, u64 n) {
    void *start = to;
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(value) : "memory");
    return start;
}

static void finish(int status) {
    for (;;) {
        call(__NR_exit, status, 0, 0);
    }
}

static void complain(const char *text) {
    u64 n = 0;
    while (text[n]) {
        n++;
    }
    call(__NR_write, 2, text, n);
    finish(2);
}

static void demand(long result, const char *text) {
    if (result < 0) {
        complain(text);
    }
}

/* Reads all of it; gives 0 at the end of the input. */
static int take(void *to, u64 n) {
    for (u64 got = 0; got < n;) {
        long r = call(__NR_read, 0, (u8 *)to + got, n - got);
        if (r == -4) {
            continue; /* interrupted by the alarm */
        }
        if (r <= 0) {
            return 0;
        }
        got += (u64)r;
    }
    return 1;
}

static void flush(void) {
    for (u64 done = 0; done < output_length;) {
        long r = call(__NR_write, 1, output + done, output_length - done);
        if (r == -4) {
            continue;
        }
        demand(r, "oracle: cannot write\n");
        done += (u64)r;
    }
    output_length = 0;
}

static void put(const void *from, u64 n) {
    if (output_length + n > sizeof output) {
        flush();
    }
    memcpy(output + output_length, from, n);
    output_length += n;
}

static u8 *place(u64 address, u8 *base) { /* where a linear address lies in an image */
    for (int i = 0; i < PAGES; i++) {
        if (address - page_at[i] < PAGE) {
            return base + i * PAGE + (address - page_at[i]);
        }
    }
    complain("oracle: a record writes outside the image\n");
    return base;
}

static void write_segments(const struct state *s) {
    __asm__ volatile("mov %0, %%ds" : : "r"((u32)s->ds));
    __asm__ volatile("mov %0, %%es" : : "r"((u32)s->es));
    __asm__ volatile("mov %0, %%fs" : : "r"((u32)s->fs));
    __asm__ volatile("mov %0, %%gs" : : "r"((u32)s->gs));
    if ((s->fs & 4) == 0) { /* a segment of the LDT brings its own base */
        __asm__ volatile("wrfsbase %0" : : "r"(s->fs_base));
    }
    if ((s->gs & 4) == 0) {
        __asm__ volatile("wrgsbase %0" : : "r"(s->gs_base));
    }
}

static void read_segments(struct state *s) {
    u32 r;
    __asm__ volatile("mov %%ds, %0" : "=r"(r));
    s->ds = (u16)r;
    __asm__ volatile("mov %%es, %0" : "=r"(r));
    s->es = (u16)r;
    __asm__ volatile("mov %%fs, %0" : "=r"(r));
    s->fs = (u16)r;
    __asm__ volatile("mov %%gs, %0" : "=r"(r));
    s->gs = (u16)r;
    __asm__ volatile("rdfsbase %0" : "=r"(s->fs_base));
    __asm__ volatile("rdgsbase %0" : "=r"(s->gs_base));
}

static void from_context(struct state *s, const struct sigcontext_64 *c) {
    const u64 gpr[16] = {c->ax, c->cx, c->dx, c->bx, c->sp,  c->bp,  c->si,  c->di,
                         c->r8, c->r9, c->r10, c->r11, c->r12, c->r13, c->r14, c->r15};
    memcpy(s->gpr, gpr, sizeof gpr);
    s->rip = c->ip;
    s->rflags = c->flags;
    s->cs = c->cs;
    s->ss = c->ss;
    memcpy(s->fx, (const void *)c->fpstate, FX_USED);
    read_segments(s);
}

static void to_context(struct sigcontext_64 *c, const struct state *s) {
    const u64 *g = s->gpr;
    c->ax = g[0], c->cx = g[1], c->dx = g[2], c->bx = g[3], c->sp = g[4], c->bp = g[5], c->si = g[6], c->di = g[7];
    c->r8 = g[8], c->r9 = g[9], c->r10 = g[10], c->r11 = g[11], c->r12 = g[12], c->r13 = g[13], c->r14 = g[14];
    c->r15 = g[15];
    c->ip = s->rip;
    c->flags = s->rflags;
    c->cs = s->cs;
    c->ss = s->ss;
    memcpy(fx, s->fx, FX_USED); /* without what follows it is no extended state, and the kernel clears the rest */
    c->fpstate = (u64)fx;
}

static void handler(int number, siginfo_t *info, struct ucontext *context) {
    __asm__ volatile("pushq $0x202; popfq" : : : "memory", "cc"); /* AC and NT may be on */
    if (number == SIGALRM) {
        if (!running || ++ticks < TICKS_ALLOWED) {
            return;
        }
        answer.timed_out = 1;
    }
    if (!running) {
        complain("oracle: a fault of the harness itself\n");
    }
    struct sigcontext_64 *c = (struct sigcontext_64 *)&context->uc_mcontext;
    running = 0;
    from_context(&answer.state, c);
    answer.trap = (u32)c->trapno;
    answer.error = (u32)c->err;
    answer.cr2 = c->cr2;
    answer.foreign = number == SIGSYS;
    (void)info;
    __builtin_longjmp(home, 1);
}

void restorer(void) __attribute__((visibility("hidden")));
__asm__("restorer: mov $15, %eax\n syscall\n");

static void enter(const struct state *s) {
    static struct ucontext context;
    memset(&context, 0, sizeof context);
    context.uc_flags = UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS;
    context.uc_stack.ss_sp = alternate_stack;
    context.uc_stack.ss_size = sizeof alternate_stack;
    to_context((struct sigcontext_64 *)&context.uc_mcontext, s);
    write_segments(s);
    ticks = 0;
    running = 1;
    __asm__ volatile("mov %0, %%rsp\n mov $15, %%eax\n syscall\n ud2" : : "r"(&context) : "memory");
}

static u64 differences(void) { /* counts them */
    u64 count = 0;
    for (u32 i = 0; i < PAGES; i++) {
        const u64 *is = (const u64 *)page_at[i], *was = (const u64 *)(wanted + i * PAGE);
        for (u32 j = 0; j < PAGE / 8; j++) {
            if (is[j] != was[j]) {
                for (u32 k = 0; k < 8; k++) {
                    count += ((const u8 *)&is[j])[k] != ((const u8 *)&was[j])[k];
                }
            }
        }
    }
    return count;
}

static void put_differences(void) { /* and puts the pages back */
    for (u32 i = 0; i < PAGES; i++) {
        u8 *is = (u8 *)page_at[i], *was = wanted + i * PAGE;
        for (u32 j = 0; j < PAGE; j++) {
            if (is[j] != was[j]) {
                struct change change = {(u16)(i * PAGE + j), is[j], 0};
                put(&change, sizeof change);
                is[j] = was[j];
            }
        }
    }
}

static void lay(u64 at, const u8 *bytes, u32 n, int original) {
    for (u32 i = 0; i < n; i++) {
        u8 value = original ? *place(at + i, image) : bytes[i];
        *(volatile u8 *)(at + i) = value;
        *place(at + i, wanted) = value;
    }
}

static void lay_record(int original) {
    lay(request.poke_at, request.poke, request.poke_length, original);
    lay(request.code_at, request.code, request.code_length, original);
}

static void serve(void) {
    static const struct state neutral;
    if (request.code_length > sizeof request.code || request.poke_length > sizeof request.poke) {
        complain("oracle: a record is malformed\n");
    }
    lay_record(0);
    memset(&answer, 0, sizeof answer);
    if (__builtin_setjmp(home) == 0) {
        enter(&request.state);
    }
    write_segments(&neutral);
    answer.changes = differences();
    put(&answer, sizeof answer);
    if (answer.changes) {
        put_differences();
    }
    lay_record(1);
}

static void map_page(int page, int protection) {
    long at = call6(__NR_mmap, (long)page_at[page], PAGE, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (at != (long)page_at[page]) {
        complain("oracle: cannot map the pages\n");
    }
    memcpy((void *)at, image + page * PAGE, PAGE);
    demand(call(__NR_mprotect, at, PAGE, protection), "oracle: cannot protect the pages\n");
}

static void catch(int number) {
    struct {
        void *handler;
        u64 flags;
        void (*restorer)(void);
        u64 mask;
    } action = {(void *)handler, SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESTORER, restorer, 0};
    demand(call6(__NR_rt_sigaction, number, (long)&action, 0, 8, 0, 0), "oracle: no signal handler\n");
}

/* The local descriptor table; the Java side (HostSegments) describes the same to the simulated processor. */
static void describe(u32 entry, u32 base, u32 limit, u32 contents, int wide, int pages, int no_write, int absent) {
    struct user_desc d;
    memset(&d, 0, sizeof d);
    d.entry_number = entry;
    d.base_addr = base;
    d.limit = limit;
    d.contents = contents; /* 0 data, 1 data that expands down, 2 code, 3 conforming code */
    d.seg_32bit = wide;
    d.limit_in_pages = pages;
    d.read_exec_only = no_write;
    d.seg_not_present = absent;
    d.useable = 1;
    demand(call(__NR_modify_ldt, 0x11, &d, sizeof d), "oracle: no local descriptor table\n");
}

static void describe_all(void) {
    describe(0, CODE, 0x1FFF, 2, 1, 0, 0, 0);
    describe(1, CODE, 0x1FFF, 2, 0, 0, 0, 0);
    describe(2, DATA, 0x1FFF, 0, 1, 0, 0, 0);
    describe(3, DATA, 0x1FFF, 0, 0, 0, 0, 0);
    describe(4, DATA, 0x0FFF, 1, 1, 0, 0, 0);
    describe(5, DATA, 0x0FFF, 1, 0, 0, 0, 0);
    describe(6, DATA, 0x1FFF, 0, 1, 0, 1, 0);
    describe(7, CODE, 0x1FFF, 2, 1, 0, 1, 0);
    describe(8, DATA, 0x1FFF, 0, 1, 0, 0, 1);
    describe(9, 0, 0xFFFFF, 2, 1, 1, 0, 0);
    describe(10, 0, 0xFFFFF, 0, 1, 1, 0, 0);
    describe(11, DATA, 0x007F, 0, 1, 0, 0, 0);
    describe(12, CODE, 0x1FFF, 3, 1, 0, 0, 1);
    describe(13, CODE, 0x0002, 2, 0, 1, 0, 0);
}

static void fence_in(void) { /* system calls only from the harness */
    static struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 4), /* architecture */
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 12), /* instruction pointer, bits 63:32 */
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, HARNESS_HIGH_WORD, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
    };
    struct sock_fprog program = {sizeof filter / sizeof filter[0], filter};
    demand(call6(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0), "oracle: no_new_privs\n");
    demand(call6(__NR_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, (long)&program, 0, 0, 0), "oracle: no seccomp\n");
}

static void set_up(void) {
    static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGSYS, SIGALRM};
    stack_t stack = {alternate_stack, 0, sizeof alternate_stack};
    const u64 tick[4] = {0, TICK_MICROS, 0, TICK_MICROS};
    for (int i = 0; i < PAGES; i++) {
        map_page(i, i < 2 ? PROT_READ | PROT_WRITE | PROT_EXEC : i == 4 ? PROT_READ : PROT_READ | PROT_WRITE);
    }
    memcpy(wanted, image, sizeof image);
    demand(call(__NR_sigaltstack, &stack, 0, 0), "oracle: no signal stack\n");
    for (u32 i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        catch(signals[i]);
    }
    describe_all();
    fence_in();
    demand(call(__NR_setitimer, 0, tick, 0), "oracle: no timer\n");
}

void begin(void) {
    if (!take(image, sizeof image)) {
        complain("oracle: no image\n");
    }
    set_up();
    while (take(&request, sizeof request)) {
        serve();
    }
    flush();
    finish(0);
}

__asm__(".globl _start\n_start: and $-16, %rsp\n call begin\n");
