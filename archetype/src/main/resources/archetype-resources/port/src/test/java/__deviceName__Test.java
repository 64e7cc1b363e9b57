package ${package};

import static org.assertj.core.api.Assertions.assertThat;

import org.cupule.tck.device.FakeMachine;
import org.junit.jupiter.api.Test;

class ${deviceName}Test {
    private final FakeMachine machine = new FakeMachine(new ${deviceName}Factory(5));

    @Test
    void hasNoWideRegisters() {
        machine.out(0, ${deviceName}.VALUE, 2, 7);
        assertThat(machine.in(0, ${deviceName}.WRITES, 1)).isZero();
        assertThat(machine.in(0, ${deviceName}.VALUE, 2)).isEqualTo(0xFFFF);
    }

    @Test
    void holdsTheSettingAfterPowerOnAndReset() {
        assertThat(machine.in(0, ${deviceName}.VALUE, 1)).isEqualTo(5);
        machine.out(0, ${deviceName}.VALUE, 1, 9);
        machine.reset();
        assertThat(machine.in(0, ${deviceName}.VALUE, 1)).isEqualTo(5);
    }

    @Test
    void countsWritesToItsValue() {
        machine.out(0, ${deviceName}.VALUE, 1, 9);
        machine.out(0, ${deviceName}.VALUE, 1, 10);
        assertThat(machine.in(0, ${deviceName}.VALUE, 1)).isEqualTo(10);
        assertThat(machine.in(0, ${deviceName}.WRITES, 1)).isEqualTo(2);
    }

    @Test
    void holdsItsLineHighUntilTheStatusIsCleared() {
        machine.out(0, ${deviceName}.CONTROL, 1, 1);
        machine.out(0, ${deviceName}.VALUE, 1, 1);
        assertThat(machine.line(0)).isTrue();
        machine.out(0, ${deviceName}.STATUS, 1, 1);
        assertThat(machine.line(0)).isFalse();
    }

    @Test
    void takesItsStateAlong() {
        machine.out(0, ${deviceName}.VALUE, 1, 42);
        machine.swapTo(new ${deviceName}Factory(5));
        assertThat(machine.in(0, ${deviceName}.VALUE, 1)).isEqualTo(42);
        assertThat(machine.in(0, ${deviceName}.WRITES, 1)).isEqualTo(1);
    }
}
