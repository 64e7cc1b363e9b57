package ${package};

import static org.assertj.core.api.Assertions.assertThat;

import org.cupule.tck.device.FakeMachine;
import org.junit.jupiter.api.Test;

class ${deviceName}Test {
    private final FakeMachine machine = new FakeMachine(new ${deviceName}Factory(5));

    @Test
    void saysWhoItIs() {
        assertThat(machine.read(0, ${deviceName}.ID, 4)).isEqualTo(0x4445_5643L);
    }

    @Test
    void holdsTheSettingAfterPowerOnAndReset() {
        assertThat(machine.read(0, ${deviceName}.VALUE, 4)).isEqualTo(5);
        machine.write(0, ${deviceName}.VALUE, 4, 9);
        machine.reset();
        assertThat(machine.read(0, ${deviceName}.VALUE, 4)).isEqualTo(5);
    }

    @Test
    void countsWritesToItsValue() {
        machine.write(0, ${deviceName}.VALUE, 4, 9);
        machine.write(0, ${deviceName}.VALUE, 4, 10);
        assertThat(machine.read(0, ${deviceName}.VALUE, 4)).isEqualTo(10);
        assertThat(machine.read(0, ${deviceName}.WRITES, 4)).isEqualTo(2);
    }

    @Test
    void holdsItsLineHighUntilTheStatusIsCleared() {
        machine.write(0, ${deviceName}.CONTROL, 4, 1);
        machine.write(0, ${deviceName}.VALUE, 4, 1);
        assertThat(machine.line(0)).isTrue();
        machine.write(0, ${deviceName}.STATUS, 4, 1);
        assertThat(machine.line(0)).isFalse();
    }

    @Test
    void takesItsStateAlong() {
        machine.write(0, ${deviceName}.VALUE, 4, 42);
        machine.swapTo(new ${deviceName}Factory(5));
        assertThat(machine.read(0, ${deviceName}.VALUE, 4)).isEqualTo(42);
        assertThat(machine.read(0, ${deviceName}.WRITES, 4)).isEqualTo(1);
    }
}
