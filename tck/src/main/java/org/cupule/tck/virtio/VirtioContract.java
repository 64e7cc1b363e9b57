package org.cupule.tck.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.cupule.pci.PciFunctionSpec;
import org.cupule.tck.DeviceContract;
import org.cupule.tck.device.FakeMachine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What every virtio device must do, whatever its type: negotiation, and to stand any queue.
 *
 * <p>
 * Source: VIRTIO 1.2, chapters 2, 3.1 and 4.1.
 *
 * @threading confined to the test
 */
public abstract class VirtioContract extends DeviceContract {
    private static final long ALL_OF_TRANSPORT = GuestDriver.INDIRECT_DESC | GuestDriver.EVENT_IDX;
    private static final int FUZZ_ROUNDS = 60;

    /** {@return the queue in which the device looks for requests when it is notified} */
    protected int requestQueue() {
        return 0;
    }

    /** {@return the type of the device} */
    protected abstract int type();

    private GuestDriver driver() {
        var machine = new FakeMachine(factory());
        machine.enableMsi(16);
        return new GuestDriver(machine);
    }

    @Test
    void isAModernDeviceOfItsType() {
        PciFunctionSpec pci = factory().spec().pci().orElseThrow();
        assertThat(pci.vendor()).isEqualTo(0x1AF4);
        assertThat(pci.device()).isEqualTo(0x1040 + type());
        assertThat(pci.revision()).isPositive();
        assertThat(pci.msix()).isPresent();
        assertThat(pci.capabilities().stream().map(capability -> capability.body()[1])).contains((byte) 1, (byte) 2,
                (byte) 3, (byte) 4, (byte) 5);
    }

    @Test
    void offersWhatTheTransportHas() {
        long wanted = ALL_OF_TRANSPORT | GuestDriver.VERSION_1;
        assertThat(driver().offered() & wanted).isEqualTo(wanted);
    }

    @Test
    void refusesADriverOfLegacyDevices() {
        GuestDriver driver = driver();
        driver.accept(0);
        driver.status(GuestDriver.ACKNOWLEDGE | GuestDriver.DRIVER | GuestDriver.FEATURES_OK);
        assertThat(driver.status()).isEqualTo(GuestDriver.ACKNOWLEDGE | GuestDriver.DRIVER);
    }

    @Test
    void refusesAFeatureThatIsNotOffered() {
        GuestDriver driver = driver();
        assertThat(driver.negotiate(1L << 40)).isFalse();
        assertThat(driver.negotiate(driver.offered())).isTrue();
    }

    @Test
    void keepsTheFeaturesOnceTheyAreAgreed() {
        GuestDriver driver = driver();
        driver.negotiate(ALL_OF_TRANSPORT);
        driver.accept(0);
        driver.write(0x08, 4, 0);
        assertThat(driver.read(0x0C, 4)).isEqualTo(ALL_OF_TRANSPORT);
    }

    @Test
    void isNotReadyBeforeTheFeaturesAreAgreed() {
        GuestDriver driver = driver();
        driver.status(GuestDriver.ACKNOWLEDGE | GuestDriver.DRIVER | GuestDriver.DRIVER_OK);
        assertThat(driver.status()).isEqualTo(GuestDriver.ACKNOWLEDGE | GuestDriver.DRIVER);
    }

    @Test
    void aStatusOfZeroIsAReset() {
        GuestDriver driver = driver();
        driver.start(ALL_OF_TRANSPORT);
        driver.status(0);
        assertThat(driver.status()).isZero();
        driver.select(0);
        assertThat(driver.read(0x1C, 2)).isZero();
        assertThat(driver.read(0x20, 8)).isZero();
    }

    @Test
    void vectorsThatDoNotExistAreNone() {
        GuestDriver driver = driver();
        int vectors = factory().spec().pci().orElseThrow().msix().orElseThrow().vectors();
        driver.write(0x10, 2, vectors);
        assertThat(driver.read(0x10, 2)).isEqualTo(0xFFFF);
        driver.write(0x10, 2, vectors - 1L);
        assertThat(driver.read(0x10, 2)).isEqualTo(vectors - 1L);
    }

