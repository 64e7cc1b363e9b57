/*
 * The sample device (its data sheet is the README of the bundle dev-sample): every processor uses a lane of its own,
 * processor 0 also DMA, the doorbell, the timer and whatever else there is only one of.
 *
 * The device may go away at any time. Then it floats: all bits one. A wrong answer is an error only if the device was
 * there: its id register answers, and SCRATCH still holds the number that was put there when it was set up. Else it
 * counts as absent, all processors let go of it, and processor 0 looks for it until it is back and sets it up again.
 */
#include "sample.h"

#define SAMPLE_ID 0x0001C09Eu
#define COMMAND 0x04
#define COMMAND_ALL 0x0407u /* ports, memory, bus master, no INTx */
#define BAR0 0x10
#define BAR1 0x14
#define MEMORY_AT 0xC1000000u
#define PORTS_AT 0x2000u
#define PLACES 8 /* it is moved to another place each time */
#define MSI 5
#define SEARCH_EVERY 64

struct sample sample;

static volatile u8 users[CPUS]; /* who is using it; only while sample.here */

void sample_wrong(u32 cpu, const char *what, u64 expected, u64 got) {
    if (!sample.here) {
        return; /* somebody else has seen that it is away */
    }
    u32 id = load32(sample.memory + R_ID);
    if (id == S_ID && load32(sample.memory + R_SCRATCH) == sample.cookie) {
        error(cpu, what, expected, got);
        return;
    }
    if (__atomic_exchange_n(&sample.here, 0, __ATOMIC_SEQ_CST)) {
        __atomic_fetch_add(&sample.absent, 1, __ATOMIC_RELAXED);
    }
}

int sample_check(u32 cpu, const char *what, u64 expected, u64 got) {
    if (expected != got) {
        sample_wrong(cpu, what, expected, got);
        return 0;
    }
    return 1;
}

static int begin_use(u32 cpu) {
    __atomic_store_n(&users[cpu], 1, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&sample.here, __ATOMIC_SEQ_CST)) {
        return 1;
    }
    users[cpu] = 0;
    return 0;
}

static void end_use(u32 cpu) { __atomic_store_n(&users[cpu], 0, __ATOMIC_RELEASE); }

static void wait_for_users(void) {
    for (u32 cpu = 0; cpu < CPUS; cpu++) {
        while (users[cpu]) {
            relax();
        }
    }
}

/* ---- setting it up ---- */

static int place(u32 function) {
    u32 number = sample.generation % PLACES;
    pci_write(function, COMMAND, 0);
    u32 memory_bytes = pci_bar_bytes(function, 0), port_bytes = pci_bar_bytes(function, 1);
    if (memory_bytes != 4096 || port_bytes != 256) {
        if (pci_read(function, 0) == SAMPLE_ID) {
            error(0, "sizes of the base address registers", 4096ul << 32 | 256, (u64)memory_bytes << 32 | port_bytes);
        }
        return 0;
    }
    sample.memory = MEMORY_AT + number * 4096;
    sample.ports = (u16)(PORTS_AT + number * 256);
    pci_write(function, BAR0, (u32)sample.memory);
    pci_write(function, BAR1, sample.ports);
    pci_write(function, COMMAND, COMMAND_ALL);
    return 1;
}

static void set_up_messages(u32 function) {
    u32 at = pci_capability(function, MSI);
    if (at == 0) {
        if (pci_read(function, 0) == SAMPLE_ID) {
            error(0, "MSI capability", MSI, 0);
        }
        return;
    }
    u32 control = pci_read(function, at);
    u32 wide = control >> 23 & 1;
    pci_write(function, at + 4, 0xFEE00000u | apic_ids[0] << 12);
    pci_write(function, at + 8, wide ? 0 : VECTOR_MSI);
    if (wide) {
        pci_write(function, at + 12, VECTOR_MSI);
    }
    pci_write(function, at, (control & ~0x00700000u) | 0x00210000u); /* on, 4 messages */
}

static void forget(void) {
    for (u32 cpu = 0; cpu < CPUS; cpu++) {
        sample.lanes[cpu] = (struct lane){0, 0, 0};
    }
    sample.events = (struct events){0};
    for (u32 i = 0; i < MSI_MESSAGES; i++) {
        sample.messages[i] = 0;
    }
}

