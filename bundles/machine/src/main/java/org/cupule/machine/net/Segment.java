package org.cupule.machine.net;

import org.jspecify.annotations.Nullable;

/**
 * A TCP segment.
 *
 * <pre>
 * 00 from port 2   02 to port 2   04 sequence 4   08 acknowledgement 4
 * 0C length of the header 4 bits   0D flags   0E window 2   10 checksum 2   12 urgent 2   14 options
 *
 * flags   01 FIN   02 SYN   04 RST   08 PSH   10 ACK
 * </pre>
 *
 * <p>
 * Source: RFC 9293, section 3.1.
 *
 * @param from
 *            address of the guest
 * @param fromPort
 *            its port
 * @param toPort
 *            the gateway's port
 * @param sequence
 *            number of its first byte
 * @param acknowledgement
 *            number of the byte that is expected next
 * @param flags
 *            flags
 * @param window
 *            how many bytes may be sent behind the acknowledgement
 * @param mss
 *            the largest segment that the guest takes, where it says so
 * @param frame
 *            the array with its data
 * @param dataAt
 *            where they begin
 * @param lengthBytes
 *            how many there are
 * @threading immutable: the array must not be changed
 */
record Segment(int from, int fromPort, int toPort, int sequence, int acknowledgement, int flags, int window, int mss,
        byte[] frame, int dataAt, int lengthBytes) {
    static final int FIN = 1;
    static final int SYN = 2;
    static final int RST = 4;
    static final int PSH = 8;
    static final int ACK = 16;
    static final int HEADER = 20;
    static final int DEFAULT_MSS = 536;
    static final int MOST_MSS = 1460;
    private static final int OPTION_END = 0;
    private static final int OPTION_NONE = 1;
    private static final int OPTION_MSS = 2;

    /** {@return the segment in a packet, or null when it is none or damaged} */
    static @Nullable Segment of(byte[] frame, int from, int at, int lengthBytes) {
        if (lengthBytes < HEADER
                || Packet.checksum(Packet.pseudo(frame, Packet.TCP, lengthBytes)
                        + Packet.sum(frame, at, lengthBytes)) != 0) {
            return null;
        }
        int header = (frame[at + 12] & 0xF0) >> 2;
        if (header < HEADER || header > lengthBytes) {
            return null;
        }
        return new Segment(from, Packet.half(frame, at), Packet.half(frame, at + 2), Packet.word(frame, at + 4),
                Packet.word(frame, at + 8), frame[at + 13], Packet.half(frame, at + 14), mss(frame, at, header), frame,
                at + header, lengthBytes - header);
    }

    private static int mss(byte[] frame, int at, int header) {
        int next = at + HEADER;
        while (next < at + header && frame[next] != OPTION_END) {
            int length = frame[next] == OPTION_NONE || next + 1 == at + header ? 1 : frame[next + 1] & 0xFF;
            if (frame[next] == OPTION_MSS && length == 4 && next + 4 <= at + header) {
                return Math.clamp(Packet.half(frame, next + 2), 64, MOST_MSS);
            }
            next += Math.max(1, length);
        }
        return DEFAULT_MSS;
    }

    boolean has(int flag) {
        return (flags & flag) != 0;
    }

    /** {@return how many sequence numbers it takes} */
    int span() {
        return lengthBytes + (has(SYN) ? 1 : 0) + (has(FIN) ? 1 : 0);
    }

    /** {@return a segment from the gateway, whose data are still to be put in at the end of it} */
    static byte[] frame(byte[] card, int to, int fromPort, int toPort, int sequence, int acknowledgement, int flags,
            int window, int dataBytes) {
        int options = (flags & SYN) != 0 ? 4 : 0;
        byte[] frame = Packet.ip(card, Packet.TCP, to, HEADER + options + dataBytes);
        int at = Packet.PAYLOAD;
        Packet.half(frame, at, fromPort);
        Packet.half(frame, at + 2, toPort);
        Packet.word(frame, at + 4, sequence);
        Packet.word(frame, at + 8, (flags & ACK) != 0 ? acknowledgement : 0);
        frame[at + 12] = (byte) (HEADER + options << 2);
        frame[at + 13] = (byte) flags;
        Packet.half(frame, at + 14, window);
        if (options != 0) {
            Packet.word(frame, at + HEADER, OPTION_MSS << 24 | 4 << 16 | MOST_MSS);
        }
        return frame;
    }

    /** Puts the checksum in, when all else is. */
    static byte[] sealed(byte[] frame) {
        int length = frame.length - Packet.PAYLOAD;
        Packet.half(frame, Packet.PAYLOAD + 16, Packet.checksum(Packet.pseudo(frame, Packet.TCP, length)
                + Packet.sum(frame, Packet.PAYLOAD, length)));
        return frame;
    }

    /** {@return what ends a connection that nobody knows; null when it must not be answered} */
    static byte @Nullable [] refusal(byte[] card, Segment segment) {
        if (segment.has(RST)) {
            return null;
        }
        boolean known = segment.has(ACK);
        return sealed(frame(card, segment.from, segment.toPort, segment.fromPort, known ? segment.acknowledgement : 0,
                segment.sequence + segment.span(), known ? RST : RST | ACK, 0, 0));
    }
}
