package org.cupule.machine.net;

import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import org.cupule.machine.net.Rules.Rule;
import org.cupule.machine.stream.Wire;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A network of one machine: a gateway at 10.0.2.2 that gives the guest 10.0.2.15, and connects ports of the host's
 * loopback with ports of the guest, by rule. There is no way to any other host.
 *
 * <pre>
 *   card --send--> inbox --.                    .--> sockets of the host's loopback
 *                           network's thread ---
 *   card <-receive- outbox <'                    '-- ARP, ICMP, DHCP
 * </pre>
 *
 * <p>
 * Both boxes are bounded. A frame that finds the inbox full is lost; TCP sends to the guest only while there is room.
 *
 * @threading any thread; what a frame does is done on the network's own thread
 */
public final class UserNetwork implements Wire, TcpConnection.Outlet {
    private static final Logger LOG = LoggerFactory.getLogger(UserNetwork.class);
    private static final int BOX = 256;
    private static final long LOOK_MILLIS = 100;
    private static final Duration CLOSE = Duration.ofSeconds(2);

    private final Queue<byte[]> inbox = new ArrayBlockingQueue<>(BOX);
    private final ArrayBlockingQueue<byte[]> outbox = new ArrayBlockingQueue<>(BOX);
    private final Selector selector;
    private final TcpConnections tcp;
    private final UdpFlows udp;
    private final Thread thread;
    private volatile Runnable arrival = () -> {
    };
    /** The card looked for a frame in vain: the next one is announced. */
    private volatile boolean starved = true;
    private volatile boolean full;
    private volatile boolean closed;
    private byte[] card = Packet.EVERYBODY;

    /**
     * Makes a network and opens the ports that lead to the guest.
     *
     * @throws HsmException
     *             EBUSY when a port is taken, EIO when the host gives no sockets
     */
    public UserNetwork(Rules rules) {
        try {
            selector = Selector.open();
        } catch (IOException e) {
            throw new HsmException(Errno.EIO, "network", "the host gives no sockets: " + e, e);
        }
        tcp = new TcpConnections(rules, selector, this);
        udp = new UdpFlows(rules, selector, this);
        listen(rules);
        thread = Thread.ofPlatform().daemon().name("user-network").start(this::run);
    }

    private void listen(Rules rules) {
        for (Rule rule : rules.inward(true)) {
            listen(rule, () -> tcp.listen(rule));
        }
        for (Rule rule : rules.inward(false)) {
            listen(rule, () -> udp.listen(rule));
        }
    }

    private interface Listening {
        void begin() throws IOException;
    }

    private void listen(Rule rule, Listening listening) {
        try {
            listening.begin();
        } catch (IOException e) {
            closeSockets();
            throw new HsmException(Errno.EBUSY, "network", "port %d of this host cannot be opened for the guest: %s"
                    .formatted(rule.from(), e.getMessage()), e);
        }
    }

    // ------------------------------------------------------------------ the card's side

    @Override
    public void send(byte[] frame, int from, int lengthBytes) {
        if (inbox.offer(Arrays.copyOfRange(frame, from, from + lengthBytes))) {
            selector.wakeup();
        }
    }

    @Override
    public int receive(byte[] target, int from) {
        byte[] frame = outbox.poll();
        if (frame == null) {
            starved = true;
            // What came between the look and the wish is seen by a second look.
            frame = outbox.poll();
        }
        if (frame == null) {
            return -1;
        }
        if (full) {
            full = false;
            selector.wakeup();
        }
        System.arraycopy(frame, 0, target, from, frame.length);
        return frame.length;
    }

    @Override
    public void onInput(Runnable action) {
        arrival = action;
    }

    // ------------------------------------------------------------------ what connections need

    @Override
    public byte[] card() {
        return card;
    }

    @Override
    public boolean send(byte[] frame) {
        boolean taken = outbox.offer(frame);
        full |= !taken;
        if (starved) {
            starved = false;
            arrival.run();
        }
        return taken;
    }

    @Override
    public boolean room() {
        // Some places are kept for acknowledgements and answers.
        boolean room = outbox.remainingCapacity() > BOX / 4;
        full |= !room;
        return room;
    }

    @Override
    public boolean waiting() {
        return !outbox.isEmpty();
    }

    // ------------------------------------------------------------------ the network's thread

