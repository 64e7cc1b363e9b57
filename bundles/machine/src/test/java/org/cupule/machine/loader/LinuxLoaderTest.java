package org.cupule.machine.loader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import org.cupule.machine.loader.BootRequest.Module;
import org.cupule.machine.loader.LoadPlan.Chunk;
import org.cupule.machine.memory.MemoryLayout;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Linux kernels, made by hand from the boot protocol's text. */
final class LinuxLoaderTest {
    private static final int KERNEL_BYTES = 1024;
    private static final int SETUP_BYTES = 3 * 512;

    /** A bzImage of protocol 2.12 with two setup sectors, relocatable, that likes to run at 16 MiB. */
    private static Bytes kernel() {
        var image = new Bytes(SETUP_BYTES + KERNEL_BYTES).u8(0x1F1, 2).u32(0x1F4, KERNEL_BYTES / 16).u16(0x1FE, 0xAA55)
                .u8(0x200, 0xEB).u8(0x201, 0x66).u32(0x202, 0x5372_6448).u16(0x206, 0x20C).u8(0x211, 1)
                .u32(0x214, 0x10_0000).u32(0x22C, 0x7FFF_FFFF).u32(0x230, 0x20_0000).u8(0x234, 1).u32(0x238, 255)
                .u64(0x258, 0x100_0000).u32(0x260, 0x40_0000);
        return image.u8(SETUP_BYTES, 0xFC);
    }

    private static BootRequest request(byte[] image, long mebibytes, String line, Module... modules) {
        return new BootRequest("vmlinuz", image, "auto", 0, line, List.of(modules), new MemoryLayout(mebibytes << 20));
    }

    private static LoadPlan plan(Bytes image) {
        return Loaders.plan(request(image.array(), 64, "quiet"));
    }

    private static Chunk chunk(LoadPlan plan, long gpa) {
        return plan.chunks().stream().filter(chunk -> chunk.gpa() <= gpa && gpa < chunk.gpa() + chunk.lengthBytes())
                .findFirst().orElseThrow();
    }

    private static ImageBytes zeroPage(LoadPlan plan) {
        long page = plan.registers().general()[StartState.RSI];
        return new ImageBytes("zero page", chunk(plan, page).bytes());
    }

    @Test
    void tellsTheKernelWhereTheAcpiTablesAre() {
        var request = new BootRequest("vmlinuz", kernel().array(), "auto", 0, "", List.of(),
                new MemoryLayout(64 << 20), 0xF_0000);

        assertThat(zeroPage(Loaders.plan(request)).u32(0x70)).isEqualTo(0xF_0000);
        assertThat(zeroPage(plan(kernel())).u32(0x70)).isZero();
    }

    @Test
    void entersTheKernelWhereItPrefersToRun() {
        LoadPlan plan = plan(kernel());

        assertThat(plan.format()).isEqualTo("linux");
        assertThat(plan.registers().rip()).isEqualTo(0x100_0000);
        assertThat(plan.registers().cr0() & 0x8000_0001L).isEqualTo(1);
        assertThat(plan.registers().rflags() & 0x200).isZero();
        Chunk kernel = chunk(plan, 0x100_0000);
        assertThat(kernel.bytes()[kernel.from()]).isEqualTo((byte) 0xFC);
        assertThat(kernel.lengthBytes()).isEqualTo(KERNEL_BYTES);
    }

    @Test
    void loadsAKernelThatIsNotRelocatableAtOneMebibyte() {
        LoadPlan plan = plan(kernel().u8(0x234, 0).u64(0x258, 0x10_0000));

        assertThat(plan.registers().rip()).isEqualTo(0x10_0000);
        assertThat(zeroPage(plan).u32(0x214)).isEqualTo(0x10_0000);
    }

    @Test
    void putsARelocatableKernelAtTheNextAlignedPlace() {
        LoadPlan plan = plan(kernel().u64(0x258, 0x100_1000));

        assertThat(plan.registers().rip()).isEqualTo(0x120_0000);
        assertThat(zeroPage(plan).u32(0x214)).isEqualTo(0x120_0000);
    }

    @Test
    void refusesMemoryThatEndsBelowWhereAKernelMovesItself() {
        assertThatThrownBy(() -> Loaders.plan(request(kernel().array(), 19, ""))).isInstanceOf(HsmException.class)
                .hasMessageContaining("'vmlinuz': it needs 4194304 bytes of memory at 0x1000000, and the machine has "
                        + "19 MiB; give it more memory, 20 MiB at least");
        assertThat(Loaders.plan(request(kernel().array(), 20, "")).registers().rip()).isEqualTo(0x100_0000);
    }

