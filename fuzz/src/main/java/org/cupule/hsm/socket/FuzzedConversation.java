package org.cupule.hsm.socket;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import org.cupule.abi.IoctlNumber;
import org.cupule.host.Descriptor;
import org.cupule.host.Host;
import org.cupule.host.PeerCredentials;
import org.cupule.host.UnixConnection;
import org.cupule.hsm.HsmDevice;

/** One conversation with a client that says what it is told. In its package to reach what is not public. */
public final class FuzzedConversation implements UnixConnection {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Queue<Received> packets = new ArrayDeque<>();
    private boolean waits;

    /** Begins with nothing to say. */
    public FuzzedConversation() {
        // Packets are added one by one.
    }

    /** Says an OPEN. */
    public void open() {
        say(packet(Request.OPEN, 0, Request.VERSION), List.of());
    }

    /** Says a packet. */
    public void say(byte[] bytes, List<Descriptor> descriptors) {
        packets.add(new Received(bytes, descriptors));
    }

    /** {@return the header of an ioctl} */
    public static byte[] packet(int kind, int command, long argument) {
        byte[] packet = new byte[Request.HEADER];
        MemorySegment to = MemorySegment.ofArray(packet);
        to.set(INT, 0, kind);
        to.set(INT, 4, command);
        to.set(ValueLayout.JAVA_LONG_UNALIGNED, 8, argument);
        return packet;
    }

    /** Talks to the end. @return how many files are open afterwards */
    public int run(HsmDevice device, Host host) {
        OpenFiles files = new OpenFiles(device);
        new Conversation(host, files, this).run();
        packets.forEach(left -> left.descriptors().forEach(Descriptor::close));
        return files.count();
    }

    @Override
    public PeerCredentials peer() {
        return new PeerCredentials(1, 1, 1);
    }

    @Override
    public void send(byte[] bytes, List<Descriptor> descriptors) {
        // The client does not read.
    }

    /** Each wait is cancelled. */
    @Override
    public Received receive(int maxBytes) {
        if (waits) {
            waits = false;
            return new Received(packet(Request.CANCEL, 0, 0), List.of());
        }
        Received next = packets.poll();
        if (next == null) {
            return new Received(new byte[0], List.of());
        }
        waits = next.bytes().length >= 2 * Integer.BYTES
                && MemorySegment.ofArray(next.bytes()).get(INT, 4) == IoctlNumber.ATTACH_IOREQ_CLIENT.number();
        return next;
    }

    @Override
    public Watch onHangUp(Runnable action) {
        throw new UnsupportedOperationException("nobody asks");
    }

    @Override
    public void close() {
        packets.forEach(left -> left.descriptors().forEach(Descriptor::close));
        packets.clear();
    }
}
