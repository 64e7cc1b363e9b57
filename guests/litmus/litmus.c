/*
 * litmus: the memory model of x86, tried by two processors, and by four where they are, against each other.
 *
 * All run a small routine of tests.asm at (nearly) the same time, thousands of times; outcomes that the manual forbids
 * (SDM volume 3, "Memory Ordering") must never be seen, those it allows may be.
 *
 *   litmus sb: runs 20000 allowed 123 forbidden 0
 *   litmus count_xadd offset 62: runs 20000 expected 40000 got 40000
 *   litmus accessed and dirty bits: runs 20000 lost 0
 *   verdict: ok forbidden 0
 *
 * Options: n=N runs of each (default 20000); cpus=N how many processors must be there (default 2); four=N runs of the tests for
 * four processors (default as n; 0 leaves them out). Ends with debug exit 0x20, or 0x21 when something forbidden was seen.
 */
#include "../runtime/runtime.h"

#define OK 0x20
#define FAILED 0x21
#define SPLIT 62 /* an offset whose 4 bytes lie in two cache lines */
#define X 0
#define Y 16
#define BLOCKS 64
#define BLOCK_WORDS 80 /* 320 bytes: X, Y, Z and a lock, each in a line of its own */

typedef u32 routine(u32 *block, u32 unused1, u32 unused2, u32 unused3, u64 offset);

extern routine sb_0, sb_1, sbf_0, sbf_1, sbx_0, sbx_1, sbl_0, sbl_1, mp_0, mp_1, lb_0, lb_1, co_0, co_1, fw_0, fw_1, s_0,
    s_1, rf_0, rf_1, ww_0, ww_1, mps_0, mps_1, at_0, at_1, count_add, count_inc, count_xadd, count_cmpxchg,
    count_cmpxchg8b, count_adc, count_xchg, count_bts, iriw_0, iriw_1, iriw_2, iriw_3, wrc_1, wrc_2, nothing;
extern u64 directories[];

static u32 blocks[BLOCKS][BLOCK_WORDS] __attribute__((aligned(64)));
static u32 results[4][BLOCKS];
static volatile u32 generation, ready[2], done;
static routine *volatile second;
static volatile u64 second_offset;
static volatile u32 second_turns;
static u32 forbidden_seen;

/* ---- verdicts: 0 dull, 1 allowed and interesting, 2 forbidden ---- */
static u32 both_zero(u32 a, u32 b, const u32 *v) { return (void)v, a == 0 && b == 0 ? 1 : 0; }
static u32 never_both_zero(u32 a, u32 b, const u32 *v) { return (void)v, a == 0 && b == 0 ? 2 : 0; }
static u32 flag_without_message(u32 a, u32 b, const u32 *v) { return (void)a, (void)v, b == 0x10000 ? 2 : b == 0x10001; }
static u32 both_one(u32 a, u32 b, const u32 *v) { return (void)v, a == 1 && b == 1 ? 2 : 0; }
static u32 back_in_time(u32 a, u32 b, const u32 *v) { return (void)a, (void)v, (b & 0xFFFF) > b >> 16 ? 2 : b == 0x20001; }
static u32 own_store(u32 a, u32 b, const u32 *v) {
    return (void)v, (a & 0xFFFF) != 1 || (b & 0xFFFF) != 1 ? 2 : (a | b) >> 16 == 0;
}
static u32 store_overtakes(u32 a, u32 b, const u32 *v) { return (void)a, b == 1 && v[X] == 2 ? 2 : b == 1; }
static u32 last_write_and_old_read(u32 a, u32 b, const u32 *v) { return (void)a, v[Y] == 2 && b == 0 ? 2 : v[Y] == 2; }
static u32 both_first(u32 a, u32 b, const u32 *v) { return (void)a, (void)b, v[X] == 1 && v[Y] == 1 ? 2 : v[X] == v[Y]; }
static u32 torn(u32 a, u32 b, const u32 *v) { return (void)a, (void)v, b ? 2 : 0; }

static const struct test {
    const char *name;
    routine *first, *second;
    u32 (*verdict)(u32 a, u32 b, const u32 *variables);
} tests[] = {
    {"sb", sb_0, sb_1, both_zero},
    {"sb+mfence", sbf_0, sbf_1, never_both_zero},
    {"sb+xchg", sbx_0, sbx_1, never_both_zero},
    {"sb+lock", sbl_0, sbl_1, never_both_zero},
    {"mp", mp_0, mp_1, flag_without_message},
    {"mp+strings", mps_0, mps_1, flag_without_message},
    {"lb", lb_0, lb_1, both_one},
    {"coherence", co_0, co_1, back_in_time},
    {"forwarding", fw_0, fw_1, own_store},
    {"s", s_0, s_1, store_overtakes},
    {"r+mfence", rf_0, rf_1, last_write_and_old_read},
    {"2+2w", ww_0, ww_1, both_first},
    {"8 bytes", at_0, at_1, torn},
};

