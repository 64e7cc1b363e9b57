/* Gates of the interrupt table, the stacks of inner levels, and what goes wrong on the way into a handler. */
#include "legacy.h"

#define VECTOR 0x50

static const char INT_50[] = "\xCD\x50\x90\xCD\x80";

/* The upper halves of selectors are padding. */
static void frame_words(u32 wide, u32 esp_mask) {
    print(" ss %x flags %x:", caught.in_ss, caught.in_flags & FLAGS_SHOWN);
    for (u32 i = 0; i < 5; i++) {
        u32 selector = wide && (i == 1 || i == 4);
        print(" %x", caught_words[i] & (selector ? 0xFFFF : i == 3 ? esp_mask : ~0u));
    }
}

/* IF and NT are set before. */
static void through(u32 mode, u32 selector, u32 type, u32 offset) {
    restore_state();
    gdt[SEL_FREE2 / 8] = segment((u32)bare_handler, 0xFFFFF, 0x9B, 0xC);
    memset((void *)(tss.esp0 - 64), 0, 64);
    memset(caught_words, 0, sizeof caught_words);
    set_gate(VECTOR, selector, type, offset);
    place(INT_50, sizeof INT_50 - 1);
    prepare(mode);
    entry.flags |= 0x4200;
    run(mode);
    tell_short();
    if (caught.vector == 0x100) {
        frame_words(type & 8, mode == U16 && (type & 8) ? 0xFFFF : ~0u); /* the upper half is not documented */
    }
    restore_state();
}

static void types(void) {
    static const u32 modes[] = {P32, U32, U16, V86};
    print("== gates: types\n");
    for (u32 type = 0; type < 16; type++) {
        for (u32 bits = 0; bits < 4; bits++) {
            u32 byte = type | (bits & 1 ? 0x80 : 0) | (bits & 2 ? 0x60 : 0);
            if (byte == 0x85 || byte == 0xE5) {
                continue; /* task gates: elsewhere */
            }
            print("type %x:", byte);
            for (u32 i = 0; i < 4; i++) {
                through(modes[i], SEL_FREE2, byte, 0);
                print(";");
            }
            print("\n");
        }
    }
}

static void selectors(void) {
    static const u32 list[] = {0, 3, CODE | 3, DATA, CODE_AT_0, CODE_AT_0 | 3, CODE_1, CONFORMING, SEL_TSS, SEL_FREE,
          GDT_LIMIT + 1, CODE | 4};
    print("== gates: selectors\n");
    for (u32 i = 0; i < sizeof list / sizeof list[0]; i++) {
        print("selector %x:", list[i]);
        for (u32 mode = P32; mode <= U32; mode <<= 1) {
            restore_state();
            gdt[SEL_FREE / 8] = segment(0, 0xFFFFF, 0x1B, 0xC); /* code, not present */
            set_gate(VECTOR, list[i], 0xEE, stubs(DONE));
            place(INT_50, sizeof INT_50 - 1);
            prepare(mode);
            run(mode);
            tell_short();
            print(" cs %x;", caught.vector == DONE ? caught.cs : 0);
        }
        print("\n");
    }
    restore_state();
}

/* The stack of level 0 in the task state segment. */
static void stacks(void) {
    static const struct {
        u32 selector, type;
    } list[] = {{DATA, 0x93}, {0, 0x93}, {DATA | 3, 0x93}, {CODE, 0x93}, {SEL_FREE, 0x13}, {SEL_FREE, 0x91}, {SEL_FREE, 0xB3},
          {SEL_FREE, 0x97}, {GDT_LIMIT + 1, 0x93},
                {STACK16, 0x93}, {DATA | 4, 0x93}};
    print("== gates: the stack of level 0\n");
    for (u32 i = 0; i < sizeof list / sizeof list[0]; i++) {
        restore_state();
        gdt[SEL_FREE / 8] = segment(0, 0, list[i].type, 0xC);
        set_gate(DONE, CODE_1, 0xEE, stubs(DONE)); /* not used: only vector 0x50 enters level 0 by this stack */
        set_gate(VECTOR, CODE, 0xEE, stubs(DONE));
        tss.ss0 = list[i].selector;
        tss.esp0 = list[i].selector == STACK16 ? 0xF000 : tss.esp0;
        set_gate(10, SEL_TSS_B, 0x85, 0);
        set_gate(11, SEL_TSS_B, 0x85, 0);
        set_gate(12, SEL_TSS_B, 0x85, 0);
        set_gate(13, SEL_TSS_B, 0x85, 0);
        task_b();
        place(INT_50, sizeof INT_50 - 1);
        prepare(U32);
        run(U32);
        print("ss0 %x type %x:", list[i].selector, list[i].type);
        if (caught.vector == 0x101) {
            print(" error %x from %x:%x\n", caught.error, tss.cs, tss.eip);
        } else {
            tell_short();
            print(" ss %x esp %d\n", caught.in_ss, (s32)(caught.in_esp - tss.esp0));
        }
    }
    restore_state();
}

