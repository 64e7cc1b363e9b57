/* Every access byte of a descriptor, and what the instructions that look at one say of it. */
#include "long.h"

static void load_ds(u64 selector) { __asm__ volatile("mov %w0, %%ds" : : "r"(selector)); }
static void load_fs(u64 selector) { __asm__ volatile("mov %w0, %%fs" : : "r"(selector)); }
static void load_ss(u64 selector) {
    __asm__ volatile("mov %%ss, %%ecx; mov %w0, %%ss; mov %%ecx, %%ss" : : "r"(selector) : "rcx");
}
static void load_ldtr(u64 selector) { __asm__ volatile("lldt %w0" : : "r"(selector)); }
static void load_tr(u64 selector) { __asm__ volatile("ltr %w0" : : "r"(selector)); }

/* Bits 19:16 of what LAR returns are undefined. */
static void lar(u64 selector) {
    u32 value = 0xDEAD;
    u8 zero;
    __asm__ volatile("lar %2, %0; setz %1" : "+r"(value), "=qm"(zero) : "r"((u32)selector) : "cc");
    print(" %c%x", zero ? '=' : '!', zero ? value & 0xFFF0FFFF : value);
}

static void lsl(u64 selector) {
    u32 value = 0xDEAD;
    u8 zero;
    __asm__ volatile("lsl %2, %0; setz %1" : "+r"(value), "=qm"(zero) : "r"((u32)selector) : "cc");
    print(" %c%x", zero ? '=' : '!', value);
}

static void ver(u64 selector) {
    u8 r, w;
    __asm__ volatile("verr %w1; setz %0" : "=qm"(r) : "r"(selector) : "cc");
    __asm__ volatile("verw %w1; setz %0" : "=qm"(w) : "r"(selector) : "cc");
    print(" %c%c", r ? 'r' : '-', w ? 'w' : '-');
}

static void tried(void *code, u64 selector) { log_outcome(attempt(code, selector, 0)); }

static void access_byte(u32 byte, u64 extra) {
    u64 descriptor = 0x0000000000002345ul | (u64)byte << 40 | extra;
    long_gdt[SEL_FREE / 8] = descriptor;
    long_gdt[SEL_FREE / 8 + 1] = 0;
    print("descriptor %x %lx:", byte, extra >> 52);
    lar(SEL_FREE);
    lar(SEL_FREE | 3);
    lsl(SEL_FREE);
    lsl(SEL_FREE | 3);
    ver(SEL_FREE);
    ver(SEL_FREE | 3);
    tried(load_ds, SEL_FREE);
    tried(load_ds, SEL_FREE | 3);
    tried(load_fs, SEL_FREE);
    tried(load_ss, SEL_FREE);
    tried(load_ss, SEL_FREE | 3);
    print(" now %x\n", (u32)(long_gdt[SEL_FREE / 8] >> 40) & 0xFF); /* accessed? */
    restore_state();
}

static void system_descriptors(void) {
    print("== descriptors: LLDT and LTR\n");
    for (u32 type = 0; type < 16; type++) {
        for (u32 bits = 0; bits < 4; bits++) {
            u32 byte = type | (bits & 1 ? 0x80 : 0) | (bits & 2 ? 0x60 : 0);
            long_gdt[SEL_FREE / 8] = 0x0000000000000067ul | (u64)byte << 40;
            long_gdt[SEL_FREE / 8 + 1] = 0;
            print("system %x:", byte);
            tried(load_ldtr, SEL_FREE);
            tried(load_ldtr, SEL_FREE | 4);
            tried(load_tr, SEL_FREE);
            print(" now %x\n", (u32)(long_gdt[SEL_FREE / 8] >> 40) & 0xFF);
            make_tables();
        }
    }
}

static void odd_selectors(void) {
    static const u32 selectors[] = {0, 1, 2, 3, 4, 7, GDT_ENTRIES * 8 - 8, GDT_ENTRIES * 8, GDT_ENTRIES * 8 + 4, 0xFFF8, 0xFFFF};
    print("== descriptors: odd selectors\n");
    for (u32 i = 0; i < sizeof selectors / sizeof selectors[0]; i++) {
        print("selector %x:", selectors[i]);
        lar(selectors[i]);
        tried(load_ds, selectors[i]);
        tried(load_fs, selectors[i]);
        tried(load_ss, selectors[i]);
        tried(load_ldtr, selectors[i]);
        if (selectors[i] > 3 || option("extra", 0)) { /* QEMU TCG takes a null selector, and ends at the next exception */
            tried(load_tr, selectors[i]);
        }
        print("\n");
        make_tables();
        restore_state();
    }
}

void test_descriptors(void) {
    print("== descriptors: lar, lsl, verr, verw, ds, fs, ss\n");
    for (u32 byte = 0; byte < 256; byte++) {
        access_byte(byte, 0);
    }
    for (u32 byte = 0x90; byte < 0xA0; byte++) {
        access_byte(byte, 0x00F0000000000000ul); /* granularity, D, L, available, limit 19:16 = 0 */
        access_byte(byte, 0x00CF000000000000ul);
    }
    system_descriptors();
    odd_selectors();
}
