package org.cupule.host.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.cupule.host.Descriptor;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An open descriptor. Its number is given to the system only between {@link #enter} and {@link #leave}; the last to
 * leave after {@link #close} closes it. So no call can reach a descriptor that got the number later.
 *
 * <pre>
 *   state:   31       30 .. 0
 *           closed  calls inside
 * </pre>
 *
 * @threading any thread
 */
final class LinuxDescriptor implements Descriptor {
    private static final Logger LOG = LoggerFactory.getLogger(LinuxDescriptor.class);
    private static final int CLOSED = 1 << 31;

    private final int fd;
    private final AtomicInteger state = new AtomicInteger();

    /** Owns a descriptor from now on. */
    LinuxDescriptor(int fd) {
        this.fd = fd;
    }

    /** {@return the number, which stays this descriptor's until {@link #leave}}; EBADF when it is closed */
    int enter(String operation) {
        if (!tryEnter()) {
            throw new HsmException(Errno.EBADF, operation, "descriptor " + fd + " is closed");
        }
        return fd;
    }

    /** Enters, unless it is closed. @return whether {@link #leave} must be called */
    boolean tryEnter() {
        int now = state.get();
        while (now >= 0) {
            if (state.compareAndSet(now, now + 1)) {
                return true;
            }
            now = state.get();
        }
        return false;
    }

    /** {@return the number of one that this thread has entered} */
    int fd() {
        return fd;
    }

    void leave() {
        if (state.decrementAndGet() == CLOSED) {
            end();
        }
    }

    boolean closed() {
        return state.get() < 0;
    }

    @Override
    public int number() {
        if (closed()) {
            throw new HsmException(Errno.EBADF, "number", "descriptor " + fd + " is closed");
        }
        return fd;
    }

    @Override
    public String target() {
        int number = enter("target");
        try {
            return target(number);
        } finally {
            leave();
        }
    }

    /** {@return what a number refers to}; EBADF when it is not open */
    static String target(int number) {
        try {
            return Files.readSymbolicLink(Path.of("/proc/self/fd/" + number)).toString();
        } catch (IOException missing) {
            throw new HsmException(Errno.EBADF, "descriptor", "there is no open descriptor " + number, missing);
        }
    }

    @Override
    public LinuxDescriptor duplicate() {
        return duplicateAbove(0);
    }

    /** {@return a copy with this number or a greater one} */
    LinuxDescriptor duplicateAbove(int least) {
        int number = enter("duplicate");
        try {
            return duplicate(number, least);
        } finally {
            leave();
        }
    }

    /** {@return a copy of the descriptor with a number, which others own} */
    static LinuxDescriptor duplicate(int number) {
        return duplicate(number, 0);
    }

    private static LinuxDescriptor duplicate(int number, int least) {
        return new LinuxDescriptor((int) Native.check(Libc.fcntl(number, Libc.F_DUPFD_CLOEXEC, least), "duplicate",
                "descriptor " + number + " could not be duplicated"));
    }

    @Override
    public void close() {
        int before = state.getAndUpdate(now -> now | CLOSED);
        if (before == 0) {
            end();
        }
    }

    private void end() {
        long result = Libc.close(fd);
        if (result < 0) {
            LOG.error("descriptor {} was closed by somebody else (errno {})", fd, -result);
        }
    }
}
