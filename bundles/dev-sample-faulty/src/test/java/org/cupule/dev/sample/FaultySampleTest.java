package org.cupule.dev.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.cupule.device.Mmio;
import org.cupule.state.ModelState;
import org.cupule.state.StateException;
import org.junit.jupiter.api.Test;

class FaultySampleTest {
    @Test
    void promisesToReadWhatTheOlderVersionsWrite() {
        assertThat(new FaultySampleFactory().schema().reads()).containsExactlyInAnyOrder(1, 2);
    }

    @Test
    void refusesTheStateAndSaysThatItIsOnPurpose() {
        var state = ModelState.of("org.cupule.sample", 1).build();

        assertThatThrownBy(() -> new FaultySample().restore(state)).isInstanceOf(StateException.class)
                .hasMessageContaining("org.cupule.sample version 1 on purpose");
    }

    @Test
    void tellsThatItIsModelThree() {
        Mmio device = new FaultySample();

        assertThat(device.readMmio(0, 0, 4)).isEqualTo(0x4C50_5543);
        assertThat(device.readMmio(0, 4, 4)).isEqualTo(3);
    }
}