    private void run() {
        try {
            while (!closed) {
                selector.select(LOOK_MILLIS);
                for (SelectionKey key : selector.selectedKeys()) {
                    ready(key);
                }
                selector.selectedKeys().clear();
                for (byte[] frame = inbox.poll(); frame != null; frame = inbox.poll()) {
                    fromGuest(frame);
                }
                tcp.look(room());
            }
        } catch (IOException e) {
            LOG.error("the network of a machine has ended: {}", e.toString());
        } finally {
            tcp.close();
            closeSockets();
        }
    }

    /** What one connection does wrong must not end the others. */
    private static void ready(SelectionKey key) {
        if (key.isValid()) {
            try {
                ((Runnable) key.attachment()).run();
            } catch (RuntimeException e) {
                LOG.error("a connection of the user network failed", e);
                key.cancel();
            }
        }
    }

    private void fromGuest(byte[] frame) {
        try {
            take(frame);
        } catch (IOException | RuntimeException e) {
            LOG.debug("a frame of {} bytes from the guest: {}", frame.length, e.toString());
        }
    }

    private void take(byte[] frame) throws IOException {
        int type = Packet.half(frame, 12);
        if ((frame[6] & 1) != 0) {
            return; // nobody sends from a group address
        }
        card = Arrays.copyOfRange(frame, 6, 12);
        if (type == Packet.TYPE_ARP) {
            answer(Gateway.arp(frame));
        } else if (type == Packet.TYPE_IP && frame.length >= Packet.PAYLOAD) {
            packet(frame);
        }
    }

    private void answer(byte @Nullable [] frame) {
        if (frame != null) {
            send(frame);
        }
    }

    /** Whole packets only: what is fragmented or damaged is lost. */
    private void packet(byte[] frame) throws IOException {
        int header = (frame[Packet.IP] & 0xF) * 4;
        int length = Packet.half(frame, Packet.IP + 2);
        boolean whole = (Packet.half(frame, Packet.IP + 6) & 0x3FFF) == 0;
        if (frame[Packet.IP] >> 4 != 4 || header < 20 || length < header || Packet.IP + length > frame.length || !whole
                || Packet.checksum(Packet.sum(frame, Packet.IP, header)) != 0) {
            return;
        }
        int from = Packet.word(frame, Packet.IP + 12);
        int to = Packet.word(frame, Packet.IP + 16);
        int at = Packet.IP + header;
        int protocol = frame[Packet.IP + 9];
        if (protocol == Packet.UDP && length - header >= 8) {
            datagram(frame, from, to, at, length - header);
        } else if (to == Packet.GATEWAY && (from & Packet.MASK) == Packet.NETWORK) {
            forGateway(frame, protocol, from, at, length - header);
        }
    }

    private void forGateway(byte[] frame, int protocol, int from, int at, int lengthBytes) {
        if (protocol == Packet.ICMP) {
            answer(Gateway.icmp(card, from, frame, at, lengthBytes));
        } else if (protocol == Packet.TCP) {
            Segment segment = Segment.of(frame, from, at, lengthBytes);
            if (segment != null) {
                tcp.fromGuest(segment);
            }
        }
    }

    private void datagram(byte[] frame, int from, int to, int at, int most) throws IOException {
        int length = Packet.half(frame, at + 4);
        boolean summed = Packet.half(frame, at + 6) != 0;
        if (length < 8 || length > most || summed
                && Packet.checksum(Packet.pseudo(frame, Packet.UDP, length) + Packet.sum(frame, at, length)) != 0) {
            return;
        }
        int fromPort = Packet.half(frame, at);
        int toPort = Packet.half(frame, at + 2);
        if (Gateway.isDhcp(fromPort, toPort)) {
            answer(Gateway.dhcp(frame, at + 8, length - 8));
        } else if (to == Packet.GATEWAY && (from & Packet.MASK) == Packet.NETWORK) {
            udp.fromGuest(from, fromPort, toPort, frame, at + 8, length - 8);
        }
    }

    @Override
    public void close() {
        closed = true;
        selector.wakeup();
        try {
            if (!thread.join(CLOSE)) {
                LOG.error("the thread of a user network has not ended");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void closeSockets() {
        try {
            for (SelectionKey key : selector.keys()) {
                key.channel().close();
            }
            selector.close();
        } catch (IOException e) {
            LOG.debug("closing a user network: {}", e.toString());
        }
    }
}
