/*
 * legacy: tests of real mode, protected mode of 16 and 32 bits, virtual-8086 mode, tasks, and the paging of 32 bits.
 */
#ifndef LEGACY_H
#define LEGACY_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef int s32;

#define CODE 0x08 /* flat, for ourselves; as in boot32.asm */
#define DATA 0x10

/* Code, stack and data of experiments: 64 KiB each, at level 0 and, 0x28 higher, at level 3. */
#define CODE16 0x18
#define CODE32 0x20
#define DATA32 0x28
#define STACK16 0x30
#define STACK32 0x38
#define LEVEL3 0x28
#define FLAT3 0x68
#define SEL_TSS 0x70
#define SEL_LDT 0x78
#define SEL_TSS_B 0x80
#define SEL_TSS_16 0x88
#define SEL_TASK_GATE 0x90
#define SEL_FREE 0x98 /* for whatever a test needs */
#define SEL_FREE2 0xA0
#define CODE_1 0xA8 /* flat, level 1 */
#define DATA_1 0xB0
#define CONFORMING 0xB8 /* flat, level 0 */
#define REAL_CODE 0xC0
#define REAL_DATA 0xC8
#define EXECUTE_ONLY 0xD0
#define READ_ONLY 0xD8
#define CODE_AT_0 0xE0 /* flat, 32 bits, level 3 */
#define GDT_ENTRIES 32
#define GDT_LIMIT (GDT_ENTRIES * 8 - 1)

#define CODE_AT 0x10000u
#define STACK_AT 0x20000u
#define DATA_AT 0x30000u
#define STACK_TOP 0xFF00u
#define DONE 0x80 /* INT 0x80 ends an experiment */
#define FLAGS_VM 0x20000u
#define FLAGS_SHOWN 0x3F7702u /* no status flags: some are undefined */

struct entry {
    u32 eip, cs, flags, esp, ss, es, ds, fs, gs;
};
struct caught {
    u32 vector, error, eip, cs, eflags, esp, ss, es, ds, fs, gs;
    u32 eax, ebx, ecx, edx, esi, edi, ebp;
    u32 in_esp, in_ss, in_ds, in_es, in_fs, in_gs, in_cs, in_flags, cr2, dr6;
};
struct tss {
    u32 link, esp0, ss0, esp1, ss1, esp2, ss2, cr3, eip, eflags, eax, ecx, edx, ebx, esp, ebp, esi, edi, es, cs, ss, ds, fs, gs, ldt;
    u16 trap, io_map;
    u8 io_bits[36];
};
struct tss16 {
    u16 link, sp0, ss0, sp1, ss1, sp2, ss2, ip, flags, ax, cx, dx, bx, sp, bp, si, di, es, cs, ss, ds, ldt;
};

extern struct entry entry;
extern struct caught caught;
extern u32 caught_words[9];
extern u64 gdt[GDT_ENTRIES];
extern struct tss tss, tss_b;
extern struct tss16 tss_16;
extern u8 stub_0[], kernel_stack_top[], bare_handler[], task_handler[];
static inline u32 stubs(u32 vector) { return (u32)stub_0 + 16 * vector; }
void enter(void);
void enter_real(void);
void recover(void);

/* modes an experiment is run in */
#define REAL 1u
#define V86 2u   /* IOPL 3 */
#define V86_0 4u /* IOPL 0 */
#define P16 8u
#define U16 0x10u
#define P32 0x20u
#define U32 0x40u
#define MODES 7
#define LIMIT 0x80u /* an experiment only for the option "checks": QEMU TCG does not check it */

/* tables.c */
void make_tables(void);
void restore_state(void); /* everything but the general registers */
void set_gate(u32 vector, u32 selector, u32 type, u32 offset);
u64 segment(u32 base, u32 limit, u32 type, u32 flags); /* flags: G 8, D/B 4 */
u64 gate(u32 selector, u32 type, u32 count, u32 offset);
void prepare(u32 mode); /* the struct entry for one of the modes; the code is at CODE_AT */
void run(u32 mode);     /* enters what is prepared */
void place(const void *code, u32 bytes);
void raise_interrupt(u32 vector); /* by the local APIC, to ourselves */
void raise_nmi(void);

/* tasks.c */
void task_b(void); /* a task that starts at task_handler */

/* log.c */
void print(const char *format, ...);
void tell(void); /* how the experiment ended */
void tell_short(void);
u32 option(const char *name);
void leave(u8 value) __attribute__((noreturn));
void *memcpy(void *to, const void *from, u32 n);
void *memset(void *to, int value, u32 n);

void test_snippets(void);
void test_descriptors(void);
void test_rights(void);
void test_limits(void);
void test_inner_stack(void);
void test_task_faults(void);
void test_gates(void);
void test_far(void);
void test_tasks(void);
void test_paging(void);
void test_events(void);
void test_breakpoints(void);

static inline u32 read_cr0(void) {
    u32 v;
    __asm__ volatile("mov %%cr0, %0" : "=r"(v) : : "memory");
    return v;
}
static inline void write_cr0(u32 v) { __asm__ volatile("mov %0, %%cr0" : : "r"(v) : "memory"); }
static inline void write_cr3(u32 v) { __asm__ volatile("mov %0, %%cr3" : : "r"(v) : "memory"); }
static inline void write_cr4(u32 v) { __asm__ volatile("mov %0, %%cr4" : : "r"(v) : "memory"); }
static inline void out8(u16 port, u8 value) { __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory"); }
static inline u32 load32(u32 a) {
    u32 v;
    __asm__ volatile("mov (%1), %0" : "=r"(v) : "r"(a) : "memory");
    return v;
}
static inline void store32(u32 a, u32 v) { __asm__ volatile("mov %0, (%1)" : : "r"(v), "r"(a) : "memory"); }
static inline void invlpg(u32 a) { __asm__ volatile("invlpg (%0)" : : "r"(a) : "memory"); }
static inline void write_msr(u32 number, u32 low, u32 high) {
    __asm__ volatile("wrmsr" : : "c"(number), "a"(low), "d"(high) : "memory");
}

#endif
