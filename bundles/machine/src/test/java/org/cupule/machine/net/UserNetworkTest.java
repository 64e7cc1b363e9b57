package org.cupule.machine.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UserNetworkTest {
    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();
    private static final int PORT = 4000;
    private static final int FIRST = 1000;
    private static final int ACK = Segment.ACK;
    private static final byte[] NOTHING = {};

    private UserNetwork network = new UserNetwork(Rules.of("user"));
    private WireGuest guest = new WireGuest(network);

    @AfterEach
    void close() {
        network.close();
    }

    private void connect(String rules) {
        network.close();
        network = new UserNetwork(Rules.of(rules));
        guest = new WireGuest(network);
    }

    private static int freePort() throws IOException {
        try (var probe = new ServerSocket(0, 1, LOOPBACK)) {
            return probe.getLocalPort();
        }
    }

    private static byte[] ask(int address) {
        byte[] frame = new byte[42];
        Arrays.fill(frame, 0, 6, (byte) -1);
        System.arraycopy(WireGuest.CARD, 0, frame, 6, 6);
        Packet.half(frame, 12, Packet.TYPE_ARP);
        Packet.word(frame, 14, 0x0001_0800);
        Packet.word(frame, 18, 0x0604_0001);
        System.arraycopy(WireGuest.CARD, 0, frame, 22, 6);
        Packet.word(frame, 28, Packet.GUEST);
        Packet.word(frame, 38, address);
        return frame;
    }

    @Test
    void tellsTheGatewaysCard() {
        guest.send(ask(Packet.NETWORK + 9));
        guest.send(ask(Packet.GATEWAY));
        byte[] answer = guest.await(frame -> true);
        assertThat(Arrays.copyOfRange(answer, 22, 28)).isEqualTo(Packet.GATEWAY_CARD);
        assertThat(Packet.word(answer, 28)).isEqualTo(Packet.GATEWAY);
        assertThat(Packet.word(answer, 38)).isEqualTo(Packet.GUEST);
    }

    @Test
    void answersAnEcho() {
        byte[] frame = WireGuest.packet(Packet.ICMP, 16);
        frame[Packet.PAYLOAD] = 8;
        frame[Packet.PAYLOAD + 9] = 77;
        Packet.half(frame, Packet.PAYLOAD + 2, Packet.checksum(Packet.sum(frame, Packet.PAYLOAD, 16)));
        guest.send(frame);
        byte[] answer = guest.await(each -> true);
        assertThat(answer[Packet.PAYLOAD]).isZero();
        assertThat(answer[Packet.PAYLOAD + 9]).isEqualTo((byte) 77);
        assertThat(Packet.checksum(Packet.sum(answer, Packet.PAYLOAD, 16))).isZero();
    }

    private byte[] dhcp(int kind, int asked) {
        byte[] data = new byte[260];
        data[0] = 1;
        data[1] = 1;
        data[2] = 6;
        Packet.word(data, 4, 0x1234_5678);
        System.arraycopy(WireGuest.CARD, 0, data, 28, 6);
        Packet.word(data, 236, 0x63825363);
        data[240] = 53;
        data[241] = 1;
        data[242] = (byte) kind;
        data[243] = 50;
        data[244] = 4;
        Packet.word(data, 245, asked);
        data[249] = -1;
        guest.udp(68, 67, data);
        return guest.await(frame -> frame.length > 300);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void givesTheGuestItsAddressAndNoNameServer(int kind) {
        byte[] answer = dhcp(kind, Packet.GUEST);
        int at = Packet.PAYLOAD + 8;
        assertThat(Packet.word(answer, at + 4)).isEqualTo(0x1234_5678);
        assertThat(Packet.word(answer, at + 16)).isEqualTo(Packet.GUEST);
        assertThat(answer[at + 242]).isEqualTo((byte) (kind == 1 ? 2 : 5));
        assertThat(Arrays.copyOfRange(answer, at + 243, at + 268)).doesNotContain(6);
    }

    @Test
    void refusesAnotherAddress() {
        assertThat(dhcp(3, Packet.NETWORK + 99)[Packet.PAYLOAD + 8 + 242]).isEqualTo((byte) 6);
    }

    @Test
    void refusesAConnectionWithoutARule() {
        guest.tcp(PORT, 80, FIRST, 0, Segment.SYN, 60_000, NOTHING);
        Segment answer = guest.segment(PORT, each -> true);
        assertThat(answer.flags()).isEqualTo(Segment.RST | ACK);
        assertThat(answer.acknowledgement()).isEqualTo(FIRST + 1);
    }

    @Test
    void refusesAConnectionThatTheHostRefuses() throws IOException {
        connect("user:tcp-out=80:" + freePort());
        guest.tcp(PORT, 80, FIRST, 0, Segment.SYN, 60_000, NOTHING);
        assertThat(guest.segment(PORT, each -> true).has(Segment.RST)).isTrue();
    }

    /** {@return the number that the network begins with, plus one: its call was answered} */
    private int opened(int port, int to) {
        guest.tcp(port, to, FIRST, 0, Segment.SYN, 60_000, NOTHING);
        Segment answer = guest.segment(port, each -> each.has(Segment.SYN));
        assertThat(answer.flags()).isEqualTo(Segment.SYN | ACK);
        assertThat(answer.acknowledgement()).isEqualTo(FIRST + 1);
        assertThat(answer.mss()).isEqualTo(1460);
        guest.tcp(port, to, FIRST + 1, answer.sequence() + 1, ACK, 60_000, NOTHING);
        return answer.sequence() + 1;
    }

    @Test
    void carriesBytesBothWaysAndEnds() throws Exception {
        byte[] sent = new byte[300_000];
        new Random(1).nextBytes(sent);
        try (var server = new ServerSocket(0, 1, LOOPBACK)) {
            connect("user:tcp-out=80:" + server.getLocalPort());
            var heard = CompletableFuture.supplyAsync(() -> talk(server, sent));
            int next = opened(PORT, 80);
            guest.tcp(PORT, 80, FIRST + 1, next, ACK | Segment.PSH, 8_000, "hello".getBytes());
            guest.tcp(PORT, 80, FIRST + 6, next, ACK | Segment.FIN, 8_000, NOTHING);
            var got = new ByteArrayOutputStream();
            Segment last;
            do {
                int expected = next;
                last = guest.segment(PORT, each -> each.sequence() == expected && each.span() > 0);
                got.write(last.frame(), last.dataAt(), last.lengthBytes());
                next += last.span();
                guest.tcp(PORT, 80, FIRST + 7, next, ACK, 8_000, NOTHING);
            } while (!last.has(Segment.FIN));
            assertThat(got.toByteArray()).isEqualTo(sent);
            assertThat(heard.get()).isEqualTo("hello");
        }
    }

    private static String talk(ServerSocket server, byte[] sent) {
        try (Socket socket = server.accept()) {
            String heard = new String(socket.getInputStream().readAllBytes());
            socket.getOutputStream().write(sent);
            return heard;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void sendsAgainWhatIsNotAcknowledged() throws Exception {
        try (var server = new ServerSocket(0, 1, LOOPBACK)) {
            connect("user:tcp-out=" + server.getLocalPort());
            int next = opened(PORT, server.getLocalPort());
            try (Socket socket = server.accept()) {
                socket.getOutputStream().write("one".getBytes());
                Segment first = guest.segment(PORT, each -> each.lengthBytes() > 0);
                Segment again = guest.segment(PORT, each -> each.lengthBytes() > 0);
                assertThat(first.sequence()).isEqualTo(next);
                assertThat(again.sequence()).isEqualTo(next);
                assertThat(again.lengthBytes()).isEqualTo(3);
            }
        }
    }

    @Test
    void sendsNoMoreThanTheWindow() throws Exception {
        try (var server = new ServerSocket(0, 1, LOOPBACK)) {
            connect("user:tcp-out=" + server.getLocalPort());
            int next = opened(PORT, server.getLocalPort());
            try (Socket socket = server.accept()) {
                guest.tcp(PORT, server.getLocalPort(), FIRST + 1, next, ACK | Segment.PSH, 10, "x".getBytes());
                assertThat(socket.getInputStream().read()).isEqualTo('x');
                socket.getOutputStream().write(new byte[100]);
                assertThat(guest.segment(PORT, each -> each.lengthBytes() > 0).lengthBytes()).isEqualTo(10);
            }
        }
    }

    @Test
    void aResetOfTheGuestEndsTheHostsSocket() throws Exception {
        try (var server = new ServerSocket(0, 1, LOOPBACK)) {
            connect("user:tcp-out=" + server.getLocalPort());
            int next = opened(PORT, server.getLocalPort());
            try (Socket socket = server.accept()) {
                guest.tcp(PORT, server.getLocalPort(), FIRST + 1, next, Segment.RST, 0, NOTHING);
                assertThatThrownBy(() -> assertThat(socket.getInputStream().read()).isEqualTo(-2))
                        .isInstanceOfAny(IOException.class, AssertionError.class);
            }
        }
    }

    @Test
    void callsTheGuestForAPortOfTheHost() throws Exception {
        int port = freePort();
        connect("user:tcp-in=" + port + ":22");
        guest.send(ask(Packet.GATEWAY));
        guest.await(each -> true);
        try (Socket socket = new Socket(LOOPBACK, port)) {
            Segment call = guest.segment(22, each -> each.has(Segment.SYN));
            guest.tcp(22, call.fromPort(), 500, call.sequence() + 1, Segment.SYN | ACK, 60_000, NOTHING);
            guest.tcp(22, call.fromPort(), 501, call.sequence() + 1, ACK | Segment.PSH, 60_000, "ready".getBytes());
            assertThat(new String(socket.getInputStream().readNBytes(5))).isEqualTo("ready");
            socket.getOutputStream().write("thanks".getBytes());
            Segment said = guest.segment(22, each -> each.lengthBytes() > 0);
            assertThat(new String(said.frame(), said.dataAt(), said.lengthBytes())).isEqualTo("thanks");
        }
    }

    @Test
    void bringsDatagramsToAPortOfTheHostAndTheirAnswers() throws Exception {
        try (var host = new DatagramSocket(0, LOOPBACK)) {
            connect("user:udp-out=53:" + host.getLocalPort());
            guest.udp(PORT, 53, "question".getBytes());
            var packet = new DatagramPacket(new byte[100], 100);
            host.setSoTimeout(20_000);
            host.receive(packet);
            assertThat(new String(packet.getData(), 0, packet.getLength())).isEqualTo("question");
            host.send(new DatagramPacket("answer".getBytes(), 6, packet.getSocketAddress()));
            byte[] answer = guest.await(each -> each[Packet.IP + 9] == Packet.UDP);
            assertThat(Packet.half(answer, Packet.PAYLOAD)).isEqualTo(53);
            assertThat(Packet.half(answer, Packet.PAYLOAD + 2)).isEqualTo(PORT);
            assertThat(new String(answer, Packet.PAYLOAD + 8, 6)).isEqualTo("answer");
        }
    }

    @Test
    void bringsDatagramsOfTheHostToTheGuestAndItsAnswers() throws Exception {
        int port = freePort();
        connect("user:udp-in=" + port + ":7");
        try (var host = new DatagramSocket(0, LOOPBACK)) {
            host.send(new DatagramPacket("call".getBytes(), 4, LOOPBACK, port));
            byte[] call = guest.await(each -> each[Packet.IP + 9] == Packet.UDP);
            assertThat(Packet.half(call, Packet.PAYLOAD + 2)).isEqualTo(7);
            guest.udp(7, Packet.half(call, Packet.PAYLOAD), "reply".getBytes());
            var packet = new DatagramPacket(new byte[100], 100);
            host.setSoTimeout(20_000);
            host.receive(packet);
            assertThat(new String(packet.getData(), 0, packet.getLength())).isEqualTo("reply");
        }
    }

    @Test
    void hasABoundedNumberOfConnections() throws IOException {
        try (var server = new ServerSocket(0, 200, LOOPBACK)) {
            connect("user:tcp-out=80:" + server.getLocalPort());
            for (int i = 0; i < 64; i++) {
                opened(PORT + i, 80);
            }
            guest.tcp(PORT + 64, 80, FIRST, 0, Segment.SYN, 60_000, NOTHING);
            assertThat(guest.segment(PORT + 64, each -> true).has(Segment.RST)).isTrue();
        }
    }

    @Test
    void saysWhenAPortIsTaken() throws IOException {
        try (var server = new ServerSocket(0, 1, LOOPBACK)) {
            assertThatThrownBy(() -> new UserNetwork(Rules.of("user:tcp-in=" + server.getLocalPort() + ":22")))
                    .isInstanceOf(HsmException.class).hasMessageContaining("cannot be opened");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tap", "user:", "user:tcp-out", "user:tcp-out=0", "user:tcp-out=65536", "user:sctp-in=1",
            "user:tcp-in=22:", "user:tcp-out=80;tcp-in=22"})
    void refusesWhatIsNoRule(String backend) {
        assertThatThrownBy(() -> Rules.of(backend)).isInstanceOf(HsmException.class);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void standsAnyFrame(long seed) throws IOException {
        var random = new Random(seed);
        try (var server = new ServerSocket(0, 200, LOOPBACK)) {
            connect("user:tcp-out=80:" + server.getLocalPort() + ",udp-out=53:" + server.getLocalPort());
            for (int i = 0; i < 3000; i++) {
                guest.send(noise(random));
                guest.poll();
            }
            byte[] answer = guest.insist(ask(Packet.GATEWAY), frame -> Packet.half(frame, 12) == Packet.TYPE_ARP
                    && Packet.word(frame, 38) == Packet.GUEST);
            assertThat(Packet.word(answer, 28)).isEqualTo(Packet.GATEWAY);
        }
    }

    /** Segments with right checksums and wrong everything else, and sheer noise. */
    private static byte[] noise(Random random) {
        if (random.nextInt(3) == 0) {
            byte[] frame = new byte[14 + random.nextInt(300)];
            random.nextBytes(frame);
            Packet.half(frame, 12, random.nextBoolean() ? Packet.TYPE_IP : Packet.TYPE_ARP);
            return frame;
        }
        byte[] frame = WireGuest.packet(Packet.TCP, 20 + random.nextInt(100));
        int at = Packet.PAYLOAD;
        for (int i = at; i < frame.length; i++) {
            frame[i] = (byte) random.nextInt();
        }
        Packet.half(frame, at, PORT + random.nextInt(3));
        Packet.half(frame, at + 2, 80);
        frame[at + 12] = (byte) (random.nextInt(10) == 0 ? random.nextInt() : 0x50);
        frame[at + 13] = (byte) (random.nextBoolean() ? Segment.SYN : random.nextInt(64));
        Packet.half(frame, at + 16, 0);
        return Segment.sealed(frame);
    }
}
