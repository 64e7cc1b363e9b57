package org.cupule.host.linux;

import static org.cupule.host.linux.Native.INT;
import static org.cupule.host.linux.Native.LONG;
import static org.cupule.host.linux.Native.POINTER;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import org.cupule.host.DeviceFile;
import org.cupule.types.Errno;

/**
 * A device of Linux. Numbers and addresses are given to ioctl(2) as its third, variadic argument; errno is captured by
 * the call, in a segment that the thread keeps.
 *
 * @threading any thread
 */
final class LinuxDeviceFile implements DeviceFile {
    private static final int O_WRONLY = 1;
    private static final int O_RDWR = 2;
    private static final int O_NOCTTY = 0x100;
    private static final int O_CLOEXEC = 0x80000;
    private static final long CLOSED = -Errno.EBADF.number();

    private static final MethodHandle OPEN = Native.function("open", FunctionDescriptor.of(INT, POINTER, INT),
            Native.variadic(2));
    private static final MethodHandle IOCTL = Native.function("ioctl",
            FunctionDescriptor.of(INT, INT, LONG, POINTER), Native.variadic(2));

    private final String path;
    private final LinuxDescriptor descriptor;

    /** Owns a descriptor from now on. */
    LinuxDeviceFile(String path, LinuxDescriptor descriptor) {
        this.path = path;
        this.descriptor = descriptor;
    }

    static DeviceFile open(Path path) {
        String name = path.toString();
        long fd = open(name, O_RDWR);
        if (fd == -Errno.EACCES.number()) {
            long writeOnly = open(name, O_WRONLY);
            fd = writeOnly < 0 ? fd : writeOnly;
        }
        return new LinuxDeviceFile(name,
                new LinuxDescriptor((int) Native.check(fd, "open", name + " cannot be opened")));
    }

    private static long open(String path, int mode) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment capture = Native.capture(arena);
            return Native.result((int) OPEN.invokeExact(capture, arena.allocateFrom(path),
                    mode | O_CLOEXEC | O_NOCTTY), capture);
        } catch (Throwable thrown) {
            throw Native.unexpected(thrown);
        }
    }

    @Override
    public String path() {
        return path;
    }

    /** A number goes to the driver as an address does: in the register of the third argument. */
    @Override
    public long ioctl(int command, long argument) {
        return ioctl(command, argument == 0 ? MemorySegment.NULL : MemorySegment.ofAddress(argument));
    }

    @Override
    public long ioctl(int command, MemorySegment argument) {
        if (!descriptor.tryEnter()) {
            return CLOSED;
        }
        try {
            MemorySegment capture = Native.capture();
            return Native.result(
                    (int) IOCTL.invokeExact(capture, descriptor.fd(), Integer.toUnsignedLong(command), argument),
                    capture);
        } catch (Throwable thrown) {
            throw Native.unexpected(thrown);
        } finally {
            descriptor.leave();
        }
    }

    @Override
    public long write(MemorySegment source) {
        if (!descriptor.tryEnter()) {
            return CLOSED;
        }
        try {
            return Libc.write(descriptor.fd(), source);
        } finally {
            descriptor.leave();
        }
    }

    @Override
    public long poll(int events, int timeoutMillis) {
        if (!descriptor.tryEnter()) {
            return CLOSED;
        }
        try {
            return Libc.poll(descriptor.fd(), (short) events, timeoutMillis);
        } finally {
            descriptor.leave();
        }
    }

    /** {@return a copy of the descriptor, which the caller owns}; EBADF when it is closed */
    LinuxDescriptor duplicate() {
        return descriptor.duplicate();
    }

    @Override
    public void close() {
        descriptor.close();
    }

    @Override
    public String toString() {
        return path;
    }
}
