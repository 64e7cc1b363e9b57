package org.cupule.machine.net;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;

/**
 * One TCP connection of the guest, whose other end is a socket of the host. Towards the guest it is an end of its own:
 * what the guest has sent is acknowledged when it is here, and sent again to the guest until the guest acknowledges it.
 *
 * <pre>
 *  the guest begins    CONNECTING --socket connected, SYN+ACK--> ANSWERED --ACK--> OPEN
 *  the host begins     CALLING (SYN) --SYN+ACK-----------------------------------> OPEN
 *  OPEN --FIN both ways, all acknowledged--> LINGERING --2 s--> GONE       RST, error or silence: GONE
 *
 *            una            nxt                        una + sent.count
 *  to guest   |-- on the way --|-- not sent yet ----------|  then FIN, when the host's end has ended
 * </pre>
 *
 * <p>
 * There is no congestion on this wire: what may be sent is bounded by the guest's window and a buffer of 64 KiB.
 * Source: RFC 9293.
 *
 * @threading confined to the network's thread
 */
final class TcpConnection {
    private static final int BUFFER = 64 << 10;
    private static final int MOST_WINDOW = 0xFFFF;
    private static final long FIRST_NANOS = 1_000_000_000L;
    private static final long LONGEST_NANOS = 8_000_000_000L;
    private static final long LINGER_NANOS = 2_000_000_000L;
    private static final int MOST_TRIES = 12;
    private static final int DUPLICATES = 3;
    private static final int NEVER = 0;

    /** Where it stands. */
    enum State {
        /** The socket of the host is being connected. */
        CONNECTING,
        /** The guest's call was answered. */
        ANSWERED,
        /** The guest was called. */
        CALLING,
        /** Bytes go both ways. */
        OPEN,
        /** All is over; the guest may not have heard the last acknowledgement. */
        LINGERING,
        /** Nothing more comes. */
        GONE
    }

    private final Outlet outlet;
    private final SocketChannel socket;
    private final SelectionKey key;
    private final int guest;
    private final int guestPort;
    private final int ourPort;
    private final Ring toGuest = new Ring(BUFFER);
    private final Ring toHost = new Ring(BUFFER);

    private State state;
    private int una;
    private int nxt;
    /** Behind the last number that was ever sent. */
    private int most;
    private int window;
    private int mss = Segment.DEFAULT_MSS;
    private int expected;
    private int duplicates;
    /** The host has sent all: FIN follows the bytes. */
    private boolean hostEnded;
    private boolean finAcknowledged;
    private boolean guestEnded;
    private boolean outputShut;
    private int advertised;
    private boolean armed;
    private long deadline = NEVER;
    private long patience = FIRST_NANOS;
    private int tries;

    /** What a connection needs of the network. */
    interface Outlet {
        /** {@return the card of the guest} */
        byte[] card();

        /** Sends a frame to the guest. @return false when it takes none now */
        boolean send(byte[] frame);

        /** {@return whether the guest takes a frame now} */
        boolean room();

        /** {@return whether the guest has frames that it has not fetched} */
        boolean waiting();
    }

    TcpConnection(Outlet outlet, SocketChannel socket, SelectionKey key, int guest, int guestPort, int ourPort,
            int first) {
        this.outlet = outlet;
        this.socket = socket;
        this.key = key;
        this.guest = guest;
        this.guestPort = guestPort;
        this.ourPort = ourPort;
        this.una = first;
        this.nxt = first;
        this.most = first;
        this.state = State.CONNECTING;
    }

    State state() {
        return state;
    }

    // ------------------------------------------------------------------ beginning

    /** The guest calls: its socket is being connected. */
    void called(Segment call) {
        expected = call.sequence() + 1;
        mss = call.mss();
        window = call.window();
        interest();
    }

    /** The host's socket is connected, or cannot be. */
    void connected() {
        try {
            socket.finishConnect();
            socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
            state = State.ANSWERED;
            synchronizeAgain();
        } catch (IOException e) {
            abort();
        }
    }

    /** Calls the guest, for a socket of the host that is connected already. */
    void call() {
        state = State.CALLING;
        synchronizeAgain();
    }

