package org.cupule.fuzz;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.cupule.dev.debugexit.DebugExitFactory;
import org.cupule.dev.hotplug.SlotControllerFactory;
import org.cupule.dev.hpet.HpetFactory;
import org.cupule.dev.keyboard.I8042Factory;
import org.cupule.dev.pit.Pit8254Factory;
import org.cupule.dev.pmtimer.AcpiPmFactory;
import org.cupule.dev.rtc.Mc146818Factory;
import org.cupule.dev.sample.SampleFactory;
import org.cupule.dev.uart.Uart16550Factory;
import org.cupule.dev.virtio.blk.VirtioBlkFactory;
import org.cupule.dev.virtio.console.VirtioConsoleFactory;
import org.cupule.dev.virtio.net.VirtioNetFactory;
import org.cupule.dev.virtio.rng.VirtioRngFactory;
import org.cupule.device.Device;
import org.cupule.device.DeviceContext;
import org.cupule.device.DeviceFactory;
import org.cupule.device.DeviceSpec;
import org.cupule.machine.snapshot.FuzzedState;
import org.cupule.state.ModelState;
import org.cupule.state.StateException;
import org.cupule.state.StateSchema;
import org.cupule.tck.device.Explorer;
import org.cupule.tck.device.FakeMachine;
import org.cupule.tck.device.Trace;
import org.cupule.types.ModelInfo;

/**
 * Saved states of devices, of each model of the platform: a device that is in use is swapped for one that is given a
 * good state with changes, or any CBOR. That one takes it, and then works, saves, and takes what it has saved itself;
 * or it refuses with a {@link StateException}, and the old one goes on as if nothing had been.
 *
 * <pre>
 *  input    device (1), how far it was used (1), then
 *           0, changes to the CBOR: offset (2), length less one (1), so many bytes
 *           1, changes to values ({@link ChangedState})
 *           2, the CBOR of a state
 * </pre>
 */
public final class DeviceStateFuzz {
    static final int BYTES = 0;
    static final int VALUES = 1;
    static final int WHOLE = 2;
    static final List<DeviceFactory> MODELS = List.of(new Uart16550Factory(), new DebugExitFactory(),
            new Pit8254Factory(), new HpetFactory(), new Mc146818Factory(), new AcpiPmFactory(), new I8042Factory(),
            new SlotControllerFactory(), new SampleFactory(), new VirtioBlkFactory(), new VirtioConsoleFactory(),
            new VirtioNetFactory(), new VirtioRngFactory());

    private static final int FORMS = 3;
    private static final int MOST_CHANGES = 8;
    private static final int MOST_CHANGED_BYTES = 16;
    private static final int[] STEPS_BEFORE = {0, 20, 100, 400};
    private static final int STEPS_AFTER = 40;
    /** A guest may have set a timer to some nanoseconds, and what follows takes seconds of its time. */
    private static final int DEADLINES = 1000;
    /** By model, and by how far it was used. Nobody goes on with these machines, but with twins of them. */
    private static final List<List<Used>> USED = MODELS.stream().map(model -> IntStream.of(STEPS_BEFORE).mapToObj(
            steps -> Used.of(model, steps)).toList()).toList();

    private DeviceStateFuzz() {
    }

    /**
     * A machine whose device was used, and what a guest sees of it from then on.
     *
     * @threading one thread
     */
    record Used(DeviceFactory model, FakeMachine machine, Trace untouched) {
        static Used of(DeviceFactory model, int steps) {
            var machine = new FakeMachine(model);
            new Explorer(machine, steps).run(steps);
            return new Used(model, machine, trace(machine.twin()));
        }
    }

    /** Does nothing but that this class is made: that takes its time, and is none of the first input's. */
    public static void fuzzerInitialize() {
        // The static fields are there.
    }

    /** Tries one input. */
    public static void fuzzerTestOneInput(byte[] data) {
        restores(data);
    }

