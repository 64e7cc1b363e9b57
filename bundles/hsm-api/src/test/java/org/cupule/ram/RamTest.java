package org.cupule.ram;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
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
}
