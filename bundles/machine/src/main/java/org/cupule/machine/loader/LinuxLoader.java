package org.cupule.machine.loader;

import java.util.List;
import org.cupule.machine.memory.MapEntry;
import org.cupule.machine.memory.MemoryLayout;

/**
 * Kernels of the Linux boot protocol, version 2.00 and later, of the bzImage kind: entered at their 32-bit entry, which
 * each of them has ("The Linux/x86 Boot Protocol", section "32-bit Boot Protocol"). The real-mode part of the file is
 * not run: what it would find out is told in the zero page.
 *
 * <pre>
 *  zero page        000 screen: none       070 pointer to the ACPI tables
 *                   1E0 KiB above 1 MiB   1E8 entries of the map
 *                   1F1 header, from file  2D0 memory map, 20 bytes an entry
 *  +1000            command line
 * </pre>
 *
 * Several modules are one initial RAM disk, each beginning at a multiple of 4 bytes, as the kernel wants its archives.
 *
 * Machine state: protected mode without paging, flat segments (code 0x10, data 0x18), interrupts off, ESI the zero
 * page, EBP, EDI and EBX 0.
 *
 * @threading immutable
 */
final class LinuxLoader implements Loader {
    private static final int PAGE = 4096;
    private static final long BELOW_BIOS_DATA = 0x9_F000;
    private static final int COMMAND_LINE_MAGIC = 0xA33F;
    private static final int LOADER_UNREGISTERED = 0xFF;
    private static final int CAN_USE_HEAP = 0x80;
    private static final int HEAP_END = 0xFE00;
    private static final int MAP = 0x2D0;
    private static final int RSDP = 0x70;

    @Override
    public String format() {
        return "linux";
    }

    @Override
    public boolean recognises(ImageBytes image) {
        return LinuxHeader.in(image);
    }

    @Override
    public LoadPlan plan(ImageBytes image, BootRequest request) {
        var header = LinuxHeader.of(image);
        byte[] line = Bytes.text(request.commandLine());
        if (line.length - 1 > header.commandLineMost()) {
            throw image.bad("its command line may have %d characters, and the one given has %d",
                    header.commandLineMost(), line.length - 1);
        }
        var room = new Room(request.layout());
        long kernel = putKernel(image, header, request.layout(), room);
        byte[] disk = disk(image, request);
        long diskAt = disk.length == 0 ? 0 : putDisk(disk, header, room);
        long page = room.below("the zero page", BELOW_BIOS_DATA, PAGE + line.length, PAGE);
        Bytes zero = zeroPage(image, header, request.layout(), page, line)
                .u64(RSDP, request.rsdp()).u32(0x214, kernel).u32(0x218, diskAt).u32(0x21C, disk.length);
        room.put("the zero page", page, zero.array());
        long gdt = room.below("the descriptor table", BELOW_BIOS_DATA, StartState.gdt().length, 8);
        room.put("the descriptor table", gdt, StartState.gdt());
        long[] general = new long[16];
        general[StartState.RSI] = page;
        long entry = kernel + header.code32Start() - LinuxHeader.STANDARD_PLACE;
        return new LoadPlan(format(), room.chunks(), List.of(), StartState.flat32(entry, gdt, general));
    }

    /** {@return where it lies} */
    private static long putKernel(ImageBytes image, LinuxHeader header, MemoryLayout layout, Room room) {
        int length = image.length() - header.kernelOffset();
        if (header.code32Start() < LinuxHeader.STANDARD_PLACE
                || header.code32Start() >= LinuxHeader.STANDARD_PLACE + length) {
            throw image.bad("its entry 0x%x lies outside of its kernel of %d bytes at 0x%x", header.code32Start(),
                    length, LinuxHeader.STANDARD_PLACE);
        }
        long needed = Math.max(length, header.initBytes());
        long runs = header.relocatable() ? aligned(header) : header.preferred();
        checkRoom(image, runs, needed, layout);
        long place = header.relocatable() ? runs : LinuxHeader.STANDARD_PLACE;
        room.put("the kernel", place, image.array(), header.kernelOffset(), length, length);
        room.reserve("the running kernel", runs, needed);
        return place;
    }

    private static void checkRoom(ImageBytes image, long runs, long needed, MemoryLayout layout) {
        long end = runs + needed; // both are below 2^33
        if (end > MemoryLayout.MOST_LOW) {
            throw image.bad("it needs %d bytes of memory at 0x%x, where no machine has RAM", needed, runs);
        }
        if (end > layout.low()) {
            throw image.bad("it needs %d bytes of memory at 0x%x, and the machine has %d MiB; give it more memory, "
                    + "%d MiB at least", needed, runs, layout.bytes() >> 20, Math.ceilDiv(end, 1 << 20));
        }
    }

    /**
     * {@return where a relocatable kernel is loaded: no lower than it prefers, since it would move itself there, and
     * into whatever is there (field "pref_address")}
     */
    private static long aligned(LinuxHeader header) {
        return header.preferred() + header.alignment() - 1 & -header.alignment();
    }

    private static byte[] disk(ImageBytes image, BootRequest request) {
        long length = 0;
        for (var module : request.modules()) {
            length = align(length) + module.bytes().length;
        }
        if (length > request.layout().low()) {
            throw image.bad("its initial RAM disk of %d bytes does not lie in the machine's RAM (%d MiB); "
                    + "give it more memory", length, request.layout().bytes() >> 20);
        }
        var disk = new Bytes((int) length);
        int at = 0;
        for (var module : request.modules()) {
            at = (int) align(at);
            disk.copy(at, module.bytes(), 0, module.bytes().length);
            at += module.bytes().length;
        }
        return disk.array();
    }

    private static long align(long offset) {
        return offset + 3 & -4;
    }

    private static long putDisk(byte[] disk, LinuxHeader header, Room room) {
        long place = room.below("the initial RAM disk", Math.min(header.initrdMost() + 1, room.low()), disk.length,
                PAGE);
        room.put("the initial RAM disk", place, disk);
        return place;
    }

    /** {@return the zero page, and behind it the command line} */
    private static Bytes zeroPage(ImageBytes image, LinuxHeader header, MemoryLayout layout, long page,
            byte[] line) {
        int headerBytes = header.endOffset() - LinuxHeader.OFFSET;
        var zero = new Bytes(PAGE + line.length).copy(LinuxHeader.OFFSET, image.array(), LinuxHeader.OFFSET,
                headerBytes).copy(PAGE, line, 0, line.length);
        // Before 2.02 the command line was found by a magic number, and its offset from the real-mode code.
        zero.u16(0x20, COMMAND_LINE_MAGIC).u16(0x22, PAGE).u32(0x228, page + PAGE);
        zero.u8(0x210, LOADER_UNREGISTERED).u8(0x211, image.u8(0x211) | CAN_USE_HEAP).u16(0x224, HEAP_END);
        long extended = layout.low() - MemoryLayout.EXTENDED >> 10;
        zero.u16(2, (int) Math.min(extended, 0xFC00)).u32(0x1E0, extended);
        List<MapEntry> map = layout.map();
        zero.u8(0x1E8, map.size());
        for (int i = 0; i < map.size(); i++) {
            zero.u64(MAP + i * 20, map.get(i).gpa()).u64(MAP + i * 20 + 8, map.get(i).lengthBytes())
                    .u32(MAP + i * 20 + 16, map.get(i).type());
        }
        return zero;
    }
}