    private void synchronizeAgain() {
        int flags = Segment.SYN | (state == State.ANSWERED ? Segment.ACK : 0);
        outlet.send(Segment.sealed(frame(una, flags, 0)));
        nxt = una + 1;
        most = nxt;
        arm();
        interest();
    }

    // ------------------------------------------------------------------ from the guest

    /** A segment of this connection came. */
    void segment(Segment segment) {
        switch (state) {
            case CONNECTING -> endWhen(segment.has(Segment.RST));
            case CALLING -> answer(segment);
            case ANSWERED, OPEN -> established(segment);
            case LINGERING -> acknowledge();
            case GONE -> {
                // Nobody is here.
            }
        }
    }

    private void endWhen(boolean over) {
        if (over) {
            end(State.GONE);
        }
    }

    private void answer(Segment segment) {
        boolean ours = segment.has(Segment.ACK) && segment.acknowledgement() == nxt;
        if (segment.has(Segment.RST)) {
            endWhen(ours);
        } else if (ours && segment.has(Segment.SYN)) {
            expected = segment.sequence() + 1;
            mss = segment.mss();
            window = segment.window();
            open();
            acknowledge();
            proceed();
        }
    }

    private void open() {
        una = nxt;
        state = State.OPEN;
        disarm();
    }

    private void established(Segment segment) {
        int distance = segment.sequence() - expected;
        if (segment.has(Segment.RST)) {
            endWhen(distance >= 0 && distance <= toHost.free());
            return;
        }
        if (segment.has(Segment.SYN)) {
            if (state == State.ANSWERED) {
                synchronizeAgain();
            } else {
                acknowledge();
            }
            return;
        }
        if (!segment.has(Segment.ACK) || !acknowledged(segment)) {
            return;
        }
        boolean owed = take(segment, distance);
        flush();
        if (owed && state != State.GONE) {
            acknowledge();
        }
        proceed();
    }

    /** Takes an acknowledgement. @return false when it is of something that was never sent */
    private boolean acknowledged(Segment segment) {
        int ahead = segment.acknowledgement() - una;
        if (ahead < 0 || segment.acknowledgement() - most > 0) {
            if (ahead > 0) {
                acknowledge();
            }
            return ahead < 0 && state == State.OPEN;
        }
        if (state == State.ANSWERED) {
            if (ahead == 0) {
                return false;
            }
            open();
            ahead = 0;
        }
        if (ahead > 0) {
            int bytes = Math.min(ahead, toGuest.count());
            toGuest.drop(bytes);
            finAcknowledged |= ahead > bytes;
            una += ahead;
            nxt = nxt - una < 0 ? una : nxt;
            duplicates = 0;
            disarm();
        } else if (nxt != una && segment.lengthBytes() == 0 && segment.window() == window
                && ++duplicates == DUPLICATES) {
            nxt = una;
        }
        window = segment.window();
        return true;
    }

    /** Takes the data that are next in order, as far as there is room. @return whether an acknowledgement is owed */
    private boolean take(Segment segment, int distance) {
        if (segment.lengthBytes() == 0 && !segment.has(Segment.FIN)) {
            return distance < 0;
        }
        int skip = -distance;
        if (distance > 0 || skip > segment.lengthBytes() || guestEnded) {
            return true;
        }
        int length = Math.min(segment.lengthBytes() - skip, toHost.free());
        toHost.add(segment.frame(), segment.dataAt() + skip, length);
        expected += length;
        if (segment.has(Segment.FIN) && skip + length == segment.lengthBytes()) {
            expected++;
            guestEnded = true;
        }
        return true;
    }

    // ------------------------------------------------------------------ from the host

    /** The socket can be read or written. */
    void ready() {
        if (state == State.CONNECTING) {
            if (key.isConnectable()) {
                connected();
            }
            return;
        }
        try {
            if (state == State.OPEN && !hostEnded && key.isReadable()) {
                hostEnded = toGuest.readFrom(socket);
            }
        } catch (IOException e) {
            abort();
            return;
        }
        flush();
        proceed();
    }

    private void flush() {
        try {
            toHost.writeTo(socket);
            if (guestEnded && toHost.count() == 0 && !outputShut) {
                outputShut = true;
                socket.shutdownOutput();
            }
        } catch (IOException e) {
            abort();
        }
    }

