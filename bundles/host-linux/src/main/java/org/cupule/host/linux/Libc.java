package org.cupule.host.linux;

import static org.cupule.host.linux.Native.INT;
import static org.cupule.host.linux.Native.LONG;
import static org.cupule.host.linux.Native.POINTER;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Descriptors and memory of the C library. Results are the manual page's; failures are the negative errno.
 *
 * @threading any thread
 */
final class Libc {
    static final int F_DUPFD_CLOEXEC = 1030;
    static final int F_ADD_SEALS = 1033;
    static final int F_GET_SEALS = 1034;
    static final int F_SEAL_SHRINK = 0x2;
    static final int MFD_CLOEXEC = 0x1;
    static final int MFD_ALLOW_SEALING = 0x2;
    static final int MFD_HUGETLB = 0x4;
    static final int MFD_HUGE_SHIFT = 26;
    static final int SEEK_END = 2;
    static final int PROT_READ_WRITE = 0x3;
    static final int MAP_SHARED = 0x1;
    static final int MAP_NORESERVE = 0x4000;
    static final int EFD_CLOEXEC = 0x80000;
    static final int EFD_NONBLOCK = 0x800;
    static final short POLLIN = 1;
    static final short POLLOUT = 4;

    private static final int RWF_NOWAIT = 8;
    private static final int POLLFD_BYTES = 8;
    private static final int POLLFD_EVENTS = 4;
    private static final int POLLFD_REVENTS = 6;

    private static final MethodHandle CLOSE = Native.function("close", FunctionDescriptor.of(INT, INT));
    private static final MethodHandle FCNTL = Native.function("fcntl", FunctionDescriptor.of(INT, INT, INT, INT),
            Native.variadic(2));
    private static final MethodHandle MEMFD_CREATE = Native.function("memfd_create",
            FunctionDescriptor.of(INT, POINTER, INT));
    private static final MethodHandle FTRUNCATE = Native.function("ftruncate", FunctionDescriptor.of(INT, INT, LONG));
    private static final MethodHandle FALLOCATE = Native.function("fallocate",
            FunctionDescriptor.of(INT, INT, INT, LONG, LONG));
    private static final MethodHandle LSEEK = Native.function("lseek", FunctionDescriptor.of(LONG, INT, LONG, INT));
    private static final MethodHandle MMAP = Native.function("mmap",
            FunctionDescriptor.of(LONG, LONG, LONG, INT, INT, INT, LONG));
    private static final MethodHandle MUNMAP = Native.function("munmap", FunctionDescriptor.of(INT, LONG, LONG));
    private static final MethodHandle EVENTFD = Native.function("eventfd", FunctionDescriptor.of(INT, INT, INT));
    private static final MethodHandle READ = Native.function("read", FunctionDescriptor.of(LONG, INT, POINTER, LONG));
    private static final MethodHandle PREADV2 = Native.function("preadv2",
            FunctionDescriptor.of(LONG, INT, POINTER, INT, LONG, INT));
    private static final MethodHandle WRITE = Native.function("write", FunctionDescriptor.of(LONG, INT, POINTER, LONG));
    private static final MethodHandle QUIET_WRITE = Native.plain("write",
            FunctionDescriptor.of(LONG, INT, POINTER, LONG));
    private static final MethodHandle POLL = Native.function("poll", FunctionDescriptor.of(INT, POINTER, LONG, INT));

    private Libc() {
        // functions only
    }

    /** Calls the C library once; fails where that is not possible. */
    static void probe() {
        long fd = Native.check(eventfd(0, EFD_CLOEXEC), "probe", "there is no eventfd");
        Native.check(close((int) fd), "probe", "a descriptor cannot be closed");
    }

