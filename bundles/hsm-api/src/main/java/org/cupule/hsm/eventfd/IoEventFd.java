package org.cupule.hsm.eventfd;

import java.util.OptionalLong;
import org.cupule.types.AddressSpace;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.IoRange;

/**
 * Which writes of a guest signal an event counter ({@code hsm.md} 12.2, 12.3).
 *
 * @param space
 *            ports or memory
 * @param address
 *            where the write must begin
 * @param lengthBytes
 *            1, 2, 4 or 8: the longest write that signals
 * @param match
 *            the one value that signals, compared with what is written in 64 bits; empty: any
 * @threading immutable
 */
public record IoEventFd(AddressSpace space, long address, int lengthBytes, OptionalLong match) {
    /** Refuses with EINVAL what reaches over the end of 64 bits, then any other length ({@code HSM-IOEFD-01}). */
    public IoEventFd {
        if (Long.compareUnsigned(address + Integer.toUnsignedLong(lengthBytes), address) < 0) {
            throw new HsmException(Errno.EINVAL, "ioeventfd",
                    "%d bytes at 0x%x reach over the end of the address space".formatted(lengthBytes, address));
        }
        if (lengthBytes <= 0 || lengthBytes > 8 || Integer.bitCount(lengthBytes) != 1) {
            throw new HsmException(Errno.EINVAL, "ioeventfd", lengthBytes + " bytes are not 1, 2, 4 or 8");
        }
    }

    /** {@return any write to a port} */
    public static IoEventFd port(int port, int lengthBytes) {
        return new IoEventFd(AddressSpace.PORTIO, port, lengthBytes, OptionalLong.empty());
    }

    /** {@return any write to guest physical memory} */
    public static IoEventFd mmio(long gpa, int lengthBytes) {
        return new IoEventFd(AddressSpace.MMIO, gpa, lengthBytes, OptionalLong.empty());
    }

    /** {@return the same, for one value only} */
    public IoEventFd matching(long value) {
        return new IoEventFd(space, address, lengthBytes, OptionalLong.of(value));
    }

    /** {@return the range of its addresses} */
    public IoRange range() {
        return new IoRange(space, address, address + lengthBytes - 1);
    }

    /** {@return whether the two could not be told apart for one counter: the length is not compared} */
    public boolean conflicts(IoEventFd other) {
        return space == other.space && address == other.address
                && (match.isEmpty() || other.match.isEmpty() || match.equals(other.match));
    }

    @Override
    public String toString() {
        return "%s 0x%x, %d bytes%s".formatted(space == AddressSpace.PORTIO ? "port" : "mmio", address, lengthBytes,
                match.isEmpty() ? "" : ", 0x%x".formatted(match.getAsLong()));
    }
}
