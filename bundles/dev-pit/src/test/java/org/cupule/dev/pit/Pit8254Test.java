package org.cupule.dev.pit;

import static org.assertj.core.api.Assertions.assertThat;

import org.cupule.tck.device.FakeMachine;
import org.cupule.time.VmClock;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Pit8254Test {
    private static final int CONTROL = 3;
    private static final int SPEAKER = 1;
    /** The pulse at which each test begins to program. */
    private static final long START = 1000;

    private final FakeMachine machine = new FakeMachine(new Pit8254Factory());

    @BeforeEach
    void begin() {
        pulse(0);
    }

    /** Goes to a pulse, counted from the one of the programming. */
    private void pulse(long pulse) {
        machine.clock().advance(VmClock.nanosAt(START + pulse, Pit8254.HERTZ) - machine.clock().nanos());
    }

    private void program(int counter, int mode, int count) {
        machine.out(CONTROL, counter << 6 | 0x30 | mode << 1);
        count(counter, count);
    }

    private void count(int counter, int count) {
        machine.out(counter, count & 0xFF);
        machine.out(counter, count >> 8);
    }

    private int value(int counter) {
        machine.out(CONTROL, counter << 6);
        return machine.in(counter) | machine.in(counter) << 8;
    }

    private int status(int counter) {
        machine.out(CONTROL, 0xE0 | 2 << counter);
        return machine.in(counter);
    }

    private boolean out(int counter) {
        return (status(counter) & 0x80) != 0;
    }

    private void gate(boolean high) {
        machine.out(SPEAKER, 0, 1, high ? 1 : 0);
    }

    private void outFalls(int counter, long first, long rises) {
        pulse(first - 1);
        assertThat(out(counter)).as("OUT at pulse %d", first - 1).isTrue();
        pulse(first);
        assertThat(out(counter)).as("OUT at pulse %d", first).isFalse();
        pulse(rises - 1);
        assertThat(out(counter)).as("OUT at pulse %d", rises - 1).isFalse();
        pulse(rises);
        assertThat(out(counter)).as("OUT at pulse %d", rises).isTrue();
    }

    @Nested
    class TerminalCount {
        @Test
        void risesOnePulseAfterTheCount() {
            program(0, 0, 4);
            assertThat(out(0)).isFalse();
            pulse(4);
            assertThat(out(0)).isFalse();
            assertThat(machine.line(0)).isFalse();
            pulse(5);
            assertThat(out(0)).isTrue();
            assertThat(machine.line(0)).isTrue();
        }

        @Test
        void countsOnThroughZero() {
            program(0, 0, 4);
            pulse(3);
            assertThat(value(0)).isEqualTo(2);
            pulse(5);
            assertThat(value(0)).isEqualTo(0);
            pulse(6);
            assertThat(value(0)).isEqualTo(0xFFFF);
        }

        @Test
        void newCountBeginsAnewAndLowersTheLine() {
            program(0, 0, 4);
            pulse(10);
            count(0, 3);
            assertThat(machine.line(0)).isFalse();
            pulse(13);
            assertThat(out(0)).isFalse();
            pulse(14);
            assertThat(machine.line(0)).isTrue();
            assertThat(machine.rises(0)).isEqualTo(2);
        }

        @Test
        void firstOfTwoBytesStopsTheCounting() {
            program(0, 0, 100);
            pulse(11);
            machine.out(0, 3);
            pulse(20);
            assertThat(value(0)).isEqualTo(90);
            pulse(200);
            assertThat(out(0)).isFalse();
            machine.out(0, 0);
            pulse(204);
            assertThat(out(0)).isTrue();
        }

        @Test
        void gateSuspendsTheCounting() {
            gate(true);
            program(2, 0, 10);
            pulse(4);
            gate(false);
            pulse(50);
            assertThat(value(2)).isEqualTo(7);
            gate(true);
            pulse(56);
            assertThat(out(2)).isFalse();
            pulse(57);
            assertThat(out(2)).isTrue();
        }
    }

    @Nested
    class OneShot {
        @Test
        void waitsForTheGate() {
            program(2, 1, 5);
            pulse(100);
            assertThat(out(2)).isTrue();
            gate(true);
            outFalls(2, 101, 106);
        }

        @Test
        void canBeTriggeredAgain() {
            program(2, 1, 5);
            gate(true);
            pulse(3);
            gate(false);
            gate(true);
            pulse(8);
            assertThat(out(2)).isFalse();
            pulse(9);
            assertThat(out(2)).isTrue();
        }

        @Test
        void takesANewCountWithTheNextTrigger() {
            program(2, 1, 5);
            gate(true);
            count(2, 2);
            pulse(5);
            assertThat(out(2)).isFalse();
            pulse(6);
            assertThat(out(2)).isTrue();
            gate(false);
            gate(true);
            outFalls(2, 7, 9);
        }
    }

    @Nested
    class RateGenerator {
        @Test
        void isLowForTheLastPulseOfEachPeriod() {
            program(0, 2, 5);
            outFalls(0, 5, 6);
            outFalls(0, 10, 11);
        }

        @Test
        void countsFromTheCountDownToOne() {
            program(0, 2, 5);
            pulse(1);
            assertThat(value(0)).isEqualTo(5);
            pulse(5);
            assertThat(value(0)).isEqualTo(1);
            pulse(6);
            assertThat(value(0)).isEqualTo(5);
        }

        @Test
        void interruptsOnceAPeriod() {
            program(0, 2, 1193);
            pulse(1193);
            assertThat(machine.rises(0)).isZero();
            pulse(1194);
            assertThat(machine.rises(0)).isEqualTo(1);
            pulse(1 + 1193 * 1000);
            assertThat(machine.rises(0)).isEqualTo(1000);
        }

        @Test
        void takesANewCountAtTheEndOfThePeriod() {
            program(0, 2, 100);
            pulse(50);
            count(0, 30);
            assertThat(status(0) & 0x40).as("null count").isNotZero();
            pulse(60);
            assertThat(value(0)).isEqualTo(41);
            pulse(101);
            assertThat(value(0)).isEqualTo(30);
            assertThat(status(0) & 0x40).isZero();
            pulse(131);
            assertThat(machine.rises(0)).isEqualTo(2);
        }

        @Test
        void gateStopsItHighAndBeginsAnew() {
            gate(true);
            program(2, 2, 5);
            pulse(5);
            gate(false);
            assertThat(out(2)).isTrue();
            pulse(20);
            gate(true);
            outFalls(2, 25, 26);
        }

        @Test
        void manyShortPeriodsBecomeOneInterrupt() {
            program(0, 2, 2);
            pulse(2400);
            assertThat(machine.rises(0)).isBetween(90, 100);
        }
    }

    @Nested
    class SquareWave {
        @Test
        void halvesAnEvenCount() {
            program(0, 3, 6);
            outFalls(0, 4, 7);
            outFalls(0, 10, 13);
        }

        @Test
        void givesTheOddPulseToTheHighHalf() {
            program(0, 3, 5);
            outFalls(0, 4, 6);
            outFalls(0, 9, 11);
        }

        @ParameterizedTest
        @CsvSource({"6, 1, 6", "6, 2, 4", "6, 3, 2", "6, 4, 6", "5, 1, 4", "5, 2, 2", "5, 3, 0", "5, 4, 4", "5, 5, 2"})
        void countsByTwos(int count, long pulse, int value) {
            program(0, 3, count);
            pulse(pulse);
            assertThat(value(0)).isEqualTo(value);
        }

        @Test
        void interruptsOnceAPeriod() {
            program(0, 3, 0);
            pulse(1 + 65_536L * 10);
            assertThat(machine.rises(0)).isEqualTo(10);
        }

        @Test
        void takesANewCountAtTheEndOfTheHalf() {
            program(0, 3, 100);
            pulse(20);
            count(0, 40);
            outFalls(0, 51, 71);
            outFalls(0, 91, 111);
            assertThat(machine.rises(0)).isEqualTo(2);
        }

        @Test
        void takesANewCountAtTheEndOfTheLowHalf() {
            program(0, 3, 100);
            pulse(70);
            count(0, 40);
            pulse(101);
            assertThat(machine.rises(0)).isEqualTo(1);
            outFalls(0, 121, 141);
            assertThat(machine.rises(0)).isEqualTo(2);
        }
    }

    @Nested
    class Strobes {
        @Test
        void softwareStrobeIsLowForOnePulse() {
            program(0, 4, 5);
            outFalls(0, 6, 7);
            pulse(0x1_0000);
            assertThat(machine.rises(0)).isEqualTo(1);
        }

        @Test
        void hardwareStrobeWaitsForTheGate() {
            program(2, 5, 5);
            pulse(10);
            gate(true);
            outFalls(2, 16, 17);
        }
    }

    @Nested
    class Programming {
        @Test
        void readsLowThenHighByte() {
            program(0, 2, 0x1234);
            pulse(1);
            assertThat(machine.in(0)).isEqualTo(0x34);
            assertThat(machine.in(0)).isEqualTo(0x12);
        }

        @Test
        void readsAndWritesTheLowByteAlone() {
            machine.out(CONTROL, 0x14);
            machine.out(0, 0x50);
            pulse(1);
            assertThat(machine.in(0)).isEqualTo(0x50);
            assertThat(machine.in(0)).isEqualTo(0x50);
        }

        @Test
        void readsAndWritesTheHighByteAlone() {
            machine.out(CONTROL, 0x24);
            machine.out(0, 0x50);
            pulse(1);
            assertThat(machine.in(0)).isEqualTo(0x50);
            assertThat(machine.rises(0)).isZero();
            pulse(0x5001);
            assertThat(machine.rises(0)).isEqualTo(1);
        }

        @Test
        void countsDecimallyWhereProgrammed() {
            machine.out(CONTROL, 0x35);
            count(0, 0x1000);
            pulse(2);
            assertThat(value(0)).isEqualTo(0x0999);
            pulse(1001);
            assertThat(value(0)).isEqualTo(0x1000);
        }

        @Test
        void zeroIsTheLargestDecimalCount() {
            machine.out(CONTROL, 0x35);
            count(0, 0);
            pulse(1);
            assertThat(value(0)).isEqualTo(0);
            pulse(2);
            assertThat(value(0)).isEqualTo(0x9999);
            pulse(10_001);
            assertThat(machine.rises(0)).isEqualTo(1);
        }

        @Test
        void latchHoldsTheFirstUnreadCount() {
            program(0, 2, 0x1000);
            pulse(1);
            machine.out(CONTROL, 0x00);
            pulse(0x101);
            machine.out(CONTROL, 0x00);
            assertThat(machine.in(0)).isEqualTo(0x00);
            assertThat(machine.in(0)).isEqualTo(0x10);
            assertThat(value(0)).isEqualTo(0x0F00);
        }

        @Test
        void readBackGivesStatusBeforeCount() {
            program(0, 2, 0x1000);
            program(1, 3, 0x2000);
            pulse(1);
            machine.out(CONTROL, 0xC6);
            pulse(500);
            assertThat(machine.in(0)).isEqualTo(0xB4);
            assertThat(machine.in(0) | machine.in(0) << 8).isEqualTo(0x1000);
            assertThat(machine.in(1)).isEqualTo(0xB6);
            assertThat(machine.in(1) | machine.in(1) << 8).isEqualTo(0x2000);
        }

        @Test
        void statusTellsOfACountOnItsWay() {
            machine.out(CONTROL, 0x34);
            assertThat(status(0) & 0x40).isNotZero();
            count(0, 100);
            assertThat(status(0) & 0x40).isNotZero();
            pulse(1);
            assertThat(status(0)).isEqualTo(0xB4);
        }

        @ParameterizedTest
        @CsvSource({"0x3C, 0xBC", "0x3E, 0xBE"})
        void modesSixAndSevenAreTwoAndThree(String control, String status) {
            machine.out(CONTROL, Integer.decode(control));
            count(0, 100);
            pulse(1);
            assertThat(status(0)).isEqualTo(Integer.decode(status));
            pulse(101);
            assertThat(machine.rises(0)).isEqualTo(1);
        }

        @Test
        void controlWordStopsTheInterrupts() {
            program(0, 2, 100);
            pulse(150);
            machine.out(CONTROL, 0x30);
            pulse(10_000);
            assertThat(machine.rises(0)).isEqualTo(1);
            assertThat(machine.line(0)).isFalse();
        }

        @Test
        void controlRegisterCannotBeRead() {
            assertThat(machine.in(CONTROL)).isEqualTo(0xFF);
        }

        @Test
        void oneInterruptForAllPeriodsThatTheHostWasLate() {
            program(0, 2, 1000);
            machine.clock().advanceLate(100_000_000);
            assertThat(machine.rises(0)).isEqualTo(1);
            machine.clock().advance(1_000_000);
            assertThat(machine.rises(0)).isEqualTo(2);
        }
    }

    @Nested
    class SpeakerPort {
        @Test
        void keepsItsFourBits() {
            machine.out(SPEAKER, 0, 1, 0xFF);
            assertThat(machine.in(SPEAKER, 0, 1) & 0xCF).isEqualTo(0x0F);
        }

        @Test
        void showsTheOutputOfCounterTwo() {
            gate(true);
            program(2, 0, 100);
            pulse(100);
            assertThat(machine.in(SPEAKER, 0, 1) & 0x20).isZero();
            pulse(101);
            assertThat(machine.in(SPEAKER, 0, 1) & 0x20).isNotZero();
        }

        @Test
        void refreshBitTogglesEvery18Pulses() {
            int toggles = 0;
            int last = machine.in(SPEAKER, 0, 1) & 0x10;
            for (int pulse = 1; pulse <= 1800; pulse++) {
                pulse(pulse);
                int now = machine.in(SPEAKER, 0, 1) & 0x10;
                toggles += now == last ? 0 : 1;
                last = now;
            }
            assertThat(toggles).isEqualTo(100);
        }

        @Test
        void guestMeasuresFiftyMillisecondsByIt() {
            gate(true);
            program(2, 0, 59_659);
            long before = machine.clock().nanos();
            while ((machine.in(SPEAKER, 0, 1) & 0x20) == 0) {
                machine.clock().advance(1000);
            }
            assertThat(machine.clock().nanos() - before).isBetween(50_000_000L, 50_002_000L);
        }
    }

    @Test
    void keepsTheBeatOverASwap() {
        program(0, 2, 1000);
        pulse(1500);
        machine.swapTo(new Pit8254Factory());
        pulse(2000);
        assertThat(machine.rises(0)).isEqualTo(1);
        pulse(2001);
        assertThat(machine.rises(0)).isEqualTo(2);
    }
}
