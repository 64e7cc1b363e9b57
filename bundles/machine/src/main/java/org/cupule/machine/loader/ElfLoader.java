package org.cupule.machine.loader;

import java.util.List;

/**
 * ELF files that say nothing of who starts them, as small systems are linked: entered at the header's entry in 32-bit
 * protected mode, those of 64 bits too, which then go to long mode themselves. They are told nothing.
 *
 * <p>
 * Machine state: protected mode without paging, flat segments, interrupts off, all general registers 0.
 *
 * @threading immutable
 */
final class ElfLoader implements Loader {
    private static final long BELOW_BIOS_DATA = 0x9_F000;

    @Override
    public String format() {
        return "elf";
    }

    @Override
    public boolean recognises(ImageBytes image) {
        return ElfFile.is(image);
    }

    @Override
    public LoadPlan plan(ImageBytes image, BootRequest request) {
        var file = new ElfFile(image);
        file.requireOwnSystem();
        if (!request.modules().isEmpty()) {
            throw image.bad("it has neither a multiboot header nor a PVH note, so it cannot be told of a module");
        }
        var room = new Room(request.layout());
        file.place(room, ElfFile.FOUR_GIB);
        long gdt = room.below("the descriptor table", BELOW_BIOS_DATA, StartState.gdt().length, 8);
        room.put("the descriptor table", gdt, StartState.gdt());
        return new LoadPlan(format(), room.chunks(), List.of(), StartState.flat32(file.entry(), gdt, new long[16]));
    }
}