    @Test
    void queuesThatDoNotExistHaveNoEntries() {
        GuestDriver driver = driver();
        driver.select((int) driver.read(0x12, 2));
        assertThat(driver.read(0x18, 2)).isZero();
        driver.select(0);
        assertThat(driver.read(0x18, 2)).isPositive();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3, 0x8000, 0xFFFF})
    void aQueueTakesNoSizeThatCannotBe(int entries) {
        GuestDriver driver = driver();
        long before = driver.read(0x18, 2);
        driver.write(0x18, 2, entries);
        assertThat(driver.read(0x18, 2)).isEqualTo(before);
    }

    @Test
    void anEnabledQueueStaysWhereItIs() {
        GuestDriver driver = driver();
        driver.negotiate(0);
        GuestQueue queue = driver.queue(0);
        driver.write(0x20, 8, 0x1000);
        driver.write(0x2C, 4, 1);
        driver.write(0x18, 2, 2);
        assertThat(driver.read(0x20, 8)).isEqualTo(queue.descriptors());
        assertThat(driver.read(0x28, 8)).isEqualTo(queue.available());
        assertThat(driver.read(0x18, 2)).isEqualTo(16);
    }

    @Test
    void windowInConfigurationSpaceReachesTheRegisters() {
        GuestDriver driver = driver();
        driver.status(GuestDriver.ACKNOWLEDGE);
        var window = (org.cupule.device.PciRegisters) driver.machine().device();
        window.writeCapability(4, 0x08, 4, 0x14);
        window.writeCapability(4, 0x0C, 4, 1);
        assertThat(window.readCapability(4, 0x10, 1)).isEqualTo(GuestDriver.ACKNOWLEDGE);
        window.writeCapability(4, 0x10, 4, GuestDriver.ACKNOWLEDGE | GuestDriver.DRIVER);
        assertThat(driver.status()).isEqualTo(GuestDriver.ACKNOWLEDGE | GuestDriver.DRIVER);
    }

    static Stream<Arguments> brokenQueues() {
        return Stream.of(broken("index too far ahead", queue -> queue.availableIndex(17)),
                broken("head beyond the table", queue -> queue.offer(16)),
                broken("the same head twice in a chain", queue -> {
                    queue.descriptor(0, GuestDriver.BUFFERS, 16, GuestQueue.NEXT, 1);
                    queue.descriptor(1, GuestDriver.BUFFERS, 16, GuestQueue.NEXT, 0);
                    queue.offer(0);
                }), broken("next beyond the table", queue -> {
                    queue.descriptor(0, GuestDriver.BUFFERS, 16, GuestQueue.NEXT, 999);
                    queue.offer(0);
                }), broken("a readable piece behind a writable one",
                        queue -> queue.add(GuestQueue.writable(GuestDriver.BUFFERS, 16),
                                GuestQueue.readable(GuestDriver.BUFFERS, 16))),
                broken("a table in a table", queue -> {
                    queue.put(GuestDriver.BUFFERS, GuestDriver.BUFFERS, 16, GuestQueue.INDIRECT, 0);
                    queue.descriptor(0, GuestDriver.BUFFERS, 16, GuestQueue.INDIRECT, 0);
                    queue.offer(0);
                }), broken("a table that is no table", queue -> {
                    queue.descriptor(0, GuestDriver.BUFFERS, 17, GuestQueue.INDIRECT, 0);
                    queue.offer(0);
                }), broken("an empty table", queue -> {
                    queue.descriptor(0, GuestDriver.BUFFERS, 0, GuestQueue.INDIRECT, 0);
                    queue.offer(0);
                }), broken("a table outside RAM", queue -> {
                    queue.descriptor(0, -16, 32, GuestQueue.INDIRECT, 0);
                    queue.offer(0);
                }), broken("a table with a successor", queue -> {
                    queue.descriptor(0, GuestDriver.BUFFERS, 16, GuestQueue.INDIRECT | GuestQueue.NEXT, 1);
                    queue.offer(0);
                }), broken("a loop in a table", queue -> {
                    queue.put(GuestDriver.BUFFERS, GuestDriver.BUFFERS, 1, GuestQueue.NEXT, 0);
                    queue.descriptor(0, GuestDriver.BUFFERS, 16, GuestQueue.INDIRECT, 0);
                    queue.offer(0);
                }));
    }

    private static Arguments broken(String what, Consumer<GuestQueue> how) {
        return Arguments.of(what, how);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("brokenQueues")
    void asksForAResetWhenAQueueCannotBe(String what, Consumer<GuestQueue> how) {
        GuestDriver driver = driver();
        driver.negotiate(GuestDriver.INDIRECT_DESC);
        driver.write(0x10, 2, 0);
        GuestQueue queue = driver.start(GuestDriver.INDIRECT_DESC)[requestQueue()];
        how.accept(queue);
        queue.kick();
        assertThat(driver.status() & GuestDriver.NEEDS_RESET).isNotZero();
        assertThat(queue.poll()).isEmpty();
        assertThat(driver.isr() & 2).isEqualTo(2);
        driver.start(0);
        assertThat(driver.status() & GuestDriver.NEEDS_RESET).isZero();
    }

    @Test
    void asksForAResetWhenAQueueIsNotAligned() {
        GuestDriver driver = driver();
        driver.negotiate(0);
        driver.select(0);
        driver.write(0x20, 8, FakeMachine.RAM + 8);
        driver.write(0x1C, 2, 1);
        assertThat(driver.status() & GuestDriver.NEEDS_RESET).isNotZero();
    }

    @ParameterizedTest
    @ValueSource(longs = {-0x1000, 0, 0xF_FFF0, 0x7FFF_FFFF_FFFF_F000L})
    void asksForAResetWhenAQueueIsNotInRam(long place) {
        GuestDriver driver = driver();
        driver.negotiate(0);
        driver.select(requestQueue());
        driver.write(0x20, 8, place);
        driver.write(0x28, 8, place);
        driver.write(0x30, 8, place);
        driver.write(0x1C, 2, 1);
        driver.status(GuestDriver.ACKNOWLEDGE | GuestDriver.DRIVER | GuestDriver.FEATURES_OK
                | GuestDriver.DRIVER_OK);
        driver.notify(requestQueue());
        assertThat(driver.status() & GuestDriver.NEEDS_RESET).isNotZero();
    }

    @Test
    void reachesNoMemoryThatTheGuestDidNotLetItMaster() {
        GuestDriver driver = driver();
        GuestQueue queue = driver.start(0)[requestQueue()];
        queue.add(GuestQueue.readable(GuestDriver.BUFFERS, 16), GuestQueue.writable(GuestDriver.BUFFERS, 16));
        driver.machine().ram().busMaster(false);
        queue.kick();
        assertThat(queue.poll()).isEmpty();
        assertThat(driver.status() & GuestDriver.NEEDS_RESET).isNotZero();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void standsAnyQueue(long seed) {
        var random = new Random(seed);
        GuestDriver driver = driver();
        for (int round = 0; round < FUZZ_ROUNDS; round++) {
            long features = random.nextBoolean() ? ALL_OF_TRANSPORT : driver.offered();
            GuestQueue[] queues = driver.start(features);
            for (GuestQueue queue : queues) {
                scribble(random, queue);
            }
            for (int i = 0; i < 8; i++) {
                queues[random.nextInt(queues.length)].kick();
                alter(random, driver.machine());
                driver.machine().clock().advance(random.nextInt(1000));
            }
            if (random.nextInt(8) == 0) {
                driver.machine().swapTo(factory());
            }
        }
        driver.start(0);
        assertThat(driver.status()).isEqualTo(GuestDriver.ACKNOWLEDGE | GuestDriver.DRIVER | GuestDriver.FEATURES_OK
                | GuestDriver.DRIVER_OK);
    }

    /** Descriptors that are half sane: that is where the mistakes are. */
    private static void scribble(Random random, GuestQueue queue) {
        for (int at = 0; at < 16; at++) {
            long gpa = switch (random.nextInt(8)) {
                case 0 -> random.nextLong();
                case 1 -> FakeMachine.RAM + 0xFFF0 + random.nextInt(64);
                default -> FakeMachine.RAM + random.nextInt(0x1_0000);
            };
            int length = switch (random.nextInt(6)) {
                case 0 -> random.nextInt();
                case 1 -> 16 * random.nextInt(20);
                default -> random.nextInt(0x1200);
            };
            queue.descriptor(at, gpa, length, random.nextInt(8) & random.nextInt(16), random.nextInt(17));
        }
        int offered = random.nextInt(18);
        for (int i = 0; i < offered; i++) {
            queue.offer(random.nextInt(20) == 0 ? random.nextInt(0x1_0000) : i % 16);
        }
    }

    private static void alter(Random random, FakeMachine machine) {
        machine.ram().poke(FakeMachine.RAM + random.nextInt(0x9000), (byte) random.nextInt());
    }
}
