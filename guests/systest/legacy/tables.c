/* Descriptors, gates and task state segments, and the states in which experiments begin. */
#include "legacy.h"

#define REAL_AT 0x6000u

extern u8 real_start[], real_end[], real_gdt_pointer[], real_caught[];

u64 gdt[GDT_ENTRIES] __attribute__((aligned(16)));
struct tss tss __attribute__((aligned(128))), tss_b __attribute__((aligned(128)));
struct tss16 tss_16 __attribute__((aligned(128)));
static u64 idt[256] __attribute__((aligned(16)));
struct pointer {
    u16 limit;
    u32 base;
} __attribute__((packed));

u64 segment(u32 base, u32 limit, u32 type, u32 flags) {
    u32 low = (limit & 0xFFFF) | base << 16;
    u32 high = (base >> 16 & 0xFF) | type << 8 | (limit & 0xF0000) | flags << 20 | (base & 0xFF000000);
    return (u64)high << 32 | low;
}

u64 gate(u32 selector, u32 type, u32 count, u32 offset) {
    return (u64)((offset & 0xFFFF0000) | type << 8 | count) << 32 | selector << 16 | (offset & 0xFFFF);
}

void set_gate(u32 vector, u32 selector, u32 type, u32 offset) { idt[vector] = gate(selector, type, 0, offset); }

static void make_gdt(void) {
    memset(gdt, 0, sizeof gdt);
    gdt[CODE / 8] = segment(0, 0xFFFFF, 0x9B, 0xC);
    gdt[DATA / 8] = segment(0, 0xFFFFF, 0x93, 0xC);
    for (u32 level = 0; level < 2; level++) {
        u32 dpl = level * 0x60;
        u64 *to = gdt + level * LEVEL3 / 8;
        to[CODE16 / 8] = segment(CODE_AT, 0xFFFF, 0x9B | dpl, 0);
        to[CODE32 / 8] = segment(CODE_AT, 0xFFFF, 0x9B | dpl, 4);
        to[DATA32 / 8] = segment(DATA_AT, 0xFFFF, 0x93 | dpl, 4);
        to[STACK16 / 8] = segment(STACK_AT, 0xFFFF, 0x93 | dpl, 0);
        to[STACK32 / 8] = segment(STACK_AT, 0xFFFF, 0x93 | dpl, 4);
    }
    gdt[FLAT3 / 8] = segment(0, 0xFFFFF, 0xF3, 0xC);
    gdt[SEL_TSS / 8] = segment((u32)&tss, sizeof tss - 1, 0x89, 0);
    gdt[SEL_LDT / 8] = segment((u32)gdt, GDT_LIMIT, 0x82, 0); /* the same table once more */
    gdt[SEL_TSS_B / 8] = segment((u32)&tss_b, sizeof tss_b - 1, 0x89, 0);
    gdt[SEL_TSS_16 / 8] = segment((u32)&tss_16, sizeof tss_16 - 1, 0x81, 0);
    gdt[SEL_TASK_GATE / 8] = gate(SEL_TSS_B, 0xE5, 0, 0);
    gdt[CODE_1 / 8] = segment(0, 0xFFFFF, 0xBB, 0xC);
    gdt[DATA_1 / 8] = segment(0, 0xFFFFF, 0xB3, 0xC);
    gdt[CONFORMING / 8] = segment(0, 0xFFFFF, 0x9F, 0xC);
    gdt[REAL_CODE / 8] = segment(REAL_AT, 0xFFFF, 0x9B, 0);
    gdt[REAL_DATA / 8] = segment(0, 0xFFFF, 0x93, 0);
    gdt[EXECUTE_ONLY / 8] = segment(CODE_AT, 0xFFFF, 0x99, 4);
    gdt[READ_ONLY / 8] = segment(DATA_AT, 0xFFFF, 0x91, 4);
    gdt[CODE_AT_0 / 8] = segment(0, 0xFFFFF, 0xFB, 0xC);
}

