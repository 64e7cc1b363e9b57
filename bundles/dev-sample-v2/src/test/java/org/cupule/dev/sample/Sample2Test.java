package org.cupule.dev.sample;

import static org.assertj.core.api.Assertions.assertThat;

import org.cupule.device.DeviceFactory;
import org.cupule.state.ModelState;
import org.cupule.state.StateSchema;
import org.cupule.tck.device.FakeMachine;
import org.cupule.tck.sample.SampleContract;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Sample2Test extends SampleContract {
    @Override
    protected DeviceFactory factory() {
        return new SampleFactory();
    }

    @Override
    protected void exercise(FakeMachine used) {
        super.exercise(used);
        used.write(0, TIMER_CONTROL, 4, 0);
        used.clock().advance(20_000_000);
        dma(used, 2, 300);
    }

    private static void dma(FakeMachine used, int command, int length) {
        used.write(0, DMA_TARGET, 8, TARGET);
        used.write(0, DMA_SOURCE, 8, FakeMachine.RAM);
        used.write(0, DMA_DELAY, 4, 0);
        used.write(0, DMA_LENGTH, 4, length);
        used.write(0, DMA_COMMAND, 4, command);
    }

    @Test
    void isModelTwoWithAllFeatures() {
        assertThat(machine.read(0, MODEL, 4)).isEqualTo(2);
        assertThat(machine.read(0, FEATURES, 4)).isEqualTo(7);
    }

    @Test
    void checksWhatItMoves() {
        machine.ram().poke(FakeMachine.RAM, "123456789");
        dma(machine, 1, 9);
        assertThat(machine.read(0, DMA_CRC, 4)).as("the check value of CRC-32").isEqualTo(0xCBF4_3926L);
    }

    @ParameterizedTest
    @CsvSource({"1, 0", "2, 1", "3, 1", "1023, 9", "4095, 11", "4096, 12"})
    void countsLengthsByPowersOfTwo(int length, int counter) {
        dma(machine, 1, length);
        assertThat(machine.read(0, HISTOGRAM + 4 * counter, 4)).isEqualTo(1);
    }

    @Test
    void errorsCountNowhere() {
        dma(machine, 1, 0);
        dma(machine, 9, 4);
        assertThat(machine.read(0, HISTOGRAM, 8) | machine.read(0, HISTOGRAM + 8, 8)).isZero();
        assertThat(machine.read(0, DMA_CRC, 4)).isZero();
    }

    @Test
    void countsTicksIn64Bits() {
        machine.write(0, TIMER_PERIOD, 4, 10_000);
        machine.write(0, TIMER_CONTROL, 4, 3);
        machine.clock().advanceLate(10_000L * 0x1_0000_0005L);
        assertThat(machine.read(0, TIMER_TICKS, 8)).isEqualTo(0x1_0000_0005L);
        machine.write(0, TIMER_TICKS_HIGH, 4, 7);
        assertThat(machine.read(0, TIMER_TICKS, 8)).isZero();
    }

    @Test
    void olderModelReadsWhatItWrites() {
        assertThat(factory().schema().commonVersion(StateSchema.first("org.cupule.sample"))).contains(1);
        assertThat(StateSchema.first("org.cupule.sample").commonVersion(factory().schema())).contains(1);
    }

    @Test
    void versionOneLosesOnlyTheNewFields() {
        exercise(machine);
        ModelState rich = machine.device().save(2);
        ModelState poor = machine.device().save(1);
        assertThat(rich.fields().keySet()).containsAll(poor.fields().keySet());
        assertThat(rich.fields().keySet()).hasSize(poor.fields().size() + 2).contains("dmaCrc", "histogram");
    }

    @Test
    void versionOneComesBackWithoutTheNewFields() {
        exercise(machine);
        var other = new FakeMachine(factory());
        other.device().restore(machine.device().save(1));
        assertThat(other.device().save(1)).isEqualTo(machine.device().save(1));
        assertThat(other.read(0, DMA_CRC, 4)).isZero();
        assertThat(other.read(0, HISTOGRAM + 32, 4)).isZero();
        assertThat(other.read(0, DMA_COUNT, 4)).isEqualTo(machine.read(0, DMA_COUNT, 4));
    }

    @Test
    void versionTwoComesBackWhole() {
        exercise(machine);
        machine.swapTo(factory());
        assertThat(machine.read(0, DMA_CRC, 4)).isNotZero();
        assertThat(machine.read(0, HISTOGRAM + 32, 4)).isEqualTo(1);
    }
}
