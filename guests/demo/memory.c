/* RAM under load: each processor writes patterns into pages of its own and finds them again rounds later. */
#include "demo.h"

#define PAGES 48 /* for each processor */
#define WORDS 512
#define CODE_BYTES 6

static u64 pages[CPUS][PAGES][WORDS] __attribute__((aligned(4096)));
static u64 copies[CPUS][WORDS] __attribute__((aligned(4096)));
static u8 code[CPUS][64] __attribute__((aligned(64)));
static u64 shared_counter, shared_compared;

static u64 pattern(u32 cpu, u64 pass, u32 page, u32 word) {
    u64 x = (pass << 32 | cpu << 24 | page << 16 | word) * 0x9E3779B97F4A7C15ul;
    return x ^ x >> 29;
}

static void one_page(u32 cpu, u64 pass, u32 page) {
    u64 *words = pages[cpu][page];
    for (u32 i = 0; i < WORDS; i++) {
        u64 expected = pass == 0 ? 0 : pattern(cpu, pass - 1, page, i);
        if (words[i] != expected) {
            error(cpu, "word of memory", expected, words[i]);
        }
        words[i] = pattern(cpu, pass, page, i);
    }
}

static void copy_page(u32 cpu, u64 pass, u32 page) {
    void *to = copies[cpu];
    const void *from = pages[cpu][page];
    u64 count = WORDS;
    __asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
    for (u32 i = 0; i < WORDS; i += 37) {
        if (copies[cpu][i] != pattern(cpu, pass, page, i)) {
            error(cpu, "word of copied memory", pattern(cpu, pass, page, i), copies[cpu][i]);
        }
    }
}

/* Writes `mov eax, number; ret` and calls it: what was decoded before must not run again. */
static void run_written_code(u32 cpu, u32 number) {
    u8 *at = code[cpu] + number % 8 * CODE_BYTES;
    at[0] = 0xB8;
    store32((u64)at + 1, number);
    at[5] = 0xC3;
    u32 got = ((u32(*)(void))at)();
    if (got != number) {
        error(cpu, "value of written code", number, got);
    }
}

static void atomics(u32 cpu) {
    for (u32 i = 0; i < 8; i++) {
        __atomic_fetch_add(&shared_counter, 1, __ATOMIC_SEQ_CST);
        u64 old = __atomic_load_n(&shared_compared, __ATOMIC_SEQ_CST);
        while (!__atomic_compare_exchange_n(&shared_compared, &old, old + 3, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
        }
        counters[cpu].shared++;
    }
}

void memory_round(u32 cpu) {
    u64 round = counters[cpu].rounds;
    u32 page = (u32)(round % PAGES);
    one_page(cpu, round / PAGES, page);
    copy_page(cpu, round / PAGES, page);
    run_written_code(cpu, (u32)round * 2654435761u);
    atomics(cpu);
}

void memory_end(void) {
    u64 sum = 0;
    for (u32 cpu = 0; cpu < CPUS; cpu++) {
        sum += counters[cpu].shared;
    }
    if (shared_counter != sum) {
        error(0, "counter that all processors increment", sum, shared_counter);
    }
    if (shared_compared != sum * 3) {
        error(0, "counter that all processors compare and exchange", sum * 3, shared_compared);
    }
}
