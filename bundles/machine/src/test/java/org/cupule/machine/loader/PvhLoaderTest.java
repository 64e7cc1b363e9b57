package org.cupule.machine.loader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import org.cupule.machine.fake.FakeMemory;
import org.cupule.machine.loader.BootRequest.Module;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.Test;

class PvhLoaderTest {
    private static final int NOTES = 0xC00;
    private static final int NOTE = 0xC14;
    private static final int NOTE_SEGMENT = 120;

    private static LoadPlan plan(Bytes image, Module... modules) {
        return Loaders.plan(new BootRequest("image", image.array(), "auto", 0, "console=ttyS0 a", List.of(modules),
                Images.LAYOUT, 0xF_0000));
    }

    private static void refuses(Bytes image, String... words) {
        assertThatThrownBy(() -> Loaders.plan(Images.request(image.array(), "pvh"))).isInstanceOf(HsmException.class)
                .hasMessageContaining("EINVAL").satisfies(e -> assertThat(e.getMessage()).contains(words));
    }

    private static byte[] information(LoadPlan plan, FakeMemory memory) {
        return memory.peek(plan.registers().general()[StartState.RBX], 56);
    }

    @Test
    void startsAtTheNotesEntryAsTheInterfaceSays() {
        var registers = plan(Images.pvh()).registers();

        assertThat(plan(Images.pvh()).format()).isEqualTo("pvh");
        assertThat(registers.rip()).isEqualTo(0x10_0020);
        assertThat(registers.cr0()).isEqualTo(0x11);
        assertThat(registers.cr4()).isZero();
        assertThat(registers.efer()).isZero();
        assertThat(registers.rflags()).isZero();
    }

    @Test
    void placesSegmentsAtTheirPhysicalAddresses() {
        FakeMemory memory = Images.loaded(plan(Images.pvh()));

        assertThat(memory.peek(0x10_0000, 0x800)).isEqualTo(Arrays.copyOfRange(Images.pvh().array(), 0x400, 0xC00));
        assertThat(memory.peek(0x10_0800, 0x800)).containsOnly(0);
    }

    @Test
    void tellsMemoryCommandLineAndTables() {
        LoadPlan plan = plan(Images.pvh());
        FakeMemory memory = Images.loaded(plan);
        byte[] info = information(plan, memory);

        assertThat(Images.u32(info, 0)).isEqualTo(0x336E_C578L);
        assertThat(Images.u32(info, 4)).isEqualTo(1);
        assertThat(Images.u32(info, 0xC)).isZero();
        assertThat(Images.u64(info, 0x10)).isZero();
        assertThat(Images.text(memory, Images.u64(info, 0x18))).isEqualTo("console=ttyS0 a");
        assertThat(Images.u64(info, 0x20)).isEqualTo(0xF_0000);
        assertThat(Images.u32(info, 0x30)).isEqualTo(Images.LAYOUT.map().size());
        byte[] map = memory.peek(Images.u64(info, 0x28), Images.LAYOUT.map().size() * 24);
        assertThat(Images.u64(map, 3 * 24)).isEqualTo(0x10_0000);
        assertThat(Images.u64(map, 3 * 24 + 8)).isEqualTo(15 << 20);
        assertThat(Images.u32(map, 3 * 24 + 16)).isEqualTo(1);
    }

    @Test
    void putsModulesAtTheEndOfRam() {
        byte[] disk = Images.pattern(5000, 1);
        LoadPlan plan = plan(Images.pvh(), new Module("disk.cpio", disk), new Module("empty", new byte[0]));
        FakeMemory memory = Images.loaded(plan);
        byte[] info = information(plan, memory);
        assertThat(Images.u32(info, 0xC)).isEqualTo(2);
        byte[] list = memory.peek(Images.u64(info, 0x10), 64);

        assertThat(Images.u64(list, 0)).isEqualTo((16 << 20) - 8192);
        assertThat(Images.u64(list, 8)).isEqualTo(5000);
        assertThat(memory.peek(Images.u64(list, 0), 5000)).isEqualTo(disk);
        assertThat(Images.text(memory, Images.u64(list, 16))).isEqualTo("disk.cpio");
        assertThat(Images.u64(list, 32)).isEqualTo((16 << 20) - 12288);
        assertThat(Images.u64(list, 40)).isZero();
        assertThat(Images.text(memory, Images.u64(list, 48))).isEqualTo("empty");
    }

