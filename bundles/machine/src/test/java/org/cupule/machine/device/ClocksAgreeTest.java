package org.cupule.machine.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.cupule.dev.hpet.HpetFactory;
import org.cupule.dev.pit.Pit8254Factory;
import org.cupule.dev.pmtimer.AcpiPmFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each clock of a PC, as a guest reads it through its own registers, goes as the VM's clock does. */
class ClocksAgreeTest {
    private static final int PM_TIMER = 0x408;
    private static final double PM_HERTZ = 3_579_545;
    private static final double PIT_HERTZ = 1_193_182;
    private static final long HPET = 0xFED0_0000L;
    private static final long HPET_COUNTER = HPET + 0xF0;
    private static final long TENTH = 100_000_000L;
    private static final int PIT_ROUND = 0x1_0000;

    private final DeviceBench bench = new DeviceBench();

    @BeforeEach
    void plugIn() {
        bench.plug(new AcpiPmFactory(), "pm").plug(new HpetFactory(), "hpet").plug(new Pit8254Factory(), "pit");
        bench.vm.write(HPET + 0x10, 4, 1);
        bench.vm.out(0x43, 1, 0x34);
        bench.vm.out(0x40, 1, 0);
        bench.vm.out(0x40, 1, 0);
        bench.vm.clock().advance(1_000_000);
    }

    private double hpetHertz() {
        return 1e15 / (bench.vm.read(HPET, 8) >>> 32);
    }

    private int pit() {
        bench.vm.out(0x43, 1, 0);
        return bench.vm.in(0x40, 1) | bench.vm.in(0x40, 1) << 8;
    }

    @Test
    void overAMinuteWithinAMillisecond() {
        long pmBefore = bench.vm.in(PM_TIMER, 4);
        long hpetBefore = bench.vm.read(HPET_COUNTER, 8);
        long pitPulses = 0;
        int pitBefore = pit();
        for (long passed = 0; passed < 60_000_000_000L; passed += TENTH / 5) {
            bench.vm.clock().advance(TENTH / 5);
            int now = pit();
            pitPulses += pitBefore - now & PIT_ROUND - 1;
            pitBefore = now;
        }
        long pm = bench.vm.in(PM_TIMER, 4) - pmBefore & 0xFFFF_FFFFL;
        long hpet = bench.vm.read(HPET_COUNTER, 8) - hpetBefore;
        assertThat(pm / PM_HERTZ).isEqualTo(60, within(0.001));
        assertThat(hpet / hpetHertz()).isEqualTo(60, within(0.001));
        assertThat(pitPulses / PIT_HERTZ).isEqualTo(60, within(0.001));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 33, 50})
    void overTheMillisecondsInWhichAGuestCalibrates(int millis) {
        long pmBefore = bench.vm.in(PM_TIMER, 4);
        long hpetBefore = bench.vm.read(HPET_COUNTER, 8);
        int pitBefore = pit();
        bench.vm.clock().advance(millis * 1_000_000L);
        assertThat((bench.vm.in(PM_TIMER, 4) - pmBefore) / PM_HERTZ).isEqualTo(millis / 1e3, within(2e-6));
        assertThat((bench.vm.read(HPET_COUNTER, 8) - hpetBefore) / hpetHertz()).isEqualTo(millis / 1e3, within(2e-6));
        assertThat((pitBefore - pit() & PIT_ROUND - 1) / PIT_HERTZ).isEqualTo(millis / 1e3, within(2e-6));
    }
}
