package org.cupule.hsm.socket;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.cupule.host.Descriptor;
import org.cupule.host.DescriptorTable;
import org.cupule.host.EventFd;
import org.cupule.host.Host;
import org.cupule.host.LocalEventFd;
import org.cupule.host.PeerCredentials;
import org.cupule.host.SocketType;
import org.cupule.host.UnixConnection;
import org.cupule.host.UnixServer;
import org.cupule.hsm.CallerMemory;
import org.cupule.hsm.HsmDevice;
import org.cupule.hsm.HsmHandle;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.jspecify.annotations.Nullable;

/** Both ends of a conversation, without a system below. */
final class Fakes {
    private static final long DEADLINE_SECONDS = 60;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private Fakes() {
    }

    /** A connection whose other end is the test. */
    static final class Connection implements UnixConnection {
        private final BlockingQueue<Received> incoming = new LinkedBlockingQueue<>();
        private final BlockingQueue<byte[]> answers = new LinkedBlockingQueue<>();
        volatile boolean closed;

        void say(byte[] packet, Descriptor... descriptors) {
            incoming.add(new Received(packet, List.of(descriptors)));
        }

        void hangUp() {
            incoming.add(new Received(new byte[0], List.of()));
        }

        /** {@return the next answer's result} */
        int result() {
            return MemorySegment.ofArray(answer()).get(INT, 0);
        }

        byte[] answer() {
            try {
                byte[] answer = answers.poll(DEADLINE_SECONDS, TimeUnit.SECONDS);
                if (answer == null) {
                    throw new AssertionError("no answer");
                }
                return answer;
            } catch (InterruptedException stop) {
                throw new AssertionError(stop);
            }
        }

        boolean silent() {
            return answers.isEmpty();
        }

        @Override
        public PeerCredentials peer() {
            return new PeerCredentials(1, 2, 3);
        }

        @Override
        public void send(byte[] bytes, List<Descriptor> descriptors) {
            if (closed) {
                throw new HsmException(Errno.EBADF, "send", "closed");
            }
            answers.add(bytes);
        }

        @Override
        public Received receive(int maxBytes) {
            try {
                return incoming.take();
            } catch (InterruptedException stop) {
                throw new AssertionError(stop);
            }
        }

        @Override
        public Watch onHangUp(Runnable action) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close() {
            closed = true;
            hangUp();
        }
    }

    /** A packet. */
    static byte[] packet(int kind, int command, long argument, int flags, byte[] bytes) {
        byte[] packet = new byte[Request.HEADER + bytes.length];
        MemorySegment to = MemorySegment.ofArray(packet);
        to.set(INT, 0, kind);
        to.set(INT, 4, command);
        to.set(LONG, 8, argument);
        to.set(INT, 16, flags);
        to.set(INT, 20, bytes.length);
        System.arraycopy(bytes, 0, packet, Request.HEADER, bytes.length);
        return packet;
    }

    static byte[] open() {
        return packet(Request.OPEN, 0, Request.VERSION, 0, new byte[0]);
    }

    static byte[] join(byte[] token) {
        byte[] packet = packet(Request.JOIN, 0, 0, 0, new byte[0]);
        System.arraycopy(token, 0, packet, 48, Request.TOKEN);
        return packet;
    }

    /** The same packet with memory that comes along. */
    static byte[] withMemory(byte[] packet, long address, long lengthBytes, long offset) {
        MemorySegment to = MemorySegment.ofArray(packet);
        to.set(LONG, 24, address);
        to.set(LONG, 32, lengthBytes);
        to.set(LONG, 40, offset);
        return packet;
    }

    /** A device whose ioctls the test carries out. */
    static final class Device implements HsmDevice {
        final List<Handle> handles = new CopyOnWriteArrayList<>();
        volatile Action action = (handle, command, argument) -> 0;

        interface Action {
            int ioctl(Handle handle, int command, long argument);
        }

        @Override
        public HsmHandle open(CallerMemory memory, DescriptorTable descriptors) {
            Handle handle = new Handle(this, memory, descriptors);
            handles.add(handle);
            return handle;
        }
    }

    static final class Handle implements HsmHandle {
        final CallerMemory memory;
        final DescriptorTable descriptors;
        volatile boolean closed;
        private final Device device;

        Handle(Device device, CallerMemory memory, DescriptorTable descriptors) {
            this.device = device;
            this.memory = memory;
            this.descriptors = descriptors;
        }

        @Override
        public int ioctl(int command, long argument) {
            try {
                return device.action.ioctl(this, command, argument);
            } catch (HsmException refused) {
                return -refused.errno().number();
            }
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    static final class File implements Descriptor {
        volatile boolean closed;

        @Override
        public int number() {
            return 9;
        }

        @Override
        public String target() {
            return "fake";
        }

        @Override
        public Descriptor duplicate() {
            return new File();
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    /** A host that maps nothing but new memory. */
    static final class MemoryHost implements Host {
        final EventFd counter = LocalEventFd.create(0);
        private volatile @Nullable EventFd peers;

        @Override
        public String name() {
            return "fake";
        }

        @Override
        public Descriptor memory(String name, long lengthBytes) {
            throw new UnsupportedOperationException();
        }

        @Override
        public MemorySegment map(Descriptor memory, long offset, long lengthBytes, Arena arena) {
            return arena.allocate(lengthBytes, 4096).fill((byte) offset);
        }

        @Override
        public EventFd eventFd(int initial) {
            throw new UnsupportedOperationException();
        }

        @Override
        public EventFd eventFd(Descriptor descriptor) {
            EventFd lent = peers == null ? counter.duplicate() : peers;
            peers = null;
            return lent;
        }

        /** From now on the test has no handle of the counter, but the one that comes with the next packet. */
        void onlyByPeer() {
            peers = counter.duplicate();
            counter.close();
        }

        @Override
        public DescriptorTable descriptors() {
            throw new UnsupportedOperationException();
        }

        @Override
        public UnixServer listen(Path path, SocketType type) {
            throw new UnsupportedOperationException();
        }

        @Override
        public UnixConnection connect(Path path, SocketType type) {
            throw new UnsupportedOperationException();
        }
    }
}
