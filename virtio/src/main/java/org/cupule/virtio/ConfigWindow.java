package org.cupule.virtio;

import org.cupule.device.Mmio;
import org.cupule.state.ModelState;

/**
 * The capability by which a driver reaches the registers through configuration space alone, as a firmware may have to.
 *
 * <pre>
 *      31                                8 7          0
 * +04 |                0                 |    BAR     |
 * +08 |                   offset                      |
 * +0C |             length: 1, 2 or 4                 |
 * +10 |  data: an access is one at the offset         |
 * </pre>
 *
 * <p>
 * Source: VIRTIO 1.2, section 4.1.4.9 "PCI configuration access capability".
 *
 * @threading confined to the device's gate
 */
final class ConfigWindow {
    private static final int BAR = 0x04;
    private static final int OFFSET = 0x08;
    private static final int LENGTH = 0x0C;
    private static final int DATA = 0x10;

    private final Mmio registers;
    private int bar;
    private int offset;
    private int length;

    ConfigWindow(Mmio registers) {
        this.registers = registers;
    }

    void reset() {
        bar = 0;
        offset = 0;
        length = 0;
    }

    int read(int register, int size) {
        int word = register & ~3;
        int value = switch (word) {
            case BAR -> bar;
            case OFFSET -> offset;
            case LENGTH -> length;
            case DATA -> valid() ? (int) registers.readMmio(bar, Integer.toUnsignedLong(offset), length) : 0;
            default -> 0;
        };
        return value >>> 8 * (register & 3);
    }

    void write(int register, int size, int value) {
        int shift = 8 * (register & 3);
        int mask = (size == 4 ? -1 : (1 << 8 * size) - 1) << shift;
        int shifted = value << shift;
        switch (register & ~3) {
            case BAR -> bar = (bar & ~mask | shifted & mask) & 0xFF;
            case OFFSET -> offset = offset & ~mask | shifted & mask;
            case LENGTH -> length = length & ~mask | shifted & mask;
            case DATA -> writeData(value);
            default -> {
                // Nothing is there.
            }
        }
    }

    private void writeData(int value) {
        if (valid()) {
            long mask = (1L << 8 * length) - 1;
            registers.writeMmio(bar, Integer.toUnsignedLong(offset), length, value & mask);
        }
    }

    private boolean valid() {
        return bar == VirtioSpec.REGISTERS_BAR && (length == 1 || length == 2 || length == 4)
                && (offset & length - 1) == 0
                && Integer.toUnsignedLong(offset) <= VirtioSpec.REGISTERS_BYTES - length;
    }

    void save(ModelState.Builder state) {
        state.put("windowBar", bar).put("windowOffset", offset).put("windowLength", length);
    }

    void restore(ModelState state) {
        bar = (int) state.number("windowBar", 0, 0xFF);
        offset = (int) state.number("windowOffset", Integer.MIN_VALUE, Integer.MAX_VALUE);
        length = (int) state.number("windowLength", Integer.MIN_VALUE, Integer.MAX_VALUE);
    }
}
