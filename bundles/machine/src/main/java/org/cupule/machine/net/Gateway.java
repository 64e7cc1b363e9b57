package org.cupule.machine.net;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What the gateway answers by itself: who has its address (ARP), echoes (ICMP), and addresses (DHCP).
 *
 * <pre>
 * ARP    0E hardware 2   10 protocol 2   12 lengths 1, 1   14 operation 2   16 sender 6, 4   20 target 6, 4
 * DHCP   00 op 1   01 hardware 3   04 xid 4   0A flags 2   10 yours 4   14 server 4   1C card 16   EC cookie 4, options
 * </pre>
 *
 * <p>
 * Source: RFC 826, RFC 792, RFC 2131, RFC 2132.
 *
 * @threading any thread: functions without state
 */
final class Gateway {
    private static final int ARP = Packet.ETHERNET;
    private static final int ARP_BYTES = 28;
    private static final int REQUEST = 1;
    private static final int REPLY = 2;

    private static final int ECHO = 8;
    private static final int ECHO_REPLY = 0;

    private static final int DHCP_SERVER = 67;
    private static final int DHCP_CLIENT = 68;
    private static final int OPTIONS = 240;
    private static final int COOKIE = 0x63825363;
    private static final int DHCP_BYTES = 300;
    private static final int DISCOVER = 1;
    private static final int OFFER = 2;
    private static final int ASK = 3;
    private static final int ACK = 5;
    private static final int NAK = 6;
    private static final int LEASE_SECONDS = 86_400;

    private Gateway() {
    }

    /** {@return the answer to an ARP frame, or null} */
    static byte @Nullable [] arp(byte[] frame) {
        if (frame.length < ARP + ARP_BYTES || Packet.word(frame, ARP) != 0x0001_0800
                || Packet.word(frame, ARP + 4) != 0x0604_0000 + REQUEST
                || Packet.word(frame, ARP + 24) != Packet.GATEWAY) {
            return null;
        }
        byte[] answer = new byte[ARP + ARP_BYTES];
        Packet.ethernet(answer, Arrays.copyOfRange(frame, 6, 12), Packet.TYPE_ARP);
        Packet.word(answer, ARP, 0x0001_0800);
        Packet.word(answer, ARP + 4, 0x0604_0000 + REPLY);
        System.arraycopy(Packet.GATEWAY_CARD, 0, answer, ARP + 8, 6);
        Packet.word(answer, ARP + 14, Packet.GATEWAY);
        System.arraycopy(frame, ARP + 8, answer, ARP + 18, 10);
        return answer;
    }

    /** {@return the answer to an echo request, or null} */
    static byte @Nullable [] icmp(byte[] card, int from, byte[] frame, int at, int lengthBytes) {
        if (lengthBytes < 8 || frame[at] != ECHO || Packet.checksum(Packet.sum(frame, at, lengthBytes)) != 0) {
            return null;
        }
        byte[] answer = Packet.ip(card, Packet.ICMP, from, lengthBytes);
        System.arraycopy(frame, at, answer, Packet.PAYLOAD, lengthBytes);
        answer[Packet.PAYLOAD] = ECHO_REPLY;
        Packet.half(answer, Packet.PAYLOAD + 2, 0);
        Packet.half(answer, Packet.PAYLOAD + 2,
                Packet.checksum(Packet.sum(answer, Packet.PAYLOAD, lengthBytes)));
        return answer;
    }

    /** {@return whether a datagram is one of DHCP} */
    static boolean isDhcp(int fromPort, int toPort) {
        return fromPort == DHCP_CLIENT && toPort == DHCP_SERVER;
    }

    /** {@return the answer to a DHCP message, or null} */
    static byte @Nullable [] dhcp(byte[] frame, int at, int lengthBytes) {
        if (lengthBytes < OPTIONS || frame[at] != REQUEST || Packet.word(frame, at + 236) != COOKIE) {
            return null;
        }
        int end = at + lengthBytes;
        int kind = option(frame, at, end, 53, 1);
        int answer = switch (kind) {
            case DISCOVER -> OFFER;
            case ASK -> wanted(frame, at, end) == Packet.GUEST ? ACK : NAK;
            default -> 0;
        };
        boolean others = option(frame, at, end, 54, 4) != 0 && option(frame, at, end, 54, 4) != Packet.GATEWAY;
        return answer == 0 || others ? null : message(frame, at, answer);
    }

    /** {@return the address that the guest asks for: in an option, or, when it renews it, as its own} */
    private static int wanted(byte[] frame, int at, int end) {
        int asked = option(frame, at, end, 50, 4);
        return asked == 0 ? Packet.word(frame, at + 12) : asked;
    }

    /** {@return the number in an option, 0 when it is not there} */
    private static int option(byte[] frame, int at, int end, int wanted, int lengthBytes) {
        int next = at + OPTIONS;
        while (next + 1 < end && frame[next] != -1) {
            int length = frame[next + 1] & 0xFF;
            if (frame[next] == 0) {
                next++;
            } else if ((frame[next] & 0xFF) == wanted && length == lengthBytes && next + 2 + length <= end) {
                return lengthBytes == 1 ? frame[next + 2] & 0xFF : Packet.word(frame, next + 2);
            } else {
                next += 2 + length;
            }
        }
        return 0;
    }

    private static byte[] message(byte[] frame, int at, int kind) {
        byte[] data = new byte[DHCP_BYTES];
        System.arraycopy(frame, at, data, 0, 44);
        data[0] = REPLY;
        Packet.word(data, 12, 0);
        Packet.word(data, 16, kind == NAK ? 0 : Packet.GUEST);
        Packet.word(data, 20, Packet.GATEWAY);
        Packet.word(data, 236, COOKIE);
        int next = put(data, OPTIONS, 53, 1, kind << 24);
        next = put(data, next, 54, 4, Packet.GATEWAY);
        if (kind != NAK) {
            next = put(data, next, 51, 4, LEASE_SECONDS);
            next = put(data, next, 1, 4, Packet.MASK);
            next = put(data, next, 3, 4, Packet.GATEWAY);
        }
        data[next] = -1;
        byte[] card = Arrays.copyOfRange(frame, at + 28, at + 34);
        return Packet.udp(kind == NAK ? Packet.EVERYBODY : card, DHCP_SERVER, kind == NAK ? -1 : Packet.GUEST,
                DHCP_CLIENT, data, data.length);
    }

    private static int put(byte[] data, int at, int option, int lengthBytes, int value) {
        data[at] = (byte) option;
        data[at + 1] = (byte) lengthBytes;
        byte[] number = new byte[4];
        Packet.word(number, 0, value);
        System.arraycopy(number, 0, data, at + 2, lengthBytes);
        return at + 2 + lengthBytes;
    }
}
