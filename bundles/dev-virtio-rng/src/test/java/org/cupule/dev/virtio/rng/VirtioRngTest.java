package org.cupule.dev.virtio.rng;

import static org.assertj.core.api.Assertions.assertThat;
import static org.cupule.tck.virtio.GuestDriver.BUFFERS;

import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.cupule.device.DeviceFactory;
import org.cupule.tck.device.FakeMachine;
import org.cupule.tck.virtio.GuestDriver;
import org.cupule.tck.virtio.GuestQueue;
import org.cupule.tck.virtio.GuestQueue.Used;
import org.cupule.tck.virtio.VirtioContract;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VirtioRngTest extends VirtioContract {
    private final FakeMachine machine = new FakeMachine(new VirtioRngFactory());
    private final GuestDriver driver = new GuestDriver(machine);

    @Override
    protected DeviceFactory factory() {
        return new VirtioRngFactory();
    }

    @Override
    protected int type() {
        return 4;
    }

    @Override
    protected void exercise(FakeMachine used) {
        used.enableMsi(1);
        GuestQueue queue = new GuestDriver(used).start(GuestDriver.INDIRECT_DESC | GuestDriver.EVENT_IDX)[0];
        queue.add(GuestQueue.writable(BUFFERS, 64));
        queue.addIndirect(BUFFERS + 0x1000, GuestQueue.writable(BUFFERS + 64, 32));
        queue.kick();
    }

    private byte[] drawn(int lengthBytes) {
        GuestQueue queue = driver.start(0)[0];
        queue.add(GuestQueue.writable(BUFFERS, lengthBytes));
        queue.kick();
        assertThat(queue.poll()).contains(new Used(0, lengthBytes));
        return machine.ram().peek(BUFFERS, lengthBytes);
    }

    @Test
    void fillsTheBufferAndNothingElse() {
        byte[] bytes = drawn(1000);
        assertThat(IntStream.range(0, 1000).map(i -> bytes[i]).distinct().count()).isGreaterThan(200);
        assertThat(machine.ram().peek(BUFFERS + 1000, 100)).containsOnly(0);
    }

    @Test
    void neverGivesTheSameTwice() {
        assertThat(drawn(64)).isNotEqualTo(drawn(64));
    }

    @Test
    void isTheSameInEachRunOfADeterministicMachine() {
        var other = new VirtioRngTest();
        assertThat(drawn(64)).isEqualTo(other.drawn(64));
    }

    @Test
    void dependsOnTheSeed() {
        var other = new FakeMachine(new VirtioRngFactory(), Map.of("seed", "another"));
        GuestQueue queue = new GuestDriver(other).start(0)[0];
        queue.add(GuestQueue.writable(BUFFERS, 64));
        queue.kick();
        assertThat(other.ram().peek(BUFFERS, 64)).isNotEqualTo(drawn(64));
    }

    @Test
    void fillsAllPieces() {
        GuestQueue queue = driver.start(GuestDriver.INDIRECT_DESC)[0];
        queue.addIndirect(BUFFERS + 0x1000, GuestQueue.writable(BUFFERS, 8), GuestQueue.writable(BUFFERS + 100, 8));
        queue.kick();
        assertThat(queue.poll()).contains(new Used(0, 16));
        assertThat(machine.ram().peek(BUFFERS + 100, 8)).isNotEqualTo(new byte[8]);
    }

    @Test
    void aHugeBufferGetsSomeBytes() {
        GuestQueue queue = driver.start(0)[0];
        queue.add(GuestQueue.writable(BUFFERS, 0x5000));
        queue.kick();
        assertThat(queue.poll()).contains(new Used(0, 4096));
    }

    @Test
    void aBufferOutsideRamAsksForAReset() {
        GuestQueue queue = driver.start(0)[0];
        queue.add(GuestQueue.writable(0x10, 16));
        queue.kick();
        assertThat(queue.poll()).isEmpty();
        assertThat(driver.status() & GuestDriver.NEEDS_RESET).isNotZero();
    }

    @Test
    void goesRoundTheRings() {
        GuestQueue queue = driver.start(0)[0];
        for (int i = 0; i < 70_000; i++) {
            queue.add(GuestQueue.writable(BUFFERS, 4));
            queue.kick();
            assertThat(queue.poll()).contains(new Used(i % 16, 4));
        }
        assertThat(queue.poll()).isEqualTo(Optional.empty());
    }

    @Test
    void interruptsByMessage() {
        machine.enableMsi(2);
        GuestQueue queue = driver.start(0)[0];
        queue.add(GuestQueue.writable(BUFFERS, 4));
        queue.kick();
        assertThat(machine.messages()).containsExactly(1);
        assertThat(machine.line(0)).isFalse();
    }

    @Test
    void interruptsByThePinUntilTheStatusIsRead() {
        GuestQueue queue = driver.start(0)[0];
        queue.add(GuestQueue.writable(BUFFERS, 4));
        queue.kick();
        assertThat(machine.line(0)).isTrue();
        assertThat(driver.isr()).isEqualTo(1);
        assertThat(machine.line(0)).isFalse();
        assertThat(driver.isr()).isZero();
    }

    @Test
    void interruptsNotWhereTheDriverWantsNone() {
        GuestQueue queue = driver.start(0)[0];
        queue.suppress(true);
        queue.add(GuestQueue.writable(BUFFERS, 4));
        queue.kick();
        assertThat(queue.poll()).isPresent();
        assertThat(machine.line(0)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void interruptsBehindTheRequestThatTheDriverNamed(int event) {
        GuestQueue queue = driver.start(GuestDriver.EVENT_IDX)[0];
        queue.usedEvent(event);
        for (int i = 0; i < 4; i++) {
            assertThat(machine.line(0)).as("before request %d", i).isEqualTo(i > event);
            queue.add(GuestQueue.writable(BUFFERS, 4));
            queue.kick();
        }
        assertThat(machine.line(0)).isTrue();
    }

    @Test
    void asksToBeNotifiedOfTheNextRequest() {
        GuestQueue queue = driver.start(GuestDriver.EVENT_IDX)[0];
        queue.add(GuestQueue.writable(BUFFERS, 4));
        queue.add(GuestQueue.writable(BUFFERS, 4));
        queue.kick();
        assertThat(queue.availableEvent()).isEqualTo(2);
    }

    @Test
    void doesNothingBeforeTheDriverIsReady() {
        driver.negotiate(0);
        GuestQueue queue = driver.queue(0);
        queue.add(GuestQueue.writable(BUFFERS, 4));
        queue.kick();
        assertThat(queue.poll()).isEmpty();
        driver.status(GuestDriver.ACKNOWLEDGE | GuestDriver.DRIVER | GuestDriver.FEATURES_OK
                | GuestDriver.DRIVER_OK);
        assertThat(queue.poll()).isPresent();
    }

    @Test
    void chanceIsUsedInAMachineThatIsNotDeterministic() {
        var source = new ChanceSource();
        byte[] first = new byte[32];
        byte[] second = new byte[32];
        source.fill(first, 32);
        source.fill(second, 32);
        assertThat(first).isNotEqualTo(second);
        assertThat(source.given()).isEqualTo(2);
    }
}
