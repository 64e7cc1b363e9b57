package org.cupule.host.linux;

import static org.cupule.host.linux.Native.INT;
import static org.cupule.host.linux.Native.LONG;
import static org.cupule.host.linux.Native.POINTER;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * The signal that calls a thread back from the kernel, with a handler that does nothing and without SA_RESTART, so that
 * what waits ends with EINTR.
 *
 * <p>
 * It is the first of the real-time signals 44 to 60 that nobody in the process has a handler for. Nobody else is
 * expected there: the C library keeps 32 and 33 to itself, the JDK takes 62 for its own blocking I/O, and the JVM takes
 * none above 31.
 *
 * <pre>
 *  struct sigaction of the C library (64-bit)
 *     +0 handler : 8    +8 mask : 128    +136 flags : 4    +144 restorer : 8 (the library's own business)
 * </pre>
 *
 * <p>
 * Source: Linux manual pages signal(7), sigaction(2), tgkill(2), pthread_sigmask(3).
 *
 * @threading any thread
 */
final class Signals {
    private static final int FIRST = 44;
    private static final int LAST = 60;
    private static final int SIG_UNBLOCK = 1;
    private static final int MASK_BYTES = 128;
    private static final int MASK = 8;
    private static final int FLAGS = 136;
    private static final int ACTION_BYTES = 152;

    private static final MethodHandle SIGACTION = Native.function("sigaction",
            FunctionDescriptor.of(INT, INT, POINTER, POINTER));
    private static final MethodHandle SIGMASK = Native.plain("pthread_sigmask",
            FunctionDescriptor.of(INT, INT, POINTER, POINTER));
    private static final MethodHandle GETTID = Native.plain("gettid", FunctionDescriptor.of(INT));
    private static final MethodHandle TGKILL = Native.function("tgkill", FunctionDescriptor.of(INT, INT, INT, INT));

    private static final int PROCESS = Math.toIntExact(ProcessHandle.current().pid());
    private static final int NUMBER = install();

    private Signals() {
        // functions only
    }

    /** {@return the signal's number} */
    static int number() {
        return NUMBER;
    }

    private static int install() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment capture = Native.capture(arena);
            MemorySegment before = arena.allocate(ACTION_BYTES, Long.BYTES);
            for (int number = FIRST; number <= LAST; number++) {
                long known = Native.result((int) SIGACTION.invokeExact(capture, number, MemorySegment.NULL, before),
                        capture);
                if (known == 0 && before.get(LONG, 0) == 0) {
                    Native.check(Native.result((int) SIGACTION.invokeExact(capture, number, nothing(arena),
                            MemorySegment.NULL), capture), "sigaction", "signal " + number + " takes no handler");
                    return number;
                }
            }
        } catch (Throwable thrown) {
            throw Native.unexpected(thrown);
        }
        throw new HsmException(Errno.EBUSY, "sigaction",
                "all signals from " + FIRST + " to " + LAST + " have handlers; none is left to call threads back");
    }

    /** An action that does nothing and restarts nothing: no flags, an empty mask. */
    private static MemorySegment nothing(Arena arena) {
        MemorySegment action = arena.allocate(ACTION_BYTES, Long.BYTES);
        // SAFETY: a handler is a function of one int whose result nobody reads; abs(3) is one, which computes in
        // registers alone: it reads and writes no memory, calls nothing, and may interrupt anything.
        action.set(POINTER, 0, Native.address("abs"));
        action.asSlice(MASK, MASK_BYTES).fill((byte) 0);
        action.set(INT, FLAGS, 0);
        return action;
    }

    /** Lets the signal reach the calling thread, whatever mask it was born with. */
    static void unblock() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment set = arena.allocate(MASK_BYTES, Long.BYTES);
            set.set(LONG, 0, 1L << NUMBER - 1);
            int ignored = (int) SIGMASK.invokeExact(SIG_UNBLOCK, set, MemorySegment.NULL);
        } catch (Throwable thrown) {
            throw Native.unexpected(thrown);
        }
    }

    /** {@return the number by which the kernel knows the calling thread} */
    static int threadNumber() {
        try {
            return (int) GETTID.invokeExact();
        } catch (Throwable thrown) {
            throw Native.unexpected(thrown);
        }
    }

    /** Sends the signal to a thread of this process; ESRCH, that it is gone, is no matter. */
    static void send(int thread) {
        try (Arena arena = Arena.ofConfined()) {
            int ignored = (int) TGKILL.invokeExact(Native.capture(arena), PROCESS, thread, NUMBER);
        } catch (Throwable thrown) {
            throw Native.unexpected(thrown);
        }
    }
}