    @Test
    void takesAnAddressOfFourBytesToo() {
        assertThat(plan(Images.pvh().u32(NOTE + 4, 4).u32(NOTE + 20, 0x7777_7777)).registers().rip())
                .isEqualTo(0x10_0020);
    }

    @Test
    void readsNotesThatAreAlignedToEightBytes() {
        Bytes image = Images.pvh().u64(NOTE_SEGMENT + 48, 8).u64(NOTE_SEGMENT + 32, 48)
                .u32(NOTES, 4).u32(NOTES + 4, 9).u32(NOTES + 8, 5).u32(NOTES + 12, 0).u64(NOTES + 16, 0)
                .u64(NOTES + 24, 0).u32(NOTES + 32, 4).u32(NOTES + 36, 8).u32(NOTES + 40, 18)
                .u32(NOTES + 44, 0x00_6E65_58L).u64(NOTES + 48, 0x10_0030).u64(NOTE_SEGMENT + 32, 56);

        assertThat(plan(image).registers().rip()).isEqualTo(0x10_0030);
    }

    @Test
    void anElfFileWithAnotherNoteIsNone() {
        assertThat(plan(Images.pvh().u32(NOTE + 8, 17).u64(24, 0xFFFF_FFFF_8010_0010L)).format()).isEqualTo("elf");
        assertThat(plan(Images.pvh().u32(NOTE + 12, 0x00_6E65_59L).u64(24, 0xFFFF_FFFF_8010_0010L)).format())
                .isEqualTo("elf");
        refuses(Images.pvh().u32(NOTE + 8, 17), "no note", "Xen");
    }

    @Test
    void refusesAnEntryOutsideOfWhatItLoads() {
        refuses(Images.pvh().u64(NOTE + 16, 0x10_1000), "entry 0x101000");
        refuses(Images.pvh().u64(NOTE + 16, -1), "entry");
        refuses(Images.pvh().u64(NOTE + 16, 0xF_FFFF), "entry");
    }

    @Test
    void refusesNotesThatContradictThemselves() {
        refuses(Images.pvh().u32(NOTE + 4, 2), "2 bytes");
        refuses(Images.pvh().u32(NOTE + 4, 0xFFFF_FFFFL), "bytes");
        refuses(Images.pvh().u32(NOTES, 0xFFFF_FFFFL), "no note");
        refuses(Images.pvh().u32(NOTES + 4, 0xFFFF_FFFFL), "no note");
        refuses(Images.pvh().u64(NOTE_SEGMENT + 32, 0x1000), "truncated");
        refuses(Images.pvh().u64(NOTE_SEGMENT + 8, -8), "truncated");
        refuses(Images.pvh().u64(NOTE_SEGMENT + 32, -1), "truncated");
        refuses(Images.pvh().u64(NOTE_SEGMENT + 8, 0xFF8).u64(NOTE_SEGMENT + 32, 8), "no note");
    }

    @Test
    void refusesAnImageThatDoesNotFit() {
        refuses(Images.pvh().u64(88, 0x1_0000_0000L), "below 0x100000000");
        refuses(Images.pvh().u64(88, 0x100_0000), "more memory");
        assertThatThrownBy(() -> plan(Images.pvh(), new Module("huge", new byte[16 << 20])))
                .isInstanceOf(HsmException.class).hasMessageContaining("module 'huge'")
                .hasMessageContaining("more memory");
    }
}
