package org.cupule.machine.fake;

import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.LongBinaryOperator;
import org.cupule.device.Device;
import org.cupule.device.DeviceContext;
import org.cupule.device.DeviceFactory;
import org.cupule.device.DeviceSpec;
import org.cupule.device.Mmio;
import org.cupule.device.PortIo;
import org.cupule.state.ModelState;
import org.cupule.state.StateSchema;
import org.cupule.time.VmTimer;
import org.cupule.types.ModelInfo;

/**
 * A device that does what a test says, and notes whether anybody ever came in while somebody was inside.
 *
 * <p>
 * It counts its writes; a read of offset 0 gives the count, one of offset 1 the model's number.
 */
public final class Probe implements Device, PortIo, Mmio {
    private final Factory factory;
    private final DeviceContext context;
    private final VmTimer timer;
    private long count;

    private Probe(Factory factory, DeviceContext context) {
        this.factory = factory;
        this.context = context;
        this.timer = context.timer("tick", () -> factory.inside(() -> factory.onTimer.accept(this)));
    }

    public DeviceContext context() {
        return context;
    }

    public VmTimer timer() {
        return timer;
    }

    public long count() {
        return count;
    }

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
        var result = new long[1];
        factory.inside(() -> {
            factory.onRead.accept(this);
            result[0] = factory.answer.applyAsLong(offset, offset == 0 ? count : factory.number);
        });
        return result[0];
    }

    @Override
    public void writeMmio(int window, long offset, int size, long value) {
        factory.inside(() -> {
            count++;
            factory.onWrite.accept(this);
        });
    }

    @Override
    public void reset() {
        factory.inside(() -> {
            count = 0;
            factory.onReset.accept(this);
        });
    }

    @Override
    public void close() {
        factory.log.add("close");
        factory.onClose.accept(this);
    }

    @Override
    public StateSchema schema() {
        return factory.schema();
    }

    @Override
    public ModelState save(int version) {
        factory.inside(() -> factory.onSave.accept(this));
        return ModelState.of("probe", version).put("count", count).build();
    }

    @Override
    public void restore(ModelState state) {
        factory.onRestore.accept(this);
        count = state.number("count");
    }

    /** Makes probes. */
    public static final class Factory implements DeviceFactory {
        public final List<String> log = new CopyOnWriteArrayList<>();
        public final AtomicInteger deepest = new AtomicInteger();
        public final List<Probe> made = new CopyOnWriteArrayList<>();
        public volatile Consumer<Probe> onRead = probe -> {
        };
        public volatile Consumer<Probe> onWrite = probe -> {
        };
        public volatile Consumer<Probe> onTimer = probe -> {
        };
        public volatile Consumer<Probe> onSave = probe -> {
        };
        public volatile Consumer<Probe> onRestore = probe -> {
        };
        public volatile Consumer<Probe> onReset = probe -> {
        };
        public volatile Consumer<Probe> onClose = probe -> {
        };
        public volatile Consumer<Probe> onCreate = probe -> {
        };
        public volatile LongBinaryOperator answer = (offset, value) -> value;
        private final AtomicInteger now = new AtomicInteger();
        private final int number;
        private final StateSchema schema;
        private final DeviceSpec spec;

        public Factory(int number, Set<Integer> reads, Set<Integer> writes, DeviceSpec spec) {
            this.number = number;
            this.schema = new StateSchema("probe", reads, writes);
            this.spec = spec;
        }

        /** {@return a model of this number with 8 ports at 0x100, a page of memory, two lines, a stream} */
        public static Factory of(int number) {
            return new Factory(number, Set.of(1), Set.of(1),
                    DeviceSpec.of(DeviceSpec.Window.ports("ports", 8, 0x100),
                            DeviceSpec.Window.memory("memory", 4096, 0x9000_0000L))
                            .with(new DeviceSpec.LineSpec("a", 5), new DeviceSpec.LineSpec("b", 6))
                            .with(new DeviceSpec.Option("colour", "green", "The colour."))
                            .with(DeviceSpec.Backend.STREAM));
        }

        void inside(Runnable call) {
            deepest.accumulateAndGet(now.incrementAndGet(), Math::max);
            try {
                call.run();
            } finally {
                now.decrementAndGet();
            }
        }

        /** {@return how many calls are inside now} */
        public int inside() {
            return now.get();
        }

        @Override
        public ModelInfo info() {
            return new ModelInfo("probe", "probe", number + ".0.0", "A probe.");
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
            var probe = new Probe(this, context);
            onCreate.accept(probe);
            made.add(probe);
            return probe;
        }
    }
}
