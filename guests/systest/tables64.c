/* Descriptor tables, interrupt table, page tables, and the handler that ends an attempt. */
#include "long.h"

#define EFER_MSR 0xC0000080u
#define STACKS 8

struct gate {
    u16 offset_low, selector;
    u8 ist, type;
    u16 offset_middle;
    u32 offset_high, zero;
};

extern u64 gdt[], pml4[], pdpt[];
extern u8 stub_0[], image_start[], bss_end[], kernel_stack_top[];

struct caught caught;
u64 long_gdt[GDT_ENTRIES] __attribute__((aligned(16)));
volatile u64 *test_entry, *test_directory_entry;
u8 *test_memory;

static struct gate idt[256] __attribute__((aligned(16)));
static struct {
    u32 zero;
    u64 rsp[3], reserved, ist[7];
    u64 reserved2;
    u16 reserved3, io_map;
    u8 io_bits[16];
} __attribute__((packed, aligned(8))) tss;
static u8 stacks[STACKS][4096] __attribute__((aligned(16)));
static u64 window_directory[512] __attribute__((aligned(4096)));
static u64 window_table[512] __attribute__((aligned(4096)));
static u64 test_table[512] __attribute__((aligned(4096)));
static u8 memory[4096] __attribute__((aligned(4096)));
static u8 user_stack[16384] __attribute__((aligned(4096)));

void set_gate(u32 vector, u32 selector, u32 type, u32 ist, u64 offset) {
    idt[vector] = (struct gate){(u16)offset, (u16)selector, (u8)ist, (u8)type, (u16)(offset >> 16), (u32)(offset >> 32), 0};
}

void restore_gates(void) {
    for (u32 i = 0; i < 256; i++) {
        u32 type = i == 3 || i == 4 || i == USER_GATE ? 0xEE : 0x8E;
        set_gate(i, CODE64, type, i < 32 ? 7 : 0, (u64)stub_0 + 16ul * i); /* tests spoil their stack pointer */
    }
}

static void load_tables(void) {
    struct {
        u16 limit;
        u64 base;
    } __attribute__((packed)) g = {sizeof long_gdt - 1, (u64)long_gdt}, i = {sizeof idt - 1, (u64)idt};
    __asm__ volatile("lgdt %0" : : "m"(g));
    __asm__ volatile("lidt %0" : : "m"(i));
}

static void make_gdt(void) {
    u64 base = (u64)&tss;
    for (u32 i = 0; i < 8; i++) {
        long_gdt[i] = i < 6 ? gdt[i] : 0;
    }
    long_gdt[SEL_TSS / 8] = (sizeof tss - 1) | (base & 0xFFFFFF) << 16 | 0x89ul << 40 | (base >> 24 & 0xFF) << 56;
    long_gdt[SEL_TSS / 8 + 1] = base >> 32;
    base = (u64)long_gdt; /* the LDT is the same table once more */
    long_gdt[SEL_LDT / 8] = (sizeof long_gdt - 1) | (base & 0xFFFFFF) << 16 | 0x82ul << 40 | (base >> 24 & 0xFF) << 56;
    long_gdt[SEL_LDT / 8 + 1] = base >> 32;
    long_gdt[SEL_USER32 / 8] = 0x00CFFB000000FFFF;
    long_gdt[SEL_USER_DATA / 8] = 0x00CFF3000000FFFF;
    long_gdt[SEL_USER64 / 8] = 0x00AFFB000000FFFF;
    long_gdt[SEL_CONFORMING / 8] = 0x00AF9F000000FFFF;
}

static void make_window(void) {
    u64 pages = ((u64)bss_end - (u64)image_start) / 4096;
    for (u64 i = 0; i < pages; i++) {
        window_table[i] = ((u64)image_start + i * 4096) | 7;
    }
    for (u64 i = 0; i < sizeof user_stack / 4096; i++) {
        window_table[(USER_STACK_TOP >> 12 & 0x1FF) - 1 - i] = ((u64)user_stack + sizeof user_stack - 4096 - i * 4096) | 7;
    }
    test_entry = &test_table[TEST_PAGE >> 12 & 0x1FF];
    test_directory_entry = &window_directory[TEST_PAGE >> 21 & 0x1FF];
    test_memory = memory;
    *test_entry = (u64)memory | 7;
    window_directory[0] = (u64)window_table | 7;
    *test_directory_entry = (u64)test_table | 7;
    pml4[0] |= 4; /* user pages exist below */
    pdpt[WINDOW >> 30] = (u64)window_directory | 7;
}

void make_tables(void) {
    make_gdt();
    make_window();
    restore_gates();
    for (u32 i = 0; i < 7; i++) {
        tss.ist[i] = (u64)stacks[i + 1] + sizeof stacks[0];
    }
    tss.rsp[0] = (u64)kernel_stack_top;
    tss.rsp[1] = (u64)stacks[0] + 2048;
    tss.rsp[2] = (u64)stacks[0] + 4096;
    tss.io_map = (u16)((u64)tss.io_bits - (u64)&tss);
    memset(tss.io_bits, 0xFF, sizeof tss.io_bits);
    tss.io_bits[0xE] = 0x7F; /* port 0x77 is open to user code */
    load_tables();
    __asm__ volatile("ltr %w0" : : "r"(SEL_TSS));
    __asm__ volatile("lldt %w0" : : "r"(SEL_LDT));
    write_cr3(read_cr3());
}

void restore_state(void) {
    load_tables();
    __asm__ volatile("mov %0, %%ds; mov %0, %%es; mov %0, %%ss" : : "r"(DATA));
    __asm__ volatile("mov %0, %%fs; mov %0, %%gs" : : "r"(0));
    write_msr(0xC0000100, 0);
    write_msr(0xC0000101, 0);
    write_msr(0xC0000102, 0);
    write_cr0(0x80010033); /* PG, WP, NE, ET, MP, PE */
    write_cr4(0x20);
    write_msr(EFER_MSR, 0xD01);
    __asm__ volatile("mov %0, %%dr7" : : "r"(0x400ul));
    __asm__ volatile("mov %0, %%dr6" : : "r"(0xFFFF0FF0ul));
    *test_entry = (u64)memory | 7;
    *test_directory_entry = (u64)test_table | 7;
    invlpg(TEST_PAGE);
    memset(memory, 0, 64);
}

u64 in_window(const void *code) { return (u64)code - (u64)image_start + USER_IMAGE; }

void interrupt(struct frame *f) {
    caught.frame = *f;
    caught.frame_at = (u64)&f->rip;
    __asm__ volatile("mov %%cr2, %0" : "=r"(caught.cr2));
    f->rip = (u64)recover;
    f->cs = CODE64;
    f->ss = DATA;
    f->rflags = 2;
    f->rsp = recovery_rsp;
}
