package org.cupule.hv.sim.passthrough;

import java.util.List;
import org.cupule.pci.PciFunctionSpec;
import org.cupule.types.Bdf;

/**
 * A PCI Express root port (8086:9D14): a bridge with nothing behind it, which functions that want one find above them.
 *
 * <pre>
 *  10  base address registers 0, 1: none
 *  18 | latency | subordinate | secondary | primary |        written by the guest
 *  1C | secondary status (0) | I/O limit | I/O base |         written: bits 15:12 and 7:4
 *  20 |   memory limit   |   memory base   |                  written: bits 31:20 and 15:4
 *  24 | prefetch. limit  |  prefetch. base |                  the same; 28 and 2C their upper halves
 *  34  capabilities: 40, PCI Express, version 2, root port
 *  3C | bridge control | pin | line |
 * </pre>
 *
 * <p>
 * Source: PCI-to-PCI Bridge Architecture Specification 1.2, section 3.2; PCI Express Base Specification, section 7.5.3.
 *
 * @threading any thread: its monitor
 */
final class RootPort extends Function {
    static final int VENDOR = 0x8086;
    static final int DEVICE = 0x9D14;

    private static final int BRIDGE_CLASS = 0x06_0400;
    private static final int HEADER_TYPE_ONE = 1 << 16;
    private static final int EXPRESS_CAPABILITY = 0x0042_0010;
    /** Words of configuration space that are not those of a type 0 function: value, and which bits the guest writes. */
    private static final int[][] WORDS = {{0x0C, HEADER_TYPE_ONE, 0x0000_00FF}, {0x10, 0, 0}, {0x14, 0, 0},
            {0x18, 0, 0x00FF_FFFF}, {0x1C, 0, 0x0000_F0F0}, {0x20, 0, 0xFFF0_FFF0}, {0x24, 0x0001_0001, 0xFFF0_FFF0},
            {0x28, 0, -1}, {0x2C, 0, -1}, {0x30, 0, 0}, {0x34, 0x40, 0}, {0x38, 0, 0},
            {0x3C, 0, 0x0000_00FF | 0x7F << 16},
            {0x40, EXPRESS_CAPABILITY, 0}};
    private static final int COMMAND = 0x04;
    private static final int STATUS_CAPABILITIES = 1 << 20;

    private final int[] shown = new int[64];
    private final int[] writable = new int[64];
    private final boolean[] own = new boolean[64];

    RootPort(Bdf guest) {
        super(guest, new PciFunctionSpec(VENDOR, DEVICE, BRIDGE_CLASS, 0, 0, 0, List.of(), 0, 0, List.of()));
        reset();
    }

    @Override
    synchronized int readConfig(int register, int size, int fromBus) {
        int word = register >> 2;
        int shift = 8 * (register & 3);
        if (word < own.length && own[word]) {
            return size == 4 ? shown[word] : shown[word] >>> shift & (1 << 8 * size) - 1;
        }
        int more = word == COMMAND >> 2 ? STATUS_CAPABILITIES >>> shift : 0;
        return fromBus | (size == 4 ? more : more & (1 << 8 * size) - 1);
    }

    @Override
    synchronized void wroteConfig(int register, int size, int value) {
        int word = register >> 2;
        if (word < own.length && own[word]) {
            int shift = 8 * (register & 3);
            int mask = (size == 4 ? -1 : (1 << 8 * size) - 1) << shift & writable[word];
            shown[word] = shown[word] & ~mask | value << shift & mask;
        }
    }

    @Override
    public long read(int region, long offset, int size) {
        return -1;
    }

    @Override
    public void write(int region, long offset, int size, long value) {
        // there is no region
    }

    @Override
    synchronized void reset() {
        for (int[] word : WORDS) {
            shown[word[0] >> 2] = word[1];
            writable[word[0] >> 2] = word[2];
            own[word[0] >> 2] = true;
        }
    }

    @Override
    void close() {
        // nothing is held
    }
}
