package org.cupule.dev.rtc;

import org.cupule.device.MachineControl;

/**
 * What a PC's firmware would have left in the memory: sizes of memory, equipment, and a checksum over some of it.
 *
 * <pre>
 * 14       equipment: bit 1 coprocessor, bit 2 pointing device
 * 15 16    memory below 640 KiB, in KiB              17 18, 30 31   memory above 1 MiB, in KiB, at most 65535
 * 2E 2F    sum of 10 to 2D, high byte first          34 35          memory from 16 MiB to 4 GiB, in 64 KiB
 * 5B 5C 5D memory above 4 GiB, in 64 KiB             5F             processors less one
 * </pre>
 *
 * @threading any thread: functions without state
 */
final class Cmos {
    private static final int EQUIPMENT = 0x06;
    private static final long MEGABYTE = 1L << 20;

    private Cmos() {
    }

    /** Fills in what the machine has. */
    static void furnish(byte[] memory, MachineControl machine) {
        long low = machine.lowMemoryBytes();
        long high = machine.memoryBytes() - low;
        memory[0x14] = EQUIPMENT;
        put(memory, 0x15, 2, Math.min(640, low >> 10));
        long extended = Math.clamp(low - MEGABYTE >> 10, 0, 0xFFFF);
        put(memory, 0x17, 2, extended);
        put(memory, 0x30, 2, extended);
        put(memory, 0x34, 2, Math.clamp(low - 16 * MEGABYTE >> 16, 0, 0xFFFF));
        put(memory, 0x5B, 3, Math.clamp(high >> 16, 0, 0xFF_FFFF));
        memory[0x5F] = (byte) Math.min(machine.processors() - 1, 255);
        sum(memory);
    }

    private static void sum(byte[] memory) {
        int sum = 0;
        for (int i = 0x10; i <= 0x2D; i++) {
            sum += memory[i] & 0xFF;
        }
        memory[0x2E] = (byte) (sum >> 8);
        memory[0x2F] = (byte) sum;
    }

    private static void put(byte[] memory, int at, int size, long value) {
        for (int i = 0; i < size; i++) {
            memory[at + i] = (byte) (value >>> 8 * i);
        }
    }
}
