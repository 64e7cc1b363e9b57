/* Every access byte of a descriptor, and what the instructions that look at one say of it; level 0 and level 3. */
#include "legacy.h"

static u32 with_selector(const u8 *code, u32 bytes, u32 mode, u32 selector) {
    place(code, bytes);
    prepare(mode);
    store32(DATA_AT, selector);
    run(mode);
    return caught.vector == DONE;
}

/* The selector is at DS:0; EAX is what came out, EBX bit 0 is ZF. */
#define TRY(code_) with_selector((const u8 *)code_, sizeof code_ - 1, mode, selector)
static const char LAR[] = "\x0F\x02\x05\0\0\0\0\x0F\x94\xC3\xCD\x80";   /* lar eax, [0]; setz bl; int 0x80 */
static const char LAR16[] = "\x66\x0F\x02\x05\0\0\0\0\x0F\x94\xC3\xCD\x80";
static const char LSL[] = "\x0F\x03\x05\0\0\0\0\x0F\x94\xC3\xCD\x80";
static const char VERR[] = "\x0F\x00\x25\0\0\0\0\x0F\x94\xC3\xCD\x80";
static const char VERW[] = "\x0F\x00\x2D\0\0\0\0\x0F\x94\xC3\xCD\x80";
static const char LOAD_ES[] = "\x8E\x05\0\0\0\0\xCD\x80";
static const char LOAD_GS[] = "\x8E\x2D\0\0\0\0\xCD\x80";
static const char LOAD_SS[] = "\x8C\xD0\x8E\x15\0\0\0\0\x8E\xD0\xCD\x80"; /* mov eax, ss; mov ss, [0]; mov ss, eax */
static const char LLDT[] = "\x0F\x00\x15\0\0\0\0\xCD\x80";
static const char LTR[] = "\x0F\x00\x1D\0\0\0\0\xCD\x80";
static const char ARPL[] = "\x8B\x0D\x04\0\0\0\x63\x0D\0\0\0\0\x0F\x94\xC3\xA1\0\0\0\0\xCD\x80"; /* mov ecx, [4]; arpl [0], cx */

static void value(const char *code, u32 bytes, u32 mode, u32 selector, u32 mask) {
    with_selector((const u8 *)code, bytes, mode, selector);
    if (caught.ebx & 1) {
        print(" =%x", caught.eax & mask);
    } else {
        print(" -");
    }
}

static void flag(const char *code, u32 bytes, u32 mode, u32 selector, const char *name) {
    with_selector((const u8 *)code, bytes, mode, selector);
    print("%s", caught.ebx & 1 ? name : "-");
}

static void look(u32 mode, u32 selector) {
    value(LAR, sizeof LAR - 1, mode, selector, 0xFFF0FFFF); /* bits 19:16 are undefined */
    value(LAR16, sizeof LAR16 - 1, mode, selector, 0xFFFF);
    value(LSL, sizeof LSL - 1, mode, selector, ~0u);
    print(" ");
    flag(VERR, sizeof VERR - 1, mode, selector, "r");
    flag(VERW, sizeof VERW - 1, mode, selector, "w");
    TRY(LOAD_ES), tell_short();
    TRY(LOAD_GS), tell_short();
    TRY(LOAD_SS), tell_short();
}

static void access_byte(u32 byte, u32 flags) {
    u64 descriptor = segment(STACK_AT, flags & 8 ? 0x12345 : 0x2345, byte, flags);
    print("descriptor %x %x:", byte, flags);
    for (u32 level = 0; level < 4; level += 3) {
        gdt[SEL_FREE / 8] = descriptor;
        u32 mode = level ? U32 : P32;
        look(mode, SEL_FREE);
        look(mode, SEL_FREE | 3);
        print(" now %x;", (u32)(gdt[SEL_FREE / 8] >> 40) & 0xFF); /* accessed? */
    }
    print("\n");
    restore_state();
}

static void system_descriptors(void) {
    print("== descriptors: LLDT and LTR\n");
    u32 mode = P32;
    for (u32 type = 0; type < 16; type++) {
        for (u32 bits = 0; bits < 4; bits++) {
            u32 byte = type | (bits & 1 ? 0x80 : 0) | (bits & 2 ? 0x60 : 0), selector = SEL_FREE;
            gdt[SEL_FREE / 8] = segment((u32)&tss_b, 0x67, byte, 0);
            print("system %x:", byte);
            TRY(LLDT), tell_short();
            restore_state();
            gdt[SEL_FREE / 8] = segment((u32)&tss_b, 0x67, byte, 0);
            TRY(LTR), tell_short();
            print(" now %x\n", (u32)(gdt[SEL_FREE / 8] >> 40) & 0xFF);
            restore_state();
        }
    }
}

