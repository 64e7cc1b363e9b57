package org.cupule.dev.keyboard;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.cupule.device.DeviceFactory;
import org.cupule.tck.DeviceContract;
import org.cupule.tck.device.FakeMachine;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class I8042Test extends DeviceContract {
    private static final int KEYBOARD_LINE = 0;
    private static final int MOUSE_LINE = 1;

    private final FakeMachine machine = new FakeMachine(factory());

    @Override
    protected DeviceFactory factory() {
        return new I8042Factory();
    }

    @Override
    protected void exercise(FakeMachine used) {
        used.out(1, 0, 1, 0xA8);
        used.out(1, 0, 1, 0x65);
        used.out(0, 0, 1, 0x99);
        used.out(1, 0, 1, 0xD4);
        used.out(0, 0, 1, 0xFF);
        used.out(0, 0, 1, 0xED);
        used.out(0, 0, 1, 0x07);
        used.in(0, 0, 1);
        used.out(0, 0, 1, 0xF2);
        used.out(1, 0, 1, 0xAA);
        used.out(2, 0, 1, 0x00);
        used.out(1, 0, 1, 0xD1);
    }

    private void command(int value) {
        machine.out(1, 0, 1, value);
    }

    private void data(int value) {
        machine.out(0, 0, 1, value);
    }

    private void mouse(int value) {
        command(0xD4);
        data(value);
    }

    private int status() {
        return machine.in(1, 0, 1);
    }

    private List<Integer> answers() {
        var bytes = new ArrayList<Integer>();
        while ((status() & 1) != 0) {
            bytes.add(machine.in(0, 0, 1));
        }
        return bytes;
    }

    @Test
    void standsWherePcsHaveIt() {
        assertThat(factory().spec().windows()).extracting("standard").containsExactly(0x60L, 0x64L, 0x92L);
        assertThat(factory().spec().lines()).extracting("standard").containsExactly(1, 12);
    }

    @Test
    void isIdleAndUnlockedAtPowerOn() {
        assertThat(status()).isEqualTo(0x14);
        assertThat(machine.line(KEYBOARD_LINE)).isFalse();
    }

    @Nested
    class Controller {
        @ParameterizedTest
        @CsvSource({"0xAA, 0x55", "0xAB, 0x00", "0xA9, 0x00", "0xA4, 0xF1", "0xC0, 0x80", "0xE0, 0x00", "0x20, 0x65",
                "0xD0, 0xCF"})
        void answersItsCommands(String command, String answer) {
            command(Integer.decode(command));
            assertThat(status() & 0x21).isEqualTo(0x01);
            assertThat(answers()).containsExactly(Integer.decode(answer));
        }

        @Test
        void keepsTheCommandByteAndItsMemory() {
            command(0x60);
            data(0x47);
            command(0x7F);
            data(0x5A);
            command(0x20);
            command(0x3F);
            assertThat(answers()).containsExactly(0x47, 0x5A);
        }

        @ParameterizedTest
        @CsvSource({"0xAD, 0x75", "0xAE, 0x65", "0xA8, 0x45", "0xA7, 0x65"})
        void switchesItsInterfaces(String command, String commandByte) {
            command(Integer.decode(command));
            command(0x20);
            assertThat(answers()).containsExactly(Integer.decode(commandByte));
        }

        @Test
        void tellsWhetherACommandOrDataCameLast() {
            command(0xAE);
            assertThat(status() & 0x08).isNotZero();
            data(0xF4);
            assertThat(status() & 0x08).isZero();
        }

        @Test
        void deliversBytesInTheNameOfItsDevices() {
            command(0xD2);
            data(0x12);
            assertThat(status() & 0x21).isEqualTo(0x01);
            assertThat(machine.in(0, 0, 1)).isEqualTo(0x12);
            command(0xD3);
            data(0x5A);
            assertThat(status() & 0x21).isEqualTo(0x21);
            assertThat(machine.in(0, 0, 1)).isEqualTo(0x5A);
        }

        @ParameterizedTest
        @ValueSource(ints = {0xFE, 0xF0, 0xFC})
        void pulsingTheResetLineResets(int command) {
            command(command);
            assertThat(machine.control().calls()).containsExactly("reset");
        }

        @ParameterizedTest
        @ValueSource(ints = {0xFF, 0xFD, 0xF1, 0xA1, 0x00})
        void otherCommandsDoNothing(int command) {
            command(command);
            assertThat(machine.control().calls()).isEmpty();
            assertThat(answers()).isEmpty();
        }

        @Test
        void outputPortHasResetAndA20() {
            command(0xD1);
            data(0xDD);
            assertThat(machine.in(2, 0, 1)).isZero();
            command(0xDF);
            assertThat(machine.in(2, 0, 1)).isEqualTo(2);
            command(0xDD);
            command(0xD0);
            assertThat(answers()).containsExactly(0xCD);
            assertThat(machine.control().calls()).isEmpty();
            command(0xD1);
            data(0xFE);
            assertThat(machine.control().calls()).containsExactly("reset");
        }

        @Test
        void fastGateHasResetAndA20() {
            machine.out(2, 0, 1, 0x00);
            assertThat(machine.in(2, 0, 1)).isZero();
            assertThat(machine.control().calls()).isEmpty();
            machine.out(2, 0, 1, 0x03);
            assertThat(machine.in(2, 0, 1)).isEqualTo(2);
            assertThat(machine.control().calls()).containsExactly("reset");
        }

        @Test
        void lastByteIsReadAgainWhenThereIsNoOther() {
            command(0xAA);
            machine.in(0, 0, 1);
            assertThat(machine.in(0, 0, 1)).isEqualTo(0x55);
        }
    }

    @Nested
    class Keyboard {
        private List<Integer> asked(int... bytes) {
            command(0x60);
            data(0x05);
            for (int value : bytes) {
                data(value);
            }
            return answers();
        }

        @Test
        void passesItsReset() {
            assertThat(asked(0xFF)).containsExactly(0xFA, 0xAA);
        }

        @Test
        void identifiesItself() {
            assertThat(asked(0xF2)).containsExactly(0xFA, 0xAB, 0x83);
        }

        @Test
        void isTranslatedWhereAskedFor() {
            data(0xF2);
            assertThat(answers()).containsExactly(0xFA, 0xAB, 0x41);
        }

        @ParameterizedTest
        @ValueSource(ints = {0xF4, 0xF5, 0xF6, 0xFA})
        void acknowledgesSimpleCommands(int command) {
            assertThat(asked(command)).containsExactly(0xFA);
        }

        @ParameterizedTest
        @ValueSource(ints = {0xED, 0xF3, 0xF0})
        void acknowledgesACommandAndItsArgument(int command) {
            assertThat(asked(command, 0x02)).containsExactly(0xFA, 0xFA);
        }

        @Test
        void takesACommandInPlaceOfAnArgument() {
            assertThat(asked(0xED, 0xEE)).containsExactly(0xFA, 0xEE);
        }

        @Test
        void tellsItsScanCodeSet() {
            assertThat(asked(0xF0, 0x00)).containsExactly(0xFA, 0xFA, 0x02);
            assertThat(asked(0xF0, 0x03)).containsExactly(0xFA, 0xFA);
            assertThat(asked(0xF0, 0x00)).containsExactly(0xFA, 0xFA, 0x03);
            assertThat(asked(0xF0, 0x09)).containsExactly(0xFA, 0xFE);
        }

        @Test
        void echoesAndSendsAgain() {
            assertThat(asked(0xEE)).containsExactly(0xEE);
            assertThat(asked(0xFE)).containsExactly(0xEE);
        }

        @Test
        void asksAgainForWhatItDoesNotKnow() {
            assertThat(asked(0x00)).containsExactly(0xFE);
        }

        @Test
        void waitsWhileItsInterfaceIsOff() {
            data(0xF2);
            command(0xAD);
            assertThat(answers()).containsExactly(0xFA);
            command(0xAE);
            assertThat(answers()).containsExactly(0xAB, 0x41);
        }

        @Test
        void talkingToItSwitchesItsInterfaceOn() {
            command(0xAD);
            data(0xF4);
            assertThat(answers()).containsExactly(0xFA);
        }

        @Test
        void interruptsWithEachByte() {
            data(0xF2);
            assertThat(machine.line(KEYBOARD_LINE)).isTrue();
            answers();
            assertThat(machine.rises(KEYBOARD_LINE)).isEqualTo(3);
            assertThat(machine.line(KEYBOARD_LINE)).isFalse();
        }

        @Test
        void doesNotInterruptWhereNotAsked() {
            command(0x60);
            data(0x40);
            data(0xF2);
            assertThat(machine.line(KEYBOARD_LINE)).isFalse();
            assertThat(answers()).hasSize(3);
        }
    }

    @Nested
    class Mouse {
        private List<Integer> asked(int... bytes) {
            command(0xA8);
            for (int value : bytes) {
                mouse(value);
            }
            return answers();
        }

        @Test
        void passesItsReset() {
            assertThat(asked(0xFF)).containsExactly(0xFA, 0xAA, 0x00);
        }

        @Test
        void identifiesItself() {
            assertThat(asked(0xF2)).containsExactly(0xFA, 0x00);
        }

        @Test
        void tellsItsStatus() {
            asked(0xE8, 0x03);
            asked(0xF3, 200);
            asked(0xE7);
            asked(0xF0);
            asked(0xF4);
            assertThat(asked(0xE9)).containsExactly(0xFA, 0x70, 0x03, 200);
            asked(0xF6);
            assertThat(asked(0xE9)).containsExactly(0xFA, 0x00, 0x02, 100);
        }

        @Test
        void hasNotMoved() {
            assertThat(asked(0xEB)).containsExactly(0xFA, 0x08, 0x00, 0x00);
        }

        @Test
        void wrapsWhatItIsSent() {
            asked(0xEE);
            assertThat(asked(0xF2)).containsExactly(0xF2);
            assertThat(asked(0xEC)).containsExactly(0xFA);
            assertThat(asked(0xE1)).containsExactly(0xFE);
        }

        @Test
        void interruptsOnItsOwnLine() {
            command(0x60);
            data(0x47);
            mouse(0xF4);
            assertThat(status() & 0x21).isEqualTo(0x21);
            assertThat(machine.line(MOUSE_LINE)).isTrue();
            assertThat(machine.line(KEYBOARD_LINE)).isFalse();
            machine.in(0, 0, 1);
            assertThat(machine.line(MOUSE_LINE)).isFalse();
        }
    }
}
