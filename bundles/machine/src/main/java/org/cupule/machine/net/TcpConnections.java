package org.cupule.machine.net;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.security.SecureRandom;
import java.util.LinkedHashMap;
import java.util.Map;
import org.cupule.machine.net.Rules.Rule;
import org.cupule.machine.net.TcpConnection.State;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The TCP connections of the guest: at most {@value #MOST}, half-open ones included. Who wants more is refused.
 *
 * @threading confined to the network's thread
 */
final class TcpConnections {
    private static final Logger LOG = LoggerFactory.getLogger(TcpConnections.class);
    private static final int MOST = 64;
    private static final int FIRST_PORT = 0xC000;

    private final Rules rules;
    private final Selector selector;
    private final TcpConnection.Outlet outlet;
    private final SecureRandom random = new SecureRandom();
    private final Map<Ends, TcpConnection> connections = new LinkedHashMap<>();
    private int nextPort = FIRST_PORT;

    private record Ends(int guest, int guestPort, int ourPort) {
    }

    TcpConnections(Rules rules, Selector selector, TcpConnection.Outlet outlet) {
        this.rules = rules;
        this.selector = selector;
        this.outlet = outlet;
    }

    int count() {
        return connections.size();
    }

    /** A segment of the guest to the gateway. */
    void fromGuest(Segment segment) {
        var ends = new Ends(segment.from(), segment.fromPort(), segment.toPort());
        TcpConnection known = connections.get(ends);
        boolean call = segment.has(Segment.SYN) && !segment.has(Segment.ACK) && !segment.has(Segment.RST);
        if (known != null && !(call && known.state() == State.LINGERING)) {
            known.segment(segment);
            return;
        }
        int target = call ? rules.outward(true, segment.toPort()) : -1;
        if (target < 0 || connections.size() >= MOST || !begun(ends, segment, target)) {
            byte[] refusal = Segment.refusal(outlet.card(), segment);
            if (refusal != null) {
                outlet.send(refusal);
            }
        }
    }

    private boolean begun(Ends ends, Segment call, int target) {
        try {
            SocketChannel socket = SocketChannel.open();
            SelectionKey key = registered(socket);
            TcpConnection connection = connection(ends, socket, key);
            connection.called(call);
            if (socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), target))) {
                connection.connected();
            }
            return true;
        } catch (IOException e) {
            LOG.debug("tcp to port {}: {}", target, e.toString());
            connections.remove(ends);
            return false;
        }
    }

    private SelectionKey registered(SocketChannel socket) throws IOException {
        socket.configureBlocking(false);
        return socket.register(selector, 0);
    }

    private TcpConnection connection(Ends ends, SocketChannel socket, SelectionKey key) {
        var connection = new TcpConnection(outlet, socket, key, ends.guest, ends.guestPort, ends.ourPort,
                random.nextInt());
        key.attach((Runnable) connection::ready);
        connections.put(ends, connection);
        return connection;
    }

    /** Opens a port of the host for the guest. */
    void listen(Rule rule) throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open();
        try {
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), rule.from()));
            server.configureBlocking(false);
            server.register(selector, SelectionKey.OP_ACCEPT, (Runnable) () -> accept(rule, server));
        } catch (IOException e) {
            server.close();
            throw e;
        }
    }

    private void accept(Rule rule, ServerSocketChannel server) {
        try {
            SocketChannel socket = server.accept();
            if (socket == null) {
                return;
            }
            if (connections.size() >= MOST) {
                socket.close();
                return;
            }
            connection(new Ends(Packet.GUEST, rule.to(), freePort()), socket, registered(socket)).call();
        } catch (IOException e) {
            LOG.debug("tcp {}: {}", rule, e.toString());
        }
    }

    private int freePort() {
        do {
            nextPort = nextPort == 0xFFFF ? FIRST_PORT : nextPort + 1;
        } while (connections.keySet().stream().anyMatch(ends -> ends.ourPort == nextPort));
        return nextPort;
    }

    /** Time has passed, or the guest takes frames again. */
    void look(boolean room) {
        long now = System.nanoTime();
        for (TcpConnection connection : connections.values()) {
            connection.look(now);
            if (room) {
                connection.proceed();
            }
        }
        connections.values().removeIf(connection -> connection.state() == State.GONE);
    }

    void close() {
        connections.values().forEach(TcpConnection::abort);
    }
}