static void odd_selectors(void) {
    static const u32 list[] = {0, 1, 2, 3, 4, 7, DATA32 | 4, GDT_LIMIT - 7, GDT_LIMIT + 1, GDT_LIMIT + 5, 0xFFF8, 0xFFFF};
    print("== descriptors: odd selectors\n");
    for (u32 i = 0; i < sizeof list / sizeof list[0]; i++) {
        u32 selector = list[i];
        print("selector %x:", selector);
        for (u32 level = 0; level < 4; level += 3) {
            u32 mode = level ? U32 : P32;
            look(mode, selector);
        }
        u32 mode = P32;
        TRY(LLDT), tell_short();
        restore_state();
        if (selector > 3) { /* QEMU TCG takes a null selector, and ends at the next exception */
            TRY(LTR), tell_short();
        }
        restore_state();
        print("\n");
    }
    print("with a null LDT:");
    for (u32 selector = DATA32 | 4; selector < (DATA32 | 4) + 1; selector++) {
        u32 mode = P32;
        __asm__ volatile("lldt %w0" : : "r"(0));
        TRY(LOAD_ES), tell_short();
        value(LAR, sizeof LAR - 1, mode, selector, ~0u);
        restore_state();
    }
    print("\n");
}

static void arpl(void) {
    print("== descriptors: ARPL\n");
    for (u32 i = 0; i < 16; i++) {
        restore_state();
        place(ARPL, sizeof ARPL - 1);
        prepare(U32);
        store32(DATA_AT, 0xAAAA0000 | (i & 3) | 0x50);
        store32(DATA_AT + 4, i >> 2 | 0x60);
        run(U32);
        print("arpl %x by %x: %x zf %x\n", i & 3, i >> 2, caught.eax, caught.ebx);
    }
}

/* A null data segment register faults when it is used, not when it is loaded. */
void test_rights(void) {
    static const char READ[] = "\x31\xC0\x8E\xD8\xA1\0\0\0\0\xCD\x80";     /* xor eax, eax; mov ds, eax; mov eax, [0] */
    static const char WRITE_RO[] = "\xA1\0\0\0\0\x8E\xD8\xA3\0\0\0\0\xCD\x80"; /* mov eax, [0]; mov ds, eax; mov [0], eax */
    static const char READ_CODE[] = "\x2E\xA1\0\0\0\0\xCD\x80";             /* mov eax, [cs:0] */
    static const char WRITE_CODE[] = "\x2E\xA3\0\0\0\0\xCD\x80";            /* mov [cs:0], eax */
    print("== descriptors: rights of segments\n");
    for (u32 mode = P32; mode <= U32; mode <<= 1) {
        u32 selector = READ_ONLY;
        print("null:"), TRY(READ), tell_short();
        print(" read-only:"), TRY(WRITE_RO), tell_short();
        print(" code read:"), TRY(READ_CODE), tell_short();
        print(" code written:"), TRY(WRITE_CODE), tell_short();
        restore_state();
        place(READ_CODE, sizeof READ_CODE - 1);
        prepare(P32);
        entry.cs = EXECUTE_ONLY;
        run(P32);
        print(" execute-only read:"), tell_short();
        print("\n");
        restore_state();
    }
}

/* On the way out to level 3, data segments that it may not use become null. */
static void left_segments(void) {
    static const char SEGMENTS[] = "\x8C\xC0\xC1\xE0\x10\x66\x8C\xD8\x8C\xE3\xC1\xE3\x10\x66\x8C\xEB\xCD\x80";
    print("== descriptors: segments after a return to level 3\n");
    static const u32 lists[][4] = {{DATA32, DATA, READ_ONLY, 0}, {DATA32 + LEVEL3 + 3, CONFORMING, CODE32, FLAT3},
                                   {DATA32 + LEVEL3, DATA_1 | 1, CODE_AT_0, 3}};
    for (u32 i = 0; i < 3; i++) {
        restore_state();
        place(SEGMENTS, sizeof SEGMENTS - 1);
        prepare(U32);
        entry.es = lists[i][0], entry.ds = lists[i][1], entry.fs = lists[i][2], entry.gs = lists[i][3];
        run(U32);
        print("es %x ds %x fs %x gs %x: es, ds %x fs, gs %x\n", lists[i][0], lists[i][1], lists[i][2], lists[i][3],
              caught.eax, caught.ebx);
    }
}

void test_descriptors(void) {
    print("== descriptors: lar, lsl, verr, verw, es, gs, ss\n");
    for (u32 byte = 0; byte < 256; byte++) {
        access_byte(byte, 0);
    }
    for (u32 byte = 0x90; byte < 0xA0; byte++) {
        access_byte(byte, 0xD);
    }
    system_descriptors();
    odd_selectors();
    arpl();
    left_segments();
}
