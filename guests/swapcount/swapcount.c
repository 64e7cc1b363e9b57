/*
 * swapcount: numbers what it writes to the UART, for tests of a device swap under load.
 *
 * Each step writes the next number into the UART's scratch register, reads it back, and does the same with the divisor
 * latch and the interrupt enable register: registers that a swap must carry. Every `every` steps (default 1000) it
 * prints `count N`, N one more than before. Input `q` ends it.
 *
 *   count 1
 *   ...
 *   verdict: ok counts 12 steps 12345 errors 0          debug exit 0x20: status 65
 *   verdict: FAILED counts 12 steps 12345 errors 3      debug exit 0x21: status 67
 */
#include "runtime.h"

#define RBR (COM1 + 0)
#define IER (COM1 + 1)
#define LCR (COM1 + 3)
#define LSR (COM1 + 5)
#define SCRATCH (COM1 + 7)
#define DLAB 0x80
#define LSR_DR 0x01
#define OK 0x20
#define FAILED 0x21
#define SHOWN 10

static u32 errors;

static void check(const char *what, u32 got, u32 expected) {
    if (got != expected && ++errors <= SHOWN) {
        print("MISMATCH %s: expected %x, got %x\n", what, expected, got);
    }
}

static void check_divisor(u8 number) {
    u8 format = in8(LCR);
    out8(LCR, format | DLAB);
    out8(RBR, number | 1);
    check("divisor", in8(RBR), number | 1u);
    out8(RBR, 1);
    out8(LCR, format);
    check("format", in8(LCR), 3);
}

static void step(u32 number) {
    out8(SCRATCH, (u8)number);
    check("enable", in8(IER), number == 1 ? 0 : (number - 1) & 0x0C);
    out8(IER, number & 0x0C); /* line and modem status: they never happen here */
    check("scratch", in8(SCRATCH), number & 0xFF);
    if ((number & 63) == 0) {
        check_divisor((u8)number);
    }
}

void guest(u32 cpu) {
    u32 steps = 0, counts = 0;
    if (cpu != 0) {
        return;
    }
    serial_begin();
    const u32 every = option("every", 1000);
    for (;;) {
        step(++steps);
        if (every && steps % every == 0) {
            print("count %u\n", ++counts);
        }
        if ((in8(LSR) & LSR_DR) && in8(RBR) == 'q') {
            break;
        }
    }
    print("verdict: %s counts %u steps %u errors %u\n", errors ? "FAILED" : "ok", counts, steps, errors);
    leave(errors ? FAILED : OK);
}

void interrupt(struct frame *frame) {
    dump("unexpected interrupt", frame);
    leave(FAILED);
}
