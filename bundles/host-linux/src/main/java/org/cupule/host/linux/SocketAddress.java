package org.cupule.host.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.cupule.host.SocketType;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * Where a local socket is: {@code struct sockaddr_un}, +0 family:2 +2 path:108, which ends with a zero.
 *
 * @threading any thread
 */
final class SocketAddress {
    private static final int PATH = 2;
    private static final int PATH_BYTES = 108;

    private SocketAddress() {
        // functions only
    }

    static MemorySegment of(Arena arena, Path path) {
        byte[] name = path.toString().getBytes(StandardCharsets.UTF_8);
        if (name.length == 0 || name.length >= PATH_BYTES) {
            throw new HsmException(Errno.ENAMETOOLONG, "socket",
                    "the path of a local socket has 1 to 107 bytes; '" + path + "' has " + name.length);
        }
        MemorySegment address = arena.allocate(PATH + PATH_BYTES, Short.BYTES);
        address.set(ValueLayout.JAVA_SHORT, 0, (short) Sockets.AF_UNIX);
        MemorySegment.copy(name, 0, address, ValueLayout.JAVA_BYTE, PATH, name.length);
        return address;
    }

    static LinuxDescriptor socket(SocketType type) {
        int number = switch (type) {
            case STREAM -> Sockets.SOCK_STREAM;
            case PACKETS -> Sockets.SOCK_SEQPACKET;
        };
        return new LinuxDescriptor((int) Native.check(Sockets.socket(number), "socket", "there is no socket to have"));
    }
}
