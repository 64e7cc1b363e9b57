package org.cupule.tck.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.IntStream;
import org.cupule.device.DeviceFactory;
import org.cupule.tck.DeviceContract;
import org.cupule.tck.device.FailingRestoreFactory;
import org.cupule.tck.device.FakeMachine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the data sheet of the sample device says of every model: see {@code bundles/dev-sample/README.md}.
 *
 * @threading confined to the test
 */
public abstract class SampleContract extends DeviceContract {
    protected static final int MODEL = 0x004;
    protected static final int FEATURES = 0x008;
    protected static final int RESET = 0x00C;
    protected static final int SCRATCH = 0x010;
    protected static final int MISUSE = 0x018;
    protected static final int DOORBELL = 0x01C;
    protected static final int POSITION = 0x020;
    protected static final int CAUSE = 0x040;
    protected static final int ENABLE = 0x044;
    protected static final int TRIGGER = 0x048;
    protected static final int VECTORS = 0x04C;
    protected static final int MESSAGES = 0x050;
    protected static final int DMA_SOURCE = 0x080;
    protected static final int DMA_TARGET = 0x088;
    protected static final int DMA_LENGTH = 0x090;
    protected static final int DMA_COMMAND = 0x094;
    protected static final int DMA_STATUS = 0x098;
    protected static final int DMA_SUM = 0x09C;
    protected static final int DMA_CRC = 0x0A0;
    protected static final int DMA_COUNT = 0x0A4;
    protected static final int DMA_DELAY = 0x0A8;
    protected static final int TIMER_PERIOD = 0x0C0;
    protected static final int TIMER_CONTROL = 0x0C4;
    protected static final int TIMER_TICKS = 0x0C8;
    protected static final int TIMER_TICKS_HIGH = 0x0CC;
    protected static final int NOW = 0x0D0;
    protected static final int HISTOGRAM = 0x100;
    protected static final int LANES = 0x200;
    protected static final int BUFFER = 0x800;
    protected static final long TARGET = FakeMachine.RAM + 0x2000;

    protected final FakeMachine machine = new FakeMachine(factory());

    @Override
    protected void exercise(FakeMachine used) {
        used.enableMsi(4);
        used.write(0, ENABLE, 4, 7);
        used.write(0, VECTORS, 4, 0x02_01_00);
        used.write(0, SCRATCH, 8, 0x1122_3344_5566_7788L);
        used.write(0, DOORBELL, 4, 1);
        used.read(0, 0x3, 1);
        used.write(0, LANES, 4, 0);
        used.write(0, LANES + 32, 4, 9);
        used.read(0, LANES + 8, 4);
        used.out(1, 0x18, 4, 0x6162_6364);
        used.write(0, DMA_TARGET, 8, FakeMachine.RAM);
        used.write(0, DMA_LENGTH, 4, 100);
        used.write(0, DMA_COMMAND, 4, 2);
        used.write(0, DMA_SOURCE, 8, FakeMachine.RAM);
        used.write(0, DMA_DELAY, 4, 5_000_000);
        used.write(0, TIMER_PERIOD, 4, 2_000_000);
        used.write(0, TIMER_CONTROL, 4, 3);
        used.clock().advance(3_000_000);
        used.write(0, DMA_COMMAND, 4, 3);
    }

    private long get(int register) {
        return machine.read(0, register, 4);
    }

    private void set(int register, long value) {
        machine.write(0, register, 4, value);
    }

    private void dma(int command, long source, long target, int length) {
        machine.write(0, DMA_SOURCE, 8, source);
        machine.write(0, DMA_TARGET, 8, target);
        set(DMA_LENGTH, length);
        set(DMA_COMMAND, command);
    }

    @Test
    void identifiesItself() {
        assertThat(get(0)).isEqualTo(0x4C50_5543);
        assertThat(machine.in(1, 0, 4)).isEqualTo(0x4C50_5543);
        assertThat(get(MODEL)).isEqualTo(machine.in(1, 4, 4)).isPositive();
        assertThat(factory().spec().pci().orElseThrow().vendor()).isEqualTo(0xC09E);
    }