    @Test
    void refusesAnAlignmentThatNoMachineHasRamFor() {
        assertThatThrownBy(() -> plan(kernel().u32(0x230, 0x8000_0000))).isInstanceOf(HsmException.class)
                .hasMessageContaining(
                        "'vmlinuz': it needs 4194304 bytes of memory at 0x80000000, where no machine has RAM");
        assertThatThrownBy(() -> plan(kernel().u32(0x230, 0))).hasMessageContaining("is no power of two");
    }

    @Test
    void tellsLoaderCommandLineAndMapInTheZeroPage() {
        LoadPlan plan = plan(kernel());
        ImageBytes zero = zeroPage(plan);

        assertThat(zero.u32(0x202)).isEqualTo(0x5372_6448);
        assertThat(zero.u8(0x210)).isEqualTo(0xFF);
        assertThat(zero.u8(0x211)).isEqualTo(0x81);
        Chunk chunk = chunk(plan, zero.u32(0x228));
        int at = (int) (zero.u32(0x228) - chunk.gpa());
        assertThat(new String(Arrays.copyOfRange(chunk.bytes(), at, at + 6), java.nio.charset.StandardCharsets.UTF_8))
                .isEqualTo("quiet\0");
        assertThat(zero.u8(0x1E8)).isEqualTo(new MemoryLayout(64 << 20).map().size());
        assertThat(zero.u64(0x2D0)).isZero();
        assertThat(zero.u64(0x2D8)).isEqualTo(0x9_FC00);
        assertThat(zero.u32(0x2E0)).isEqualTo(1);
    }

    @Test
    void findsTheCommandLineByTheOldMagicBeforeProtocol202() {
        LoadPlan plan = plan(kernel().u16(0x206, 0x200).u8(0x201, 0x22));

        ImageBytes zero = zeroPage(plan);
        assertThat(zero.u16(0x20)).isEqualTo(0xA33F);
        assertThat(zero.u8(zero.u16(0x22))).isEqualTo('q');
    }

    @Test
    void joinsRamDisksAtFourBytesBelowTheirHighestAddress() {
        LoadPlan plan = Loaders.plan(request(kernel().u32(0x22C, 0x2FF_FFFF).array(), 64, "",
                new Module("a", new byte[]{1, 2, 3}), new Module("b", new byte[]{4, 5})));

        ImageBytes zero = zeroPage(plan);
        assertThat(zero.u32(0x218)).isEqualTo(0x2FF_F000);
        assertThat(zero.u32(0x21C)).isEqualTo(6);
        assertThat(chunk(plan, 0x2FF_F000).bytes()).containsExactly(1, 2, 3, 0, 4, 5);
    }

    @Test
    void tellsNoRamDiskWhereThereIsNone() {
        ImageBytes zero = zeroPage(plan(kernel().u32(0x218, 0x1234).u32(0x21C, 0x5678)));

        assertThat(zero.u64(0x218)).isZero();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "0x206 | 0x1FF      | too old",
            "0x211 | 0          | zImage",
            "0x1F4 | 0x7FFFFFFF | truncated",
            "0x1F1 | 255        | truncated",
            "0x230 | 3          | no power of two",
            "0x230 | 0          | no power of two",
            "0x214 | 0x200000   | outside of its kernel",
            "0x214 | 0          | outside of its kernel",
            "0x258 | 0x1000     | preferred address",
            "0x260 | 0x7FFFFFFF | no machine has RAM"})
    void refusesABadHeaderWithOneSentence(String offset, String value, String sentence) {
        int at = Integer.decode(offset);
        Bytes image = at == 0x1F1 || at == 0x211
                ? kernel().u8(at, Integer.decode(value))
                : at == 0x206 ? kernel().u16(at, Integer.decode(value)) : kernel().u32(at, Integer.decode(value));

        assertThatThrownBy(() -> plan(image)).isInstanceOf(HsmException.class).hasMessageContaining(sentence)
                .extracting(failure -> ((HsmException) failure).errno()).isEqualTo(Errno.EINVAL);
    }

    @Test
    void refusesACommandLineThatIsTooLong() {
        assertThatThrownBy(() -> Loaders.plan(request(kernel().array(), 64, "x".repeat(256))))
                .isInstanceOf(HsmException.class).hasMessageContaining("255 characters");
    }

    @Test
    void refusesARamDiskThatDoesNotFit() {
        assertThatThrownBy(() -> Loaders.plan(request(kernel().array(), 32, "", new Module("a", new byte[33 << 20]))))
                .isInstanceOf(HsmException.class).hasMessageContaining("more memory");
    }

    @Test
    void survivesAnyCutOfTheFile() {
        byte[] whole = kernel().array();

        for (int length = 0x268; length <= whole.length - 16; length += 7) {
            byte[] cut = Arrays.copyOf(whole, length);
            assertThatThrownBy(() -> Loaders.plan(new BootRequest("cut", cut, "linux", 0, "", List.of(),
                    new MemoryLayout(64 << 20)))).isInstanceOf(HsmException.class);
        }
    }
}
