package org.cupule.hsm;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import org.cupule.hsm.memory.LentMemory;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * The memory of whoever holds a handle of {@link HsmDevice}, as the driver sees that of a process: numbers are
 * addresses, and an address is good or EFAULT.
 *
 * @threading any thread; ioctls of one handle may run at once
 */
@ConsumerType
public interface CallerMemory {
    /**
     * Copies in, as {@code copy_from_user} does.
     *
     * @param address
     *            in the caller's space
     * @param target
     *            filled whole
     * @throws HsmException
     *             EFAULT unless all of it can be read
     */
    void read(long address, MemorySegment target);

    /**
     * Copies out.
     *
     * @throws HsmException
     *             EFAULT unless all of it can be written
     */
    void write(long address, MemorySegment source);

    /**
     * Pins pages that may be written, for long.
     *
     * @param address
     *            a multiple of 4096
     * @param lengthBytes
     *            a positive multiple of 4096
     * @return the pages from {@code address} on; the last one whole, even where a huge page reaches over the length
     * @throws HsmException
     *             EFAULT unless all of it is there and can be written; nothing is pinned then
     */
    LentMemory pin(long address, long lengthBytes);

    /** {@return the mapping of raw frames that an address lies in; usually none} */
    default Optional<FrameMapping> frames(long address) {
        return Optional.empty();
    }

    /**
     * Finds memory of a device by its physical address in the host (the Service VM's).
     *
     * @param hpa
     *            a multiple of 4096
     * @param lengthBytes
     *            a positive multiple of 4096
     * @throws HsmException
     *             EINVAL where there is none, as the hypervisor answers
     */
    default LentMemory device(long hpa, long lengthBytes) {
        throw new HsmException(Errno.EINVAL, "device memory",
                "the host has no 0x%x bytes of device memory at 0x%x".formatted(lengthBytes, hpa));
    }

    /**
     * A range of the caller's addresses that leads to frames which cannot be pinned: the memory of a device, usually.
     *
     * @threading any thread
     */
    @ConsumerType
    interface FrameMapping {
        /** {@return the first address behind the range} */
        long end();

        /**
         * {@return what an address leads to}
         *
         * @throws HsmException
         *             EFAULT or EINVAL when nothing is there
         */
        Frame frame(long address);

        /** Hands out frames that follow each other. */
        LentMemory lend(long address, long lengthBytes);
    }

    /**
     * One frame of a mapping.
     *
     * @param number
     *            its number: frames that follow each other have numbers that do
     * @param writable
     *            whether it may be written
     * @param counted
     *            whether it is a page that the host counts references of, which must not be used without pinning
     * @threading immutable
     */
    record Frame(long number, boolean writable, boolean counted) {
    }
}
