/*
 * Timer ticks and interprocessor interrupts. Nothing is assumed to be "about right": a timer is armed once and must
 * tick once, not before its time; an interrupt from another processor must bring exactly the next number.
 */
#include "demo.h"

#define TICKS_A_KIND 32
#define DEADLINE_MSR 0x6E0
#define LVT_ONE_SHOT 0x00000
#define LVT_PERIODIC 0x20000
#define LVT_DEADLINE 0x40000
#define FIXED 0x4000u    /* assert */
#define LOGICAL 0x0800u
#define SELF 0x40000u

enum kind { ONE_SHOT, PERIODIC, DEADLINE };

static struct timer {
    volatile u64 ticks;      /* all of this processor */
    volatile u64 started;    /* time stamp */
    volatile u64 period;     /* in time stamps */
    volatile u32 expected;   /* ticks that this start still makes */
    volatile u32 made;       /* ticks of this start */
    volatile u32 late;       /* a periodic timer was stopped when its next tick already waited in the IRR */
    enum kind kind;
    u32 has_deadline;
} timers[CPUS];

static struct mailbox {
    volatile u32 sent, seen;
    u64 sent_at;
} mailboxes[CPUS][CPUS]; /* from, to */

static int deadline_works(void) {
    u32 eax = 1, ebx, ecx = 0, edx;
    __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    return ecx >> 24 & 1;
}

static void start_timer(u32 cpu) {
    struct timer *t = &timers[cpu];
    u32 micros = 500 + (u32)(t->ticks % 7) * 250;
    u32 count = (u32)((u64)apic_timer_hertz() * micros / 1000000);
    t->kind = (enum kind)(t->ticks / TICKS_A_KIND % (t->has_deadline ? 3 : 2));
    t->period = tsc_hertz() * micros / 1000000;
    t->made = 0;
    t->expected = t->kind == PERIODIC ? 8 : 1;
    t->started = tsc();
    if (t->kind == DEADLINE) {
        apic_write(APIC_LVT_TIMER, LVT_DEADLINE | VECTOR_TIMER);
        __asm__ volatile("mfence" : : : "memory");
        write_msr(DEADLINE_MSR, t->started + t->period);
    } else {
        apic_write(APIC_LVT_TIMER, (t->kind == PERIODIC ? LVT_PERIODIC : LVT_ONE_SHOT) | VECTOR_TIMER);
        apic_write(APIC_TIMER_INITIAL, count);
    }
}

static void go_on(u32 cpu) {
    if (!stopping) {
        start_timer(cpu);
    }
}

void timer_interrupt(u32 cpu) {
    struct timer *t = &timers[cpu];
    t->ticks++;
    counters[cpu].ticks++;
    if (t->late) {
        t->late = 0;
        go_on(cpu);
        return;
    }
    if (t->expected == 0) {
        error(cpu, "tick of a timer that is not armed", 0, t->ticks);
        return;
    }
    u64 earliest = t->started + t->period * ++t->made / 8 * 7; /* the two clocks were measured, not read */
    u64 now = tsc();
    if (now < earliest) {
        error(cpu, "tick before its time", earliest, now);
    }
    if (--t->expected == 0) {
        apic_write(APIC_TIMER_INITIAL, 0);
        t->late = apic_read(APIC_IRR + VECTOR_TIMER / 32 * 16) >> VECTOR_TIMER % 32 & 1;
        if (!t->late) {
            go_on(cpu);
        }
    }
}

static void send(u32 cpu, u32 to, u32 number) {
    u32 command = FIXED | (VECTOR_IPI + cpu);
    if (to == cpu && (number & 1)) {
        apic_send(0, command | SELF);
    } else if (number % 3 == 0 && to < 8 && option("x2apic", 0) == 0) {
        apic_send(1u << to, command | LOGICAL);
    } else {
        apic_send(apic_ids[to], command);
    }
}

static void call_others(u32 cpu) {
    for (u32 to = 0; to < CPUS; to++) {
        struct mailbox *box = &mailboxes[cpu][to];
        if (!online[to]) {
            continue;
        }
        if (box->sent == box->seen) {
            box->sent_at = tsc();
            u32 number = box->sent + 1;
            __atomic_store_n(&box->sent, number, __ATOMIC_SEQ_CST);
            u64 flags = flags_and_off();
            send(cpu, to, number);
            flags_back(flags);
        } else if (tsc() - box->sent_at > deadline()) {
            error(cpu, "interrupt to another processor is lost: number", box->sent, box->seen);
            box->seen = box->sent;
        }
    }
}

void ipi_interrupt(u32 cpu, u32 sender) {
    struct mailbox *box = &mailboxes[sender][cpu];
    u32 number = __atomic_load_n(&box->sent, __ATOMIC_SEQ_CST);
    if (number != box->seen + 1) {
        error(cpu, "interrupt of another processor", box->seen + 1ul, number);
    }
    counters[cpu].ipis++;
    __atomic_store_n(&box->seen, number, __ATOMIC_SEQ_CST);
}

void beats_begin(u32 cpu) {
    timers[cpu].has_deadline = (u32)deadline_works();
    if (option("x2apic", 0) == 0) {
        apic_write(APIC_DFR, 0xFFFFFFFF); /* flat logical destinations: a bit each */
        apic_write(APIC_LDR, cpu < 8 ? 1u << (24 + cpu) : 0);
    }
    apic_write(APIC_TIMER_DIVIDE, 3);
    start_timer(cpu);
}

void beats_round(u32 cpu) {
    struct timer *t = &timers[cpu];
    call_others(cpu);
    u64 flags = flags_and_off();
    if (t->expected && tsc() - t->started > t->period * 8 + deadline()) {
        error(cpu, "timer tick is lost: ticks so far", t->ticks + 1, t->ticks);
        start_timer(cpu);
    }
    flags_back(flags);
}

void beats_end(u32 cpu) {
    u64 start = tsc();
    for (u32 to = 0; to < CPUS; to++) {
        struct mailbox *box = &mailboxes[cpu][to];
        while (box->sent != box->seen && tsc() - start < deadline()) {
            relax();
        }
        if (box->sent != box->seen) {
            error(cpu, "last interrupt to another processor is lost: number", box->sent, box->seen);
        }
    }
    while (timers[cpu].expected && tsc() - start < deadline()) {
        relax();
    }
    if (timers[cpu].expected) {
        error(cpu, "last timer tick is lost: ticks so far", timers[cpu].ticks + 1, timers[cpu].ticks);
    }
}
