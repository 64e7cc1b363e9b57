package org.cupule.ram;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.Test;

class RamTest {
    private static final int PAGE = Ram.PAGE_BYTES;

    private final Ram ram = new Ram(Arena.ofAuto().allocate(3 * PAGE, PAGE));

    @Test
    void keepsCodeValidWhileDataBesideItIsWritten() {
        int generation = ram.markCode(PAGE + 0x100, 0x80);

        ram.written(PAGE, 0x100);
        ram.written(PAGE + 0x180, PAGE - 0x180);

        assertThat(ram.generation(PAGE)).isEqualTo(generation).isOdd();
    }

    @Test
    void makesCodeInvalidWhenItsFirstOrItsLastByteIsWritten() {
        int first = ram.markCode(PAGE + 0x17F, 2);
        ram.written(PAGE + 0x100, 1);
        assertThat(ram.generation(PAGE)).isEqualTo(first + 1);

        int second = ram.markCode(PAGE + 0x17F, 2);
        ram.written(PAGE + 0x1FF, 1);
        assertThat(ram.generation(PAGE)).isEqualTo(second + 1);
    }

    @Test
    void makesAllMarkedPagesOfALongWriteInvalid() {
        ram.markCode(PAGE - 1, 1);
        ram.markCode(2 * PAGE, 1);
        int untouched = ram.markCode(PAGE, 1);

        ram.written(PAGE - 1, 1);
        ram.written(2 * PAGE, PAGE);

        assertThat(ram.holdsCode(0)).isFalse();
        assertThat(ram.holdsCode(2 * PAGE)).isFalse();
        assertThat(ram.generation(PAGE)).isEqualTo(untouched);
    }

    @Test
    void forgetsTheLinesOfCodeThatBecameInvalid() {
        ram.markCode(0, 1);
        ram.written(0, 1);
        int generation = ram.markCode(0x400, 1);

        ram.written(0, 1);

        assertThat(ram.generation(0)).isEqualTo(generation);
    }

    @Test
    void marksAWholePageWithoutALength() {
        int generation = ram.markCode(PAGE + 5);

        ram.written(2 * PAGE - 1, 1);

        assertThat(ram.generation(PAGE)).isEqualTo(generation + 1);
    }

    @Test
    void findsWhatOthersHaveWritten() {
        Ram shared = new Ram(Arena.ofAuto().allocate(70 * PAGE, PAGE), true);
        int first = shared.markCode(PAGE + 8, 4);
        int second = shared.markCode(69 * PAGE);

        shared.findWrites();
        assertThat(shared.generation(PAGE)).isEqualTo(first);

        shared.segment().set(ValueLayout.JAVA_BYTE, PAGE + 9, (byte) 0x90);
        shared.findWrites();

        assertThat(shared.generation(PAGE)).isEqualTo(first + 1);
        assertThat(shared.generation(69 * PAGE)).isEqualTo(second);
    }

    @Test
    void findsWhatOthersWriteIntoCodeThatWasDecodedAgain() {
        Ram shared = new Ram(Arena.ofAuto().allocate(PAGE, PAGE), true);
        for (int round = 1; round <= 100; round++) {
            int generation = shared.markCode(0, 16);
            shared.segment().set(ValueLayout.JAVA_BYTE, 5, (byte) round);

            shared.findWrites();
            assertThat(shared.generation(0)).isEqualTo(generation + 1);
            shared.findWrites();
        }
    }

    @Test
    void leavesMemoryAloneThatNobodyElseWrites() {
        int generation = ram.markCode(0, 16);
        ram.segment().set(ValueLayout.JAVA_BYTE, 5, (byte) 1);

        ram.findWrites();

        assertThat(ram.generation(0)).isEqualTo(generation);
    }

    @Test
    void memoryOfTheHostIsKnownByItsAddressAndHoldsNothingHere() {
        Ram device = Ram.ofHost(0xFD00_0000L, 0x2000);

        assertThat(device.ofHost()).isTrue();
        assertThat(device.hpa()).isEqualTo(0xFD00_0000L);
        assertThat(device.lengthBytes()).isEqualTo(0x2000);
        assertThat(device.segment().byteSize()).isZero();
    }

    @Test
    void memoryOfTheHostIsWholePages() {
        assertThatThrownBy(() -> Ram.ofHost(0xFD00_0800L, 0x1000)).isInstanceOf(HsmException.class);
        assertThatThrownBy(() -> Ram.ofHost(0xFD00_0000L, 0x800)).isInstanceOf(HsmException.class);
        assertThatThrownBy(() -> Ram.ofHost(0xFD00_0000L, 0)).isInstanceOf(HsmException.class);
        assertThatThrownBy(() -> Ram.ofHost(-0x1000, 0x2000)).isInstanceOf(HsmException.class);
    }
}
