package org.cupule.machine.loader;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalInt;
import org.cupule.machine.memory.MapEntry;
import org.cupule.machine.memory.MemoryLayout;

/**
 * Images of the Multiboot Specification, version 0.6.96: an ELF file of 32 or 64 bits that is entered in 32-bit form,
 * or any file with the header's address fields.
 *
 * <pre>
 *  header, in the first 8 KiB, 4-byte aligned        information structure, address in EBX
 *  +0 magic 0x1BADB002                               +0  flags            +20 modules: count, address
 *  +4 flags                                          +4  memory, KiB      +44 memory map: length, address
 *  +8 checksum                                       +16 command line     +64 loader's name
 *  +12 header, load, load end, bss end, entry
 * </pre>
 *
 * Machine state: protected mode without paging, flat segments, interrupts off, EAX 0x2BADB002. A graphics mode (flag 2)
 * is a wish that is not granted.
 *
 * @threading immutable
 */
final class MultibootLoader implements Loader {
    private static final long MAGIC = 0x1BAD_B002L;
    private static final long LOADED = 0x2BAD_B002L;
    private static final int SEARCHED_BYTES = 8192;
    private static final long KNOWN_FLAGS = 7;
    private static final long REQUIRED_FLAGS = 0xFFFF;
    private static final long ADDRESS_FIELDS = 1 << 16;
    /** With its address fields. */
    private static final int HEADER_BYTES = 32;
    private static final int INFORMATION_BYTES = 120;
    /** memory, command line, modules, memory map, loader's name */
    private static final int INFORMATION_FLAGS = 1 | 1 << 2 | 1 << 3 | 1 << 6 | 1 << 9;
    /** Kernels put their own real-mode code at the top of low memory before they have read what they were told. */
    private static final long TOLD_AT = 0x1_0000;
    private static final int PAGE = 4096;

    @Override
    public String format() {
        return "multiboot";
    }

    /** Firmware that could also be started so, as U-Boot could, is started as firmware. */
    @Override
    public boolean recognises(ImageBytes image) {
        OptionalInt header = header(image);
        return header.isPresent() && !endsAtFourGib(image, header.getAsInt());
    }

    private static boolean endsAtFourGib(ImageBytes image, int header) {
        return (image.u32(header + 4) & ADDRESS_FIELDS) != 0 && image.has(header, HEADER_BYTES)
                && image.u32(header + 12) - header + image.length() == ElfFile.FOUR_GIB;
    }

    private static OptionalInt header(ImageBytes image) {
        int end = Math.min(image.length(), SEARCHED_BYTES) - 12;
        for (int offset = 0; offset <= end; offset += 4) {
            if (image.u32(offset) == MAGIC
                    && (int) (image.u32(offset) + image.u32(offset + 4) + image.u32(offset + 8)) == 0) {
                return OptionalInt.of(offset);
            }
        }
        return OptionalInt.empty();
    }

    @Override
    public LoadPlan plan(ImageBytes image, BootRequest request) {
        int header = header(image).orElseThrow(() -> image.bad(
                "it has no multiboot header: magic 0x1BADB002 with a right checksum in its first 8192 bytes"));
        long flags = image.u32(header + 4);
        if ((flags & REQUIRED_FLAGS & ~KNOWN_FLAGS) != 0) {
            throw image.bad("its multiboot header requires features 0x%x that are not known",
                    flags & REQUIRED_FLAGS & ~KNOWN_FLAGS);
        }
        var room = new Room(request.layout());
        long entry = (flags & ADDRESS_FIELDS) != 0
                ? placeFlat(image, header, room)
                : placeElf(new ElfFile(image), room);
        long[] general = new long[16];
        general[StartState.RAX] = LOADED;
        general[StartState.RBX] = putInformation(request, room);
        long gdt = room.above("the descriptor table", TOLD_AT, StartState.gdt().length, 8);
        room.put("the descriptor table", gdt, StartState.gdt());
        return new LoadPlan(format(), room.chunks(), List.of(), StartState.flat32(entry, gdt, general));
    }

