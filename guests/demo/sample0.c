/* The parts of the sample device that there is only one of; processor 0 has them for itself. */
#include "sample.h"

#define TIMER_PERIOD 2000000u /* 2 ms */
#define MOST_DMA 1024         /* the rest of BUFFER belongs to the lanes and to the port */
#define PORT_PART 2048        /* where in BUFFER the port DATA works */
#define NOT_RAM 0xFEE00000ul

static u8 source[4096] __attribute__((aligned(4096)));
static u8 target[4096] __attribute__((aligned(4096)));

static u32 get(u32 offset) { return load32(sample.memory + offset); }

static void set(u32 offset, u32 value) { store32(sample.memory + offset, value); }

static int check(const char *what, u64 expected, u64 got) {
    counters[0].reads++;
    return sample_check(0, what, expected, got);
}

/* Waits until this many messages of an event came in, and no more. */
static int await_messages(const char *what, u32 message, u32 wanted) {
    u64 start = tsc();
    for (u32 turn = 1; sample.messages[message] != wanted; turn++) {
        if ((turn & 0xFFFF) == 0 && get(R_ID) != S_ID) {
            break; /* it went away */
        }
        if (tsc() - start > deadline()) {
            break;
        }
        relax();
    }
    return sample_check(0, what, wanted, sample.messages[message]);
}

/* ---- DMA ---- */

static u32 crc32(const u8 *bytes, u32 count) {
    u32 crc = 0xFFFFFFFF;
    while (count--) {
        crc ^= *bytes++;
        for (u32 i = 0; i < 8; i++) {
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
        }
    }
    return ~crc;
}

static void start_dma(u32 command, u64 from, u64 to, u32 length) {
    if (length & 1) {
        store64(sample.memory + R_DMA_SOURCE, from);
        store64(sample.memory + R_DMA_TARGET, to);
    } else {
        set(R_DMA_SOURCE, (u32)from);
        set(R_DMA_SOURCE + 4, (u32)(from >> 32));
        set(R_DMA_TARGET, (u32)to);
        set(R_DMA_TARGET + 4, (u32)(to >> 32));
    }
    set(R_DMA_LENGTH, length);
    set(R_DMA_DELAY, length % 3 * 20000);
    set(R_DMA_COMMAND, command);
    sample.events.dma++;
}

static int finish_dma(u32 status) {
    if (!await_messages("interrupts of DMA commands", 0, sample.events.dma)) {
        return 0;
    }
    set(R_CAUSE, 1);
    counters[0].dma++;
    return check("DMA status", status, get(R_DMA_STATUS)) && check("DMA count", sample.events.dma, get(R_DMA_COUNT));
}

static void check_digests(u32 features, u32 length) {
    u32 sum = 0;
    for (u32 i = 0; i < length; i++) {
        sum += source[i];
    }
    check("DMA sum", sum, get(R_DMA_SUM));
    u32 crc = get(R_DMA_CRC);
    if (features & get(R_FEATURES) & FEATURE_CRC) { /* it was there before, and is there after */
        check("DMA CRC", crc32(source, length), crc);
    }
}

static void move_there_and_back(u32 number, u32 length) {
    u32 features = get(R_FEATURES);
    start_dma(1, (u64)source, NOT_RAM, length);
    if (!finish_dma(DMA_DONE)) {
        return;
    }
    check_digests(features, length);
    start_dma(number & 1 ? 2 : 3, (u64)source, (u64)target, length);
    if (!finish_dma(DMA_DONE)) {
        return;
    }
    for (u32 i = 0; i < length; i++) {
        if (target[i] != source[i]) {
            sample_wrong(0, "byte moved by DMA", source[i], target[i]);
            return;
        }
    }
}

static void refuse(u32 number) {
    switch (number % 3) {
    case 0:
        start_dma(1, NOT_RAM, NOT_RAM, 16);
        finish_dma(DMA_ERROR | 3 << 8);
        break;
    case 1:
        start_dma(2, NOT_RAM, NOT_RAM, 16);
        finish_dma(DMA_ERROR | 4 << 8);
        break;
    default:
        start_dma(1, (u64)source, NOT_RAM, 0);
        finish_dma(DMA_ERROR | 2 << 8);
    }
}

static void dma_round(u32 number) {
    u32 length = number * 37 % MOST_DMA + 1;
    for (u32 i = 0; i < length; i++) {
        source[i] = (u8)(number + i * (number | 1));
        target[i] = (u8)~source[i];
    }
    move_there_and_back(number, length);
    if (number % 16 == 15 && sample.here) {
        refuse(number / 16);
    }
}

/* ---- doorbell and timer ---- */

static void doorbell_round(u32 number) {
    if (number & 1) {
        set(R_DOORBELL, number);
    } else {
        out32((u16)(sample.ports + P_DOORBELL), number);
    }
    sample.events.doorbells++;
    counters[0].writes++;
    if (await_messages("interrupts of the doorbell", 2, sample.events.doorbells)) {
        check("doorbell", sample.events.doorbells, number & 2 ? get(R_DOORBELL) : in32((u16)(sample.ports + P_DOORBELL)));
        set(R_CAUSE, 4);
    }
}

