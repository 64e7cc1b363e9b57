package org.cupule.machine.loader;

import java.util.List;

/**
 * Flat binaries: loaded as they are, started in real mode at their first byte, DL holding the first hard disk's number
 * as a boot sector finds it. An address below 64 KiB is reached as {@code 0:address}, a higher one as
 * {@code address / 16 : address % 16}. The standard address is a boot sector's, 0x7C00.
 *
 * @threading immutable
 */
final class FlatLoader implements Loader {
    private static final long BOOT_SECTOR = 0x7C00;
    private static final long REAL_MODE_END = 0x10_0000;
    private static final int HARD_DISK = 0x80;
    private static final int SIGNATURE = 510;
    private static final int SIGNATURE_WORD = 0xAA55;

    @Override
    public String format() {
        return "flat";
    }

    /** Anything can be a flat binary: it is asked last. */
    @Override
    public boolean recognises(ImageBytes image) {
        return true;
    }

    /** {@return whether its first 512 bytes end as a boot sector's} */
    static boolean isBootSector(ImageBytes image) {
        return image.length() >= SIGNATURE + 2 && image.u16(SIGNATURE) == SIGNATURE_WORD;
    }

    @Override
    public LoadPlan plan(ImageBytes image, BootRequest request) {
        long address = request.address() == 0 ? BOOT_SECTOR : request.address();
        if (address < 0 || address >= REAL_MODE_END) {
            throw image.bad("its load address 0x%x cannot be reached in real mode; give one below 0x100000", address);
        }
        if (image.length() == 0) {
            throw image.bad("it is empty");
        }
        if (!request.modules().isEmpty()) {
            throw image.bad("a flat image takes no modules, and '%s' is one", request.modules().getFirst().name());
        }
        var room = new Room(request.layout());
        room.put("the flat image", address, image.array());
        long[] general = new long[16];
        general[StartState.RDX] = HARD_DISK;
        int selector = address < 0x1_0000 ? 0 : (int) (address >> 4);
        return new LoadPlan(format(), room.chunks(), List.of(),
                StartState.real(selector, (long) selector << 4, (int) (address - ((long) selector << 4)), general));
    }
}
