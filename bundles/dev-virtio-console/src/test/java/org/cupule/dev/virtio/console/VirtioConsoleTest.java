package org.cupule.dev.virtio.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.cupule.tck.virtio.GuestDriver.BUFFERS;

import java.nio.charset.StandardCharsets;
import java.util.stream.IntStream;
import org.cupule.device.DeviceFactory;
import org.cupule.tck.device.FakeMachine;
import org.cupule.tck.virtio.GuestDriver;
import org.cupule.tck.virtio.GuestQueue;
import org.cupule.tck.virtio.GuestQueue.Piece;
import org.cupule.tck.virtio.GuestQueue.Used;
import org.cupule.tck.virtio.VirtioContract;
import org.junit.jupiter.api.Test;

class VirtioConsoleTest extends VirtioContract {
    private final FakeMachine machine = new FakeMachine(new VirtioConsoleFactory());
    private final GuestDriver driver = new GuestDriver(machine);
    private final GuestQueue[] queues = driver.start(GuestDriver.INDIRECT_DESC);
    private final GuestQueue receive = queues[0];
    private final GuestQueue transmit = queues[1];

    @Override
    protected DeviceFactory factory() {
        return new VirtioConsoleFactory();
    }

    @Override
    protected int type() {
        return 3;
    }

    @Override
    protected int requestQueue() {
        return 1;
    }

    @Override
    protected void exercise(FakeMachine used) {
        GuestQueue[] both = new GuestDriver(used).start(GuestDriver.EVENT_IDX);
        used.ram().poke(BUFFERS, "said");
        both[0].add(GuestQueue.writable(BUFFERS + 0x100, 16));
        both[0].kick();
        used.stream().room(2);
        both[1].add(GuestQueue.readable(BUFFERS, 4));
        both[1].kick();
        assertThat(used.stream().output()).isEqualTo("sa");
    }

    private String text(long gpa, int length) {
        return new String(machine.ram().peek(gpa, length), StandardCharsets.ISO_8859_1);
    }

    @Test
    void sendsWhatTheGuestSays() {
        machine.ram().poke(BUFFERS, "hello world");
        transmit.add(GuestQueue.readable(BUFFERS, 6), GuestQueue.readable(BUFFERS + 6, 5));
        transmit.kick();
        assertThat(machine.stream().output()).isEqualTo("hello world");
        assertThat(transmit.poll()).contains(new Used(0, 0));
    }

    @Test
    void sendsMoreThanItSendsInACall() {
        machine.ram().poke(BUFFERS, "x".repeat(0x4000));
        Piece[] pieces = IntStream.range(0, 14).mapToObj(i -> GuestQueue.readable(BUFFERS, 0x4000))
                .toArray(Piece[]::new);
        transmit.add(pieces);
        transmit.kick();
        assertThat(machine.stream().output()).hasSize(14 * 0x4000);
        assertThat(transmit.poll()).isPresent();
    }

    @Test
    void holdsOutputUntilTheHostTakesIt() {
        machine.ram().poke(BUFFERS, "hello");
        machine.stream().room(2);
        transmit.add(GuestQueue.readable(BUFFERS, 5));
        transmit.kick();
        assertThat(machine.stream().output()).isEqualTo("he");
        assertThat(transmit.poll()).isEmpty();
        machine.stream().room(100);
        machine.clock().advance(10_000_000);
        machine.settle();
        assertThat(machine.stream().output()).isEqualTo("hello");
        assertThat(transmit.poll()).isPresent();
    }

    @Test
    void outputUnderWayGoesOnAfterASwap() {
        machine.ram().poke(BUFFERS, "hello");
        machine.stream().room(2);
        transmit.add(GuestQueue.readable(BUFFERS, 5));
        transmit.kick();
        machine.stream().room(100);
        machine.swapTo(new VirtioConsoleFactory());
        machine.clock().advance(10_000_000);
        machine.settle();
        assertThat(machine.stream().output()).isEqualTo("hello");
        assertThat(transmit.poll()).isPresent();
    }

    @Test
    void bringsWhatIsTyped() {
        receive.add(GuestQueue.writable(BUFFERS, 16));
        receive.add(GuestQueue.writable(BUFFERS + 0x100, 16));
        receive.kick();
        machine.stream().type("ls\n");
        machine.settle();
        assertThat(receive.poll()).contains(new Used(0, 3));
        assertThat(text(BUFFERS, 3)).isEqualTo("ls\n");
        machine.stream().type("ab");
        assertThat(receive.poll()).contains(new Used(1, 2));
        assertThat(text(BUFFERS + 0x100, 2)).isEqualTo("ab");
    }

    @Test
    void leavesWithTheHostWhatHasNoBuffer() {
        receive.add(GuestQueue.writable(BUFFERS, 4));
        receive.kick();
        machine.stream().type("abcdefgh");
        assertThat(receive.poll()).contains(new Used(0, 4));
        assertThat(machine.stream().waiting()).isEqualTo(4);
        receive.add(GuestQueue.writable(BUFFERS, 4));
        receive.kick();
        assertThat(receive.poll()).contains(new Used(1, 4));
        assertThat(text(BUFFERS, 4)).isEqualTo("efgh");
    }

    @Test
    void inputGoesOnAfterASwap() {
        receive.add(GuestQueue.writable(BUFFERS, 16));
        receive.kick();
        machine.swapTo(new VirtioConsoleFactory());
        machine.stream().type("ls");
        assertThat(receive.poll()).contains(new Used(0, 2));
        assertThat(text(BUFFERS, 2)).isEqualTo("ls");
    }

    @Test
    void sendsAByteBeforeAnythingIsSetUp() {
        driver.status(0);
        driver.config(8, 4, '!');
        assertThat(machine.stream().output()).isEqualTo("!");
    }

    @Test
    void nothingIsFetchedBeforeTheDriverIsReady() {
        driver.status(0);
        machine.stream().type("early");
        assertThat(machine.stream().waiting()).isEqualTo(5);
    }
}
