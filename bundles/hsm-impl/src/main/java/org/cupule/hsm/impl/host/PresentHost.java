package org.cupule.hsm.impl.host;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.cupule.host.Descriptor;
import org.cupule.host.EventFd;
import org.cupule.host.Host;
import org.cupule.host.LocalEventFd;
import org.cupule.ram.Ram;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The host that is there now, if one is; and what is done without one. What was made with a host goes on after it has
 * left.
 *
 * @threading any thread
 */
public final class PresentHost {
    /** Less than this is not worth a mapping of its own. */
    private static final long LAZY_FROM_BYTES = 64 << 10;
    private static final Logger LOG = LoggerFactory.getLogger(PresentHost.class);

    private final AtomicReference<@Nullable Host> host = new AtomicReference<>();

    /** Begins without a host. */
    public PresentHost() {
        // A host is set when it comes.
    }

    /** A host has come. */
    public void came(Host now) {
        host.set(now);
    }

    /** A host has gone; nothing happens when another one has come before. */
    public void went(Host before) {
        host.compareAndSet(before, null);
    }

    /** {@return the host, if there is one} */
    public Optional<Host> now() {
        return Optional.ofNullable(host.get());
    }

    /** {@return a new event counter: the host's, which processes can share, else one of this process} */
    public EventFd eventFd() {
        Host present = host.get();
        return present == null ? LocalEventFd.create(0) : present.eventFd(0);
    }

    /**
     * {@return zeroed memory of huge pages}
     *
     * @throws HsmException
     *             EOPNOTSUPP without a host, or when it has no such pages; ENOMEM when so many are not free
     */
    public MemorySegment allocate(long lengthBytes, long pageBytes, Arena arena) {
        Host present = host.get();
        if (present == null) {
            throw new HsmException(Errno.EOPNOTSUPP, "allocate",
                    "there is no host to take pages of " + pageBytes + " bytes from");
        }
        try (Descriptor memory = present.memory("guest-ram", lengthBytes, pageBytes)) {
            return present.map(memory, 0, lengthBytes, arena);
        }
    }

    /**
     * {@return zeroed memory, page-aligned: the host's, which takes pages as they are touched, else the JDK's, which
     * takes all at once}
     */
    public MemorySegment allocate(long lengthBytes, Arena arena) {
        Host present = host.get();
        if (present != null && lengthBytes >= LAZY_FROM_BYTES) {
            try (Descriptor memory = present.memory("guest-ram", lengthBytes)) {
                return present.map(memory, 0, lengthBytes, arena);
            } catch (HsmException refused) {
                LOG.warn("the host gives no {} KiB of shared memory; private memory is taken", lengthBytes >> 10,
                        refused);
            }
        }
        return arena.allocate(lengthBytes, Ram.PAGE_BYTES);
    }
}
