package org.cupule.examples.accelerator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import org.cupule.tck.device.FakeMachine;
import org.junit.jupiter.api.Test;

class AcceleratorTest {
    /** FIPS 180-4, the example of one block. */
    private static final String HASH_OF_ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    private static final long TARGET = FakeMachine.RAM + 0x100;

    private final AcceleratorFactory factory = new AcceleratorFactory(1024);
    private final FakeMachine machine = new FakeMachine(factory);

    private void begin(long source, long target, int length) {
        machine.write(0, Accelerator.SOURCE, 8, source);
        machine.write(0, Accelerator.TARGET, 8, target);
        machine.write(0, Accelerator.LENGTH, 4, length);
        machine.write(0, Accelerator.COMMAND, 4, 1);
    }

    private int status() {
        return (int) machine.read(0, Accelerator.STATUS, 4);
    }

    private String hash() {
        return HexFormat.of().formatHex(machine.ram().peek(TARGET, 32));
    }

    @Test
    void hashesGuestMemory() {
        machine.ram().poke(FakeMachine.RAM, "abc");
        begin(FakeMachine.RAM, TARGET, 3);
        machine.clock().advance(3);
        assertThat(status()).isEqualTo(Accelerator.DONE);
        assertThat(hash()).isEqualTo(HASH_OF_ABC);
    }

    @Test
    void isBusyAsLongAsItsBytesTake() {
        begin(FakeMachine.RAM, TARGET, 1000);
        machine.clock().advance(999);
        assertThat(status()).isEqualTo(Accelerator.BUSY);
        machine.clock().advance(1);
        assertThat(status()).isEqualTo(Accelerator.DONE);
    }

    @Test
    void tellsByAMessage() {
        machine.enableMsi(1);
        begin(FakeMachine.RAM, TARGET, 1);
        machine.clock().advance(1000);
        assertThat(machine.messages()).containsExactly(0);
    }

    @Test
    void holdsItsLineUntilTheStatusIsCleared() {
        begin(FakeMachine.RAM, TARGET, 1);
        machine.clock().advance(1000);
        assertThat(machine.line(0)).isTrue();
        machine.write(0, Accelerator.STATUS, 4, Accelerator.DONE);
        assertThat(machine.line(0)).isFalse();
    }

    @Test
    void saysErrorForWhatIsNoRamAndForALengthThatCannotBe() {
        begin(0xFFFF_FFFF_FFFFL, TARGET, 16);
        machine.clock().advance(1000);
        assertThat(status()).isEqualTo(Accelerator.ERROR);
        begin(FakeMachine.RAM, TARGET, 0);
        machine.clock().advance(1000);
        assertThat(status()).isEqualTo(Accelerator.ERROR);
        begin(FakeMachine.RAM, TARGET, -1);
        machine.clock().advance(1_000_000);
        assertThat(status()).isEqualTo(Accelerator.ERROR);
        assertThat(machine.read(0, Accelerator.JOBS, 4)).isEqualTo(3);
    }

    @Test
    void endsAJobThatASwapFoundGoingOn() {
        machine.ram().poke(FakeMachine.RAM, "abc");
        begin(FakeMachine.RAM, TARGET, 3);
        machine.swapTo(factory);
        machine.clock().advance(1000);
        assertThat(hash()).isEqualTo(HASH_OF_ABC);
        assertThat(status()).isEqualTo(Accelerator.DONE);
    }
}
