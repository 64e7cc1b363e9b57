/*
 * kernels: seven integer loops that look like what programs do, for the speed of a processor model.
 *
 *   kernels begin
 *   kernel alu ticks 123456789 micros 47380 checksum 1a2b3c4d
 *
 * Options: scale=N makes each N times as long (default 10), rounds=N repeats all of them, each round a line for each
 * kernel; only=K runs number K (1 to 7). Checksums are compared with what they must be; ends with debug exit 0x20, or
 * 0x21 if one was wrong.
 */
#include "../runtime/runtime.h"

#define OK 0x20
#define FAILED 0x21
#define WORDS 32768

static u64 words[WORDS];
static u64 copies[WORDS];
static u8 flags[1 << 18];
static u32 links[1 << 14];

static u64 next_random(u64 *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static u64 alu(u32 scale) {
    u64 a = 0x123456789ABCDEFul, b = 0xFEDCBA987654321ul, c = 0;
    for (u32 i = 0; i < 1000000 * scale; i++) {
        a = a * 6364136223846793005ul + 1442695040888963407ul;
        b ^= a >> 17 | a << 47;
        c += (b & a) - (b >> 3);
        if (c & 1) {
            c ^= i;
        }
    }
    return a ^ b ^ c;
}

static u64 sieve(u32 scale) {
    u64 sum = 0;
    for (u32 round = 0; round < scale; round++) {
        memset(flags, 1, sizeof flags);
        for (u32 i = 2; i * i < sizeof flags; i++) {
            if (flags[i]) {
                for (u32 j = i * i; j < sizeof flags; j += i) {
                    flags[j] = 0;
                }
            }
        }
        for (u32 i = 2; i < sizeof flags; i++) {
            sum += flags[i] ? i : 0;
        }
    }
    return sum;
}

static __attribute__((noinline)) u64 fib(u32 n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

static u64 fibs(u32 scale) {
    u64 sum = 0;
    for (u32 i = 0; i < scale * 4; i++) {
        sum += fib(22);
    }
    return sum;
}

static u64 copy(u32 scale) {
    for (u32 i = 0; i < WORDS; i++) {
        words[i] = i * 0x9E3779B97F4A7C15ul;
    }
    for (u32 round = 0; round < scale * 16; round++) {
        volatile u64 *to = round & 1 ? words : copies;
        const volatile u64 *from = round & 1 ? copies : words;
        for (u32 i = 0; i < WORDS; i++) {
            to[i] = from[i] + round;
        }
    }
    return words[WORDS - 1] + copies[1];
}

static u64 chase(u32 scale) {
    const u32 count = sizeof links / sizeof links[0];
    u64 state = 88172645463325252ul, sum = 0;
    for (u32 i = 0; i < count; i++) {
        links[i] = i;
    }
    for (u32 i = count - 1; i > 0; i--) { /* one cycle through all of them */
        u32 j = (u32)(next_random(&state) % i), kept = links[i];
        links[i] = links[j];
        links[j] = kept;
    }
    u32 at = 0;
    for (u32 i = 0; i < 300000 * scale; i++) {
        at = links[at];
        sum = (sum ^ at) * 1099511628211ul;
    }
    return sum;
}

enum code { PUSH, ADD, SUB, DUP, SWAP, JNZ, POP, STOP, MUL, AND };

/* Counts down from its argument and mixes a number on the way: a stack machine's inner loop. */
static u64 machine(u32 scale) {
    static const s32 program[] = {PUSH, 7, SWAP, DUP, PUSH, 13, MUL, PUSH, 0xFFFF, AND, PUSH, 5, ADD, POP, PUSH, 1, SUB,
                                  DUP, JNZ, 3, STOP};
    s64 stack[16];
    u64 steps = 0;
    s32 top = 0, at = 0;
    stack[top++] = (s64)(10000 * scale);
    for (;; steps++) {
        switch (program[at++]) {
        case PUSH: stack[top++] = program[at++]; break;
        case ADD: top--, stack[top - 1] += stack[top]; break;
        case SUB: top--, stack[top - 1] -= stack[top]; break;
        case MUL: top--, stack[top - 1] *= stack[top]; break;
        case AND: top--, stack[top - 1] &= stack[top]; break;
        case DUP: stack[top] = stack[top - 1], top++; break;
        case POP: top--; break;
        case SWAP: {
            s64 kept = stack[top - 1];
            stack[top - 1] = stack[top - 2];
            stack[top - 2] = kept;
            break;
        }
        case JNZ: at = stack[--top] ? program[at] : at + 1; break;
        default: return steps * 31 + (u64)stack[0];
        }
    }
}

static void sift(u64 *heap, u32 from, u32 count) {
    u64 value = heap[from];
    for (u32 child; (child = 2 * from + 1) < count; from = child) {
        child += child + 1 < count && heap[child + 1] > heap[child];
        if (heap[child] <= value) {
            break;
        }
        heap[from] = heap[child];
    }
    heap[from] = value;
}

static u64 heap_sort(u32 scale) {
    u64 state = 2463534242ul, sum = 0;
    const u32 count = 4096;
    for (u32 round = 0; round < scale * 2; round++) {
        for (u32 i = 0; i < count; i++) {
            words[i] = next_random(&state);
        }
        for (u32 i = count / 2; i-- > 0;) {
            sift(words, i, count);
        }
        for (u32 end = count - 1; end > 0; end--) {
            u64 last = words[end];
            words[end] = words[0];
            words[0] = last;
            sift(words, 0, end);
        }
        sum = sum * 31 + words[round % count];
    }
    return sum;
}

static const struct kernel {
    const char *name;
    u64 (*run)(u32 scale);
    u64 at_scale_1; /* checksum */
} kernels[] = {
    {"alu", alu, 0x7F9A1EC3C3B32EC4}, {"sieve", sieve, 0xAAEF666B}, {"fib", fibs, 0x114BC}, {"copy", copy, 0xBCDCBFA53E0A80E1},
    {"chase", chase, 0x6453FBB85DD40CB5}, {"machine", machine, 0x38C385}, {"heap", heap_sort, 0x83722FC8E51751},
};

static u32 checked(const struct kernel *kernel) {
    u64 got = kernel->run(1);
    if (got != kernel->at_scale_1) {
        print("kernel %s: checksum %lx is not %lx\n", kernel->name, got, kernel->at_scale_1);
        return 1;
    }
    return 0;
}

static void measure(const struct kernel *kernel, u32 scale) {
    u64 start = tsc();
    u64 checksum = kernel->run(scale);
    u64 ticks = tsc() - start;
    print("kernel %s ticks %lu micros %lu checksum %lx\n", kernel->name, ticks, ticks * 1000 / (tsc_hertz() / 1000), checksum);
}

void guest(u32 cpu) {
    const u32 count = sizeof kernels / sizeof kernels[0];
    u32 wrong = 0;
    if (cpu != 0) {
        return;
    }
    serial_begin();
    tsc_hertz();
    const u32 scale = option("scale", 10), rounds = option("rounds", 1), only = option("only", 0);
    for (u32 i = 0; i < count; i++) {
        wrong += checked(&kernels[i]);
    }
    print("kernels begin\n");
    for (u32 round = 0; round < rounds; round++) {
        for (u32 i = 0; i < count; i++) {
            if (only == 0 || only == i + 1) {
                measure(&kernels[i], scale);
            }
        }
    }
    leave(wrong ? FAILED : OK);
}

void interrupt(struct frame *frame) {
    dump("unexpected interrupt", frame);
    leave(FAILED);
}