    @Test
    void allRegistersAreZeroAtPowerOn() {
        IntStream.of(RESET, SCRATCH, SCRATCH + 4, MISUSE, DOORBELL, POSITION, CAUSE, ENABLE, TRIGGER, VECTORS, MESSAGES,
                DMA_SOURCE, DMA_SOURCE + 4, DMA_TARGET, DMA_TARGET + 4, DMA_LENGTH, DMA_COMMAND, DMA_STATUS, DMA_SUM,
                DMA_CRC, DMA_COUNT, DMA_DELAY, TIMER_PERIOD, TIMER_CONTROL, TIMER_TICKS, TIMER_TICKS_HIGH, HISTOGRAM,
                HISTOGRAM + 60, LANES, LANES + 0x1FC, BUFFER, 0xFFC)
                .forEach(register -> assertThat(get(register)).as("register 0x%03x", register).isZero());
        assertThat(get(MISUSE)).isZero();
    }

    @ParameterizedTest
    @CsvSource({"0x000, 1", "0x002, 4", "0x004, 2", "0x024, 4", "0x03C, 4", "0x0AC, 4", "0x0D8, 4", "0x0FC, 4",
            "0x140, 4", "0x1FC, 4", "0x400, 4", "0x7FC, 4", "0x00C, 8", "0x016, 4", "0x7FE, 4"})
    void countsForbiddenAccesses(String offset, int size) {
        long ones = size == 8 ? -1 : (1L << 8 * size) - 1;
        assertThat(machine.read(0, Long.decode(offset), size)).isEqualTo(ones);
        machine.write(0, Long.decode(offset), size, 1);
        assertThat(get(MISUSE)).isEqualTo(2);
        set(MISUSE, 5);
        assertThat(get(MISUSE)).isZero();
    }

    @ParameterizedTest
    @CsvSource({"0x01, 1", "0x06, 4", "0x14, 2", "0x19, 1", "0x1A, 4", "0x20, 4", "0x7C, 4", "0x80, 1", "0xFE, 2"})
    void countsForbiddenPortAccesses(String offset, int size) {
        int ones = size == 4 ? -1 : (1 << 8 * size) - 1;
        assertThat(machine.in(1, Integer.decode(offset), size)).isEqualTo(ones);
        machine.out(1, Integer.decode(offset), size, 1);
        assertThat(get(MISUSE)).isEqualTo(2);
    }

    @Test
    void writingReadOnlyRegistersIsNoMisuse() {
        IntStream.of(0, MODEL, FEATURES, MESSAGES, DMA_STATUS, DMA_SUM, DMA_CRC, DMA_COUNT, NOW, NOW + 4, HISTOGRAM,
                LANES + 0x0C, LANES + 0x10, LANES + 0x14, LANES + 0x18, LANES + 0x1C).forEach(register -> {
                    long before = get(register);
                    set(register, 0xFFFF_FFFFL);
                    assertThat(get(register)).as("register 0x%03x", register).isEqualTo(before);
                });
        assertThat(get(MISUSE)).isZero();
    }

    @Test
    void scratchAndBufferTakeEverySizeAndAlignment() {
        machine.write(0, SCRATCH + 1, 4, 0xAABB_CCDDL);
        assertThat(machine.read(0, SCRATCH, 8)).isEqualTo(0xAA_BBCC_DD00L);
        machine.write(0, BUFFER + 3, 8, 0x0102_0304_0506_0708L);
        assertThat(machine.read(0, BUFFER + 5, 2)).isEqualTo(0x0506);
        machine.write(0, 0xFFF, 1, 0x5A);
        assertThat(machine.read(0, 0xFFE, 2)).isEqualTo(0x5A00);
        assertThat(machine.in(1, 0x0A, 2)).isEqualTo(0xBBCC);
        assertThat(get(MISUSE)).isZero();
    }

    @Test
    void eightBytesAreTwoRegisters() {
        machine.write(0, TIMER_PERIOD, 8, 0x0000_0003_0001_0000L);
        assertThat(machine.read(0, TIMER_PERIOD, 8)).isEqualTo(0x0000_0003_0001_0000L);
        machine.clock().advance(65_536);
        assertThat(get(TIMER_TICKS)).isEqualTo(1);
    }