static const struct counting {
    const char *name;
    routine *routine;
} countings[] = {
    {"add", count_add},         {"inc", count_inc}, {"xadd", count_xadd},       {"cmpxchg", count_cmpxchg},
    {"cmpxchg8b", count_cmpxchg8b}, {"adc", count_adc}, {"xchg lock", count_xchg}, {"bts lock", count_bts},
};

/* Both meet here; then both run one routine on all blocks, in the same order. */
static void meet(u32 cpu) {
    static volatile u32 round[2];
    u32 mine = ++round[cpu];
    __atomic_store_n(&ready[cpu], mine, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&ready[1 - cpu], __ATOMIC_SEQ_CST) < mine) {
        relax();
    }
}

/* ---- four processors ---- */
struct test_of_four {
    const char *name;
    routine *routines[4];
    u32 (*verdict)(const u32 *r);
};

static volatile u32 arrived[4];
static volatile u32 runs_of_four, decided;

static void meet_four(u32 cpu) {
    u32 mine = arrived[cpu] + 1;
    __atomic_store_n(&arrived[cpu], mine, __ATOMIC_SEQ_CST);
    for (u32 other = 0; other < 4; other++) {
        while (__atomic_load_n(&arrived[other], __ATOMIC_SEQ_CST) < mine) {
            relax();
        }
    }
}

/* Both have seen one write without the other, each another one. */
static u32 readers_disagree(const u32 *r) { return r[2] == 1 && r[3] == 1 ? 2 : r[2] == 1 || r[3] == 1; }
static u32 effect_without_cause(const u32 *r) { return r[2] == 1 ? 2 : r[1] == 1; }

static const struct test_of_four fours[] = {
    {"iriw", {iriw_0, iriw_1, iriw_2, iriw_3}, readers_disagree},
    {"wrc", {iriw_0, wrc_1, wrc_2, nothing}, effect_without_cause},
};

/* All four come here. */
static void test_four(u32 cpu, const struct test_of_four *test) {
    u32 allowed = 0, forbidden = 0, runs = 0;
    for (; runs < runs_of_four; runs += BLOCKS) {
        if (cpu == 0) {
            memset(blocks, 0, sizeof blocks);
        }
        meet_four(cpu);
        for (u32 i = 0; i < BLOCKS; i++) {
            results[cpu][i] = test->routines[cpu](blocks[i], 0, 0, 0, 0);
        }
        meet_four(cpu);
        for (u32 i = 0; cpu == 0 && i < BLOCKS; i++) {
            u32 r[4] = {results[0][i], results[1][i], results[2][i], results[3][i]};
            u32 verdict = test->verdict(r);
            allowed += verdict == 1;
            forbidden += verdict == 2;
        }
    }
    if (cpu == 0) {
        print("litmus %s: runs %u allowed %u forbidden %u\n", test->name, runs, allowed, forbidden);
        forbidden_seen += forbidden;
    }
}

static void test_fours(u32 cpu) {
    while (!__atomic_load_n(&decided, __ATOMIC_SEQ_CST)) {
        relax();
    }
    for (u32 i = 0; runs_of_four && i < sizeof fours / sizeof fours[0]; i++) {
        test_four(cpu, &fours[i]);
    }
}

static void run_blocks(u32 cpu, routine *routine, u64 offset) {
    meet(cpu);
    for (u32 i = 0; i < BLOCKS; i++) {
        results[cpu][i] = routine(blocks[i], 0, 0, 0, offset);
    }
    meet(cpu);
}

static void run_turns(u32 cpu, routine *routine, u64 offset, u32 turns) {
    meet(cpu);
    for (u32 i = 0; i < turns; i++) {
        routine(blocks[0], 0, 0, 0, offset);
    }
    meet(cpu);
}

static void order(u64 offset, u32 turns) { /* tells the second processor what is next; 0 turns: all blocks */
    second_offset = offset;
    second_turns = turns;
    __atomic_fetch_add(&generation, 1, __ATOMIC_SEQ_CST);
}

static void outcomes(const struct test *test, u32 n) {
    u32 allowed = 0, forbidden = 0, runs = 0;
    second = test->second;
    for (; runs < n; runs += BLOCKS) {
        memset(blocks, 0, sizeof blocks);
        order(0, 0);
        run_blocks(0, test->first, 0);
        for (u32 i = 0; i < BLOCKS; i++) {
            u32 verdict = test->verdict(results[0][i], results[1][i], blocks[i]);
            allowed += verdict == 1;
            forbidden += verdict == 2;
        }
    }
    print("litmus %s: runs %u allowed %u forbidden %u\n", test->name, runs, allowed, forbidden);
    forbidden_seen += forbidden;
}

static void count(const struct counting *counting, u64 offset, u32 n) {
    memset(blocks, 0, sizeof blocks);
    second = counting->routine;
    order(offset, n);
    run_turns(0, counting->routine, offset, n);
    u32 got;
    memcpy(&got, (u8 *)blocks[0] + offset, sizeof got);
    print("litmus count %s offset %lu: runs %u expected %u got %u\n", counting->name, offset, n, 2 * n, got);
    forbidden_seen += got != 2 * n;
}

/* ---- accessed and dirty bits: the processor sets them by a locked operation, so software's bits survive ---- */

