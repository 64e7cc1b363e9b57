/*
 * Who may use the FPU, MMX and SSE: each instruction under each combination of CR0.MP, EM and TS (eight words of a line)
 * and of CR4.OSFXSR and OSXMMEXCPT (a line each), with and without an exception of the FPU that is pending; exceptions of
 * SIMD arithmetic; reserved bits of MXCSR; alignment.
 */
#include "long.h"

#define OSFXSR 0x200ul
#define OSXMMEXCPT 0x400ul
#define TS 8ul
#define EM 4ul
#define MXCSR_START 0x1F80u

struct code {
    const char *name;
    void *run;
};

extern const struct code fpu_codes[], fpu_codes_end[], simd_faults[], simd_faults_end[];
extern u8 mxcsr_load[], fx_restore[], fx_save[], aligned_load[], aligned_add[], divide_packed[];

static u8 area[2048] __attribute__((aligned(64)));
static u8 result[16] __attribute__((aligned(16)));
static const u32 ones[4] __attribute__((aligned(16))) = {0x3F800000, 0x3F800000, 0x3F800000, 0x3F800000};
static const u32 divisors[4] __attribute__((aligned(16))) = {0, 0x40400000, 0x3F800000, 0x3F800000};
static const u32 nans[4] __attribute__((aligned(16))) = {0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000};

static void set_mxcsr(u32 value) { __asm__ volatile("ldmxcsr %0" : : "m"(value)); }

static u32 get_mxcsr(void) {
    u32 value;
    __asm__ volatile("stmxcsr %0" : "=m"(value));
    return value;
}

/* All of it may be used. */
static void open(void) {
    restore_state();
    write_cr4(read_cr4() | OSFXSR | OSXMMEXCPT);
}

static void prepare(int pending) {
    u16 control = 0x37F;
    u16 divide = 0x37B; /* division by zero is not masked */
    open();
    set_mxcsr(MXCSR_START);
    __asm__ volatile("fninit");
    memset(area, 0, sizeof area);
    memcpy(area + 64, pending ? &divide : &control, 2);
    *(u32 *)(area + 72) = MXCSR_START;
    __asm__ volatile("fxsave %0" : "=m"(area[1024]));
    if (pending) {
        __asm__ volatile("fldcw %0; fld1; fldz; fdivrp" : : "m"(divide));
    }
    __asm__ volatile("movaps %0, %%xmm0; movaps %1, %%xmm1; movaps %2, %%xmm2" : : "m"(ones), "m"(divisors), "m"(nans));
}

static void under(const struct code *c, u64 cr4, int pending) {
    print("%s, cr4 %lx:", c->name, cr4);
    for (u64 bits = 0; bits < 16; bits += 2) {
        prepare(pending);
        write_cr0((read_cr0() & ~0xEul) | bits);
        write_cr4((read_cr4() & ~(OSFXSR | OSXMMEXCPT)) | cr4);
        u64 interrupted = attempt(c->run, (u64)area, 0);
        open();
        log_outcome(interrupted);
    }
    __asm__ volatile("fninit");
    print("\n");
}

static void rights(void) {
    print("== fpu: under cr0 0, 2 (MP), 4 (EM), 6, 8 (TS), a, c, e\n");
    for (const struct code *c = fpu_codes; c < fpu_codes_end; c++) {
        under(c, 0, 0);
        under(c, OSFXSR, 0);
    }
    print("== fpu: the same with an exception pending\n");
    for (const struct code *c = fpu_codes; c < fpu_codes_end; c++) {
        under(c, OSFXSR, 1);
    }
}

/* What is left in MXCSR and in the register. */
static void simd_fault(const struct code *c, u32 mxcsr, u64 cr0, u64 cr4) {
    prepare(0);
    set_mxcsr(mxcsr);
    write_cr0((read_cr0() & ~0xEul) | cr0);
    write_cr4((read_cr4() & ~(OSFXSR | OSXMMEXCPT)) | cr4);
    u64 interrupted = attempt(c->run, (u64)area, 0);
    open();
    __asm__ volatile("movaps %%xmm0, %0" : "=m"(result));
    log_outcome(interrupted);
    print("/%x/%lx", get_mxcsr(), *(u64 *)result);
}