    @Test
    void resetRegisterGivesThePowerOnState() {
        exercise(machine);
        set(RESET, 2);
        assertThat(get(DOORBELL)).isEqualTo(1);
        set(RESET, 1);
        assertThat(machine.device().save(1)).isEqualTo(new FakeMachine(factory()).device().save(1));
        assertThat(machine.line(0)).isFalse();
        machine.clock().advance(10_000_000_000L);
        assertThat(get(TIMER_TICKS) + get(DMA_COUNT)).isZero();
    }

    @Test
    void lanesFindALostWriteAndADoubledOne() {
        IntStream.of(0, 1, 3, 4, 4, 5).forEach(number -> set(LANES + 64, number));
        assertThat(get(LANES + 64 + 4)).as("errors").isEqualTo(2);
        assertThat(get(LANES + 64 + 0x0C)).as("accepted").isEqualTo(4);
        assertThat(get(LANES + 64 + 0x10)).as("bad value").isEqualTo(4);
        assertThat(get(LANES + 64 + 0x14)).as("expected then").isEqualTo(5);
        assertThat(get(LANES + 64)).isEqualTo(6);
        set(LANES + 64 + 4, 1);
        assertThat(get(LANES + 64 + 4)).isZero();
        assertThat(get(LANES)).as("another lane").isZero();
    }