    static long close(int fd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment capture = Native.capture(arena);
            return Native.result((int) CLOSE.invokeExact(capture, fd), capture);
        } catch (Throwable thrown) {
            throw Native.unexpected(thrown);
        }
    }

    static long fcntl(int fd, int command, int argument) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment capture = Native.capture(arena);
            return Native.result((int) FCNTL.invokeExact(capture, fd, command, argument), capture);
        } catch (Throwable thrown) {
            throw Native.unexpected(thrown);
        }
    }

    static long memfdCreate(String name, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment capture = Native.capture(arena);
            return Native.result((int) MEMFD_CREATE.invokeExact(capture, arena.allocateFrom(name), flags), capture);
        } catch (Throwable thrown) {
            throw Native.unexpected(thrown);
        }
    }

    static long ftruncate(int fd, long lengthBytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment capture = Native.capture(arena);
            return Native.result((int) FTRUNCATE.invokeExact(capture, fd, lengthBytes), capture);
        } catch (Throwable thrown) {
            throw Native.unexpected(thrown);
        }
    }

    /** Gives a file its pages now. */
    static long fallocate(int fd, long lengthBytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment capture = Native.capture(arena);
            return Native.result((int) FALLOCATE.invokeExact(capture, fd, 0, 0L, lengthBytes), capture);
        } catch (Throwable thrown) {
            throw Native.unexpected(thrown);
        }
    }

    static long lseek(int fd, long offset, int whence) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment capture = Native.capture(arena);
            return Native.result((long) LSEEK.invokeExact(capture, fd, offset, whence), capture);
        } catch (Throwable thrown) {
            throw Native.unexpected(thrown);
        }
    }

    /** {@return the address, wherever the system likes it, or the negative errno} */
    static long mmap(long lengthBytes, int protection, int flags, int fd, long offset) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment capture = Native.capture(arena);
            return Native.result(
                    (long) MMAP.invokeExact(capture, 0L, lengthBytes, protection, flags, fd, offset), capture);
        } catch (Throwable thrown) {
            throw Native.unexpected(thrown);
        }
    }

    static long munmap(long address, long lengthBytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment capture = Native.capture(arena);
            return Native.result((int) MUNMAP.invokeExact(capture, address, lengthBytes), capture);
        } catch (Throwable thrown) {
            throw Native.unexpected(thrown);
        }
    }

    static long eventfd(int initial, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment capture = Native.capture(arena);
            return Native.result((int) EVENTFD.invokeExact(capture, initial, flags), capture);
        } catch (Throwable thrown) {
            throw Native.unexpected(thrown);
        }
    }

    /** Reads as many bytes as a segment has. */
    static long read(int fd, MemorySegment target) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment capture = Native.capture(arena);
            return Native.result((long) READ.invokeExact(capture, fd, target, target.byteSize()), capture);
        } catch (Throwable thrown) {
            throw Native.unexpected(thrown);
        }
    }

    /** Reads into a segment; EAGAIN where that would wait, EOPNOTSUPP where the kernel cannot tell. */
    static long readWithoutWaiting(int fd, MemorySegment target) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment capture = Native.capture(arena);
            MemorySegment vector = arena.allocate(2L * Long.BYTES, Long.BYTES);
            vector.set(POINTER, 0, target);
            vector.set(LONG, Long.BYTES, target.byteSize());
            return Native.result((long) PREADV2.invokeExact(capture, fd, vector, 1, -1L, RWF_NOWAIT), capture);
        } catch (Throwable thrown) {
            throw Native.unexpected(thrown);
        }
    }

    static long write(int fd, MemorySegment source) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment capture = Native.capture(arena);
            return Native.result((long) WRITE.invokeExact(capture, fd, source, source.byteSize()), capture);
        } catch (Throwable thrown) {
            throw Native.unexpected(thrown);
        }
    }

    /** Writes, whatever comes of it; allocates nothing. */
    static void quietWrite(int fd, MemorySegment source) {
        try {
            long ignored = (long) QUIET_WRITE.invokeExact(fd, source, source.byteSize());
        } catch (Throwable thrown) {
            throw Native.unexpected(thrown);
        }
    }

    /** {@return which of the events hold for a descriptor now; 0 for none} */
    static long poll(int fd, short events) {
        return poll(fd, events, 0);
    }

    /** {@return which of the events hold, when one does or the time has passed; 0 for none} */
    static long poll(int fd, short events, int timeoutMillis) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment capture = Native.capture(arena);
            MemorySegment pollfd = arena.allocate(POLLFD_BYTES, Integer.BYTES);
            pollfd.set(java.lang.foreign.ValueLayout.JAVA_INT, 0, fd);
            pollfd.set(java.lang.foreign.ValueLayout.JAVA_SHORT, POLLFD_EVENTS, events);
            long result = Native.result((int) POLL.invokeExact(capture, pollfd, 1L, timeoutMillis), capture);
            return result <= 0
                    ? result
                    : pollfd.get(java.lang.foreign.ValueLayout.JAVA_SHORT, POLLFD_REVENTS) & 0xFFFF;
        } catch (Throwable thrown) {
            throw Native.unexpected(thrown);
        }
    }
}