static void set_up(void) {
    u32 function = pci_find(SAMPLE_ID);
    if (function == PCI_NONE) {
        return;
    }
    wait_for_users();
    sample.generation++;
    if (!place(function) || load32(sample.memory + R_ID) != S_ID) {
        return;
    }
    store32(sample.memory + R_RESET, 1);
    set_up_messages(function);
    forget();
    sample.cookie = 0xC0DE0000u + sample.generation;
    store32(sample.memory + R_SCRATCH, sample.cookie);
    store32(sample.memory + R_VECTORS, 0x00020100); /* event n sends message n */
    store32(sample.memory + R_ENABLE, 7);
    sample_start_timer();
    if (load32(sample.memory + R_SCRATCH) == sample.cookie) {
        __atomic_store_n(&sample.here, 1, __ATOMIC_SEQ_CST);
    }
}

/* ---- a lane: numbered writes and counted reads ---- */

static void wrote(u32 cpu) {
    sample.lanes[cpu].sequence++;
    counters[cpu].writes++;
}

static void expect_read(u32 cpu, const char *what, u32 expected, u32 got) {
    sample_check(cpu, what, expected, got);
    counters[cpu].reads++;
}

static void change_in_place(u32 cpu, u64 at) {
    switch (sample.lanes[cpu].sequence & 3) {
    case 0:
        __asm__ volatile("orl $0, (%0)" : : "r"(at) : "memory", "cc");
        break;
    case 1:
        __asm__ volatile("addl $0, (%0)" : : "r"(at) : "memory", "cc");
        break;
    case 2:
        __asm__ volatile("andl $-1, (%0)" : : "r"(at) : "memory", "cc");
        break;
    default:
        __asm__ volatile("xorl %1, (%0)" : : "r"(at), "r"(0) : "memory", "cc");
    }
    wrote(cpu);
}

static void use_lane(u32 cpu) {
    struct lane *lane = &sample.lanes[cpu];
    u64 at = sample.memory + R_LANE + L_BYTES * cpu;
    u16 port = (u16)(sample.ports + P_LANE + 8 * cpu);
    expect_read(cpu, "sequence", lane->sequence, load32(at + L_SEQUENCE));
    store32(at + L_SEQUENCE, lane->sequence);
    wrote(cpu);
    change_in_place(cpu, at + L_SEQUENCE);
    out32(port, lane->sequence);
    wrote(cpu);
    expect_read(cpu, "sequence by port", lane->sequence, in32(port));
    expect_read(cpu, "reads by port", lane->reads++, in32((u16)(port + 4)));
    expect_read(cpu, "reads", lane->reads++, load32(at + L_READS));
    u64 both = load64(at + L_READS); /* READS and ACCEPTED */
    expect_read(cpu, "reads in 8 bytes", lane->reads++, (u32)both);
    expect_read(cpu, "accepted", lane->sequence, (u32)(both >> 32));
    expect_read(cpu, "errors of the lane", 0, load32(at + L_ERRORS));
}

/* REP to and from memory of the device, each processor in its own bytes. */
static void use_buffer(u32 cpu) {
    u32 was[16], is[16];
    u64 at = sample.memory + R_BUFFER + 1024 + 64 * cpu;
    u64 count = 16;
    void *to = (void *)at;
    const void *from = was;
    for (u32 i = 0; i < 16; i++) {
        was[i] = (u32)counters[cpu].rounds * 0x01010101u + i * 0x11111111u + cpu;
        is[i] = ~was[i];
    }
    __asm__ volatile("rep movsl" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
    to = is, from = (const void *)at, count = 16;
    __asm__ volatile("rep movsl" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
    for (u32 i = 0; i < 16; i++) {
        if (!sample_check(cpu, "word of the buffer", was[i], is[i])) {
            return;
        }
    }
    counters[cpu].writes += 16;
    counters[cpu].reads += 16;
}

void sample_interrupt(u32 message) {
    __atomic_fetch_add(&sample.messages[message], 1, __ATOMIC_RELAXED);
    counters[0].msi++;
}

void sample_round(u32 cpu) {
    if (cpu == 0 && !sample.here && sample.rounds_away++ % SEARCH_EVERY == 0) {
        set_up();
    }
    if (!begin_use(cpu)) {
        return;
    }
    use_lane(cpu);
    use_buffer(cpu);
    if (cpu == 0 && sample.here) {
        sample_single_round();
    }
    end_use(cpu);
}

u32 sample_model(void) { return sample.here ? load32(sample.memory + R_MODEL) : 0; }

u32 sample_absent(void) { return sample.absent; }
