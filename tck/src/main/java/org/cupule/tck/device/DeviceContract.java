package org.cupule.tck.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.cupule.device.Device;
import org.cupule.device.DeviceFactory;
import org.cupule.device.DeviceSpec.Window;
import org.cupule.device.Mmio;
import org.cupule.device.PortIo;
import org.cupule.state.ModelState;
import org.cupule.state.StateException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What every device must do, whatever it is. Extend it, give the factory, and let {@link #exercise} bring the device to
 * a state that differs from power-on in as many ways as there are.
 *
 * @threading confined to the test
 */
public abstract class DeviceContract {
    private static final int STEPS = 2000;
    private static final int DENSE = 0x140;

    /** {@return the factory whose devices are tested} */
    protected abstract DeviceFactory factory();

    /** Uses the device as a guest would, so that its state has something in it. */
    protected abstract void exercise(FakeMachine machine);

    /** {@return whether a reset brings back everything; false for a chip with a battery} */
    protected boolean resetForgetsEverything() {
        return true;
    }

    private FakeMachine exercised() {
        var machine = new FakeMachine(factory());
        exercise(machine);
        return machine;
    }

    @Test
    void saysTheSameSchemaAsItsFactory() {
        assertThat(new FakeMachine(factory()).device().schema()).isEqualTo(factory().schema());
    }

    @Test
    void readsWhatItWrites() {
        assertThat(factory().schema().commonVersion(factory().schema())).isPresent();
    }

    @Test
    void hasTheInterfacesThatItsWindowsNeed() {
        var machine = new FakeMachine(factory());
        assertThat(machine.windows()).isNotEmpty().filteredOn(window -> window.length() > 0)
                .allMatch(window -> interfaceOf(window).isInstance(machine.device()));
    }

    private static Class<?> interfaceOf(Window window) {
        return window.ports() ? PortIo.class : Mmio.class;
    }

    @Test
    void exerciseLeavesPowerOnState() {
        assertThat(exercised().save().fields()).isNotEqualTo(new FakeMachine(factory()).save().fields());
    }

    @Test
    void savesTheAskedVersionsOfItsKind() {
        Device device = exercised().device();
        assertThat(factory().schema().writes()).allSatisfy(version -> {
            assertThat(device.save(version).version()).isEqualTo(version);
            assertThat(device.save(version).kind()).isEqualTo(factory().schema().kind());
        });
    }

    @Test
    void savesTheSameStateTwice() {
        Device device = exercised().device();
        assertThat(factory().schema().writes())
                .allSatisfy(version -> assertThat(device.save(version)).isEqualTo(device.save(version)));
    }

    @Test
    void savingDoesNotDisturbTheDevice() {
        var saved = exercised();
        var undisturbed = exercised();
        saved.save();
        assertThat(new DeviceProbe(saved, 7).run(STEPS)).isEqualTo(new DeviceProbe(undisturbed, 7).run(STEPS));
    }

    @Test
    void savesWhatItWasGiven() {
        var machine = exercised();
        assertThat(machine.twin().save()).isEqualTo(machine.save());
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void answersTheSameAfterRestore(long seed) {
        var machine = exercised();
        var twin = machine.twin();
        assertThat(new DeviceProbe(twin, seed).run(STEPS)).isEqualTo(new DeviceProbe(machine, seed).run(STEPS));
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13, 14})
    void answersTheSameAfterRestoreFromAnyState(long seed) {
        var machine = exercised();
        new DeviceProbe(machine, seed).run(STEPS);
        var twin = machine.twin();
        assertThat(twin.save()).isEqualTo(machine.save());
        assertThat(new DeviceProbe(twin, ~seed).run(STEPS)).isEqualTo(new DeviceProbe(machine, ~seed).run(STEPS));
    }

    @Test
    void resetGivesThePowerOnState() {
        var used = exercised();
        new DeviceProbe(used, 21).run(STEPS);
        var fresh = new FakeMachine(factory());
        fresh.clock().advance(used.clock().nanos());
        used.reset();
        fresh.reset();
        assertThat(used.save().equals(fresh.save()) || !resetForgetsEverything())
                .as("after a reset: %s; a fresh one: %s", used.save(), fresh.save()).isTrue();
    }

    @Test
    void resetTwiceIsResetOnce() {
        var machine = exercised();
        machine.reset();
        ModelState once = machine.save();
        machine.reset();
        assertThat(machine.save()).isEqualTo(once);
    }

    @Test
    void standsEveryWidthAtEveryOffset() {
        var machine = exercised();
        List<Window> windows = machine.windows();
        IntStream.range(0, windows.size()).forEach(index -> sweep(machine, index, windows.get(index)));
        assertThat(machine.save()).isEqualTo(machine.save());
    }

    private static void sweep(FakeMachine machine, int index, Window window) {
        IntStream.of(1, 2, 4, 8).filter(size -> size <= window.length() && (size < 8 || !window.ports()))
                .forEach(size -> offsets(window, size).forEach(offset -> {
                    for (long value : new long[]{0, -1, 0x0123_4567_89AB_CDEFL, 0x5555_5555_5555_5555L}) {
                        DeviceProbe.read(machine, index, window.ports(), offset, size);
                        DeviceProbe.write(machine, index, window.ports(), offset, size, value);
                    }
                }));
    }

    private static LongStream offsets(Window window, int size) {
        long last = window.length() - size;
        return LongStream.rangeClosed(0, last).filter(offset -> offset < DENSE || offset > last - 8
                || offset % 64 < 2);
    }

    @Test
    void standsRoundsOfAccessResetAndSwap() {
        var machine = exercised();
        for (long seed = 100; seed < 140; seed++) {
            new DeviceProbe(machine, seed).run(100);
            machine.swapTo(factory());
            new DeviceProbe(machine, ~seed).run(100);
            machine.reset();
        }
        assertThat(machine.save()).isEqualTo(machine.save());
    }

    @Test
    void swapIsNotSeenFromOutside() {
        var machine = exercised();
        String before = machine.outside();
        machine.swapTo(factory());
        assertThat(machine.outside()).isEqualTo(before);
    }

    @Test
    void standsAHostThatIsLate() {
        var machine = exercised();
        machine.clock().advanceLate(3_600_000_000_000L);
        new DeviceProbe(machine, 31).run(STEPS);
        assertThat(machine.save()).isEqualTo(machine.save());
    }

    @Test
    void canBeUnplugged() {
        var machine = exercised();
        machine.unplug();
        machine.clock().advance(10_000_000_000L);
        assertThat(machine.device().schema()).isEqualTo(factory().schema());
    }

    @Test
    void refusesStateOfAnotherKind() {
        refuses(ModelState.of("org.example.nothing", 1).build());
    }

    @Test
    void refusesStateOfAVersionThatItDoesNotRead() {
        refuses(copy(exercised().save(), 99, Map.of()));
    }

    @Test
    void refusesStateWithoutFields() {
        assertThat(factory().schema().reads())
                .allSatisfy(version -> refuses(ModelState.of(factory().schema().kind(), version).build()));
    }

    @Test
    void refusesStateWhereOneFieldIsMissing() {
        assertThat(lacking(exercised().save())).isNotEmpty().allSatisfy(this::refuses);
    }

    /** {@return the state without each of its fields in turn, those of nested states too} */
    private static List<ModelState> lacking(ModelState state) {
        var states = new ArrayList<ModelState>();
        state.fields().forEach((name, value) -> {
            states.add(without(state, name));
            nested(value).forEach((index, inner) -> lacking(inner).forEach(
                    poor -> states.add(copy(state, state.version(), Map.of(name, replaced(value, index, poor))))));
        });
        return states;
    }

    /** {@return the nested states in a field, by their index; 0 for one that stands alone} */
    private static Map<Integer, ModelState> nested(Object value) {
        var inner = new java.util.TreeMap<Integer, ModelState>();
        if (value instanceof ModelState state) {
            inner.put(0, state);
        } else if (value instanceof List<?> list && !list.isEmpty() && list.getLast() instanceof ModelState state) {
            inner.put(list.size() - 1, state);
        }
        return inner;
    }

    private static Object replaced(Object value, int index, ModelState inner) {
        if (value instanceof List<?> list) {
            var changed = new ArrayList<Object>(list);
            changed.set(index, inner);
            return changed;
        }
        return inner;
    }

    @Test
    void refusesStateWhereOneFieldIsOfAnotherType() {
        ModelState state = exercised().save();
        assertThat(state.fields()).allSatisfy((name, value) -> refuses(copy(state, state.version(),
                Map.of(name, value instanceof String ? (Object) 0L : "nonsense"))));
    }

    @Test
    void takesNonsenseInStateOnlyWhenItCanStandIt() {
        assertThat(nonsense(exercised().save())).isNotEmpty().allSatisfy(this::refusesOrStands);
    }

    private static List<ModelState> nonsense(ModelState state) {
        var states = new ArrayList<ModelState>();
        state.fields().forEach((name, value) -> {
            variants(value).forEach(wrong -> states.add(copy(state, state.version(), Map.of(name, wrong))));
            nested(value).forEach((index, inner) -> nonsense(inner).forEach(
                    wrong -> states.add(copy(state, state.version(), Map.of(name, replaced(value, index, wrong))))));
        });
        return states;
    }

    private static List<Object> variants(Object value) {
        return switch (value) {
            case Long number -> List.of(Long.MIN_VALUE, Long.MAX_VALUE, -1L, 0x1_0000_0000L, number ^ 0x8000_0000L);
            case byte[] bytes -> List.of(new byte[0], new byte[bytes.length + 1]);
            case List<?> list -> List.of(List.of(), new ArrayList<>(java.util.Collections.nCopies(list.size(), -1L)),
                    java.util.Collections.nCopies(list.size(), Long.MAX_VALUE));
            default -> List.of();
        };
    }

    private void refusesOrStands(ModelState state) {
        var machine = new FakeMachine(factory());
        try {
            machine.device().restore(state);
        } catch (StateException _) {
            return;
        }
        new DeviceProbe(machine, 41).run(200);
    }

    private void refuses(ModelState state) {
        Device device = new FakeMachine(factory()).device();
        assertThatThrownBy(() -> device.restore(state)).as(state.toString()).isInstanceOf(StateException.class);
    }

    private static ModelState without(ModelState state, String name) {
        var builder = ModelState.of(state.kind(), state.version());
        state.fields().entrySet().stream().filter(field -> !field.getKey().equals(name))
                .forEach(field -> put(builder, field.getKey(), field.getValue()));
        return builder.build();
    }

    private static ModelState copy(ModelState state, int version, Map<String, Object> changed) {
        var builder = ModelState.of(state.kind(), version);
        state.fields().forEach((name, value) -> put(builder, name, changed.getOrDefault(name, value)));
        return builder.build();
    }

    private static void put(ModelState.Builder builder, String name, Object value) {
        switch (value) {
            case Long number -> builder.put(name, number);
            case String text -> builder.put(name, text);
            case byte[] bytes -> builder.put(name, bytes);
            case ModelState nested -> builder.put(name, nested);
            case List<?> list when list.stream().allMatch(ModelState.class::isInstance) && !list.isEmpty() -> builder
                    .put(name, list.stream().map(ModelState.class::cast).toList());
            case List<?> list -> builder.put(name, list.stream().mapToLong(item -> (Long) item).toArray());
            default -> throw new IllegalArgumentException("a state cannot hold a " + value.getClass());
        }
    }
}
