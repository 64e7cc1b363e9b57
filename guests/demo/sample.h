/*
 * The registers of the sample device, and what the guest knows of it.
 */
#ifndef SAMPLE_H
#define SAMPLE_H

#include "demo.h"

#define S_ID 0x4C505543u

/* BAR 0 */
#define R_ID 0x000
#define R_MODEL 0x004
#define R_FEATURES 0x008
#define R_RESET 0x00C
#define R_SCRATCH 0x010 /* the first 4 bytes hold the cookie, the others are for tests */
#define R_MISUSE 0x018
#define R_DOORBELL 0x01C
#define R_POSITION 0x020
#define R_CAUSE 0x040
#define R_ENABLE 0x044
#define R_TRIGGER 0x048
#define R_VECTORS 0x04C
#define R_MESSAGES 0x050
#define R_DMA_SOURCE 0x080
#define R_DMA_TARGET 0x088
#define R_DMA_LENGTH 0x090
#define R_DMA_COMMAND 0x094
#define R_DMA_STATUS 0x098
#define R_DMA_SUM 0x09C
#define R_DMA_CRC 0x0A0
#define R_DMA_COUNT 0x0A4
#define R_DMA_DELAY 0x0A8
#define R_TIMER_PERIOD 0x0C0
#define R_TIMER_CONTROL 0x0C4
#define R_TIMER_TICKS 0x0C8
#define R_NOW 0x0D0
#define R_HISTOGRAM 0x100
#define R_LANE 0x200
#define R_BUFFER 0x800
#define FEATURE_CRC 1u
#define FEATURE_HISTOGRAM 4u
#define DMA_DONE 2u
#define DMA_ERROR 4u

/* in a lane */
#define L_BYTES 32
#define L_SEQUENCE 0x00
#define L_ERRORS 0x04
#define L_READS 0x08

/* BAR 1 */
#define P_ID 0x00
#define P_MODEL 0x04
#define P_SCRATCH 0x08
#define P_DOORBELL 0x10
#define P_DATA 0x18
#define P_POSITION 0x1C
#define P_LANE 0x80

struct lane {
    u32 sequence, reads, unused;
};

/* Events that processor 0 has made. */
struct events {
    u32 dma, doorbells, ticks;
    u64 timer_from, timer_to; /* NOW before and after the timer was started */
};

struct sample {
    volatile u32 here, absent;
    u32 generation, cookie, rounds_away;
    u64 memory;
    u16 ports;
    struct lane lanes[CPUS];
    struct events events;
    volatile u32 messages[MSI_MESSAGES]; /* MSI that came in */
};

extern struct sample sample;

/* sample.c */
int sample_check(u32 cpu, const char *what, u64 expected, u64 got);
void sample_wrong(u32 cpu, const char *what, u64 expected, u64 got);

/* sample0.c: what only processor 0 does */
void sample_single_round(void);
void sample_start_timer(void);

#endif
