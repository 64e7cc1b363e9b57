/*
 * runtime: what our guests in C share. Long mode, one address space, no interrupts until asked for, no SSE.
 */
#ifndef RUNTIME_H
#define RUNTIME_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;
typedef signed char s8;
typedef short s16;
typedef int s32;
typedef long s64;
typedef __builtin_va_list va_list;

#define CPUS 16 /* as in boot.asm */
#define COM1 0x3F8
#define EXIT_PORT 0xF4
#define PM1_CONTROL 0x404
#define PM1_POWER_OFF 0x3400 /* SLP_TYP 5, SLP_EN */

/* What the interrupt stubs leave on the stack. */
struct frame {
    u64 r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax;
    u64 vector, error, rip, cs, rflags, rsp, ss;
};

/* Every guest has these two. guest() runs on every processor that arrives; returning from it halts. */
void guest(u32 cpu);
void interrupt(struct frame *frame);

extern u32 boot_magic, boot_info;
extern volatile u32 cpu_arrivals;

/* ---- machine instructions ---- */
static inline u8 in8(u16 port) {
    u8 value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}
static inline u16 in16(u16 port) {
    u16 value;
    __asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}
static inline u32 in32(u16 port) {
    u32 value;
    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}
static inline void out8(u16 port, u8 value) { __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory"); }
static inline void out16(u16 port, u16 value) { __asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port) : "memory"); }
static inline void out32(u16 port, u32 value) { __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory"); }
static inline u64 tsc(void) {
    u32 low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (u64)high << 32 | low;
}
static inline u64 read_msr(u32 number) {
    u32 low, high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(number) : "memory");
    return (u64)high << 32 | low;
}
static inline void write_msr(u32 number, u64 value) {
    __asm__ volatile("wrmsr" : : "c"(number), "a"((u32)value), "d"((u32)(value >> 32)) : "memory");
}
static inline u32 load32(u64 address) {
    u32 value;
    __asm__ volatile("movl (%1), %0" : "=r"(value) : "r"(address) : "memory");
    return value;
}
static inline void store32(u64 address, u32 value) {
    __asm__ volatile("movl %0, (%1)" : : "r"(value), "r"(address) : "memory");
}
static inline u64 load64(u64 address) {
    u64 value;
    __asm__ volatile("movq (%1), %0" : "=r"(value) : "r"(address) : "memory");
    return value;
}
static inline void store64(u64 address, u64 value) {
    __asm__ volatile("movq %0, (%1)" : : "r"(value), "r"(address) : "memory");
}
static inline void relax(void) { __asm__ volatile("pause" : : : "memory"); }
static inline void interrupts_on(void) { __asm__ volatile("sti" : : : "memory"); }
static inline void interrupts_off(void) { __asm__ volatile("cli" : : : "memory"); }
static inline u64 flags_and_off(void) {
    u64 flags;
    __asm__ volatile("pushfq; popq %0; cli" : "=r"(flags) : : "memory");
    return flags;
}
static inline void flags_back(u64 flags) { __asm__ volatile("pushq %0; popfq" : : "r"(flags) : "memory", "cc"); }

/* ---- locks: interrupts stay as they are ---- */
typedef volatile u32 lock_t;
static inline void take(lock_t *lock) {
    while (__atomic_exchange_n(lock, 1, __ATOMIC_ACQUIRE)) {
        relax();
    }
}
static inline void release(lock_t *lock) { __atomic_store_n(lock, 0, __ATOMIC_RELEASE); }

/* ---- serial.c: COM1, polled; a guest may have a put() of its own instead ---- */
void serial_begin(void);
void put(char c);

/* ---- print.c ---- */
/* %s text, %u unsigned, %x hexadecimal, %c character; l before u and x for 64 bits. Whole calls never mix. */
void print(const char *format, ...);

/* ---- processors.c ---- */
void processor_begin(u32 cpu); /* IDT, TSS and local APIC of this processor */
void start_others(void);       /* INIT and start-up IPIs to all others; they arrive in guest() when they arrive */
u32 apic_read(u32 offset);
void apic_write(u32 offset, u32 value);
void apic_send(u32 high, u32 low); /* the interrupt command register */
u32 apic_id(void);
#define APIC_ID 0x020
#define APIC_TPR 0x080
#define APIC_EOI 0x0B0
#define APIC_LDR 0x0D0
#define APIC_DFR 0x0E0
#define APIC_SPURIOUS 0x0F0
#define APIC_ISR 0x100
#define APIC_IRR 0x200
#define APIC_ESR 0x280
#define APIC_ICR_LOW 0x300
#define APIC_ICR_HIGH 0x310
#define APIC_LVT_TIMER 0x320
#define APIC_LVT_LINT0 0x350
#define APIC_LVT_LINT1 0x360
#define APIC_LVT_ERROR 0x370
#define APIC_TIMER_INITIAL 0x380
#define APIC_TIMER_CURRENT 0x390
#define APIC_TIMER_DIVIDE 0x3E0

/* ---- time.c: the PIT's channel 2 is the measure ---- */
void wait_micros(u32 micros);  /* at most 50000 */
u64 tsc_hertz(void);           /* measured once */
u32 apic_timer_hertz(void);    /* with divide by 16, measured once */

/* ---- life.c ---- */
const char *command_line(void);                    /* of the boot loader; empty where there is none */
u32 option(const char *name, u32 otherwise);       /* name=number on the command line */
void leave(u8 value) __attribute__((noreturn));    /* debug exit: process status 2 * value + 1 */
void power_off(void) __attribute__((noreturn));    /* ACPI S5; debug exit 0 where there is no such port */
void dump(const char *why, const struct frame *f); /* for a person */
void *memcpy(void *to, const void *from, u64 n);
void *memset(void *to, int value, u64 n);

#endif
