package org.cupule.machine.loader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.Test;

class ElfLoaderTest {
    private static Bytes elf32() {
        return Images.elf32().u32(0x400, 0);
    }

    private static Bytes elf64() {
        return Images.elf64().u32(0x400, 0);
    }

    private static LoadPlan plan(Bytes image) {
        return Loaders.plan(Images.request(image.array(), "auto"));
    }

    private static void refuses(Bytes image, String words) {
        assertThatThrownBy(() -> plan(image)).isInstanceOf(HsmException.class).hasMessageContaining("EINVAL")
                .hasMessageContaining(words);
    }

    @Test
    void entersAFileOf32BitsInProtectedMode() {
        LoadPlan plan = plan(elf32());

        assertThat(plan.format()).isEqualTo("elf");
        assertThat(plan.registers().rip()).isEqualTo(0x10_0010);
        assertThat(plan.registers().cr0()).isEqualTo(0x31);
        assertThat(plan.registers().general()).containsOnly(0);
        assertThat(Images.loaded(plan).peek(0x10_0010, 16))
                .isEqualTo(Arrays.copyOfRange(Images.elf32().array(), 0x410, 0x420));
    }

    @Test
    void entersAFileOf64BitsTheSameWay() {
        assertThat(plan(elf64()).format()).isEqualTo("elf");
        assertThat(plan(elf64()).registers().rip()).isEqualTo(0x10_0010);
        assertThat(plan(elf64()).registers().efer()).isZero();
    }

    @Test
    void refusesWhatHasNoPlaceOfItsOwn() {
        refuses(elf64().u16(16, 3), "operating system");
        refuses(elf64().u16(16, 1), "part of a program");
    }

    @Test
    void refusesAProgramThatAsksForAnInterpreter() {
        refuses(elf64().u16(56, 2).u32(120, 3), "operating system");
    }

    @Test
    void refusesModulesThatItCouldNotTellOf() {
        var request = Images.request(elf32().array(), "auto", "",
                List.of(new BootRequest.Module("disk", new byte[4])));

        assertThatThrownBy(() -> Loaders.plan(request)).isInstanceOf(HsmException.class)
                .hasMessageContaining("cannot be told of a module");
    }
}
