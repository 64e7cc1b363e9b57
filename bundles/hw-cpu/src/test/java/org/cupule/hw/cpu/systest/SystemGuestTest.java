package org.cupule.hw.cpu.systest;

import static org.assertj.core.api.Assertions.assertThat;

import org.cupule.hw.cpu.InterpretedCpuFactory;
import org.cupule.hw.cpu.SingleStepCpuFactory;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("A system test guest on the model")
class SystemGuestTest {
    @ParameterizedTest
    @MethodSource("org.cupule.hw.cpu.systest.SystemGuest#all")
    void tellsWhatTheManualSays(SystemGuest guest) {
        assertThat(guest.onModel(new InterpretedCpuFactory())).isEqualTo(guest.expected());
    }

    @ParameterizedTest
    @MethodSource("org.cupule.hw.cpu.systest.SystemGuest#all")
    void tellsTheSameWithBlocksOfOneInstruction(SystemGuest guest) {
        assertThat(guest.onModel(new SingleStepCpuFactory())).isEqualTo(guest.expected());
    }
}
