package org.cupule.host.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.cupule.host.Descriptor;
import org.cupule.host.PeerCredentials;
import org.cupule.host.SocketType;
import org.cupule.host.UnixConnection;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * A connected local socket.
 *
 * @threading any thread; one at a time sends, one at a time receives
 */
final class LinuxConnection implements UnixConnection {
    private static final int ECONNRESET = 104;
    private static final int UCRED_BYTES = 12;

    private final LinuxDescriptor socket;
    private final PeerCredentials peer;
    private final Poller poller;

    /** Takes a connected socket over, and closes it when that fails. */
    LinuxConnection(LinuxDescriptor socket, Poller poller) {
        this.socket = socket;
        this.poller = poller;
        try {
            this.peer = peer(socket);
        } catch (RuntimeException | Error failure) {
            socket.close();
            throw failure;
        }
    }

    static LinuxConnection connect(Path path, SocketType type, Poller poller) {
        LinuxDescriptor socket = SocketAddress.socket(type);
        try (Arena arena = Arena.ofConfined()) {
            Native.check(Sockets.connect(socket.fd(), SocketAddress.of(arena, path)), "connect",
                    "nobody answers at '" + path + "'");
        } catch (RuntimeException | Error failure) {
            socket.close();
            throw failure;
        }
        return new LinuxConnection(socket, poller);
    }

    private static PeerCredentials peer(LinuxDescriptor socket) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment ucred = arena.allocate(UCRED_BYTES, Integer.BYTES);
            Native.check(Sockets.peerCredentials(socket.fd(), ucred), "accept", "the peer has no credentials");
            return new PeerCredentials(ucred.get(Native.INT, 0), ucred.get(Native.INT, 4), ucred.get(Native.INT, 8));
        }
    }

    @Override
    public PeerCredentials peer() {
        return peer;
    }

    @Override
    public void send(byte[] bytes, List<Descriptor> descriptors) {
        if (descriptors.size() > MAX_DESCRIPTORS || bytes.length == 0) {
            throw new HsmException(Errno.EINVAL, "send",
                    "%d descriptors with %d bytes are not up to %d with one or more"
                            .formatted(descriptors.size(), bytes.length, MAX_DESCRIPTORS));
        }
        List<LinuxDescriptor> inside = new java.util.ArrayList<>();
        int fd = socket.enter("send");
        try (Arena arena = Arena.ofConfined()) {
            send(fd, arena, arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes), numbers(descriptors, inside));
        } finally {
            inside.forEach(LinuxDescriptor::leave);
            socket.leave();
        }
    }

    private static int[] numbers(List<Descriptor> descriptors, List<LinuxDescriptor> inside) {
        int[] numbers = new int[descriptors.size()];
        for (int i = 0; i < numbers.length; i++) {
            if (!(descriptors.get(i) instanceof LinuxDescriptor own)) {
                throw new HsmException(Errno.EBADF, "send", "descriptor " + i + " was not made by this host");
            }
            numbers[i] = own.enter("send");
            inside.add(own);
        }
        return numbers;
    }

    private static void send(int fd, Arena arena, MemorySegment bytes, int[] numbers) {
        long sent = 0;
        int[] left = numbers;
        while (sent < bytes.byteSize()) {
            long result = Sockets.sendmsg(fd, Message.outgoing(arena, bytes.asSlice(sent), left).header());
            if (!Native.interrupted(result)) {
                sent += Native.check(result, "send", "the bytes could not be sent");
                left = new int[0]; // they go with the first byte
            }
        }
    }

    @Override
    public Received receive(int maxBytes) {
        if (maxBytes < 1) {
            throw new HsmException(Errno.EINVAL, "receive", "there is no room for " + maxBytes + " bytes");
        }
        if (!socket.tryEnter()) {
            return new Received(new byte[0], List.of());
        }
        try (Arena arena = Arena.ofConfined()) {
            Message message = Message.incoming(arena, maxBytes);
            long result;
            do {
                result = Sockets.recvmsg(socket.fd(), message.header());
            } while (Native.interrupted(result));
            return result == -ECONNRESET ? new Received(new byte[0], List.of()) : received(message, result);
        } finally {
            socket.leave();
        }
    }

    private static Received received(Message message, long result) {
        Native.check(result, "receive", "nothing could be received");
        List<Descriptor> descriptors = message.descriptors();
        if (message.truncated() || result == 0 || descriptors.size() > MAX_DESCRIPTORS) {
            descriptors.forEach(Descriptor::close);
            if (result == 0) {
                return new Received(new byte[0], List.of());
            }
            throw new HsmException(Errno.EMSGSIZE, "receive",
                    "a message of more than %d bytes or %d descriptors was lost".formatted(result, MAX_DESCRIPTORS));
        }
        return new Received(message.bytes(result), descriptors);
    }

    @Override
    public Watch onHangUp(Runnable action) {
        AtomicBoolean told = new AtomicBoolean();
        socket.enter("onHangUp");
        try {
            long key = poller.watch(socket, Epoll.PEER_HANG_UP | Epoll.HANG_UP, () -> {
                if (told.compareAndSet(false, true)) {
                    action.run();
                }
            });
            return () -> poller.unwatch(key);
        } finally {
            socket.leave();
        }
    }

    @Override
    public void close() {
        end(socket);
    }

    /** Ends a socket and who waits in it. */
    static void end(LinuxDescriptor socket) {
        if (socket.tryEnter()) {
            try {
                socket.close(); // before they are woken, so that they know why
                Sockets.shutdown(socket.fd());
            } finally {
                socket.leave();
            }
        }
    }
}
