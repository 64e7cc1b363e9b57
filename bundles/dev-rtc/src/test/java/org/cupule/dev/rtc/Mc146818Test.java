package org.cupule.dev.rtc;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.stream.IntStream;
import org.cupule.tck.device.FakeControl;
import org.cupule.tck.device.FakeMachine;
import org.cupule.tck.device.ManualClock;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Mc146818Test {
    private static final int SECONDS = 0x00;
    private static final int MINUTES = 0x02;
    private static final int HOURS = 0x04;
    private static final int WEEKDAY = 0x06;
    private static final int DAY = 0x07;
    private static final int MONTH = 0x08;
    private static final int YEAR = 0x09;
    private static final int A = 0x0A;
    private static final int B = 0x0B;
    private static final int C = 0x0C;
    private static final int CENTURY = 0x32;
    private static final long SECOND = 1_000_000_000L;

    /** The clock of the machine stands at Thursday, 2025-01-02 03:04:05 UTC. */
    private final FakeMachine machine = new FakeMachine(new Mc146818Factory());

    private int read(int register) {
        machine.out(0, register);
        return machine.in(1);
    }

    private void write(int register, int value) {
        machine.out(0, register);
        machine.out(1, value);
    }

    private String time() {
        return "%02x%02x-%02x-%02x %02x:%02x:%02x (%d)".formatted(read(CENTURY), read(YEAR), read(MONTH), read(DAY),
                read(HOURS), read(MINUTES), read(SECONDS), read(WEEKDAY));
    }

    private void set(int century, int year, int month, int day, int hour, int minute, int second) {
        write(B, 0x82);
        int[][] values = {{CENTURY, century}, {YEAR, year}, {MONTH, month}, {DAY, day}, {HOURS, hour},
                {MINUTES, minute}, {SECONDS, second}};
        for (int[] value : values) {
            write(value[0], value[1]);
        }
        write(B, 0x02);
    }

    @Nested
    class TimeOfDay {
        @Test
        void beginsWithTheClockOfTheMachine() {
            assertThat(time()).isEqualTo("2025-01-02 03:04:05 (5)");
        }

        @Test
        void goesOnWithIt() {
            machine.clock().advance(86_400 * SECOND + 55 * SECOND - 1);
            assertThat(time()).isEqualTo("2025-01-03 03:04:59 (6)");
            machine.clock().advance(1);
            assertThat(time()).isEqualTo("2025-01-03 03:05:00 (6)");
        }

        @Test
        void isBinaryWhereAskedFor() {
            machine.clock().advance(20 * SECOND);
            write(B, 0x06);
            assertThat(read(SECONDS)).isEqualTo(25);
            assertThat(read(YEAR)).isEqualTo(25);
            assertThat(read(CENTURY)).isEqualTo(20);
        }

        @ParameterizedTest
        @CsvSource({"0x00, 0x12", "0x01, 0x01", "0x11, 0x11", "0x12, 0x92", "0x13, 0x81", "0x23, 0x91"})
        void countsTwelveHoursWhereAskedFor(String hour, String shown) {
            set(0x20, 0x25, 1, 2, Integer.decode(hour), 0, 0);
            write(B, 0x00);
            assertThat(read(HOURS)).isEqualTo(Integer.decode(shown));
            write(HOURS, Integer.decode(shown));
            write(B, 0x02);
            assertThat(read(HOURS)).isEqualTo(Integer.decode(hour));
        }

        @Test
        void canBeSet() {
            set(0x19, 0x99, 0x12, 0x31, 0x23, 0x59, 0x58);
            machine.clock().advance(2 * SECOND);
            assertThat(time()).startsWith("2000-01-01 00:00:00");
        }

        @Test
        void knowsLeapYears() {
            set(0x20, 0x24, 0x02, 0x28, 0x23, 0x59, 0x59);
            machine.clock().advance(SECOND);
            assertThat(time()).startsWith("2024-02-29");
        }

        @Test
        void keepsTheWeekdayThatTheGuestSets() {
            write(WEEKDAY, 1);
            assertThat(read(WEEKDAY)).isEqualTo(1);
            machine.clock().advance(6 * 86_400 * SECOND);
            assertThat(read(WEEKDAY)).isEqualTo(7);
            machine.clock().advance(86_400 * SECOND);
            assertThat(read(WEEKDAY)).isEqualTo(1);
        }

        @Test
        void standsStillWhileItIsSet() {
            write(B, 0x82);
            machine.clock().advance(10 * SECOND);
            assertThat(read(SECONDS)).isEqualTo(0x05);
            write(SECONDS, 0x30);
            assertThat(read(SECONDS)).isEqualTo(0x30);
            write(B, 0x02);
            assertThat(read(SECONDS)).isEqualTo(0x30);
            machine.clock().advance(SECOND);
            assertThat(read(SECONDS)).isEqualTo(0x31);
        }

        @Test
        void beginsHalfASecondAfterTheDividerIsLetGo() {
            write(A, 0x76);
            machine.clock().advance(10 * SECOND + 300_000_000);
            assertThat(read(SECONDS)).isEqualTo(0x05);
            write(A, 0x26);
            machine.clock().advance(SECOND / 2 - 1);
            assertThat(read(SECONDS)).isEqualTo(0x05);
            machine.clock().advance(1);
            assertThat(read(SECONDS)).isEqualTo(0x06);
        }

        @Test
        void announcesEachUpdate() {
            machine.clock().advance(SECOND - 2_228_001);
            assertThat(read(A)).isEqualTo(0x26);
            machine.clock().advance(1);
            assertThat(read(A)).isEqualTo(0xA6);
            machine.clock().advance(2_228_000);
            assertThat(read(A)).isEqualTo(0x26);
        }

        @Test
        void doesNotUpdateWhileItIsSet() {
            machine.clock().advance(SECOND - 1);
            write(B, 0x82);
            assertThat(read(A)).isEqualTo(0x26);
        }

        @Test
        void writingNonsenseGivesSomeTime() {
            set(0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF);
            assertThat(time()).startsWith("9999-12-31 23:59:59");
        }

        @Test
        void survivesAReset() {
            set(0x20, 0x30, 0x05, 0x06, 0x07, 0x08, 0x09);
            write(0x40, 0x77);
            machine.reset();
            assertThat(time()).startsWith("2030-05-06 07:08:09");
            assertThat(read(0x40)).isEqualTo(0x77);
        }
    }

    @Nested
    class Interrupts {
        @Test
        void flagsAreSetWithoutAnybodyAskingForInterrupts() {
            machine.clock().advance(SECOND);
            assertThat(machine.line(0)).isFalse();
            assertThat(read(C)).isEqualTo(0x50);
            assertThat(read(C)).isZero();
        }

        @Test
        void updateEndsRaiseTheLineUntilTheFlagsAreRead() {
            write(B, 0x12);
            machine.clock().advance(SECOND - 1);
            assertThat(machine.line(0)).isFalse();
            machine.clock().advance(1);
            assertThat(machine.line(0)).isTrue();
            assertThat(read(C) & 0xB0).isEqualTo(0x90);
            assertThat(machine.line(0)).isFalse();
            machine.clock().advance(10 * SECOND);
            assertThat(machine.rises(0)).isEqualTo(2);
        }

        @ParameterizedTest
        @CsvSource({"1, 256", "2, 128", "3, 8192", "6, 1024", "15, 2"})
        void periodsAreAsFastAsTheRate(int rate, int hertz) {
            write(A, 0x20 | rate);
            write(B, 0x42);
            int served = 0;
            for (long left = SECOND; left > 0; left -= 50_000) {
                machine.clock().advance(50_000);
                served += read(C) >> 7;
            }
            assertThat(served).isEqualTo(hertz);
        }

        @Test
        void rateZeroHasNoPeriods() {
            write(A, 0x20);
            write(B, 0x42);
            machine.clock().advance(10 * SECOND);
            assertThat(machine.line(0)).isFalse();
            assertThat(read(C) & 0x40).isZero();
        }

        @Test
        void alarmComesAtItsTime() {
            write(0x01, 0x00);
            write(0x03, 0x10);
            write(0x05, 0x03);
            write(B, 0x22);
            machine.clock().advance((5 * 60 + 55) * SECOND - 1);
            assertThat(machine.line(0)).isFalse();
            machine.clock().advance(1);
            assertThat(machine.line(0)).isTrue();
            assertThat(read(C) & 0xA0).isEqualTo(0xA0);
        }

        @ParameterizedTest
        @CsvSource({"0xC0, 0xFF, 0xFF, 1", "0x00, 0xC0, 0xC0, 55", "0x05, 0x04, 0xC0, 3600", "0x04, 0x04, 0x03, 86399"})
        void alarmHasRegistersThatAlwaysMatch(String second, String minute, String hour, long seconds) {
            write(0x01, Integer.decode(second));
            write(0x03, Integer.decode(minute));
            write(0x05, Integer.decode(hour));
            write(B, 0x22);
            machine.clock().advance(seconds * SECOND - 1);
            assertThat(machine.rises(0)).isZero();
            machine.clock().advance(1);
            assertThat(machine.rises(0)).isEqualTo(1);
        }

        @Test
        void alarmThatNeverIsNeverComes() {
            write(0x01, 0x61);
            write(B, 0x22);
            machine.clock().advance(3 * 86_400 * SECOND);
            assertThat(machine.line(0)).isFalse();
        }

        @Test
        void settingTheTimeEndsUpdateInterrupts() {
            write(B, 0x12);
            write(B, 0x92);
            assertThat(read(B)).isEqualTo(0x82);
            machine.clock().advance(3 * SECOND);
            assertThat(machine.line(0)).isFalse();
        }

        @Test
        void enablingWhatHasHappenedInterruptsAtOnce() {
            machine.clock().advance(SECOND);
            write(B, 0x12);
            assertThat(machine.line(0)).isTrue();
        }

        @Test
        void goOnOverASwap() {
            write(B, 0x12);
            machine.clock().advance(SECOND / 2);
            machine.swapTo(new Mc146818Factory());
            machine.clock().advance(SECOND / 2);
            assertThat(machine.line(0)).isTrue();
        }
    }

    @Nested
    class Memory {
        private FakeMachine with(long memoryBytes) {
            return new FakeMachine(new Mc146818Factory(), Map.of(), FakeControl.of(memoryBytes), new ManualClock(0));
        }

        private int word(FakeMachine from, int register, int size) {
            int value = 0;
            for (int i = 0; i < size; i++) {
                from.out(0, register + i);
                value |= from.in(1) << 8 * i;
            }
            return value;
        }

        @ParameterizedTest
        @CsvSource({"64, 64512, 768, 0", "8, 7168, 0, 0", "1024, 65535, 16128, 0", "6144, 65535, 48896, 49152"})
        void tellsTheSizeOfTheMachine(long megabytes, int extended, int above16, int above4096) {
            var sized = with(megabytes << 20);
            assertThat(word(sized, 0x15, 2)).isEqualTo(640);
            assertThat(word(sized, 0x17, 2)).isEqualTo(extended);
            assertThat(word(sized, 0x30, 2)).isEqualTo(extended);
            assertThat(word(sized, 0x34, 2)).isEqualTo(above16);
            assertThat(word(sized, 0x5B, 3)).isEqualTo(above4096);
        }

        @Test
        void hasTheRightChecksum() {
            int sum = IntStream.rangeClosed(0x10, 0x2D).map(Mc146818Test.this::read).sum();
            assertThat(read(0x2E) << 8 | read(0x2F)).isEqualTo(sum).isPositive();
        }

        @Test
        void keepsWhatTheGuestWrites() {
            write(0x0F, 0x0A);
            write(0x7F, 0x55);
            write(0x40, 0x66);
            assertThat(read(0x0F)).isEqualTo(0x0A);
            assertThat(read(0x7F)).isEqualTo(0x55);
            assertThat(read(0x40)).isEqualTo(0x66);
        }

        @Test
        void indexBitSevenIsNotPartOfTheIndex() {
            write(0x80 | 0x40, 0x66);
            assertThat(read(0x40)).isEqualTo(0x66);
            assertThat(read(0xC0)).isEqualTo(0x66);
        }

        @Test
        void registersCAndDCannotBeWritten() {
            write(C, 0xFF);
            write(0x0D, 0x00);
            assertThat(read(C)).isZero();
            assertThat(read(0x0D)).isEqualTo(0x80);
            assertThat(machine.line(0)).isFalse();
        }

        @Test
        void indexPortIsForWriting() {
            machine.out(0, 0x40);
            assertThat(machine.in(0)).isEqualTo(0xFF);
        }
    }
}
