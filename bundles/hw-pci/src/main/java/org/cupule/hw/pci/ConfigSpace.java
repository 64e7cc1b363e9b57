package org.cupule.hw.pci;

import org.cupule.state.StateException;

/**
 * 256 bytes of configuration space, each bit of one of three kinds: fixed, the guest's (writable), or the function's
 * own (changed by {@link #set} only, but part of the state).
 *
 * @threading confined: the function that owns it has its lock
 */
final class ConfigSpace {
    static final int LENGTH = 256;

    private final byte[] powerOn = new byte[LENGTH];
    private final byte[] writable = new byte[LENGTH];
    private final byte[] owned = new byte[LENGTH];
    private byte[] present = new byte[LENGTH];

    /** Lays out a register: its power-on value and which of its bits the guest writes. */
    void lay(int register, int size, long value, long writableBits) {
        put(powerOn, register, size, value);
        put(writable, register, size, writableBits);
        put(present, register, size, value);
    }

    /** Says which bits of a register the function changes by itself. */
    void own(int register, int size, long bits) {
        put(owned, register, size, bits);
    }

    /** {@return a register, zero-extended} */
    long get(int register, int size) {
        long value = 0;
        for (int i = 0; i < size; i++) {
            value |= (present[register + i] & 0xFFL) << 8 * i;
        }
        return value;
    }

    /** Writes as the guest: only its own bits change. */
    void write(int register, int size, int value) {
        for (int i = register; i < register + size; i++) {
            int written = value >>> 8 * (i - register);
            present[i] = (byte) (present[i] & ~writable[i] | written & writable[i]);
        }
    }

    /** Sets a register as the function. */
    void set(int register, int size, long value) {
        put(present, register, size, value);
    }

    void reset() {
        present = powerOn.clone();
    }

    byte[] toBytes() {
        return present.clone();
    }

    /**
     * Refuses bytes that differ in a fixed bit.
     *
     * @throws StateException
     *             when they do
     */
    void check(byte[] bytes) {
        for (int i = 0; i < LENGTH; i++) {
            int fixed = ~(writable[i] | owned[i]);
            if (((bytes[i] ^ powerOn[i]) & fixed & 0xFF) != 0) {
                throw new StateException(
                        "pci-bus: configuration register 0x%02x is 0x%02x, the function has 0x%02x there"
                                .formatted(i, bytes[i], powerOn[i]));
            }
        }
    }

    /** Takes bytes that were checked. */
    void restore(byte[] bytes) {
        present = bytes.clone();
    }

    private static void put(byte[] target, int register, int size, long value) {
        for (int i = 0; i < size; i++) {
            target[register + i] = (byte) (value >>> 8 * i);
        }
    }
}