    @Test
    void lanesCountOverTheEndOfTheirNumbers() {
        set(LANES, 0xFFFF_FFFFL);
        set(LANES + 4, 0);
        set(LANES, 0);
        assertThat(get(LANES)).isEqualTo(1);
        assertThat(get(LANES + 4)).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 15})
    void portsShowTheSameLanes(int lane) {
        machine.out(1, 0x80 + 8 * lane, 4, 0);
        set(LANES + 32 * lane, 1);
        assertThat(machine.in(1, 0x80 + 8 * lane, 4)).isEqualTo(2);
        assertThat(machine.in(1, 0x84 + 8 * lane, 4)).isZero();
        assertThat(get(LANES + 32 * lane + 8)).isEqualTo(1);
        assertThat(machine.in(1, 0x84 + 8 * lane, 4)).isEqualTo(2);
        machine.out(1, 0x84 + 8 * lane, 4, 100);
        assertThat(get(LANES + 32 * lane + 8)).isEqualTo(100);
    }

    @Test
    void dataPortWalksThroughTheBuffer() {
        set(POSITION, 0xF_FFFE);
        machine.out(1, 0x18, 4, 0x4433_2211);
        assertThat(get(POSITION)).isEqualTo(2);
        assertThat(machine.read(0, BUFFER, 2)).isEqualTo(0x4433);
        machine.out(1, 0x1C, 4, 4095);
        assertThat(machine.in(1, 0x18, 1)).isEqualTo(0x22);
        assertThat(machine.in(1, 0x18, 2)).isEqualTo(0x4433);
    }

    @Test
    void nowIsTheClock() {
        machine.clock().advance(0x1_2345_6789L);
        assertThat(machine.read(0, NOW, 8)).isEqualTo(0x1_2345_6789L);
        assertThat(get(NOW + 4)).isEqualTo(1);
    }

    @Test
    void dmaReadsTheGuest() {
        machine.ram().poke(FakeMachine.RAM, "abcd");
        dma(1, FakeMachine.RAM, 0, 4);
        assertThat(get(DMA_STATUS)).isEqualTo(2);
        assertThat(get(BUFFER)).isEqualTo(0x6463_6261);
        assertThat(get(DMA_SUM)).isEqualTo('a' + 'b' + 'c' + 'd');
        assertThat(get(DMA_COUNT)).isEqualTo(1);
    }

    @Test
    void dmaWritesTheGuest() {
        machine.write(0, BUFFER, 8, 0x6867_6665_6463_6261L);
        dma(2, 0, TARGET, 7);
        assertThat(machine.ram().peek(TARGET, 8)).isEqualTo(new byte[]{'a', 'b', 'c', 'd', 'e', 'f', 'g', 0});
        assertThat(get(DMA_SUM)).isEqualTo("abcdefg".chars().sum());
    }

    @Test
    void dmaCopiesWholePages() {
        byte[] page = new byte[4096];
        new java.util.Random(7).nextBytes(page);
        machine.ram().poke(FakeMachine.RAM, page);
        dma(3, FakeMachine.RAM, TARGET, 4096);
        assertThat(machine.ram().peek(TARGET, 4096)).isEqualTo(page);
        assertThat(get(DMA_COMMAND)).isEqualTo(3);
    }

    @ParameterizedTest
    @CsvSource({"0, 16, 1", "4, 16, 1", "1, 0, 2", "2, 4097, 2", "3, -1, 2"})
    void dmaRefusesNonsense(int command, int length, int reason) {
        dma(command, FakeMachine.RAM, TARGET, length);
        assertThat(get(DMA_STATUS)).isEqualTo(reason << 8 | 4);
        assertThat(get(DMA_COUNT)).isEqualTo(1);
        assertThat(get(CAUSE)).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"1, 0x10FFFC, 0x102000, 3", "3, 0, 0x102000, 3", "2, 0x100000, 0xFFFFF, 4", "3, 0x100000, -1, 4"})
    void dmaRefusesWhatIsNotRam(int command, String source, String target, int reason) {
        machine.ram().poke(TARGET, "kept");
        dma(command, Long.decode(source), Long.decode(target), 16);
        assertThat(get(DMA_STATUS)).isEqualTo(reason << 8 | 4);
        assertThat(get(DMA_SUM)).isZero();
        assertThat(machine.ram().peek(TARGET, 4)).isEqualTo("kept".getBytes());
    }

    @Test
    void dmaNeedsBusMaster() {
        machine.ram().busMaster(false);
        dma(1, FakeMachine.RAM, 0, 4);
        assertThat(get(DMA_STATUS)).isEqualTo(3 << 8 | 4);
    }

    @Test
    void dmaEndsAfterItsDelay() {
        machine.ram().poke(FakeMachine.RAM, "abcd");
        set(DMA_DELAY, 1000);
        dma(1, FakeMachine.RAM, 0, 4);
        assertThat(get(DMA_STATUS)).isEqualTo(1);
        set(DMA_LENGTH, 2);
        set(DMA_COMMAND, 2);
        machine.clock().advance(999);
        assertThat(get(DMA_STATUS)).isEqualTo(1);
        machine.clock().advance(1);
        assertThat(get(DMA_STATUS)).isEqualTo(2);
        assertThat(get(DMA_LENGTH)).isEqualTo(4);
        assertThat(get(DMA_COUNT)).isEqualTo(1);
    }

    @Test
    void dmaUnderwaySurvivesASwap() {
        machine.ram().poke(FakeMachine.RAM, "abcd");
        set(DMA_DELAY, 1000);
        dma(3, FakeMachine.RAM, TARGET, 4);
        machine.swapTo(factory());
        machine.clock().advance(1000);
        assertThat(get(DMA_STATUS)).isEqualTo(2);
        assertThat(machine.ram().peek(TARGET, 4)).isEqualTo("abcd".getBytes());
    }

    @Test
    void sendsOneMessageForEachEnabledEvent() {
        machine.enableMsi(4);
        set(VECTORS, 0x03_02_01);
        set(DOORBELL, 0);
        assertThat(machine.messages()).isEmpty();
        set(ENABLE, 7);
        set(DOORBELL, 0);
        set(TRIGGER, 3);
        assertThat(machine.messages()).containsExactly(3, 3, 1, 2);
        assertThat(get(MESSAGES)).isEqualTo(4);
        assertThat(get(DOORBELL)).isEqualTo(2);
        assertThat(get(CAUSE)).isEqualTo(7);
    }

    @Test
    void countsOnlyMessagesThatTheGuestEnabled() {
        machine.enableMsi(1);
        set(ENABLE, 7);
        set(VECTORS, 0x00_01_00);
        set(TRIGGER, 7);
        assertThat(machine.messages()).containsExactly(0, 0);
        assertThat(get(MESSAGES)).isEqualTo(2);
    }

    @Test
    void pinIsHighWhileAnEnabledCauseIsSet() {
        set(TRIGGER, 2);
        assertThat(machine.line(0)).isFalse();
        set(ENABLE, 2);
        assertThat(machine.line(0)).isTrue();
        set(CAUSE, 1);
        assertThat(machine.line(0)).isTrue();
        set(CAUSE, 2);
        assertThat(machine.line(0)).isFalse();
    }

    @Test
    void registersHaveOnlyTheirBits() {
        IntStream.of(ENABLE, VECTORS, TIMER_CONTROL, POSITION).forEach(register -> set(register, 0xFFFF_FFFFL));
        assertThat(get(ENABLE)).isEqualTo(7);
        assertThat(get(VECTORS)).isEqualTo(0x03_03_03);
        assertThat(get(TIMER_CONTROL)).isEqualTo(3);
        assertThat(get(POSITION)).isEqualTo(0xFFF);
    }

    @Test
    void timerTicksOnceAndStops() {
        set(TIMER_PERIOD, 50_000);
        set(TIMER_CONTROL, 1);
        machine.clock().advance(49_999);
        assertThat(get(TIMER_TICKS)).isZero();
        machine.clock().advance(1_000_000);
        assertThat(get(TIMER_TICKS)).isEqualTo(1);
        assertThat(get(TIMER_CONTROL)).isZero();
        assertThat(get(CAUSE)).isEqualTo(2);
    }

    @Test
    void periodicTimerKeepsItsBeat() {
        machine.enableMsi(4);
        set(ENABLE, 2);
        set(TIMER_PERIOD, 50_000);
        set(TIMER_CONTROL, 3);
        machine.clock().advance(10 * 50_000 + 49_999);
        assertThat(get(TIMER_TICKS)).isEqualTo(10);
        assertThat(machine.messages()).hasSize(10);
        set(TIMER_TICKS, 0);
        set(TIMER_CONTROL, 2);
        machine.clock().advance(1_000_000);
        assertThat(get(TIMER_TICKS)).isZero();
    }

    @Test
    void timerCountsEachPeriodWhenTheHostIsLate() {
        set(TIMER_PERIOD, 50_000);
        set(TIMER_CONTROL, 3);
        machine.clock().advanceLate(505_000);
        assertThat(get(TIMER_TICKS)).isEqualTo(10);
        machine.clock().advance(45_000);
        assertThat(get(TIMER_TICKS)).isEqualTo(11);
    }

    @Test
    void timerTakesItsPeriodWhenAPeriodBegins() {
        set(TIMER_PERIOD, 50_000);
        set(TIMER_CONTROL, 3);
        set(TIMER_PERIOD, 100_000);
        machine.clock().advance(50_000);
        assertThat(get(TIMER_TICKS)).isEqualTo(1);
        machine.clock().advance(99_999);
        assertThat(get(TIMER_TICKS)).isEqualTo(1);
        machine.clock().advance(1);
        assertThat(get(TIMER_TICKS)).isEqualTo(2);
    }

    @Test
    void shortPeriodsAreStretched() {
        set(TIMER_CONTROL, 3);
        machine.clock().advance(100_000);
        assertThat(get(TIMER_TICKS)).isEqualTo(10);
    }

    @Test
    void timerBeatsOnOverASwap() {
        set(TIMER_PERIOD, 50_000);
        set(TIMER_CONTROL, 3);
        machine.clock().advance(75_000);
        machine.swapTo(factory());
        machine.clock().advance(25_000);
        assertThat(get(TIMER_TICKS)).isEqualTo(2);
    }

    @Test
    void runsOnWhenASwapIsRolledBack() {
        exercise(machine);
        String before = machine.outside();
        assertThatThrownBy(() -> machine.swapTo(new FailingRestoreFactory(factory(), "9.9.9")))
                .hasMessageContaining("never takes a state");
        assertThat(machine.outside()).isEqualTo(before);
        machine.clock().advance(10_000_000);
        assertThat(get(DMA_STATUS)).isEqualTo(2);
    }
}
