package org.cupule.hsm.socket;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.cupule.host.Host;
import org.cupule.host.SocketType;
import org.cupule.host.UnixConnection;
import org.cupule.host.UnixServer;
import org.cupule.hsm.HsmDevice;
import org.cupule.types.HsmException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The server: one thread that accepts, and one a connection, which waits in the system.
 *
 * @threading any thread
 */
final class SocketFront implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SocketFront.class);
    /** The most connections at once: each has a thread, and a client has one for each ioctl that it has under way. */
    private static final int MOST_CONNECTIONS = 512;
    private static final Duration CLOSE = Duration.ofSeconds(10);

    private final Host host;
    private final OpenFiles files;
    private final UnixServer server;
    private final Thread acceptor;
    private final Set<Thread> threads = ConcurrentHashMap.newKeySet();
    private final Set<Conversation> conversations = ConcurrentHashMap.newKeySet();

    /**
     * Listens.
     *
     * @throws HsmException
     *             as {@link Host#listen}
     */
    SocketFront(Host host, HsmDevice device, Path path) {
        this.host = host;
        this.files = new OpenFiles(device);
        this.server = host.listen(path, SocketType.PACKETS);
        this.acceptor = Thread.ofPlatform().name("hsm-socket").daemon().start(this::accept);
    }

    private void accept() {
        while (true) {
            Optional<UnixConnection> connection = accepted();
            if (connection.isEmpty()) {
                return;
            }
            if (conversations.size() >= MOST_CONNECTIONS) {
                LOG.warn("more than {} connections at the HSM socket: one was refused", MOST_CONNECTIONS);
                connection.get().close();
            } else {
                begin(connection.get());
            }
        }
    }

    private Optional<UnixConnection> accepted() {
        try {
            return server.accept();
        } catch (HsmException failure) {
            LOG.error("the HSM socket cannot accept connections any more", failure);
            return Optional.empty();
        }
    }

    private void begin(UnixConnection connection) {
        Conversation conversation = new Conversation(host, files, connection);
        conversations.add(conversation);
        Thread thread = Thread.ofPlatform().name("hsm-socket-" + connection.peer().pid()).daemon().unstarted(() -> {
            try {
                conversation.run();
            } finally {
                conversations.remove(conversation);
                threads.remove(Thread.currentThread());
            }
        });
        threads.add(thread);
        thread.start();
    }

    /** {@return where it listens} */
    Path path() {
        return server.path();
    }

    /** {@return how many files are open} */
    int openFiles() {
        return files.count();
    }

    /** Stops listening, hangs up, and closes all files with their VMs. */
    @Override
    public void close() {
        server.close();
        join(acceptor);
        conversations.forEach(Conversation::close);
        threads.forEach(SocketFront::join);
        files.close();
    }

    private static void join(Thread thread) {
        try {
            if (!thread.join(CLOSE)) {
                LOG.error("thread '{}' has not ended {} after the HSM socket was closed", thread.getName(), CLOSE);
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }
}
