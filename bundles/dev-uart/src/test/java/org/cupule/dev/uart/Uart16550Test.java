package org.cupule.dev.uart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.cupule.tck.device.FailingRestoreFactory;
import org.cupule.tck.device.FakeMachine;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class Uart16550Test {
    private static final int DATA = 0;
    private static final int IER = 1;
    private static final int IIR = 2;
    private static final int FCR = 2;
    private static final int LCR = 3;
    private static final int MCR = 4;
    private static final int LSR = 5;
    private static final int MSR = 6;
    private static final int SCR = 7;
    private static final int OUT2 = 0x08;
    private static final int LOOPBACK = 0x10;
    /** Four characters of 5+1+1 bits at the power-on divisor 12 of 1.8432 MHz. */
    private static final long FOUR_CHARACTERS = Math.ceilDiv(16L * 7 * 12 * 1_000_000_000L, 1_843_200) * 4;

    private final FakeMachine machine = new FakeMachine(new Uart16550Factory());

    @Test
    void powersOnAsTheDataSheetSays() {
        assertThat(machine.in(IER)).isZero();
        assertThat(machine.in(IIR)).isEqualTo(0x01);
        assertThat(machine.in(LCR)).isZero();
        assertThat(machine.in(MCR)).isZero();
        assertThat(machine.in(LSR)).isEqualTo(0x60);
        assertThat(machine.in(MSR)).isEqualTo(0xB0);
        assertThat(machine.line(0)).isFalse();
    }

    @Test
    void sendsToTheHost() {
        "hello".chars().forEach(character -> machine.out(DATA, character));
        assertThat(machine.stream().output()).isEqualTo("hello");
    }

    @Test
    void keepsScratch() {
        machine.out(SCR, 0xA5);
        assertThat(machine.in(SCR)).isEqualTo(0xA5);
    }

    @Test
    void showsTheDivisorWhileTheLatchIsOpen() {
        machine.out(LCR, 0x83);
        machine.out(DATA, 0x01);
        machine.out(IER, 0x02);
        assertThat(machine.in(DATA) | machine.in(IER) << 8).isEqualTo(0x0201);
        machine.out(LCR, 0x03);
        assertThat(machine.in(IER)).isZero();
        assertThat(machine.stream().output()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"IER, 1, 0x0F", "MCR, 4, 0x1F", "LCR, 3, 0xFF"})
    void keepsOnlyTheBitsThatExist(String name, int offset, String kept) {
        machine.out(offset, 0xFF);
        assertThat(machine.in(offset)).as(name).isEqualTo(Integer.decode(kept));
    }

    @Test
    void lineAndModemStatusCannotBeWritten() {
        machine.out(LSR, 0xFF);
        machine.out(MSR, 0xFF);
        assertThat(machine.in(LSR)).isEqualTo(0x60);
        assertThat(machine.in(MSR)).isEqualTo(0xB0);
    }

    @Test
    void splitsWideAccessesIntoBytes() {
        machine.out(0, LCR, 2, OUT2 << 8 | 0x03);
        assertThat(machine.in(LCR)).isEqualTo(0x03);
        assertThat(machine.in(MCR)).isEqualTo(OUT2);
        assertThat(machine.in(0, LCR, 4)).isEqualTo(0xB060_0803);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "-1", "fast", "99999999999"})
    void refusesAClockThatCannotBe(String clock) {
        var options = Map.of("clock", clock);
        assertThatThrownBy(() -> new FakeMachine(new Uart16550Factory(), options)).isInstanceOf(HsmException.class)
                .hasMessageContaining("clock").hasMessageContaining("EINVAL");
    }

    @Nested
    class Receiving {
        @Test
        void givesTheBytesInTheirOrder() {
            machine.in(LSR);
            machine.stream().type("ab");
            assertThat(machine.in(LSR)).isEqualTo(0x61);
            assertThat(machine.in(DATA)).isEqualTo('a');
            assertThat(machine.in(DATA)).isEqualTo('b');
            assertThat(machine.in(LSR)).isEqualTo(0x60);
        }

        @Test
        void leavesWithTheHostWhatItHasNoRoomFor() {
            machine.in(LSR);
            machine.stream().type("0123456789abcdefghi");
            assertThat(machine.stream().waiting()).isEqualTo(18);
            machine.out(FCR, 0x01);
            assertThat(machine.stream().waiting()).isEqualTo(2);
            assertThat(machine.in(LSR) & 0x02).as("overrun").isZero();
        }

        @Test
        void keepsForTheGuestWhatWasTypedBeforeItsInitialization() {
            machine.stream().type("early");
            machine.out(LCR, 0x03);
            machine.out(FCR, 0x07);
            machine.out(MCR, 0x0B);
            assertThat(machine.in(LSR) & 1).isEqualTo(1);
            assertThat(machine.in(DATA)).isEqualTo('e');
        }

        @Test
        void interruptsWithEachByteWithoutFifo() {
            machine.out(MCR, OUT2);
            machine.out(IER, 0x01);
            machine.stream().type("xy");
            assertThat(machine.line(0)).isTrue();
            assertThat(machine.in(IIR)).isEqualTo(0x04);
            machine.in(DATA);
            assertThat(machine.line(0)).isTrue();
            machine.in(DATA);
            assertThat(machine.line(0)).isFalse();
        }

        @ParameterizedTest
        @CsvSource({"0x01, 1", "0x41, 4", "0x81, 8", "0xC1, 14"})
        void interruptsAtTheTriggerLevel(String fifoControl, int level) {
            machine.out(MCR, OUT2);
            machine.out(FCR, Integer.decode(fifoControl));
            machine.out(IER, 0x01);
            machine.stream().type("x".repeat(level - 1));
            assertThat(machine.line(0)).isFalse();
            machine.in(LSR);
            machine.stream().type("x");
            assertThat(machine.in(IIR)).isEqualTo(0xC4);
            machine.in(DATA);
            assertThat(machine.in(IIR)).isEqualTo(0xC1);
        }

        @Test
        void timesOutAfterFourCharacters() {
            machine.out(MCR, OUT2);
            machine.out(FCR, 0xC1);
            machine.out(IER, 0x01);
            machine.stream().type("xy");
            machine.clock().advance(FOUR_CHARACTERS - 1);
            assertThat(machine.line(0)).isFalse();
            machine.clock().advance(1);
            assertThat(machine.line(0)).isTrue();
            assertThat(machine.in(IIR)).isEqualTo(0xCC);
        }

        @Test
        void timeOutEndsWithAReadAndBeginsAgain() {
            machine.out(MCR, OUT2);
            machine.out(FCR, 0xC1);
            machine.out(IER, 0x01);
            machine.stream().type("xy");
            machine.clock().advance(FOUR_CHARACTERS);
            machine.in(DATA);
            assertThat(machine.line(0)).isFalse();
            machine.clock().advance(FOUR_CHARACTERS);
            assertThat(machine.line(0)).isTrue();
            machine.in(DATA);
            machine.clock().advance(FOUR_CHARACTERS);
            assertThat(machine.line(0)).isFalse();
        }

        @Test
        void clearingTheFifoEndsTheInterrupt() {
            machine.out(MCR, OUT2);
            machine.out(FCR, 0x01);
            machine.out(IER, 0x01);
            machine.stream().type("abc");
            machine.out(FCR, 0x03);
            assertThat(machine.line(0)).isFalse();
            assertThat(machine.in(LSR)).isEqualTo(0x60);
        }
    }

    @Nested
    class Transmitting {
        @Test
        void interruptsAtOnceWhenEnabledWhileEmpty() {
            machine.out(MCR, OUT2);
            machine.out(IER, 0x02);
            assertThat(machine.line(0)).isTrue();
            assertThat(machine.in(IIR)).isEqualTo(0x02);
            assertThat(machine.line(0)).isFalse();
            assertThat(machine.in(IIR)).isEqualTo(0x01);
        }

        @Test
        void interruptsAgainWhenEnabledAgain() {
            machine.out(IER, 0x02);
            machine.in(IIR);
            machine.out(IER, 0x00);
            machine.out(IER, 0x02);
            assertThat(machine.in(IIR)).isEqualTo(0x02);
        }

        @Test
        void interruptsAfterEachByteSent() {
            machine.out(MCR, OUT2);
            machine.out(IER, 0x02);
            machine.in(IIR);
            machine.out(DATA, 'x');
            assertThat(machine.in(IIR)).isEqualTo(0x02);
        }

        @Test
        void readingAnotherSourceDoesNotAcknowledge() {
            machine.out(IER, 0x03);
            machine.stream().type("k");
            assertThat(machine.in(IIR)).isEqualTo(0x04);
            machine.in(DATA);
            assertThat(machine.in(IIR)).isEqualTo(0x02);
        }

        @Test
        void holdsWhatTheHostDoesNotTake() {
            machine.stream().room(2);
            "abcd".chars().forEach(character -> machine.out(DATA, character));
            assertThat(machine.stream().output()).isEqualTo("ab");
            assertThat(machine.in(LSR)).as("neither THRE nor TEMT").isZero();
            machine.stream().room(100);
            machine.clock().advance(10_000_000);
            assertThat(machine.stream().output()).isEqualTo("abcd");
            assertThat(machine.in(LSR)).isEqualTo(0x60);
        }

        @Test
        void interruptsWhenTheHostTakesAgain() {
            machine.out(MCR, OUT2);
            machine.stream().room(0);
            machine.out(DATA, 'a');
            machine.out(IER, 0x02);
            assertThat(machine.line(0)).isFalse();
            machine.stream().room(1);
            machine.clock().advance(10_000_000);
            assertThat(machine.in(IIR)).isEqualTo(0x02);
        }

        @Test
        void losesNothingOverASwap() {
            machine.stream().room(1);
            "abcd".chars().forEach(character -> machine.out(DATA, character));
            machine.swapTo(new Uart16550Factory());
            machine.stream().room(100);
            machine.clock().advance(10_000_000);
            machine.out(DATA, 'e');
            assertThat(machine.stream().output()).isEqualTo("abcde");
        }
    }

    @Nested
    class Swapping {
        @Test
        void hearsWhatIsTypedAfterwards() {
            machine.out(MCR, OUT2);
            machine.out(IER, 0x01);
            machine.swapTo(new Uart16550Factory());
            machine.stream().type("x");
            assertThat(machine.line(0)).isTrue();
            assertThat(machine.in(DATA)).isEqualTo('x');
        }

        @Test
        void theOldOneRunsOnWhenTheNewOneFails() {
            machine.out(MCR, OUT2);
            machine.out(IER, 0x01);
            var failing = new FailingRestoreFactory(new Uart16550Factory(), "9.0.0");
            assertThatThrownBy(() -> machine.swapTo(failing)).hasMessageContaining("never takes a state");
            machine.stream().type("x");
            assertThat(machine.in(DATA)).isEqualTo('x');
        }
    }

    @Nested
    class Modem {
        @Test
        void outTwoGatesTheInterrupt() {
            machine.out(IER, 0x02);
            assertThat(machine.line(0)).isFalse();
            machine.out(MCR, OUT2);
            assertThat(machine.line(0)).isTrue();
            machine.out(MCR, 0);
            assertThat(machine.line(0)).isFalse();
        }

        @ParameterizedTest
        @CsvSource({"0x11, 0x20", "0x12, 0x10", "0x14, 0x40", "0x18, 0x80", "0x1F, 0xF0", "0x10, 0x00"})
        void loopsItsOutputsBack(String control, String inputs) {
            machine.out(MCR, Integer.decode(control));
            assertThat(machine.in(MSR) & 0xF0).isEqualTo(Integer.decode(inputs));
        }

        @Test
        void tellsWhatHasChangedOnce() {
            machine.out(MCR, LOOPBACK | 0x0F);
            assertThat(machine.in(MSR)).as("RI began: no change is told").isEqualTo(0xF0);
            machine.out(MCR, LOOPBACK);
            assertThat(machine.in(MSR)).isEqualTo(0x0F);
            assertThat(machine.in(MSR)).isEqualTo(0x00);
        }

        @Test
        void modemChangeIsTheLastSource() {
            machine.out(MCR, LOOPBACK);
            machine.out(IER, 0x0A);
            assertThat(machine.in(IIR)).isEqualTo(0x02);
            assertThat(machine.in(IIR)).isEqualTo(0x00);
            machine.in(MSR);
            assertThat(machine.in(IIR)).isEqualTo(0x01);
        }
    }

    @Nested
    class Loopback {
        @Test
        void receivesWhatItSends() {
            machine.out(MCR, LOOPBACK);
            machine.out(DATA, 0x42);
            assertThat(machine.in(LSR)).isEqualTo(0x61);
            assertThat(machine.in(DATA)).isEqualTo(0x42);
            assertThat(machine.stream().output()).isEmpty();
        }

        @Test
        void doesNotHearTheHost() {
            machine.in(LSR);
            machine.out(MCR, LOOPBACK);
            machine.stream().type("x");
            assertThat(machine.in(LSR)).isEqualTo(0x60);
            machine.out(MCR, 0);
            assertThat(machine.in(DATA)).isEqualTo('x');
        }

        @Test
        void overrunOverwritesTheSingleRegister() {
            machine.out(MCR, LOOPBACK);
            machine.out(DATA, 1);
            machine.out(DATA, 2);
            assertThat(machine.in(LSR)).isEqualTo(0x63);
            assertThat(machine.in(LSR)).isEqualTo(0x61);
            assertThat(machine.in(DATA)).isEqualTo(2);
        }

        @Test
        void overrunLeavesTheFifoAsItIs() {
            machine.out(FCR, 0x01);
            machine.out(MCR, LOOPBACK);
            for (int i = 0; i < 17; i++) {
                machine.out(DATA, i);
            }
            assertThat(machine.in(LSR)).isEqualTo(0x63);
            for (int i = 0; i < 16; i++) {
                assertThat(machine.in(DATA)).isEqualTo(i);
            }
            assertThat(machine.in(LSR)).isEqualTo(0x60);
        }

        @Test
        void breakIsAZeroWithItsError() {
            machine.out(FCR, 0x01);
            machine.out(MCR, LOOPBACK);
            machine.out(IER, 0x05);
            machine.out(DATA, 7);
            machine.out(LCR, 0x40);
            assertThat(machine.in(LSR)).as("an error waits behind the oldest").isEqualTo(0xE1);
            machine.in(DATA);
            assertThat(machine.in(IIR)).isEqualTo(0xC6);
            assertThat(machine.in(LSR)).isEqualTo(0xF1);
            assertThat(machine.in(LSR)).isEqualTo(0x61);
            assertThat(machine.in(DATA)).isZero();
        }
    }
}
