package org.cupule.hsm.impl.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.cupule.hsm.impl.host.PresentHost;
import org.cupule.hsm.memory.LentMemory;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The native memory of one VM: its RAM and its I/O request page, and what others have lent it. The VM owns it and
 * closes it last.
 *
 * @threading any thread
 */
public final class VmArena {
    private static final Logger LOG = LoggerFactory.getLogger(VmArena.class);
    private static final long CLOSE_SECONDS = 1;

    private final Arena arena = Arena.ofShared();
    /** In the order in which they came; the I/O request page is the first. */
    private final Set<LentMemory> lent = new LinkedHashSet<>();
    private final PresentHost host;
    private boolean closed;

    /** Makes an empty one, whose memory comes from a host where there is one. */
    public VmArena(PresentHost host) {
        this.host = host;
    }

    /** {@return where memory and event counters come from} */
    public PresentHost host() {
        return host;
    }

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
            return host.allocate(lengthBytes, arena);
        } catch (OutOfMemoryError exhausted) {
            throw new HsmException(Errno.ENOMEM, "allocate",
                    "the host gives no %d KiB of native memory; use less memory, or raise -XX:MaxDirectMemorySize"
                            .formatted(lengthBytes >> 10),
                    exhausted);
        }
    }

    /** Allocates zeroed memory of huge pages; as {@link PresentHost#allocate(long, long, Arena)}. */
    public MemorySegment allocate(long lengthBytes, long pageBytes) {
        return host.allocate(lengthBytes, pageBytes, arena);
    }

    /** Takes memory of somebody else, to give it back at the end; EINVAL when that has come. */
    public synchronized void keep(LentMemory memory) {
        if (closed) {
            throw new HsmException(Errno.EINVAL, "lend", "the VM is destroyed; create a new one");
        }
        lent.add(memory);
    }

    /** {@return whether anything of it is somebody else's} */
    public synchronized boolean lent() {
        return !lent.isEmpty();
    }

    /** Gives it back before the end. */
    public void giveBack(LentMemory memory) {
        synchronized (this) {
            if (!lent.remove(memory)) {
                return;
            }
        }
        close(memory::close, "memory that was lent to a VM");
    }

    /**
     * Releases all of it: what was lent in the order in which it came, then the VM's own. While native code or an I/O
     * operation of the host still uses a part, closing is refused; that ends soon or is a defect, which is logged.
     */
    public void close() {
        List<LentMemory> others;
        synchronized (this) {
            others = List.copyOf(lent);
            lent.clear();
            closed = true;
        }
        others.forEach(memory -> close(memory::close, "memory that was lent to a destroyed VM"));
        close(arena::close, "the memory of a destroyed VM");
    }

    private static void close(Runnable close, String what) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(CLOSE_SECONDS);
        while (true) {
            try {
                close.run();
                return;
            } catch (IllegalStateException inUse) {
                if (System.nanoTime() - deadline > 0) {
                    LOG.error("{} is still in use and stays allocated", what, inUse);
                    return;
                }
                LockSupport.parkNanos(1_000_000);
            } catch (RuntimeException | Error failure) {
                LOG.error("{} could not be released", what, failure);
                return;
            }
        }
    }
}