static void make_idt(void) {
    for (u32 i = 0; i < 256; i++) {
        u32 open = i == 3 || i == 4 || i == DONE;
        set_gate(i, CODE, open ? 0xEE : 0x8E, stubs(i));
    }
}

static void make_tasks(void) {
    memset(&tss, 0, sizeof tss);
    tss.esp0 = (u32)kernel_stack_top;
    tss.ss0 = DATA;
    tss.esp1 = (u32)kernel_stack_top - 2048;
    tss.ss1 = DATA_1 | 1;
    tss.io_map = 104;
    memset(tss.io_bits, 0xFF, sizeof tss.io_bits);
    tss.io_bits[0xE] = 0x7F; /* port 0x77 is open */
    memset(&tss_b, 0, sizeof tss_b);
    memset(&tss_16, 0, sizeof tss_16);
}

void make_tables(void) {
    make_gdt();
    make_idt();
    make_tasks();
    memcpy((void *)REAL_AT, real_start, (u32)(real_end - real_start));
    *(struct pointer *)(REAL_AT + (u32)(real_gdt_pointer - real_start)) = (struct pointer){GDT_LIMIT, (u32)gdt};
    for (u32 i = 0; i < 256; i++) {
        store32(4 * i, REAL_AT / 16 << 16 | 6 * i);
    }
}

#define APIC 0xFEE00000u
#define APIC_EOI 0xB0
#define APIC_SVR 0xF0
#define APIC_ICR 0x300

void raise_interrupt(u32 vector) { store32(APIC + APIC_ICR, 0x40000 | vector); }
void raise_nmi(void) { store32(APIC + APIC_ICR, 0x400); }

void restore_state(void) {
    write_cr0(0x40031); /* AM, NE, ET, PE */
    store32(APIC + APIC_SVR, 0x1FF);
    store32(APIC + APIC_EOI, 0);
    write_cr4(0);
    make_gdt();
    make_idt();
    make_tasks();
    struct pointer g = {GDT_LIMIT, (u32)gdt}, i = {sizeof idt - 1, (u32)idt};
    __asm__ volatile("lgdt %0" : : "m"(g));
    __asm__ volatile("lidt %0" : : "m"(i));
    __asm__ volatile("ljmp $8, $1f\n1: mov %0, %%ds; mov %0, %%es; mov %0, %%ss" : : "r"(DATA) : "memory");
    __asm__ volatile("mov %0, %%fs; mov %0, %%gs" : : "r"(0));
    __asm__ volatile("lldt %w0" : : "r"(SEL_LDT));
    __asm__ volatile("ltr %w0" : : "r"(SEL_TSS));
    __asm__ volatile("mov %0, %%dr7" : : "r"(0x400));
    __asm__ volatile("mov %0, %%dr6" : : "r"(0xFFFF0FF0));
    memset((void *)DATA_AT, 0, 0x200);
    memset((void *)(STACK_AT + STACK_TOP - 0x100), 0, 0x200);
}

void place(const void *code, u32 bytes) { memcpy((void *)CODE_AT, code, bytes); }

void prepare(u32 mode) {
    memset(&caught, 0, sizeof caught);
    memset((void *)(REAL_AT + (u32)(real_caught - real_start)), 0, sizeof caught);
    entry = (struct entry){0, 0x1000, 2, STACK_TOP, 0x2000, 0x3000, 0x3000, 0, 0};
    if (mode & (V86 | V86_0)) {
        entry.flags |= FLAGS_VM | (mode == V86 ? 0x3000 : 0);
    }
    if (mode & (P16 | U16 | P32 | U32)) {
        u32 level = mode & (U16 | U32) ? LEVEL3 | 3 : 0;
        entry.cs = (mode & (P16 | U16) ? CODE16 : CODE32) + level;
        entry.ss = (mode & (P16 | U16) ? STACK16 : STACK32) + level;
        entry.ds = entry.es = DATA32 + level;
        entry.fs = level ? FLAT3 | 3 : DATA;
    }
}

void run(u32 mode) {
    if (mode == REAL) {
        enter_real();
    } else {
        enter();
    }
}
