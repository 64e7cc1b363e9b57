/* Far jumps, calls and returns to every kind of code segment, and call gates. */
#include "legacy.h"

#define TARGET 0x40

static const char JUMP[] = "\xFF\x2D\0\0\0\0";  /* jmp far [0] */
static const char CALL[] = "\xFF\x1D\0\0\0\0";  /* call far [0] */
static const char RETURN[] = "\xCB";
static const char IRET[] = "\xCF";

static void prepare_far(const char *code, u32 bytes, u32 mode, u32 selector) {
    place(code, bytes);
    *(volatile u16 *)(CODE_AT + TARGET) = 0x80CD;
    prepare(mode);
    store32(DATA_AT, TARGET);
    store32(DATA_AT + 4, selector);
    volatile u32 *words = (volatile u32 *)(STACK_AT + STACK_TOP);
    u32 i = 0;
    words[i++] = TARGET;
    words[i++] = selector;
    if (code == IRET) {
        words[i++] = 2;
    }
    words[i++] = STACK_TOP - 0x40;
    words[i++] = STACK32 + LEVEL3 + 3;
}

static void outcome(void) {
    tell_short();
    if (caught.vector == DONE) {
        print("/%x", caught.cs & 3);
    }
}

static void code_segments(const char *name, const char *code, u32 bytes) {
    print("== far: %s\n", name);
    for (u32 byte = 0x18; byte < 0x100; byte++) {
        if ((byte & 0x18) != 0x18) {
            continue;
        }
        print("%s %x:", name, byte);
        for (u32 level = 0; level < 4; level += 3) {
            for (u32 rpl = 0; rpl < 4; rpl++) {
                gdt[SEL_FREE / 8] = segment(CODE_AT, 0xFFFF, byte, 4);
                prepare_far(code, bytes, level ? U32 : P32, SEL_FREE | rpl);
                run(level ? U32 : P32);
                outcome();
            }
            print(";");
        }
        print(" now %x\n", (u32)(gdt[SEL_FREE / 8] >> 40) & 0xFF);
    }
    restore_state();
}

static void odd_selectors(void) {
    static const u32 list[] = {0, 3, DATA, SEL_LDT, SEL_TSS, GDT_LIMIT + 1, CODE32 | 4, 0xFFFF};
    print("== far: odd selectors\n");
    for (u32 i = 0; i < sizeof list / sizeof list[0]; i++) {
        print("%x:", list[i]);
        for (u32 mode = P32; mode <= U32; mode <<= 1) {
            prepare_far(JUMP, sizeof JUMP - 1, mode, list[i]), run(mode), outcome();
            prepare_far(CALL, sizeof CALL - 1, mode, list[i]), run(mode), outcome();
            prepare_far(RETURN, sizeof RETURN - 1, mode, list[i]), run(mode), outcome();
            prepare_far(IRET, sizeof IRET - 1, mode, list[i]), run(mode), outcome();
        }
        print("\n");
    }
    restore_state();
}

/* The stack behind a gate: where it is and what was copied. */
static void gate_stack(u32 words16) {
    if (caught.vector != DONE) {
        return;
    }
    u32 esp = caught.cs & 3 ? caught.esp : caught.in_esp + 20;
    u32 ss = caught.cs & 3 ? caught.ss : caught.in_ss;
    u32 base = (ss & 0xFFF8) == STACK32 || (ss & 0xFFF8) == STACK32 + LEVEL3 ? STACK_AT : 0;
    u32 top = base ? STACK_TOP : (ss & 3) == 1 ? tss.esp1 : tss.esp0;
    print(" cs %x ss %x depth %x:", caught.cs, ss, top - esp);
    for (u32 at = esp; at < top; at += words16 ? 2 : 4) {
        u32 selector = at == esp + 4 || at == top - 4;
        print(" %x", load32(base + at) & (words16 || selector ? 0xFFFF : ~0u));
    }
}

