package org.cupule.itests;

import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.cupule.device.Device;
import org.cupule.device.DeviceContext;
import org.cupule.device.DeviceFactory;
import org.cupule.device.DeviceSpec;
import org.cupule.device.Mmio;
import org.cupule.device.PortIo;
import org.cupule.state.ModelState;
import org.cupule.state.StateSchema;
import org.cupule.types.ModelInfo;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;

/**
 * A device plug-in of this test, whose every callback does what the test says. Its device has one register that counts
 * writes.
 *
 * @threading any thread
 */
final class PluginService implements DeviceFactory {
    /** What a callback can be told to do; by default nothing. */
    interface Act {
        /** Does it; the device goes on where it returns. */
        void run() throws Exception;
    }

    private static final Act NOTHING = () -> {
    };

    final AtomicInteger made = new AtomicInteger();
    final List<String> closed = new CopyOnWriteArrayList<>();
    volatile Act onCreate = NOTHING;
    volatile Act onRead = NOTHING;
    volatile Act onWrite = NOTHING;
    volatile Act onSave = NOTHING;
    volatile Act onRestore = NOTHING;
    volatile Act onReset = NOTHING;
    volatile Act onClose = NOTHING;
    volatile boolean saysNothing;

    private final ModelInfo info;
    private final StateSchema schema;
    private final DeviceSpec spec;

    PluginService(ModelInfo info, StateSchema schema, DeviceSpec spec) {
        this.info = info;
        this.schema = schema;
        this.spec = spec;
    }

    /** {@return a plug-in of a kind of its own, with four ports} */
    static PluginService ports(String kind, String version, int first) {
        return new PluginService(new ModelInfo(kind, "test", version, "A device of the test."),
                StateSchema.first(kind), DeviceSpec.of(DeviceSpec.Window.ports("ports", 4, first)));
    }

    /** {@return a plug-in that could stand in for a model that is there} */
    static PluginService like(DeviceFactory other, String version, Set<Integer> reads) {
        return new PluginService(new ModelInfo(other.info().kind(), "test", version, "A device of the test."),
                new StateSchema(other.schema().kind(), reads, reads), other.spec());
    }

    ServiceRegistration<?> register(BundleContext context) {
        return context.registerService(DeviceFactory.class, this, null);
    }

    static void act(Act act) {
        try {
            act.run();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public ModelInfo info() {
        return info;
    }

    @Override
    public StateSchema schema() {
        return schema;
    }

    @Override
    public DeviceSpec spec() {
        return spec;
    }

    @Override
    public Device create(DeviceContext context) {
        made.incrementAndGet();
        act(onCreate);
        return saysNothing ? null : new Counter();
    }

    /** Counts writes. */
    private final class Counter implements Device, PortIo, Mmio {
        private long count;

        @Override
        public int readPort(int window, int offset, int size) {
            return (int) readMmio(window, offset, size);
        }

        @Override
        public void writePort(int window, int offset, int size, int value) {
            writeMmio(window, offset, size, value);
        }

        @Override
        public long readMmio(int window, long offset, int size) {
            act(onRead);
            return count;
        }

        @Override
        public void writeMmio(int window, long offset, int size, long value) {
            act(onWrite);
            count++;
        }

        @Override
        public void reset() {
            act(onReset);
            count = 0;
        }

        @Override
        public void close() {
            closed.add(info.id());
            act(onClose);
        }

        @Override
        public StateSchema schema() {
            return schema;
        }

        @Override
        public ModelState save(int version) {
            act(onSave);
            return saysNothing ? null : ModelState.of(schema.kind(), version).put("count", count).build();
        }

        @Override
        public void restore(ModelState state) {
            act(onRestore);
            count = state.has("count") ? state.number("count") : 0;
        }
    }
}