void sample_start_timer(void) {
    set(R_TIMER_PERIOD, TIMER_PERIOD);
    sample.events.timer_from = load64(sample.memory + R_NOW);
    set(R_TIMER_CONTROL, 3);
    sample.events.timer_to = load64(sample.memory + R_NOW);
}

static void timer_round(void) {
    struct events *e = &sample.events;
    u32 came = sample.messages[1];
    u32 ticks = get(R_TIMER_TICKS);
    u64 now = load64(sample.memory + R_NOW);
    u64 most = (now - e->timer_from) / TIMER_PERIOD;
    if (ticks < e->ticks || ticks > most) {
        sample_wrong(0, "periods of the device's timer", most, ticks);
        return;
    }
    if (came > ticks) {
        sample_wrong(0, "interrupts of the device's timer", ticks, came);
    }
    e->ticks = ticks;
    counters[0].reads += 2;
}

/* ---- read, modify, write: the same on the device and on memory ---- */

static u8 change(u64 at, u32 kind, u32 operand) {
    u8 carry = 0;
    switch (kind % 12) {
    case 0: __asm__ volatile("addl %2, (%1); setc %0" : "=qm"(carry) : "r"(at), "r"(operand) : "memory", "cc"); break;
    case 1: __asm__ volatile("subl %2, (%1); setc %0" : "=qm"(carry) : "r"(at), "r"(operand) : "memory", "cc"); break;
    case 2: __asm__ volatile("xorw %w2, 1(%1); sets %0" : "=qm"(carry) : "r"(at), "r"(operand) : "memory", "cc"); break;
    case 3: __asm__ volatile("incb 3(%1); setz %0" : "=qm"(carry) : "r"(at) : "memory", "cc"); break;
    case 4: __asm__ volatile("negl (%1); setc %0" : "=qm"(carry) : "r"(at) : "memory", "cc"); break;
    case 5: __asm__ volatile("notw 2(%0)" : : "r"(at) : "memory", "cc"); break;
    case 6: __asm__ volatile("rorl $5, (%1); setc %0" : "=qm"(carry) : "r"(at) : "memory", "cc"); break;
    case 7: __asm__ volatile("btsl %2, (%1); setc %0" : "=qm"(carry) : "r"(at), "r"(operand & 31) : "memory", "cc"); break;
    case 8: __asm__ volatile("lock xaddl %2, (%1); setc %0" : "=qm"(carry) : "r"(at), "r"(operand) : "memory", "cc"); break;
    case 9: __asm__ volatile("xchgb %b1, 1(%0)" : : "r"(at), "q"(operand) : "memory", "cc"); break;
    case 10: __asm__ volatile("pushq %1; popq %%rdx; movl %%edx, (%0)" : : "r"(at), "r"((u64)operand) : "memory", "rdx"); break;
    default: __asm__ volatile("stc; adcb %b2, 2(%1); setc %0" : "=qm"(carry) : "r"(at), "q"(operand) : "memory", "cc");
    }
    return carry;
}

static void change_round(u32 number) {
    static u32 shadow;
    static u32 shadow_generation;
    u64 at = sample.memory + R_SCRATCH + 4;
    if (shadow_generation != sample.generation) {
        shadow_generation = sample.generation;
        shadow = 0;
    }
    u32 operand = number * 2654435761u;
    u8 expected = change((u64)&shadow, number, operand);
    u8 got = change(at, number, operand);
    check("flag of a changed register", expected, got);
    check("changed register", shadow, load32(at));
    check("changed register by port", shadow >> 8 & 0xFFFF, in16((u16)(sample.ports + P_SCRATCH + 5)));
    counters[0].writes++;
}

/* ---- INS and OUTS ---- */

static void string_ports_round(u32 number) {
    u8 out[48], back[48];
    u16 port = (u16)(sample.ports + P_DATA);
    u32 at = PORT_PART + number % 2000;
    const void *from = out;
    void *to = back;
    u64 count = 48;
    for (u32 i = 0; i < 48; i++) {
        out[i] = (u8)(number * 7 + i * 13);
        back[i] = (u8)~out[i];
    }
    set(R_POSITION, at);
    __asm__ volatile("rep outsb" : "+S"(from), "+c"(count) : "d"(port) : "memory");
    check("position", at + 48, in32((u16)(sample.ports + P_POSITION)));
    out32((u16)(sample.ports + P_POSITION), at);
    count = 12;
    __asm__ volatile("rep insl" : "+D"(to), "+c"(count) : "d"(port) : "memory");
    for (u32 i = 0; i < 48; i++) {
        if (out[i] != back[i]) {
            sample_wrong(0, "byte through the port", out[i], back[i]);
            return;
        }
    }
    counters[0].writes += 48;
    counters[0].reads += 12;
}

void sample_single_round(void) {
    u32 number = (u32)counters[0].rounds;
    change_round(number);
    string_ports_round(number);
    timer_round();
    if (sample.here) {
        doorbell_round(number);
    }
    if (sample.here) {
        dma_round(number);
    }
    if (sample.here) {
        check("accesses that the device calls misuse", 0, get(R_MISUSE));
        check("id by port", S_ID, in32((u16)(sample.ports + P_ID)));
    }
}
