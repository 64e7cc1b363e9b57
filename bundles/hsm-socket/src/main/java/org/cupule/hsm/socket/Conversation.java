package org.cupule.hsm.socket;

import java.time.Duration;
import java.util.List;
import org.cupule.abi.IoctlNumber;
import org.cupule.host.Descriptor;
import org.cupule.host.Host;
import org.cupule.host.UnixConnection;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one connection says: first OPEN or JOIN, then ioctls, one after the other. The file that a connection has opened
 * lives as long as that connection: when its process ends, in whatever way, the file is closed and its VM destroyed.
 *
 * <pre>
 *   connected --OPEN--> owner   --CLOSE or hang-up--> the file is closed
 *       |
 *       '------JOIN--> helper  --hang-up--> nothing
 * </pre>
 *
 * <p>
 * ATTACH_IOREQ_CLIENT waits on a thread of its own, so that CANCEL and the hang-up are heard meanwhile and interrupt
 * it. A client that breaks the protocol is hung up on.
 *
 * @threading its own thread runs it; {@link #close} any thread
 */
final class Conversation implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(Conversation.class);
    private static final Duration END = Duration.ofSeconds(1);
    private static final int MOST = Request.HEADER + Request.MOST_BYTES;

    private final Host host;
    private final OpenFiles files;
    private final UnixConnection connection;
    private @Nullable String token;
    private boolean owner;
    private @Nullable Thread waiting;

    Conversation(Host host, OpenFiles files, UnixConnection connection) {
        this.host = host;
        this.files = files;
        this.connection = connection;
    }

    @Override
    public void run() {
        try {
            talk();
        } catch (HsmException broken) {
            LOG.debug("a client of the HSM socket was hung up on", broken);
        } catch (RuntimeException | Error failure) {
            LOG.error("a connection of the HSM socket failed", failure);
        } finally {
            end();
        }
    }

    private void talk() {
        while (true) {
            UnixConnection.Received received = connection.receive(MOST);
            if (received.end()) {
                return;
            }
            hear(received);
        }
    }

    private void hear(UnixConnection.Received received) {
        Exchange exchange;
        try {
            exchange = new Exchange(host, Request.of(received.bytes()), received.descriptors());
        } catch (HsmException broken) {
            received.descriptors().forEach(Descriptor::close);
            throw broken;
        }
        if (exchange.request().kind() == Request.IOCTL && attaches(exchange.request())) {
            attach(exchange);
            return;
        }
        try (exchange) {
            answer(exchange.request(), exchange);
        }
    }

    private static boolean attaches(Request request) {
        return request.command() == IoctlNumber.ATTACH_IOREQ_CLIENT.number();
    }

    private void answer(Request request, Exchange exchange) {
        switch (request.kind()) {
            case Request.OPEN -> open(request);
            case Request.JOIN -> join(request);
            case Request.IOCTL -> {
                idle();
                carryOut(files.file(joined()), exchange);
            }
            case Request.CANCEL -> cancel();
            case Request.CLOSE -> {
                idle();
                files.close(joined());
                send(0, new byte[0]);
            }
            default -> throw broken("there is no kind " + request.kind());
        }
    }

    private OpenFiles.OpenFile waitable(Exchange exchange) {
        try {
            idle();
            return files.file(joined());
        } catch (HsmException broken) {
            exchange.close();
            throw broken;
        }
    }

    /** Nothing of the client's is open any more when it has its answer, but what the VM has. */
    private void carryOut(OpenFiles.OpenFile file, Exchange exchange) {
        int result;
        try (exchange) {
            result = file.carryOut(exchange);
        }
        send(result, exchange.out());
    }

    private void open(Request request) {
        if (token != null || request.argument() != Request.VERSION) {
            throw broken("opened twice, or in version " + request.argument());
        }
        byte[] name = files.open();
        token = Tokens.text(name);
        owner = true;
        send(0, name);
    }

    private void join(Request request) {
        if (token != null) {
            throw broken("joined twice");
        }
        files.file(request.token());
        token = request.token();
        send(0, new byte[0]);
    }

    /** Waits on another thread, and answers from there; until then the client may only cancel. */
    private void attach(Exchange exchange) {
        OpenFiles.OpenFile file = waitable(exchange);
        waiting = Thread.ofVirtual().name("hsm-attach").start(() -> {
            try {
                carryOut(file, exchange);
            } catch (HsmException gone) {
                LOG.debug("a client did not hear the end of its wait", gone);
            }
        });
    }

    /** The client has its answer before it asks for more, so the thread that gave it is about to end. */
    private void idle() {
        Thread attached = waiting;
        if (attached != null && !ended(attached)) {
            throw broken("an ioctl on a connection that waits in another one");
        }
        waiting = null;
    }

    private static boolean ended(Thread thread) {
        try {
            return thread.join(END);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void cancel() {
        Thread attached = waiting;
        if (attached != null) {
            attached.interrupt();
        }
    }

    private String joined() {
        String name = token;
        if (name == null) {
            throw broken("an ioctl before OPEN and JOIN");
        }
        return name;
    }

    private static HsmException broken(String sentence) {
        return new HsmException(Errno.EINVAL, "hsm socket", sentence);
    }

    private void send(int result, byte[] out) {
        connection.send(Request.answer(result, out), List.of());
    }

    private void end() {
        cancel();
        String name = token;
        if (owner && name != null) {
            files.close(name);
        }
        connection.close();
        Thread attached = waiting;
        if (attached != null && !ended(attached)) {
            LOG.error("a client's thread in ATTACH_IOREQ_CLIENT has not ended");
        }
    }

    /** Hangs up. */
    void close() {
        connection.close();
    }
}
