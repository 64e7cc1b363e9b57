package org.cupule.fuzz;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.cupule.abi.IoctlNumber;
import org.cupule.host.Descriptor;
import org.cupule.host.DescriptorTable;
import org.cupule.host.EventFd;
import org.cupule.host.Host;
import org.cupule.host.LocalEventFd;
import org.cupule.host.SocketType;
import org.cupule.host.UnixConnection;
import org.cupule.host.UnixServer;
import org.cupule.hsm.HsmDevice;
import org.cupule.hsm.impl.RoutingHsm;
import org.cupule.hsm.impl.device.IoctlDevice;
import org.cupule.hsm.socket.FuzzedConversation;
import org.cupule.hv.sim.BenchSim;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * Packets of a client of the HSM socket, on the simulated hypervisor: any bytes, any descriptors, in any order. When
 * the client is gone, no file is open, no VM there, no memory mapped and no descriptor open.
 */
public final class SocketFuzz {
    private static final int MAX_PACKETS = 24;
    private static final int HEADER_BYTES = 64;
    private static final int STRUCTURE_BYTES = 296;
    private static final int IOCTL = 3;
    private static final long PAGES = 0x7F00_0000_0000L;
    private static final List<IoctlNumber> COMMANDS = List.of(IoctlNumber.values());
    private static final RoutingHsm HSM = new RoutingHsm();
    private static final HsmDevice DEVICE = new IoctlDevice(HSM);

    static {
        HSM.bind(BenchSim.hypervisor(), Map.of());
    }

    private SocketFuzz() {
    }

    /** Tries one input. */
    public static void fuzzerTestOneInput(FuzzedDataProvider data) {
        FuzzedConversation client = new FuzzedConversation();
        MemoryHost host = new MemoryHost();
        List<File> files = new ArrayList<>();
        if (data.consumeProbabilityFloat() < 0.9) {
            client.open();
        }
        for (int i = 0; i < MAX_PACKETS && data.remainingBytes() > 0; i++) {
            List<Descriptor> along = List.of();
            byte[] packet = packet(data);
            if (data.consumeBoolean()) {
                File file = new File();
                files.add(file);
                along = List.of(file);
            }
            client.say(packet, along);
        }
        int open = client.run(DEVICE, host);
        if (open != 0 || !HSM.machines().isEmpty() || host.mapped() != 0 || files.stream().anyMatch(f -> !f.closed)) {
            throw new AssertionError("%d files, %d VMs, %d mappings are left".formatted(open, HSM.machines().size(),
                    host.mapped()));
        }
    }

    private static byte[] packet(FuzzedDataProvider data) {
        if (data.consumeProbabilityFloat() < 0.1) {
            return data.consumeBytes(HEADER_BYTES + STRUCTURE_BYTES);
        }
        byte[] bytes = data.consumeBytes(STRUCTURE_BYTES);
        byte[] packet = Arrays.copyOf(FuzzedConversation.packet(data.consumeInt(1, 5) == 5 ? 5 : IOCTL,
                data.pickValue(COMMANDS).number(), data.consumeBoolean() ? PAGES : data.consumeLong()),
                HEADER_BYTES + bytes.length);
        System.arraycopy(bytes, 0, packet, HEADER_BYTES, bytes.length);
        MemorySegment to = MemorySegment.ofArray(packet);
        to.set(ValueLayout.JAVA_INT_UNALIGNED, 16, data.consumeInt(0, 3));
        to.set(ValueLayout.JAVA_INT_UNALIGNED, 20, bytes.length);
        to.set(ValueLayout.JAVA_LONG_UNALIGNED, 24, PAGES);
        to.set(ValueLayout.JAVA_LONG_UNALIGNED, 32, data.consumeInt(-1, 8) * 4096L);
        if (bytes.length >= 48 && data.consumeBoolean()) { // an address that is good, where structures have theirs
            to.set(ValueLayout.JAVA_LONG_UNALIGNED, HEADER_BYTES + data.consumeInt(1, 4) * 8L, PAGES);
        }
        return packet;
    }

    /** A descriptor of memory, and of an eventfd, as it is wanted. */
    private static final class File implements Descriptor {
        private boolean closed;

        @Override
        public int number() {
            return 3;
        }

        @Override
        public String target() {
            return "fuzz";
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

    /** Maps new memory, and knows what is still mapped. */
    private static final class MemoryHost implements Host {
        private static final long MOST = 1 << 20;
        private final List<MemorySegment> segments = new ArrayList<>();

        long mapped() {
            return segments.stream().filter(segment -> segment.scope().isAlive()).count();
        }

        @Override
        public MemorySegment map(Descriptor memory, long offset, long lengthBytes, Arena arena) {
            if (lengthBytes <= 0 || lengthBytes > MOST) {
                throw new HsmException(Errno.EINVAL, "map", lengthBytes + " bytes are not there");
            }
            MemorySegment segment = arena.allocate(lengthBytes, 4096);
            segments.add(segment);
            return segment;
        }

        @Override
        public EventFd eventFd(Descriptor descriptor) {
            return LocalEventFd.create(0);
        }

        private static HsmException unasked() {
            return new HsmException(Errno.EOPNOTSUPP, "fuzz", "nobody asks for this");
        }

        @Override
        public String name() {
            return "fuzz";
        }

        @Override
        public Descriptor memory(String name, long lengthBytes) {
            throw unasked();
        }

        @Override
        public EventFd eventFd(int initial) {
            throw unasked();
        }

        @Override
        public DescriptorTable descriptors() {
            throw unasked();
        }

        @Override
        public UnixServer listen(Path path, SocketType type) {
            throw unasked();
        }

        @Override
        public UnixConnection connect(Path path, SocketType type) {
            throw unasked();
        }
    }
}
