/*
 * exits: how fast accesses to a device are answered. Loops of one instruction each on the UART, which is in every
 * machine; every loop is as long as the option n says (default 200000).
 *
 *   exits out 200000 ticks 51234567 micros 19706 per-second 10149193
 *
 * Kinds: out and in (the scratch register), pair (a write and a read back that is checked), outs (REP OUTSB). Rounds:
 * the option rounds (default 1). Ends with debug exit 0x20, or 0x21 if an answer was wrong.
 */
#include "../runtime/runtime.h"

#define SCRATCH (COM1 + 7)
#define OK 0x20
#define FAILED 0x21

static u32 wrong;

static void loop_out(u32 n) {
    for (u32 i = 0; i < n; i++) {
        out8(SCRATCH, (u8)i);
    }
}

static void loop_in(u32 n) {
    for (u32 i = 0; i < n; i++) {
        in8(SCRATCH);
    }
}

static void loop_pair(u32 n) {
    for (u32 i = 0; i < n; i++) {
        out8(SCRATCH, (u8)i);
        wrong += in8(SCRATCH) != (u8)i;
    }
}

static void loop_outs(u32 n) {
    static u8 bytes[256];
    for (u32 i = 0; i < n / sizeof bytes; i++) {
        const void *from = bytes;
        u64 count = sizeof bytes;
        __asm__ volatile("rep outsb" : "+S"(from), "+c"(count) : "d"(SCRATCH) : "memory");
    }
}

static void measure(const char *name, void (*loop)(u32), u32 n, u32 exits) {
    u64 start = tsc();
    loop(n);
    u64 ticks = tsc() - start + 1;
    print("exits %s %u ticks %lu micros %lu per-second %lu\n", name, exits, ticks, ticks * 1000 / (tsc_hertz() / 1000),
          (u64)exits * (tsc_hertz() / 1000) / (ticks / 1000 + 1));
}

void guest(u32 cpu) {
    if (cpu != 0) {
        return;
    }
    serial_begin();
    const u32 n = option("n", 200000);
    const u32 rounds = option("rounds", 1);
    tsc_hertz();
    for (u32 i = 0; i < rounds; i++) {
        measure("out", loop_out, n, n);
        measure("in", loop_in, n, n);
        measure("pair", loop_pair, n, 2 * n);
        measure("outs", loop_outs, n, n / 256 * 256);
    }
    leave(wrong ? FAILED : OK);
}

void interrupt(struct frame *frame) {
    dump("unexpected interrupt", frame);
    leave(FAILED);
}
