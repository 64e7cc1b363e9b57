package org.cupule.types;

/**
 * A range of ports or guest physical addresses, inclusive at both ends, compared unsigned.
 *
 * @param space
 *            the space it lies in
 * @param first
 *            first address
 * @param last
 *            last address, not below {@code first}
 * @threading immutable
 */
public record IoRange(AddressSpace space, long first, long last) {
    /** Refuses a range whose end lies before its start with EINVAL ({@code HSM-RNG-01}). */
    public IoRange {
        if (Long.compareUnsigned(last, first) < 0) {
            throw new HsmException(Errno.EINVAL, "range",
                    "%s range ends at 0x%x, before its start 0x%x".formatted(space, last, first));
        }
    }

    /** {@return a range of ports} */
    public static IoRange ports(int first, int count) {
        return new IoRange(AddressSpace.PORTIO, first, first + count - 1L);
    }

    /** {@return a range of guest physical memory} */
    public static IoRange mmio(long first, long lengthBytes) {
        return new IoRange(AddressSpace.MMIO, first, first + lengthBytes - 1);
    }

    /** {@return whether the whole access lies inside} */
    public boolean contains(long address, long size) {
        long end = address + size - 1;
        return Long.compareUnsigned(address, first) >= 0 && Long.compareUnsigned(end, last) <= 0
                && Long.compareUnsigned(end, address) >= 0;
    }

    /** {@return whether the two share an address} */
    public boolean overlaps(IoRange other) {
        return space == other.space && Long.compareUnsigned(first, other.last) <= 0
                && Long.compareUnsigned(other.first, last) <= 0;
    }

    @Override
    public String toString() {
        return "%s 0x%x-0x%x".formatted(space, first, last);
    }
}
