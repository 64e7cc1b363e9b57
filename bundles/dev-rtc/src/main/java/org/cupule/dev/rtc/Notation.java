package org.cupule.dev.rtc;

/**
 * How the registers write numbers: binary or BCD, hours to 23 or to 12 with a bit for the afternoon.
 *
 * <p>
 * Source: MC146818A data sheet, "Time, Calendar, and Alarm Locations" and register B, bits 2 and 1.
 *
 * @param registerB
 *            the register
 * @threading immutable
 */
record Notation(int registerB) {
    static final int BINARY = 0x04;
    static final int HOURS_24 = 0x02;
    private static final int AFTERNOON = 0x80;

    /** {@return a number from 0 to 99 as a register shows it} */
    int encode(int number) {
        return (registerB & BINARY) != 0 ? number : number / 10 << 4 | number % 10;
    }

    /** {@return the number that a register shows; 0 to 165 where it was written wrongly} */
    int decode(int value) {
        return (registerB & BINARY) != 0 ? value : (value >> 4) * 10 + (value & 15);
    }

    int encodeHour(int hour) {
        if ((registerB & HOURS_24) != 0) {
            return encode(hour);
        }
        return encode(hour % 12 == 0 ? 12 : hour % 12) | (hour >= 12 ? AFTERNOON : 0);
    }

    /** {@return the hour from 0 to 23; more where it was written wrongly} */
    int decodeHour(int value) {
        if ((registerB & HOURS_24) != 0) {
            return decode(value);
        }
        int hour = decode(value & ~AFTERNOON);
        if (hour < 1 || hour > 12) {
            return 99;
        }
        return hour % 12 + ((value & AFTERNOON) != 0 ? 12 : 0);
    }
}
