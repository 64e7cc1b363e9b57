package org.cupule.machine.loader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.cupule.machine.loader.LoadPlan.Rom;
import org.cupule.machine.memory.MemoryLayout;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Firmware images. */
final class RomLoaderTest {
    private static LoadPlan plan(byte[] image, String format) {
        return Loaders.plan(new BootRequest("bios.bin", image, format, 0, "", List.of(), new MemoryLayout(4 << 20)));
    }

    private static byte[] firmware(int length) {
        byte[] image = new byte[length];
        image[length - 16] = (byte) 0xEA;
        return image;
    }

    @Test
    void startsAtTheResetVector() {
        LoadPlan plan = plan(firmware(256 << 10), "auto");

        assertThat(plan.format()).isEqualTo("rom");
        assertThat(plan.registers().csBase() + plan.registers().rip()).isEqualTo(0xFFFF_FFF0L);
        assertThat(plan.registers().selectors()[0]).isEqualTo(0xF000);
        assertThat(plan.registers().cr0() & 1).isZero();
    }

    @Test
    void endsAtFourGibibytesAndCopiesItsLast128KibibytesBelowOneMebibyte() {
        LoadPlan plan = plan(firmware(256 << 10), "auto");

        assertThat(plan.rom()).containsExactly(new Rom(0xFFFC_0000L, 256 << 10));
        assertThat(plan.chunks()).extracting(LoadPlan.Chunk::gpa, LoadPlan.Chunk::from, LoadPlan.Chunk::lengthBytes)
                .containsExactly(org.assertj.core.groups.Tuple.tuple(0xE_0000L, 128 << 10, 128 << 10),
                        org.assertj.core.groups.Tuple.tuple(0xFFFC_0000L, 0, 256 << 10));
    }

    @Test
    void copiesASmallImageWhole() {
        LoadPlan plan = plan(firmware(64 << 10), "rom");

        assertThat(plan.chunks().getFirst().gpa()).isEqualTo(0xF_0000);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 65535, (16 << 20) + 65536})
    void refusesOtherSizesWithOneSentence(int length) {
        assertThatThrownBy(() -> plan(new byte[length], "rom")).isInstanceOf(HsmException.class)
                .hasMessageContaining("at most 16 MiB");
    }

    @Test
    void takesAnImageWithoutAJumpAtTheResetVectorForFlat() {
        assertThat(plan(new byte[64 << 10], "auto").format()).isEqualTo("flat");
    }
}