/* From virtual-8086 mode all segment registers are pushed, and null in the handler. */
static void from_v86(void) {
    print("== gates: from virtual-8086 mode\n");
    restore_state();
    memset(caught_words, 0, sizeof caught_words);
    set_gate(VECTOR, CODE, 0xEE, (u32)bare_handler);
    place(INT_50, sizeof INT_50 - 1);
    prepare(V86);
    entry.ds = 0x1111, entry.es = 0x2222, entry.fs = 0x3333, entry.gs = 0x4444;
    run(V86);
    print("words:");
    for (u32 i = 0; i < 9; i++) {
        print(" %x", caught_words[i] & (i == 1 || i > 3 ? 0xFFFF : ~0u));
    }
    print("; ds %x es %x fs %x gs %x\n", caught.in_ds & 0xFFFF, caught.in_es & 0xFFFF, caught.in_fs & 0xFFFF,
          caught.in_gs & 0xFFFF);
    static const u32 levels[] = {CODE_1, CONFORMING, CODE_AT_0};
    for (u32 i = 0; i < 3; i++) { /* only level 0 may be entered */
        restore_state();
        set_gate(VECTOR, levels[i], 0xEE, stubs(DONE));
        place(INT_50, sizeof INT_50 - 1);
        prepare(V86);
        run(V86);
        print("to %x:", levels[i]), tell_short(), print("\n");
    }
    restore_state();
}

/* No room on the stack of level 0. */
void test_inner_stack(void) {
    print("== limits: the stack of level 0\n");
    for (u32 room = 12; room <= 24; room += 4) {
        restore_state();
        gdt[SEL_FREE / 8] = segment(STACK_AT, 0xFFFF, 0x93, 4);
        set_gate(VECTOR, CODE, 0xEE, stubs(DONE));
        set_gate(12, SEL_TSS_B, 0x85, 0);
        task_b();
        tss.ss0 = SEL_FREE;
        tss.esp0 = room;
        place(INT_50, sizeof INT_50 - 1);
        prepare(U32);
        run(U32);
        print("room for %x:", room);
        tell_short();
        print(" error %x\n", caught.vector == 0x101 ? caught.error : 0);
    }
    restore_state();
}

/* An exception in the delivery of an exception. */
static void doubles(void) {
    static const struct {
        const char *name;
        char code[8];
    } causes[] = {{"0", "\xF6\xF3"}, {"3", "\xCC"}, {"6", "\x0F\x0B"}, {"11", "\x66\xB8\x98\x00\x8E\xD8"}, {"13",
          "\x66\xB8\xF8\xFF\x8E\xD8"}};
    print("== gates: exceptions in delivery; causes 0 3 6 11 13\n");
    for (u32 vector = 0; vector < 14; vector++) {
        if (vector != 0 && vector != 3 && vector != 6 && vector != 11 && vector != 13) {
            continue;
        }
        for (u32 kind = 0; kind < 3; kind++) {
            print("vector %x, %s:", vector, kind == 0 ? "gate not present" : kind == 1 ? "null selector" : "handler not present");
            for (u32 i = 0; i < 5; i++) {
                restore_state();
                gdt[SEL_FREE / 8] = segment(0, 0xFFFFF, 0x13, 0xC); /* data, not present */
                gdt[SEL_FREE2 / 8] = segment(0, 0xFFFFF, 0x1B, 0xC); /* code, not present */
                set_gate(vector, kind == 0 ? CODE : kind == 1 ? 0 : SEL_FREE2, kind == 0 ? 0x6E : 0xEE, stubs(vector));
                place(causes[i].code, sizeof causes[i].code);
                prepare(P32);
                run(P32);
                tell_short();
            }
            print("\n");
        }
    }
    restore_state();
}

static void short_table(void) {
    print("== gates: limit of the table\n");
    for (u32 limit = VECTOR * 8 - 1; limit < VECTOR * 8 + 9; limit += 2) {
        struct {
            u16 limit;
            u32 base;
        } __attribute__((packed)) table;
        restore_state();
        __asm__ volatile("sidt %0" : "=m"(table));
        table.limit = (u16)limit;
        __asm__ volatile("lidt %0" : : "m"(table));
        place(INT_50, sizeof INT_50 - 1);
        prepare(P32);
        run(P32);
        print("limit %x:", limit);
        tell_short();
        print("\n");
    }
    restore_state();
}

void test_gates(void) {
    types();
    selectors();
    stacks();
    from_v86();
    doubles();
    short_table();
}
