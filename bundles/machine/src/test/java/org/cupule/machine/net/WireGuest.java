package org.cupule.machine.net;

import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A guest at the end of a wire: makes packets and waits for some.
 *
 * @threading confined to the test
 */
final class WireGuest {
    static final byte[] CARD = {0x52, 0x54, 0, 0x12, 0x34, 0x56};
    private static final long DEADLINE_NANOS = 60_000_000_000L;
    private static final long NAP_NANOS = 200_000;

    private final UserNetwork network;
    private final byte[] buffer = new byte[2000];

    WireGuest(UserNetwork network) {
        this.network = network;
    }

    void send(byte[] frame) {
        network.send(frame, 0, frame.length);
    }

    /** {@return the next frame that is such a one; others are lost} */
    byte[] await(Predicate<byte[]> wanted) {
        long end = System.nanoTime() + DEADLINE_NANOS;
        while (System.nanoTime() - end < 0) {
            byte[] frame = poll();
            if (frame != null && wanted.test(frame)) {
                return frame;
            }
            if (frame == null) {
                LockSupport.parkNanos(NAP_NANOS);
            }
        }
        throw new AssertionError("no such frame came");
    }

    /** Sends a frame again and again, since one may be lost. @return the next frame that is such an answer */
    byte[] insist(byte[] question, Predicate<byte[]> wanted) {
        long end = System.nanoTime() + DEADLINE_NANOS;
        while (System.nanoTime() - end < 0) {
            send(question);
            for (int i = 0; i < 100; i++) {
                byte[] frame = poll();
                if (frame != null && wanted.test(frame)) {
                    return frame;
                }
                LockSupport.parkNanos(NAP_NANOS);
            }
        }
        throw new AssertionError("no such frame came");
    }

    byte @Nullable [] poll() {
        int length = network.receive(buffer, 0);
        return length < 0 ? null : Arrays.copyOf(buffer, length);
    }

    /** {@return a packet of the guest to the gateway} */
    static byte[] packet(int protocol, int payloadBytes) {
        byte[] frame = Packet.ip(Packet.GATEWAY_CARD, protocol, Packet.GATEWAY, payloadBytes);
        System.arraycopy(CARD, 0, frame, 6, 6);
        Packet.word(frame, Packet.IP + 12, Packet.GUEST);
        Packet.half(frame, Packet.IP + 10, 0);
        Packet.half(frame, Packet.IP + 10, Packet.checksum(Packet.sum(frame, Packet.IP, 20)));
        return frame;
    }

    void udp(int fromPort, int toPort, byte[] data) {
        byte[] frame = packet(Packet.UDP, 8 + data.length);
        Packet.half(frame, Packet.PAYLOAD, fromPort);
        Packet.half(frame, Packet.PAYLOAD + 2, toPort);
        Packet.half(frame, Packet.PAYLOAD + 4, 8 + data.length);
        System.arraycopy(data, 0, frame, Packet.PAYLOAD + 8, data.length);
        send(frame);
    }

    void tcp(int fromPort, int toPort, int sequence, int acknowledgement, int flags, int window, byte[] data) {
        byte[] frame = packet(Packet.TCP, 20 + data.length);
        int at = Packet.PAYLOAD;
        Packet.half(frame, at, fromPort);
        Packet.half(frame, at + 2, toPort);
        Packet.word(frame, at + 4, sequence);
        Packet.word(frame, at + 8, acknowledgement);
        frame[at + 12] = 0x50;
        frame[at + 13] = (byte) flags;
        Packet.half(frame, at + 14, window);
        System.arraycopy(data, 0, frame, at + 20, data.length);
        send(Segment.sealed(frame));
    }

    /** {@return the next segment to a port of the guest that is such a one} */
    Segment segment(int port, Predicate<Segment> wanted) {
        byte[] frame = await(candidate -> {
            Segment segment = read(candidate);
            return segment != null && segment.toPort() == port && wanted.test(segment);
        });
        Segment segment = read(frame);
        if (segment == null) {
            throw new AssertionError("it was one a moment ago");
        }
        return segment;
    }

    private static @Nullable Segment read(byte[] frame) {
        boolean tcp = Packet.half(frame, 12) == Packet.TYPE_IP && frame[Packet.IP + 9] == Packet.TCP;
        return tcp
                ? Segment.of(frame, Packet.GATEWAY, Packet.PAYLOAD, Packet.half(frame, Packet.IP + 2) - 20)
                : null;
    }
}