    /** Sends what may be sent, and sees whether all is over. */
    void proceed() {
        if (state == State.OPEN) {
            while (sendNext()) {
                // Until the window, the wire or the bytes end.
            }
            reopenWindow();
            if (finAcknowledged && outputShut) {
                end(State.LINGERING);
                deadline = System.nanoTime() + LINGER_NANOS;
            }
        }
        interest();
    }

    private boolean sendNext() {
        int onTheWay = nxt - una;
        int unsent = toGuest.count() - onTheWay;
        int length = Math.min(Math.min(unsent, window - onTheWay), mss);
        if (length > 0 && outlet.room()) {
            data(onTheWay, length);
            return true;
        }
        if (unsent == 0 && hostEnded && !finAcknowledged && outlet.room()) {
            outlet.send(Segment.sealed(frame(nxt, Segment.FIN | Segment.ACK, 0)));
            sent(1);
        } else if ((unsent > 0 || nxt != una) && !armed) {
            arm();
        }
        return false;
    }

    private void data(int offset, int length) {
        byte[] frame = frame(nxt, Segment.PSH | Segment.ACK, length);
        toGuest.copy(offset, frame, frame.length - length, length);
        outlet.send(Segment.sealed(frame));
        sent(length);
    }

    private void sent(int numbers) {
        nxt += numbers;
        most = nxt - most > 0 ? nxt : most;
        if (!armed) {
            arm();
        }
    }

    /** The guest must hear of a window that was small and has grown. */
    private void reopenWindow() {
        if (advertised < Segment.MOST_MSS && receiveWindow() >= 2 * Segment.MOST_MSS) {
            acknowledge();
        }
    }

    private int receiveWindow() {
        return Math.min(toHost.free(), MOST_WINDOW);
    }

    private void acknowledge() {
        outlet.send(Segment.sealed(frame(nxt, Segment.ACK, 0)));
    }

    private byte[] frame(int sequence, int flags, int dataBytes) {
        advertised = receiveWindow();
        return Segment.frame(outlet.card(), guest, ourPort, guestPort, sequence, expected, flags, advertised,
                dataBytes);
    }

    // ------------------------------------------------------------------ time

    private void arm() {
        armed = true;
        deadline = System.nanoTime() + patience;
    }

    private void disarm() {
        armed = false;
        patience = FIRST_NANOS;
        tries = 0;
    }

    /** Time has passed. A guest that has not fetched its frames cannot have answered them. */
    void look(long now) {
        if (state == State.LINGERING && now - deadline > 0) {
            end(State.GONE);
        }
        if (!armed || now - deadline < 0 || state == State.LINGERING || state == State.GONE) {
            return;
        }
        if (outlet.waiting()) {
            arm();
        } else if (++tries > MOST_TRIES) {
            abort();
        } else {
            patience = Math.min(2 * patience, LONGEST_NANOS);
            again();
        }
    }

    private void again() {
        if (state != State.OPEN) {
            synchronizeAgain();
            return;
        }
        nxt = una;
        armed = false;
        if (window == 0 && toGuest.count() > 0) {
            data(0, 1);
        }
        proceed();
    }

    // ------------------------------------------------------------------ the end

    /** Ends it for both sides at once. */
    void abort() {
        if (state != State.GONE && state != State.LINGERING) {
            outlet.send(Segment.sealed(frame(nxt, Segment.RST | Segment.ACK, 0)));
        }
        end(State.GONE);
    }

    private void end(State last) {
        boolean regular = last == State.LINGERING || state == State.LINGERING;
        state = last;
        armed = false;
        try {
            if (!regular) {
                socket.setOption(StandardSocketOptions.SO_LINGER, 0);
            }
            socket.close();
        } catch (IOException e) {
            key.cancel();
        }
    }

    private void interest() {
        if (!key.isValid() || !socket.isOpen()) {
            return;
        }
        int wanted = switch (state) {
            case CONNECTING -> SelectionKey.OP_CONNECT;
            case OPEN -> (hostEnded || toGuest.free() == 0 ? 0 : SelectionKey.OP_READ)
                    | (toHost.count() > 0 ? SelectionKey.OP_WRITE : 0);
            default -> 0;
        };
        key.interestOps(wanted);
    }
}