    /** Tries one input. @return whether a device has taken the state */
    static boolean restores(byte[] data) {
        var input = new Input(data);
        int model = input.below(MODELS.size());
        Used used = USED.get(model).get(input.below(STEPS_BEFORE.length));
        return state(input, used.machine.save()).filter(state -> fits(state, used.model.schema())).filter(
                state -> restores(used, state)).isPresent();
    }

    /** {@return the state that a machine's device has so far, as CBOR} */
    static byte[] good(int model, int use) {
        return FuzzedState.write(USED.get(model).get(use).machine.save());
    }

    private static Optional<ModelState> state(Input input, ModelState good) {
        return switch (input.below(FORMS)) {
            case BYTES -> FuzzedState.read(changed(FuzzedState.write(good), input));
            case VALUES -> Optional.of(values(good, input));
            default -> FuzzedState.read(input.rest());
        };
    }

    private static byte[] changed(byte[] good, Input input) {
        for (int i = 0; i < MOST_CHANGES && input.more(); i++) {
            int at = input.wideBelow(good.length);
            byte[] bytes = input.bytes(input.below(MOST_CHANGED_BYTES) + 1);
            System.arraycopy(bytes, 0, good, at, Math.min(bytes.length, good.length - at));
        }
        return good;
    }

    private static ModelState values(ModelState good, Input input) {
        ModelState state = good;
        for (int i = 0; i < MOST_CHANGES && input.more(); i++) {
            state = ChangedState.of(state, input);
        }
        return state;
    }

    /** The platform asks no device to take what it does not read. */
    private static boolean fits(ModelState state, StateSchema schema) {
        return state.kind().equals(schema.kind()) && schema.reads().contains(state.version());
    }

    /** Swaps a twin of a used machine's device. @return whether the new one has taken the state */
    static boolean restores(Used used, ModelState state) {
        FakeMachine machine = used.machine.twin();
        try {
            machine.swapTo(new Given(used.model, state));
        } catch (StateException refused) {
            check(refused, used.untouched.difference(trace(machine)));
            return false;
        }
        works(machine);
        machine.swapTo(used.model); // it takes what it has saved itself
        works(machine);
        return true;
    }

    private static void check(StateException refused, Optional<String> difference) {
        if (refused.getMessage() == null || refused.getMessage().isBlank()) {
            throw new AssertionError("a refusal without a sentence", refused);
        }
        if (difference.isPresent()) {
            throw new AssertionError("after a refusal the old device is another one: " + difference.get(), refused);
        }
    }

    private static void works(FakeMachine machine) {
        machine.clock().keepsAtMost(DEADLINES);
        new Explorer(machine, STEPS_AFTER).run(STEPS_AFTER);
    }

    private static Trace trace(FakeMachine machine) {
        var trace = new Trace();
        machine.trace(trace);
        works(machine);
        return trace;
    }

    /** A model whose devices are given another state than that of the device whose place they take. */
    private record Given(DeviceFactory model, ModelState state) implements DeviceFactory {
        @Override
        public ModelInfo info() {
            return model.info();
        }

        @Override
        public StateSchema schema() {
            return model.schema();
        }

        @Override
        public Set<String> keptOverReset() {
            return model.keptOverReset();
        }

        @Override
        public DeviceSpec spec() {
            return model.spec();
        }

        @Override
        public Device create(DeviceContext context) {
            Device device = model.create(context);
            return (Device) Proxy.newProxyInstance(Device.class.getClassLoader(), interfaces(device.getClass())
                    .distinct().toArray(Class<?>[]::new), (proxy, method, arguments) -> {
                        try {
                            return method.invoke(device, method.getName().equals("restore")
                                    ? new Object[]{state}
                                    : arguments);
                        } catch (InvocationTargetException e) {
                            throw e.getCause();
                        }
                    });
        }

        private static Stream<Class<?>> interfaces(Class<?> type) {
            return type == null
                    ? Stream.of()
                    : Stream.concat(Stream.of(type.getInterfaces()).filter(one -> one.getPackageName().startsWith(
                            "org.cupule.device")), interfaces(type.getSuperclass()));
        }
    }
}
