package org.cupule.dev.virtio.blk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.cupule.tck.virtio.GuestDriver.BUFFERS;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.cupule.device.DeviceFactory;
import org.cupule.tck.device.FakeDisk;
import org.cupule.tck.device.FakeMachine;
import org.cupule.tck.virtio.GuestDriver;
import org.cupule.tck.virtio.GuestQueue;
import org.cupule.tck.virtio.GuestQueue.Piece;
import org.cupule.tck.virtio.GuestQueue.Used;
import org.cupule.tck.virtio.VirtioContract;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class VirtioBlkTest extends VirtioContract {
    private static final int READ = 0;
    private static final int WRITE = 1;
    private static final int FLUSH = 4;
    private static final int GET_ID = 8;
    private static final long WITH_FLUSH = 1L << 9;
    private static final long WITH_WCE = 1L << 11;
    private static final long HEADER = BUFFERS;
    private static final long STATUS = BUFFERS + 0x20;
    private static final long DATA = BUFFERS + 0x1000;
    private static final int OK = 0;
    private static final int IO_ERROR = 1;
    private static final int UNSUPPORTED = 2;
    private static final int UNTOUCHED = 0x77;
    private static final int DISK_BYTES = 1 << 20;

    private final byte[] content = new byte[DISK_BYTES];
    private FakeMachine machine;
    private GuestDriver driver;
    private GuestQueue queue;

    VirtioBlkTest() {
        new Random(1).nextBytes(content);
        insert(new FakeDisk().content(content));
    }

    private void insert(FakeDisk disk) {
        machine = new FakeMachine(new VirtioBlkFactory(), Map.of(), disk);
        driver = new GuestDriver(machine);
        queue = driver.start(WITH_FLUSH | GuestDriver.INDIRECT_DESC)[0];
    }

    @Override
    protected DeviceFactory factory() {
        return new VirtioBlkFactory();
    }

    @Override
    protected int type() {
        return 2;
    }

    @Override
    protected void exercise(FakeMachine used) {
        var guest = new GuestDriver(used);
        GuestQueue requests = guest.start(WITH_FLUSH | WITH_WCE | GuestDriver.EVENT_IDX)[0];
        guest.config(0x20, 1, 0);
        used.ram().poke(DATA, "all that is on the disk");
        header(used, WRITE, 1);
        requests.add(GuestQueue.readable(HEADER, 16), GuestQueue.readable(DATA, 512),
                GuestQueue.writable(STATUS, 1));
        requests.kick();
        assertThat(used.disk().content()[512]).isEqualTo((byte) 'a');
    }

    private static void header(FakeMachine at, int type, long sector) {
        at.ram().poke(HEADER, ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putInt(type).putInt(0)
                .putLong(sector).array());
        at.ram().poke(STATUS, (byte) UNTOUCHED);
    }

    private void ask(int type, long sector, Piece... data) {
        header(machine, type, sector);
        Piece[] pieces = new Piece[data.length + 2];
        pieces[0] = GuestQueue.readable(HEADER, 16);
        System.arraycopy(data, 0, pieces, 1, data.length);
        pieces[data.length + 1] = GuestQueue.writable(STATUS, 1);
        queue.addIndirect(BUFFERS + 0x100, pieces);
        queue.kick();
    }

    private int status() {
        return machine.ram().peek(STATUS, 1)[0];
    }

    private int used() {
        return queue.poll().map(Used::written).orElse(-1);
    }

    private static byte[] part(byte[] whole, int from, int length) {
        return Arrays.copyOfRange(whole, from, from + length);
    }

    @Test
    void tellsItsSizeAndItsSectors() {
        assertThat(driver.config(0, 8)).isEqualTo(DISK_BYTES / 512);
        assertThat(driver.config(0x14, 4)).isEqualTo(512);
        assertThat(driver.config(0x0C, 4)).isEqualTo(126);
    }

    @Test
    void readsSectors() {
        ask(READ, 7, GuestQueue.writable(DATA, 1024));
        assertThat(status()).isEqualTo(OK);
        assertThat(used()).isEqualTo(1025);
        assertThat(machine.ram().peek(DATA, 1024)).isEqualTo(part(content, 7 * 512, 1024));
    }

    @Test
    void readsIntoPiecesOfAnySize() {
        ask(READ, 3, GuestQueue.writable(DATA, 1), GuestQueue.writable(DATA + 0x400, 510),
                GuestQueue.writable(DATA + 0x800, 1));
        assertThat(status()).isEqualTo(OK);
        assertThat(machine.ram().peek(DATA, 1)).isEqualTo(part(content, 1536, 1));
        assertThat(machine.ram().peek(DATA + 0x400, 510)).isEqualTo(part(content, 1537, 510));
        assertThat(machine.ram().peek(DATA + 0x800, 1)).isEqualTo(part(content, 2047, 1));
    }

    @Test
    void movesMoreThanItHoldsAtATime() {
        Piece[] pieces = IntStream.range(0, 14).mapToObj(i -> GuestQueue.writable(DATA, 0x4000))
                .toArray(Piece[]::new);
        ask(READ, 0, pieces);
        assertThat(status()).isEqualTo(OK);
        assertThat(used()).isEqualTo(14 * 0x4000 + 1);
        assertThat(machine.ram().peek(DATA, 0x4000)).isEqualTo(part(content, 13 * 0x4000, 0x4000));
    }

    @Test
    void writesSectors() {
        machine.ram().poke(DATA, "new");
        ask(WRITE, 5, GuestQueue.readable(DATA, 512));
        assertThat(status()).isEqualTo(OK);
        assertThat(used()).isEqualTo(1);
        assertThat(part(machine.disk().content(), 5 * 512, 3)).isEqualTo(new byte[]{'n', 'e', 'w'});
        assertThat(part(machine.disk().content(), 6 * 512, 512)).isEqualTo(part(content, 6 * 512, 512));
    }

    @Test
    void whatWasWrittenIsDurableWhenAFlushHasEnded() {
        machine.ram().poke(DATA, "new");
        ask(WRITE, 5, GuestQueue.readable(DATA, 512));
        assertThat(machine.disk().durable()).isEqualTo(content);
        ask(FLUSH, 0);
        assertThat(status()).isEqualTo(OK);
        assertThat(part(machine.disk().durable(), 5 * 512, 3)).isEqualTo(new byte[]{'n', 'e', 'w'});
    }

    @ParameterizedTest
    @CsvSource({"0, 1", "512, 0", "2560, 1"})
    void eachWriteIsDurableWhereTheDriverKnowsNoFlushOrWantsNoCache(long features, int flushes) {
        queue = driver.start(features | GuestDriver.INDIRECT_DESC)[0];
        driver.config(0x20, 1, 0);
        ask(WRITE, 5, GuestQueue.readable(DATA, 512));
        assertThat(status()).isEqualTo(OK);
        assertThat(machine.disk().flushes()).isEqualTo(flushes);
    }

    @Test
    void tellsItsSerialNumber() {
        ask(GET_ID, 0, GuestQueue.writable(DATA, 20));
        assertThat(status()).isEqualTo(OK);
        assertThat(machine.ram().peek(DATA, 7)).isEqualTo("device\0".getBytes());
    }

    @ParameterizedTest
    @CsvSource({"0, 513", "2048, 512", "2047, 1024", "-1, 512", "9223372036854775807, 512", "0, 511"})
    void refusesWhatIsNotOnTheDisk(long sector, int length) {
        ask(READ, sector, GuestQueue.writable(DATA, length));
        assertThat(status()).isEqualTo(IO_ERROR);
        ask(WRITE, sector, GuestQueue.readable(DATA, length));
        assertThat(status()).isEqualTo(IO_ERROR);
        assertThat(machine.disk().content()).isEqualTo(content);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 5, 11, 13, -1})
    void refusesWhatItDoesNotKnow(int type) {
        ask(type, 0);
        assertThat(status()).isEqualTo(UNSUPPORTED);
        assertThat(used()).isEqualTo(1);
    }

    @Test
    void aReadOnlyDiskSaysSoAndIsNotWritten() {
        insert(new FakeDisk().content(content).readOnly());
        assertThat(driver.offered() & 1 << 5).isNotZero();
        ask(WRITE, 0, GuestQueue.readable(DATA, 512));
        assertThat(status()).isEqualTo(IO_ERROR);
        ask(READ, 0, GuestQueue.writable(DATA, 512));
        assertThat(status()).isEqualTo(OK);
    }

    @Test
    void tellsThatTheHostCannot() {
        machine.disk().failing(true);
        ask(READ, 0, GuestQueue.writable(DATA, 512));
        assertThat(status()).isEqualTo(IO_ERROR);
        ask(FLUSH, 0);
        assertThat(status()).isEqualTo(IO_ERROR);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 15})
    void asksForAResetWhenARequestHasNoHeader(int length) {
        queue.add(GuestQueue.readable(HEADER, length), GuestQueue.writable(STATUS, 1));
        queue.kick();
        assertThat(driver.status() & GuestDriver.NEEDS_RESET).isNotZero();
    }

    @Test
    void asksForAResetWhenARequestHasNoStatus() {
        queue.add(GuestQueue.readable(HEADER, 16), GuestQueue.readable(DATA, 512));
        queue.kick();
        assertThat(driver.status() & GuestDriver.NEEDS_RESET).isNotZero();
    }

    @Test
    void asksForAResetWhenDataAreNotInRam() {
        ask(READ, 0, GuestQueue.writable(0x1000, 512));
        assertThat(driver.status() & GuestDriver.NEEDS_RESET).isNotZero();
        assertThat(status()).isEqualTo(UNTOUCHED);
    }

    @Test
    void giveBackWhatHasEndedWhileOthersWait() {
        machine.disk().hold(true);
        ask(READ, 0, GuestQueue.writable(DATA, 512));
        assertThat(used()).isEqualTo(-1);
        assertThat(status()).isEqualTo(UNTOUCHED);
        machine.disk().hold(false);
        machine.settle();
        assertThat(used()).isEqualTo(513);
    }

    @Test
    void aResetOfTheDriverEndsWhatIsUnderWay() {
        machine.disk().hold(true);
        ask(READ, 0, GuestQueue.writable(DATA, 512));
        driver.status(0);
        machine.disk().hold(false);
        machine.settle();
        assertThat(machine.ram().peek(DATA, 512)).containsOnly(0);
        assertThat(status()).isEqualTo(UNTOUCHED);
    }

    @Test
    void requestsUnderWayEndAfterASwap() {
        machine.disk().hold(true);
        ask(READ, 9, GuestQueue.writable(DATA, 512));
        machine.swapTo(new VirtioBlkFactory());
        assertThat(status()).isEqualTo(UNTOUCHED);
        machine.disk().hold(false);
        machine.settle();
        assertThat(status()).isEqualTo(OK);
        assertThat(used()).isEqualTo(513);
        assertThat(used()).isEqualTo(-1);
        assertThat(machine.ram().peek(DATA, 512)).isEqualTo(part(content, 9 * 512, 512));
    }

    @Test
    void aWriteUnderWayInASwapIsOnTheDiskBeforeTheNext() {
        machine.ram().poke(DATA, "one");
        machine.disk().hold(true);
        ask(WRITE, 9, GuestQueue.readable(DATA, 512));
        machine.swapTo(new VirtioBlkFactory());
        machine.disk().hold(false);
        machine.settle();
        machine.ram().poke(DATA, "two");
        ask(WRITE, 9, GuestQueue.readable(DATA, 512));
        assertThat(part(machine.disk().content(), 9 * 512, 3)).isEqualTo(new byte[]{'t', 'w', 'o'});
    }

    @Test
    void requestsUnderWayEndInTheRestoredMachine() {
        machine.disk().hold(true);
        ask(READ, 9, GuestQueue.writable(DATA, 512));
        FakeMachine twin = machine.twin();
        twin.disk().hold(false);
        twin.settle();
        assertThat(twin.ram().peek(STATUS, 1)[0]).isEqualTo((byte) OK);
        assertThat(twin.ram().peek(DATA, 512)).isEqualTo(part(content, 9 * 512, 512));
    }

    @Test
    void isTheDiskOfAModelOfTheGuest() {
        var random = new Random(3);
        byte[] model = content.clone();
        for (int i = 0; i < 2000; i++) {
            int sectors = 1 + random.nextInt(8);
            int sector = random.nextInt(DISK_BYTES / 512 - sectors);
            if (random.nextBoolean()) {
                byte[] data = new byte[512 * sectors];
                random.nextBytes(data);
                machine.ram().poke(DATA, data);
                System.arraycopy(data, 0, model, 512 * sector, data.length);
                ask(WRITE, sector, GuestQueue.readable(DATA, data.length));
            } else {
                ask(READ, sector, GuestQueue.writable(DATA, 512 * sectors));
                assertThat(machine.ram().peek(DATA, 512 * sectors)).isEqualTo(part(model, 512 * sector,
                        512 * sectors));
            }
            assertThat(status()).isEqualTo(OK);
            assertThat(used()).isPositive();
            if (random.nextInt(50) == 0) {
                machine.swapTo(new VirtioBlkFactory());
            }
        }
        assertThat(machine.disk().content()).isEqualTo(model);
    }
}
