package org.cupule.tck.hsm;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.cupule.pci.BarSpec;
import org.cupule.pci.BarSpec.Kind;
import org.cupule.pci.HostDeviceContext;
import org.cupule.pci.HostDeviceModel;
import org.cupule.pci.HostDeviceProvider;
import org.cupule.pci.HostMmioDevice;
import org.cupule.pci.HostPciDevice;
import org.cupule.pci.PciFunctionSpec;
import org.cupule.pci.PciFunctionSpec.MsixTable;
import org.cupule.types.Bdf;
import org.cupule.types.IoRange;
import org.jspecify.annotations.Nullable;

/**
 * A small host for tests of passthrough.
 *
 * <pre>
 *  00:01.0  a bridge
 *  00:03.0  a function: memory of 4096 bytes, 16 ports, INTA# on host pin 17, 4 messages
 *             memory +0 scratch   +8 write: level of the line   +12 write: sends that message
 *                    +16 write: guest address from which the scratch register's 8 bytes are fetched (DMA)
 *             ports  +0 the same scratch register
 *  00:04.0  another one of the same kind, on host pin 17 too, with 8 messages by MSI-X as well: the table at +0x800 of
 *             its memory, the pending bits at +0xc00
 *  memory   "tpm" at 0xfed40000, 8 KiB: a scratch register every 8 bytes, of 8 bytes
 * </pre>
 *
 * @threading any thread
 */
public final class ScriptedDevices implements HostDeviceProvider {
    /** The function. */
    public static final Bdf FUNCTION = Bdf.parse("00:03.0");
    /** The other function. */
    public static final Bdf OTHER = Bdf.parse("00:04.0");
    /** The bridge. */
    public static final Bdf BRIDGE = Bdf.parse("00:01.0");
    /** Where the memory device is. */
    public static final long MEMORY = 0xFED4_0000L;
    /** Bytes of the memory device. */
    public static final long MEMORY_BYTES = 0x2000;
    /** The host's line of both functions. */
    public static final int PIN = 17;
    /** Offset: level of the line. */
    public static final int LINE = 8;
    /** Offset: sends a message. */
    public static final int MESSAGE = 12;
    /** Offset: the other function's MSI-X table, 16 bytes a message. */
    public static final int TABLE = 0x800;
    /** Offset: its pending bits. */
    public static final int PENDING = 0xC00;
    /** Offset: transfers from the guest. */
    public static final int DMA = 16;

    private static final int MOST_MODELS = 64;

    private volatile boolean failingAttach;
    private final List<Model> models = new CopyOnWriteArrayList<>();
    private final List<HostPciDevice> functions = List.of(new Function(BRIDGE, 0x06_0400, -1),
            new Function(FUNCTION, 0xFF_0000, PIN), new Function(OTHER, 0xFF_0000, PIN) {
                @Override
                public PciFunctionSpec spec() {
                    return super.spec().with(new MsixTable(8, 0, TABLE, PENDING));
                }
            });

    /** Lets each further {@code attach} fail, or no more. */
    public void failAttach(boolean now) {
        failingAttach = now;
    }

    /** {@return the models made so far, the newest last; 64 at most} */
    public List<Model> models() {
        return models;
    }

    @Override
    public List<HostPciDevice> pciDevices() {
        return functions;
    }

    @Override
    public List<HostMmioDevice> mmioDevices() {
        return List.of(new Memory());
    }

    /** One function. */
    private class Function implements HostPciDevice {
        private final Bdf address;
        private final int classCode;
        private final int pin;

        Function(Bdf address, int classCode, int pin) {
            this.address = address;
            this.classCode = classCode;
            this.pin = pin;
        }

        @Override
        public Bdf address() {
            return address;
        }

        @Override
        public PciFunctionSpec spec() {
            return new PciFunctionSpec(0x1234, 0x5678, classCode, 1, 0x1234, 0x5678,
                    List.of(new BarSpec(0, Kind.MEMORY32, 4096), new BarSpec(1, Kind.PORTIO, 16)), 4, 1, List.of());
        }

        @Override
        public int pin() {
            return pin;
        }

        @Override
        public HostDeviceModel attach(HostDeviceContext context) {
            return new Model(context);
        }
    }

    /** The memory device. */
    private final class Memory implements HostMmioDevice {
        @Override
        public String name() {
            return "tpm";
        }

        @Override
        public List<IoRange> ranges() {
            return List.of(IoRange.mmio(MEMORY, MEMORY_BYTES));
        }

        @Override
        public HostDeviceModel attach(HostDeviceContext context) {
            return new Model(context);
        }
    }

    /** What is behind a function or the memory. */
    public final class Model implements HostDeviceModel {
        private final HostDeviceContext context;
        private final long[] scratch = new long[1024];
        private volatile boolean closed;
        private volatile boolean failing;
        private volatile @Nullable CountDownLatch stuck;

        Model(HostDeviceContext context) {
            if (failingAttach) {
                throw new IllegalStateException("a device that cannot be attached");
            }
            this.context = context;
            models.add(this);
            if (models.size() > MOST_MODELS) {
                models.removeFirst();
            }
        }

        /** {@return what it reaches} */
        public HostDeviceContext context() {
            return context;
        }

        /** {@return whether it was closed} */
        public boolean closed() {
            return closed;
        }

        /** Lets each access fail. */
        public void fail() {
            failing = true;
        }

        /** Lets the next access never return, before this latch opens. */
        public void stickAt(CountDownLatch latch) {
            stuck = latch;
        }

        private void stick() {
            CountDownLatch latch = stuck;
            stuck = null;
            boolean open = latch == null;
            while (!open) {
                try {
                    latch.await();
                    open = true;
                } catch (InterruptedException e) {
                    continue; // it is as stuck as it can be
                }
            }
        }

        @Override
        public long read(int region, long offset, int size) {
            stick();
            if (failing) {
                throw new IllegalStateException("a device that fails");
            }
            return scratch[(int) offset >> 3] >>> 8 * (offset & 7);
        }

        @Override
        public void write(int region, long offset, int size, long value) {
            stick();
            switch ((int) offset) {
                case LINE -> context.line(value != 0);
                case MESSAGE -> context.msi((int) value);
                case DMA -> fetch(value);
                default -> scratch[(int) offset >> 3] = value;
            }
        }

        private void fetch(long gpa) {
            byte[] bytes = new byte[8];
            if (context.read(gpa, bytes, 0, bytes.length)) {
                scratch[0] = java.nio.ByteBuffer.wrap(bytes).order(java.nio.ByteOrder.LITTLE_ENDIAN).getLong();
            }
        }

        @Override
        public void reset() {
            java.util.Arrays.fill(scratch, 0);
        }

        @Override
        public void close() {
            closed = true;
        }
    }
}
