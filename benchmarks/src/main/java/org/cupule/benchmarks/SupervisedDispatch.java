package org.cupule.benchmarks;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Map;
import org.cupule.abi.IoRequestPage;
import org.cupule.device.Device;
import org.cupule.device.DeviceContext;
import org.cupule.device.DeviceFactory;
import org.cupule.device.DeviceSpec;
import org.cupule.device.Mmio;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hsm.VmCreation;
import org.cupule.hsm.impl.RoutingHsm;
import org.cupule.hsm.ioreq.IoAccess;
import org.cupule.hsm.ioreq.IoHandler;
import org.cupule.machine.MachineDescription.DeviceDescription;
import org.cupule.machine.device.Board;
import org.cupule.machine.device.CallWatch;
import org.cupule.machine.device.DeviceOffer;
import org.cupule.machine.device.Devices;
import org.cupule.machine.device.Policy;
import org.cupule.machine.device.Requests;
import org.cupule.machine.memory.MemoryLayout;
import org.cupule.machine.stream.NullBacking;
import org.cupule.state.ModelState;
import org.cupule.state.StateSchema;
import org.cupule.types.IoRange;
import org.cupule.types.ModelInfo;

/**
 * The same device three times in one VM: as the platform hosts it; behind the least that live swap needs, a gate for
 * one caller at a time and a look where the access falls; and behind that gate with what supervision writes and looks
 * at in each call: who is inside, how often somebody came, whether the answer fits, that it did not fail.
 *
 * @threading confined to one thread, but for the watch
 */
final class SupervisedDispatch implements AutoCloseable {
    private static final long SUPERVISED = 0x9000_0000L;
    private static final long BARE = 0x9000_1000L;
    private static final long WATCHED = 0x9000_2000L;
    private static final int WINDOW = 0x100;

    private final VirtualMachine vm;
    private final BenchPartition partition;
    private final Devices devices;
    private final CallWatch watch = new CallWatch(() -> Policy.STANDARD);

    SupervisedDispatch() {
        var hypervisor = new BenchPartition.BenchHypervisor();
        RoutingHsm hsm = new RoutingHsm();
        hsm.bind(hypervisor, Map.of());
        vm = hsm.create(VmCreation.of("supervised", 1));
        partition = hypervisor.last();
        devices = new Devices(new Board(vm, new MemoryLayout(4 << 20), new NoRequests(), () -> Policy.STANDARD));
        devices.plug(new DeviceDescription("latch", "latch", "", Map.of(), Map.of(), "", Map.of(), ""),
                DeviceOffer.of(new LatchFactory(), 1), new NullBacking());
        vm.ioRequests().inline("bare", new BareGate(new Latch(), BARE)).add(IoRange.mmio(BARE, WINDOW));
        vm.ioRequests().inline("watched", new WatchedGate(new Latch())).add(IoRange.mmio(WATCHED, WINDOW));
        vm.ioRequests().inlineDefault("bus", access -> -1);
        vm.start();
        watch.add(devices);
    }

    long hosted() {
        return partition.read(0, IoRequestPage.MMIO, SUPERVISED + 0x10, 4);
    }

    long bare() {
        return partition.read(0, IoRequestPage.MMIO, BARE + 0x10, 4);
    }

    long watched() {
        return partition.read(0, IoRequestPage.MMIO, WATCHED + 0x10, 4);
    }

    @Override
    public void close() {
        watch.remove(devices);
        devices.close();
        vm.close();
    }

    /**
     * One caller at a time, and nothing else.
     *
     * @threading any thread
     */
    private static class BareGate implements IoHandler {
        private static final VarHandle OWNER;

        static {
            try {
                OWNER = MethodHandles.lookup().findVarHandle(BareGate.class, "owner", long.class);
            } catch (ReflectiveOperationException e) {
                throw new ExceptionInInitializerError(e);
            }
        }

        private final Mmio device;
        private final long first;
        private long owner;

        BareGate(Mmio device, long first) {
            this.device = device;
            this.first = first;
        }

        @Override
        public long handle(IoAccess access) {
            while (!OWNER.compareAndSet(this, 0L, Thread.currentThread().threadId())) {
                Thread.onSpinWait();
            }
            try {
                long offset = access.address() - first;
                return offset < 0 || offset > WINDOW - access.size() ? -1 : inside(offset, access);
            } finally {
                OWNER.setRelease(this, 0L);
            }
        }

        long inside(long offset, IoAccess access) {
            if (!access.write()) {
                return device.readMmio(0, offset, access.size());
            }
            device.writeMmio(0, offset, access.size(), access.value());
            return 0;
        }
    }

    /**
     * The same, supervised.
     *
     * @threading any thread
     */
    private static final class WatchedGate extends BareGate {
        private static final VarHandle INSIDER;
        private static final VarHandle ENTRIES;

        static {
            try {
                INSIDER = MethodHandles.lookup().findVarHandle(WatchedGate.class, "insider", Thread.class);
                ENTRIES = MethodHandles.lookup().findVarHandle(WatchedGate.class, "entries", long.class);
            } catch (ReflectiveOperationException e) {
                throw new ExceptionInInitializerError(e);
            }
        }

        private Thread insider = Thread.currentThread();
        private long entries;
        private int failuresInRow;

        WatchedGate(Mmio device) {
            super(device, WATCHED);
        }

        @Override
        long inside(long offset, IoAccess access) {
            INSIDER.setOpaque(this, Thread.currentThread());
            ENTRIES.setOpaque(this, entries + 1);
            long value = super.inside(offset, access);
            long above = access.size() == Long.BYTES ? 0 : value >> access.size() * Byte.SIZE;
            failuresInRow = above + 1 >>> 1 != 0 ? failuresInRow + 1 : 0;
            return value;
        }
    }

    /**
     * Holds what was written last.
     *
     * @threading confined to its gate
     */
    private static final class Latch implements Device, Mmio {
        private static final StateSchema SCHEMA = StateSchema.first("latch");
        private long value = 0x5A;

        @Override
        public long readMmio(int window, long offset, int size) {
            return value;
        }

        @Override
        public void writeMmio(int window, long offset, int size, long written) {
            value = written & 0xFF;
        }

        @Override
        public void reset() {
            value = 0;
        }

        @Override
        public StateSchema schema() {
            return SCHEMA;
        }

        @Override
        public ModelState save(int version) {
            return ModelState.of("latch", 1).put("value", value).build();
        }

        @Override
        public void restore(ModelState state) {
            value = state.number("value", 0, 0xFF);
        }
    }

    /**
     * Makes latches.
     *
     * @threading any thread
     */
    private static final class LatchFactory implements DeviceFactory {
        @Override
        public ModelInfo info() {
            return new ModelInfo("latch", "latch", "1.0.0", "Holds what was written last");
        }

        @Override
        public StateSchema schema() {
            return Latch.SCHEMA;
        }

        @Override
        public DeviceSpec spec() {
            return DeviceSpec.of(DeviceSpec.Window.memory("registers", WINDOW, SUPERVISED));
        }

        @Override
        public Device create(DeviceContext context) {
            return new Latch();
        }
    }

    /**
     * Nobody asks.
     *
     * @threading any thread
     */
    private static final class NoRequests implements Requests {
        @Override
        public void powerOff() {
            // a latch does not
        }

        @Override
        public void resetRequested() {
            // a latch does not
        }

        @Override
        public void exit(int status) {
            // a latch does not
        }

        @Override
        public void ejected(int slots) {
            // there are no slots
        }

        @Override
        public void ejection(int slot, int status) {
            // there are no slots
        }
    }
}
