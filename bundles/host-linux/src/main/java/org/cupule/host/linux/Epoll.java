package org.cupule.host.linux;

import static org.cupule.host.linux.Native.INT;
import static org.cupule.host.linux.Native.POINTER;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * The epoll functions of the C library.
 *
 * <pre>
 *  struct epoll_event     x86-64: 12 bytes, packed     others: 16 bytes
 *     events               +0                           +0
 *     data                 +4                           +8
 * </pre>
 *
 * @threading any thread
 */
final class Epoll {
    static final int IN = 0x1;
    static final int HANG_UP = 0x10;
    static final int PEER_HANG_UP = 0x2000;
    static final int EDGE_TRIGGERED = 1 << 31;
    static final int ADD = 1;
    static final int DELETE = 2;

    private static final boolean PACKED = System.getProperty("os.arch").equals("amd64");
    private static final int DATA = PACKED ? 4 : 8;
    private static final int EVENT_BYTES = PACKED ? 12 : 16;
    private static final int CLOEXEC = 0x80000;

    private static final MethodHandle CREATE = Native.function("epoll_create1", FunctionDescriptor.of(INT, INT));
    private static final MethodHandle CTL = Native.function("epoll_ctl",
            FunctionDescriptor.of(INT, INT, INT, INT, POINTER));
    private static final MethodHandle WAIT = Native.function("epoll_wait",
            FunctionDescriptor.of(INT, INT, POINTER, INT, INT));

    private Epoll() {
        // functions only
    }

    static long create() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment capture = Native.capture(arena);
            return Native.result((int) CREATE.invokeExact(capture, CLOEXEC), capture);
        } catch (Throwable thrown) {
            throw Native.unexpected(thrown);
        }
    }

    static long control(int epoll, int operation, int fd, int events, long data) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment capture = Native.capture(arena);
            MemorySegment event = arena.allocate(EVENT_BYTES, Long.BYTES);
            event.set(ValueLayout.JAVA_INT, 0, events);
            event.set(ValueLayout.JAVA_LONG_UNALIGNED, DATA, data);
            return Native.result((int) CTL.invokeExact(capture, epoll, operation, fd, event), capture);
        } catch (Throwable thrown) {
            throw Native.unexpected(thrown);
        }
    }

    /** {@return room for events} */
    static MemorySegment events(Arena arena, int count) {
        return arena.allocate((long) EVENT_BYTES * count, Long.BYTES);
    }

    /** Waits for events, for ever. @return how many came */
    static long await(int epoll, MemorySegment events) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment capture = Native.capture(arena);
            int count = (int) (events.byteSize() / EVENT_BYTES);
            return Native.result((int) WAIT.invokeExact(capture, epoll, events, count, -1), capture);
        } catch (Throwable thrown) {
            throw Native.unexpected(thrown);
        }
    }

    static long data(MemorySegment events, int index) {
        return events.get(ValueLayout.JAVA_LONG_UNALIGNED, (long) index * EVENT_BYTES + DATA);
    }
}
