package org.cupule.pci;

import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * One base address register of a function.
 *
 * @param index
 *            0 to 5; a 64-bit one takes the next index too
 * @param kind
 *            which space it decodes
 * @param lengthBytes
 *            a power of two: at least 4 for ports (at most 256), at least 16 for memory
 * @threading immutable
 */
public record BarSpec(int index, Kind kind, long lengthBytes) {
    /**
     * The kinds of base address register.
     *
     * @threading immutable
     */
    public enum Kind {
        /** I/O ports. */
        PORTIO,
        /** Memory below 4 GiB. */
        MEMORY32,
        /** Memory anywhere. */
        MEMORY64,
        /** Memory anywhere, prefetchable. */
        MEMORY64_PREFETCHABLE;

        /** {@return whether two registers are used} */
        public boolean wide() {
            return this == MEMORY64 || this == MEMORY64_PREFETCHABLE;
        }
    }

    /** Refuses what no hardware could have, with EINVAL. */
    public BarSpec {
        long least = kind == Kind.PORTIO ? 4 : 16;
        long most = kind == Kind.PORTIO ? 256 : kind.wide() ? 1L << 40 : 1L << 31;
        if (index < 0 || index > (kind.wide() ? 4 : 5) || Long.bitCount(lengthBytes) != 1 || lengthBytes < least
                || lengthBytes > most) {
            throw new HsmException(Errno.EINVAL, "bar",
                    "BAR %d (%s) of %d bytes: the index goes from 0 to 5 and the length is a power of two from %d to %d"
                            .formatted(index, kind, lengthBytes, least, most));
        }
    }
}
