package org.cupule.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicLong;
import org.cupule.device.Device;
import org.cupule.device.DeviceContext;
import org.cupule.device.DeviceFactory;
import org.cupule.device.DeviceSpec;
import org.cupule.device.DeviceSpec.Window;
import org.cupule.device.PortIo;
import org.cupule.state.ModelState;
import org.cupule.state.StateException;
import org.cupule.state.StateSchema;
import org.cupule.types.ModelInfo;
import org.junit.jupiter.api.Test;

/** What the fuzzer of saved states finds: each of these models is wrong in one way. */
class DeviceStateFuzzTest {
    private static final int MOST = 9;

    /** A counter that stands in all its instances, when it is wrong. */
    private final AtomicLong shared = new AtomicLong();

    @Test
    void aModelThatTakesOrRefusesIsRight() {
        assertThat(restores(Wrong.NOTHING, 5)).isTrue();
        assertThat(restores(Wrong.NOTHING, MOST + 1)).isFalse();
    }

    @Test
    void anotherExceptionThanARefusalIsFound() {
        assertThatThrownBy(() -> restores(Wrong.THROWS_OTHER, MOST + 1)).isInstanceOf(
                ArrayIndexOutOfBoundsException.class);
    }

    @Test
    void aRefusalWithoutASentenceIsFound() {
        assertThatThrownBy(() -> restores(Wrong.SAYS_NOTHING, MOST + 1)).hasMessageContaining("without a sentence");
    }

    @Test
    void aRefusalThatTouchesTheOldDeviceIsFound() {
        assertThatThrownBy(() -> restores(Wrong.SHARES, MOST + 1))
                .hasMessageContaining("the old device is another one");
    }

    @Test
    void aStateThatIsTakenAndBreaksTheDeviceIsFound() {
        assertThatThrownBy(() -> restores(Wrong.TAKES_ALL, MOST + 1)).isInstanceOf(
                ArrayIndexOutOfBoundsException.class);
    }

    @Test
    void aDeviceThatRefusesWhatItHasSavedIsFound() {
        assertThatThrownBy(() -> restores(Wrong.SAVES_TOO_MUCH, 5)).isInstanceOf(StateException.class);
    }

    private boolean restores(Wrong wrong, long index) {
        var model = new Model(wrong, shared);
        return DeviceStateFuzz.restores(DeviceStateFuzz.Used.of(model, 0), ModelState.of("wrong", 1).put("index", index)
                .build());
    }

    private enum Wrong {
        NOTHING, THROWS_OTHER, SAYS_NOTHING, SHARES, TAKES_ALL, SAVES_TOO_MUCH
    }

    private record Model(Wrong wrong, AtomicLong shared) implements DeviceFactory {
        @Override
        public ModelInfo info() {
            return new ModelInfo("wrong", "wrong", "1.0.0", "Wrong in one way.");
        }

        @Override
        public StateSchema schema() {
            return StateSchema.first("wrong");
        }

        @Override
        public DeviceSpec spec() {
            return DeviceSpec.of(Window.ports("ports", 4, 0x700));
        }

        @Override
        public Device create(DeviceContext context) {
            return new Indexed(this);
        }
    }

    /** Reads give an entry of a table. */
    private static final class Indexed implements Device, PortIo {
        private final Model model;
        private final int[] table = new int[MOST + 1];
        private long index;
        private boolean restored;

        private Indexed(Model model) {
            this.model = model;
        }

        @Override
        public int readPort(int window, int offset, int size) {
            return table[(int) index] + (int) model.shared.get();
        }

        @Override
        public void writePort(int window, int offset, int size, int value) {
            // it cannot be written
        }

        @Override
        public void reset() {
            index = 0;
        }

        @Override
        public StateSchema schema() {
            return model.schema();
        }

        @Override
        public ModelState save(int version) {
            boolean tooMuch = restored && model.wrong == Wrong.SAVES_TOO_MUCH;
            return ModelState.of("wrong", 1).put("index", tooMuch ? MOST + 1L : index).build();
        }

        @Override
        public void restore(ModelState state) {
            long next = state.number("index");
            restored = true;
            switch (model.wrong) {
                case THROWS_OTHER -> table[(int) next]++;
                case SAYS_NOTHING -> requireSilently(next <= MOST);
                case SHARES -> model.shared.addAndGet(next);
                default -> {
                    // what follows is right
                }
            }
            index = model.wrong == Wrong.TAKES_ALL ? next : state.number("index", 0, MOST);
        }

        private static void requireSilently(boolean holds) {
            if (!holds) {
                throw new StateException("");
            }
        }
    }
}
