package org.cupule.machine.net;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.LinkedHashMap;
import java.util.Map;
import org.cupule.machine.net.Rules.Rule;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Datagrams between the guest and ports of the host's loopback. Outward each port of the guest gets a socket of its
 * own, inward each sender of the host gets a port of the gateway; the least recently used gives way when there are too
 * many.
 *
 * @threading confined to the network's thread
 */
final class UdpFlows {
    private static final Logger LOG = LoggerFactory.getLogger(UdpFlows.class);
    private static final int MOST = 64;
    private static final int MOST_BYTES = 1472;
    private static final int FIRST_PORT = 0xC000;

    private final Rules rules;
    private final Selector selector;
    private final TcpConnection.Outlet outlet;
    private final ByteBuffer buffer = ByteBuffer.allocate(0x1_0000);
    private final Map<Flow, DatagramChannel> outward = new LinkedHashMap<>(16, 0.75f, true);
    private final Map<Integer, Sender> inward = new LinkedHashMap<>(16, 0.75f, true);
    private int nextPort = FIRST_PORT;

    private record Flow(int guest, int guestPort, int port) {
    }

    private record Sender(DatagramChannel channel, SocketAddress address, int guestPort) {
    }

    UdpFlows(Rules rules, Selector selector, TcpConnection.Outlet outlet) {
        this.rules = rules;
        this.selector = selector;
        this.outlet = outlet;
    }

    /** A datagram of the guest to the gateway. */
    void fromGuest(int guest, int guestPort, int port, byte[] frame, int at, int lengthBytes) throws IOException {
        ByteBuffer data = ByteBuffer.wrap(frame, at, lengthBytes);
        Sender sender = inward.get(port);
        if (sender != null && sender.guestPort == guestPort) {
            sender.channel.send(data, sender.address);
            return;
        }
        int target = rules.outward(false, port);
        if (target >= 0) {
            channel(new Flow(guest, guestPort, port), target).write(data);
        }
    }

    private DatagramChannel channel(Flow flow, int target) throws IOException {
        DatagramChannel present = outward.get(flow);
        if (present != null) {
            return present;
        }
        if (outward.size() == MOST) {
            outward.remove(outward.keySet().iterator().next()).close();
        }
        DatagramChannel channel = DatagramChannel.open();
        channel.configureBlocking(false);
        channel.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), target));
        channel.register(selector, SelectionKey.OP_READ, (Runnable) () -> answers(flow, channel));
        outward.put(flow, channel);
        return channel;
    }

    private void answers(Flow flow, DatagramChannel channel) {
        try {
            for (buffer.clear(); outlet.room() && channel.read(buffer) > 0; buffer.clear()) {
                toGuest(flow.port, flow.guest, flow.guestPort);
            }
        } catch (IOException e) {
            LOG.debug("udp {}: {}", flow, e.toString());
            outward.remove(flow, channel);
            closeQuietly(channel);
        }
    }

    /** Opens a port of the host for the guest. */
    void listen(Rule rule) throws IOException {
        DatagramChannel channel = DatagramChannel.open();
        try {
            channel.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), rule.from()));
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ, (Runnable) () -> arrivals(rule, channel));
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    private void arrivals(Rule rule, DatagramChannel channel) {
        try {
            buffer.clear();
            SocketAddress from = channel.receive(buffer);
            for (int i = 0; from != null && i < MOST; i++) {
                toGuest(port(channel, from, rule.to()), Packet.GUEST, rule.to());
                buffer.clear();
                from = channel.receive(buffer);
            }
        } catch (IOException e) {
            LOG.debug("udp {}: {}", rule, e.toString());
        }
    }

    /** {@return the gateway's port that stands for a sender of the host} */
    private int port(DatagramChannel channel, SocketAddress address, int guestPort) {
        var sender = new Sender(channel, address, guestPort);
        for (var entry : inward.entrySet()) {
            if (entry.getValue().equals(sender)) {
                return entry.getKey();
            }
        }
        if (inward.size() == MOST) {
            inward.remove(inward.keySet().iterator().next());
        }
        nextPort = nextPort == 0xFFFF ? FIRST_PORT : nextPort + 1;
        inward.put(nextPort, sender);
        return nextPort;
    }

    /** A datagram that does not fit into a frame is lost: there are no fragments here. */
    private void toGuest(int fromPort, int guest, int guestPort) {
        if (buffer.position() <= MOST_BYTES) {
            outlet.send(Packet.udp(outlet.card(), fromPort, guest, guestPort, buffer.array(), buffer.position()));
        }
    }

    private static void closeQuietly(DatagramChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.debug("closing {}: {}", channel, e.toString());
        }
    }
}
