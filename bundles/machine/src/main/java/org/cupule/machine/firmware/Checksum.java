package org.cupule.machine.firmware;

import org.cupule.machine.loader.Bytes;

/**
 * The checksum of all tables of a PC: their bytes add up to 0.
 *
 * @threading any thread: functions without state
 */
final class Checksum {
    private Checksum() {
    }

    /** Sets the byte at {@code offset}, 0 until now, so that {@code lengthBytes} from {@code first} add up to 0. */
    static Bytes set(Bytes table, int first, int lengthBytes, int offset) {
        int sum = 0;
        for (int i = first; i < first + lengthBytes; i++) {
            sum += table.array()[i];
        }
        return table.u8(offset, -sum);
    }
}
