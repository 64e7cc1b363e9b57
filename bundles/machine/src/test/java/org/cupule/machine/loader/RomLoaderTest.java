package org.cupule.machine.loader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
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

    @ParameterizedTest
    @ValueSource(strings = {"eb", "e9", "ea", "faea", "fafce9", "fcfaeb", "9090e9", "fafc0f09e9"})
    void isKnownByTheJumpAtItsResetVectorWithWhatMayComeBefore(String code) {
        byte[] image = new byte[64 << 10];
        byte[] start = HexFormat.of().parseHex(code);
        System.arraycopy(start, 0, image, image.length - 16, start.length);

        assertThat(plan(image, "auto").format()).isEqualTo("rom");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0f0be9", "f4e9", "fafafafafafafafafafafafafafafafa", "9090909090909090909090909090900f",
            "909090909090909090909090900f090f"})
    void isNotKnownByOtherCodeThere(String code) {
        byte[] image = new byte[64 << 10];
        byte[] start = HexFormat.of().parseHex(code);
        System.arraycopy(start, 0, image, image.length - 16, start.length);

        assertThat(plan(image, "auto").format()).isEqualTo("flat");
    }

    @Test
    void winsWhereItCouldAlsoBeStartedByMultiboot() {
        byte[] image = firmware(64 << 10);
        ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN).putInt(16, 0x1BADB002).putInt(20, 1 << 16)
                .putInt(24, -(0x1BADB002 + (1 << 16))).putInt(28, 0xFFFF_0010).putInt(32, 0xFFFF_0000);

        assertThat(plan(image, "auto").format()).isEqualTo("rom");
    }

    @Test
    void takesAnImageWithoutAJumpAtTheResetVectorForFlat() {
        assertThat(plan(new byte[64 << 10], "auto").format()).isEqualTo("flat");
    }
}
