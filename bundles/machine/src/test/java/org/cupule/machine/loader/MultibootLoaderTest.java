package org.cupule.machine.loader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import org.cupule.machine.fake.FakeMemory;
import org.cupule.machine.loader.BootRequest.Module;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.Test;

class MultibootLoaderTest {
    private static LoadPlan plan(Bytes image) {
        return Loaders.plan(Images.request(image.array(), "auto"));
    }

    private static void refuses(Bytes image, String... words) {
        assertThatThrownBy(() -> Loaders.plan(Images.request(image.array(), "multiboot")))
                .isInstanceOf(HsmException.class).hasMessageContaining("EINVAL").satisfies(
                        e -> assertThat(e.getMessage()).contains(words));
    }

    private static byte[] information(LoadPlan plan) {
        return Images.loaded(plan).peek(plan.registers().general()[StartState.RBX], 120);
    }

    @Test
    void startsAsTheSpecificationSays() {
        var registers = plan(Images.multiboot()).registers();
        assertThat(registers.rip()).isEqualTo(0x10_0020);
        assertThat(registers.general()[StartState.RAX]).isEqualTo(0x2BAD_B002L);
        assertThat(registers.cr0()).isEqualTo(0x31);
        assertThat(registers.rflags()).isZero();
    }

    @Test
    void placesAFlatImageByItsAddressFieldsAndClearsItsBss() {
        FakeMemory memory = new FakeMemory();
        Images.LAYOUT.build(memory);
        memory.write(0x10_1000, new byte[]{1, 2, 3}, 0, 3);
        LoadPlan plan = plan(Images.multiboot());
        plan.write(memory);
        assertThat(memory.peek(0x10_0100, 100)).isEqualTo(Arrays.copyOfRange(Images.pattern(4096, 5), 0x100, 0x164));
        assertThat(memory.peek(0x10_1000, 0x1000)).containsOnly(0);
    }

    @Test
    void placesA32BitElfFileAtItsPhysicalAddresses() {
        LoadPlan plan = plan(Images.elf32());
        assertThat(plan.registers().rip()).isEqualTo(0x10_0010);
        assertThat(Images.loaded(plan).peek(0x10_0010, 16))
                .isEqualTo(Arrays.copyOfRange(Images.elf32().array(), 0x410, 0x420));
    }

    @Test
    void placesA64BitElfFileAndEntersItIn32BitForm() {
        LoadPlan plan = plan(Images.elf64());
        assertThat(plan.registers().rip()).isEqualTo(0x10_0010);
        assertThat(plan.registers().efer()).isZero();
        assertThat(Images.loaded(plan).peek(0x10_0800, 0x800)).containsOnly(0);
    }

    @Test
    void tellsMemory() {
        byte[] info = information(plan(Images.multiboot()));
        assertThat(Images.u32(info, 0) & 0x41).isEqualTo(0x41);
        assertThat(Images.u32(info, 4)).isEqualTo(639);
        assertThat(Images.u32(info, 8)).isEqualTo(15 << 10);
        LoadPlan plan = plan(Images.multiboot());
        byte[] map = Images.loaded(plan).peek(Images.u32(info, 48), (int) Images.u32(info, 44));
        assertThat(Images.u32(map, 0)).isEqualTo(20);
        assertThat(Images.u64(map, 3 * 24 + 4)).isEqualTo(0x10_0000);
        assertThat(Images.u64(map, 3 * 24 + 12)).isEqualTo(15 << 20);
        assertThat(Images.u32(map, 3 * 24 + 20)).isEqualTo(1);
    }

    @Test
    void tellsCommandLineAndLoader() {
        LoadPlan plan = Loaders.plan(Images.request(Images.multiboot().array(), "auto", "a=1 b", List.of()));
        FakeMemory memory = Images.loaded(plan);
        byte[] info = information(plan);
        assertThat(Images.text(memory, Images.u32(info, 16))).isEqualTo("image a=1 b");
        assertThat(Images.text(memory, Images.u32(info, 64))).isEqualTo("Cupule");
    }

