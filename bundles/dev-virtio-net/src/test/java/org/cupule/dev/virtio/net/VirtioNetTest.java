package org.cupule.dev.virtio.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.cupule.tck.virtio.GuestDriver.BUFFERS;

import java.util.Arrays;
import java.util.Map;
import org.cupule.device.DeviceFactory;
import org.cupule.tck.device.FakeMachine;
import org.cupule.tck.virtio.GuestDriver;
import org.cupule.tck.virtio.GuestQueue;
import org.cupule.tck.virtio.GuestQueue.Used;
import org.cupule.tck.virtio.VirtioContract;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VirtioNetTest extends VirtioContract {
    private static final byte[] FRAME = "01234567890123 a frame".getBytes();

    private final FakeMachine machine = new FakeMachine(new VirtioNetFactory());
    private final GuestDriver driver = new GuestDriver(machine);
    private final GuestQueue[] queues = driver.start(1 << 5);
    private final GuestQueue receive = queues[0];
    private final GuestQueue transmit = queues[1];

    @Override
    protected DeviceFactory factory() {
        return new VirtioNetFactory();
    }

    @Override
    protected int type() {
        return 1;
    }

    @Override
    protected int requestQueue() {
        return 1;
    }

    @Override
    protected void exercise(FakeMachine used) {
        GuestQueue[] both = new GuestDriver(used).start(GuestDriver.EVENT_IDX);
        both[0].add(GuestQueue.writable(BUFFERS, 1526));
        both[0].add(GuestQueue.writable(BUFFERS + 0x1000, 1526));
        both[0].kick();
        used.network().bring(FRAME);
        both[1].add(GuestQueue.readable(BUFFERS, 12), GuestQueue.readable(BUFFERS + 12, 60));
        both[1].kick();
        assertThat(used.network().sent()).hasSize(1);
    }

    @Test
    void tellsItsAddressAndThatTheLinkIsUp() {
        assertThat(driver.config(0, 4)).isEqualTo(0xC000_5452L);
        assertThat(driver.config(4, 2)).isEqualTo(0x1E70);
        assertThat(driver.config(6, 2)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "52:54:00:12:34", "53:54:00:12:34:56", "52-54-00-12-34-56"})
    void refusesAnAddressThatIsNone(String mac) {
        assertThatThrownBy(() -> new FakeMachine(new VirtioNetFactory(), Map.of("mac", mac)))
                .isInstanceOf(HsmException.class);
    }

    @Test
    void sendsAFrameWithoutItsHeader() {
        machine.ram().poke(BUFFERS + 12, FRAME);
        transmit.add(GuestQueue.readable(BUFFERS, 12), GuestQueue.readable(BUFFERS + 12, FRAME.length));
        transmit.kick();
        assertThat(machine.network().sent()).singleElement().isEqualTo(FRAME);
        assertThat(transmit.poll()).contains(new Used(0, 0));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 12, 1527, 0x4000})
    void losesWhatIsNoFrame(int length) {
        transmit.add(GuestQueue.readable(BUFFERS, length));
        transmit.kick();
        assertThat(machine.network().sent()).isEmpty();
        assertThat(transmit.poll()).isPresent();
    }

    @Test
    void bringsAFrameBehindAHeader() {
        receive.add(GuestQueue.writable(BUFFERS, 1526));
        receive.kick();
        machine.network().bring(FRAME);
        assertThat(receive.poll()).contains(new Used(0, 12 + FRAME.length));
        byte[] header = new byte[12];
        header[10] = 1;
        assertThat(machine.ram().peek(BUFFERS, 12)).isEqualTo(header);
        assertThat(machine.ram().peek(BUFFERS + 12, FRAME.length)).isEqualTo(FRAME);
    }

    @Test
    void leavesFramesWithTheHostUntilThereIsABuffer() {
        machine.network().bring(FRAME);
        machine.network().bring(Arrays.copyOf(FRAME, 60));
        assertThat(machine.network().waiting()).isEqualTo(2);
        receive.add(GuestQueue.writable(BUFFERS, 1526));
        receive.kick();
        assertThat(receive.poll()).contains(new Used(0, 12 + FRAME.length));
        assertThat(machine.network().waiting()).isEqualTo(1);
    }

    @Test
    void losesAFrameThatDoesNotFit() {
        receive.add(GuestQueue.writable(BUFFERS, 30));
        receive.kick();
        machine.network().bring(FRAME);
        assertThat(receive.poll()).isEmpty();
        machine.network().bring(Arrays.copyOf(FRAME, 14));
        assertThat(receive.poll()).contains(new Used(0, 26));
    }

    @Test
    void goesOnAfterASwap() {
        receive.add(GuestQueue.writable(BUFFERS, 1526));
        receive.kick();
        machine.swapTo(new VirtioNetFactory());
        machine.network().bring(FRAME);
        assertThat(receive.poll()).contains(new Used(0, 12 + FRAME.length));
    }
}
