/* Measures time with channel 2 of the PIT, which every PC has and no interrupt disturbs. */
#include "runtime.h"

#define PIT_HERTZ 1193182u
#define PIT_CHANNEL2 0x42
#define PIT_COMMAND 0x43
#define CONTROL_B 0x61
#define OUT2 0x20
#define TRIES 20000000u /* where there is no PIT, waiting still ends */

void wait_micros(u32 micros) {
    u32 count = (u32)((u64)micros * PIT_HERTZ / 1000000) | 1;
    out8(CONTROL_B, (u8)((in8(CONTROL_B) & ~0x02) | 0x01)); /* gate on, speaker off */
    out8(PIT_COMMAND, 0xB0);                                /* channel 2, both bytes, mode 0 */
    out8(PIT_CHANNEL2, (u8)count);
    out8(PIT_CHANNEL2, (u8)(count >> 8));
    for (u32 i = 0; i < TRIES && (in8(CONTROL_B) & OUT2) == 0; i++) {
        relax();
    }
}

/*
 * A host that is busy can only lengthen a measurement, so the shortest of several is the right one.
 */
#define MEASUREMENTS 8
#define MEASURED_MICROS 5000
#define PER_SECOND (1000000 / MEASURED_MICROS)

u64 tsc_hertz(void) {
    static u64 measured;
    for (u32 i = 0; measured == 0 || (i > 0 && i < MEASUREMENTS); i++) {
        u64 start = tsc();
        wait_micros(MEASURED_MICROS);
        u64 hertz = (tsc() - start) * PER_SECOND + 1;
        measured = measured == 0 || hertz < measured ? hertz : measured;
    }
    return measured;
}

/* Measured against the time stamps, of which it is a fixed part: whoever compares the two does not depend on the PIT. */
u32 apic_timer_hertz(void) {
    static u32 measured;
    u64 stamps = tsc_hertz();
    for (u32 i = 0; measured == 0 || (i > 0 && i < MEASUREMENTS); i++) {
        apic_write(APIC_LVT_TIMER, 0x10000); /* masked, one shot */
        apic_write(APIC_TIMER_DIVIDE, 3);    /* by 16 */
        apic_write(APIC_TIMER_INITIAL, 0xFFFFFFFF);
        u32 count = apic_read(APIC_TIMER_CURRENT);
        u64 start = tsc();
        wait_micros(MEASURED_MICROS);
        u64 end = tsc();
        count -= apic_read(APIC_TIMER_CURRENT);
        u32 hertz = (u32)(stamps / 1000 * count / ((end - start) / 1000)) + 1;
        apic_write(APIC_TIMER_INITIAL, 0);
        measured = measured == 0 || hertz < measured ? hertz : measured;
    }
    return measured;
}
