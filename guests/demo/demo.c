/*
 * demo: the demonstration guest. All processors go from real mode to long mode, and then work in rounds: numbered
 * accesses to the sample PCI device by ports and by memory, DMA both ways, interrupts of every kind, memory. Every
 * answer is checked. While they work, the platform may replace any part under them.
 *
 * On COM1, once a second:
 *
 *   round 120: writes 2400 reads 3600 ticks 88 ipis 120 dma 40 errors 0 (msi 160 absent 0 model 1 cpus 2)
 *
 * Commands on COM1: `p` prints such a line now; `q` ends:
 *
 *   verdict: ok rounds 120 writes 2400 ...           and power-off (ACPI); where there is none, debug exit 0
 *   verdict: FAILED rounds 120 writes 2400 ...       and debug exit 0x21: status 67
 *
 * Options: rounds=N ends after N rounds of processor 0, x2apic=1 uses x2APIC mode.
 */
#include "demo.h"

#define FAILED 0x21
#define ERRORS_SHOWN 20
#define IOAPIC 0xFEC00000ul
#define SERIAL_PIN 4
#define SCRATCH (COM1 + 7)
#define RBR (COM1 + 0)
#define IER (COM1 + 1)
#define LSR (COM1 + 5)
#define LSR_DR 0x01

struct counters counters[CPUS];
volatile u8 online[CPUS];
u32 apic_ids[CPUS];
volatile u32 stopping;

static volatile u8 stopped[CPUS];
static volatile u32 errors_told;
static volatile u32 command;
static u64 input_since;

u64 deadline(void) { return tsc_hertz() * 10; }

void error(u32 cpu, const char *what, u64 expected, u64 got) {
    __atomic_fetch_add(&counters[cpu].errors, 1, __ATOMIC_RELAXED);
    if (__atomic_fetch_add(&errors_told, 1, __ATOMIC_RELAXED) < ERRORS_SHOWN) {
        print("error: cpu %u: %s: expected %lx, got %lx\n", cpu, what, expected, got);
    }
}

static struct counters total(void) {
    struct counters sum = {.rounds = counters[0].rounds};
    for (u32 i = 0; i < CPUS; i++) {
        sum.writes += counters[i].writes;
        sum.reads += counters[i].reads;
        sum.ticks += counters[i].ticks;
        sum.ipis += counters[i].ipis;
        sum.dma += counters[i].dma;
        sum.msi += counters[i].msi;
        sum.errors += counters[i].errors;
    }
    return sum;
}

static u64 tell(const char *what, int round) {
    struct counters c = total();
    u32 cpus = 0;
    for (u32 i = 0; i < CPUS; i++) {
        cpus += online[i];
    }
    print("%s %lu%s writes %lu reads %lu ticks %lu ipis %lu dma %lu errors %lu (msi %lu absent %u model %u cpus %u)\n",
          what, c.rounds, round ? ":" : "", c.writes, c.reads, c.ticks, c.ipis, c.dma, c.errors, c.msi, sample_absent(),
          sample_model(), cpus);
    return c.errors;
}

static void take_input(void) {
    while (in8(LSR) & LSR_DR) {
        u8 c = in8(RBR);
        if (c == 'q' || c == 'p') {
            command = c;
        }
    }
}

void interrupt(struct frame *f) {
    u32 vector = (u32)f->vector;
    u32 cpu = 0, id = vector < 32 ? 0 : apic_id();
    if (vector < 32) {
        dump("exception", f);
        print("verdict: FAILED exception %u\n", vector);
        leave(FAILED);
    }
    if (vector == VECTOR_SPURIOUS) {
        return;
    }
    while (cpu < CPUS - 1 && !(online[cpu] && apic_ids[cpu] == id)) {
        cpu++;
    }
    if (vector == VECTOR_TIMER) {
        timer_interrupt(cpu);
    } else if (vector - VECTOR_IPI < CPUS) {
        ipi_interrupt(cpu, vector - VECTOR_IPI);
    } else if (vector - VECTOR_MSI < MSI_MESSAGES) {
        sample_interrupt(vector - VECTOR_MSI);
    } else if (vector == VECTOR_SERIAL) {
        take_input();
    } else {
        error(cpu, "interrupt that nobody asked for", 0, vector);
    }
    apic_write(APIC_EOI, 0);
}

static void ioapic_write(u32 index, u32 value) {
    store32(IOAPIC, index);
    store32(IOAPIC + 0x10, value);
}

static void begin_serial_input(void) {
    out8(0x21, 0xFF); /* the old interrupt controllers are not used */
    out8(0xA1, 0xFF);
    ioapic_write(0x10 + 2 * SERIAL_PIN + 1, apic_ids[0] << 24);
    ioapic_write(0x10 + 2 * SERIAL_PIN, VECTOR_SERIAL);
    out8(IER, 0x01);
}

/* Numbered writes to the scratch register, and input whose interrupt did not come. */
static void serial_round(void) {
    u8 number = (u8)counters[0].rounds;
    out8(SCRATCH, number);
    u8 got = in8(SCRATCH);
    if (got != number) {
        error(0, "scratch register of the UART", number, got);
    }
    counters[0].writes++;
    counters[0].reads++;
    u64 flags = flags_and_off();
    if ((in8(LSR) & LSR_DR) == 0) {
        input_since = 0;
    } else if (input_since == 0) {
        input_since = tsc();
    } else if (tsc() - input_since > deadline()) {
        error(0, "input without its interrupt", 0, 1);
        take_input();
    }
    flags_back(flags);
}

static void work(u32 cpu) {
    memory_round(cpu);
    beats_round(cpu);
    sample_round(cpu);
    counters[cpu].rounds++;
}

static void finish(void) {
    u64 start = tsc();
    for (u32 cpu = 1; cpu < CPUS; cpu++) {
        while (online[cpu] && !stopped[cpu]) {
            if (tsc() - start > deadline()) {
                error(cpu, "processor does not stop", 1, 0);
                break;
            }
        }
    }
    beats_end(0);
    memory_end();
    struct counters c = total();
    if (tell(c.errors ? "verdict: FAILED rounds" : "verdict: ok rounds", 0)) {
        leave(FAILED);
    }
    power_off();
}

static void lead(void) {
    const u64 last = option("rounds", 0);
    u64 next = tsc();
    while (command != 'q' && (last == 0 || counters[0].rounds < last)) {
        work(0);
        serial_round();
        if (tsc() >= next || command == 'p') {
            next = tsc() + tsc_hertz();
            command = command == 'p' ? 0 : command;
            tell("round", 1);
        }
    }
    stopping = 1;
    finish();
}

static void follow(u32 cpu) {
    while (!stopping) {
        work(cpu);
    }
    beats_end(cpu);
    stopped[cpu] = 1;
    for (;;) { /* it still answers interrupts */
        __asm__ volatile("sti; hlt");
    }
}

void guest(u32 cpu) {
    if (cpu == 0) {
        serial_begin();
    }
    processor_begin(cpu);
    apic_ids[cpu] = apic_id();
    if (cpu == 0) {
        print("demo: time stamps at %lu kHz, local APIC timer at %u kHz\n", tsc_hertz() / 1000,
              apic_timer_hertz() / 1000);
        begin_serial_input();
        start_others();
    }
    beats_begin(cpu);
    __atomic_store_n(&online[cpu], 1, __ATOMIC_SEQ_CST);
    interrupts_on();
    if (cpu == 0) {
        lead();
    }
    follow(cpu);
}
