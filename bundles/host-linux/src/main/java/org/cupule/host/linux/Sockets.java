package org.cupule.host.linux;

import static org.cupule.host.linux.Native.INT;
import static org.cupule.host.linux.Native.LONG;
import static org.cupule.host.linux.Native.POINTER;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The socket functions of the C library. Results are the manual page's; failures are the negative errno.
 *
 * @threading any thread
 */
final class Sockets {
    static final int AF_UNIX = 1;
    static final int SOCK_STREAM = 1;
    static final int SOCK_SEQPACKET = 5;
    static final int SOCK_CLOEXEC = 0x80000;
    static final int SHUT_RDWR = 2;
    static final int MSG_NOSIGNAL = 0x4000;
    static final int MSG_CMSG_CLOEXEC = 0x40000000;
    private static final int SOL_SOCKET = 1;
    private static final int SO_PEERCRED = 17;

    private static final MethodHandle SOCKET = Native.function("socket", FunctionDescriptor.of(INT, INT, INT, INT));
    private static final MethodHandle BIND = Native.function("bind", FunctionDescriptor.of(INT, INT, POINTER, INT));
    private static final MethodHandle CONNECT = Native.function("connect",
            FunctionDescriptor.of(INT, INT, POINTER, INT));
    private static final MethodHandle LISTEN = Native.function("listen", FunctionDescriptor.of(INT, INT, INT));
    private static final MethodHandle ACCEPT4 = Native.function("accept4",
            FunctionDescriptor.of(INT, INT, POINTER, POINTER, INT));
    private static final MethodHandle GETSOCKOPT = Native.function("getsockopt",
            FunctionDescriptor.of(INT, INT, INT, INT, POINTER, POINTER));
    private static final MethodHandle SENDMSG = Native.function("sendmsg",
            FunctionDescriptor.of(LONG, INT, POINTER, INT));
    private static final MethodHandle RECVMSG = Native.function("recvmsg",
            FunctionDescriptor.of(LONG, INT, POINTER, INT));
    private static final MethodHandle SHUTDOWN = Native.function("shutdown", FunctionDescriptor.of(INT, INT, INT));
    private static final MethodHandle FCHMOD = Native.function("fchmod", FunctionDescriptor.of(INT, INT, INT));

    private Sockets() {
        // functions only
    }

    static long socket(int type) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment capture = Native.capture(arena);
            return Native.result((int) SOCKET.invokeExact(capture, AF_UNIX, type | SOCK_CLOEXEC, 0), capture);
        } catch (Throwable thrown) {
            throw Native.unexpected(thrown);
        }
    }

    static long bind(int fd, MemorySegment address) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment capture = Native.capture(arena);
            return Native.result((int) BIND.invokeExact(capture, fd, address, (int) address.byteSize()), capture);
        } catch (Throwable thrown) {
            throw Native.unexpected(thrown);
        }
    }

    static long connect(int fd, MemorySegment address) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment capture = Native.capture(arena);
            return Native.result((int) CONNECT.invokeExact(capture, fd, address, (int) address.byteSize()), capture);
        } catch (Throwable thrown) {
            throw Native.unexpected(thrown);
        }
    }

    static long listen(int fd, int backlog) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment capture = Native.capture(arena);
            return Native.result((int) LISTEN.invokeExact(capture, fd, backlog), capture);
        } catch (Throwable thrown) {
            throw Native.unexpected(thrown);
        }
    }

    static long accept(int fd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment capture = Native.capture(arena);
            return Native.result((int) ACCEPT4.invokeExact(capture, fd, MemorySegment.NULL, MemorySegment.NULL,
                    SOCK_CLOEXEC), capture);
        } catch (Throwable thrown) {
            throw Native.unexpected(thrown);
        }
    }

    /** Fills in {@code struct ucred}: pid, uid, gid, 4 bytes each. */
    static long peerCredentials(int fd, MemorySegment ucred) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment capture = Native.capture(arena);
            MemorySegment length = arena.allocateFrom(INT, (int) ucred.byteSize());
            return Native.result((int) GETSOCKOPT.invokeExact(capture, fd, SOL_SOCKET, SO_PEERCRED, ucred, length),
                    capture);
        } catch (Throwable thrown) {
            throw Native.unexpected(thrown);
        }
    }

    static long sendmsg(int fd, MemorySegment header) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment capture = Native.capture(arena);
            return Native.result((long) SENDMSG.invokeExact(capture, fd, header, MSG_NOSIGNAL), capture);
        } catch (Throwable thrown) {
            throw Native.unexpected(thrown);
        }
    }

    static long recvmsg(int fd, MemorySegment header) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment capture = Native.capture(arena);
            return Native.result((long) RECVMSG.invokeExact(capture, fd, header, MSG_CMSG_CLOEXEC), capture);
        } catch (Throwable thrown) {
            throw Native.unexpected(thrown);
        }
    }

    static long shutdown(int fd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment capture = Native.capture(arena);
            return Native.result((int) SHUTDOWN.invokeExact(capture, fd, SHUT_RDWR), capture);
        } catch (Throwable thrown) {
            throw Native.unexpected(thrown);
        }
    }

    static long fchmod(int fd, int mode) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment capture = Native.capture(arena);
            return Native.result((int) FCHMOD.invokeExact(capture, fd, mode), capture);
        } catch (Throwable thrown) {
            throw Native.unexpected(thrown);
        }
    }
}
