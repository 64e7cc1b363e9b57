/* Descriptor tables and the local APIC of each processor, and how the others are started. */
#include "runtime.h"

#define APIC_BASE_MSR 0x1B
#define APIC 0xFEE00000ul
#define X2APIC_MSRS 0x800
#define START_UP_VECTOR 8
#define INIT_ALL_BUT_SELF 0x000C4500u
#define START_ALL_BUT_SELF (0x000C4600u | START_UP_VECTOR)
#define TSS_SELECTOR 0x30 /* of processor 0; the others follow, 16 bytes each */
#define CODE64 0x18

struct gate {
    u16 offset_low, selector;
    u8 ist, type;
    u16 offset_middle;
    u32 offset_high, zero;
};

struct tss {
    u32 zero;
    u64 rsp[3], reserved, ist[7];
    u64 reserved2;
    u16 reserved3, io_map;
} __attribute__((packed, aligned(4)));

extern u64 gdt[];
extern u8 stub_0[];

static struct gate idt[256] __attribute__((aligned(16)));
static struct tss tss[CPUS];
static u8 fault_stacks[CPUS][4096] __attribute__((aligned(16)));
static int x2apic;

static void make_idt(void) {
    for (u32 i = 0; i < 256; i++) {
        u64 stub = (u64)stub_0 + 16ul * i;
        idt[i] = (struct gate){(u16)stub, CODE64, i == 8 || i == 2, 0x8E, (u16)(stub >> 16), (u32)(stub >> 32), 0};
    }
}

static void load_tables(u32 cpu) {
    struct {
        u16 limit;
        u64 base;
    } __attribute__((packed)) pointer = {sizeof idt - 1, (u64)idt};
    u64 base = (u64)&tss[cpu];
    u64 *descriptor = gdt + TSS_SELECTOR / 8 + 2 * cpu;
    tss[cpu].ist[0] = (u64)fault_stacks[cpu] + sizeof fault_stacks[cpu];
    tss[cpu].io_map = sizeof tss[cpu];
    descriptor[0] = (sizeof tss[cpu] - 1) | (base & 0xFFFFFF) << 16 | 0x89ul << 40 | (base >> 24 & 0xFF) << 56;
    descriptor[1] = base >> 32;
    __asm__ volatile("lidt %0" : : "m"(pointer));
    __asm__ volatile("ltr %w0" : : "r"(TSS_SELECTOR + 16 * cpu));
}

u32 apic_read(u32 offset) { return x2apic ? (u32)read_msr(X2APIC_MSRS + offset / 16) : load32(APIC + offset); }

void apic_write(u32 offset, u32 value) {
    if (x2apic) {
        write_msr(X2APIC_MSRS + offset / 16, value);
    } else {
        store32(APIC + offset, value);
    }
}

u32 apic_id(void) { return x2apic ? apic_read(APIC_ID) : apic_read(APIC_ID) >> 24; }

/* high is the destination: in xAPIC form it moves to bits 31:24. */
void apic_send(u32 high, u32 low) {
    if (x2apic) {
        write_msr(X2APIC_MSRS + APIC_ICR_LOW / 16, (u64)high << 32 | low);
        return;
    }
    while (apic_read(APIC_ICR_LOW) & 0x1000) {
        relax();
    }
    apic_write(APIC_ICR_HIGH, high << 24);
    apic_write(APIC_ICR_LOW, low);
}

void processor_begin(u32 cpu) {
    if (cpu == 0) {
        make_idt();
        x2apic = option("x2apic", 0) != 0;
    }
    load_tables(cpu);
    if (x2apic) {
        write_msr(APIC_BASE_MSR, read_msr(APIC_BASE_MSR) | 0xC00);
    } else {
        write_msr(APIC_BASE_MSR, read_msr(APIC_BASE_MSR) | 0x800);
    }
    apic_write(APIC_TPR, 0);
    apic_write(APIC_SPURIOUS, 0x1FF);
}

void start_others(void) {
    apic_send(0, INIT_ALL_BUT_SELF);
    wait_micros(10000);
    apic_send(0, START_ALL_BUT_SELF);
    wait_micros(200);
    apic_send(0, START_ALL_BUT_SELF);
}