    private static long placeElf(ElfFile file, Room room) {
        file.place(room, ElfFile.FOUR_GIB);
        return file.entry();
    }

    private static long placeFlat(ImageBytes image, int header, Room room) {
        long headerAddress = image.u32(header + 12);
        long load = image.u32(header + 16);
        long loadEnd = image.u32(header + 20);
        long bssEnd = image.u32(header + 24);
        long from = header - (headerAddress - load);
        if (load > headerAddress || from < 0) {
            throw image.bad("its multiboot header at 0x%x lies outside of what it loads from 0x%x", headerAddress,
                    load);
        }
        long length = loadEnd == 0 ? image.length() - from : loadEnd - load;
        if (length < 0 || !image.has(from, length)) {
            throw image.bad("it is truncated: its multiboot header loads %d bytes from offset 0x%x, and it has %d",
                    length, from, image.length());
        }
        long memory = bssEnd == 0 ? length : bssEnd - load;
        if (memory < length) {
            throw image.bad("its multiboot header ends the bss at 0x%x, inside of what it loads", bssEnd);
        }
        room.put("the image", load, image.array(), (int) from, (int) length, memory);
        return image.u32(header + 28);
    }

    private static long putInformation(BootRequest request, Room room) {
        List<MapEntry> map = request.layout().map();
        byte[] modules = putModules(request, room);
        byte[] line = Bytes.text(request.name() + (request.commandLine().isEmpty() ? "" : " ")
                + request.commandLine());
        byte[] loader = "Cupule\0".getBytes(StandardCharsets.US_ASCII);
        int length = INFORMATION_BYTES + map.size() * 24 + modules.length + line.length + loader.length;
        long base = room.above("the multiboot information", TOLD_AT, length, 8);
        int mapAt = INFORMATION_BYTES;
        int modulesAt = mapAt + map.size() * 24;
        int lineAt = modulesAt + modules.length;
        int loaderAt = lineAt + line.length;
        var info = new Bytes(length).u32(0, INFORMATION_FLAGS)
                .u32(4, MemoryLayout.BIOS_DATA >> 10).u32(8, request.layout().low() - MemoryLayout.EXTENDED >> 10)
                .u32(16, base + lineAt).u32(20, request.modules().size()).u32(24, base + modulesAt)
                .u32(44, map.size() * 24L).u32(48, base + mapAt).u32(64, base + loaderAt)
                .copy(modulesAt, modules, 0, modules.length).copy(lineAt, line, 0, line.length)
                .copy(loaderAt, loader, 0, loader.length);
        for (int i = 0; i < map.size(); i++) {
            int at = mapAt + i * 24;
            info.u32(at, 20).u64(at + 4, map.get(i).gpa()).u64(at + 12, map.get(i).lengthBytes())
                    .u32(at + 20, map.get(i).type());
        }
        room.put("the multiboot information", base, info.array());
        return base;
    }

    /** {@return the module table, whose strings lie with the modules: page-aligned, above 1 MiB} */
    private static byte[] putModules(BootRequest request, Room room) {
        var table = new Bytes(request.modules().size() * 16);
        for (int i = 0; i < request.modules().size(); i++) {
            var module = request.modules().get(i);
            byte[] text = Bytes.text(module.name());
            int length = module.bytes().length;
            long place = room.above("module '" + module.name() + "'", MemoryLayout.EXTENDED,
                    Math.max((long) length + text.length, 1), PAGE);
            room.put("module '" + module.name() + "'", place, module.bytes());
            room.put("the string of module '" + module.name() + "'", place + length, text);
            table.u32(i * 16, place).u32(i * 16 + 4, place + length).u32(i * 16 + 8, place + length);
        }
        return table.array();
    }
}
