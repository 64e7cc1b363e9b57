package org.cupule.hsm.impl.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.cupule.ram.Ram;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The native memory of one VM: its RAM and its I/O request page. The VM owns it and closes it last.
 *
 * @threading any thread
 */
public final class VmArena {
    private static final Logger LOG = LoggerFactory.getLogger(VmArena.class);
    private static final long CLOSE_SECONDS = 1;

    private final Arena arena = Arena.ofShared();

    /**
     * Allocates zeroed pages.
     *
     * @param lengthBytes
     *            a positive multiple of 4096
     * @throws HsmException
     *             ENOMEM when the host has not so much
     */
    public MemorySegment allocate(long lengthBytes) {
        try {
            return arena.allocate(lengthBytes, Ram.PAGE_BYTES);
        } catch (OutOfMemoryError exhausted) {
            throw new HsmException(Errno.ENOMEM, "allocate",
                    "the host gives no %d KiB of native memory; use less memory, or raise -XX:MaxDirectMemorySize"
                            .formatted(lengthBytes >> 10),
                    exhausted);
        }
    }

    /**
     * Releases all of it. While native code or an I/O operation of the host still uses a part, closing is refused; that
     * ends soon or is a defect, which is logged.
     */
    public void close() {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(CLOSE_SECONDS);
        while (true) {
            try {
                arena.close();
                return;
            } catch (IllegalStateException inUse) {
                if (System.nanoTime() - deadline > 0) {
                    LOG.error("the memory of a destroyed VM is still in use and stays allocated", inUse);
                    return;
                }
                LockSupport.parkNanos(1_000_000);
            }
        }
    }
}
