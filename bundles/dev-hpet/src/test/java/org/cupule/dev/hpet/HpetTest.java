package org.cupule.dev.hpet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.cupule.state.ModelState;
import org.cupule.state.StateException;
import org.cupule.tck.device.FakeMachine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HpetTest {
    private static final int CONFIGURATION = 0x10;
    private static final int STATUS = 0x20;
    private static final int COUNTER = 0xF0;
    private static final int RUNS = 1;
    private static final int LEGACY = 2;
    private static final int LEVEL = 2;
    private static final int INTERRUPTS = 4;
    private static final int PERIODIC = 8;
    private static final int SET_VALUE = 0x40;
    private static final int NARROW = 0x100;
    private static final int PIN24 = 24 << 9;
    /** The line of input 24 in the spec. */
    private static final int LINE24 = 2;

    private final FakeMachine machine = new FakeMachine(new HpetFactory());

    private static int config(int comparator) {
        return 0x100 + 0x20 * comparator;
    }

    private static int value(int comparator) {
        return 0x108 + 0x20 * comparator;
    }

    private void write(int register, long value) {
        machine.write(0, register, 8, value);
    }

    private long read(int register) {
        return machine.read(0, register, 8);
    }

    private void ticks(long ticks) {
        machine.clock().advance(10 * ticks);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 23, 28, 31})
    void refusesASavedStateThatIsRoutedToAnInputThatItCannotDrive(int input) {
        ModelState sound = ModelState.of("hpet-comparator", 1).put("config", 0).put("value", 0).put("period", 0)
                .put("seen", 0).build();
        ModelState routed = ModelState.of("hpet-comparator", 1).put("config", INTERRUPTS | input << 9).put("value", 0)
                .put("period", 0).put("seen", 0).build();

        assertThatThrownBy(() -> machine.device().restore(ModelState.of("hpet", 1).put("running", true).put("base", 0)
                .put("since", 0).put("configuration", RUNS).put("status", 0).put("high", 0).put("comparators", List.of(
                        sound, sound, routed))
                .build())).isInstanceOf(StateException.class).hasMessageContaining(
                        "an input that it cannot drive");
    }

    @Test
    void tellsPeriodAndNumberOfComparators() {
        assertThat(read(0)).isEqualTo(0x0098_9680_8086_A201L);
        assertThat(read(config(2))).isEqualTo(0x0F00_0000_0000_0030L);
        assertThat(read(value(2))).isEqualTo(-1);
        assertThat(read(config(3))).isZero();
    }

    @Test
    void countsTenNanosecondsATickWhileItRuns() {
        ticks(500);
        assertThat(read(COUNTER)).isZero();
        write(CONFIGURATION, RUNS);
        ticks(12_345);
        assertThat(read(COUNTER)).isEqualTo(12_345);
        write(CONFIGURATION, 0);
        ticks(7);
        assertThat(read(COUNTER)).isEqualTo(12_345);
        write(CONFIGURATION, RUNS);
        ticks(5);
        assertThat(read(COUNTER)).isEqualTo(12_350);
    }

    @Test
    void takesAndShowsHalves() {
        machine.write(0, COUNTER, 4, 0x1111_2222L);
        machine.write(0, COUNTER + 4, 4, 0x3333_4444L);
        assertThat(read(COUNTER)).isEqualTo(0x3333_4444_1111_2222L);
        assertThat(machine.read(0, COUNTER + 4, 4)).isEqualTo(0x3333_4444L);
        assertThat(machine.read(0, COUNTER + 1, 1)).isEqualTo(0x22);
        assertThat(machine.read(0, COUNTER + 4, 8)).isEqualTo(-1);
    }

    @ParameterizedTest
    @CsvSource({"0xF0, 1", "0xF0, 2", "0xF2, 4", "0xF4, 8"})
    void takesNothingThatIsNarrowOrMisaligned(int register, int size) {
        machine.write(0, register, size, 0xFF);
        assertThat(read(COUNTER)).isZero();
    }

    @Test
    void interruptsOnceWhenTheCounterReachesTheComparator() {
        write(config(0), INTERRUPTS | PIN24);
        write(value(0), 1000);
        write(CONFIGURATION, RUNS);
        ticks(999);
        assertThat(machine.line(LINE24)).isFalse();
        ticks(1);
        assertThat(machine.line(LINE24)).isTrue();
        ticks(100_000);
        assertThat(machine.rises(LINE24)).isEqualTo(1);
        assertThat(read(STATUS)).isZero();
    }

    @Test
    void interruptsAgainWhenAComparatorIsSetAgain() {
        write(config(1), INTERRUPTS | PIN24);
        write(CONFIGURATION, RUNS);
        for (int i = 1; i <= 5; i++) {
            write(value(1), read(COUNTER) + 300);
            ticks(299);
            assertThat(machine.rises(LINE24)).isEqualTo(i - 1);
            ticks(1);
            assertThat(machine.rises(LINE24)).isEqualTo(i);
        }
    }

    @Test
    void interruptsEachPeriod() {
        write(config(2), INTERRUPTS | PERIODIC | SET_VALUE | PIN24);
        write(value(2), 500);
        write(value(2), 200);
        write(CONFIGURATION, RUNS);
        ticks(499);
        assertThat(machine.rises(LINE24)).isZero();
        for (int i = 1; i <= 10; i++) {
            ticks(i == 1 ? 1 : 200);
            assertThat(machine.rises(LINE24)).isEqualTo(i);
        }
        assertThat(read(value(2))).isEqualTo(2500);
    }

    @Test
    void takesPeriodAndFirstMatchOfOneWrite() {
        write(config(0), INTERRUPTS | PERIODIC | SET_VALUE | PIN24);
        write(value(0), 400);
        write(CONFIGURATION, RUNS);
        for (int i = 1; i <= 4; i++) {
            ticks(400);
            assertThat(machine.rises(LINE24)).isEqualTo(i);
        }
    }

    @Test
    void keepsTheBeatWhenNobodyLooksForLong() {
        write(config(0), PERIODIC | SET_VALUE | PIN24);
        write(value(0), 1000);
        write(CONFIGURATION, RUNS);
        ticks(1_000_500);
        assertThat(read(value(0))).isEqualTo(1_001_000);
        write(config(0), INTERRUPTS | PERIODIC | PIN24);
        ticks(499);
        assertThat(machine.rises(LINE24)).isZero();
        ticks(1);
        assertThat(machine.rises(LINE24)).isEqualTo(1);
    }

    @Test
    void holdsALevelUntilItsStatusIsCleared() {
        write(config(0), INTERRUPTS | LEVEL | PIN24);
        write(value(0), 50);
        write(CONFIGURATION, RUNS);
        ticks(50);
        assertThat(machine.line(LINE24)).isTrue();
        assertThat(read(STATUS)).isEqualTo(1);
        write(STATUS, 6);
        assertThat(machine.line(LINE24)).isTrue();
        write(STATUS, 1);
        assertThat(machine.line(LINE24)).isFalse();
        assertThat(read(STATUS)).isZero();
    }

    @Test
    void tellsALevelsMatchWithoutAnInterrupt() {
        write(config(1), LEVEL | PIN24);
        write(value(1), 50);
        write(CONFIGURATION, RUNS);
        ticks(60);
        assertThat(read(STATUS)).isEqualTo(2);
        assertThat(machine.line(LINE24)).isFalse();
        write(config(1), LEVEL | INTERRUPTS | PIN24);
        assertThat(machine.line(LINE24)).isTrue();
    }

    @Test
    void drivesTheLegacyInterruptsInLegacyReplacement() {
        write(config(0), INTERRUPTS | PIN24);
        write(config(1), INTERRUPTS | PIN24);
        write(config(2), INTERRUPTS | PIN24);
        write(value(0), 10);
        write(value(1), 20);
        write(value(2), 30);
        write(CONFIGURATION, RUNS | LEGACY);
        ticks(10);
        assertThat(machine.rises(0)).isEqualTo(1);
        ticks(10);
        assertThat(machine.rises(1)).isEqualTo(1);
        assertThat(machine.rises(LINE24)).isZero();
        ticks(10);
        assertThat(machine.rises(LINE24)).isEqualTo(1);
    }

    @Test
    void comparesTheLowHalfAloneWhenForcedTo32Bits() {
        write(COUNTER, 0xFFFF_FFF0L);
        write(config(0), INTERRUPTS | NARROW | PIN24);
        write(value(0), 0xABCD_0000_0008L);
        assertThat(read(value(0))).isEqualTo(8);
        write(CONFIGURATION, RUNS);
        ticks(0x17);
        assertThat(machine.rises(LINE24)).isZero();
        ticks(1);
        assertThat(machine.rises(LINE24)).isEqualTo(1);
        assertThat(read(COUNTER)).isEqualTo(0x1_0000_0008L);
    }

    @Test
    void matchesInTheNextRoundWhenSetBehindTheCounter() {
        write(config(0), INTERRUPTS | NARROW | PIN24);
        write(CONFIGURATION, RUNS);
        ticks(1000);
        write(value(0), 999);
        ticks(1L << 31);
        assertThat(machine.rises(LINE24)).isZero();
        ticks(1L << 31);
        assertThat(machine.rises(LINE24)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 16, 23, 28, 31})
    void doesNotTakeAnInputThatItCannotDrive(int input) {
        write(config(0), PIN24 | INTERRUPTS);
        write(config(0), input << 9);
        assertThat(read(config(0)) >> 9 & 0x1F).isEqualTo(24);
        assertThat(read(config(0)) & INTERRUPTS).isZero();
    }

    @Test
    void lowersItsLinesWhenItIsSwitchedOff() {
        write(config(0), INTERRUPTS | PIN24);
        write(value(0), 5);
        write(CONFIGURATION, RUNS);
        ticks(5);
        assertThat(machine.line(LINE24)).isTrue();
        write(CONFIGURATION, 0);
        assertThat(machine.line(LINE24)).isFalse();
    }

    @Test
    void survivesAnyNumbers() {
        var random = new java.util.Random(11);
        for (int i = 0; i < 20_000; i++) {
            int size = 1 << random.nextInt(4);
            machine.write(0, random.nextInt(0x400 - 8), size, random.nextLong() >> random.nextInt(64));
            machine.clock().advance(random.nextInt(100_000));
        }
        write(CONFIGURATION, 0);
        write(COUNTER, 77);
        assertThat(read(COUNTER)).isEqualTo(77);
    }

    @Test
    void goesOnInTheMiddleOfAPeriodInAnotherInstance() {
        write(config(0), INTERRUPTS | PERIODIC | SET_VALUE | PIN24);
        write(value(0), 1000);
        write(CONFIGURATION, RUNS);
        ticks(2_400);
        machine.swapTo(new HpetFactory());
        assertThat(read(COUNTER)).isEqualTo(2_400);
        ticks(599);
        assertThat(machine.rises(LINE24)).isEqualTo(2);
        ticks(1);
        assertThat(machine.rises(LINE24)).isEqualTo(3);
    }
}
