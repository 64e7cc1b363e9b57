package org.cupule.host;

import java.util.HashMap;
import java.util.Map;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * A table of descriptors in memory: numbers are given from 3 on, the lowest free one first, as a process does it. It
 * owns what is put in.
 *
 * @threading any thread
 */
public final class OpenDescriptors implements DescriptorTable, AutoCloseable {
    private static final int FIRST = 3;

    private final Map<Integer, AutoCloseable> open = new HashMap<>();

    /** Makes an empty table. */
    public OpenDescriptors() {
        // Numbers are given one by one.
    }

    /** Puts something in: an {@link EventFd}, or anything else that a number may stand for. @return its number */
    public synchronized int open(AutoCloseable thing) {
        int number = FIRST;
        while (open.containsKey(number)) {
            number++;
        }
        open.put(number, thing);
        return number;
    }

    /** Puts something in under a number of the caller's choice; what had it is closed first. */
    public void open(int number, AutoCloseable thing) {
        AutoCloseable before;
        synchronized (this) {
            before = open.put(number, thing);
        }
        if (before != null) {
            end(number, before);
        }
    }

    @Override
    public synchronized EventFd eventFd(int number) {
        return switch (open.get(number)) {
            case null -> throw new HsmException(Errno.EBADF, "eventfd", "there is no open descriptor " + number);
            case EventFd eventFd -> eventFd.duplicate();
            default -> throw new HsmException(Errno.EINVAL, "eventfd", "descriptor " + number + " is not an eventfd");
        };
    }

    /** Closes one. EBADF when there is none. */
    public void close(int number) {
        AutoCloseable thing;
        synchronized (this) {
            thing = open.remove(number);
        }
        if (thing == null) {
            throw new HsmException(Errno.EBADF, "close", "there is no open descriptor " + number);
        }
        end(number, thing);
    }

    /** Closes all, as the end of a process does. */
    @Override
    public void close() {
        Map<Integer, AutoCloseable> all;
        synchronized (this) {
            all = Map.copyOf(open);
            open.clear();
        }
        all.forEach(OpenDescriptors::end);
    }

    private static void end(int number, AutoCloseable thing) {
        try {
            thing.close();
        } catch (Exception failure) {
            throw new HsmException(Errno.EIO, "close", "descriptor " + number + " could not be closed", failure);
        }
    }
}