    @Test
    void putsModulesAtPagesBehindTheImage() {
        byte[] one = Images.pattern(100, 1);
        LoadPlan plan = Loaders.plan(Images.request(Images.multiboot().array(), "auto", "",
                List.of(new Module("one.bin first", one), new Module("two.bin", new byte[0]))));
        FakeMemory memory = Images.loaded(plan);
        byte[] info = information(plan);
        assertThat(Images.u32(info, 20)).isEqualTo(2);
        byte[] table = memory.peek(Images.u32(info, 24), 32);
        assertThat(Images.u32(table, 0)).isEqualTo(0x10_2000);
        assertThat(Images.u32(table, 4)).isEqualTo(0x10_2064);
        assertThat(memory.peek(0x10_2000, 100)).isEqualTo(one);
        assertThat(Images.text(memory, Images.u32(table, 8))).isEqualTo("one.bin first");
        assertThat(Images.u32(table, 16)).isEqualTo(0x10_3000);
        assertThat(Images.u32(table, 20)).isEqualTo(0x10_3000);
    }

    @Test
    void findsAHeaderWithinTheFirst8KibOnly() {
        byte[] late = new byte[16384];
        byte[] image = Images.elf32().array();
        System.arraycopy(image, 0x400, late, 8192, 12);
        refuses(new Bytes(late), "no multiboot header");
        System.arraycopy(image, 0x400, late, 8180, 12);
        refuses(new Bytes(late), "no ELF file");
    }

    @Test
    void saysWhatIsMissingInAnElfFileWithoutAHeader() {
        refuses(Images.elf32().u32(0x400, 0), "no multiboot header");
    }

    @Test
    void refusesWhatTheHeaderRequiresAndNobodyKnows() {
        refuses(Images.multiboot().u32(4, 0x1_0023).u32(8, -(Images.MULTIBOOT_MAGIC + 0x1_0023)), "0x20");
    }

    @Test
    void refusesAHeaderOutsideOfWhatItLoads() {
        refuses(Images.multiboot().u32(16, 0x20_0000), "header");
        refuses(Images.multiboot().u32(12, 0x20_0000), "header");
    }

    @Test
    void refusesATruncatedImage() {
        refuses(Images.multiboot().u32(20, 0x10_2000), "truncated", "4096");
        refuses(Images.elf32().u32(68, 0x1000), "truncated");
        refuses(Images.elf32().u32(56, 0xFFFF_FFF0L), "truncated");
        refuses(Images.elf32().u32(28, 5000), "truncated");
    }

    @Test
    void refusesABssThatEndsInsideOfTheImage() {
        refuses(Images.multiboot().u32(24, 0x10_0010), "bss");
    }

    @Test
    void refusesAnImageThatDoesNotFit() {
        refuses(Images.multiboot().u32(24, 0x4000_0000), "more memory");
        refuses(Images.elf32().u32(64, 0xF000_0000L), "more memory");
        refuses(Images.elf64().u64(88, 0x1_0000_0000L), "below 0x100000000");
        refuses(Images.elf64().u64(104, -1), "below 0x100000000");
        refuses(Images.elf32().u32(64, 0xA_0000), "RAM");
    }

    @Test
    void refusesAnElfFileThatContradictsItself() {
        refuses(Images.elf32().u32(72, 0x10), "truncated");
        refuses(Images.elf32().u32(24, 0xC020_0000L), "entry");
        refuses(Images.elf32().u16(44, 0), "segments");
        refuses(Images.elf32().u16(44, 0xFFFF), "segments");
        refuses(Images.elf32().u16(18, 40), "another machine", "40");
        refuses(Images.elf64().u64(32, -8), "truncated");
    }

    @Test
    void refusesSegmentsThatOverlap() {
        Bytes twice = Images.elf32().u16(44, 2).u32(84, 1).u32(88, 0x400).u32(92, 0xC010_0800L).u32(96, 0x10_0800)
                .u32(100, 0x100).u32(104, 0x100);
        refuses(twice, "overlaps");
    }

    @Test
    void refusesModulesThatDoNotFit() {
        assertThatThrownBy(() -> Loaders.plan(Images.request(Images.multiboot().array(), "auto", "",
                List.of(new Module("huge", new byte[16 << 20]))))).isInstanceOf(HsmException.class)
                .hasMessageContaining("module 'huge'").hasMessageContaining("more memory");
    }
}
