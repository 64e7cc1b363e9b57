/* Gates of the interrupt table: types, rights, stacks, and exceptions on the way into a handler. */
#include "long.h"

#define VECTOR 0x50

extern u8 stub_0[], int_50[], user_int_50[], bad_stack_ud[];

static u64 stub(u32 vector) { return (u64)stub_0 + 16ul * vector; }

static void call_gate_of(const char *what, u32 selector, u32 type, u32 ist, u64 offset) {
    print("%s:", what);
    for (u32 user = 0; user < 2; user++) {
        set_gate(VECTOR, selector, type, ist, offset);
        u64 r = user ? attempt_user(in_window(user_int_50), 0, SEL_USER64 | 3, SEL_USER_DATA | 3) : attempt(int_50, 0, 0);
        log_outcome(r);
        if (r && caught.frame.vector == VECTOR) {
            print(" cs %lx ss %lx if %lu low %lx", caught.frame.cs, caught.frame.ss, caught.frame.rflags >> 9 & 1,
                  caught.frame_at & 0xF);
        }
        restore_gates();
        restore_state();
    }
    print("\n");
}

static void types(void) {
    print("== gates: types\n");
    for (u32 type = 0; type < 16; type++) {
        for (u32 bits = 0; bits < 4; bits++) {
            u32 byte = type | (bits & 1 ? 0x80 : 0) | (bits & 2 ? 0x60 : 0);
            print("type %x ", byte);
            call_gate_of("", CODE64, byte, 0, stub(VECTOR));
        }
    }
}

static void selectors(void) {
    static const u32 list[] = {0, 3, CODE64 | 3, DATA, SEL_USER64, SEL_USER64 | 3, SEL_CODE32, SEL_CONFORMING,
                               SEL_TSS, SEL_FREE, GDT_ENTRIES * 8, CODE64 | 4};
    print("== gates: selectors\n");
    long_gdt[SEL_FREE / 8] = 0x00AF1B000000FFFF; /* code, not present */
    for (u32 i = 0; i < sizeof list / sizeof list[0]; i++) {
        print("selector %x ", list[i]);
        call_gate_of("", list[i], 0xEE, 0, stub(VECTOR));
    }
}

static void stacks(void) {
    print("== gates: stacks\n");
    for (u32 ist = 0; ist < 8; ist++) {
        print("ist %u ", ist);
        set_gate(VECTOR, CODE64, 0xEE, ist, stub(VECTOR));
        call_gate_of("", CODE64, 0xEE, ist, stub(VECTOR));
    }
    call_gate_of("non-canonical handler", CODE64, 0xEE, 0, 0x800000000000ul);
    call_gate_of("handler on no page", CODE64, 0xEE, 0, 8);
}

/* An exception whose delivery fails becomes a double fault, a page fault may be delivered instead. */
static void one_double(const char *what, u32 vector, u32 selector, u32 type) {
    print("%s:", what);
    set_gate(vector, selector, type, 0, stub(vector));
    set_gate(8, CODE64, 0x8E, 1, stub(8));
    extern u8 cause_6[], cause_13[], cause_14[], cause_11[], cause_0[], cause_3[];
    void *causes[6] = {cause_0, cause_3, cause_6, cause_11, cause_13, cause_14};
    for (u32 i = 0; i < 6; i++) {
        log_outcome(attempt(causes[i], TEST_PAGE, SEL_FREE));
        restore_state();
    }
    print("\n");
    restore_gates();
}

static void doubles(void) {
    print("== gates: exceptions in delivery; causes 0 3 6 11 13 14\n");
    long_gdt[SEL_FREE / 8] = 0x00CF13000000FFFF; /* data, not present */
    one_double("no handler for 0", 0, CODE64, 0x0E);
    one_double("no handler for 3", 3, CODE64, 0x6E);
    one_double("no handler for 6", 6, CODE64, 0x0E);
    one_double("no handler for 11", 11, CODE64, 0x0E);
    one_double("no handler for 13", 13, CODE64, 0x0E);
    one_double("no handler for 14", 14, CODE64, 0x0E);
    one_double("null selector for 6", 6, 0, 0x8E);
    one_double("null selector for 14", 14, 0, 0x8E);
    print("stack on no page, ud with a stack of its own for 8:");
    set_gate(6, CODE64, 0x8E, 0, stub(6));
    set_gate(14, CODE64, 0x8E, 0, stub(14));
    set_gate(8, CODE64, 0x8E, 1, stub(8));
    log_outcome(attempt(bad_stack_ud, 0, 0));
    set_gate(14, CODE64, 0x8E, 2, stub(14));
    log_outcome(attempt(bad_stack_ud, 0, 0));
    print("\n");
    restore_gates();
}

static void short_table(void) {
    struct {
        u16 limit;
        u64 base;
    } __attribute__((packed)) was;
    print("== gates: limit of the table\n");
    for (u32 limit = VECTOR * 16 - 1; limit < VECTOR * 16 + 17; limit += 8) {
        __asm__ volatile("sidt %0" : "=m"(was));
        was.limit = (u16)limit;
        __asm__ volatile("lidt %0" : : "m"(was));
        print("limit %x:", limit);
        log_outcome(attempt(int_50, 0, 0));
        print("\n");
        restore_state();
    }
}

/* INT of a vector that has an error code as an exception pushes none: the handler is one that expects none. */
static void software_interrupts(void) {
    extern u8 int_14[], user_int_14[];
    print("== gates: INT 14\n");
    set_gate(14, CODE64, 0xEE, 0, stub(VECTOR));
    log_outcome(attempt(int_14, 0, 0));
    log_outcome(attempt_user(in_window(user_int_14), 0, SEL_USER64 | 3, SEL_USER_DATA | 3));
    print("\n");
    restore_gates();
}

void test_gates(void) {
    types();
    selectors();
    stacks();
    doubles();
    short_table();
    software_interrupts();
}
