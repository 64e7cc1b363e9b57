/* Limits of data and stack segments: every kind, around the limit, each size. */
#include "legacy.h"

static const char READ_1[] = "\x64\x8A\x03\xCD\x80";     /* mov al, [fs:ebx] */
static const char READ_2[] = "\x64\x66\x8B\x03\xCD\x80";
static const char READ_4[] = "\x64\x8B\x03\xCD\x80";
static const char WRITE_4[] = "\x64\x89\x03\xCD\x80";
static const char READ_8[] = "\x64\x0F\xC7\x0B\xCD\x80"; /* cmpxchg8b [fs:ebx] */
static const char SET_EBX[] = "\xBB"; /* mov ebx, imm32 */

static void one(const char *code, u32 bytes, u32 offset) {
    u8 text[16];
    text[0] = (u8)SET_EBX[0];
    memcpy(text + 1, &offset, 4);
    memcpy(text + 5, code, bytes);
    place(text, 5 + bytes);
    prepare(P32);
    entry.fs = SEL_FREE;
    run(P32);
    tell_short();
}

static void around(const char *what, u64 descriptor, u32 edge) {
    for (s32 i = -8; i <= 2; i++) {
        if (i == -6 || i == -5) {
            continue;
        }
        print("%s at %d:", what, (s32)edge + i);
        gdt[SEL_FREE / 8] = descriptor;
        one(READ_1, sizeof READ_1 - 1, edge + (u32)i);
        one(READ_2, sizeof READ_2 - 1, edge + (u32)i);
        one(READ_4, sizeof READ_4 - 1, edge + (u32)i);
        one(WRITE_4, sizeof WRITE_4 - 1, edge + (u32)i);
        one(READ_8, sizeof READ_8 - 1, edge + (u32)i);
        print("\n");
    }
}

/* A stack of 16 bits, and one of 32, that ends at a limit or, expand-down, begins there. */
static void stacks(void) {
    static const char PUSH[] = "\x68\x78\x56\x34\x12\x58\xCD\x80"; /* push 0x12345678; pop eax */
    static const char POP[] = "\x58\xCD\x80";
    static const struct {
        const char *name;
        u32 type, limit, flags, esp;
    } list[] = {
        {"expand-up to ffff, sp 10000", 0xF3, 0xFFFF, 4, 0x10000}, {"expand-up to fffe, sp 10000", 0xF3, 0xFFFE, 4, 0x10000},
        {"expand-up to fffe, sp fffc", 0xF3, 0xFFFE, 4, 0xFFFC},   {"expand-down above 7fff, sp 8004", 0xF7, 0x7FFF, 4, 0x8004},
        {"expand-down above 7fff, sp 8003", 0xF7, 0x7FFF, 4, 0x8003}, {"expand-down above 7fff, sp 8000", 0xF7, 0x7FFF, 4, 0x8000},
        {"expand-down above 7fff of 16 bits, sp 8002", 0xF7, 0x7FFF, 0, 0x8002},
        {"expand-down above 7fff of 16 bits, sp 0", 0xF7, 0x7FFF, 0, 0}, {"expand-up to ff of 16 bits, sp 104", 0xF3, 0xFF, 0,
              0x104},
        {"expand-up to ff of 16 bits, sp 100", 0xF3, 0xFF, 0, 0x100},
    };
    print("== limits: stacks\n");
    for (u32 i = 0; i < sizeof list / sizeof list[0]; i++) {
        for (u32 pop = 0; pop < 2; pop++) {
            restore_state();
            gdt[SEL_FREE / 8] = segment(STACK_AT, list[i].limit, list[i].type, list[i].flags);
            place(pop ? POP : PUSH, sizeof PUSH - 1);
            prepare(U32);
            entry.ss = SEL_FREE | 3;
            entry.esp = list[i].esp;
            run(U32);
            print("%s: %s", list[i].name, pop ? "pop" : "push");
            tell_short();
            print(" esp %x\n", caught.esp & (list[i].flags ? ~0u : 0xFFFF));
        }
    }
    restore_state();
}

/* Code: the last instruction may not reach over the limit, and a jump may not go beyond it. */
static void code_limit(void) {
    print("== limits: code\n");
    for (u32 limit = 0; limit < 12; limit++) {
        static const char CODE_[] = "\x90\xB8\x78\x56\x34\x12\xEB\x00\x90\xCD\x80"; /* nop; mov eax, imm32; jmp +0; nop; int 0x80 */
        restore_state();
        gdt[SEL_FREE / 8] = segment(CODE_AT, limit, 0xFB, 4);
        place(CODE_, sizeof CODE_ - 1);
        prepare(U32);
        entry.cs = SEL_FREE | 3;
        run(U32);
        print("limit %x:", limit);
        tell_short();
        print(" at %x\n", caught.eip);
    }
    restore_state();
}

void test_limits(void) {
    print("== limits: data, 1, 2 and 4 bytes read, 4 written, 8 changed\n");
    around("up to 0", segment(DATA_AT, 0, 0x93, 4), 0);
    around("up to fff", segment(DATA_AT, 0xFFF, 0x93, 4), 0x1000);
    around("up to 1fff by pages", segment(DATA_AT, 1, 0x93, 0xC), 0x2000);
    around("down to 1000, of 32 bits", segment(DATA_AT, 0xFFF, 0x97, 4), 0x1000);
    around("down to 1000, of 16 bits", segment(DATA_AT, 0xFFF, 0x97, 0), 0x1000);
    around("down, of 16 bits, its end", segment(DATA_AT, 0xFFF, 0x97, 0), 0x10000);
    around("down to 2000 by pages", segment(DATA_AT, 1, 0x97, 0xC), 0x2000);
    around("down to nothing, of 16 bits", segment(DATA_AT, 0xFFFF, 0x97, 0), 0x8000);
    restore_state();
    stacks();
    code_limit();
}