static void simd_faults_of(const struct code *c) {
    static const u32 masks[] = {0, 0x1F80, 0x200, 0x1D80, 0x1000, 0x0F80, 0x1F00};
    print("%s:", c->name);
    for (u32 i = 0; i < sizeof masks / sizeof masks[0]; i++) {
        simd_fault(c, masks[i], 0, OSFXSR | OSXMMEXCPT);
    }
    print("\n%s, no OSXMMEXCPT:", c->name);
    for (u32 i = 0; i < sizeof masks / sizeof masks[0]; i++) {
        simd_fault(c, masks[i], 0, OSFXSR);
    }
    print("\n");
}

static void simd(void) {
    static const struct code divide = {"divps", divide_packed};
    print("== fpu: exceptions of SIMD arithmetic under mxcsr 0, 1f80, 200, 1d80, 1000, f80, 1f00: mxcsr and xmm0 then\n");
    for (const struct code *c = simd_faults; c < simd_faults_end; c++) {
        simd_faults_of(c);
    }
    print("TS, EM, no OSFXSR come first:");
    simd_fault(&divide, 0, TS, OSFXSR | OSXMMEXCPT);
    simd_fault(&divide, 0, EM, OSFXSR | OSXMMEXCPT);
    simd_fault(&divide, 0, TS, OSXMMEXCPT);
    print("\n");
}

/* Each bit alone. */
static void mxcsr_bits(void) {
    print("== fpu: bits of mxcsr\nldmxcsr, bits 0 to 31:");
    for (u32 bit = 0; bit < 32; bit++) {
        prepare(0);
        *(u32 *)area = 1u << bit;
        log_outcome(attempt(mxcsr_load, (u64)area, 0));
    }
    print("\nfxrstor, bits 0 to 31:");
    for (u32 bit = 0; bit < 32; bit++) {
        prepare(0);
        *(u32 *)(area + 1024 + 24) = 1u << bit;
        log_outcome(attempt(fx_restore, (u64)area + 1024, 0));
    }
    prepare(0);
    *(u32 *)area = 0x10000;
    write_cr0(read_cr0() | TS);
    print("\nldmxcsr of a reserved bit with TS:");
    log_outcome(attempt(mxcsr_load, (u64)area, 0));
    open();
    print(" leaves %x; fxsave says mask %x\n", get_mxcsr(), *(u32 *)(area + 1024 + 28));
}

static void once(const char *name, void *code, u64 address, u64 cr0) {
    prepare(0);
    write_cr0((read_cr0() & ~0xEul) | cr0);
    print("%s, cr0 %lx:", name, cr0);
    u64 interrupted = attempt(code, address, 0);
    open();
    log_outcome(interrupted);
    print("\n");
}

static void alignment(void) {
    static const u64 bits[] = {0, TS, EM};
    print("== fpu: alignment\n");
    for (u32 i = 0; i < 3; i++) {
        once("movaps at 8 mod 16", aligned_load, (u64)area + 8, bits[i]);
        once("addps at 8 mod 16", aligned_add, (u64)area + 8, bits[i]);
        once("fxsave at 8 mod 16", fx_save, (u64)area + 8, bits[i]);
        once("fxrstor at 8 mod 16", fx_restore, (u64)area + 8, bits[i]);
        once("fxsave at a non-canonical address", fx_save, 1ul << 63, bits[i]);
        once("ldmxcsr of a page that is not there", mxcsr_load, 0x7FFFFF000000, bits[i]);
    }
}

void test_fpu(void) {
    rights();
    simd();
    mxcsr_bits();
    alignment();
    restore_state();
}
