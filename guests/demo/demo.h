/*
 * demo: what the parts of the demonstration guest know of each other.
 */
#ifndef DEMO_H
#define DEMO_H

#include "../runtime/runtime.h"

#define VECTOR_TIMER 0x40
#define VECTOR_SERIAL 0x44
#define VECTOR_MSI 0x50 /* four of them */
#define MSI_MESSAGES 4
#define VECTOR_IPI 0x60 /* plus the number of the sender */
#define VECTOR_SPURIOUS 0xFF

/* What one processor has done. Everything counted here was checked. */
struct counters {
    u64 rounds, writes, reads, ticks, ipis, dma, msi, errors, shared;
} __attribute__((aligned(64)));

extern struct counters counters[CPUS];
extern volatile u8 online[CPUS]; /* it takes part */
extern u32 apic_ids[CPUS];
extern volatile u32 stopping;

/* demo.c */
void error(u32 cpu, const char *what, u64 expected, u64 got); /* counts, and tells about the first ones */
u64 deadline(void);                                           /* a time stamp so late that what was to come is lost */

/* beats.c: timer ticks and interprocessor interrupts, each of them numbered */
void beats_begin(u32 cpu);
void beats_round(u32 cpu);
void beats_end(u32 cpu); /* lets what is under way come in */
void timer_interrupt(u32 cpu);
void ipi_interrupt(u32 cpu, u32 sender);

/* memory.c: RAM, atomic operations, code that is written and run */
void memory_round(u32 cpu);
void memory_end(void); /* when all others have stopped: no increment of the shared counter was lost */

/* pci.c */
#define PCI_NONE 0xFFFFFFFFu
u32 pci_read(u32 function, u32 offset);
void pci_write(u32 function, u32 offset, u32 value);
u32 pci_find(u32 id);                           /* vendor and device as in register 0; PCI_NONE when not there */
u32 pci_capability(u32 function, u32 id);       /* its offset, or 0 */
u32 pci_bar_bytes(u32 function, u32 bar);       /* sizes a 32-bit base address register; 0 when it is not there */

/* sample.c: the sample device */
void sample_round(u32 cpu);
void sample_interrupt(u32 message);
u32 sample_model(void); /* version that answers; 0 when it is away */
u32 sample_absent(void);

#endif
