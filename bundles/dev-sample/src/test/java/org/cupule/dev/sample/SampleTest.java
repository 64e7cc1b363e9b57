package org.cupule.dev.sample;

import static org.assertj.core.api.Assertions.assertThat;

import org.cupule.device.DeviceFactory;
import org.cupule.tck.sample.SampleContract;
import org.junit.jupiter.api.Test;

class SampleTest extends SampleContract {
    @Override
    protected DeviceFactory factory() {
        return new SampleFactory();
    }

    @Test
    void isModelOneWithoutTheFeaturesOfTheSecond() {
        assertThat(machine.read(0, MODEL, 4)).isEqualTo(1);
        assertThat(machine.read(0, FEATURES, 4)).isZero();
    }

    @Test
    void hasNoCrcAndNoHistogram() {
        machine.write(0, DMA_TARGET, 8, TARGET);
        machine.write(0, DMA_LENGTH, 4, 1);
        machine.write(0, DMA_COMMAND, 4, 2);
        assertThat(machine.read(0, DMA_COUNT, 4)).isEqualTo(1);
        assertThat(machine.read(0, DMA_CRC, 4)).isZero();
        assertThat(machine.read(0, HISTOGRAM, 4)).isZero();
    }
}
