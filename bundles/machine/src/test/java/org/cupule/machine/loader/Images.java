package org.cupule.machine.loader;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.cupule.machine.fake.FakeMemory;
import org.cupule.machine.memory.MemoryLayout;

/** Images built by hand, and where they end up. */
final class Images {
    static final MemoryLayout LAYOUT = new MemoryLayout(16 << 20);
    static final long MULTIBOOT_MAGIC = 0x1BAD_B002L;

    private Images() {
    }

    static BootRequest request(byte[] image, String format) {
        return request(image, format, "", List.of());
    }

    static BootRequest request(byte[] image, String format, String line, List<BootRequest.Module> modules) {
        return new BootRequest("image", image, format, 0, line, modules, LAYOUT);
    }

    /** {@return guest memory with the plan in it} */
    static FakeMemory loaded(LoadPlan plan) {
        var memory = new FakeMemory();
        LAYOUT.build(memory);
        plan.map(memory);
        plan.write(memory);
        return memory;
    }

    static byte[] pattern(int length, int seed) {
        var bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (i * 7 + seed);
        }
        return bytes;
    }

    static long u32(byte[] bytes, int at) {
        return new ImageBytes("", bytes).u32(at);
    }

    static long u64(byte[] bytes, int at) {
        return new ImageBytes("", bytes).u64(at);
    }

    static String text(FakeMemory memory, long gpa) {
        byte[] bytes = memory.peek(gpa, 256);
        int end = 0;
        while (bytes[end] != 0) {
            end++;
        }
        return new String(bytes, 0, end, StandardCharsets.UTF_8);
    }

    /** {@return a bzImage of protocol 2.12 with one kilobyte of setup and 4096 bytes of kernel} */
    static Bytes linux() {
        byte[] file = Arrays.copyOf(new byte[0], 3 * 512 + 4096);
        System.arraycopy(pattern(4096, 3), 0, file, 3 * 512, 4096);
        return new Bytes(file).u8(0x1F1, 2).u32(0x1F4, 256).u16(0x1FE, 0xAA55).u8(0x200, 0xEB).u8(0x201, 0x66)
                .u32(0x202, 0x5372_6448L).u16(0x206, 0x20C).u8(0x211, 1).u32(0x214, 0x10_0000).u32(0x22C, 0x37FF_FFFFL)
                .u32(0x230, 0x20_0000).u8(0x234, 1).u16(0x236, 1).u32(0x238, 255).u64(0x258, 0x20_0000)
                .u32(0x260, 0x1_0000);
    }

    /** {@return a flat multiboot image that is loaded at 1 MiB, its header at its beginning} */
    static Bytes multiboot() {
        return new Bytes(pattern(4096, 5)).u32(0, MULTIBOOT_MAGIC).u32(4, 0x1_0003)
                .u32(8, -(MULTIBOOT_MAGIC + 0x1_0003)).u32(12, 0x10_0000).u32(16, 0x10_0000).u32(20, 0)
                .u32(24, 0x10_2000).u32(28, 0x10_0020);
    }

    /** {@return a 32-bit ELF file with a multiboot header and one segment at 1 MiB, linked to 0xC0100000} */
    static Bytes elf32() {
        return new Bytes(pattern(4096, 9)).u32(0, 0x464C_457FL).u8(4, 1).u8(5, 1).u16(16, 2).u16(18, 3)
                .u32(24, 0xC010_0010L).u32(28, 52).u16(42, 32).u16(44, 1)
                .u32(52, 1).u32(56, 0x400).u32(60, 0xC010_0000L).u32(64, 0x10_0000).u32(68, 0x800).u32(72, 0x1000)
                .u32(0x400, MULTIBOOT_MAGIC).u32(0x404, 0).u32(0x408, -MULTIBOOT_MAGIC);
    }

    /** {@return a 64-bit ELF file with a multiboot header and one segment at 1 MiB} */
    static Bytes elf64() {
        return new Bytes(pattern(4096, 9)).u32(0, 0x464C_457FL).u8(4, 2).u8(5, 1).u16(16, 2).u16(18, 62)
                .u64(24, 0x10_0010).u64(32, 64).u16(54, 56).u16(56, 1)
                .u32(64, 1).u64(72, 0x400).u64(80, 0x10_0000).u64(88, 0x10_0000).u64(96, 0x800).u64(104, 0x1000)
                .u32(0x400, MULTIBOOT_MAGIC).u32(0x404, 0).u32(0x408, -MULTIBOOT_MAGIC);
    }

    /** {@return a 64-bit ELF file with a segment at 1 MiB, and a note of its entry, 0x20 bytes into it} */
    static Bytes pvh() {
        return new Bytes(pattern(4096, 11)).u32(0, 0x464C_457FL).u8(4, 2).u8(5, 1).u16(16, 2).u16(18, 62)
                .u64(24, -1).u64(32, 64).u16(54, 56).u16(56, 2)
                .u32(64, 1).u64(72, 0x400).u64(80, 0xFFFF_FFFF_8010_0000L).u64(88, 0x10_0000).u64(96, 0x800)
                .u64(104, 0x1000).u64(112, 0x1000)
                .u32(120, 4).u64(128, 0xC00).u64(136, 0).u64(144, 0).u64(152, 20 + 24).u64(160, 20 + 24).u64(168, 4)
                // a note of three letters and one byte, and the one that counts
                .u32(0xC00, 3).u32(0xC04, 1).u32(0xC08, 18).u32(0xC0C, 0x00_7978L).u32(0xC10, 0)
                .u32(0xC14, 4).u32(0xC18, 8).u32(0xC1C, 18).u32(0xC20, 0x00_6E65_58L).u64(0xC24, 0x10_0020);
    }
}
