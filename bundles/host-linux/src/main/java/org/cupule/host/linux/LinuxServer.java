package org.cupule.host.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Optional;
import org.cupule.host.SocketType;
import org.cupule.host.UnixConnection;
import org.cupule.host.UnixServer;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A local socket that listens, for the user of this process only.
 *
 * @threading any thread
 */
final class LinuxServer implements UnixServer {
    private static final Logger LOG = LoggerFactory.getLogger(LinuxServer.class);
    private static final int OWNER_ONLY = 0600;
    private static final int BACKLOG = 16;
    private static final int MODE_TYPE = 0170000;
    private static final int MODE_SOCKET = 0140000;

    private final LinuxDescriptor socket;
    private final Path path;
    private final Poller poller;
    private final int uid;

    private LinuxServer(LinuxDescriptor socket, Path path, Poller poller) {
        this.socket = socket;
        this.path = path;
        this.poller = poller;
        this.uid = uid("/proc/self");
    }

    static LinuxServer listen(Path path, SocketType type, Poller poller) {
        removeWhatIsDead(path, type, poller);
        LinuxDescriptor socket = SocketAddress.socket(type);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = SocketAddress.of(arena, path);
            // The file gets the socket's own mode: so there is no moment at which others can connect.
            Native.check(Sockets.fchmod(socket.fd(), OWNER_ONLY), "listen", "the socket's mode could not be set");
            Native.check(Sockets.bind(socket.fd(), address), "listen", "'" + path + "' cannot be bound");
            Native.check(Sockets.listen(socket.fd(), BACKLOG), "listen", "nobody can listen at '" + path + "'");
            return new LinuxServer(socket, path, poller);
        } catch (RuntimeException | Error failure) {
            socket.close();
            throw failure;
        }
    }

    private static void removeWhatIsDead(Path path, SocketType type, Poller poller) {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        if ((mode(path) & MODE_TYPE) != MODE_SOCKET) {
            throw new HsmException(Errno.EEXIST, "listen", "'" + path + "' is there and is not a socket");
        }
        try {
            LinuxConnection.connect(path, type, poller).close();
        } catch (HsmException refused) {
            if (refused.errno() == Errno.ECONNREFUSED) {
                remove(path);
                return;
            }
        }
        throw new HsmException(Errno.EADDRINUSE, "listen", "somebody listens at '" + path + "'; choose another path");
    }

    private static int mode(Path path) {
        return attribute(path, "unix:mode");
    }

    private static int uid(String path) {
        return attribute(Path.of(path), "unix:uid");
    }

    private static int attribute(Path path, String name) {
        try {
            return (int) Files.getAttribute(path, name, LinkOption.NOFOLLOW_LINKS);
        } catch (IOException missing) {
            throw new HsmException(Errno.EIO, "listen", "'" + path + "' has no " + name, missing);
        }
    }

    private static void remove(Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (IOException failure) {
            throw new HsmException(Errno.EACCES, "listen", "'" + path + "' cannot be removed", failure);
        }
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public Optional<UnixConnection> accept() {
        while (socket.tryEnter()) {
            try {
                long result = Sockets.accept(socket.fd());
                if (result >= 0) {
                    LinuxConnection connection = new LinuxConnection(new LinuxDescriptor((int) result), poller);
                    if (connection.peer().uid() == uid) {
                        return Optional.of(connection);
                    }
                    LOG.warn("a process of user {} was refused at {}", connection.peer().uid(), path);
                    connection.close();
                } else if (!socket.closed() && !retry(result)) {
                    throw Native.failure(result, "accept", "no connection can be accepted at '" + path + "'");
                }
            } finally {
                socket.leave();
            }
        }
        return Optional.empty();
    }

    /** {@return whether what failed was one connection only} */
    private static boolean retry(long result) {
        return Native.interrupted(result) || result == -103; // ECONNABORTED
    }

    @Override
    public void close() {
        if (socket.closed()) {
            return;
        }
        try {
            remove(path);
        } catch (HsmException failure) {
            LOG.warn("the file of a closed socket stays", failure);
        } finally {
            LinuxConnection.end(socket);
        }
    }
}
