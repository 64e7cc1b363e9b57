package org.cupule.machine.loader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class LoadersTest {
    private static BootRequest flat(byte[] image, long address) {
        return new BootRequest("image", image, "flat", address, "", List.of(), Images.LAYOUT);
    }

    @Test
    void startsAFlatImageAsABootSectorIs() {
        var registers = Loaders.plan(flat(new byte[512], 0)).registers();
        assertThat(registers.rip()).isEqualTo(0x7C00);
        assertThat(registers.selectors()[0]).isZero();
        assertThat(registers.csBase()).isZero();
        assertThat(registers.general()[StartState.RDX]).isEqualTo(0x80);
    }

    @Test
    void reachesAHigherFlatImageByItsSegment() {
        var registers = Loaders.plan(flat(new byte[512], 0x8_0008)).registers();
        assertThat(registers.selectors()[0]).isEqualTo(0x8000);
        assertThat(registers.csBase()).isEqualTo(0x8_0000);
        assertThat(registers.rip()).isEqualTo(8);
    }

    @Test
    void refusesAFlatImageThatRealModeCannotReachOrThatIsEmpty() {
        assertThatThrownBy(() -> Loaders.plan(flat(new byte[1], 0x10_0000))).isInstanceOf(HsmException.class)
                .hasMessageContaining("real mode");
        assertThatThrownBy(() -> Loaders.plan(flat(new byte[1], -1))).isInstanceOf(HsmException.class);
        assertThatThrownBy(() -> Loaders.plan(flat(new byte[0], 0))).isInstanceOf(HsmException.class)
                .hasMessageContaining("empty");
        assertThatThrownBy(() -> Loaders.plan(flat(new byte[0x9_9000], 0x7C00))).isInstanceOf(HsmException.class)
                .hasMessageContaining("RAM");
    }

    @Test
    void asksForAFlatImageLast() {
        assertThat(Loaders.plan(Images.request(Images.multiboot().array(), "auto")).format()).isEqualTo("multiboot");
        assertThat(Loaders.plan(Images.request(new byte[1], "auto")).format()).isEqualTo("flat");
    }

    @Test
    void namesTheFormatsWhenOneIsUnknown() {
        assertThatThrownBy(() -> Loaders.plan(Images.request(new byte[1], "coff"))).isInstanceOf(HsmException.class)
                .hasMessageContaining("'coff'").hasMessageContaining("auto, multiboot").hasMessageContaining("flat");
    }

    static Stream<Arguments> seeds() {
        return Stream.of(Arguments.of("auto", (Supplier<Bytes>) Images::linux),
                Arguments.of("multiboot", (Supplier<Bytes>) Images::multiboot),
                Arguments.of("multiboot", (Supplier<Bytes>) Images::elf32),
                Arguments.of("multiboot", (Supplier<Bytes>) Images::elf64),
                Arguments.of("auto", (Supplier<Bytes>) Images::elf32));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    @DisplayName("whatever is changed in an image, it is loaded into RAM or refused in one sentence")
    void hostileImagesAreLoadedOrRefused(String format, Supplier<Bytes> seed) {
        var random = new Random(1);
        for (int i = 0; i < 3_000; i++) {
            byte[] image = mutated(seed.get().array(), random);
            assertThat(outcome(image, format)).isIn("loaded", "refused");
        }
    }

    private static byte[] mutated(byte[] image, Random random) {
        byte[] changed = random.nextInt(4) == 0 ? Arrays.copyOf(image, random.nextInt(image.length + 1)) : image;
        for (int i = random.nextInt(6); i > 0 && changed.length > 8; i--) {
            int at = random.nextInt(Math.min(changed.length, random.nextBoolean() ? 0x280 : changed.length) - 7);
            switch (random.nextInt(3)) {
                case 0 -> changed[at] = (byte) random.nextInt();
                case 1 -> new Bytes(changed).u32(at & ~3, random.nextBoolean()
                        ? -random.nextInt(64)
                        : random.nextInt());
                default -> new Bytes(changed).u64(at & ~7, random.nextLong());
            }
        }
        return changed;
    }

    private static String outcome(byte[] image, String format) {
        try {
            LoadPlan plan = Loaders.plan(Images.request(image, format));
            boolean inRam = plan.chunks().stream().allMatch(chunk -> Images.LAYOUT.ram(chunk.gpa(), chunk.memoryBytes())
                    || plan.rom().stream().anyMatch(rom -> chunk.gpa() >= rom.gpa()));
            return inRam ? "loaded" : "outside of RAM: " + plan;
        } catch (HsmException e) {
            return "refused";
        }
    }

    @Test
    void knowsABootSectorByItsSignatureAndNothingElseOfAFlatImage() {
        byte[] sector = new byte[512];
        assertThat(Loaders.known(sector)).isFalse();
        assertThat(Loaders.known(new byte[511])).isFalse();
        sector[510] = 0x55;
        sector[511] = (byte) 0xAA;
        assertThat(Loaders.known(sector)).isTrue();
    }

    @Test
    void refusesModulesThatNobodyReads() {
        var modules = List.of(new BootRequest.Module("disk.img", new byte[1]));
        for (String format : List.of("flat", "rom")) {
            var request = new BootRequest("image", new byte[0x1_0000], format, 0, "", modules, Images.LAYOUT);
            assertThatThrownBy(() -> Loaders.plan(request)).isInstanceOf(HsmException.class)
                    .hasMessageContaining("takes no modules").hasMessageContaining("disk.img");
        }
    }
}
