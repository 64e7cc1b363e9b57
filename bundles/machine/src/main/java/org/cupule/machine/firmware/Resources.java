package org.cupule.machine.firmware;

import java.io.ByteArrayOutputStream;
import org.cupule.types.AddressSpace;
import org.cupule.types.IoRange;

/**
 * A list of resources in the making, as _CRS and _PRS give them. Source: ACPI Specification 6.5, section 6.4 ("Resource
 * Data Types for ACPI").
 *
 * @threading confined to its maker
 */
final class Resources {
    private static final int MEMORY = 0;
    private static final int PORTS = 1;
    private static final int BUSES = 2;
    private static final int CONSUMED_LEVEL_HIGH_SHARED = 0b1001;
    private static final int CONSUMED_EDGE_HIGH = 0b0011;
    private static final int ISA_LINES = 16;
    private static final int SIXTEEN_BITS_DECODED = 1;
    /** As many as the descriptor of a fixed place can say. */
    private static final int MOST_PORTS = 255;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    /** Ports or memory that the device itself has. */
    Resources fixed(IoRange range) {
        long length = range.last() - range.first() + 1;
        if (range.space() == AddressSpace.PORTIO) {
            return length <= MOST_PORTS
                    ? put(0x47, 1).put(SIXTEEN_BITS_DECODED, 1).put(range.first(), 2).put(range.first(), 2).put(1, 1)
                            .put(length, 1)
                    : window(0x88, 2, PORTS, 0x0D, 3, range.first(), range.last());
        }
        if (range.last() >>> 32 == 0) {
            return put(0x86, 1).put(9, 2).put(1, 1).put(range.first(), 4).put(length, 4);
        }
        return window(0x8A, 8, MEMORY, 0x0D, 1, range.first(), range.last());
    }

    /** An interrupt of the device, active high: an edge below 16, as on an ISA bus. */
    Resources interrupt(int gsi) {
        return gsi < ISA_LINES
                ? put(0x22, 1).put(1 << gsi, 2)
                : put(0x89, 1).put(6, 2).put(CONSUMED_EDGE_HIGH, 1).put(1, 1).put(gsi, 4);
    }

    /** An interrupt that several devices share, active high and level-triggered. */
    Resources sharedInterrupt(int gsi) {
        return put(0x89, 1).put(6, 2).put(CONSUMED_LEVEL_HIGH_SHARED, 1).put(1, 1).put(gsi, 4);
    }

    /** Bus numbers behind a host bridge. */
    Resources buses(int first, int last) {
        return window(0x88, 2, BUSES, 0x0C, 0, first, last);
    }

    /** What a host bridge passes on. */
    Resources passed(IoRange range) {
        if (range.space() == AddressSpace.PORTIO) {
            return window(0x88, 2, PORTS, 0x0C, 3, range.first(), range.last());
        }
        return range.last() >>> 32 == 0
                ? window(0x87, 4, MEMORY, 0x0C, 1, range.first(), range.last())
                : window(0x8A, 8, MEMORY, 0x0C, 1, range.first(), range.last());
    }

    /**
     * An address space descriptor: fixed at both ends.
     *
     * <pre>
     *  tag | length 2 | type | flags | type's flags | granularity | first | last | translation | length
     * </pre>
     */
    private Resources window(int tag, int width, int type, int flags, int typeFlags, long first, long last) {
        return put(tag, 1).put(3 + 5 * width, 2).put(type, 1).put(flags, 1).put(typeFlags, 1).put(0, width)
                .put(first, width).put(last, width).put(0, width).put(last - first + 1, width);
    }

    private Resources put(long value, int lengthBytes) {
        bytes.writeBytes(Aml.little(value, lengthBytes));
        return this;
    }

    /** {@return the list as a buffer} A checksum of 0 counts as right. */
    byte[] buffer() {
        return Aml.buffer(Aml.join(bytes.toByteArray(), new byte[]{0x79, 0}));
    }
}
