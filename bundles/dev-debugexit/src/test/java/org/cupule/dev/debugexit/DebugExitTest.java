package org.cupule.dev.debugexit;

import static org.assertj.core.api.Assertions.assertThat;

import org.cupule.device.DeviceFactory;
import org.cupule.tck.DeviceContract;
import org.cupule.tck.device.FakeMachine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DebugExitTest extends DeviceContract {
    @Override
    protected DeviceFactory factory() {
        return new DebugExitFactory();
    }

    @Override
    protected void exercise(FakeMachine machine) {
        machine.out(0, 0, 4, 0x10);
    }

    @ParameterizedTest
    @CsvSource({"1, 0, 1", "1, 1, 3", "1, 0x10, 33", "1, 255, 255", "2, 0x101, 3", "4, 0x40000001, 3"})
    void endsTheRunWithTwiceTheValuePlusOne(int size, String value, int status) {
        var machine = new FakeMachine(factory());
        machine.out(0, 0, size, Integer.decode(value));
        assertThat(machine.control().calls()).containsExactly("exit " + status);
    }

    @Test
    void readingEndsNothing() {
        var machine = new FakeMachine(factory());
        assertThat(machine.in(0)).isZero();
        assertThat(machine.control().calls()).isEmpty();
    }

    @Test
    void standsAtThePortThatPeopleKnow() {
        assertThat(factory().spec().windows()).singleElement().satisfies(window -> {
            assertThat(window.standard()).isEqualTo(0xF4);
            assertThat(window.length()).isEqualTo(4);
        });
    }
}