#define WINDOW 0x7F000000ul /* a 2 MiB page that the boot code mapped; its entry is replaced while both use it */
#define SOFTWARE_BITS 0xE00ul
#define ACCESSED_DIRTY 0x60ul

static volatile u64 *window_entry(void) { return &directories[WINDOW >> 21]; }

static u32 touch(u32 *block, u32 unused1, u32 unused2, u32 unused3, u64 offset) {
    (void)block, (void)unused1, (void)unused2, (void)unused3, (void)offset;
    u64 here = (u64)blocks & 0x1FFFFF;
    __asm__ volatile("invlpg (%0)" : : "r"(WINDOW) : "memory");
    __asm__ volatile("lock orl $0, (%0)" : : "r"(WINDOW + here) : "memory", "cc");
    return 0;
}

/* The first processor flips the software's bits of the entry by LOCK XOR, the second makes its A and D be set. */
static void accessed_and_dirty(u32 n) {
    u32 lost = 0;
    u64 was = *window_entry();
    u64 base = ((u64)blocks & ~0x1FFFFFul) | 0x83;
    *window_entry() = base;
    second = touch;
    u64 software = 0;
    for (u32 i = 0; i < n; i++) {
        order(0, 1);
        meet(0);
        u64 flip = (i & 7) << 9;
        __asm__ volatile("lock andq %1, %0" : "+m"(*window_entry()) : "r"(~ACCESSED_DIRTY) : "memory", "cc");
        __asm__ volatile("lock xorq %1, %0" : "+m"(*window_entry()) : "r"(flip) : "memory", "cc");
        software ^= flip;
        meet(0);
        lost += (*window_entry() & SOFTWARE_BITS) != software;
    }
    *window_entry() = was;
    print("litmus accessed and dirty bits: runs %u lost %u\n", n, lost);
    forbidden_seen += lost;
}

/* One processor writes code, the other runs it: after the flag, the new code must run. */
static u8 code[64] __attribute__((aligned(64)));
static volatile u32 code_number;

static u32 run_code(u32 *block, u32 unused1, u32 unused2, u32 unused3, u64 offset) {
    (void)block, (void)unused1, (void)unused2, (void)unused3, (void)offset;
    u32 eax = 0, ebx, ecx = 0, edx;
    u32 wanted = code_number;
    __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx) : : "memory"); /* serialise, as the manual asks */
    u32 got = ((u32(*)(void))code)();
    if (got != wanted) {
        __atomic_fetch_add(&done, 1, __ATOMIC_RELAXED);
    }
    return 0;
}

static void cross_modifying(u32 n) {
    second = run_code;
    done = 0;
    for (u32 i = 0; i < n; i++) {
        code[0] = 0xB8;
        store32((u64)code + 1, i);
        code[5] = 0xC3;
        code_number = i;
        order(0, 1);
        meet(0);
        meet(0);
    }
    print("litmus code of the other processor: runs %u stale %u\n", n, done);
    forbidden_seen += done;
}

static void lead(void) {
    const u32 n = option("n", 20000);
    const u32 wanted = option("cpus", 2);
    for (u64 start = tsc(); cpu_arrivals < wanted && tsc() - start < tsc_hertz() * 10;) {
        relax();
    }
    if (cpu_arrivals < wanted || cpu_arrivals < 2) {
        print("verdict: FAILED there are only %u processors\n", cpu_arrivals);
        leave(FAILED);
    }
    runs_of_four = cpu_arrivals >= 4 ? option("four", n) : 0;
    __atomic_store_n(&decided, 1, __ATOMIC_SEQ_CST);
    test_fours(0);
    for (u32 i = 0; i < sizeof tests / sizeof tests[0]; i++) {
        outcomes(&tests[i], n);
    }
    for (u32 i = 0; i < sizeof countings / sizeof countings[0]; i++) {
        count(&countings[i], 0, n);
        if (countings[i].routine != count_xchg && countings[i].routine != count_bts) {
            count(&countings[i], SPLIT, n / 10);
        }
    }
    accessed_and_dirty(n);
    cross_modifying(n / 10);
    print("verdict: %s forbidden %u\n", forbidden_seen ? "FAILED" : "ok", forbidden_seen);
    leave(forbidden_seen ? FAILED : OK);
}

static void follow(void) {
    for (u32 seen = 0;;) {
        u32 now = __atomic_load_n(&generation, __ATOMIC_SEQ_CST);
        if (now == seen) {
            relax();
            continue;
        }
        seen = now;
        if (second_turns) {
            run_turns(1, second, second_offset, second_turns);
        } else {
            run_blocks(1, second, second_offset);
        }
    }
}

void guest(u32 cpu) {
    if (cpu == 0) {
        serial_begin();
    }
    processor_begin(cpu);
    if (cpu == 0) {
        start_others();
        lead();
    } else if (cpu == 1) {
        test_fours(1);
        follow();
    } else if (cpu < 4) {
        test_fours(cpu); /* and then it halts */
    }
}

void interrupt(struct frame *frame) {
    dump("unexpected interrupt", frame);
    leave(FAILED);
}
