package org.cupule.machine.net;

/**
 * Frames as arrays: numbers in network order, checksums, headers.
 *
 * <pre>
 * Ethernet   00 to 6   06 from 6   0C type 2
 * IPv4       0E version, length of the header   10 length 2   12 id 2   14 fragment 2   16 ttl   17 protocol
 *            18 checksum 2   1A from 4   1E to 4   (22 options)
 * </pre>
 *
 * <p>
 * Source: RFC 791, RFC 894, RFC 1071.
 *
 * @threading any thread: functions without state
 */
final class Packet {
    static final int ETHERNET = 14;
    static final int IP = ETHERNET;
    /** Where the payload of a packet that is made here begins. */
    static final int PAYLOAD = ETHERNET + 20;
    static final int TYPE_IP = 0x0800;
    static final int TYPE_ARP = 0x0806;
    static final int ICMP = 1;
    static final int TCP = 6;
    static final int UDP = 17;

    /** 10.0.2.0/24, the gateway and the guest in it. */
    static final int NETWORK = 0x0A000200;
    static final int MASK = 0xFFFFFF00;
    static final int GATEWAY = 0x0A000202;
    static final int GUEST = 0x0A00020F;
    static final byte[] GATEWAY_CARD = {0x52, 0x55, 0x0A, 0x00, 0x02, 0x02};
    static final byte[] EVERYBODY = {-1, -1, -1, -1, -1, -1};

    private static final int TTL = 64;
    private static final int DO_NOT_FRAGMENT = 0x4000;

    private Packet() {
    }

    static int half(byte[] bytes, int at) {
        return (bytes[at] & 0xFF) << 8 | bytes[at + 1] & 0xFF;
    }

    static int word(byte[] bytes, int at) {
        return half(bytes, at) << 16 | half(bytes, at + 2);
    }

    static void half(byte[] bytes, int at, int value) {
        bytes[at] = (byte) (value >>> 8);
        bytes[at + 1] = (byte) value;
    }

    static void word(byte[] bytes, int at, int value) {
        half(bytes, at, value >>> 16);
        half(bytes, at + 2, value);
    }

    /** {@return a sum of 16-bit numbers, to be folded} */
    static long sum(byte[] bytes, int from, int lengthBytes) {
        long sum = 0;
        for (int i = 0; i + 1 < lengthBytes; i += 2) {
            sum += half(bytes, from + i);
        }
        return (lengthBytes & 1) == 0 ? sum : sum + ((bytes[from + lengthBytes - 1] & 0xFF) << 8);
    }

    /** {@return the checksum of such a sum: 0 for bytes that have a right one in them} */
    static int checksum(long sum) {
        long folded = (sum & 0xFFFF) + (sum >>> 16);
        folded = (folded & 0xFFFF) + (folded >>> 16);
        return (int) ~folded & 0xFFFF;
    }

    /** {@return the part of the sum of TCP and UDP that is not in their own bytes} */
    static long pseudo(byte[] frame, int protocol, int lengthBytes) {
        return sum(frame, IP + 12, 8) + protocol + lengthBytes;
    }

    /** {@return a packet from the gateway with an empty payload of so many bytes} */
    static byte[] ip(byte[] card, int protocol, int to, int payloadBytes) {
        byte[] frame = new byte[PAYLOAD + payloadBytes];
        ethernet(frame, card, TYPE_IP);
        frame[IP] = 0x45;
        half(frame, IP + 2, 20 + payloadBytes);
        half(frame, IP + 6, DO_NOT_FRAGMENT);
        frame[IP + 8] = TTL;
        frame[IP + 9] = (byte) protocol;
        word(frame, IP + 12, GATEWAY);
        word(frame, IP + 16, to);
        half(frame, IP + 10, checksum(sum(frame, IP, 20)));
        return frame;
    }

    static void ethernet(byte[] frame, byte[] card, int type) {
        System.arraycopy(card, 0, frame, 0, 6);
        System.arraycopy(GATEWAY_CARD, 0, frame, 6, 6);
        half(frame, 12, type);
    }

    /** {@return a UDP packet from the gateway} */
    static byte[] udp(byte[] card, int fromPort, int to, int toPort, byte[] data, int lengthBytes) {
        byte[] frame = ip(card, UDP, to, 8 + lengthBytes);
        half(frame, PAYLOAD, fromPort);
        half(frame, PAYLOAD + 2, toPort);
        half(frame, PAYLOAD + 4, 8 + lengthBytes);
        System.arraycopy(data, 0, frame, PAYLOAD + 8, lengthBytes);
        int sum = checksum(pseudo(frame, UDP, 8 + lengthBytes) + sum(frame, PAYLOAD, 8 + lengthBytes));
        half(frame, PAYLOAD + 6, sum == 0 ? 0xFFFF : sum);
        return frame;
    }
}
