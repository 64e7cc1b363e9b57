package org.cupule.machine.loader;

import java.util.List;
import java.util.OptionalLong;
import org.cupule.machine.memory.MapEntry;

/**
 * ELF files that name an entry of 32 bits in a note: kernels for the direct boot of virtual machines, a Linux
 * {@code vmlinux} among them ("x86/HVM direct boot ABI" of the Xen project, "PVH").
 *
 * <pre>
 *  note               name "Xen", type 18 (PHYS32_ENTRY), description: the entry's physical address, 4 or 8 bytes
 *
 *  start information  +00 magic 0x336EC578  +04 version 1        +08 flags      +0C modules: count
 *                     +10 module list       +18 command line     +20 RSDP       +28 memory map  +30 its entries
 *  a module           +00 address           +08 length           +10 its text   +18 0
 *  a map entry        +00 address           +08 length           +10 type:4     +14 0
 * </pre>
 *
 * Machine state: protected mode without paging, CR0.PE and CR0.ET alone, flat segments, interrupts off, EBX the start
 * information. Modules lie at the end of RAM below 4 GiB, each at a page; Linux takes the first for its initial RAM
 * disk.
 *
 * @threading immutable
 */
final class PvhLoader implements Loader {
    private static final String OWNER = "Xen";
    private static final int PHYS32_ENTRY = 18;
    private static final long MAGIC = 0x336E_C578L;
    private static final int VERSION = 1;
    private static final int INFORMATION_BYTES = 56;
    private static final int MODULE_BYTES = 32;
    private static final int ENTRY_BYTES = 24;
    private static final long BELOW_BIOS_DATA = 0x9_F000;
    private static final int PAGE = 4096;

    @Override
    public String format() {
        return "pvh";
    }

    @Override
    public boolean recognises(ImageBytes image) {
        return ElfFile.is(image) && entry(image).isPresent();
    }

    private static OptionalLong entry(ImageBytes image) {
        return new ElfFile(image).note(OWNER, PHYS32_ENTRY);
    }

    @Override
    public LoadPlan plan(ImageBytes image, BootRequest request) {
        var file = new ElfFile(image);
        long entry = file.note(OWNER, PHYS32_ENTRY).orElseThrow(
                () -> image.bad("it has no note of the name Xen and the type 18, which would tell its 32-bit entry"));
        var room = new Room(request.layout());
        file.place(room, ElfFile.FOUR_GIB);
        if (!file.loads(entry)) {
            throw image.bad("its 32-bit entry 0x%x lies in no loadable segment", entry);
        }
        long[] general = new long[16];
        general[StartState.RBX] = putInformation(request, room);
        long gdt = room.below("the descriptor table", BELOW_BIOS_DATA, StartState.gdt().length, 8);
        room.put("the descriptor table", gdt, StartState.gdt());
        return new LoadPlan(format(), room.chunks(), List.of(), StartState.direct32(entry, gdt, general));
    }

    private static long putInformation(BootRequest request, Room room) {
        List<MapEntry> map = request.layout().map();
        byte[] modules = putModules(request, room);
        byte[] line = Bytes.text(request.commandLine());
        int mapAt = INFORMATION_BYTES;
        int modulesAt = mapAt + map.size() * ENTRY_BYTES;
        int lineAt = modulesAt + modules.length;
        int length = lineAt + line.length;
        long base = room.below("the start information", BELOW_BIOS_DATA, length, 8);
        var info = new Bytes(length).u32(0, MAGIC).u32(4, VERSION).u32(0xC, request.modules().size())
                .u64(0x10, modules.length == 0 ? 0 : base + modulesAt).u64(0x18, base + lineAt)
                .u64(0x20, request.rsdp()).u64(0x28, base + mapAt).u32(0x30, map.size())
                .copy(modulesAt, modules, 0, modules.length).copy(lineAt, line, 0, line.length);
        for (int i = 0; i < map.size(); i++) {
            int at = mapAt + i * ENTRY_BYTES;
            info.u64(at, map.get(i).gpa()).u64(at + 8, map.get(i).lengthBytes()).u32(at + 16, map.get(i).type());
        }
        room.put("the start information", base, info.array());
        return base;
    }

    /** {@return the module list; the modules' texts lie behind them} */
    private static byte[] putModules(BootRequest request, Room room) {
        var list = new Bytes(request.modules().size() * MODULE_BYTES);
        for (int i = 0; i < request.modules().size(); i++) {
            var module = request.modules().get(i);
            String what = "module '" + module.name() + "'";
            byte[] text = Bytes.text(module.name());
            int length = module.bytes().length;
            long place = room.below(what, request.layout().low(), (long) length + text.length, PAGE);
            room.put(what, place, module.bytes());
            room.put("the string of " + what, place + length, text);
            list.u64(i * MODULE_BYTES, place).u64(i * MODULE_BYTES + 8, length)
                    .u64(i * MODULE_BYTES + 16, place + length);
        }
        return list.array();
    }
}
