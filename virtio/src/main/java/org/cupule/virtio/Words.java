package org.cupule.virtio;

import org.cupule.device.DmaMemory;

/**
 * A few little-endian numbers in guest memory at a time.
 *
 * @threading confined to the device's gate
 */
final class Words {
    private static final int MOST = 16;

    private final byte[] bytes = new byte[MOST];

    /** Loads up to 16 bytes. @return false when they are not all RAM */
    boolean load(DmaMemory dma, long gpa, int lengthBytes) {
        return dma.read(gpa, bytes, 0, lengthBytes);
    }

    /** Stores the first bytes. @return false when they are not all RAM */
    boolean store(DmaMemory dma, long gpa, int lengthBytes) {
        return dma.write(gpa, bytes, 0, lengthBytes);
    }

    int half(int at) {
        return bytes[at] & 0xFF | (bytes[at + 1] & 0xFF) << 8;
    }

    long word(int at) {
        return half(at) | (long) half(at + 2) << 16;
    }

    long doubleWord(int at) {
        return word(at) | word(at + 4) << 32;
    }

    void half(int at, int value) {
        bytes[at] = (byte) value;
        bytes[at + 1] = (byte) (value >>> 8);
    }

    void word(int at, long value) {
        half(at, (int) value);
        half(at + 2, (int) (value >>> 16));
    }
}
