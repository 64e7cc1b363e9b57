package org.cupule.examples.postcode;

import static org.assertj.core.api.Assertions.assertThat;

import org.cupule.tck.device.FakeMachine;
import org.junit.jupiter.api.Test;

class PostCodeTest {
    private final FakeMachine machine = new FakeMachine(new PostCodeFactory(false));

    @Test
    void showsNothingAfterPowerOn() {
        assertThat(machine.in(0)).isZero();
    }

    @Test
    void showsTheLastCode() {
        machine.out(0, 0x3F);
        machine.out(0, 0xA5);
        assertThat(machine.in(0)).isEqualTo(0xA5);
    }

    @Test
    void tellsEachNewCodeOnce() {
        machine.out(0, 0x3F);
        machine.out(0, 0x3F);
        machine.out(0, 0x0A);
        assertThat(machine.stream().output()).isEqualTo("POST 3F\nPOST 0A\n");
    }

    @Test
    void tellsRepeatsWhenItShould() {
        var repeating = new FakeMachine(new PostCodeFactory(true));
        repeating.out(0, 0x3F);
        repeating.out(0, 0x3F);
        assertThat(repeating.stream().output()).isEqualTo("POST 3F\nPOST 3F\n");
    }

    @Test
    void showsTheSameCodeAfterASwap() {
        machine.out(0, 0x3F);
        machine.swapTo(new PostCodeFactory(false));
        assertThat(machine.in(0)).isEqualTo(0x3F);
    }
}
