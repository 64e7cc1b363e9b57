package org.cupule.examples.temperature;

import static org.assertj.core.api.Assertions.assertThat;

import org.cupule.state.ModelState;
import org.cupule.tck.device.FakeMachine;
import org.junit.jupiter.api.Test;

class TemperatureTest {
    private static final long SECOND = 1_000_000_000;

    private final TemperatureFactory factory = new TemperatureFactory(new Room(21_000, 500));
    private final FakeMachine machine = new FakeMachine(factory);

    private int read(int register) {
        return (int) machine.read(0, register, 4);
    }

    private void write(int register, int value) {
        machine.write(0, register, 4, value);
    }

    @Test
    void convertsOnceInEachPeriodWhileItRuns() {
        write(Temperature.CONTROL, Temperature.RUN);
        machine.clock().advance(3 * SECOND);
        write(Temperature.CONTROL, 0);
        machine.clock().advance(3 * SECOND);
        assertThat(read(Temperature.CONVERSIONS)).isEqualTo(3);
        assertThat(read(Temperature.TEMPERATURE)).isEqualTo(22_500);
    }

    @Test
    void interruptsAtTheLimitUntilTheAlarmIsCleared() {
        write(Temperature.HIGH, 21_900);
        write(Temperature.CONTROL, Temperature.RUN | Temperature.MAY_INTERRUPT);
        machine.clock().advance(SECOND);
        assertThat(machine.line(0)).isFalse();
        machine.clock().advance(SECOND);
        assertThat(machine.line(0)).isTrue();
        write(Temperature.STATUS, Temperature.ALARM);
        assertThat(machine.line(0)).isFalse();
    }

    @Test
    void measuresBelowZeroToo() {
        var cold = new FakeMachine(new TemperatureFactory(new Room(-10_000, 0)));
        cold.write(0, Temperature.CONTROL, 4, Temperature.RUN);
        cold.clock().advance(SECOND);
        assertThat((int) cold.read(0, Temperature.TEMPERATURE, 4)).isEqualTo(-10_000);
    }

    @Test
    void staysWithinWhatItCanMeasure() {
        assertThat(new Room(21_000, 10_000).at(Long.MAX_VALUE)).isEqualTo(150_000);
        assertThat(new Room(21_000, -10_000).at(Long.MAX_VALUE)).isEqualTo(-55_000);
    }

    @Test
    void goesOnConvertingAfterASwap() {
        write(Temperature.CONTROL, Temperature.RUN);
        machine.clock().advance(SECOND + SECOND / 2);
        machine.swapTo(factory);
        machine.clock().advance(SECOND / 2);
        assertThat(read(Temperature.CONVERSIONS)).isEqualTo(2);
    }

    @Test
    void readsStateOfVersionOneWithoutAPeak() {
        ModelState old = ModelState.of("org.cupule.examples.temperature", 1).put("temperature", 30_000)
                .put("high", 85_000).put("period", 1000).put("control", 0).put("status", 1).put("conversions", 7)
                .build();
        machine.device().restore(old);
        assertThat(read(Temperature.CONVERSIONS)).isEqualTo(7);
        assertThat(read(Temperature.PEAK)).isEqualTo(30_000);
        assertThat(machine.device().save(1)).isEqualTo(old);
    }
}