static void one_gate(const char *code, u32 bytes, u32 mode, u32 selector, u32 type, u32 count) {
    restore_state();
    memset((void *)(tss.esp0 - 256), 0, 256);
    memset((void *)(tss.esp1 - 256), 0, 256);
    gdt[SEL_FREE / 8] = segment(CODE_AT, 0xFFFF, 0x9B, 4);
    gdt[SEL_FREE2 / 8] = gate(selector, type, count, TARGET);
    prepare_far(code, bytes, mode, SEL_FREE2 | 3);
    for (u32 i = 0; i < 32; i++) {
        store32(STACK_AT + STACK_TOP + 4 * i, 0x22110000 * (i + 1) + i);
    }
    run(mode);
    tell_short();
    gate_stack((type & 0xF) == 4);
    print(";");
}

static void call_gates(void) {
    static const u32 types[] = {0x84, 0xE4, 0x64, 0x8C, 0xEC, 0x6C};
    static const u32 selectors[] = {0, SEL_FREE, SEL_FREE | 3, DATA, CODE32 + LEVEL3, CONFORMING, CODE_1, SEL_TSS, GDT_LIMIT + 1};
    print("== far: call gates\n");
    for (u32 i = 0; i < sizeof types / sizeof types[0]; i++) {
        for (u32 k = 0; k < sizeof selectors / sizeof selectors[0]; k++) {
            if (selectors[k] == CONFORMING || selectors[k] == CODE_1) {
                continue; /* flat: the target is not where they are */
            }
            print("gate %x to %x:", types[i], selectors[k]);
            one_gate(CALL, sizeof CALL - 1, P32, selectors[k], types[i], 2);
            one_gate(CALL, sizeof CALL - 1, U32, selectors[k], types[i], 2);
            one_gate(JUMP, sizeof JUMP - 1, U32, selectors[k], types[i], 2);
            print("\n");
        }
    }
    print("== far: parameters\n");
    static const u32 counts[] = {0, 1, 5, 31};
    for (u32 i = 0; i < 4; i++) {
        print("%x of 16 bits:", counts[i]);
        one_gate(CALL, sizeof CALL - 1, U32, SEL_FREE, 0xE4, counts[i]);
        print("\n%x of 32 bits:", counts[i]);
        one_gate(CALL, sizeof CALL - 1, U32, SEL_FREE, 0xEC, counts[i]);
        print("\n");
    }
    restore_state();
}

/* Through a gate to level 1 and back, with a release of parameters on both stacks. */
static void there_and_back(void) {
    /* push ebp twice; call far [0]; mov eax, esp; mov ebx, cs; int 0x80 */
    static const char CALL_LEVEL_1[] = "\x55\x55\xFF\x1D\0\0\0\0\x89\xE0\x8C\xCB\xCD\x80";
    print("== far: to level 1 and back\n");
    restore_state();
    gdt[SEL_FREE / 8] = segment(CODE_AT, 0xFFFF, 0xBB, 4); /* level 1 */
    gdt[SEL_FREE2 / 8] = gate(SEL_FREE, 0xEC, 2, TARGET);
    prepare_far(CALL_LEVEL_1, sizeof CALL_LEVEL_1 - 1, U32, SEL_FREE2 | 3);
    memcpy((void *)(CODE_AT + TARGET), "\x8C\xCA\xCA\x08\x00", 5); /* mov edx, cs; retf 8 */
    run(U32);
    tell_short();
    print(" esp %x cs %x, in between %x\n", caught.eax, caught.ebx, caught.edx);
    restore_state();
}

void test_far(void) {
    code_segments("jump", JUMP, sizeof JUMP - 1);
    code_segments("call", CALL, sizeof CALL - 1);
    code_segments("return", RETURN, sizeof RETURN - 1);
    code_segments("iret", IRET, sizeof IRET - 1);
    odd_selectors();
    call_gates();
    there_and_back();
}
