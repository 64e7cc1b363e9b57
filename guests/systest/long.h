/*
 * long: tests of system instructions, exceptions, paging and segments in long mode.
 */
#ifndef LONG_H
#define LONG_H

#include "../runtime/runtime.h"

#define CODE64 0x18 /* of the runtime's descriptor table */
#define DATA 0x10
#define USER_GATE 0x80 /* INT 0x80 brings user code back */

/* Our own descriptor table; entries that tests may change come last. */
#define SEL_TSS 0x40
#define SEL_LDT 0x50
#define SEL_USER32 0x60
#define SEL_USER_DATA 0x68
#define SEL_USER64 0x70
#define SEL_FREE 0x80 /* two entries for whatever a test needs */
#define SEL_CODE32 0x08
#define SEL_CONFORMING 0x90
#define GDT_ENTRIES 32

/* User-accessible window. */
#define WINDOW 0x40000000ul
#define USER_IMAGE WINDOW                  /* the image once more, for user code */
#define USER_STACK_TOP (WINDOW + 0x1F0000) /* 16 KiB below it */
#define TEST_PAGE (WINDOW + 0x205000)      /* one page whose entries tests change, in a table of its own */
#define BIG_PAGE (WINDOW + 0x40000000ul)   /* in a table of its own: 2 MiB and 1 GiB pages */

/* What the last exception left. */
extern struct caught {
    struct frame frame;
    u64 cr2, frame_at;
} caught;

extern u64 long_gdt[GDT_ENTRIES];
extern volatile u64 *test_entry; /* the page table entry of TEST_PAGE */
extern volatile u64 *test_directory_entry;
extern u8 *test_memory; /* the page behind it, by its identity address */

/* catch64.asm: calls code(a, b); 0 when it returned (attempt_rax is what it returned), 1 when it was interrupted */
u64 attempt(void *code, u64 a, u64 b);
/* The same in user mode, with these selectors; code is an address in the window. */
u64 attempt_user(u64 code, u64 a, u64 cs, u64 ss);
extern u64 attempt_rax, recovery_rsp, entry_rsp;
void recover(void);

/* tables64.c */
void make_tables(void);
void set_gate(u32 vector, u32 selector, u32 type, u32 ist, u64 offset);
void restore_gates(void);
void restore_state(void); /* segments, control and debug registers, descriptors */
u64 in_window(const void *code);

/* log.c */
void log_outcome(u64 interrupted); /* one word: ok, or v<vector>e<error> */
const char *flag_text(u64 entry);

void test_snippets(void);
void test_fpu(void);
void test_paging(void);
void test_descriptors(void);
void test_gates(void);
void test_far(void);

static inline u64 read_cr0(void) {
    u64 v;
    __asm__ volatile("mov %%cr0, %0" : "=r"(v) : : "memory");
    return v;
}
static inline void write_cr0(u64 v) { __asm__ volatile("mov %0, %%cr0" : : "r"(v) : "memory"); }
static inline u64 read_cr4(void) {
    u64 v;
    __asm__ volatile("mov %%cr4, %0" : "=r"(v) : : "memory");
    return v;
}
static inline void write_cr4(u64 v) { __asm__ volatile("mov %0, %%cr4" : : "r"(v) : "memory"); }
static inline u64 read_cr3(void) {
    u64 v;
    __asm__ volatile("mov %%cr3, %0" : "=r"(v) : : "memory");
    return v;
}
static inline void write_cr3(u64 v) { __asm__ volatile("mov %0, %%cr3" : : "r"(v) : "memory"); }
static inline void invlpg(u64 a) { __asm__ volatile("invlpg (%0)" : : "r"(a) : "memory"); }

#endif
