package org.cupule.tck.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.cupule.device.Device;
import org.cupule.device.DeviceContext;
import org.cupule.device.DeviceFactory;
import org.cupule.device.DeviceSpec;
import org.cupule.device.DeviceSpec.LineSpec;
import org.cupule.device.DeviceSpec.Window;
import org.cupule.device.PortIo;
import org.cupule.state.ModelState;
import org.cupule.state.StateSchema;
import org.cupule.time.VmTimer;
import org.cupule.types.ModelInfo;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class TestBedTest {
    @Nested
    class Clock {
        private final ManualClock clock = new ManualClock(0);
        private final List<String> fired = new ArrayList<>();

        private VmTimer timer(String name) {
            return clock.timer(() -> fired.add(name + "@" + clock.nanos()));
        }

        @Test
        void firesInTheOrderOfTheDeadlines() {
            timer("late").arm(20);
            timer("early").arm(10);
            clock.advance(100);
            assertThat(fired).containsExactly("early@10", "late@20");
            assertThat(clock.nanos()).isEqualTo(100);
        }

        @Test
        void firesWhatATimerArmsOnTheWay() {
            VmTimer second = timer("second");
            clock.timer(() -> second.arm(clock.nanos() + 5)).arm(10);
            clock.advance(15);
            assertThat(fired).containsExactly("second@15");
        }

        @Test
        void firesLateWhenTheHostIsLate() {
            timer("one").arm(10);
            clock.advanceLate(50);
            assertThat(fired).containsExactly("one@50");
        }

        @Test
        void doesNotFireWhatWasDisarmed() {
            VmTimer timer = timer("one");
            timer.arm(10);
            timer.disarm();
            clock.advance(100);
            assertThat(fired).isEmpty();
            assertThat(timer.deadline()).isEqualTo(VmTimer.NEVER);
        }
    }

    @Nested
    class Ram {
        private final FakeRam ram = new FakeRam(0x1000, 0x100);

        @Test
        void endsWhereItEnds() {
            byte[] bytes = new byte[4];
            assertThat(ram.write(0x10FC, bytes, 0, 4)).isTrue();
            assertThat(ram.write(0x10FD, bytes, 0, 4)).isFalse();
            assertThat(ram.read(0xFFF, bytes, 0, 4)).isFalse();
            assertThat(ram.read(-1, bytes, 0, 4)).isFalse();
        }
    }

    @Nested
    class Swaps {
        private final FakeMachine machine = new FakeMachine(new Beeper(false));

        @Test
        void carryLinesAndTimers() {
            machine.out(0, 50);
            machine.clock().advance(20);
            machine.swapTo(new Beeper(false));
            machine.clock().advance(29);
            assertThat(machine.line(0)).isFalse();
            machine.clock().advance(1);
            assertThat(machine.line(0)).isTrue();
        }

        @Test
        void revokeTheOldContext() {
            Device old = machine.device();
            machine.swapTo(new Beeper(false));
            assertThatThrownBy(() -> ((PortIo) old).writePort(0, 0, 1, 1)).isInstanceOf(IllegalStateException.class);
        }

        @Test
        void letTheOldOneRunOnWhenTheyFail() {
            machine.out(0, 50);
            assertThatThrownBy(() -> machine.swapTo(new FailingRestoreFactory(new Beeper(false), "2.0.0")))
                    .hasMessageContaining("never takes a state");
            machine.clock().advance(50);
            assertThat(machine.line(0)).isTrue();
        }

        @Test
        void refuseToReachOutWhileRestoring() {
            assertThatThrownBy(() -> machine.swapTo(new Beeper(true))).isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("guest memory");
        }
    }

    /** Raises its line so many nanoseconds after a write. */
    private record Beeper(boolean reaching) implements DeviceFactory {
        private static final StateSchema SCHEMA = StateSchema.first("beeper");

        @Override
        public ModelInfo info() {
            return new ModelInfo("beeper", "beeper", "1.0.0", "For tests of the test bed");
        }

        @Override
        public StateSchema schema() {
            return SCHEMA;
        }

        @Override
        public DeviceSpec spec() {
            return DeviceSpec.of(Window.ports("port", 1, 0x99)).with(new LineSpec("irq", 5));
        }

        @Override
        public Device create(DeviceContext context) {
            return new Beep(context, context.timer("beep", () -> context.line(0, true)), reaching);
        }
    }

    private record Beep(DeviceContext context, VmTimer timer, boolean reaching) implements Device, PortIo {
        @Override
        public int readPort(int window, int offset, int size) {
            return 0;
        }

        @Override
        public void writePort(int window, int offset, int size, int value) {
            timer.arm(context.clock().nanos() + value);
        }

        @Override
        public void reset() {
        }

        @Override
        public StateSchema schema() {
            return Beeper.SCHEMA;
        }

        @Override
        public ModelState save(int version) {
            return ModelState.of("beeper", version).build();
        }

        @Override
        public void restore(ModelState state) {
            if (reaching) {
                context.dma().read(0, new byte[1], 0, 1);
            }
        }
    }
}
